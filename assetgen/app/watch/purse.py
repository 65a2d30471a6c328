"""What a watch may still spend over all its builds, and what somebody agreed to; builds nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assetgen.action import DRAFT_MODEL
from assetgen.app.consent import Caps
from assetgen.digest import Digest
from assetgen.paid.budget import Budget
from assetgen.plan.model import Decision, Plan

SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Offer:
    """What was shown to be bought, so that nothing else is.

    Attributes:
        keys: by target, the key of what is bought; None where an input has to be bought first.
        images: pictures at most; cost: USD at most, None where some price is unknown.
    """

    keys: Mapping[str, Digest | None]
    images: int
    cost: float | None

    def covers(self, plan: Plan) -> bool:
        """Whether all that ``plan`` would buy is part of this, at no higher price."""
        other = offer_of(plan)
        if other is None:
            return True
        if other.images > self.images or not other.keys.keys() <= self.keys.keys():
            return False
        if any(self.keys[name] not in (None, key) for name, key in other.keys.items()):
            return False
        if self.cost is None or other.cost is None:
            return self.cost is None
        return other.cost <= self.cost + SLACK


def offer_of(plan: Plan) -> Offer | None:
    """Return what ``plan`` would buy; None if it would buy nothing."""
    bought = [decision for decision in plan.decisions if _is_bought(decision)]
    if not bought:
        return None
    unknown = any(decision.unknown_cost for decision in bought)
    return Offer(
        {d.target.name: d.action.key if d.action else None for d in bought},
        sum(int(d.images.max) for d in bought),
        None if unknown else sum(float(d.cost.max) for d in bought),
    )


def _is_bought(decision: Decision) -> bool:
    return bool(decision.images.max) and decision.model != DRAFT_MODEL


class Purse:
    """The caps of a whole watch, counted down over its builds.

    A build has a budget of its own; this hands what is spent from one to the next.
    """

    def __init__(self, caps: Caps) -> None:
        self.caps = caps
        self._budget = Budget()

    @property
    def is_given(self) -> bool:
        """Whether a cap was given at the start, which stands for somebody's word."""
        return self.caps.max_images is not None or self.caps.max_cost is not None

    @property
    def images(self) -> int:
        """Pictures that this watch has ordered."""
        return self._budget.images

    @property
    def cost(self) -> float:
        """USD that this watch has spent or set aside; unknown prices count nothing."""
        return self._budget.cost

    @property
    def images_left(self) -> int | None:
        """Pictures that may still be bought, None without a cap."""
        cap = self.caps.max_images
        return None if cap is None else max(0, cap - self.images)

    @property
    def cost_left(self) -> float | None:
        """USD that may still be spent, None without a cap."""
        cap = self.caps.max_cost
        return None if cap is None else max(0.0, cap - self.cost)

    @property
    def is_empty(self) -> bool:
        """Whether nothing more may be bought."""
        return self.images_left == 0 or (self.cost_left is not None and self.cost_left <= SLACK)

    def lend(self, budget: Budget, offer: Offer | None) -> None:
        """Let ``budget`` go on from the last one, up to what ``offer`` was agreed to.

        Drafts are free and come with every change of a word, so no cap of a watch counts them.
        """
        budget.images, budget.cost = self.images, self.cost
        budget.max_drafts = None
        if offer is not None:
            budget.max_images = _least(budget.max_images, self.images + offer.images)
            if offer.cost is not None:
                budget.max_cost = _least(budget.max_cost, self.cost + offer.cost)
        self._budget = budget


def _least(cap: float | int | None, other: float | int) -> int:
    return min(other, cap if cap is not None else other)  # type: ignore[return-value] # ints stay
