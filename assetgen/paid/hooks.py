"""Calls that services make back: each attempt has an address of its own; opens no port.

What a body says is believed in one thing only: that it may be worth asking now, and after which
job. The service is asked, with the key, before anything counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from assetgen.clock import Clock
from assetgen.providers.base import Accepted, Request
from assetgen.state import Job

PATIENCE = 60.0
"""Seconds for which an unanswered submit waits for a call back that names its job."""
LOOK_AGAIN = 5.0
"""Seconds after which a job that a call back named is asked for once more."""
MOST_IDS = 4

Ask = Callable[[str], Awaitable[bool]]
"""Whether the service knows a job of this id, which is no other call's."""
Pause = Callable[[float, asyncio.Event], Awaitable[None]]
"""Waits for so many seconds or for the event, unless the build is stopping."""


@dataclass
class Hooks:
    """The addresses given out, and what came in for them.

    Attributes:
        base: the public address under which the listener is reached, without a slash at the end.
        wake: told of the token of each call that came in.
        expect, forget: open and close the address of a token.
    """

    base: str
    clock: Clock
    wake: Callable[[str], None] = lambda token: None
    expect: Callable[[str], None] = lambda token: None
    forget: Callable[[str], None] = lambda token: None
    _named: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    def applied(self, request: Request, token: str) -> Request:
        """Return ``request`` with the address that the service shall call."""
        return replace(request, webhook=f"{self.base}/{token}") if token else request

    @contextmanager
    def listening_for(self, token: str) -> Iterator[None]:
        """Take calls for ``token`` while the block lasts."""
        if token:
            self.expect(token)
        try:
            yield
        finally:
            if token:
                self.forget(token)
                self._named.pop(token, None)

    def hint(self, token: str, job_ids: tuple[str, ...]) -> None:
        """Take note of a call that came in for ``token`` and names these jobs."""
        self._named[token] = job_ids[:MOST_IDS]
        self._came.set()
        self.wake(token)

    def has_called(self, token: str) -> bool:
        """Whether a call came in already, such as before the answer to the submit did."""
        return token in self._named

    async def found(self, job: Job, ask: Ask, pause: Pause) -> Accepted | None:
        """Wait for a call back for a submit without an answer, and ask the service about it.

        Returns the job that the service itself knows, or None. Raises what ``pause`` raises.
        """
        deadline = self.clock.now() + PATIENCE
        while job.token and (left := deadline - self.clock.now()) > 0:
            self._came.clear()
            for job_id in self._named.get(job.token, ()):
                if await ask(job_id):
                    return Accepted(job_id)
            # What was named may be a moment too young to be known, or the answer was lost.
            await pause(min(left, LOOK_AGAIN) if self.has_called(job.token) else left, self._came)
        return None
