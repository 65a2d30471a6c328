"""How much this run may still spend, by reservation before each call; asks nobody."""

from __future__ import annotations

from dataclasses import dataclass

from assetgen.errors import AssetgenError, Kind, Problem

OVER_IMAGES = Kind(
    "over-image-cap",
    "the cap of {cap} pictures for this run is reached",
    "raise --max-images (or the budget in the spec or user config) to buy more",
)
OVER_COST = Kind(
    "over-cost-cap",
    "the next picture may cost ${price:.4f}, and only ${left:.4f} of ${cap:.2f} is left",
    "raise --max-cost (or the budget in the spec or user config) to buy more",
)
UNKNOWN_PRICE = Kind(
    "unknown-price",
    "the price of this picture is unknown, so a cap of ${cap:.2f} cannot be kept",
    "add --max-images N: such pictures then count by number",
)
NO_CONSENT = Kind(
    "no-consent",
    "nobody is here to agree to spending, and no cap allows it",
    "give --max-images N or --max-cost USD (or set a cap in the user config)",
)


DECLINED = Kind(
    "declined", "not bought: you said no", "build again when you have made up your mind"
)


class OverCap(AssetgenError):
    """A cap or missing consent forbids the next call."""

    exit_code = 3


class NotAgreed(OverCap):
    """Nobody agreed to spend anything in this run."""


@dataclass(slots=True)
class Budget:
    """What is left of this run's caps.

    Attributes:
        max_images: pictures that may be bought, None for no cap; drafts do not count here.
        max_drafts: the same for drafts, which only a flag limits.
        max_cost: USD, None for no cap.
        may_spend: whether somebody agreed, or a cap stands for their word.
        refusal: what to say if not.
    """

    max_images: int | None = None
    max_drafts: int | None = None
    max_cost: float | None = None
    may_spend: bool = False
    refusal: Kind = NO_CONSENT
    images: int = 0
    drafts: int = 0
    cost: float = 0.0

    def reserve(self, price: float | None, *, draft: bool = False) -> None:
        """Set aside one picture and its ``price`` in USD. Raises OverCap, NotAgreed."""
        if draft:
            if self.max_drafts is not None and self.drafts >= self.max_drafts:
                raise OverCap(Problem(OVER_IMAGES, facts={"cap": self.max_drafts}))
            self.drafts += 1
            return
        if not self.may_spend:
            raise NotAgreed(Problem(self.refusal))
        if self.max_images is not None and self.images >= self.max_images:
            raise OverCap(Problem(OVER_IMAGES, facts={"cap": self.max_images}))
        if self.max_cost is not None:
            self._check_cost(self.max_cost, price)
        self.images += 1
        self.cost += price or 0.0

    def bears(self, price: float | None, *, instead_of: float | None) -> bool:
        """Whether a picture for which USD are set aside already could cost ``price`` as well."""
        if self.max_cost is None:
            return True
        if price is None:
            return self.max_images is not None
        return self.cost - (instead_of or 0.0) + price <= self.max_cost + 1e-9

    def _check_cost(self, cap: float, price: float | None) -> None:
        if price is None:
            if self.max_images is None:
                raise OverCap(Problem(UNKNOWN_PRICE, facts={"cap": cap}))
        elif self.cost + price > cap + 1e-9:
            facts = {"price": price, "left": max(0.0, cap - self.cost), "cap": cap}
            raise OverCap(Problem(OVER_COST, facts=facts))

    def release(self, price: float | None, *, draft: bool = False) -> None:
        """Give a reservation back: the call was surely neither accepted nor charged."""
        if draft:
            self.drafts -= 1
            return
        self.images -= 1
        self.cost -= price or 0.0

    def settle(self, price: float | None, cost: float | None) -> None:
        """Replace a reserved price by the cost that the service really charged, if it says so."""
        if cost is not None:
            self.cost += cost - (price or 0.0)
