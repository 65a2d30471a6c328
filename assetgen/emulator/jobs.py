"""A job of an emulated service: what was asked, how far it is, how it ends; knows no wire format.

How far a job is follows from the time alone, so nothing runs while nobody asks::

    QUEUED ──> RUNNING ──> DONE
                      └──> FAILED
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Any

from assetgen.emulator.faults import Fault
from assetgen.emulator.pictures import Paint, draw
from assetgen.emulator.references import Reference
from assetgen.emulator.sizes import following

QUEUED_SHARE = 0.2
"""Share of the latency for which a job waits before it runs."""

FIRST_SHARE = 0.6
"""Share of the latency after which the first of several results may be there."""


class Phase(Enum):
    """How far a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked of a service, in words that all services share.

    Attributes:
        service, account, route, model: who serves whom, and by which way of asking.
        prompt, ratio, tier, format, count: as asked, defaults filled in; ratio is "" if it
            follows the first reference.
        size: width and height; None if they follow the first reference.
        references: as sent: addresses, data, ids of uploads.
        price: USD for all images, None if unknown.
        webhook: where to deliver the end; "" for nowhere.
        clear: whether a transparent ground was asked for.
        extra: what only this service's wire format knows.
    """

    service: str
    account: str
    route: str
    model: str
    prompt: str
    ratio: str = ""
    tier: str = "1k"
    format: str = "png"
    count: int = 1
    size: tuple[int, int] | None = None
    references: tuple[str, ...] = ()
    price: Decimal | None = None
    webhook: str = ""
    clear: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job failed: the service's code and words, and whether the job costs nonetheless."""

    code: str
    message: str
    charged: bool = True
    place: str = "errors"


@dataclass(slots=True)
class Job:
    """One accepted job.

    Attributes:
        id: the service's id of it.
        order: what was asked.
        accepted, latency: when, and how many seconds it takes.
        faults: what befalls it.
        failure: how it will end, if not well.
        pictures: the references as read, once they are.
        reading: the task that reads them.
        polls: how often it was asked for.
        ended: when reading its references ended it, or 0.
        paint: what draws its pictures.
    """

    id: str
    order: Order
    accepted: float
    latency: float
    faults: tuple[Fault, ...] = ()
    failure: Failure | None = None
    pictures: tuple[Reference, ...] = ()
    reading: asyncio.Task[None] | None = None
    polls: int = 0
    ended: float = 0.0
    paint: Paint = draw

    def fault(self, *kinds: str) -> Fault | None:
        """Return the first fault of these kinds that befalls the job."""
        return next((fault for fault in self.faults if fault.kind in kinds), None)

    @property
    def end(self) -> float:
        """When the last result is there, or the failure; infinite for a stuck job."""
        if self.fault("stuck"):
            return float("inf")
        return max(self.accepted + self.latency, self.ended)

    @property
    def results(self) -> int:
        """How many pictures it ends with."""
        fault = self.fault("partial", "surplus")
        if fault is None:
            return self.order.count
        usual = self.order.count + (1 if fault.kind == "surplus" else -1)
        return max(0, usual if fault.count is None else fault.count)

    def phase(self, now: float) -> Phase:
        """Return how far the job is at a time."""
        if self.reading is not None and not self.reading.done():
            return Phase.RUNNING
        if now >= self.end:
            return Phase.FAILED if self.failure else Phase.DONE
        begins = self.accepted + QUEUED_SHARE * self.latency
        return Phase.QUEUED if now < begins else Phase.RUNNING

    def ready(self, number: int) -> float:
        """Return when result ``number``, counted from 1, is there; the last one at the end."""
        if number >= self.results or self.end == float("inf"):
            return self.end
        share = FIRST_SHARE + (1.0 - FIRST_SHARE) * number / self.results
        return max(self.accepted + share * self.latency, self.ended)

    def finished(self, now: float) -> int:
        """Return how many pictures are there at a time; they come one by one."""
        if self.failure or self.phase(now) not in (Phase.RUNNING, Phase.DONE):
            return 0
        if self.reading is not None and not self.reading.done():
            return 0
        return sum(self.ready(number) <= now for number in range(1, self.results + 1))

    def said(self, now: float) -> str | None:
        """Return the unknown word by which the state is called at a time, if it is."""
        fault = self.fault("state")
        return fault.word if fault and now < self.accepted + fault.seconds else None

    def is_hidden(self) -> bool:
        """Count a poll, and say whether the job is not visible yet."""
        self.polls += 1
        fault = self.fault("hidden")
        return fault is not None and self.polls <= (1 if fault.count is None else fault.count)

    def size(self) -> tuple[int, int]:
        """Return width and height of its pictures."""
        if self.order.size is not None:
            return self.order.size
        first = self.pictures[0]
        return following(first.width, first.height, self.order.tier)

    def picture(self, number: int, *, image_format: str = "") -> bytes:
        """Draw result ``number``, counted from 1; in another format than was asked if one is given.

        Equal calls give equal bytes.
        """
        order = self.order
        note = {
            "service": order.service,
            "route": order.route,
            "model": order.model,
            "prompt": order.prompt,
            "ratio": order.ratio,
            "resolution": order.tier,
            "references": [picture.sha256 for picture in self.pictures],
            "job": self.id,
            "number": number,
            "count": order.count,
        }
        return self.paint(self.size(), image_format or order.format, note, clear=order.clear)


def spread(seed: int, job: str, latency: float, jitter: float) -> float:
    """Return a latency that is longer or shorter by up to the share ``jitter``."""
    digest = hashlib.sha256(f"{seed}:{job}".encode()).digest()
    share = int.from_bytes(digest[:8], "big") / 2**63 - 1.0
    return latency * (1.0 + jitter * share)
