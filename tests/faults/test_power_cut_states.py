"""Whatever a power cut leaves, the next build pays for nothing twice and finishes the rest."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import pytest

from assetgen.app.asked import Hands, Options
from assetgen.app.building import build
from assetgen.app.consent import Caps
from assetgen.app.project import open_project
from assetgen.catalogue import Catalogue, open_route
from assetgen.clock import FakeClock
from assetgen.events import Summary
from assetgen.paid.collector import Counter as Till
from assetgen.providers.base import Accepted, Completed, Failed, Request
from assetgen.store.fs import Fs
from tests.campaign.audit import books_of, disorder, torn
from tests.campaign.site import Site
from tests.faults.power import Op, State, Tape, states
from tests.properties.little import Painter

MODEL = "some/model"
SPEC = f"""\
version: 1
keep: art/.bought
defaults: {{model: {MODEL}, output: "art/new/{{{{ name }}}}.png"}}
targets:
  knight: a knight
  armor: {{edit: knight, prompt: in armour}}
  twins: {{prompt: two sisters, takes: 2}}
  icon: {{from: knight, output: art/icon.png}}
"""
TAKES = {"a knight": 1, "in armour": 1, "two sisters": 2}
OUTPUTS = ("new/knight", "new/armor", "new/twins", "icon")
HOUR = 3600.0


class Service(Painter):
    """Tells a tape of each job that it accepts."""

    tape: Tape | None = None

    async def submit(self, request: Request, job_id: str) -> Accepted | Completed | Failed:
        """Accept, and tell."""
        before = len(self.jobs)
        try:
            return await super().submit(request, job_id)
        finally:
            if self.tape and len(self.jobs) > before:
                self.tape.tell(MappingProxyType(dict(self.jobs)))


@dataclass
class Bench:
    """A project in a folder, and the service that it buys from."""

    base: Path
    derives_ids: bool
    jobs: Mapping[str, Request] = field(default_factory=dict)
    later: float = 0.0
    has_ledger: bool = True

    def __post_init__(self) -> None:
        self.site = Site(self.base, "project", ".")
        self.site.root.mkdir(parents=True)
        (self.site.root / "assetgen.yaml").write_text(SPEC)
        self.service = Service(b"", derives_ids=self.derives_ids, concurrency=2)
        self.service.jobs = dict(self.jobs)

    def build(self, fs: Fs | None = None) -> Summary:
        """Build, with every call under a cap."""
        environ = {
            "ASSETGEN_DATA_DIR": str(self.site.data),
            "ASSETGEN_CACHE_DIR": str(self.base / "cache"),
            "ASSETGEN_CONFIG": str(self.base / "config.toml"),
        }
        clock = FakeClock(1_800_000_000.0 + self.later)
        project = open_project(str(self.site.root), environ, fs=fs, clock=clock)
        hands = Hands(
            emit=lambda event: None,
            counters={"fake": Till(self.service, project.bought, b"secret")},
            catalogue=Catalogue({MODEL: (open_route("fake", 0.02),)}),
        )
        return build(project, Options(caps=Caps(max_images=9)), hands)

    def put_back(self, state: State) -> None:
        """Make the disk what a cut has left."""
        for folder in sorted(state.folders):
            Path(folder).mkdir(parents=True, exist_ok=True)
        for path, data in state.files.items():
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_bytes(data)
        if state.ledger is not None:
            self.site.data.mkdir(parents=True, exist_ok=True)
            self.site.ledger.write_bytes(state.ledger)

    def record(self, tape: type[Tape] = Tape) -> tuple[Summary, list[Op]]:
        """Build; returns also what that did to the disk."""
        self.service.tape = tape(self.site.ledger)
        return self.build(self.service.tape), self.service.tape.ops

    def wrongs(self) -> Iterator[str]:
        """Say what is torn, out of order or paid for twice."""
        books = books_of(self.site, self.base)
        found = list(torn(self.site, books))
        yield from found
        if not found:
            yield from disorder(self.site, books, has_ledger=self.has_ledger)
        paid = Counter(request.prompt for request in self.service.jobs.values())
        for prompt, number in paid.items():
            if number > TAKES[prompt]:
                yield f"'{prompt}' was charged {number} times"

    def recovered(self) -> Iterator[str]:
        """Build to the end, and say what is wrong then."""
        summary = self.build()
        yield from self.wrongs()
        if summary.held and (not self.derives_ids or self.later):
            return
        if summary.exit_code:
            yield f"the build ends with {summary.exit_code}: {summary}"
            return
        paid = Counter(request.prompt for request in self.service.jobs.values())
        if paid != TAKES:
            yield f"exit 0, and what was charged is {dict(paid)}"
        for name in OUTPUTS:
            if not (self.site.root / f"art/{name}.png").exists():
                yield f"{name} is missing after exit 0"
        again = self.build()
        if (again.exit_code, again.up_to_date) != (0, len(OUTPUTS)):
            yield f"after exit 0 there is something left to do: {again}"


NOTHING = State(world=MappingProxyType({}))


def states_of(
    base: Path, derives_ids: bool, tape: type[Tape] = Tape, *, lossy: bool = False
) -> Iterator[State]:
    """Yield what cuts leave of a build that would have finished, in the folder ``base``."""
    summary, ops = Bench(base, derives_ids).record(tape)
    assert summary.exit_code == 0
    return states(ops, NOTHING, lossy=lossy)


def wrongs(base: Path, state: State, *, derives_ids: bool, later: float = 0.0) -> Iterator[str]:
    """Say what is wrong after a cut, and after the build that follows it ``later`` seconds."""
    bench = Bench(base, derives_ids, state.world, later)
    bench.put_back(state)
    what = f"cut after {state.after} operations"
    yield from (f"{what}: {wrong}" for wrong in bench.wrongs())
    yield from (f"{what}, next build: {wrong}" for wrong in bench.recovered())
    shutil.rmtree(base)


def violations(
    base: Path,
    tape: type[Tape] = Tape,
    *,
    derives_ids: bool,
    later: float = 0.0,
    lossy: bool = False,
) -> Iterator[str]:
    """Say what is wrong after any cut."""
    first = base / "first"
    for number, state in enumerate(states_of(first, derives_ids, tape, lossy=lossy)):
        new = base / str(number)
        yield from wrongs(new, state.moved(first, new), derives_ids=derives_ids, later=later)


EACH = 8
"""Every how many-th first cut is followed by a second one."""
PARTS = 2


@pytest.mark.parametrize("later", [0.0, 2 * HOUR])
@pytest.mark.parametrize("derives_ids", [True, False])
def test_no_cut_tears_or_repeats_anything(tmp_path: Path, derives_ids: bool, later: float) -> None:
    """Within the hour, derived ids let a build finish; elsewhere what is in doubt is held."""
    assert list(violations(tmp_path, derives_ids=derives_ids, later=later)) == []


@pytest.mark.parametrize("derives_ids", [True, False])
@pytest.mark.parametrize("part", range(PARTS))
def test_no_second_cut_does_either(tmp_path: Path, part: int, derives_ids: bool) -> None:
    """The build that looks after a cut is cut itself, and the third one finds all in order."""
    first = tmp_path / "first"
    for number, state in enumerate(states_of(first, derives_ids)):
        if number % (EACH * PARTS) != EACH * part:
            continue
        again = tmp_path / str(number)
        bench = Bench(again, derives_ids, state.world)
        begin = state.moved(first, again)
        bench.put_back(begin)
        _, ops = bench.record()
        for count, second in enumerate(states(ops, begin)):
            new = tmp_path / f"{number}-{count}"
            found = wrongs(new, second.moved(again, new), derives_ids=derives_ids)
            assert (number, list(found)) == (number, [])


def test_a_ledger_lost_at_any_point_repeats_nothing(tmp_path: Path) -> None:
    """Ids that are derived stay reserved at the service, so each picture is found there again."""
    first = tmp_path / "first"
    for number, state in enumerate(states_of(first, derives_ids=True)):
        new = tmp_path / str(number)
        bench = Bench(new, derives_ids=True, jobs=state.world, has_ledger=False)
        bench.put_back(replace(state.moved(first, new), ledger=None))
        if bench.build().modified:  # what neither lock nor ledger knows is not overwritten
            shutil.rmtree(bench.site.root / "art")
        assert (number, list(bench.recovered())) == (number, [])


class WithoutFileSync(Tape):
    """Does not wait for a file's bytes."""

    def sync(self, handle: int, path: str) -> None:
        """Go on at once."""


