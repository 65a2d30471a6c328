"""Deliveries of results to an address of the client's; knows no wire format.

Each service has its own patience; what a delivery carries is the service's own affair.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from assetgen.emulator.jobs import Job
from assetgen.emulator.journal import Call
from assetgen.emulator.world import World

OK = 200


@dataclass(frozen=True, slots=True)
class Patience:
    """How a service delivers.

    Attributes:
        seconds: how long it waits for an answer.
        waits: seconds before each further attempt; empty if there is none.
        exactly_200: whether another 2xx counts as a failure.
    """

    seconds: float
    waits: tuple[float, ...] = ()
    exactly_200: bool = False

    def is_content(self, status: int) -> bool:
        """Whether an answer ends the attempts."""
        return status == OK if self.exactly_200 else OK <= status < OK + 100


async def deliver(
    world: World, job: Job, patience: Patience, bodies: AsyncIterator[Any], forged: Any
) -> None:
    """Send each body as it comes, with what was scripted for it."""
    if job.fault("webhook-lost"):
        return
    if job.fault("webhook-forged"):
        await _once(world, job, forged, patience)
    fault = job.fault("webhook-duplicate")
    times = 1 if fault is None else 2 if fault.count is None else fault.count
    async for body in bodies:
        for _ in range(times):
            await _until_content(world, job, body, patience)


async def _until_content(world: World, job: Job, body: Any, patience: Patience) -> None:
    for wait in (0.0, *patience.waits):
        if wait:
            await world.timeline.sleep(wait * world.settings.retry_pace)
        if patience.is_content(await _once(world, job, body, patience)):
            return


async def _once(world: World, job: Job, body: Any, patience: Patience) -> int:
    data = json.dumps(body, separators=(",", ":")).encode("ascii")
    headers = {"Content-Type": "application/json"}
    url = job.order.webhook
    status = await world.outbound.send("POST", url, data, headers, patience.seconds)
    noted(world, job, "webhook", "POST", url, status)
    return status


def noted(world: World, job: Job, kind: str, method: str, url: str, status: int) -> None:
    """Put a request of the emulator's own into the journal."""
    world.journal.add(
        Call(
            time=world.now(),
            service=job.order.service,
            kind=kind,
            method=method,
            path=urlsplit(url).path,
            status=status,
            jobs=(job.id,),
            account=job.order.account,
            said=job.order.prompt[:80],
        )
    )
