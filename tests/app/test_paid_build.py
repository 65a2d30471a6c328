"""A build against a service that wants money: consent, caps, what is kept, and what is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from assetgen.app.asked import Hands, Options
from assetgen.app.building import build
from assetgen.app.consent import Caps
from assetgen.app.project import Project, open_project
from assetgen.catalogue import Catalogue, Service, open_route
from assetgen.clock import FakeClock
from assetgen.errors import AccountError, AssetgenError
from assetgen.events import Event, Notice, Summary, TargetFailed
from assetgen.paid.collector import Counter
from assetgen.plan.model import Plan
from assetgen.providers.base import Busy, Failed, NotSent, Refused
from assetgen.providers.fake import FakeProvider, Lost, problem
from assetgen.state import Job
from assetgen.store.blobs import DiskBlobs
from assetgen.store.fs import DiskFs
from tests.properties.little import png_that_says

MODEL = "xai/grok-imagine-image"
CHAIN = f"""\
version: 1
defaults: {{model: {MODEL}}}
targets:
  base: a knight
  armor: {{edit: base, prompt: in armour}}
"""


@dataclass
class Shop:
    """A project, a service with a price list, and what the build said."""

    base: Path
    price: float | None = 0.02
    provider: FakeProvider = field(default_factory=lambda: FakeProvider(png_that_says({})))
    clock: FakeClock = field(default_factory=FakeClock)
    events: list[Event] = field(default_factory=list)
    asked: list[Plan] = field(default_factory=list)
    settles: bool | None = None
    doubted: list[Job] = field(default_factory=list)

    def spec(self, text: str) -> None:
        (self.base / "project").mkdir(exist_ok=True)
        (self.base / "project" / "assetgen.yaml").write_text(text)

    def build(self, caps: Caps | None = None, *, says: bool | None = None) -> Summary:
        """Build; ``says`` is the word of the person at the terminal, None if nobody is there."""
        blobs = DiskBlobs(str(self.base / "data" / "blobs"), DiskFs())

        def agree(plan: Plan) -> bool:
            self.asked.append(plan)
            return bool(says)

        def settle(held: Sequence[Job]) -> bool:
            self.doubted.extend(held)
            return bool(self.settles)

        hands = Hands(
            emit=self.events.append,
            agree=None if says is None else agree,
            settle=None if self.settles is None else settle,
            counters={"fake": Counter(self.provider, blobs, b"secret")},
            catalogue=self.catalogue,
        )
        return build(self.project(), Options(caps=caps or Caps()), hands)

    @property
    def catalogue(self) -> Catalogue:
        """What the service offers."""
        account = Service("fake", derives_ids=self.provider.derives_ids)
        return Catalogue({MODEL: (open_route("fake", self.price),)}, {"fake": account})

    def project(self) -> Project:
        """Open the project."""
        environ = {
            "ASSETGEN_DATA_DIR": str(self.base / "data"),
            "ASSETGEN_CACHE_DIR": str(self.base / "cache"),
            "ASSETGEN_CONFIG": str(self.base / "config.toml"),
        }
        return open_project(str(self.base / "project"), environ, clock=self.clock)

    def failures(self) -> list[str]:
        """Return the kinds of what targets failed with."""
        return [e.problem.kind.name for e in self.events if isinstance(e, TargetFailed)]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A shop with a chain of two pictures to buy."""
    shop = Shop(tmp_path)
    shop.spec(CHAIN)
    return shop


def test_without_a_person_and_without_a_cap_nothing_is_bought(shop: Shop) -> None:
    """The spec's own budget is no permission."""
    shop.spec(CHAIN + "budget: {max_images: 5}\n")
    assert shop.build().exit_code == 3
    assert (shop.provider.requests, shop.failures()) == ([], ["no-consent"])


def test_a_cap_of_the_user_is_permission(shop: Shop) -> None:
    """Two pictures are bought, what they cost is summed, and a second build is free."""
    summary = shop.build(Caps(max_cost=1.0))
    assert (summary.exit_code, summary.bought, summary.cost) == (0, 2, 0.04)
    assert shop.build(Caps(max_cost=1.0)).up_to_date == 2
    assert len(shop.provider.charges) == 2