class WithoutFolderSync(Tape):
    """Does not wait for names."""

    def sync_folder(self, path: str) -> None:
        """Go on at once."""


class WithHastyFolders(Tape):
    """Puts files into folders that may be lost with them."""

    def folder(self, path: str, *, private: bool = False) -> None:
        """Make a folder, and go on at once."""
        if not Path(path).exists():
            self.folder(str(Path(path).parent), private=private)
            self.make(path, 0o777)


class InPlace(Tape):
    """Writes into the files themselves."""

    def write(self, path: str, data: bytes, *, mode: int = 0o666) -> None:
        """Overwrite ``path``."""
        self.folder(str(Path(path).parent))
        with open(path, "wb") as file:
            self.fill(file.fileno(), path, data)
            self.sync(file.fileno(), path)
        self.sync_folder(str(Path(path).parent))


@pytest.mark.parametrize(
    ("tape", "expected"),
    [
        (WithoutFileSync, "torn"),
        (WithoutFolderSync, "bytes are nowhere"),
        (WithHastyFolders, "which is not there"),
        (InPlace, "torn"),
    ],
)
def test_a_hasty_protocol_is_found_out(tmp_path: Path, tape: type[Tape], expected: str) -> None:
    """The same cuts of a build that leaves a wait out leave something that is wrong."""
    assert any(expected in wrong for wrong in violations(tmp_path, tape, derives_ids=True))


def test_a_hasty_ledger_is_found_out(tmp_path: Path) -> None:
    """If commits were not durable, a call could be forgotten and paid for again."""
    found = violations(tmp_path, derives_ids=False, lossy=True)
    assert any("was charged" in wrong for wrong in found)
