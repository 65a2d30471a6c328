"""Everything that one emulator remembers and can do, in one place; knows no wire format."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import Coroutine, Mapping
from decimal import Decimal
from typing import Any

from assetgen.emulator.faults import Faults
from assetgen.emulator.files import Files
from assetgen.emulator.jobs import Failure, Job, Order, spread
from assetgen.emulator.journal import Journal
from assetgen.emulator.ledger import Charge, Ledger
from assetgen.emulator.outbound import Outbound
from assetgen.emulator.references import Reference, decoded
from assetgen.emulator.settings import Settings
from assetgen.emulator.timeline import Timeline


class World:
    """The state behind both ports. All of it belongs to one event loop.

    Attributes:
        settings, timeline: how it behaves, and its time.
        api, files: where the services and the results are served.
        jobs: by service, account and id.
        uploads: pictures that were uploaded, by service, account and id.
        images: results that can be named in later requests, by account and id.
    """

    def __init__(self, settings: Settings, api_base: str, files_base: str) -> None:
        self.settings = settings
        self.timeline = Timeline()
        self.api_base = api_base
        self.outbound = Outbound()
        self.journal = Journal()
        self.files_base = files_base
        self._tasks: set[asyncio.Task[Any]] = set()
        self.clear()

    def clear(self) -> None:
        """Forget jobs, charges, requests, leaks and faults; listeners and time stay."""
        for task in self._tasks:
            task.cancel()
        listeners = self.journal.listeners
        self.journal = Journal()
        self.journal.listeners = listeners
        self.faults = Faults(self.settings.seed, self.settings.faults)
        self.ledger = Ledger(Decimal(str(self.settings.balance)))
        self.files = Files(self.files_base, self.settings.seed, self.settings.expire)
        self.jobs: dict[tuple[str, str, str], Job] = {}
        self.uploads: dict[tuple[str, str, str], Reference] = {}
        self.images: dict[tuple[str, str], tuple[Job, int]] = {}
        self._ids = 0

    def now(self) -> float:
        """Return the emulator's time in seconds since the epoch."""
        return self.timeline.now()

    def new_uuid(self, version: int = 4) -> str:
        """Return an id that has not been given out; equal runs give equal ids."""
        self._ids += 1
        digest = hashlib.sha256(f"{self.settings.seed}:{self._ids}".encode()).digest()
        if version == 7:
            digest = int(self.now() * 1000).to_bytes(6, "big") + digest
        value = int.from_bytes(digest[:16], "big")
        value = value & ~(0xF << 76) | version << 76
        value = value & ~(0x3 << 62) | 0x2 << 62
        return str(uuid.UUID(int=value))

    def accept(self, order: Order, job_id: str) -> Job:
        """Take a job in and charge for it."""
        latency = self.settings.latency_of(order.service)
        latency = spread(self.settings.seed, job_id, latency, self.settings.jitter)
        faults = self.faults.job(order.service, order.prompt)
        job = Job(job_id, order, self.now(), latency, faults, paint=self.settings.paint)
        self.jobs[order.service, order.account, job_id] = job
        self.ledger.charge(
            Charge(
                service=order.service,
                account=order.account,
                job=job_id,
                route=order.route,
                model=order.model,
                prompt=order.prompt,
                ratio=order.ratio,
                references=(),
                images=order.count,
                price=order.price,
                time=job.accepted,
            )
        )
        return job

    def read_in(self, job: Job, pictures: tuple[Reference, ...]) -> None:
        """Give a job the references that were read for it."""
        order = job.order
        job.pictures = pictures
        digests = tuple(picture.sha256 for picture in pictures)
        self.ledger.read(order.service, order.account, job.id, digests)

    def fail(self, job: Job, failure: Failure) -> None:
        """Decide that a job ends in failure; money is given back where that is promised."""
        job.failure = failure
        if not failure.charged:
            self.ledger.refund(job.order.service, job.order.account, job.id, job.end)

    async def fetched(self, url: str) -> Reference | None:
        """Return the picture at an address; None if nothing readable is there."""
        data = await self.outbound.read(url)
        return None if data is None else await asyncio.to_thread(decoded, data)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do something beside the requests; it ends with the emulator at the latest."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """End what is done beside the requests."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.outbound.close()

    def state(self) -> Mapping[str, Any]:
        """Return charges, jobs and counts as JSON values."""
        now = self.now()
        return {
            "time": now,
            "charges": [row.json() for row in self.ledger.rows(now)],
            "jobs": [
                {
                    "service": job.order.service,
                    "account": job.order.account,
                    "id": job.id,
                    "route": job.order.route,
                    "prompt": job.order.prompt,
                    "phase": job.phase(now).value,
                    "accepted": job.accepted,
                    "polls": job.polls,
                }
                for job in self.jobs.values()
            ],
        }
