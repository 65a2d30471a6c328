"""One build's steps at ledger and loop: settle, collect, schedule; loads and keeps nothing."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from assetgen.app.asked import Hands, Options
from assetgen.app.calls import retry
from assetgen.app.loading import Loaded
from assetgen.app.planning import plan_loaded
from assetgen.app.project import Project
from assetgen.app.shop import Shop
from assetgen.build.records import Book
from assetgen.build.scheduler import Scheduler
from assetgen.build.workshop import Workshop
from assetgen.errors import Kind, Problem, SpecError
from assetgen.events import BuildStarted, JobChanged, Notice, Summary
from assetgen.paid.budget import Budget
from assetgen.paid.desk import Desk
from assetgen.paid.hooks import Hooks
from assetgen.paid.orders import Doubts
from assetgen.paid.recover import recover
from assetgen.plan.model import Plan
from assetgen.state import Job, JobState, LockLine, Take, Verdict
from assetgen.store import lock as locks
from assetgen.store.sessions import is_alive

INTERRUPTED = 130
HELD_LEFT = Kind(
    "held-elsewhere",
    "a paid call to {provider} for {target} is held",
    "'assetgen jobs' lists it; then adopt, retry or abandon it",
)
_SPEAKING = (Verdict.RUN, Verdict.HELD)


class Run:
    """One build's wiring; each method is a step of it."""

    def __init__(
        self,
        project: Project,
        options: Options,
        hands: Hands,
        loaded: Loaded,
        shop: Shop,
        workshop: Workshop,
        session: str,
        hooks: Hooks | None,
    ) -> None:
        self._project = project
        self._options = options
        self._hands = hands
        self._loaded = loaded
        self._shop = shop
        self._workshop = workshop
        self._session = session
        self._hooks = hooks
        self.interrupted = False
        self.changed = loaded.merged
        self._uncollected: set[int] = set()

    def _desk(self, budget: Budget) -> Desk:
        config = self._project.config
        return self._hands.desk(
            self._shop.counters,
            self._project.ledger,
            budget,
            self._project.clock,
            session=self._session,
            project=self._project.root,
            is_alive=self._is_alive,
            changed=lambda job: self._hands.emit(JobChanged(job.target, job)),
            addresses=self._shop.addresses,
            hooks=self._hooks,
            notice=lambda problem: self._hands.emit(Notice(problem)),
            doubts=Doubts(config.on_ambiguous == "retry", config.max_duplicate_cost),
        )

    def _is_alive(self, session: str) -> bool:
        return is_alive(self._project.config.data_dir, session)

    def settle_doubts(self, plan: Plan) -> Plan:
        """Ask about calls whose outcome is unknown, if somebody is here who may be asked."""
        options, ledger = self._options, self._project.ledger
        forbidden = options.limits.locked or options.limits.offline
        asks = self._project.config.on_ambiguous == "ask" and not forbidden
        held = [
            job
            for decision in plan.decisions
            if decision.verdict is Verdict.HELD and decision.action
            for job in ledger.jobs_of(decision.action.key)
            if job.state is JobState.AMBIGUOUS
        ]
        if not held or not asks or not self._hands.settle or not self._hands.settle(held):
            return plan
        for number in {job.id for job in held}:
            retry(self._project, number)
        return self._plan_again()

    def _plan_again(self) -> Plan:
        """Return the plan as it is by now. Raises SpecError, AccountError: nothing is spent then.

        What was held or in flight may have to be bought now, of somebody else perhaps.
        """
        plan = plan_loaded(
            self._project,
            self._loaded,
            self._options.selection,
            self._options.mode,
            self._shop.catalogue,
        )
        if plan.problems:
            raise SpecError(*plan.problems)
        self._shop.open(plan)
        if not self._options.limits.offline:
            self._shop.check_keys(plan)
        return plan

    async def collect_open(self, plan: Plan) -> Plan:
        """Look after the calls that earlier builds left open, then plan again if there were any."""
        keys = {
            d.action.key
            for d in plan.decisions
            if d.action and d.verdict in (Verdict.RUN, Verdict.HELD)
        }
        desk = self._desk(Budget())

        def stop() -> None:
            self.interrupted = True
            desk.stop()

        with _interrupts(stop):
            found = await recover(
                desk,
                self._project.ledger,
                project=self._project.root,
                keys=keys,
                is_alive=self._is_alive,
                offline=self._options.limits.offline,
            )
        for job, take in found.takes:
            self._add_take(job, take)
        for job, error in found.failures:
            self._uncollected.add(job.id)
            for problem in error.problems:
                self._hands.emit(Notice(problem))
        if not found.takes and not found.failures:
            return plan
        return self._plan_again()

    def _add_take(self, job: Job, take: Take) -> None:
        """Let the lines of a key list a take that came in after they were written."""
        for name, line in self._loaded.lines.items():
            if line.key == job.key and take.n not in [known.n for known in line.takes]:
                takes = tuple(sorted((*line.takes, take), key=lambda one: one.n))
                self._loaded.lines[name] = replace(line, takes=takes)
                self.changed = True

    def _left(self, plan: Plan) -> list[Job]:
        """Return the calls of this project, open or held, that no target of ``plan`` speaks of."""
        spoken = {d.action.key for d in plan.decisions if d.action and d.verdict in _SPEAKING}
        return [
            job
            for job in self._project.ledger.unsettled(self._project.root)
            if job.key not in spoken
            and (
                job.id in self._uncollected
                or (job.state is JobState.AMBIGUOUS and job.session != self._session)
            )
        ]

    async def schedule(self, plan: Plan, budget: Budget) -> Summary:
        """Announce the plan, run it, and say how it ended. Raises StoreError for the lock."""
        emit = self._hands.emit
        emit(_started(plan))
        for notice in plan.notices:
            emit(Notice(notice))
        project, loaded = self._project, self._loaded

        def write(lines: Mapping[str, LockLine]) -> None:
            locks.write(project.fs, project.lock_path, lines.values())

        tidy = self.changed and not self._options.limits.locked
        book = Book(loaded.lines, loaded.seen, write, project.clock.now, dirty=tidy)
        scheduler = Scheduler(
            plan,
            loaded.past,
            book,
            desk=self._desk(budget),
            workshop=self._workshop,
            catalogue=self._shop.catalogue,
            clock=project.clock,
            concurrency={n: c.provider.concurrency for n, c in self._shop.counters.items()},
            no_key=self._shop.no_key,
            emit=emit,
            mode=self._options.mode,
            limits=self._options.limits,
        )
        with _interrupts(scheduler.interrupt):
            summary = await scheduler.run()
        left = self._left(plan)
        held = [job for job in left if job.state is JobState.AMBIGUOUS]
        for job in held:
            if job.id not in self._uncollected:  # of those it was told already
                facts = {"provider": job.provider, "target": job.target}
                emit(Notice(Problem(HELD_LEFT, facts=facts)))
        is_open = len(left) - len(held)
        summary = replace(summary, held=summary.held + len(held), open=summary.open + is_open)
        emit(summary)
        if scheduler.unwritten is not None:
            raise scheduler.unwritten
        return summary


def _started(plan: Plan) -> BuildStarted:
    return BuildStarted(
        targets=len(plan.decisions),
        images=(int(plan.images.min), int(plan.images.max)),
        cost=(plan.cost.min, plan.cost.max),
        unknown_cost=plan.unknown_cost,
        up_to_date=sum(d.verdict is Verdict.UP_TO_DATE for d in plan.decisions),
    )


@contextmanager
def _interrupts(stop: Callable[[], None]) -> Iterator[None]:
    """Let the first Ctrl-C (or SIGTERM) stop in good order, and the second one at once."""
    asked = False

    def handle(number: int, frame: object) -> None:
        nonlocal asked
        if asked:
            os._exit(INTERRUPTED)
        asked = True
        loop.call_soon_threadsafe(stop)

    loop = asyncio.get_running_loop()
    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
