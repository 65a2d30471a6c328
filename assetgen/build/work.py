"""The units of work of a build, as values; none of them does anything.

A target becomes calls (one for each take to buy), which make up the purchase of its key, and then
one task of local work.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from assetgen.errors import AssetgenError
from assetgen.paid.orders import Order
from assetgen.plan.model import Decision
from assetgen.state import Take


@dataclass(frozen=True, slots=True)
class Call:
    """One order that waits for a place at its provider; the highest priority goes first."""

    order: Order
    decision: Decision
    priority: int


@dataclass(frozen=True, slots=True)
class Task:
    """Local work that waits for a place; ``work`` names what it completes."""

    decision: Decision
    work: str
    images: int = 0
    cost: float | None = 0.0


@dataclass(slots=True)
class Purchase:
    """The orders of one key: who asked first, who shares the picture, what came of it."""

    owner: Decision
    open: int = 0
    ordered: set[int] = field(default_factory=set)
    followers: list[Decision] = field(default_factory=list)
    takes: list[Take] = field(default_factory=list)
    epoch: int = 0
    error: AssetgenError | None = None
