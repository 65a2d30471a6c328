"""Calls that an earlier build left open, and that this one cannot finish either: no build hangs."""

from __future__ import annotations

from pathlib import Path

import pytest

from assetgen.app.consent import Caps
from assetgen.errors import AccountError, AssetgenError, ProviderError
from assetgen.events import Notice
from assetgen.providers.base import NotFound, Progress, Running
from assetgen.providers.fake import Hang, problem
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
