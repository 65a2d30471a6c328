"""Which takes of a key are still to be ordered, and under which epoch; orders none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from assetgen.action import Action
from assetgen.catalogue import Catalogue, Offer
from assetgen.graph import Target
from assetgen.plan.model import ToBuy
from assetgen.plan.wanted import Wanted
from assetgen.state import Job, JobState, LockLine, Past, Take


def latest_jobs(past: Past, action: Action | None) -> dict[int, Job]:
    """Return the call of the highest epoch for each take of the key; given files are none."""
    latest: dict[int, Job] = {}
    for job in (past.jobs(action.key) or ()) if action else ():
        if job.epoch < 0:
            continue
        if job.take not in latest or latest[job.take].epoch < job.epoch:
            latest[job.take] = job
    return latest


def has_ended(job: Job) -> bool:
    """Whether a call is over for good; what is documented as free may be sent once more."""
    if job.state is JobState.ABANDONED:
        return True
    return job.state is JobState.FAILED and (job.charged is not False or job.epoch > 0)


def still_out(
    target: Target, wanted: Wanted, line: LockLine | None, jobs: Mapping[int, Job]
) -> tuple[Job, ...]:
    """Return the calls for takes that a first build of this key still lacks.

    Once the line exists the series is as it is, and nothing is lacking.
    """
    if wanted.kept or wanted.action is None or _has_series(wanted.action, line):
        return ()
    have = {take.n for take in wanted.takes}
    return tuple(job for n, job in jobs.items() if n <= target.takes and n not in have)


def _has_series(action: Action, line: LockLine | None) -> bool:
    return line is not None and line.key == action.key and bool(line.takes)


def to_buy(
    target: Target, wanted: Wanted, line: LockLine | None, jobs: Mapping[int, Job]
) -> tuple[ToBuy, ...]:
    """Return the takes that a first build of this key has still to order."""
    if wanted.kept or wanted.action is None:
        return ()
    if _has_series(wanted.action, line):
        return ()
    have = {take.n for take in wanted.takes}
    missing: list[ToBuy] = []
    for n in range(1, target.takes + 1):
        job = jobs.get(n)
        if n in have or (job is not None and (job.state.is_open or _is_over(job))):
            continue
        epoch = line.epoch if line is not None and line.key == wanted.action.key else 0
        if job is not None:
            epoch = job.epoch + (job.state is JobState.FAILED)
        missing.append(ToBuy(n, epoch))
    return tuple(missing)


def may_be_sent_again(job: Job, offers: Iterable[Offer], catalogue: Catalogue) -> bool:
    """Whether an open call may turn out never to have arrived, and is sent under its own id then.

    That is a charge which nobody has agreed to in this run.
    """
    if job.state is not JobState.INTENT or not catalogue.service(job.provider).derives_ids:
        return False
    return any((o.route.provider, o.route.name) == (job.provider, job.route) for o in offers)


def _is_over(job: Job) -> bool:
    return has_ended(job) or job.state is JobState.AMBIGUOUS


def buy_again(take: Take, line: LockLine | None, jobs: Mapping[int, Job]) -> tuple[ToBuy, ...]:
    """Return the order for a take that was bought before: under the next epoch.

    An order of that epoch that is still open is collected, not repeated.
    """
    job = jobs.get(take.n)
    if job is not None and (job.state.is_open or job.state is JobState.AMBIGUOUS):
        return ()
    if job is not None and job.state is JobState.REFUSED:
        return (ToBuy(take.n, job.epoch),)
    return (ToBuy(take.n, max(job.epoch if job else 0, line.epoch if line else 0) + 1),)
