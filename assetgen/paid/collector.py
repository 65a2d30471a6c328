"""Follows an accepted call until its pictures are in the store; submits nothing, ever.

All that it does is free and may be repeated: a question, a download, a new address.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from assetgen.action import DRAFT_MODEL
from assetgen.clock import Clock
from assetgen.digest import Digest, parse_digest
from assetgen.errors import AccountError, AssetgenError, Kind, Problem, ProviderError, StoreError
from assetgen.ops.picture import inspect
from assetgen.paid.account import Account
from assetgen.paid.budget import Budget
from assetgen.paid.outcomes import (
    CALL_FAILED,
    FETCH_FAILED,
    INTERRUPTED,
    LOST_JOB,
    UNANSWERED,
    UNFINISHED,
    CallFailed,
    CallHeld,
    Interrupted,
    Unanswered,
)
from assetgen.paid.timing import Timing
from assetgen.providers.base import Busy, Completed, Failed, NotFound, Progress, Provider, Running
from assetgen.state import Job, Take
from assetgen.store.blobs import BlobStore
from assetgen.store.ledger import Ledger

T = TypeVar("T")

ATTEMPTS = 4
MOST_FAILURES = 40
"""Polls in a row without an answer, some 20 minutes, after which a build goes on without it."""
PATIENCE = 3600.0
"""Seconds from a call's intent on for which builds wait for it."""
AGAIN = 15.0
"""Seconds for which a later build asks after a call that was waited for long enough."""
NOT_VISIBLE = 60.0
"""Seconds after a submit in which a service may not find its own job yet."""
MOST_RESULTS = 20
"""Pictures that are taken from one call, however many addresses it names: no service makes more."""
FETCHES = 4
"""Downloads at once: when many jobs end together, the next submits must not wait for them."""
INLINE = "sha256:"
"""Begins a result whose bytes came with the answer and are in the store."""


@dataclass
class Counter:
    """A provider with what belongs to it in this process.

    Attributes:
        secret: what its derived ids are made with.
        account: how fast it may be asked; timing: when its jobs are asked after, by route.
        first_poll, poll: seconds, as the service advises.
    """

    provider: Provider
    blobs: BlobStore
    secret: bytes = b"draft"
    account: Account | None = None
    first_poll: float = 0.0
    poll: float = 1.0
    timings: dict[str, Timing] = field(default_factory=dict)

    def timing(self, route: str) -> Timing:
        """Return what is known of the jobs of one route."""
        return self.timings.setdefault(route, Timing(self.first_poll, self.poll))


