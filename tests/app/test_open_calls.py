"""Calls that an earlier build left open, and that this one cannot finish either: no build hangs."""

from __future__ import annotations

from pathlib import Path

import pytest

from assetgen.app.consent import Caps
from assetgen.app.loading import load
from assetgen.app.planning import ALL, plan_loaded
from assetgen.errors import AccountError, AssetgenError, ProviderError
from assetgen.events import Notice
from assetgen.plan.model import Mode
from assetgen.providers.base import NotFound, Progress, Request, Running
from assetgen.providers.fake import Hang, Lost, problem
from assetgen.state import Range
from tests.app.test_paid_build import MODEL, Shop

ONE = f"version: 1\ndefaults: {{model: {MODEL}}}\ntargets: {{sword: a rusty sword}}\n"
CAPS = Caps(max_images=9)
REFUSED = AccountError(problem("401"))


@pytest.fixture
def left(tmp_path: Path) -> Shop:
    """A shop with one accepted call, whose account was refused when it was asked after."""
    shop = Shop(tmp_path)
    shop.spec(ONE)
    shop.provider.polls = [REFUSED]
    assert shop.build(CAPS).exit_code == 4
    shop.events.clear()
    return shop


def told(shop: Shop) -> list[str]:
    return [event.problem.kind.name for event in shop.events if isinstance(event, Notice)]


@pytest.mark.parametrize(
    ("polls", "code"),
    [
        ([REFUSED] * 2, 4),
        ([ProviderError(problem("502"))] * 200, 75),
        ([Running(60.0)] * 200, 75),
    ],
)
def test_a_call_that_cannot_be_asked_for_fails_its_target(
    left: Shop, polls: list[AssetgenError | Progress | Hang | None], code: int
) -> None:
    """The build ends and says why; the call stays accepted for the next one, which collects it."""
    left.provider.polls = polls
    assert left.build(CAPS).exit_code == code
    assert told(left)[0] in ("fake", "unanswered", "unfinished")
    left.provider.polls = []
    assert left.build(CAPS).exit_code == 0
    assert (len(left.provider.requests), len(left.provider.charges)) == (1, 1)


def test_a_picture_that_cannot_be_fetched_fails_its_target(left: Shop) -> None:
    """Its address is tried again by the next build, and nothing is paid for that."""
    left.provider.fetches = [ProviderError(problem("reset"))] * 99
    assert left.build(CAPS).exit_code == 1
    assert left.failures() == ["fetch-failed"]
    left.provider.fetches = []
    assert left.build(CAPS).exit_code == 0
    assert len(left.provider.charges) == 1


def test_a_stuck_call_is_waited_for_once(left: Shop) -> None:
    """Builds wait an hour from its intent on; those after that only look whether it is done."""
    left.provider.polls = [Running(60.0)] * 200
    assert left.build(CAPS).exit_code == 75
    asked = len(left.provider.polled)
    assert asked > 50
    left.clock.time += 3600
    assert left.build(CAPS).exit_code == 75
    assert len(left.provider.polled) - asked <= 3


def test_a_forgotten_call_is_held_by_the_next_build(left: Shop) -> None:
    """Only right after the submit may a service not know its own job yet."""
    left.clock.time += 120
    left.provider.polls = [NotFound()]
    assert left.build(CAPS).exit_code == 75
    assert told(left) == ["job-gone"]


OTHER = f"version: 1\ndefaults: {{model: {MODEL}}}\ntargets: {{shield: a round shield}}\n"


def test_a_stuck_call_of_a_removed_target_is_no_success(left: Shop) -> None:
    """Its picture is paid for and not here yet: exit code 75 says that builds go on with it."""
    left.spec(OTHER)
    left.provider.polls = [Running(60.0)] * 99
    assert left.build(CAPS).exit_code == 75
    assert told(left) == ["unfinished"]
    left.clock.time += 3600
    left.provider.polls = []
    assert left.build(CAPS).exit_code == 0


def test_a_call_of_a_removed_target_that_turns_out_held(tmp_path: Path) -> None:
    """The build that finds out says so, and so does every later one."""
    shop = killed_shop(tmp_path, derives_ids=False)
    shop.spec(OTHER)
    for kind in ("call-held", "held-elsewhere"):
        shop.events.clear()
        assert shop.build(CAPS).exit_code == 75
        assert kind in told(shop)


@pytest.fixture
def killed(tmp_path: Path) -> Shop:
    """A shop whose last build was killed before the service had its request."""
    return killed_shop(tmp_path)


def killed_shop(tmp_path: Path, *, derives_ids: bool = True) -> Shop:
    shop = Shop(tmp_path)
    shop.spec(ONE)
    shop.provider.derives_ids = derives_ids
    project = shop.project()
    loaded = load(project)
    action = plan_loaded(project, loaded, ALL, Mode(), shop.catalogue)["sword"].action
    assert action is not None
    project.ledger.intend(
        key=action.key,
        take=1,
        epoch=0,
        provider="fake",
        model=MODEL,
        job_id="00000000-0000-4000-8000-000000000001" if derives_ids else "",
        session="0" * 32,
        project=project.root,
        target="sword",
        manifest=action.text,
        price=0.02,
        now=shop.clock.now(),
    )
    project.close()
    return shop


def test_a_call_that_may_have_to_be_sent_again_is_agreed_to(killed: Shop) -> None:
    """It may never have arrived, so the plan announces it and the person at the terminal is asked.

    A yes sends it under its own id; a no, or nobody, leaves it for another build.
    """
    assert killed.build().exit_code == 3
    assert killed.build(says=False).exit_code == 3
    assert killed.provider.requests == []
    assert killed.build(says=True).exit_code == 0
    assert (killed.asked[0].images, killed.asked[0].cost) == (Range(0, 1), Range(0, 0.02))
    assert [sent for _, sent in killed.provider.requests] == [
        "00000000-0000-4000-8000-000000000001"
    ]


def test_a_call_that_arrived_after_all_needs_no_word(killed: Shop) -> None:
    """The service knows its id: it is collected, by a build that may spend nothing."""
    killed.provider.jobs["00000000-0000-4000-8000-000000000001"] = Request("generate", MODEL, "")
    assert killed.build().exit_code == 0
    assert killed.provider.requests == []


@pytest.mark.parametrize("accepted", [True, False])
@pytest.mark.parametrize(
    ("polls", "code"), [([ProviderError(problem("502"))] * 50, 75), ([REFUSED], 4)]
)
def test_a_call_that_nobody_speaks_of_is_not_held(
    tmp_path: Path,
    polls: list[AssetgenError | Progress | Hang | None],
    code: int,
    *,
    accepted: bool,
) -> None:
    """It has an id of our own, so the next build finds out by itself, without a second charge."""
    shop = Shop(tmp_path)
    shop.spec(ONE)
    shop.provider.submits = [Lost(accepted)]
    shop.provider.polls = [*polls]
    assert shop.build(CAPS).exit_code == code
    shop.provider.polls = []
    assert shop.build(CAPS).exit_code == 0
    assert len(shop.provider.charges) == 1
