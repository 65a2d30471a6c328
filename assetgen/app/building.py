"""Builds a project: one build at a time, from what is open in the ledger to the new snapshot."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from assetgen import __version__
from assetgen.app.asked import Hands, Options
from assetgen.app.callbacks import listening
from assetgen.app.consent import budget_of, spends
from assetgen.app.late import have_listed, take_in
from assetgen.app.loading import Loaded, load, uncollected
from assetgen.app.looked import watched
from assetgen.app.planning import plan_loaded
from assetgen.app.precheck import precheck
from assetgen.app.project import Project
from assetgen.app.running import Run
from assetgen.app.shop import Shop
from assetgen.build.executor import ProcessExecutor
from assetgen.build.workshop import Workshop
from assetgen.digest import Digest
from assetgen.errors import SpecError
from assetgen.events import Summary, Waiting
from assetgen.paid.budget import Budget
from assetgen.paid.collector import Counter
from assetgen.plan.model import Plan
from assetgen.plan.notices import lasting
from assetgen.providers.draft import Draft
from assetgen.state import LineState, Verdict
from assetgen.store import snapshot
from assetgen.store.sessions import Session

SWITCH_SECONDS = 0.0005
THREADS = 8
"""For looking at pictures and storing them, which waits for the disk."""


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
        if hands.loaded:
            hands.loaded(loaded)
        late = {} if options.limits.locked else take_in(project, loaded)
        catalogue = hands.catalogue or project.catalogue
        plan = plan_loaded(project, loaded, options.selection, options.mode, catalogue)
        precheck(project, loaded, plan)
    if plan.problems:
        raise SpecError(*plan.problems)
    session = Session.open(project.config.data_dir)
    pool = _threads("draft", os.cpu_count() or 2)
    executor = ProcessExecutor(os.cpu_count() or 2, _step_back, project.config.plugins)
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
            run = Run(project, options, hands, loaded, shop, workshop, session.id, hooks)
            run.changed |= bool(late)
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
    if late or summary.bought:
        have_listed(project, loaded)
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
    budget = budget_of(options.caps, project.config, loaded.spec.budget, agreed=agreed)
    if hands.lend:
        hands.lend(budget)
    return budget


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