class Collector:
    """Waits for accepted calls and fetches what they give; all state is in the ledger."""

    def __init__(
        self,
        counters: Mapping[str, Counter],
        ledger: Ledger,
        budget: Budget,
        clock: Clock,
        *,
        changed: Callable[[Job], None],
    ) -> None:
        self._counters = counters
        self._ledger = ledger
        self._budget = budget
        self._clock = clock
        self._changed = changed
        self._stop = asyncio.Event()
        self._fetching = asyncio.Semaphore(FETCHES)
        self._hints: dict[int, asyncio.Event] = {}
        self.reserved: set[int] = set()

    def stop(self) -> None:
        """Wait for nothing more; what is in flight stays in the ledger."""
        self._stop.set()

    def hint(self, job: int) -> None:
        """Somebody says that a call may be done: ask now. Nothing else is believed."""
        if job in self._hints:
            self._hints[job].set()

    def record(self, job: Job) -> Job:
        """Tell of a call that moved."""
        self._changed(job)
        return job

    async def wait(
        self,
        job: Job,
        poll_after: float | None = None,
        *,
        since: float | None = None,
        deadline: float | None = None,
    ) -> Job:
        """Poll an accepted call until it is completed.

        ``poll_after``: seconds until the first question, if the service said so; ``since``: when
        it was accepted, if not just now; ``deadline``: after it, one question and no more.
        Raises CallFailed, CallHeld, Interrupted; Unanswered where the service says nothing, or
        nothing new, for too long: the call stays accepted, and the next build asks again.
        """
        self._hints[job.id] = asyncio.Event()
        started = job.updated if since is None else since
        last = job.created + PATIENCE if deadline is None else deadline
        try:
            return await self._follow(job, poll_after, started, last)
        finally:
            del self._hints[job.id]

    async def _follow(
        self, job: Job, poll_after: float | None, started: float, deadline: float
    ) -> Job:
        counter = self._counters[job.provider]
        timing = counter.timing(job.route)
        failures = asked = 0
        last_running = 0.0
        age = self._clock.now() - started
        delay = poll_after if poll_after is not None else max(0.0, timing.first() - age)
        while True:
            if (failures or asked) and self._clock.now() + delay > deadline:
                raise Unanswered(_waited_for(job, UNANSWERED if failures else UNFINISHED))
            if failures > MOST_FAILURES:
                raise Unanswered(_waited_for(job, UNANSWERED))
            if delay > 0:
                await self.pause(delay, job)
            try:
                progress = await self.ask(job)
            except AccountError:
                raise
            except ProviderError as error:
                failures += 1
                delay = min(30.0, 2.0 ** min(failures, 8) / 4)
                if isinstance(error, Busy):
                    delay = max(delay, self._busy(counter, error))
                continue
            failures = 0
            age = self._clock.now() - started
            if isinstance(progress, NotFound) and age < NOT_VISIBLE:
                progress = Running()
            if isinstance(progress, Running):
                asked, last_running = asked + 1, age
                after = progress.poll_after
                delay = timing.next(asked) if after is None else after
                continue
            if isinstance(progress, Completed) and poll_after is None and age < PATIENCE:
                timing.done(last_running, age, progress.took)
            return await self.ended(job, progress)

    async def ask(self, job: Job) -> Progress:
        """Ask how a call stands, in its turn. Raises ProviderError, Interrupted."""
        counter = self._counters[job.provider]
        if counter.account is not None:
            await self.pause(counter.account.turn(), job)
        return await self.while_wanted(counter.provider.poll(job.job_id, job.route), job.provider)

    def _busy(self, counter: Counter, error: Busy) -> float:
        if counter.account is None:
            return error.retry_after or 0.0
        counter.account.busy(error.retry_after)
        return counter.account.wait()

    async def ended(self, job: Job, progress: Completed | Failed | NotFound) -> Job:
        """Record how a call ended. Raises CallFailed, CallHeld, StoreError."""
        if isinstance(progress, Completed):
            return await self._completed(job, progress)
        now = self._clock.now()
        if isinstance(progress, NotFound):
            self.record(self._ledger.ambiguous(job.id, "the service forgot the job", now))
            facts = {"provider": job.provider, "job_id": job.job_id}
            raise CallHeld(Problem(LOST_JOB, facts=facts))
        reason = f"moderated: {progress.reason}" if progress.moderated else progress.reason
        # What a service's rules forbid is forbidden the next time too, free or not.
        charged = progress.charged or None if progress.moderated else progress.charged
        self.record(self._ledger.failed(job.id, reason, charged, now))
        facts = {"provider": job.provider, "reason": reason, "job": str(job.id)}
        raise CallFailed(Problem(CALL_FAILED, facts=facts))

    async def _completed(self, job: Job, done: Completed) -> Job:
        results: list[str] = []
        for result in dict.fromkeys(done.results[:MOST_RESULTS]):
            if isinstance(result, str):
                results.append(result)
                continue
            kept = await self._keep(job, result)
            if kept is not None:
                results.append(INLINE + kept)
        if not results:
            empty = "its picture is damaged" if done.results else "it came without a picture"
            return await self.ended(job, Failed(empty))
        now = self._clock.now()
        row = self._ledger.completed(job.id, results, done.cost, done.model, now)
        if job.model != DRAFT_MODEL and job.id in self.reserved:
            self._budget.settle(job.price, done.cost)
        return self.record(row)

    async def _keep(self, job: Job, data: bytes) -> Digest | None:
        """Store a picture that came with the answer; None if it is none."""
        try:
            return await asyncio.to_thread(_store, data, self._counters[job.provider].blobs)
        except StoreError:
            raise
        except AssetgenError:
            return None

    async def collect(self, job: Job) -> tuple[Take, ...]:
        """Fetch a completed call's pictures into the store: the take, then what came beside it.

        Raises ProviderError if the first cannot be fetched now, StoreError if it cannot be kept;
        nothing is ever sent again for that.
        """
        if job.sha256 is not None:
            return (_take(job, job.sha256),)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                digest = await self._fetched(job, job.results[0])
                break
            except StoreError:
                raise
            except AssetgenError as error:
                if attempt == ATTEMPTS:
                    facts = {"provider": job.provider, "reason": str(error), "job": str(job.id)}
                    raise ProviderError(Problem(FETCH_FAILED, facts=facts)) from error
                await self.pause(2.0**attempt / 4, job)
                job = await self._with_new_address(job)
        self.record(self._ledger.fetched(job.id, digest, self._clock.now()))
        return (_take(job, digest), *await self._surplus(job, digest))

    async def _surplus(self, job: Job, first: Digest) -> list[Take]:
        """Return the takes of pictures that nobody asked for, as far as they can be had."""
        takes = []
        for result in job.results[1:]:
            try:
                digest = await self._fetched(job, result)
            except StoreError:
                raise
            except AssetgenError:
                continue  # what was ordered is here
            if digest != first:
                extra = self._ledger.surplus(job.id, digest, self._clock.now())
                takes.append(_take(self.record(extra), digest))
        return takes

    async def _fetched(self, job: Job, result: str) -> Digest:
        """Return the digest of one result's bytes, which are in the store then."""
        if result.startswith(INLINE):
            return parse_digest(result.removeprefix(INLINE))
        counter = self._counters[job.provider]
        async with self._fetching:
            data = await self.while_wanted(counter.provider.fetch(result), job.provider)
            return await asyncio.to_thread(_store, data, counter.blobs)

    async def _with_new_address(self, job: Job) -> Job:
        """Ask once more where the pictures are: addresses expire, asking again gives new ones."""
        try:
            progress = await self.ask(job)
        except ProviderError:
            return job
        if not isinstance(progress, Completed):
            return job
        found = dict.fromkeys(progress.results[:MOST_RESULTS])
        results = [result for result in found if isinstance(result, str)]
        if not results:
            return job
        now = self._clock.now()
        return self.record(
            self._ledger.completed(job.id, results, progress.cost, progress.model, now)
        )

    def check_stop(self, provider: str) -> None:
        """Raise Interrupted if the build is stopping."""
        if self._stop.is_set():
            raise Interrupted(Problem(INTERRUPTED, facts={"provider": provider}))

    @property
    def stopping(self) -> bool:
        """Whether the build is stopping."""
        return self._stop.is_set()

    async def while_wanted(self, question: Coroutine[Any, Any, T], provider: str) -> T:
        """Return the answer to something free, or raise Interrupted where the build is stopping.

        A service may take minutes to answer, and the next build asks again.
        """
        asking = asyncio.ensure_future(question)
        stopping = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait((asking, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not asking.done():
                self.check_stop(provider)
            return await asking
        finally:
            asking.cancel()
            stopping.cancel()

    async def pause(self, seconds: float, job: Job, *signals: asyncio.Event) -> None:
        """Sleep, but wake up for a hint, and raise Interrupted where the build is stopping."""
        hint = self._hints.get(job.id)
        await self.rest(seconds, *([hint] if hint else []), *signals)
        if hint:
            hint.clear()
        self.check_stop(job.provider)

    async def rest(self, seconds: float, *signals: asyncio.Event) -> None:
        """Sleep, but wake up for a signal and where the build is stopping."""
        if seconds <= 0:
            return
        waits: list[asyncio.Future[Any]] = [asyncio.ensure_future(self._clock.sleep(seconds))]
        waits += [asyncio.ensure_future(s.wait()) for s in (self._stop, *signals)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()


def _take(job: Job, digest: Digest) -> Take:
    # Most services do not say what they charged; then it is the price of their list.
    cost = job.price if job.cost is None else job.cost
    return Take(job.take, digest, job.provider, job.model, cost)


def _store(data: bytes, blobs: BlobStore) -> Digest:
    """Keep a picture that is whole. Raises ImageError, StoreError."""
    inspect(data)
    return blobs.put(data)


def _waited_for(job: Job, kind: Kind) -> Problem:
    return Problem(kind, facts={"provider": job.provider})


def problem_of(kind: Kind, job: Job, reason: str) -> Problem:
    """Return a problem about a call."""
    return Problem(kind, facts={"provider": job.provider, "reason": reason, "job": str(job.id)})
