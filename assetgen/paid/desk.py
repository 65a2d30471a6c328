"""Buys one picture, from intent to blob, at most once; knows no graph and writes no output.

The order on disk is the promise: the intent is durable before the request leaves, the answer is
recorded before anything is done with it, and the bytes are in the store before the ledger says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from assetgen.action import DRAFT_MODEL, Action
from assetgen.clock import Clock
from assetgen.digest import Digest
from assetgen.errors import (
    AccountError,
    AssetgenError,
    Kind,
    Problem,
    ProviderError,
    StoreError,
)
from assetgen.ops.picture import inspect
from assetgen.paid.budget import Budget
from assetgen.paid.ids import derived_id
from assetgen.paid.outcomes import (
    CALL_FAILED,
    CALL_HELD,
    CALL_REFUSED,
    FETCH_FAILED,
    INTERRUPTED,
    LEFT_OPEN,
    LOST_JOB,
    NOT_REACHED,
    UNANSWERED,
    CallFailed,
    CallHeld,
    Interrupted,
    LeftOpen,
    Unanswered,
)
from assetgen.providers.base import (
    Accepted,
    Ambiguous,
    Completed,
    Duplicate,
    Failed,
    NotFound,
    NotSent,
    Progress,
    Provider,
    Refused,
    Request,
    Running,
)
from assetgen.state import Job, JobState, Take
from assetgen.store.blobs import BlobStore
from assetgen.store.calls import CallExists
from assetgen.store.ledger import Ledger

SAME_ID_WINDOW = 3600.0
"""Seconds after the intent during which the same derived id may be posted again."""
ATTEMPTS = 4
MOST_FAILURES = 40
"""Polls in a row without an answer, some 20 minutes, after which a build goes on without it."""
PATIENCE = 3600.0
"""Seconds for which a build waits for one accepted call."""
FIRST_POLL = 0.0
SHARED_POLL = 0.2
"""Seconds between two looks at a call that another session of this machine waits for."""


@dataclass(frozen=True, slots=True)
class Order:
    """One picture to buy: for which target, which take under which epoch, at which price (USD)."""

    target: str
    action: Action
    take: int
    epoch: int
    provider: str
    model: str
    price: float | None


@dataclass(frozen=True, slots=True)
class Counter:
    """A provider with what belongs to it: the secret of its ids and the store of its pictures."""

    provider: Provider
    blobs: BlobStore
    secret: bytes = b"draft"


class Desk:
    """Places orders and collects what they give; all state is in the ledger."""

    def __init__(
        self,
        counters: Mapping[str, Counter],
        ledger: Ledger,
        budget: Budget,
        clock: Clock,
        *,
        session: str,
        project: str,
        is_alive: Callable[[str], bool],
        changed: Callable[[Job], None],
    ) -> None:
        self._counters = counters
        self._ledger = ledger
        self._budget = budget
        self._clock = clock
        self._session = session
        self._project = project
        self._is_alive = is_alive
        self._changed = changed
        self._reserved: set[int] = set()
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Submit nothing more and leave what is in flight to the ledger."""
        self._stop.set()

    async def order(self, order: Order, request: Request) -> Job:
        """Return the completed call of ``order``: reserve, intend, submit and wait.

        Raises OverCap, CallFailed, CallHeld, Refused, AccountError, NotSent, Interrupted.
        """
        self._check_stop(order.provider)
        job = self._known(order)
        while job is not None:
            job = await self._share(job, request)
            if job.state is not JobState.REFUSED:
                return job
            job = self._known(order)
        draft = order.model == DRAFT_MODEL
        self._budget.reserve(order.price, draft=draft)
        try:
            job = self._intend(order)
            self._reserved.add(job.id)
            job = await self._submit(job, request)
        except CallExists:  # another session was faster by a moment
            self._budget.release(order.price, draft=draft)
            return await self.order(order, request)
        except (Refused, NotSent, AccountError, StoreError):
            self._budget.release(order.price, draft=draft)
            raise
        return await self.wait(job)

    def _known(self, order: Order) -> Job | None:
        """Return the call of this take and epoch; None if it has to be sent (again)."""
        for job in self._ledger.jobs_of(order.action.key):
            if (job.take, job.epoch) == (order.take, order.epoch):
                return None if job.state is JobState.REFUSED else job
        return None

    async def _share(self, job: Job, request: Request) -> Job:
        """Return a call of the same picture that was begun before, once it is completed.

        A living session is waited for; a dead one's call is taken over, and paid for by this run
        where it may have to be sent. A call that came out REFUSED is returned as such.
        """
        while job.state.is_open and self._is_alive(job.session):
            await self._pause(SHARED_POLL, job.provider)
            job = self._ledger.job(job.id)
        if job.state is JobState.INTENT:
            self._budget.reserve(job.price, draft=job.model == DRAFT_MODEL)
            self._reserved.add(job.id)
        if job.state.is_open:
            return await self.resume(job, request)
        if job.state in (JobState.FETCHED, JobState.REFUSED):
            return job
        if job.state is JobState.AMBIGUOUS:
            raise CallHeld(_problem(CALL_HELD, job, job.reason))
        raise CallFailed(_problem(CALL_FAILED, job, job.reason or job.state.value))

    def _intend(self, order: Order) -> Job:
        counter = self._counters[order.provider]
        job_id = ""
        if counter.provider.derives_ids:
            job_id = derived_id(counter.secret, order.action.key, order.take, order.epoch)
        return self._ledger.intend(
            key=order.action.key,
            take=order.take,
            epoch=order.epoch,
            provider=order.provider,
            model=order.model,
            job_id=job_id,
            session=self._session,
            project=self._project,
            target=order.target,
            manifest=order.action.text,
            price=order.price,
            now=self._clock.now(),
        )

    async def _submit(self, job: Job, request: Request) -> Job:
        """Send a call whose intent is durable. What is in the air is never cancelled."""
        provider = self._counters[job.provider].provider
        for attempt in range(1, ATTEMPTS + 1):
            if self._stop.is_set():
                now = self._clock.now()
                self._record(self._ledger.refused(job.id, "stopped before it was sent", now))
                self._check_stop(job.provider)
            try:
                accepted = await asyncio.shield(provider.submit(request, job.job_id))
            except Duplicate:
                accepted = Accepted(job.job_id, FIRST_POLL)
            except NotSent as error:
                if attempt == ATTEMPTS:
                    self._record(self._ledger.refused(job.id, str(error), self._clock.now()))
                    raise NotSent(_problem(NOT_REACHED, job, str(error))) from error
                await self._pause(2.0**attempt / 4)
                continue
            except AccountError as error:
                self._record(self._ledger.refused(job.id, str(error), self._clock.now()))
                raise
            except Refused as error:
                self._record(self._ledger.refused(job.id, str(error), self._clock.now()))
                raise Refused(_problem(CALL_REFUSED, job, str(error))) from error
            except Ambiguous as error:
                found = await self._ask(job, request)
                if found is None:
                    raise self._hold(job, str(error)) from error
                accepted = found
            return self._record(self._ledger.accepted(job.id, accepted.job_id, self._clock.now()))
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _ask(self, job: Job, request: Request | None) -> Accepted | None:
        """Find out whether an unanswered submit was accepted; None if nobody can say.

        Only a derived id can be asked for. "Not found" never proves absence, so the same id is
        posted again, which cannot make a second job, and only within an hour of the intent.
        """
        provider = self._counters[job.provider].provider
        if not provider.derives_ids or not job.job_id:
            return None
        for attempt in range(1, ATTEMPTS + 1):
            try:
                progress = await provider.poll(job.job_id, job.model)
                if not isinstance(progress, NotFound):
                    return Accepted(job.job_id, FIRST_POLL)
                if request is None or self._clock.now() - job.created > SAME_ID_WINDOW:
                    return None
                return await asyncio.shield(provider.submit(request, job.job_id))
            except Duplicate:
                return Accepted(job.job_id, FIRST_POLL)
            except (NotSent, Ambiguous):
                await self._pause(2.0**attempt / 4)
            except ProviderError:
                return None
        return None

    async def resume(self, job: Job, request: Request | None) -> Job:
        """Take over an open call of a dead session and return it completed.

        ``request`` is given only where the call is wanted and agreed to, so that it may be sent
        again under its own id. Raises as :meth:`order`, and LeftOpen.
        """
        if request is None and job.state is JobState.INTENT and await self._may_be_sent(job):
            raise LeftOpen(Problem(LEFT_OPEN, facts={"provider": job.provider}))
        job = self._record(self._ledger.resumed(job.id, self._session, self._clock.now()))
        if job.state is JobState.INTENT:
            accepted = await self._ask(job, request)
            if accepted is None:
                raise self._hold(job, "the program ended before an answer was recorded")
            now = self._clock.now()
            job = self._record(self._ledger.accepted(job.id, accepted.job_id, now))
        return job if job.state is JobState.COMPLETED else await self.wait(job)

    async def _may_be_sent(self, job: Job) -> bool:
        """Whether an unanswered intent can be left for a build that wants it.

        Its id is derived, the service does not know it, and the same id may still be posted.
        """
        provider = self._counters[job.provider].provider
        if not provider.derives_ids or self._clock.now() - job.created > SAME_ID_WINDOW:
            return False
        try:
            return isinstance(await provider.poll(job.job_id, job.model), NotFound)
        except ProviderError:
            return True

    async def wait(self, job: Job) -> Job:
        """Poll an accepted call until it is completed.

        Raises CallFailed, CallHeld, Interrupted; Unanswered where the service says nothing, or
        nothing new, for too long: the call stays accepted, and the next build asks again.
        """
        provider = self._counters[job.provider].provider
        failures = 0
        deadline = self._clock.now() + PATIENCE
        while True:
            if failures > MOST_FAILURES or self._clock.now() > deadline:
                raise Unanswered(Problem(UNANSWERED, facts={"provider": job.provider}))
            try:
                progress = await provider.poll(job.job_id, job.model)
            except AccountError:
                raise
            except ProviderError:
                failures += 1
                await self._pause(min(30.0, 2.0 ** min(failures, 8) / 4), job.provider)
                continue
            failures = 0
            done = self._progress(job, progress)
            if done is not None:
                return done
            await self._pause(
                progress.poll_after if isinstance(progress, Running) else 1.0, job.provider
            )

    def _progress(self, job: Job, progress: Progress) -> Job | None:
        now = self._clock.now()
        if isinstance(progress, Completed) and not progress.results:
            progress = Failed("it was completed without a picture")
        if isinstance(progress, Completed):
            done = self._ledger.completed(
                job.id, progress.results, progress.cost, progress.model, now
            )
            if job.model != DRAFT_MODEL and job.id in self._reserved:
                self._budget.settle(job.price, progress.cost)
            return self._record(done)
        if isinstance(progress, Failed):
            self._record(self._ledger.failed(job.id, progress.reason, progress.charged, now))
            facts = {"provider": job.provider, "reason": progress.reason, "job": str(job.id)}
            raise CallFailed(Problem(CALL_FAILED, facts=facts))
        if isinstance(progress, NotFound):
            self._record(self._ledger.ambiguous(job.id, "the service forgot the job", now))
            facts = {"provider": job.provider, "job_id": job.job_id}
            raise CallHeld(Problem(LOST_JOB, facts=facts))
        return None

    async def collect(self, job: Job) -> Take:
        """Fetch a completed call's picture into the store and return it as a take.

        Raises ProviderError if it cannot be fetched now, StoreError if it cannot be kept; nothing
        is ever sent again for that.
        """
        if job.sha256 is not None:
            return Take(job.take, job.sha256, job.provider, job.model, job.cost)
        counter = self._counters[job.provider]
        for attempt in range(1, ATTEMPTS + 1):
            try:
                data = await counter.provider.fetch(job.results[0])
                digest = await asyncio.to_thread(_store, data, counter.blobs)
                break
            except StoreError:
                raise
            except AssetgenError as error:
                if attempt == ATTEMPTS:
                    raise ProviderError(_problem(FETCH_FAILED, job, str(error))) from error
                await self._pause(2.0**attempt / 4, job.provider)
                job = await self._with_new_address(job)
        self._record(self._ledger.fetched(job.id, digest, self._clock.now()))
        return Take(job.take, digest, job.provider, job.model, job.cost)

    async def _with_new_address(self, job: Job) -> Job:
        """Ask once more where the pictures are: addresses expire, asking again gives new ones."""
        try:
            progress = await self._counters[job.provider].provider.poll(job.job_id, job.model)
        except ProviderError:
            return job
        if not isinstance(progress, Completed) or not progress.results:
            return job
        now = self._clock.now()
        return self._record(
            self._ledger.completed(job.id, progress.results, progress.cost, progress.model, now)
        )

    def _hold(self, job: Job, reason: str) -> CallHeld:
        self._record(self._ledger.ambiguous(job.id, reason, self._clock.now()))
        return CallHeld(_problem(CALL_HELD, job, reason))

    def _record(self, job: Job) -> Job:
        self._changed(job)
        return job

    def _check_stop(self, provider: str) -> None:
        if self._stop.is_set():
            raise Interrupted(Problem(INTERRUPTED, facts={"provider": provider}))

    async def _pause(self, seconds: float, provider: str = "") -> None:
        """Sleep, but wake up and stop where the build is stopping."""
        sleep = asyncio.ensure_future(self._clock.sleep(seconds))
        stop = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait({sleep, stop}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleep.cancel()
            stop.cancel()
        if provider:
            self._check_stop(provider)


def _store(data: bytes, blobs: BlobStore) -> Digest:
    """Keep a picture that is whole. Raises ImageError, StoreError."""
    inspect(data)
    return blobs.put(data)


def _problem(kind: Kind, job: Job, reason: str) -> Problem:
    return Problem(kind, facts={"provider": job.provider, "reason": reason, "job": str(job.id)})
