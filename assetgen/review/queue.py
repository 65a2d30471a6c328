"""One thing after the other, in the order in which it was asked for; knows nothing of what is done.

Two pages, or a page and a build, cannot disagree about what came first: this says it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
MAX_WAITING = 500
"""Things that may wait; nobody decides that much ahead."""


@dataclass(frozen=True, eq=False)
class Job(Generic[T]):
    """One thing to do.

    Attributes:
        id: counted from 1; what: in words; targets: their names.
        done: what came of it.
    """

    id: int
    what: str
    targets: tuple[str, ...]
    work: Callable[[], Awaitable[T]]
    done: asyncio.Future[T]


class Queue(Generic[T]):
    """Does jobs one after the other, in :meth:`run`.

    Attributes:
        current: what is being done.
    """

    def __init__(self) -> None:
        self.current: Job[T] | None = None
        self._waiting: deque[Job[T]] = deque()
        self._some = asyncio.Event()
        self._count = 0

    @property
    def is_full(self) -> bool:
        """Whether nothing more may wait."""
        return len(self._waiting) >= MAX_WAITING

    @property
    def jobs(self) -> list[Job[T]]:
        """What is being done and what waits, in order."""
        return [*([self.current] if self.current else []), *self._waiting]

    def add(self, what: str, targets: tuple[str, ...], work: Callable[[], Awaitable[T]]) -> Job[T]:
        """Let ``work`` be done after everything that waits already."""
        self._count += 1
        job = Job(self._count, what, targets, work, asyncio.get_running_loop().create_future())
        self._waiting.append(job)
        self._some.set()
        return job

    def drop(self, wants: Callable[[Job[T]], bool]) -> list[Job[T]]:
        """Cancel what waits and is wanted dropped, and return it."""
        dropped = [job for job in self._waiting if wants(job)]
        self._waiting = deque(job for job in self._waiting if job not in dropped)
        for job in dropped:
            job.done.cancel()
        return dropped

    async def run(self) -> None:
        """Do what is added, until cancelled. What a job raises is its own, and is in its future."""
        while True:
            await self._some.wait()
            if not self._waiting:
                self._some.clear()
                continue
            job = self.current = self._waiting.popleft()
            try:
                result = await job.work()
            except asyncio.CancelledError:
                job.done.cancel()
                raise
            except Exception as error:
                if not job.done.cancelled():
                    job.done.set_exception(error)
                    job.done.exception()  # whoever does not wait for it need not be told
            else:
                if not job.done.cancelled():
                    job.done.set_result(result)
            finally:
                self.current = None
