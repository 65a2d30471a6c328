"""Builds a project: one build at a time, from what is open in the ledger to the new snapshot."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from assetgen import __version__
from assetgen.app.callbacks import CallBacks, listening
from assetgen.app.calls import retry
from assetgen.app.consent import Caps, budget_of, spends
from assetgen.app.loading import Loaded, check_pictures, load, uncollected
from assetgen.app.planning import ALL, Selection, plan_loaded
from assetgen.app.project import Project
from assetgen.app.shop import Shop
from assetgen.app.watching import watched
from assetgen.build.executor import ThreadExecutor
from assetgen.build.limits import Limits
from assetgen.build.records import Book
from assetgen.build.scheduler import Scheduler
from assetgen.build.workshop import Workshop
from assetgen.catalogue import Catalogue
from assetgen.digest import Digest
from assetgen.errors import Kind, Problem, SpecError
from assetgen.events import BuildStarted, Event, JobChanged, Notice, Summary, Waiting
from assetgen.paid.budget import Budget
from assetgen.paid.collector import Counter
from assetgen.paid.desk import Desk
from assetgen.paid.hooks import Hooks
from assetgen.paid.orders import Doubts
from assetgen.paid.recover import recover
from assetgen.plan.model import Mode, Plan
from assetgen.plan.notices import lasting
from assetgen.providers.draft import Draft
from assetgen.state import Job, JobState, LineState, LockLine, Take, Verdict
from assetgen.store import lock as locks
from assetgen.store import snapshot
from assetgen.store.sessions import Session, is_alive

INTERRUPTED = 130
HELD_LEFT = Kind(
    "held-elsewhere",
    "a paid call to {provider} for {target} is held",
    "'assetgen jobs' lists it; then adopt, retry or abandon it",
)
SWITCH_SECONDS = 0.0005
THREADS = 8
"""For looking at pictures and storing them, which waits for the disk."""


@dataclass(frozen=True, slots=True)
class Options:
    """What one build was asked for.

    Attributes:
        call_backs: where services may call back.
        scope: text that a snapshot must bear to answer the same request; stamp: the environment's
            part of it; empty texts leave no snapshot.
    """

    selection: Selection = ALL
    mode: Mode = field(default_factory=Mode)
    limits: Limits = field(default_factory=Limits)
    caps: Caps = field(default_factory=Caps)
    scope: str = ""
    stamp: str = ""
    call_backs: CallBacks | None = None


@dataclass(frozen=True, slots=True)
class Hands:
    """What a build is given from outside.

    Attributes:
        emit: told of each event.
        agree: asks the person at the terminal whether to spend; None if nobody is there.
        idle: the text that an unchanged project's build prints, from its counts.
        settle: asks that person about calls in doubt: whether to send them again.
        counters: providers besides draft; catalogue: what they serve. The user's own if not given.
        desk: makes what orders are placed at.
    """

    emit: Callable[[Event], None]
    agree: Callable[[Plan], bool] | None = None
    settle: Callable[[Sequence[Job]], bool] | None = None
    idle: Callable[[Summary, Plan], snapshot.Message] | None = None
    counters: Mapping[str, Counter] | None = None
    catalogue: Catalogue | None = None
    desk: type[Desk] = Desk


def build(project: Project, options: Options, hands: Hands) -> Summary:
    """Build the selection and return the counts.

    Raises SpecError, LockError, UsageError and StoreError before anything is spent; a target's own
    failure is an event.
    """
    # Threads that draw or decode hold the interpreter for as long as they may; the loop, which
    # starts the next call, must not wait for each of them in turn (20 at once cost 50 ms a wave).
    sys.setswitchinterval(SWITCH_SECONDS)
    with project.alone(lambda holder: hands.emit(Waiting(holder))):
        try:
            return asyncio.run(_build(project, options, hands))
        finally:
            project.close()


async def _build(project: Project, options: Options, hands: Hands) -> Summary:
    taken = snapshot.clock(project.folder)
    with uncollected():
        loaded = load(project)
        catalogue = hands.catalogue or project.catalogue
        plan = plan_loaded(project, loaded, options.selection, options.mode, catalogue)
        check_pictures(project, loaded, plan)
    if plan.problems:
        raise SpecError(*plan.problems)
    session = Session.open(project.config.data_dir)
    pool = _threads("draft", os.cpu_count() or 2)
    executor = ThreadExecutor(os.cpu_count() or 2, _step_back)
    asyncio.get_running_loop().set_default_executor(_threads("aside", THREADS))
    draft = _draft(project, pool)
    shop = Shop(project, catalogue, draft, hands.counters, _published(project, loaded))
    try:
        shop.open(plan)
        if not options.limits.offline:
            shop.check_keys(plan)
        snapshot.forget(project.folder)
        workshop = Workshop(
            project.workspace,
            loaded.pictures,
            project.derived,
            loaded.results,
            project.ledger,
            executor,
            recorded=loaded.locked.key_at,
        )
        async with listening(options.call_backs, project.clock) as hooks:
            run = _Run(project, options, hands, loaded, shop, workshop, session.id, hooks)
            plan = run.settle_doubts(plan)
            plan = await run.collect_open(plan)
            if run.interrupted:
                hands.emit(Summary(interrupted=True))
                return Summary(interrupted=True)
            summary = await run.schedule(plan, _budget(project, options, hands, loaded, plan))
    finally:
        await executor.close()
        await shop.close()
        pool.shutdown(cancel_futures=True)
        session.close()
    _keep(project, loaded)
    if options.scope and hands.idle and not summary.exit_code:
        targets = [decision.target for decision in plan.decisions]
        settled = replace(plan, notices=tuple(lasting(loaded.graph, targets, loaded.lines)))
        message = hands.idle(_as_idle(loaded, plan), settled)
        _take_snapshot(project, loaded, options, message, taken)
    return summary


def _budget(project: Project, options: Options, hands: Hands, loaded: Loaded, plan: Plan) -> Budget:
    """Return what this run may spend; somebody at the terminal is asked where it spends."""
    agreed = hands.agree(plan) if hands.agree and _asks(plan, options) else None
    if options.caps.yes and hands.agree:
        agreed = True
    return budget_of(options.caps, project.config, loaded.spec.budget, agreed=agreed)


def _threads(name: str, number: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(number, thread_name_prefix=f"assetgen-{name}", initializer=_step_back)


def _step_back() -> None:
    """Let the loop go before this thread: what it sends next is what everybody waits for."""
    if sys.platform == "linux":  # elsewhere a priority is the whole process's
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


def _asks(plan: Plan, options: Options) -> bool:
    forbidden = options.limits.locked or options.limits.offline
    return spends(plan) and not options.caps.yes and not forbidden


def _draft(project: Project, pool: ThreadPoolExecutor) -> Counter:
    config = project.config
    provider = Draft(
        os.path.join(config.data_dir, "draft"),
        latency=config.draft_latency,
        concurrency=config.draft_concurrency,
        derives_ids=not config.draft_server_ids,
        workers=pool,
        clock=project.clock,
    )
    return Counter(provider, project.drafts)


class _Run:
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
        self._changed = loaded.merged

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
        return self._planned()

    def _planned(self) -> Plan:
        return plan_loaded(
            self._project,
            self._loaded,
            self._options.selection,
            self._options.mode,
            self._shop.catalogue,
        )

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
        for problem in found.problems:
            self._hands.emit(Notice(problem))
        if not found.takes and not found.problems:
            return plan
        return self._planned()

    def _add_take(self, job: Job, take: Take) -> None:
        """Let the lines of a key list a take that came in after they were written."""
        for name, line in self._loaded.lines.items():
            if line.key == job.key and take.n not in [known.n for known in line.takes]:
                takes = tuple(sorted((*line.takes, take), key=lambda one: one.n))
                self._loaded.lines[name] = replace(line, takes=takes)
                self._changed = True

    def _held_elsewhere(self, plan: Plan) -> list[Job]:
        """Return the calls of this project that were held before and that no verdict speaks of."""
        spoken = {d.action.key for d in plan.decisions if d.action and d.verdict is Verdict.HELD}
        unsettled = self._project.ledger.unsettled(self._project.root)
        held = [job for job in unsettled if job.state is JobState.AMBIGUOUS]
        return [j for j in held if j.key not in spoken and j.session != self._session]

    async def schedule(self, plan: Plan, budget: Budget) -> Summary:
        """Announce the plan, run it, and say how it ended. Raises StoreError for the lock."""
        emit = self._hands.emit
        emit(_started(plan))
        for notice in plan.notices:
            emit(Notice(notice))
        project, loaded = self._project, self._loaded

        def write(lines: Mapping[str, LockLine]) -> None:
            locks.write(project.fs, project.lock_path, lines.values())

        tidy = self._changed and not self._options.limits.locked
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
        held = self._held_elsewhere(plan)
        for job in held:
            emit(Notice(Problem(HELD_LEFT, facts={"provider": job.provider, "target": job.target})))
        summary = replace(summary, held=summary.held + len(held))
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


def _keep(project: Project, loaded: Loaded) -> None:
    """Put every bought picture of the lock into the folder that `keep` names."""
    folder = project.keep_folder(loaded.spec.keep)
    if folder is None:
        return
    for line in loaded.lines.values():
        for take in line.takes if line.state is not LineState.DRAFT else ():
            if not folder.has(take.sha256) and loaded.pictures.readable(take.sha256):
                folder.put(loaded.pictures.get(take.sha256))


def _published(project: Project, loaded: Loaded) -> Callable[[Digest], str | None]:
    """Return what says under which path of the project a picture's bytes stand, if they do."""
    keep = project.keep_folder(loaded.spec.keep)
    paths = {digest: path for path, digest in loaded.past.seen.items()}
    return lambda digest: paths.get(digest) or (keep.path_of(digest) if keep else None)


def _as_idle(loaded: Loaded, plan: Plan) -> Summary:
    """Return the counts of the next build if nothing changes until then."""
    kept = sum(decision.verdict is Verdict.KEPT for decision in plan.decisions)
    return Summary(up_to_date=len(plan.decisions) - kept, kept=kept)


def _take_snapshot(
    project: Project, loaded: Loaded, options: Options, message: snapshot.Message, taken: int
) -> None:
    """Remember what was seen, so that an unchanged project is recognised without loading it."""
    try:
        entries = watched(project, loaded, taken)
    except OSError:  # something was removed meanwhile: the next build will see to it
        return
    if entries is not None:
        snapshot.write(
            project.folder,
            project.root,
            options.scope,
            options.stamp,
            __version__,
            message,
            taken,
            entries,
        )
