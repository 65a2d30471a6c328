"""The built-in provider: draws pictures locally, as jobs, for nothing; knows no network or key.

It keeps the rules of a service, so that everything paid is exercised by it: a job is accepted on
disk before it is answered for, a derived id is accepted once, a poll says how long to wait, and a
later process finds the jobs of an earlier one, whose pictures it draws again to the same bytes.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from assetgen.action import DRAFT_MODEL
from assetgen.clock import Clock, SystemClock
from assetgen.errors import ImageError, Kind, Problem, ProviderError
from assetgen.providers.base import (
    Accepted,
    Completed,
    Duplicate,
    Failed,
    NotFound,
    Progress,
    Refused,
    Request,
    Running,
)
from assetgen.providers.draft_jobs import DraftJob, JobFolder
from assetgen.providers.draft_picture import draw, size_of

PATIENCE = 0.25
"""Seconds for which one poll waits where only the drawing is left."""
WORKERS = 2

KNOWN_ID = Kind("draft-known-id", "draft already has a job {job_id}", "poll it")
NO_DISK = Kind(
    "draft-disk",
    "draft cannot keep its job: {reason}",
    "make room, or set ASSETGEN_DATA_DIR to a folder that can be written",
)
NO_JOB = Kind("draft-no-job", "draft has no job {job_id}", "build again: drafts are free")
NOT_DRAWN = Kind("draft-not-drawn", "draft could not draw it: {reason}", "change the request")

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Live:
    """A job that this process draws: when it was accepted, and its picture or why there is none."""

    accepted: float
    picture: Future[bytes | ImageError]


class Draft:
    """A provider whose pictures say what was asked for, each drawn in a worker within its latency.

    Attributes:
        derives_ids: whether it takes the client's ids and refuses one that it knows. Without,
            it chooses random ones, and an answer that is lost leaves a real doubt.
    """

    name = DRAFT_MODEL

    def __init__(
        self,
        folder: str,
        *,
        latency: float = 0.0,
        concurrency: int = 20,
        derives_ids: bool = True,
        workers: Executor | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Keep jobs in ``folder``; a picture is ready ``latency`` seconds after its submit.

        ``workers`` draw and do the disk's work; two threads if none are given. Given
        ones are the caller's to shut down.
        """
        self.derives_ids = derives_ids
        self.concurrency = concurrency
        self._jobs = JobFolder(folder)
        self._latency = latency
        self._clock = clock or SystemClock()
        self._own: Executor | None = None
        if workers is None:
            workers = self._own = ThreadPoolExecutor(WORKERS, thread_name_prefix="draft")
        self._workers = workers
        self._live: dict[str, _Live] = {}
        self._pruned = False

    async def submit(self, request: Request, job_id: str) -> Accepted:
        """Accept a request and begin to draw. Raises Refused, Duplicate."""
        try:
            # An edit's ratio may come from its input, which is looked at when it is drawn.
            size_of(request, (1, 1) if request.references else None)
        except ImageError as error:
            raise Refused(*error.problems) from error
        chosen = job_id if self.derives_ids else secrets.token_hex(16)
        job = DraftJob(chosen, self._clock.now(), request)
        if not self._pruned:
            self._pruned = True
            await self._work(self._jobs.prune, job.accepted)
        try:
            new = await self._work(self._jobs.add, job)
        except OSError as error:
            raise Refused(Problem(NO_DISK, facts={"reason": str(error)})) from error
        if not new:
            raise Duplicate(Problem(KNOWN_ID, facts={"job_id": chosen}))
        self._begin(job)
        return Accepted(chosen, poll_after=self._latency)

    async def poll(self, job_id: str, model: str) -> Progress:
        """Say how a job stands; ``poll_after`` is what is left of its latency."""
        live = await self._find(job_id)
        if live is None:
            return NotFound()
        # A clock that was set back must not make a job wait longer than it would have.
        left = min(self._latency, live.accepted + self._latency - self._clock.now())
        if left > 0:
            return Running(poll_after=left)
        await asyncio.wait({asyncio.wrap_future(live.picture)}, timeout=PATIENCE)
        if not live.picture.done():
            return Running(poll_after=0.0)
        picture = live.picture.result()
        if isinstance(picture, ImageError):
            return Failed(str(picture), charged=False)
        return Completed((job_id,), cost=0.0, model=DRAFT_MODEL)

    async def fetch(self, result: str) -> bytes:
        """Return the PNG of a job, drawn anew if it was fetched before or by another process.

        Raises ProviderError if there is no such job or no such picture.
        """
        live = await self._find(result)
        if live is None:
            raise ProviderError(Problem(NO_JOB, facts={"job_id": result}))
        picture = await asyncio.wrap_future(live.picture)
        # Thousands of pictures may be fetched in a build; each is needed once.
        self._live.pop(result, None)
        if isinstance(picture, ImageError):
            raise ProviderError(*picture.problems) from picture
        return picture

    async def check(self) -> str:
        """Say nothing: there is no account."""
        return ""

    async def close(self) -> None:
        """Drop what is not drawn yet; the jobs stay for the next process."""
        for live in self._live.values():
            live.picture.cancel()
        self._live.clear()
        if self._own is not None:
            await asyncio.to_thread(self._own.shutdown, wait=True, cancel_futures=True)

    async def _find(self, job_id: str) -> _Live | None:
        """Return a job in hand, or one from the disk, which is drawn from now on."""
        live = self._live.get(job_id)
        if live is None:
            job = await self._work(self._jobs.get, job_id)
            live = self._begin(job) if job else None
        return live

    def _begin(self, job: DraftJob) -> _Live:
        live = self._live.get(job.id)
        if live is None:
            live = _Live(job.accepted, self._workers.submit(_drawn, job.request))
            self._live[job.id] = live
        return live

    async def _work(self, run: Callable[..., _T], *arguments: object) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._workers, run, *arguments)


def _drawn(request: Request) -> bytes | ImageError:
    try:
        return draw(request)
    except ImageError as error:
        return error
    except (OSError, ValueError, MemoryError) as error:
        return ImageError(Problem(NOT_DRAWN, facts={"reason": str(error) or repr(error)}))
