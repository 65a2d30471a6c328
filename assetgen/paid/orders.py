"""What is ordered and what a submit may answer, as values; sends nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assetgen.action import DRAFT_MODEL, Action
from assetgen.catalogue import Offer
from assetgen.paid.requests import Read
from assetgen.providers.base import Accepted, Completed, Failed

Answer = Accepted | Completed | Failed


@dataclass(frozen=True, slots=True)
class Order:
    """One picture to buy: for which target, which take under which epoch, where.

    Attributes:
        offer: whom to ask; others: who else could be asked, should that one take no more.
        read: gives the bytes of an input by digest; facts: what a local provider may show.
        token: what the address for a call back ends in.
        busy: how often a service was too busy to take it.
    """

    target: str
    action: Action
    take: int
    epoch: int
    offer: Offer
    others: tuple[Offer, ...] = ()
    read: Read = lambda digest: b""
    facts: Mapping[str, object] | None = None
    token: str = ""
    busy: int = 0

    @property
    def provider(self) -> str:
        """Who is asked."""
        return self.offer.route.provider

    @property
    def is_draft(self) -> bool:
        """Whether it costs nothing."""
        return self.offer.route.model == DRAFT_MODEL


@dataclass(slots=True)
class Doubts:
    """What becomes of a call that may have been accepted: held, or sent again at a known risk.

    ``left``: USD that this run may still lose to pictures that are charged twice.
    """

    retry: bool = False
    left: float = 0.0

    def takes(self, price: float | None) -> bool:
        """Whether a call of ``price`` may be sent again; counts it if so."""
        if not self.retry or price is None or price > self.left + 1e-9:
            return False
        self.left -= price
        return True
