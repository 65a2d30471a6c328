"""Calls that wait for a place at their provider, or are moved to another one; places no order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import count

from assetgen.build.queue import Lane
from assetgen.build.work import Call
from assetgen.catalogue import Offer
from assetgen.paid.orders import Order


class ProviderLanes:
    """One lane for each provider.

    Args:
        limits: how many calls of a provider may be in flight at once; most: the same for all, None
            for no more than that.
    """

    def __init__(self, limits: Mapping[str, int], most: int | None) -> None:
        self._lanes: dict[str, Lane[Call]] = {
            name: Lane(min(limit, most or limit)) for name, limit in limits.items()
        }
        self._numbers = count()

    def __contains__(self, provider: str) -> bool:
        return provider in self._lanes

    def push(self, call: Call) -> None:
        """Let a call wait at its provider."""
        self._lanes[call.order.provider].push(call.priority, next(self._numbers), call)

    def clear(self) -> None:
        """Forget who waits."""
        for lane in self._lanes.values():
            lane.clear()

    def next_calls(
        self, elsewhere: Callable[[Order], tuple[Offer, ...]]
    ) -> Iterator[tuple[Lane[Call], Call]]:
        """Yield the calls that have a place now, with their lane, where the place is given back.

        ``elsewhere`` says who else could be sent what a call's own provider does not take now.
        """
        moved = True
        while moved:
            moved = False
            for lane in self._lanes.values():
                while (call := lane.pop()) is not None:
                    others = elsewhere(call.order)
                    if not others:
                        yield lane, call
                    elif self._move(lane, call, others):
                        moved = True
                    else:
                        break

    def _move(self, lane: Lane[Call], call: Call, others: tuple[Offer, ...]) -> bool:
        """Let a call wait where there is room for it; put it back if there is none.

        While a provider takes nothing, others get what they have room for and no more: it may be
        back in a second, and it was preferred.
        """
        lane.free()
        offer = next((o for o in others if self._lanes[o.route.provider].has_room), None)
        self.push(call if offer is None else _moved(call, offer))
        return offer is not None


def _moved(call: Call, offer: Offer) -> Call:
    """Return a call to another of its providers; its own is the last resort then."""
    order = call.order
    others = (*(other for other in order.others if other is not offer), order.offer)
    return replace(call, order=replace(order, offer=offer, others=others))
