"""The caps of a watch count down over its builds, and nothing is bought that was not shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assetgen.action import Action
from assetgen.app.consent import Caps
from assetgen.app.watch.purse import Offer, Purse, offer_of
from assetgen.digest import Digest, sha256
from assetgen.paid.budget import Budget, OverCap
from assetgen.plan.model import Decision, Plan
from assetgen.state import Range, Verdict
from tests.plan.world import generate

KEY, OTHER = sha256(b"one"), sha256(b"two")


def build(purse: Purse, *prices: float | None, offer: Offer | None = None, cap: int = 99) -> int:
    """Buy at these prices as one build would; return how many were allowed."""
    budget = Budget(max_images=cap, max_drafts=1, max_cost=purse.caps.max_cost, may_spend=True)
    if purse.caps.max_images is not None:
        budget.max_images = min(cap, purse.caps.max_images)
    purse.lend(budget, offer)
    for done, price in enumerate(prices):
        try:
            budget.reserve(price)
        except OverCap:
            return done
    return len(prices)


def test_pictures_count_down_over_builds() -> None:
    """Five pictures are five, not five for each save."""
    purse = Purse(Caps(max_images=5))
    assert (purse.is_given, purse.images_left, purse.cost_left) == (True, 5, None)
    assert build(purse, 0.1, 0.1, 0.1) == 3
    assert (purse.images_left, purse.is_empty) == (2, False)
    assert build(purse, 0.1, 0.1, 0.1) == 2
    assert (purse.images_left, purse.is_empty) == (0, True)
    assert build(purse, 0.1) == 0


def test_money_counts_down_over_builds() -> None:
    """What is left may be too little for the next picture."""
    purse = Purse(Caps(max_cost=0.25))
    assert build(purse, 0.1) == 1
    assert build(purse, 0.1, 0.1) == 1
    assert purse.cost_left == pytest.approx(0.05)
    assert not purse.is_empty


def test_without_a_cap_nothing_counts_down() -> None:
    """Somebody agrees each time."""
    purse = Purse(Caps())
    assert (purse.is_given, purse.images_left, purse.cost_left) == (False, None, None)
    assert not purse.is_empty


def test_a_yes_is_for_what_was_shown_and_no_more() -> None:
    """Retries count, and each yes is one of its own."""
    purse = Purse(Caps())
    offer = Offer({"a": KEY, "b": None}, images=2, cost=0.2)
    assert build(purse, 0.1, 0.1, 0.1, offer=offer) == 2
    assert build(purse, 0.1, 0.15, offer=offer) == 1
    assert purse.images == 3
    assert purse.cost == pytest.approx(0.3)


def test_a_lower_cap_of_the_user_stands() -> None:
    """A yes allows nothing that the user's settings forbid."""
    purse = Purse(Caps())
    assert build(purse, 0.1, 0.1, offer=Offer({"a": KEY}, 2, None), cap=1) == 1


def test_drafts_are_free_and_never_run_out() -> None:
    """Layout work goes on when the caps are reached."""
    purse = Purse(Caps(max_images=0))
    budget = Budget(max_images=0, max_drafts=0)
    purse.lend(budget, None)
    for _ in range(3):
        budget.reserve(0.0, draft=True)
    assert purse.is_empty


def decision(name: str, *, images: int = 1, cost: float = 0.05, model: str = "m") -> Decision:
    return Decision(
        generate(name),
        Verdict.RUN,
        images=Range(images, images),
        cost=Range(cost, cost),
        model=model,
    )


def test_an_offer_names_what_is_bought() -> None:
    """Drafts and local work are none of it; an unknown price makes the sum unknown."""
    plan = Plan(
        (decision("a"), decision("b", images=0), decision("c", model="draft"), decision("d"))
    )
    offer = offer_of(plan)
    assert offer is not None
    assert (set(offer.keys), offer.images) == ({"a", "d"}, 2)
    assert offer.cost == pytest.approx(0.1)
    assert offer_of(Plan((decision("b", images=0),))) is None
    unknown = offer_of(Plan((decision("a"), replace(decision("d"), unknown_cost=True))))
    assert unknown is not None
    assert unknown.cost is None


@pytest.mark.parametrize(
    ("later", "covered"),
    [
        (Plan(()), True),
        (Plan((decision("a"),)), True),
        (Plan((decision("a"), decision("b"))), True),
        (Plan((decision("a"), decision("b"), decision("c"))), False),
        (Plan((decision("c"),)), False),
        (Plan((decision("a", images=3),)), False),
        (Plan((decision("a", cost=0.5),)), False),
        (Plan((replace(decision("a"), unknown_cost=True),)), False),
    ],
)
def test_a_plan_that_became_another_one_is_not_agreed_to(later: Plan, covered: bool) -> None:
    """Less is fine; another target, more pictures or a higher price have to be shown first."""
    offer = offer_of(Plan((decision("a"), decision("b"))))
    assert offer is not None
    assert offer.covers(later) is covered


def test_another_prompt_of_the_same_target_is_another_picture() -> None:
    """The key decides; one that could not be known yet may become any."""
    assert Offer({"a": KEY}, 1, 1.0).covers(keyed(KEY))
    assert not Offer({"a": OTHER}, 1, 1.0).covers(keyed(KEY))
    assert Offer({"a": None}, 1, 1.0).covers(keyed(KEY))


def keyed(key: Digest) -> Plan:
    """Return a plan that buys `a` with this key."""
    return Plan((replace(decision("a"), action=Action("{}", key)),))
