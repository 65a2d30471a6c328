"""Runs a plan: the one asyncio loop that owns all state; knows no wire format and no pixels.

Targets wait for their inputs, are decided again with what these really became, and are then
bought, restored or derived. Only this loop writes outputs and the lock.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from assetgen.action import DRAFT_MODEL
from assetgen.build.queue import PAID_WEIGHT, Lane, remaining_paths
from assetgen.build.records import Book, Tally, bought_line, finished_line
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
    StoreError,
    UsageError,
)
from assetgen.events import Event, Summary, TargetDone, TargetFailed, TargetStarted
from assetgen.paid.budget import OverCap
from assetgen.paid.desk import CallHeld, Desk, Interrupted, Order
from assetgen.paid.requests import request_of
from assetgen.plan import reasons as why
from assetgen.plan.model import Decision, Mode, Plan, Standing
from assetgen.plan.rebuilder import Rebuilder, decide
from assetgen.providers.base import Refused
from assetgen.state import Job, LockLine, Past, Reason, Take, Verdict

WORK = (Verdict.RUN, Verdict.RESTORE, Verdict.PENDING)
REFUSALS = 3
LOCAL_AT_ONCE = 8
FLUSH_SECONDS = 1.0

NO_ROUTE = Kind(
    "no-route",
    "no provider of this release serves the model '{model}'",
    "build with --draft, or choose another model",
)
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


@dataclass(frozen=True, slots=True)
class Limits:
    """What this build may do.

    Attributes:
        jobs: the most calls in flight at once, None for each provider's own limit.
        locked: the lock must not change; offline: nothing may be bought.
        fail_fast: start nothing more after the first failure.
    """

    jobs: int | None = None
    locked: bool = False
    offline: bool = False
    fail_fast: bool = False


@dataclass(frozen=True, slots=True)
class _Call:
    """One order that waits for a place at its provider."""

    order: Order
    decision: Decision


@dataclass(frozen=True, slots=True)
class _Task:
    """Local work that waits for a place; ``work`` names what it completes."""

    decision: Decision
    work: str
    images: int = 0
    cost: float | None = 0.0


@dataclass(slots=True)
class _Purchase:
    """The orders of one key: who asked first, who shares the picture, what came of it."""

    owner: Decision
    open: int
    followers: list[Decision] = field(default_factory=list)
    takes: list[Take] = field(default_factory=list)
    epoch: int = 0
    error: AssetgenError | None = None


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
        emit: Callable[[Event], None],
        mode: Mode,
        limits: Limits,
        rebuilder: Rebuilder = decide,
    ) -> None:
        self._plan = plan
        self._past = past
        self._book = book
        self._desk = desk
        self._workshop = workshop
        self._catalogue = catalogue
        self._clock = clock
        self._emit = emit
        self._mode = mode
        self._limits = limits
        self._rebuilder = rebuilder
        self._lanes: dict[str, Lane[_Call]] = {
            name: Lane(min(limit, limits.jobs or limit)) for name, limit in concurrency.items()
        }
        self._local: Lane[_Task] = Lane(LOCAL_AT_ONCE)
        self._decisions = {d.target.name: d for d in plan.decisions}
        self._standings = {d.target.name: d.standing for d in plan.decisions}
        self._waiting: dict[str, int] = {}
        self._after_bought: dict[str, list[str]] = {}
        self._after_final: dict[str, list[str]] = {}
        self._ready: deque[str] = deque()
        self._again: set[str] = set()
        self._purchases: dict[Digest, _Purchase] = {}
        self._refusals: Counter[Loc] = Counter()
        self._numbers = count()
        self._paths: dict[str, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._begun: set[str] = set()
        self._tally = Tally()
        self._stopped = False
        self.unwritten: StoreError | None = None

    async def run(self) -> Summary:
        """Build everything that the plan holds and return the counts.

        A target's failure is an event, never an exception; a lock that cannot be written is left in
        ``unwritten``.
        """
        started = self._clock.now()
        self._prepare()
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
            self._tally.blocked += len(self._waiting)
        return self._tally.summary(self._clock.now() - started)

    def _flush(self, *, at_end: bool = False) -> None:
        """Write the lock if it is due; one that cannot be written counts only at the end.

        The ledger covers the gap: the next build finds what was bought and buys nothing again.
        """
        try:
            self._book.flush(force=at_end)
        except StoreError as error:
            if at_end:
                self._tally.failed += 1
                self.unwritten = error

    def interrupt(self) -> None:
        """Submit nothing more; what is in flight stays in the ledger for the next build."""
        self._tally.interrupted = True
        self._stop()
        self._desk.stop()

    def _stop(self) -> None:
        self._stopped = True
        self._ready.clear()
        for lane in self._lanes.values():
            lane.clear()
        self._local.clear()

    def _prepare(self) -> None:
        """Settle what needs no work, and let the rest wait for its inputs."""
        work = {name: d.target for name, d in self._decisions.items() if d.verdict in WORK}
        dependants: dict[str, list[str]] = {}
        for name, target in work.items():
            needs = [need for need in target.needs if need in work]
            self._waiting[name] = len(needs)
            for need in needs:
                bought = all(r.wants_bought for r in target.inputs if r.target == need)
                after = self._after_bought if bought else self._after_final
                after.setdefault(need, []).append(name)
                dependants.setdefault(need, []).append(name)
        self._paths = remaining_paths(work.values(), dependants)
        for name, decision in self._decisions.items():
            if name not in work:
                self._tally.count(decision)
                if decision.verdict is not Verdict.UP_TO_DATE:
                    self._emit(_done(decision))
        self._ready.extend(name for name, needs in self._waiting.items() if not needs)

    def _pump(self) -> None:
        """Start what is ready, as far as there are places."""
        while self._ready:
            name = self._ready.popleft()
            self._start(self._decide(name) if name in self._again else self._decisions[name])
        for lane in self._lanes.values():
            while (call := lane.pop()) is not None:
                self._spawn(self._buy(lane, call))
        while (task := self._local.pop()) is not None:
            self._spawn(self._render(task))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.add(asyncio.ensure_future(work))

    def _decide(self, name: str, line: LockLine | None = None) -> Decision:
        """Decide once more with what the inputs became, and ``line`` in place of the lock's."""
        past = self._past if line is None else replace(self._past, lines={name: line})
        target = self._decisions[name].target
        return self._rebuilder(target, self._standings, past, self._catalogue, self._mode)

    def _start(self, decision: Decision) -> None:
        verdict = decision.verdict
        flag = self._forbidden_by(decision)
        if flag:
            self._tally.would_run += 1
            forbidden = Problem(WOULD_RUN, decision.target.loc, {"flag": flag})
            self._emit(TargetFailed(decision.target.name, forbidden))
            self._settle(decision.target.name, Standing(stop=_stop(decision, why.INPUT_BLOCKED)))
        elif verdict is Verdict.RUN and decision.target.kind.is_paid:
            self._order_all(decision)
        elif verdict in (Verdict.RUN, Verdict.RESTORE):
            self._queue(_Task(decision, "derive" if verdict is Verdict.RUN else "restore"))
        else:
            self._tally.count(decision)
            self._emit(_done(decision))
            self._settle(decision.target.name, decision.standing)

    def _forbidden_by(self, decision: Decision) -> str:
        """Return the flag that forbids this work, or nothing."""
        if self._limits.locked:
            line = decision.line
            records = line.outputs if line else {}
            same = decision.outputs is not None and all(
                path in records and records[path].key == action.key
                for path, action in decision.outputs.items()
            )
            is_put_back = line is not None and same and _is_of_line(decision, line)
            if decision.verdict is not Verdict.RESTORE or not is_put_back:
                return "--locked" if decision.verdict in WORK else ""
        paid_run = decision.verdict is Verdict.RUN and decision.target.kind.is_paid
        if self._limits.offline and paid_run and decision.model != DRAFT_MODEL:
            return "--offline"
        return ""

    def _order_all(self, decision: Decision) -> None:
        """Order the missing takes of a key, once for all targets that share it."""
        target = decision.target
        route = self._catalogue.route(decision.model, target.providers)
        if route is None or route.provider not in self._lanes:
            error = UsageError(Problem(NO_ROUTE, target.loc, {"model": decision.model}))
            self._fail(decision, error)
            return
        if decision.action is None or not decision.buy:
            self._tally.held += 1
            self._emit(_done(decision))
            self._settle(target.name, Standing(stop=_stop(decision, why.INPUT_HELD)))
            return
        key = decision.action.key
        shared = self._purchases.get(key)
        if shared is not None:
            shared.followers.append(decision)
            return
        self._purchases[key] = _Purchase(decision, open=len(decision.buy))
        for wanted in decision.buy:
            order = Order(
                target=target.name,
                action=decision.action,
                take=wanted.take,
                epoch=wanted.epoch,
                provider=route.provider,
                model=decision.model,
                price=route.price,
            )
            lane = self._lanes[route.provider]
            lane.push(self._paths[target.name], next(self._numbers), _Call(order, decision))

    async def _buy(self, lane: Lane[_Call], call: _Call) -> None:
        """Buy one take.

        Its place is free as soon as the service is done with it, unless what follows is a longer
        path than all that waits: then the place is kept for the moment that the bytes take, so
        that the chain which ends last is never behind.
        """
        take: Take | None = None
        error: AssetgenError | None = None
        self._begin(call.decision.target.name, "buy")
        try:
            job = await self._place(call)
        except AssetgenError as caught:
            error = caught
        rest = self._paths[call.decision.target.name] - PAID_WEIGHT
        keeps = error is None and rest > lane.next_priority
        if not keeps:
            lane.free()
            self._pump()
        if error is None:
            try:
                take = await self._desk.collect(job)
            except AssetgenError as caught:
                error = caught
        self._bought(call.order, take, error)
        if keeps:
            lane.free()

    def _begin(self, name: str, work: str) -> None:
        if name not in self._begun:
            self._begun.add(name)
            self._emit(TargetStarted(name, work))

    async def _place(self, call: _Call) -> Job:
        target = call.decision.target
        if self._refusals[target.loc] >= REFUSALS:
            raise Refused(Problem(GROUP_STOPPED, target.loc, {"count": REFUSALS}))
        if self._tally.account:
            raise AccountError(Problem(ACCOUNT_STOPPED, target.loc))
        files = {
            self._past.seen[reference.file]: reference.file
            for reference in target.inputs
            if reference.file
        }
        request = request_of(
            call.order.action,
            lambda digest: self._workshop.read(digest, files),
            {
                "target": target.name,
                "take": call.order.take,
                "alpha": any(op.name == "key" for op in target.ops),
            },
        )
        return await self._desk.order(call.order, request)

    def _bought(self, order: Order, take: Take | None, error: AssetgenError | None) -> None:
        """Take note of one order's end; after the last one of a key its targets go on."""
        purchase = self._purchases[order.action.key]
        purchase.open -= 1
        loc = purchase.owner.target.loc
        if take is not None:
            purchase.takes.append(take)
            purchase.epoch = max(purchase.epoch, order.epoch)
            self._tally.spend(take)
            self._refusals[loc] = 0
        else:
            purchase.error = purchase.error or error
            self._refusals[loc] += isinstance(error, Refused)
            self._tally.account |= isinstance(error, AccountError)
        if purchase.open:
            return
        del self._purchases[order.action.key]
        for decision in (purchase.owner, *purchase.followers):
            self._go_on(decision, purchase)

    def _go_on(self, decision: Decision, purchase: _Purchase) -> None:
        if not purchase.takes:
            if purchase.error is not None:
                self._fail(decision, purchase.error)
            return
        line = bought_line(decision, purchase.takes, purchase.epoch)
        images = len(purchase.takes) if decision is purchase.owner else 0
        cost = sum_costs(purchase.takes) if images else 0.0
        again = self._decide(decision.target.name, line)
        self._release(decision.target.name, again.standing, self._after_bought)
        self._queue(_Task(again, "buy", images, cost))

    def _queue(self, task: _Task) -> None:
        name = task.decision.target.name
        self._local.push(self._paths[name], next(self._numbers), task)

    async def _render(self, task: _Task) -> None:
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
        self._settle(name, self._decide(name).standing)

    def _write(self, decision: Decision, made: Sequence[Made]) -> tuple[str, ...]:
        written = []
        for item in made:
            path = item.output.path
            if self._workshop.write(item, self._past.seen.get(path)):
                written.append(path)
            self._book.seen[path] = item.sha256
        return tuple(written)

    def _settle(self, name: str, standing: Standing) -> None:
        """Tell the dependants of a target how it stands."""
        self._waiting.pop(name, None)
        self._release(name, standing, self._after_bought)
        self._release(name, standing, self._after_final)

    def _release(self, name: str, standing: Standing, after: dict[str, list[str]]) -> None:
        """Let the dependants go on that have nothing else to wait for; each only once.

        Those that read the bought picture need not wait for the outputs.
        """
        self._standings[name] = standing
        for dependant in after.pop(name, ()):
            self._again.add(dependant)
            self._waiting[dependant] -= 1
            if not self._waiting[dependant] and not self._stopped:
                self._ready.append(dependant)

    def _fail(self, decision: Decision, error: AssetgenError) -> None:
        target = decision.target
        held = isinstance(error, CallHeld)
        self._tally.held += held
        self._tally.over_cap += isinstance(error, OverCap)
        self._tally.failed += not (held or isinstance(error, OverCap | Interrupted))
        if not isinstance(error, Interrupted):
            problem = error.problems[0]
            self._emit(TargetFailed(target.name, replace(problem, loc=problem.loc or target.loc)))
        stop = _stop(decision, why.INPUT_HELD if held else why.INPUT_FAILED)
        self._settle(target.name, Standing(stop=stop))
        if self._limits.fail_fast and not self._stopped:
            self._stop()


def sum_costs(takes: Sequence[Take]) -> float | None:
    """Return the sum in USD, or None if any is unknown."""
    costs = [take.cost for take in takes]
    return None if None in costs else sum(cost or 0.0 for cost in costs)


def _stop(decision: Decision, kind: Kind) -> Reason:
    return Reason(kind, {"input": decision.target.name})


def _is_of_line(decision: Decision, line: LockLine) -> bool:
    return decision.action is None or line.key == decision.action.key


def _done(decision: Decision) -> TargetDone:
    return TargetDone(
        decision.target.name,
        decision.verdict,
        reasons=tuple(reason.text for reason in decision.reasons),
    )
