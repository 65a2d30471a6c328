"""Runs a plan: the one asyncio loop that owns all state; knows no wire format and no pixels.

Targets wait for their inputs, are decided again with what these really became, and are then
bought, restored or derived. Only this loop writes outputs and the lock.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from assetgen.build.lanes import ProviderLanes
from assetgen.build.limits import WORK, Limits, forbidden_by
from assetgen.build.queue import PAID_WEIGHT, Lane
from assetgen.build.records import Book, Tally, bought_line, finished_line
from assetgen.build.waiting import Waiting
from assetgen.build.work import Call, Purchase, Task
from assetgen.build.workshop import Made, Workshop
from assetgen.catalogue import Catalogue
from assetgen.clock import Clock
from assetgen.digest import Digest
from assetgen.errors import (
    AccountError,
    AssetgenError,
    Kind,
    Loc,
    Problem,
    SpecError,
    StoreError,
)
from assetgen.events import Event, Summary, TargetDone, TargetFailed, TargetStarted
from assetgen.graph import NOTHING, Target
from assetgen.paid.budget import NotAgreed, OverCap
from assetgen.paid.desk import Desk
from assetgen.paid.orders import Order
from assetgen.paid.outcomes import CallHeld, Elsewhere, Interrupted, NoKey, Unanswered
from assetgen.plan import reasons as why
from assetgen.plan.model import Decision, Mode, Plan, Standing
from assetgen.plan.rebuilder import Rebuilder, decide
from assetgen.providers.base import Refused
from assetgen.state import Job, LockLine, Past, Reason, Take, Verdict

REFUSALS = 3
LOCAL_AT_ONCE = 8
FLUSH_SECONDS = 1.0

GROUP_STOPPED = Kind(
    "group-stopped",
    "not sent: {count} requests of this declaration were refused in a row",
    "mend the first refusal and build again",
)
ACCOUNT_STOPPED = Kind(
    "account-stopped", "not sent: the account was refused", "mend the first refusal and build again"
)
OTHER_BYTES = Kind(
    "other-bytes",
    "{target} can be made again here, but with other bytes than the lock records",
    "take its files from version control, or build without --locked",
)
WOULD_RUN = Kind(
    "would-run",
    "would have to be made, which {flag} forbids",
    "run 'assetgen build' without {flag}, then commit the lock and the outputs",
)


class Scheduler:
    """One build. All state is changed by the methods that the loop calls, and by nothing else."""

    def __init__(
        self,
        plan: Plan,
        past: Past,
        book: Book,
        *,
        desk: Desk,
        workshop: Workshop,
        catalogue: Catalogue,
        clock: Clock,
        concurrency: Mapping[str, int],
        no_key: Callable[[str], AccountError],
        emit: Callable[[Event], None],
        mode: Mode,
        limits: Limits,
        rebuilder: Rebuilder = decide,
    ) -> None:
        self._plan = plan
        self._past = past
        self._book = book
        self._desk = desk
        self._no_key = no_key
        self._workshop = workshop
        self._catalogue = catalogue
        self._clock = clock
        self._emit = emit
        self._mode = mode
        self._settled = replace(mode, more=NOTHING)
        self._limits = limits
        self._rebuilder = rebuilder
        self._lanes = ProviderLanes(concurrency, limits.jobs)
        self._local: Lane[Task] = Lane(LOCAL_AT_ONCE)
        self._decisions = {d.target.name: d for d in plan.decisions}
        self._waiting = Waiting(
            [d.target for d in plan.decisions if d.verdict in WORK],
            {d.target.name: d.standing for d in plan.decisions},
            [d.target for d in plan.decisions if d.verdict not in WORK and not d.target.readable],
        )
        self._purchases: dict[Digest, Purchase] = {}
        self._refusals: Counter[Loc] = Counter()
        self._numbers = count()
        self._tasks: set[asyncio.Task[None]] = set()
        self._begun: set[str] = set()
        self._is_shut = False
        self._tally = Tally()
        self.unwritten: StoreError | None = None

    async def run(self) -> Summary:
        """Build everything that the plan holds and return the counts.

        A target's failure is an event, never an exception; a lock that cannot be written is left in
        ``unwritten``.
        """
        started = self._clock.now()
        self._tell_settled()
        self._pump()
        try:
            while self._tasks:
                done, _ = await asyncio.wait(
                    self._tasks, return_when=asyncio.FIRST_COMPLETED, timeout=FLUSH_SECONDS
                )
                self._tasks -= done
                for task in done:
                    task.result()
                self._pump()
                self._flush()
        finally:
            self._flush(at_end=True)
        if not self._tally.interrupted:
            self._tally.add("blocked", len(self._waiting))
        return self._tally.summary(self._clock.now() - started)

    def _flush(self, *, at_end: bool = False) -> None:
        """Write the lock if it is due; one that cannot be written counts only at the end.

        The ledger covers the gap: the next build finds what was bought and buys nothing again.
        """
        try:
            self._book.flush(force=at_end)
        except StoreError as error:
            if at_end:
                self._tally.add("failed")
                self.unwritten = error

    def interrupt(self) -> None:
        """Submit nothing more; what is in flight stays in the ledger for the next build."""
        self._tally.interrupted = True
        self._stop()
        self._desk.stop()

    def _stop(self) -> None:
        self._waiting.stop()
        self._lanes.clear()
        self._local.clear()

    def _tell_settled(self) -> None:
        """Count what needs no work, and tell of what is not simply up to date."""
        for decision in self._plan.decisions:
            if decision.target.name not in self._waiting:
                self._tally.count(decision)
                if decision.verdict is not Verdict.UP_TO_DATE:
                    self._emit(_done(decision))

    def _pump(self) -> None:
        """Start what is ready, as far as there are places."""
        while (name := self._waiting.next()) is not None:
            again = self._waiting.is_touched(name)
            self._start(self._decide(name, mode=self._mode) if again else self._decisions[name])
        for lane, call in self._lanes.next_calls(self._desk.elsewhere):
            self._spawn(self._buy(lane, call))
        while (task := self._local.pop()) is not None:
            self._spawn(self._render(task))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.add(asyncio.ensure_future(work))

    def _decide(
        self, name: str, line: LockLine | None = None, mode: Mode | None = None
    ) -> Decision:
        """Decide once more with what the inputs became, and ``line`` in place of the lock's.

        Without a ``mode`` nobody asks for more takes: those of this build are ordered by then.
        """
        past = self._past if line is None else replace(self._past, lines={name: line})
        target = self._decisions[name].target
        return self._rebuilder(
            target,
            self._waiting.standings,
            past,
            self._catalogue,
            mode or self._settled,
            rebuy=line is None and name in self._plan.rebuy,
        )

    def _start(self, decision: Decision) -> None:
        verdict = decision.verdict
        flag = forbidden_by(decision, self._limits)
        if flag:
            self._tally.add("would_run")
            forbidden = Problem(WOULD_RUN, decision.target.loc, {"flag": flag})
            self._emit(TargetFailed(decision.target.name, forbidden))
            self._waiting.settled(
                decision.target.name, Standing(stop=_stop(decision, why.INPUT_BLOCKED))
            )
        elif verdict is Verdict.RUN and decision.target.kind.is_paid:
            self._order_all(decision)
        elif verdict in (Verdict.RUN, Verdict.RESTORE):
            self._queue(Task(decision, "derive" if verdict is Verdict.RUN else "restore"))
        else:
            self._tally.count(decision)
            self._emit(_done(decision))
            self._waiting.settled(decision.target.name, decision.standing)

    def _order_all(self, decision: Decision) -> None:
        """Order the missing takes of a key, once for all targets that share it."""
        target = decision.target
        offers = [o for o in decision.offers if o.route.provider in self._lanes]
        if not offers:
            self._fail(decision, self._no_offer(decision))
            return
        orders = (*decision.buy, *decision.collect)
        if decision.action is None or not orders:
            self._tally.add("held")
            self._emit(_done(decision))
            self._waiting.settled(target.name, Standing(stop=_stop(decision, why.INPUT_HELD)))
            return
        purchase = self._purchases.setdefault(decision.action.key, Purchase(decision))
        if purchase.owner is not decision:
            purchase.followers.append(decision)
        for wanted in orders:
            if wanted.take in purchase.ordered:
                continue
            purchase.ordered.add(wanted.take)
            purchase.open += 1
            order = Order(
                target=target.name,
                action=decision.action,
                take=wanted.take,
                epoch=wanted.epoch,
                offer=offers[0],
                others=tuple(offers[1:]),
                read=self._reader(target),
                facts={
                    "target": target.name,
                    "take": wanted.take,
                    "alpha": any(op.name == "key" for op in target.ops),
                },
            )
            self._lanes.push(Call(order, decision, self._waiting.paths[target.name]))

    def _no_offer(self, decision: Decision) -> AssetgenError:
        """Return why a picture can be bought nowhere, which the plan could not know yet."""
        if decision.unfit and not decision.offers:
            return SpecError(*decision.unfit)
        provider = decision.offers[0].route.provider
        return self._no_key(provider)

    def _reader(self, target: Target) -> Callable[[Digest], bytes]:
        """Return what reads an input's bytes, from the project's own files or the stores."""
        files = {self._past.seen[r.file]: r.file for r in target.inputs if r.file}
        return lambda digest: self._workshop.read(digest, files)

    async def _buy(self, lane: Lane[Call], call: Call) -> None:
        """Buy one take.

        Its place is free as soon as the service is done with it, unless what follows is a longer
        path than all that waits: then the place is kept for the moment that the bytes take, so
        that the chain which ends last is never behind.
        """
        takes: tuple[Take, ...] = ()
        error: AssetgenError | None = None
        self._begin(call.decision.target.name, "buy")
        try:
            job = await self._place(call)
        except Elsewhere as moved:
            lane.free()
            self._lanes.push(replace(call, order=replace(call.order, busy=moved.busy)))
            self._pump()
            return
        except AssetgenError as caught:
            error = caught
        rest = call.priority - PAID_WEIGHT
        keeps = error is None and rest > lane.next_priority
        if not keeps:
            lane.free()
            self._pump()
        if error is None:
            try:
                takes = await self._desk.collect(job)
            except AssetgenError as caught:
                error = caught
        self._bought(call.order, takes, error)
        if keeps:
            lane.free()

    def _begin(self, name: str, work: str) -> None:
        if name not in self._begun:
            self._begun.add(name)
            self._emit(TargetStarted(name, work))

    async def _place(self, call: Call) -> Job:
        target = call.decision.target
        if self._refusals[target.loc] >= REFUSALS:
            raise Refused(Problem(GROUP_STOPPED, target.loc, {"count": REFUSALS}))
        if self._is_shut:
            raise AccountError(Problem(ACCOUNT_STOPPED, target.loc))
        return await self._desk.order(call.order)

    def _bought(self, order: Order, takes: Sequence[Take], error: AssetgenError | None) -> None:
        """Take note of one order's end; after the last one of a key its targets go on."""
        purchase = self._purchases[order.action.key]
        purchase.open -= 1
        loc = purchase.owner.target.loc
        if takes:
            purchase.takes.extend(take for take in takes if take not in purchase.takes)
            purchase.epoch = max(purchase.epoch, order.epoch)
            self._tally.spend(takes[0])
            self._refusals[loc] = 0
        else:
            purchase.error = purchase.error or error
            self._refusals[loc] += isinstance(error, Refused)
            self._is_shut |= isinstance(error, AccountError) and not isinstance(error, NoKey)
        if purchase.open:
            return
        del self._purchases[order.action.key]
        for decision in (purchase.owner, *purchase.followers):
            self._go_on(decision, purchase)

    def _go_on(self, decision: Decision, purchase: Purchase) -> None:
        error = purchase.error
        if error is not None and (not purchase.takes or self._has_more(decision)):
            # Takes that were bought are in the ledger: the next build completes the series.
            self._fail(decision, error)
            return
        if error is not None:
            self._tell_failed(decision, error)
        line = bought_line(decision, purchase.takes, purchase.epoch)
        images = len(purchase.takes) if decision is purchase.owner else 0
        cost = sum_costs(purchase.takes) if images else 0.0
        again = self._decide(decision.target.name, line)
        self._waiting.bought(decision.target.name, again.standing)
        self._queue(Task(again, "buy", images, cost))

    def _has_more(self, decision: Decision) -> bool:
        """Whether another build could still get, or has to ask for, a take of a series."""
        return self._decide(decision.target.name).verdict in (Verdict.RUN, Verdict.HELD)

    def _queue(self, task: Task) -> None:
        name = task.decision.target.name
        self._local.push(self._waiting.paths[name], next(self._numbers), task)

    async def _render(self, task: Task) -> None:
        """Do a target's local work, then write its outputs and its line."""
        decision = task.decision
        self._begin(decision.target.name, task.work)
        try:
            made = await self._workshop.make(decision, self._past, force=self._mode.force)
            line = finished_line(decision, made)
            if self._limits.locked and line != decision.line:
                raise StoreError(Problem(OTHER_BYTES, facts={"target": decision.target.name}))
            written = self._write(decision, made)
        except AssetgenError as error:
            self._fail(decision, error)
            return
        finally:
            self._local.free()
        name = decision.target.name
        self._book.put(line)
        self._tally.count(decision, task.work)
        self._emit(
            TargetDone(
                target=name,
                verdict=decision.verdict if task.work != "buy" else Verdict.RUN,
                work=task.work,
                images=task.images,
                cost=task.cost,
                written=written,
                reasons=tuple(reason.text for reason in self._decisions[name].reasons),
            )
        )
        self._waiting.settled(name, self._decide(name).standing)

    def _write(self, decision: Decision, made: Sequence[Made]) -> tuple[str, ...]:
        written = []
        for item in made:
            path = item.output.path
            if self._workshop.write(item, self._past.seen.get(path)):
                written.append(path)
            self._book.seen[path] = item.sha256
        return tuple(written)

    def _fail(self, decision: Decision, error: AssetgenError) -> None:
        target = decision.target
        held = isinstance(error, CallHeld)
        if not isinstance(error, Interrupted):
            self._tell_failed(decision, error)
        stop = _stop(decision, why.INPUT_HELD if held else why.INPUT_FAILED)
        # Dependants that were ordered already are made of its picture: that is bought all the same.
        bought = self._waiting.standings[target.name].bought
        again = self._decide(target.name)
        stands = again.verdict in (Verdict.UP_TO_DATE, Verdict.KEPT)
        # One more take of it failed: what is shown is as good as it was.
        self._waiting.settled(
            target.name, again.standing if stands else Standing(bought, stop=stop)
        )
        if self._limits.fail_fast:
            self._stop()

    def _tell_failed(self, decision: Decision, error: AssetgenError) -> None:
        self._tally.add(
            next((name for kind, name in _COUNTED if isinstance(error, kind)), "failed")
        )
        self._tally.account |= isinstance(error, AccountError)
        problem, target = error.problems[0], decision.target
        self._emit(TargetFailed(target.name, replace(problem, loc=problem.loc or target.loc)))


_COUNTED = (
    (Unanswered, "open"),
    (CallHeld, "held"),
    (NotAgreed, "declined"),
    (OverCap, "over_cap"),
)
"""As what a target counts that was not built, by the reason; the first that fits."""


def sum_costs(takes: Sequence[Take]) -> float | None:
    """Return the sum in USD, or None if any is unknown."""
    costs = [take.cost for take in takes]
    return None if None in costs else sum(cost or 0.0 for cost in costs)


def _stop(decision: Decision, kind: Kind) -> Reason:
    return Reason(kind, {"input": decision.target.name})


def _done(decision: Decision) -> TargetDone:
    return TargetDone(
        decision.target.name,
        decision.verdict,
        reasons=tuple(reason.text for reason in decision.reasons),
    )
