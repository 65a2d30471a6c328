"""More takes than there are: what a reroll asks for, and what a cut-off one left; orders none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from assetgen.graph import Target
from assetgen.plan import reasons as why
from assetgen.plan.buying import latest_jobs, to_buy
from assetgen.plan.model import ToBuy
from assetgen.plan.wanted import Wanted
from assetgen.state import Job, LockLine, Past, Reason, Take, Verdict

STANDS = (Verdict.UP_TO_DATE, Verdict.RESTORE)
"""Verdicts under which the shown picture is as wanted; more takes change nothing of it."""
CAN_REROLL = (*STANDS, Verdict.FAILED, Verdict.RUN)


def rerolled(
    target: Target,
    wanted: Wanted,
    line: LockLine | None,
    number: int,
    past: Past,
    lost: tuple[Reason, ...],
) -> tuple[Verdict, tuple[Reason, ...], tuple[ToBuy, ...]]:
    """Return the verdict of a target of which the user wants ``number`` more takes.

    ``lost`` is what has to be sent with them and can be read nowhere.
    """
    if lost:
        return Verdict.BLOCKED, lost, ()
    orders = more_takes(target, wanted, line, latest_jobs(past, wanted.action), number)
    return Verdict.RUN, (Reason(why.REROLL, {"number": number}),), orders


def with_late_calls(
    verdict: Verdict, because: tuple[Reason, ...], wanted: Wanted, past: Past
) -> tuple[Verdict, tuple[Reason, ...]]:
    """Return RUN where a call beyond the series is still open, so that it is collected."""
    if wanted.action is None or wanted.action.key not in past.ordered:
        return verdict, because
    late = late_calls(wanted.takes, latest_jobs(past, wanted.action))
    if not late:
        return verdict, because
    facts = [{"take": job.take, "provider": job.provider} for job in late]
    return Verdict.RUN, tuple(Reason(why.IN_FLIGHT, one) for one in facts)


def more_takes(
    target: Target, wanted: Wanted, line: LockLine | None, jobs: Mapping[int, Job], number: int
) -> tuple[ToBuy, ...]:
    """Return the orders of ``number`` more takes than there are, under the next epoch.

    Calls that are open already count among them. Where there is no take yet, they are the first
    series, and what failed of it is sent once more.
    """
    if not wanted.takes:
        lacking = [n for n in range(1, number + 1) if n not in jobs or not jobs[n].state.is_open]
        return tuple(ToBuy(n, jobs[n].epoch + 1 if n in jobs else 0) for n in lacking)
    missing = to_buy(target, wanted, line, jobs)
    numbers = [take.n for take in wanted.takes] + [order.take for order in missing] + list(jobs)
    last = max(numbers)
    epochs = [job.epoch for job in jobs.values()]
    if line is not None and wanted.action is not None and line.key == wanted.action.key:
        epochs.append(line.epoch)
    epoch = max(epochs, default=0) + 1
    fresh = number - len(late_calls(wanted.takes, jobs))
    return (*missing, *(ToBuy(last + n, epoch) for n in range(1, fresh + 1)))


def late_calls(takes: Iterable[Take], jobs: Mapping[int, Job]) -> tuple[Job, ...]:
    """Return the open calls for takes that are not here: what a reroll that was cut off left."""
    here = {take.n for take in takes}
    return tuple(job for n, job in jobs.items() if job.state.is_open and n not in here)
