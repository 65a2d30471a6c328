"""A bounded amount of something that callers take a share of; knows not what it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Room:
    """``size`` units, shared by those who hold some; whoever wants more than all takes all."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._free = size
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def taken(self, amount: int) -> AsyncIterator[None]:
        """Wait until there is room for ``amount``, and hold it for the block."""
        amount = min(amount, self._size)
        async with self._changed:
            await self._changed.wait_for(lambda: self._free >= amount)
            self._free -= amount
        try:
            yield
        finally:
            # No wait: the one loop is the only one that changes it, and waking needs the lock only.
            self._free += amount
            async with self._changed:
                self._changed.notify_all()
