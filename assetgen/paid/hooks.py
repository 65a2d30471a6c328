"""Calls that services make back: each attempt has an address of its own; opens no port.

What a body says is believed in one thing only: that it may be worth asking now, and after which
job. The service is asked, with the key, before anything counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from assetgen.clock import Clock
from assetgen.errors import ProviderError
from assetgen.providers.base import Accepted, Provider, Request, is_known
from assetgen.state import Job

PATIENCE = 60.0
"""Seconds for which an unanswered submit waits for a call back that names its job."""
MOST_IDS = 4


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

    async def found(self, job: Job, provider: Provider) -> Accepted | None:
        """Wait for a call back for a submit without an answer, and ask the service about it.

        Returns the job that the service itself knows, or None.
        """
        deadline = self.clock.now() + PATIENCE
        while job.token and job.token not in self._named:
            left = deadline - self.clock.now()
            if left <= 0:
                return None
            self._came.clear()
            await self._either(left)
        for job_id in self._named.get(job.token, ()):
            try:
                progress = await provider.poll(job_id, job.route)
            except ProviderError:
                continue
            if is_known(progress):
                return Accepted(job_id)
        return None

    async def _either(self, seconds: float) -> None:
        waits = [
            asyncio.ensure_future(self.clock.sleep(seconds)),
            asyncio.ensure_future(self._came.wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