def test_the_person_at_the_terminal_is_asked_once(shop: Shop) -> None:
    """They see the plan with its price; a no buys nothing, a yes buys."""
    assert shop.build(says=False).exit_code == 3
    assert (shop.provider.requests, shop.failures()) == ([], ["declined"])
    assert shop.build(says=True).bought == 2
    plan = shop.asked[0]
    assert (plan.cost.min, plan.cost.max) == (0.02, 0.04)
    assert len(shop.asked) == 2


def test_nobody_is_asked_where_nothing_costs(shop: Shop) -> None:
    """A build with nothing to buy does not interrupt anybody."""
    shop.build(Caps(max_images=9))
    shop.build(says=False)
    assert shop.asked == []


@pytest.mark.parametrize(
    ("caps", "kind"),
    [(Caps(max_images=1), "over-image-cap"), (Caps(max_cost=0.03), "over-cost-cap")],
)
def test_caps_stop_before_the_call(shop: Shop, caps: Caps, kind: str) -> None:
    """The first picture fits, the second one is not even asked for."""
    summary = shop.build(caps)
    assert (summary.exit_code, summary.bought) == (3, 1)
    assert shop.failures() == [kind]
    assert len(shop.provider.requests) == 1


def test_the_lowest_cap_wins(shop: Shop) -> None:
    """The spec may lower what the user allows."""
    shop.spec(CHAIN + "budget: {max_images: 1}\n")
    assert shop.build(Caps(max_images=9)).bought == 1


def test_unknown_prices_need_a_cap_by_number(shop: Shop) -> None:
    """Money alone cannot bound what nobody knows."""
    shop.price = shop.provider.price = None
    assert shop.build(Caps(max_cost=5.0)).bought == 0
    assert shop.failures() == ["unknown-price"]
    summary = shop.build(Caps(max_cost=5.0, max_images=2))
    assert (summary.bought, summary.cost_unknown) == (2, True)


def test_bought_pictures_are_kept_in_the_project_too(shop: Shop) -> None:
    """`keep` names a folder that git or LFS can hold; with it a lost store loses nothing."""
    shop.spec(CHAIN + "keep: art/.bought\n")
    shop.build(Caps(max_images=9))
    kept = sorted(path.name for path in (shop.base / "project/art/.bought").iterdir())
    assert len(kept) == 2
    for path in (shop.base / "data").rglob("*"):
        if path.is_file():
            path.unlink()
    (shop.base / "project/art/base.png").unlink()
    assert shop.build().restored == 1
    assert len(shop.provider.charges) == 2


def test_an_account_error_stops_all_submits(shop: Shop) -> None:
    """402 ends the build with 4; the other targets are not sent."""
    targets = "".join(f"  t{n}: picture {n}\n" for n in range(30))
    shop.spec(f"version: 1\ndefaults: {{model: {MODEL}}}\ntargets:\n{targets}")
    shop.provider.concurrency = 1
    shop.provider.submits = [AccountError(problem("insufficient balance"))]
    assert shop.build(Caps(max_images=99)).exit_code == 4
    assert len(shop.provider.requests) == 1
    assert shop.provider.charges == []


def test_three_refusals_in_a_row_stop_a_declaration(shop: Shop) -> None:
    """A matrix whose request is wrong is not sent forty times."""
    cells = ", ".join(f"v{n}" for n in range(40))
    shop.spec(
        f"version: 1\ndefaults: {{model: {MODEL}}}\n"
        f'targets:\n  t: {{prompt: "{{{{ v }}}}", matrix: {{v: [{cells}]}}}}\n  ok: fine\n'
    )
    shop.provider.concurrency = 1
    refusals: list[AssetgenError | Lost | None] = [Refused(problem("bad ratio"))] * 3
    shop.provider.submits = [*refusals]
    summary = shop.build(Caps(max_images=99))
    assert (summary.failed, summary.bought) == (40, 1)
    assert len(shop.provider.requests) == 4


def test_moderation_is_paid_once(shop: Shop) -> None:
    """The key is failed for good, its dependants are blocked, a rerun sends nothing."""
    shop.provider.polls = [Failed("moderated", charged=True, moderated=True)]
    summary = shop.build(Caps(max_images=9))
    assert (summary.exit_code, summary.failed, summary.blocked) == (1, 1, 1)
    again = shop.build(Caps(max_images=9))
    assert (again.failed, again.blocked) == (1, 1)
    assert len(shop.provider.requests) == 1


