"""Two services offer the same picture at two prices: who is asked when one takes no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from assetgen.app.asked import Hands, Options
from assetgen.app.building import build
from assetgen.app.consent import Caps
from assetgen.app.project import Project, open_project
from assetgen.catalogue import Catalogue, open_route
from assetgen.clock import FakeClock
from assetgen.errors import AssetgenError
from assetgen.events import Event, Summary, TargetFailed
from assetgen.paid.account import Account
from assetgen.paid.collector import Counter
from assetgen.providers.base import Busy, Completed, Failed, NotSent, Refused, Running
from assetgen.providers.fake import FakeProvider, Hang, Lost, problem
from assetgen.state import Job, JobState
from assetgen.store.blobs import DiskBlobs
from assetgen.store.fs import DiskFs
from tests.properties.little import png_that_says

MODEL = "xai/grok-imagine-image"
Answers = list[AssetgenError | Lost | Hang | Completed | Failed | None]


def service(name: str) -> FakeProvider:
    return FakeProvider(png_that_says({}), name=name, price=None, concurrency=2)


@dataclass
class Corner:
    """A project, a cheap service that is preferred, and a dear one."""

    base: Path
    cheap: FakeProvider = field(default_factory=lambda: service("cheap"))
    dear: FakeProvider = field(default_factory=lambda: service("dear"))
    prices: Mapping[str, float | None] = field(
        default_factory=lambda: {"cheap": 0.02, "dear": 0.10}
    )
    config: str = ""
    clock: FakeClock = field(default_factory=FakeClock)
    events: list[Event] = field(default_factory=list)

    def build(self, targets: int, caps: Caps) -> Summary:
        """Build a project of so many pictures."""
        folder = self.base / "project"
        folder.mkdir(exist_ok=True)
        lines = "".join(f"  t{n}: picture {n}\n" for n in range(targets))
        spec = f"version: 1\ndefaults: {{model: {MODEL}}}\ntargets:\n{lines}"
        (folder / "assetgen.yaml").write_text(spec)
        (self.base / "config.toml").write_text(self.config)
        blobs = DiskBlobs(str(self.base / "data" / "blobs"), DiskFs())
        hands = Hands(
            emit=self.events.append,
            counters={
                one.name: Counter(one, blobs, account=Account(self.clock, chance=lambda: 0.5))
                for one in (self.cheap, self.dear)
            },
            catalogue=Catalogue(
                {MODEL: tuple(open_route(n, price, MODEL) for n, price in self.prices.items())}
            ),
        )
        return build(self.project(), Options(caps=caps), hands)

    def project(self) -> Project:
        """Open the project."""
        environ = {
            "ASSETGEN_DATA_DIR": str(self.base / "data"),
            "ASSETGEN_CACHE_DIR": str(self.base / "cache"),
            "ASSETGEN_CONFIG": str(self.base / "config.toml"),
        }
        return open_project(str(self.base / "project"), environ, clock=self.clock)

    def jobs(self) -> tuple[Job, ...]:
        """Return the calls that are open or held."""
        project = self.project()
        try:
            return project.ledger.unsettled()
        finally:
            project.close()

    def failures(self) -> list[str]:
        """Return the kinds of what targets failed with."""
        return [e.problem.kind.name for e in self.events if isinstance(e, TargetFailed)]


@pytest.fixture
def corner(tmp_path: Path) -> Corner:
    """A corner with two services that work."""
    return Corner(tmp_path)


def busy(times: int, after: float | None = 1.0) -> Answers:
    return [Busy(problem("too many requests"), retry_after=after) for _ in range(times)]


@pytest.mark.parametrize("after", [None, 0.0, 30.0, 1e9])
def test_two_services_that_stay_busy_are_given_up(corner: Corner, after: float | None) -> None:
    """An order does not go to and fro between them for ever: a dozen tries in all."""
    corner.cheap.submits, corner.dear.submits = busy(500, after), busy(500, after)
    assert corner.build(1, Caps(max_images=9)).exit_code == 1
    assert corner.failures() == ["call-refused-now"]
    assert len(corner.cheap.requests) + len(corner.dear.requests) == 12


def test_nothing_goes_to_a_service_that_the_cap_cannot_bear(corner: Corner) -> None:
    """The cheap one is back in a second, and the cap is enough for it."""
    corner.cheap.submits = busy(1)
    summary = corner.build(2, Caps(max_cost=0.05))
    assert (summary.exit_code, summary.bought, corner.dear.requests) == (0, 2, [])


def test_nothing_goes_to_a_service_whose_price_no_cap_bounds(corner: Corner) -> None:
    """A cap in money alone cannot be kept there."""
    corner.prices = {"cheap": 0.02, "dear": None}
    corner.cheap.submits = busy(1)
    summary = corner.build(2, Caps(max_cost=0.05))
    assert (summary.exit_code, summary.bought, corner.dear.requests) == (0, 2, [])


def test_only_what_another_has_room_for_is_moved(corner: Corner) -> None:
    """A moment's rest of the preferred one does not make everything five times as dear."""
    corner.cheap.submits = busy(1)
    corner.dear.polls = [Running(5.0)] * 99
    assert corner.build(20, Caps(max_images=20)).bought == 20
    assert 1 <= len(corner.dear.charges) <= 4


RETRY = '[budget]\non_ambiguous = "retry"\nmax_duplicate_cost = 1.0\n'


@pytest.mark.parametrize("price", [0.0, 0.02])
def test_a_second_charge_is_risked_a_few_times_and_in_peace(corner: Corner, price: float) -> None:
    """Who prefers a duplicate to a doubt does not want a dead service flooded, free or not."""
    corner.config, corner.prices = RETRY, {"cheap": price}
    corner.cheap.derives_ids = False
    corner.cheap.submits = [Lost(accepted=False)] * 500
    assert corner.build(1, Caps(max_images=9)).exit_code == 75
    assert len(corner.cheap.requests) == 4
    assert sum(corner.clock.slept) >= 30
    assert [job.state for job in corner.jobs()] == [JobState.AMBIGUOUS]


def test_a_second_charge_counts_under_the_caps(corner: Corner) -> None:
    """A retry is another call: `--max-images 1` leaves no room for it."""
    corner.config, corner.prices = RETRY, {"cheap": 0.02}
    corner.cheap.derives_ids = False
    corner.cheap.submits = [Lost(accepted=True)]
    assert corner.build(1, Caps(max_images=1)).exit_code == 75
    assert len(corner.cheap.requests) == 1


@pytest.mark.parametrize("second", [*busy(1), NotSent(problem("reset")), Refused(problem("400"))])
def test_a_refused_second_try_leaves_the_first_in_doubt(
    corner: Corner, second: AssetgenError
) -> None:
    """It says nothing of the first one, so the call is held, by the next build too."""
    corner.config, corner.prices = RETRY, {"cheap": 0.02}
    corner.cheap.derives_ids = False
    corner.cheap.submits = [Lost(accepted=True), second]
    assert corner.build(1, Caps(max_images=9)).exit_code == 75
    assert [job.state for job in corner.jobs()] == [JobState.AMBIGUOUS]
    assert corner.build(1, Caps(max_images=9)).exit_code == 75
    assert len(corner.cheap.charges) == 1
