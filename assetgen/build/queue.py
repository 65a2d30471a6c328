"""What is ready, in the order that ends soonest; starts nothing and knows no bytes."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from assetgen.graph import Target

T = TypeVar("T")

PAID_WEIGHT = 1000
"""How much longer a paid call takes than local work; only the order depends on it."""


def remaining_paths(
    targets: Iterable[Target], dependants: Mapping[str, Sequence[str]]
) -> dict[str, int]:
    """Return, for each target, the weight of the longest chain of work that begins with it.

    ``targets`` in build order. Starting the longest chain first keeps the last worker busy
    (ninja 1.13: critical path scheduling).
    """
    paths: dict[str, int] = {}
    for target in reversed(list(targets)):
        after = max((paths.get(name, 0) for name in dependants.get(target.name, ())), default=0)
        paths[target.name] = after + (PAID_WEIGHT if target.kind.is_paid else 1)
    return paths


class Lane(Generic[T]):
    """What waits for one kind of place, such as a provider's calls, and how many are taken."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._busy = 0
        self._waiting: list[tuple[int, int, T]] = []

    def push(self, priority: int, number: int, item: T) -> None:
        """Let ``item`` wait: the highest priority goes first, then the lowest unique number."""
        heapq.heappush(self._waiting, (-priority, number, item))

    def pop(self) -> T | None:
        """Take a place and return whose turn it is, or None if nobody waits or no place is free."""
        if not self._waiting or self._busy >= self._limit:
            return None
        self._busy += 1
        return heapq.heappop(self._waiting)[2]

    @property
    def has_room(self) -> bool:
        """Whether one more could begin at once."""
        return self._busy + len(self._waiting) < self._limit

    @property
    def next_priority(self) -> int:
        """The priority of whose turn is next, 0 if nobody waits."""
        return -self._waiting[0][0] if self._waiting else 0

    def free(self) -> None:
        """Give a place back."""
        self._busy -= 1

    def clear(self) -> None:
        """Forget who waits."""
        self._waiting.clear()
