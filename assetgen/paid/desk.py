"""Buys one picture, from intent to accepted call, at most once; knows no graph and no output.

The order on disk is the promise: the intent is durable before the request leaves, and the answer is
recorded before anything is done with it. What surely was not accepted is recorded so before anybody
waits, since a process that dies while it waits leaves nobody who knows.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace

from assetgen.action import DRAFT_MODEL
from assetgen.catalogue import Offer
from assetgen.clock import Clock
from assetgen.errors import AccountError, AssetgenError, Problem, ProviderError
from assetgen.paid.account import Account
from assetgen.paid.addresses import Addresses
from assetgen.paid.budget import Budget, OverCap
from assetgen.paid.collector import AGAIN, PATIENCE, Collector, Counter, problem_of
from assetgen.paid.hooks import Hooks
from assetgen.paid.ids import derived_id
from assetgen.paid.line import Line
from assetgen.paid.orders import Answer, Doubts, Order
from assetgen.paid.outcomes import (
    CALL_FAILED,
    CALL_HELD,
    CALL_REFUSED,
    CALL_REFUSED_NOW,
    LEFT_OPEN,
    NO_WORD,
    NOT_REACHED,
    ON_THEIR_WAY,
    CallFailed,
    CallHeld,
    LeftOpen,
    Unanswered,
)
from assetgen.paid.requests import check_sizes, request_of
from assetgen.providers.base import (
    Accepted,
    Ambiguous,
    Busy,
    Duplicate,
    Failed,
    Moderated,
    NotSent,
    Refused,
    Request,
    is_known,
)
from assetgen.state import Job, JobState, Take
from assetgen.store.calls import CallExists
from assetgen.store.ledger import Ledger

SAME_ID_WINDOW = 3600.0
"""Seconds after the intent during which the same derived id may be posted again."""
ATTEMPTS = 4
BUSY_ATTEMPTS = 12
SHARED_POLL = 0.2
"""Seconds between two looks at a call that another session of this machine waits for."""
AT_ONCE = 64
"""Requests that may be on their way at once: each holds its pictures and a connection."""


class Desk:
    """Places orders; all state is in the ledger."""

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
        addresses: Addresses | None = None,
        hooks: Hooks | None = None,
        doubts: Doubts | None = None,
        notice: Callable[[Problem], None] = lambda problem: None,
    ) -> None:
        self._counters = counters
        self._ledger = ledger
        self._budget = budget
        self._clock = clock
        self._session = session
        self._project = project
        self._is_alive = is_alive
        self._addresses = addresses or Addresses(ledger, clock)
        self._hooks = hooks
        self._doubts = doubts or Doubts()
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._notice = notice
        self._on_their_way = 0
        self._collector = Collector(counters, ledger, budget, clock, changed=changed)
        self._line = Line(counters, self._collector, budget, notice)
        if hooks is not None:
            hooks.wake = self._called_back

    def _called_back(self, token: str) -> None:
        """A service called back for the submit of ``token``: a reason to ask now, no more."""
        job = self._ledger.by_token(token)
        if job is not None:
            self._collector.hint(job.id)

    def stop(self) -> None:
        """Submit nothing more and leave what is in flight to the ledger.

        What was sent a moment ago is waited for: its answer may hold the only id of a job.
        """
        self._collector.stop()
        if self._on_their_way:
            self._notice(Problem(ON_THEIR_WAY, facts={"count": self._on_their_way}))

    def wait_of(self, provider: str) -> float:
        """Return the seconds until ``provider`` may be sent something; 0 if it may now."""
        return self._line.wait_of(provider)

    def elsewhere(self, order: Order) -> tuple[Offer, ...]:
        """Return who else could be sent, and paid for, what its own provider does not take now."""
        return self._line.elsewhere(order)

    async def collect(self, job: Job) -> tuple[Take, ...]:
        """Fetch a completed call's pictures. Raises ProviderError, StoreError."""
        return await self._collector.collect(job)

    async def order(self, order: Order) -> Job:
        """Return the completed call of ``order``: reserve, intend, submit and wait.

        Raises OverCap, CallFailed, CallHeld, Refused, Busy, AccountError, NotSent, Interrupted;
        Elsewhere if nothing was sent because another offer is the better one by now.
        """
        token = secrets.token_urlsafe(24) if self._hooks else ""
        with self._hooks.listening_for(token) if self._hooks else nullcontext():
            return await self._order(replace(order, token=token))

    async def _order(self, order: Order) -> Job:
        self._collector.check_stop(order.provider)
        job = self._known(order)
        while job is not None:
            job = await self._share(job, order)
            if job.state is not JobState.REFUSED:
                return job
            job = self._known(order)
        self._budget.reserve(order.offer.price, draft=order.is_draft)
        try:
            job, answer = await self._send(order)
        except CallExists:  # another session was faster by a moment
            self._budget.release(order.offer.price, draft=order.is_draft)
            return await self._order(order)
        except CallHeld:  # perhaps charged
            raise
        except AssetgenError:
            self._budget.release(order.offer.price, draft=order.is_draft)
            raise
        return await self._go_on(job, answer)

    def _known(self, order: Order) -> Job | None:
        """Return the call of this take and epoch; None if it has to be sent (again)."""
        for job in self._ledger.jobs_of(order.action.key):
            if (job.take, job.epoch) == (order.take, order.epoch):
                return None if job.state is JobState.REFUSED else job
        return None

    async def _share(self, job: Job, order: Order) -> Job:
        """Return a call of the same picture that was begun before, once it is completed.

        A living session is waited for; a dead one's call is taken over, and paid for by this run
        where it may have to be sent. A call that came out REFUSED is returned as such.
        """
        while job.state.is_open and self._is_anothers(job):
            await self._collector.pause(SHARED_POLL, job)
            job = self._ledger.job(job.id)
        if job.state is JobState.INTENT:
            self._budget.reserve(job.price, draft=job.model == DRAFT_MODEL)
            self._collector.reserved.add(job.id)
        if job.state.is_open:
            return await self.resume(job, order)
        if job.state in (JobState.FETCHED, JobState.REFUSED):
            return job
        if job.state is JobState.AMBIGUOUS:
            raise CallHeld(problem_of(CALL_HELD, job, job.reason))
        raise CallFailed(problem_of(CALL_FAILED, job, job.reason or job.state.value))

    def _is_anothers(self, job: Job) -> bool:
        """Whether another process waits for a call; one of this build's own waits for nobody."""
        return job.session != self._session and self._is_alive(job.session)

    async def _send(self, order: Order) -> tuple[Job, Answer]:
        """Send an order until it is taken, however often the service is busy or not there."""
        unreached = 0
        while True:
            account = await self._line.let_in(order)
            try:
                async with self._sending(account):
                    request = await self._request(order, order.offer)
                    job = self._intend(order)
                    return job, await self._post(job, request)
            except Ambiguous as error:
                return await self._doubt(job, order, request, error)
            except Busy as error:
                order = replace(order, busy=order.busy + 1)
                self._account_busy(order.provider, error.retry_after)
                if order.busy >= BUSY_ATTEMPTS:
                    raise
                self._line.check_place(order)
            except NotSent:
                unreached += 1
                self._line.check_place(order)
                if unreached >= ATTEMPTS:
                    raise
                await self._collector.rest(2.0**unreached / 4)

    @asynccontextmanager
    async def _sending(self, account: Account | None) -> AsyncIterator[None]:
        with account.submitting() if account else nullcontext():
            async with self._gate:
                yield

    async def _request(self, order: Order, offer: Offer) -> Request:
        request = request_of(order.action, offer, order.read, order.facts or {})
        check_sizes(request, offer.route)
        filled = self._addresses.fill(request, offer.route)
        return await self._collector.while_wanted(filled, offer.route.provider)

    def _intend(self, order: Order) -> Job:
        counter = self._counters[order.provider]
        job_id = ""
        if counter.provider.derives_ids:
            job_id = derived_id(counter.secret, order.action.key, order.take, order.epoch)
        job = self._ledger.intend(
            key=order.action.key,
            take=order.take,
            epoch=order.epoch,
            provider=order.provider,
            model=order.offer.route.model,
            job_id=job_id,
            session=self._session,
            project=self._project,
            target=order.target,
            manifest=order.action.text,
            price=order.offer.price,
            now=self._clock.now(),
            route=order.offer.route.name,
            token=order.token,
        )
        self._collector.reserved.add(job.id)
        return job

    async def _post(self, job: Job, request: Request, *, again: bool = False) -> Answer:
        """Send a call whose intent is durable, once. What is in the air is never cancelled.

        ``again``: it was sent before, without an answer; a refusal says nothing of that then, and
        is raised as CallHeld. Raises Ambiguous, which leaves the call as it is.
        """
        counter = self._counters[job.provider]
        account = counter.account
        try:
            answer = await asyncio.shield(self._submit(job, request))
        except Duplicate:
            answer = Accepted(job.job_id)
        except NotSent as error:
            self._refused(job, error, again=again)
            if account:
                account.unanswered()
            raise NotSent(problem_of(NOT_REACHED, job, str(error))) from error
        except Busy as error:
            self._refused(job, error, again=again)
            problem = problem_of(CALL_REFUSED_NOW, job, str(error))
            raise Busy(problem, retry_after=error.retry_after) from error
        except AccountError as error:
            if account:
                account.is_shut = True
            self._refused(job, error, again=again)
            raise
        except Moderated as error:
            return Failed(str(error), moderated=True)
        except Refused as error:
            self._refused(job, error, again=again)
            if account:
                account.answered()
            raise Refused(problem_of(CALL_REFUSED, job, str(error))) from error
        except Ambiguous:
            if account:
                account.unanswered()
            raise
        if account:
            account.answered()
        return answer

    async def _submit(self, job: Job, request: Request) -> Answer:
        provider = self._counters[job.provider].provider
        request = self._hooks.applied(request, job.token) if self._hooks else request
        self._on_their_way += 1
        try:
            return await provider.submit(request, job.job_id)
        finally:
            self._on_their_way -= 1

    def _refused(self, job: Job, error: ProviderError, *, again: bool) -> None:
        if again:
            raise self._hold(job, str(error)) from error
        self._collector.record(self._ledger.refused(job.id, str(error), self._clock.now()))

    def _account_busy(self, provider: str, after: float | None) -> None:
        account = self._counters[provider].account
        if account is not None:
            account.busy(after)

    async def _doubt(
        self, job: Job, order: Order, request: Request, error: Ambiguous
    ) -> tuple[Job, Answer]:
        """Return what came of an unanswered submit, if anybody can say. Raises CallHeld."""
        for left in reversed(range(ATTEMPTS)):
            found = await self._ask(job, request)
            if found is not None:
                return job, found
            # Recorded before anybody waits.
            held = self._hold(job, str(error))
            if not left or not self._doubts.takes(job.price):
                break
            # The user's word in the config: another charge is worth more than a hold.
            try:
                account = await self._line.let_in(replace(order, others=()))
                self._budget.reserve(job.price, draft=order.is_draft)
            except (OverCap, ProviderError):
                break
            try:
                async with self._sending(account):
                    again = self._ledger.reopened(job.id, self._session, self._clock.now())
                    job = self._collector.record(again)
                    return job, await self._post(job, request, again=True)
            except Ambiguous as caught:
                error = caught
        raise held from error

    async def _ask(self, job: Job, request: Request | None) -> Answer | None:
        """Find out whether an unanswered submit was accepted; None if nobody can say.

        Only a derived id can be asked for, or one that the service's call back names. "Not found"
        never proves absence, so the same id is posted again, which cannot make a second job, and
        only within an hour of the intent. Raises Unanswered where the service says nothing at all
        just now, and AccountError: the intent is left for a build that is answered.
        """
        provider = self._counters[job.provider].provider
        if not provider.derives_ids or not job.job_id:
            return await self._named(job, self._hooks) if self._hooks else None
        for attempt in range(1, ATTEMPTS + 1):
            try:
                if is_known(await self._collector.ask(job)):
                    return Accepted(job.job_id)
            except AccountError:
                raise
            except ProviderError:
                await self._collector.rest(2.0**attempt / 4)
                continue
            if request is None or self._clock.now() - job.created > SAME_ID_WINDOW:
                return None
            try:
                return await asyncio.shield(self._submit(job, request))
            except Duplicate:
                return Accepted(job.job_id)
            except (NotSent, Ambiguous, Busy):
                await self._collector.rest(2.0**attempt / 4)
            except Refused:
                return None
        raise Unanswered(Problem(NO_WORD, facts={"provider": job.provider}))

    async def _named(self, job: Job, hooks: Hooks) -> Answer | None:
        """Return the job that a call back for this very submit names, if the service knows it."""

        async def knows(job_id: str) -> bool:
            if self._ledger.named(job.provider, job_id):
                return False  # whoever calls back, that is another picture
            try:
                return is_known(await self._collector.ask(replace(job, job_id=job_id)))
            except ProviderError:
                return False

        async def pause(seconds: float, came: asyncio.Event) -> None:
            await self._collector.pause(seconds, job, came)

        return await hooks.found(job, knows, pause)

    async def _go_on(self, job: Job, answer: Answer, *, asked: bool = False) -> Job:
        """Record an answer and follow the call to its end."""
        if not isinstance(answer, Accepted):
            return await self._collector.ended(job, answer)
        now = self._clock.now()
        job = self._collector.record(self._ledger.accepted(job.id, answer.job_id, now))
        asked = asked or (self._hooks is not None and self._hooks.has_called(job.token))
        return await self._collector.wait(job, 0.0 if asked else answer.poll_after)

    async def resume(self, job: Job, order: Order | None) -> Job:
        """Take over an open call of a dead session and return it completed.

        ``order`` is given only where the call is wanted and agreed to, so that it may be sent
        again under its own id. A call that this build has waited for already is only asked for
        once more. Raises as :meth:`order`, and LeftOpen.
        """
        with self._hooks.listening_for(job.token) if self._hooks else nullcontext():
            return await self._resume(job, order)

    async def _resume(self, job: Job, order: Order | None) -> Job:
        if order is None and job.state is JobState.INTENT and await self._may_be_sent(job):
            raise LeftOpen(Problem(LEFT_OPEN, facts={"provider": job.provider}))
        since, now = job.updated, self._clock.now()
        waited = job.session == self._session
        deadline = now if waited else max(job.created + PATIENCE, now + AGAIN)
        job = self._collector.record(self._ledger.resumed(job.id, self._session, now))
        if job.state is JobState.INTENT:
            answer = await self._ask(job, await self._same_request(job, order))
            if answer is None:
                raise self._hold(job, "the program ended before an answer was recorded")
            return await self._go_on(job, answer, asked=True)
        if job.state is JobState.COMPLETED:
            return job
        return await self._collector.wait(job, 0.0, since=since, deadline=deadline)

    async def _same_request(self, job: Job, order: Order | None) -> Request | None:
        """Return the request of a call once more, to its own provider and route."""
        for offer in (order.offer, *order.others) if order else ():
            route = offer.route
            if order and (route.provider, route.name) == (job.provider, job.route):
                return await self._request(order, offer)
        return None

    async def _may_be_sent(self, job: Job) -> bool:
        """Whether an unanswered intent can be left for a build that wants it.

        Its id is derived, the service does not know it, and the same id may still be posted.
        """
        provider = self._counters[job.provider].provider
        if not provider.derives_ids or self._clock.now() - job.created > SAME_ID_WINDOW:
            return False
        try:
            return not is_known(await self._collector.ask(job))
        except ProviderError:
            return True

    def _hold(self, job: Job, reason: str) -> CallHeld:
        now = self._clock.now()
        self._collector.record(self._ledger.ambiguous(job.id, reason, now))
        return CallHeld(problem_of(CALL_HELD, job, reason))
