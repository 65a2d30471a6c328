"""Whatever a person decides, in whatever order: nothing is bought twice, and nothing is lost."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from assetgen.app.asked import Hands, Options
from assetgen.app.building import build
from assetgen.app.consent import Caps
from assetgen.app.loading import Loaded, load
from assetgen.app.planning import Selection, plan_loaded
from assetgen.app.project import Project, open_project
from assetgen.app.steer import verbs
from assetgen.app.steer.rerolling import reroll
from assetgen.catalogue import Catalogue, Service, open_route
from assetgen.clock import FakeClock
from assetgen.digest import Digest, sha256
from assetgen.errors import UsageError
from assetgen.paid.collector import Counter
from assetgen.plan.model import Mode, Plan
from assetgen.state import LineState, LockLine
from assetgen.store.blobs import DiskBlobs
from assetgen.store.fs import DiskFs
from tests.properties.little import Painter

MODEL = "xai/grok-imagine-image"
CATALOGUE = Catalogue(
    {MODEL: (open_route("fake", 0.02),)}, {"fake": Service("fake", derives_ids=True)}
)
NAMES = ("base", "gold", "far")
"""One target that is bought, an edit of it, and an edit of that."""
ALL_NAMES = Selection(NAMES)
PROMPTS = ("a sword", "an axe", "a bow")

STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["edit", "build", "reroll", "pick", "pin", "unpin", "accept", "adopt", "reject"]
        ),
        st.sampled_from(NAMES),
        st.integers(0, 3),
    ),
    max_size=10,
)


class Studio:
    """A project whose pictures say what they were asked to be, and what was decided about it."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.prompts = dict.fromkeys(NAMES, 0)
        self.provider = Painter(b"")
        self.clock = FakeClock()
        self.known: set[tuple[Digest, Digest]] = set()
        (base / "project").mkdir()
        self.write()

    def write(self) -> None:
        base, gold, far = (PROMPTS[self.prompts[name]] for name in NAMES)
        (self.base / "project" / "assetgen.yaml").write_text(
            f"version: 1\ndefaults: {{model: {MODEL}, output: none}}\ntargets:\n"
            f"  base: {base}\n"
            f"  gold: {{edit: base, prompt: {gold}, takes: 2}}\n"
            f"  far: {{edit: gold, prompt: {far}}}\n"
        )

    def project(self) -> Project:
        environ = {
            "ASSETGEN_DATA_DIR": str(self.base / "data"),
            "ASSETGEN_CACHE_DIR": str(self.base / "cache"),
            "ASSETGEN_CONFIG": str(self.base / "none.toml"),
        }
        return open_project(str(self.base / "project"), environ, clock=self.clock)

    def loaded(self) -> Loaded:
        return load(self.project())

    def line(self, name: str) -> LockLine | None:
        return self.loaded().lines.get(name)

    def plan(self) -> Plan:
        project = self.project()
        return plan_loaded(project, load(project), ALL_NAMES, Mode(), CATALOGUE)

    @property
    def hands(self) -> Hands:
        blobs = DiskBlobs(str(self.base / "data" / "blobs"), DiskFs())
        counters = {"fake": Counter(self.provider, blobs, b"secret")}
        return Hands(emit=lambda event: None, counters=counters, catalogue=CATALOGUE)

    def asked(self) -> list[tuple[str, ...]]:
        """Return what each request so far had that decides its picture."""
        return [
            (request.prompt, *(sha256(one.data) for one in request.references))
            for request in self.provider.jobs.values()
        ]

    def see(self) -> None:
        """Remember every take that is known by now, and expect all earlier ones to be there."""
        project = self.project()
        loaded = load(project)
        now = {(line.key, take.sha256) for line in loaded.lines.values() for take in line.takes}
        for key, digest in self.known:
            takes = project.ledger.takes_of(key, lambda job: True)
            assert (key, digest) in now or digest in [take.sha256 for take in takes]
            assert loaded.past.readable(digest)
        self.known |= {(key, digest) for key, digest in now if key}


Step = Callable[[Studio, str, int], None]


def do_edit(studio: Studio, name: str, number: int) -> None:
    """Another prompt; that alone buys nothing, and changes no picture that is kept."""
    studio.prompts[name] = number % len(PROMPTS)
    studio.write()


