"""Whether and how much a build may spend, from flags, config, spec and the user's word."""

from __future__ import annotations

from dataclasses import dataclass

from assetgen.action import DRAFT_MODEL
from assetgen.config import Config
from assetgen.paid.budget import DECLINED, NO_CONSENT, Budget
from assetgen.plan.model import Plan
from assetgen.spec.model import Map


@dataclass(frozen=True, slots=True)
class Caps:
    """What the flags of one run say. ``max_cost`` in USD."""

    max_images: int | None = None
    max_cost: float | None = None
    yes: bool = False


def spends(plan: Plan) -> bool:
    """Whether a plan may call a service that wants money; drafts are free and need no consent."""
    return any(d.images.max and d.model != DRAFT_MODEL for d in plan.decisions)


def budget_of(caps: Caps, config: Config, spec_budget: Map, *, agreed: bool | None) -> Budget:
    """Return the lowest of all caps, and whether anything may be spent at all.

    ``agreed`` is what a person at the terminal said, None if nobody is there: then only a cap from
    a flag, the environment or the user config allows spending, never the spec's word alone.
    """
    own_cap = any(
        cap is not None
        for cap in (caps.max_images, caps.max_cost, config.max_images, config.max_cost)
    )
    return Budget(
        max_images=_lowest(caps.max_images, config.max_images, spec_budget.get("max_images")),
        max_drafts=caps.max_images,
        max_cost=_lowest(caps.max_cost, config.max_cost, spec_budget.get("max_cost")),
        may_spend=own_cap if agreed is None else agreed,
        refusal=NO_CONSENT if agreed is None else DECLINED,
    )


def _lowest(*caps: float | int | None) -> int | None:
    given = [cap for cap in caps if cap is not None]
    return min(given) if given else None  # type: ignore[return-value] # ints stay ints
