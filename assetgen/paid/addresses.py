"""Gives input pictures an address where a service reads only that; sends nothing that costs.

An address is used only after the bytes behind it were fetched back and compared: a service that
reads another picture would be paid for the wrong edit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace

from assetgen.catalogue import Route, Service
from assetgen.clock import Clock
from assetgen.digest import Digest, sha256
from assetgen.errors import AssetgenError, Kind, Problem, ProviderError
from assetgen.providers.base import Reference, Request
from assetgen.state import Job
from assetgen.store.ledger import Ledger

TRUSTED = 300.0
"""Seconds for which an address that was checked is used without another look; a signed one lives
for twice as long at least."""
GUESSED_LIFE = 3600.0
"""Seconds for which an address is tried where a service does not say how long it lives."""

NO_ADDRESS = Kind(
    "no-address",
    "{provider} reads input pictures only from a public address, and there is none that works: "
    "{reason}",
    "nothing was sent; {step}",
)

UNCHECKED = Kind("address-unchecked", "what stands at its address cannot be looked at")


def addresses_of(job: Job, service: Service, now: float) -> tuple[str, ...]:
    """Return the addresses of a call's picture that should still be readable."""
    if not service.addresses or now - job.updated > (service.life or GUESSED_LIFE):
        return ()
    return tuple(result for result in job.results[:1] if result.startswith(("https:", "http:")))


Put = Callable[[bytes, str], Awaitable[str]]
"""Puts a picture somewhere public under a name and returns its address."""
Check = Callable[[str, Digest], Awaitable[None]]
"""Raises ProviderError unless the address gives bytes of this digest."""


async def _unchecked(address: str, digest: Digest) -> None:
    raise ProviderError(Problem(UNCHECKED))


@dataclass
class Addresses:
    """Finds or makes a public address for a picture.

    Attributes:
        services: the providers whose results have addresses.
        put: puts a picture where the user config says; None if it says nothing.
        known: where the project's own files can be read already, by digest.
        check: fetches an address back and compares.
    """

    ledger: Ledger
    clock: Clock
    services: Mapping[str, Service] = field(default_factory=dict)
    put: Put | None = None
    known: Callable[[Digest], str | None] = lambda digest: None
    check: Check = _unchecked
    _found: dict[Digest, tuple[str, float]] = field(default_factory=dict)
    _busy: dict[Digest, asyncio.Lock] = field(default_factory=dict)

    async def fill(self, request: Request, route: Route) -> Request:
        """Return ``request`` with an address for each input, if ``route`` reads only addresses.

        Raises ProviderError (kind `no-address`) where there is none that works.
        """
        if not request.references or route.forms != ("url",):
            return request
        filled = [await self._with_address(one, route) for one in request.references]
        return replace(request, references=tuple(filled))

    async def _with_address(self, reference: Reference, route: Route) -> Reference:
        digest = sha256(reference.data)
        # Fifty edits of one picture look for its address once.
        async with self._busy.setdefault(digest, asyncio.Lock()):
            address, found = self._found.get(digest, ("", 0.0))
            if not address or self.clock.now() - found > TRUSTED:
                address = await self._find(digest, reference.data, route)
                self._found[digest] = address, self.clock.now()
        return replace(reference, address=address)

    async def _find(self, digest: Digest, data: bytes, route: Route) -> str:
        reason = "no place for it is configured"
        step = "name a place in [hosting] of the user config, then build again"
        for find in (self._upstream, self._public, self._hosted):
            try:
                address = await find(digest, data)
                if address is None:
                    continue
                await self.check(address, digest)
            except AssetgenError as error:
                reason = error.problems[0].cause
                step = error.problems[0].step or step
                continue
            return address
        facts = {"provider": route.provider, "reason": reason, "step": step}
        raise ProviderError(Problem(NO_ADDRESS, facts=facts))

    async def _upstream(self, digest: Digest, data: bytes) -> str | None:
        now = self.clock.now()
        for job in self.ledger.fetched_of(digest):
            service = self.services.get(job.provider)
            for address in addresses_of(job, service, now) if service else ():
                return address
        return None

    async def _public(self, digest: Digest, data: bytes) -> str | None:
        return self.known(digest)

    async def _hosted(self, digest: Digest, data: bytes) -> str | None:
        return await self.put(data, str(digest)) if self.put else None