def do_build(studio: Studio, name: str, number: int) -> None:
    """A build keeps to its plan, asks for nothing that was asked for, and leaves nothing to do."""
    kept = {
        name: line.bought
        for name in NAMES
        if (line := studio.line(name)) and (line.pinned or line.state is LineState.ADOPTED)
    }
    plan, before = studio.plan(), studio.asked()
    options = Options(selection=ALL_NAMES, caps=Caps(max_images=99))
    summary = build(studio.project(), options, studio.hands)
    fresh = studio.asked()[len(before) :]
    assert plan.images.min <= len(fresh) <= plan.images.max
    assert not set(fresh) & set(before)
    assert (summary.exit_code, summary.bought) == (0, len(fresh))
    assert studio.plan().images.max == 0
    for target, take in kept.items():
        line = studio.line(target)
        assert line is not None
        assert line.bought == take


def do_reroll(studio: Studio, name: str, number: int) -> None:
    """So many more as were asked for, and the shown one stays."""
    line = studio.line(name)
    stands = line is not None and not studio.plan().images.max
    plan = studio.plan()
    if any(d.target.name == name and d.verdict == "kept" for d in plan.decisions):
        stands = False
    before = len(studio.provider.charges)
    options = Options(caps=Caps(max_images=99))
    done = reroll(studio.project(), [name], number + 1, "why", options, studio.hands)
    after = studio.line(name)
    assert done.summary.exit_code == 0
    if stands and line is not None:
        assert len(studio.provider.charges) - before == number + 1
        assert after is not None
        assert after.shown == line.shown
        assert len(after.takes) == len(line.takes) + number + 1


def do_pick(studio: Studio, name: str, number: int) -> None:
    line = studio.line(name)
    if line is not None and line.takes:
        take = line.takes[number % len(line.takes)]
        assert verbs.pick(studio.project(), name, take.n).bought is not None


def do_pin(studio: Studio, name: str, number: int) -> None:
    verbs.pin(studio.project(), name, pinned=True)


def do_unpin(studio: Studio, name: str, number: int) -> None:
    verbs.pin(studio.project(), name, pinned=False)


def do_accept(studio: Studio, name: str, number: int) -> None:
    """It is not bought then, whatever its recipe became."""
    verbs.accept(studio.project(), name, "fine")
    assert studio.plan()[name].verdict in ("kept", "up_to_date")


def do_reject(studio: Studio, name: str, number: int) -> None:
    line = studio.line(name)
    if line is not None and line.takes:
        take = line.takes[number % len(line.takes)]
        verbs.reject(studio.project(), name, take.n, "odd")


def do_adopt(studio: Studio, name: str, number: int) -> None:
    """A file of one's own is shown, and its target is not bought."""
    file = io.BytesIO()
    Image.new("RGB", (1, 1), (number, 0, 0)).save(file, "png")
    line = verbs.adopt(studio.project(), name, file.getvalue())
    assert line.bought is not None
    assert line.bought.adopted
    assert studio.plan()[name].verdict in ("kept", "up_to_date")


DOERS: dict[str, Step] = {
    "edit": do_edit,
    "build": do_build,
    "reroll": do_reroll,
    "pick": do_pick,
    "pin": do_pin,
    "unpin": do_unpin,
    "accept": do_accept,
    "adopt": do_adopt,
    "reject": do_reject,
}
FREE = frozenset(DOERS) - {"build", "reroll"}


def follow(steps: list[tuple[str, str, int]]) -> Studio:
    """Take the steps one after the other; what makes no sense then is refused in words."""
    with tempfile.TemporaryDirectory() as folder:
        studio = Studio(Path(folder))
        for step, name, number in [("build", "base", 0), *steps, ("build", "base", 0)]:
            before = len(studio.provider.charges)
            try:
                DOERS[step](studio, name, number)
            except UsageError as error:
                assert step in FREE | {"reroll"}, error
            if step in FREE:
                assert len(studio.provider.charges) == before
            studio.see()
        return studio


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_nothing_is_bought_twice_and_no_take_is_lost(steps: list[tuple[str, str, int]]) -> None:
    """Builds keep to their plans, decisions cost nothing, every take stays known and readable."""
    follow(steps)


def test_a_forgotten_take_is_noticed() -> None:
    """The check can fail: a ledger and a lock that lose a take are found out."""
    with tempfile.TemporaryDirectory() as folder:
        studio = Studio(Path(folder))
        do_build(studio, "base", 0)
        studio.see()
        (studio.base / "data" / "ledger.sqlite3").unlink()
        (studio.base / "project" / "assetgen.lock").unlink()
        with pytest.raises(AssertionError):
            studio.see()
