"""What dependants may know of a target: the digests that are certain, or why to stop."""

from __future__ import annotations

from dataclasses import replace

from assetgen.catalogue import Catalogue, Offer
from assetgen.digest import Digest
from assetgen.graph import NOTHING, Target
from assetgen.optable import read_by
from assetgen.plan import reasons as why
from assetgen.plan.local import origin_of
from assetgen.plan.model import FRESH_STANDING, NO_STANDING, Origin, Source, Standing
from assetgen.plan.wanted import Inputs, Wanted
from assetgen.state import LockLine, Past, Reason, Verdict

SETTLED = (Verdict.UP_TO_DATE, Verdict.KEPT, Verdict.RESTORE, Verdict.RUN)
"""Verdicts after which only a pick can be missing."""


def fresh_standing(
    target: Target, verdict: Verdict, offers: tuple[Offer, ...], catalogue: Catalogue
) -> Standing | None:
    """Return the standing of a picture that is yet to be bought; None for all others."""
    if not target.kind.is_paid or verdict not in (Verdict.RUN, Verdict.PENDING):
        return None
    if offers and catalogue.service(offers[0].route.provider).addresses:
        return FRESH_STANDING
    return NO_STANDING


def standing_of(
    target: Target,
    verdict: Verdict,
    wanted: Wanted,
    line: LockLine | None,
    past: Past,
    known: Inputs,
    *,
    waits: bool,
) -> Standing:
    """Return what a dependant may know: digests as far as they are certain, and why to stop."""
    bought = wanted.take.sha256 if wanted.take else None
    final = _final(target, wanted, line, past, known)
    if final is not None and verdict is Verdict.RESTORE and target.readable is not None:
        final = replace(final, coming=True)
    stop = None if verdict is Verdict.UP_TO_DATE else _STOPS.get(verdict)
    if waits and verdict in SETTLED:
        stop = why.INPUT_REVIEW
    if verdict is Verdict.MODIFIED and (bought or final):
        stop = None
    return Standing(bought, final, Reason(stop, {"input": target.name}) if stop else None)


_STOPS = {
    Verdict.HELD: why.INPUT_HELD,
    Verdict.FAILED: why.INPUT_FAILED,
    Verdict.BLOCKED: why.INPUT_BLOCKED,
    Verdict.LOST: why.INPUT_LOST,
    Verdict.MODIFIED: why.INPUT_MODIFIED,
}


def _final(
    target: Target, wanted: Wanted, line: LockLine | None, past: Past, known: Inputs
) -> Source | None:
    output = target.readable
    if output is None:
        base = wanted.base
        if base is None:
            return None
        read = _read_by_ops(target, known)
        if read is None:
            return None
        read = {**base.given, **read}
        origin = origin_of(target, base, target.ops, read) if read else base.origin
        ops = base.ops if base.finished else base.ops + target.ops
        return replace(base, ops=ops, given=read or NOTHING, origin=origin)
    if wanted.outputs is None:
        return None
    path = output.path
    record = line.outputs.get(path) if line else None
    key: Digest = wanted.outputs[path].key
    ops = output.ops if wanted.base is None else wanted.base.ops + output.ops
    given = known.sources if wanted.base is None else {**wanted.base.given, **known.sources}
    origin = origin_of(target, wanted.base, ops, given) if given else _origin(wanted)
    if record is not None and record.key == key:
        return Source(record.sha256, path=path, key=key, origin=origin)
    cached = past.result(key)
    return Source(cached, path=path, key=key, origin=origin) if cached else None


def _origin(wanted: Wanted) -> Origin:
    return wanted.base.origin if wanted.base else Origin.MODEL


def _read_by_ops(target: Target, known: Inputs) -> dict[str, Source] | None:
    """Return what the target's own ops read, which goes with its picture; None while unknown."""
    names = {name: None for op in target.ops for name in read_by(op)}
    if not names.keys() <= known.sources.keys():
        return None
    return {name: known.sources[name] for name in names}
