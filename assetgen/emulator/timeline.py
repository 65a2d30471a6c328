"""The emulator's time: the machine's clock, which can be moved on; knows nobody who waits."""

from __future__ import annotations

import asyncio
import time

LONGEST = 3600.0
"""Seconds of one wait; what lasts longer, or for ever, is waited for again."""


class Timeline:
    """Seconds since the epoch, and waiting for them. Only one event loop may wait."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._moved: set[asyncio.Event] = set()

    def now(self) -> float:
        """Return the emulator's time in seconds since the epoch."""
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        """Move the time on, so that jobs end and addresses expire without waiting for it."""
        self._ahead += seconds
        for event in self._moved:
            event.set()

    async def until(self, moment: float) -> None:
        """Return once the time is ``moment``."""
        moved = asyncio.Event()
        self._moved.add(moved)
        try:
            while (left := moment - self.now()) > 0:
                moved.clear()
                try:
                    await asyncio.wait_for(moved.wait(), min(left, LONGEST))
                except TimeoutError:
                    continue
        finally:
            self._moved.discard(moved)

    async def sleep(self, seconds: float) -> None:
        """Wait for ``seconds`` of the emulator's time."""
        await self.until(self.now() + seconds)