def test_a_held_call_of_a_removed_target_is_not_forgotten(shop: Shop) -> None:
    """Exit 75 and a word about it in every build, until it is settled."""
    shop.provider.derives_ids = False
    shop.provider.submits = [Lost(accepted=True)]
    assert shop.build(Caps(max_images=9)).exit_code == 75
    shop.spec(f"version: 1\ndefaults: {{model: {MODEL}}}\ntargets: {{other: a dragon}}\n")
    for _ in range(2):
        shop.events.clear()
        assert shop.build(Caps(max_images=9)).exit_code == 75
        told = [e.problem.kind.name for e in shop.events if isinstance(e, Notice)]
        assert "held-elsewhere" in told


SERIES = f"""\
version: 1
defaults: {{model: {MODEL}}}
targets:
  sword: {{prompt: a sword, takes: 2}}
"""


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Refused(problem("bad ratio")), 1),
        (Busy(problem("too many"), retry_after=0.0), 1),
        (NotSent(problem("no route")), 1),
        (AccountError(problem("insufficient balance")), 4),
    ],
)
def test_a_take_that_was_not_sold_is_bought_by_the_next_build(
    shop: Shop, error: AssetgenError, code: int
) -> None:
    """What was refused for free leaves the series open: the second take is bought later, once."""
    shop.spec(SERIES)
    shop.provider.concurrency = 1
    shop.provider.submits = [None, *[error] * 20]
    assert shop.build(Caps(max_images=9)).exit_code == code
    shop.provider.submits = []
    summary = shop.build(Caps(max_images=9))
    assert (summary.exit_code, summary.bought) == (0, 1)
    assert len(shop.provider.charges) == 2


def test_a_take_that_failed_for_good_does_not_hold_up_the_others(shop: Shop) -> None:
    """The service ended it, charging: the other take is shown, and nothing is sent again."""
    shop.spec(SERIES)
    shop.provider.concurrency = 1
    shop.provider.polls = [None, Failed("out of luck", charged=True)]
    assert shop.build(Caps(max_images=9)).exit_code == 1
    assert (shop.base / "project/art/sword.png").exists()
    assert shop.build(Caps(max_images=9)).exit_code == 0
    assert len(shop.provider.requests) == 2


def test_a_take_that_failed_for_free_is_sent_once_more(shop: Shop) -> None:
    """The failure is documented as free, so the next build completes the series."""
    shop.spec(SERIES)
    shop.provider.concurrency = 1
    shop.provider.polls = [None, Failed("system error", charged=False)]
    assert shop.build(Caps(max_images=9)).exit_code == 1
    summary = shop.build(Caps(max_images=9))
    assert (summary.exit_code, summary.bought) == (0, 1)
    assert len(shop.provider.charges) == 2


def test_the_person_at_the_terminal_is_asked_about_calls_in_doubt(shop: Shop) -> None:
    """A no leaves them held; a yes sends them again, at the user's risk."""
    shop.provider.derives_ids = False
    shop.provider.submits = [Lost(accepted=False)]
    assert shop.build(Caps(max_images=9)).exit_code == 75
    shop.settles = False
    assert shop.build(Caps(max_images=9)).exit_code == 75
    assert [job.target for job in shop.doubted] == ["base"]
    assert len(shop.provider.requests) == 1
    shop.settles = True
    assert shop.build(Caps(max_images=9)).exit_code == 0
    assert len(shop.provider.charges) == 2


def test_nobody_is_asked_about_doubts_where_the_config_says_hold(shop: Shop) -> None:
    """`on_ambiguous = "hold"` leaves them to `assetgen jobs`."""
    (shop.base / "config.toml").write_text('[budget]\non_ambiguous = "hold"\n')
    shop.provider.derives_ids = False
    shop.provider.submits = [Lost(accepted=False)]
    shop.settles = True
    for _ in range(2):
        assert shop.build(Caps(max_images=9)).exit_code == 75
    assert (shop.doubted, len(shop.provider.requests)) == ([], 1)
