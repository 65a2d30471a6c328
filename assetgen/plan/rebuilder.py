"""Decides what one target needs, from values alone; knows no disk, no service and no order.

:func:`decide` is called by the plan with what is known before a build, and by the build with what
its inputs really became, so the two cannot disagree. It is a rebuilder of shallow constructive
traces in the words of "Build systems à la carte": a key holds the bytes of the inputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from assetgen.action import DRAFT_MODEL
from assetgen.catalogue import Catalogue, Offer
from assetgen.graph import Target, TargetKind
from assetgen.plan import reasons as why
from assetgen.plan.buying import (
    buy_again,
    has_ended,
    latest_jobs,
    may_be_sent_again,
    still_out,
    to_buy,
)
from assetgen.plan.model import (
    Decision,
    Mode,
    Source,
    Standing,
    ToBuy,
)
from assetgen.plan.more import CAN_REROLL, STANDS, rerolled, with_late_calls
from assetgen.plan.offers import NO_OFFERS, offers_for
from assetgen.plan.standing import SETTLED, fresh_standing, standing_of
from assetgen.plan.wanted import Inputs, Wanted, gather, want
from assetgen.state import (
    NO_RANGE,
    Job,
    JobState,
    LineState,
    LockLine,
    Past,
    Range,
    Reason,
    Take,
    Verdict,
)

PLAIN = Mode()


class Rebuilder(Protocol):
    """Decides about one target; :func:`decide` is the right one, and tests know wrong ones."""

    def __call__(
        self,
        target: Target,
        inputs: Mapping[str, Standing],
        past: Past,
        catalogue: Catalogue,
        mode: Mode = ...,
        *,
        rebuy: bool = False,
    ) -> Decision:
        """Return what is to be done about ``target``."""


def decide(
    target: Target,
    inputs: Mapping[str, Standing],
    past: Past,
    catalogue: Catalogue,
    mode: Mode = PLAIN,
    *,
    rebuy: bool = False,
) -> Decision:
    """Return what is to be done about ``target``.

    ``inputs`` holds the standing of each target in ``target.needs``; the rest comes from ``past``.
    ``rebuy`` says that a dependant needs its bought bytes, which are lost and to be bought again.
    """
    known = gather(target, inputs, past)
    line = past.lines.get(target.name)
    wanted = want(target, known, line, past, mode)
    verdict, because, buy = _judge(target, known, wanted, line, past, mode)
    if rebuy and wanted.take is not None and not past.readable(wanted.take.sha256):
        jobs = latest_jobs(past, wanted.action)
        verdict, because, buy = _have_again(target, known, wanted, wanted.take, line, jobs, past)
    stands = verdict if verdict in STANDS else None
    more = mode.more.get(target.name, 0)
    if more and verdict in CAN_REROLL and wanted.action is not None and not wanted.kept:
        lost = _unreadable_inputs(target, known, past)
        verdict, because, buy = rerolled(target, wanted, line, more, past, lost)
    elif stands and wanted.action is not None and not wanted.kept:
        verdict, because = with_late_calls(stands, because, wanted, past)
    images = cost = NO_RANGE
    unknown = False
    collect: tuple[ToBuy, ...] = ()
    offers = NO_OFFERS
    if target.kind.is_paid and (verdict is Verdict.RUN or verdict is Verdict.PENDING):
        offers = offers_for(target, wanted.model, inputs, past, catalogue)
        because = (*because, *_asked_ratio(target, offers.fit))
        jobs = latest_jobs(past, wanted.action) if verdict is Verdict.RUN else {}
        calls = [job for job in jobs.values() if job.state.is_open]
        collect = tuple(ToBuy(job.take, job.epoch) for job in calls)
        again = [job for job in calls if may_be_sent_again(job, offers.fit, catalogue)]
        images, cost, unknown = _ranges(target, verdict, buy, offers.fit, again)
    waits = target.review and wanted.model != DRAFT_MODEL and not _is_reviewed(line, wanted)
    return Decision(
        target=target,
        verdict=verdict,
        reasons=because,
        action=wanted.action,
        line=line,
        takes=wanted.takes,
        shown=wanted.take.n if wanted.take else 1,
        buy=buy,
        collect=collect,
        offers=offers.fit,
        unfit=offers.unfit,
        images=images,
        cost=cost,
        unknown_cost=images.max > 0 and unknown,
        model=wanted.model,
        picked=wanted.picked,
        base=wanted.base,
        given=known.sources,
        outputs=wanted.outputs,
        # More takes change nothing of the one that is shown.
        standing=fresh_standing(target, stands or verdict, offers.fit, catalogue)
        or standing_of(target, stands or verdict, wanted, line, past, known, waits=waits),
        waits=waits and (stands or verdict) in SETTLED,
        lost=verdict is Verdict.LOST
        or (verdict is Verdict.BLOCKED and any(r.kind is why.INPUT_LOST for r in because)),
    )


def _judge(
    target: Target,
    known: Inputs,
    wanted: Wanted,
    line: LockLine | None,
    past: Past,
    mode: Mode,
) -> tuple[Verdict, tuple[Reason, ...], tuple[ToBuy, ...]]:
    """Return the first verdict of the list that applies, its reasons and the takes to buy."""
    unfit = _unfit_outputs(target, wanted, line, past)
    forced = mode.force and _can_be_made_again(wanted, known, past)
    if line is not None and not unfit and not forced and _is_recorded(wanted, line):
        if wanted.kept:
            return Verdict.KEPT, (wanted.kept,), ()
        return Verdict.UP_TO_DATE, (), ()
    foreign = _modified(target, line, past, mode)
    if foreign:
        return Verdict.MODIFIED, foreign, ()
    jobs = latest_jobs(past, wanted.action)
    lacking = still_out(target, wanted, line, jobs)
    settled = _unsettled(jobs, wanted, lacking, to_buy(target, wanted, line, jobs))
    if settled:
        return (*settled, ())
    if known.stops:
        return Verdict.BLOCKED, known.stops, ()
    if known.waiting and not wanted.kept:
        return Verdict.PENDING, known.waiting, ()
    if not target.kind.is_paid and wanted.take is None:
        cached = _all_cached(wanted, past)
        lost = _unreadable_sources(known, past)
        if lost and not cached:
            return Verdict.BLOCKED, lost, ()
        return (*_local_verdict(wanted, line, unfit, mode, cached=cached), ())
    return _paid_verdict(target, known, wanted, line, jobs, unfit, past, mode)


def _can_be_made_again(wanted: Wanted, known: Inputs, past: Past) -> bool:
    """Whether what the outputs are made of can be read here."""
    if wanted.take is not None:
        return past.readable(wanted.take.sha256)
    return not _unreadable_sources(known, past)


def _is_recorded(wanted: Wanted, line: LockLine) -> bool:
    """Whether the line is of the wanted key (or is kept in its place)."""
    if wanted.kept:
        return True
    if wanted.action is None:
        return wanted.outputs is not None and line.recipe is None
    return line.key == wanted.action.key and bool(line.takes)


def _unfit_outputs(
    target: Target, wanted: Wanted, line: LockLine | None, past: Past
) -> list[Reason]:
    """Return why the outputs are not as wanted: not recorded, missing, or other bytes."""
    if wanted.outputs is None:
        return [Reason(why.NEW)] if target.outputs else []
    unfit: list[Reason] = []
    records = line.outputs if line else {}
    for path, action in wanted.outputs.items():
        record = records.get(path)
        found = past.seen.get(path)
        if record is not None and record.key == action.key and record.sha256 == found:
            continue
        if found is None:
            unfit.append(Reason(why.MISSING_OUTPUT, {"path": path}))
        elif record is None or record.key != action.key:
            unfit.append(Reason(why.LOCAL_CHANGED, {"path": path}))
        else:
            unfit.append(Reason(why.OLD_OUTPUT, {"path": path}))
    return unfit


def _modified(target: Target, line: LockLine | None, past: Past, mode: Mode) -> tuple[Reason, ...]:
    found: list[Reason] = []
    for output in target.outputs:
        digest = past.seen.get(output.path)
        if digest is None:
            continue
        record = line.outputs.get(output.path) if line else None
        if (record and record.sha256 == digest) or past.made(digest):
            continue
        if target.is_whole(output) and target.kind is not TargetKind.ATLAS:
            kind = why.EDITED if record else why.FOREIGN
        else:
            kind = why.PART_EDITED if record else why.PART_FOREIGN
        found.append(Reason(kind, {"path": output.path, "target": target.name}))
    return tuple(found)


def _unsettled(
    jobs: Mapping[int, Job],
    wanted: Wanted,
    lacking: tuple[Job, ...],
    missing: tuple[ToBuy, ...],
) -> tuple[Verdict, tuple[Reason, ...]] | None:
    if wanted.kept:
        return None
    calls = lacking if wanted.take is not None else jobs.values()
    held = [job for job in calls if job.state is JobState.AMBIGUOUS]
    if held:
        return Verdict.HELD, tuple(Reason(why.HELD, {"provider": j.provider}) for j in held)
    if wanted.take is not None:
        return None
    ended = [job for job in jobs.values() if has_ended(job)]
    if ended and not missing and not any(job.state.is_open for job in jobs.values()):
        return Verdict.FAILED, tuple(_ended(job) for job in ended)
    return None


def _ended(job: Job) -> Reason:
    facts = {"provider": job.provider, "reason": job.reason, "job": str(job.id)}
    return Reason(why.ABANDONED if job.state is JobState.ABANDONED else why.ENDED, facts)


def _local_verdict(
    wanted: Wanted, line: LockLine | None, unfit: list[Reason], mode: Mode, *, cached: bool
) -> tuple[Verdict, tuple[Reason, ...]]:
    if mode.force and not unfit:
        return Verdict.RESTORE, (Reason(why.FORCED),)
    records = line.outputs if line else {}
    outputs = wanted.outputs or {}
    same = all(path in records and records[path].key == a.key for path, a in outputs.items())
    if cached or (line is not None and same):
        return Verdict.RESTORE, tuple(unfit)
    return Verdict.RUN, tuple(unfit) if line else (Reason(why.NEW),)


def _unreadable_inputs(target: Target, known: Inputs, past: Past) -> tuple[Reason, ...]:
    """Return a reason for each bought picture that has to be sent and cannot be read."""
    bought = [r for r in target.inputs if r.wants_bought]
    return tuple(
        Reason(why.INPUT_LOST, {"input": reference.target})
        for reference, given in zip(bought, known.paid or (), strict=False)
        if reference.target and not past.readable(given.sha256)
    )


def _unreadable_sources(known: Inputs, past: Past) -> tuple[Reason, ...]:
    return tuple(
        Reason(why.INPUT_LOST, {"input": name})
        for name, source in known.sources.items()
        if not _can_read(source, past)
    )


def _can_read(source: Source, past: Past) -> bool:
    if not all(_can_read(one, past) for one in source.given.values()):
        return False
    if source.coming or (source.path and past.seen.get(source.path) == source.sha256):
        return True
    return past.readable(source.sha256) or bool(source.key and past.result(source.key))


def _paid_verdict(
    target: Target,
    known: Inputs,
    wanted: Wanted,
    line: LockLine | None,
    jobs: Mapping[int, Job],
    unfit: list[Reason],
    past: Past,
    mode: Mode,
) -> tuple[Verdict, tuple[Reason, ...], tuple[ToBuy, ...]]:
    missing = to_buy(target, wanted, line, jobs)
    flying = any(job.state.is_open for job in still_out(target, wanted, line, jobs))
    if wanted.take is None or missing or flying:
        lost = _unreadable_inputs(target, known, past) if missing else ()
        if lost:
            return Verdict.BLOCKED, lost, ()
        calls = [j for j in jobs.values() if j.state.is_open]
        because = [
            Reason(why.IN_FLIGHT, {"take": j.take, "provider": j.provider}) for j in calls
        ] or _why_run(wanted, line)
        return Verdict.RUN, tuple(because), missing
    if past.readable(wanted.take.sha256) or _all_cached(wanted, past):
        known_before = Reason(why.KNOWN_KEY, {"take": wanted.take.n})
        if not wanted.kept and not (line is not None and _is_recorded(wanted, line)):
            because = [known_before]
        else:
            because = unfit or [Reason(why.FORCED) if mode.force else known_before]
        return Verdict.RESTORE, tuple(because), ()
    if wanted.model == DRAFT_MODEL or (mode.rebuy_lost and not mode.draft and not wanted.kept):
        return _have_again(target, known, wanted, wanted.take, line, jobs, past)
    return Verdict.LOST, (Reason(why.LOST, {"digest": wanted.take.sha256[:12]}),), ()


def _have_again(
    target: Target,
    known: Inputs,
    wanted: Wanted,
    take: Take,
    line: LockLine | None,
    jobs: Mapping[int, Job],
    past: Past,
) -> tuple[Verdict, tuple[Reason, ...], tuple[ToBuy, ...]]:
    """Order a lost picture again, unless one that has to be sent with it is lost too."""
    lost = _unreadable_inputs(target, known, past)
    if lost:
        return Verdict.BLOCKED, lost, ()
    kind = why.REDRAW if wanted.model == DRAFT_MODEL else why.REBUY
    return Verdict.RUN, (Reason(kind),), buy_again(take, line, jobs)


def _why_run(wanted: Wanted, line: LockLine | None) -> list[Reason]:
    if line is None or line.recipe is None or wanted.action is None:
        return [Reason(why.NEW)]
    if line.state is LineState.DRAFT and wanted.model != DRAFT_MODEL:
        return [Reason(why.DRAFTED)]
    old, new = dict(line.recipe), wanted.action.manifest
    changed = [name for name in new if old.get(name) != new[name]]
    return [Reason(why.CHANGED, {"fields": ", ".join(changed)})] if changed else [Reason(why.NEW)]


def _all_cached(wanted: Wanted, past: Past) -> bool:
    return bool(wanted.outputs) and all(
        past.result(action.key) is not None for action in (wanted.outputs or {}).values()
    )


def _ranges(
    target: Target,
    verdict: Verdict,
    buy: tuple[ToBuy, ...],
    offers: tuple[Offer, ...],
    again: Sequence[Job],
) -> tuple[Range, Range, bool]:
    """Return the pictures to buy, what they cost, and whether a price is unknown.

    A busy provider's work goes to the next one that can be used, so its price counts too; and so
    do calls that may never have arrived, and are sent ``again`` then.
    """
    prices = [offer.price for offer in offers if offer.is_ready]
    prices = prices or [o.price for o in offers[:1]]
    known = [price for price in prices if price is not None] or [0.0]
    unknown = None in prices or not prices
    if verdict is Verdict.RUN:
        least, most = len(buy) * min(known), len(buy) * max(known)
        most += sum(job.price or 0.0 for job in again)
        unknown = (unknown and bool(buy)) or any(job.price is None for job in again)
        return Range(len(buy), len(buy) + len(again)), Range(least, most), unknown
    return Range(0, target.takes), Range(0, target.takes * max(known)), unknown


def _asked_ratio(target: Target, offers: tuple[Offer, ...]) -> tuple[Reason, ...]:
    """Say so where the service is asked for another ratio than the target's."""
    asked = offers[0].ratio if offers else None
    if target.aspect_ratio is None or asked in (None, target.aspect_ratio):
        return ()
    provider = offers[0].route.provider
    facts = {"provider": provider, "ratio": target.aspect_ratio, "asked": asked}
    return (Reason(why.NEAREST, facts),)


def _is_reviewed(line: LockLine | None, wanted: Wanted) -> bool:
    if wanted.kept:
        return True
    if wanted.picked:
        return True
    return (
        line is not None
        and wanted.action is not None
        and line.key == wanted.action.key
        and line.state in (LineState.PICKED, LineState.ADOPTED)
    )
