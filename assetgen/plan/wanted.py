"""What a target should be, from its inputs and the past; says nothing of what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assetgen.action import DRAFT_MODEL, Action, Input, paid
from assetgen.graph import Reference, Target
from assetgen.plan import reasons as why
from assetgen.plan.local import base_of, output_actions
from assetgen.plan.model import Mode, Origin, Source, Standing
from assetgen.quick import quick
from assetgen.state import LineState, LockLine, Past, Reason, Take


@dataclass(frozen=True, slots=True)
class Inputs:
    """The inputs of a target as far as they are known."""

    paid: tuple[Input, ...] | None
    sources: Mapping[str, Source]
    waiting: tuple[Reason, ...] = ()
    stops: tuple[Reason, ...] = ()


NO_INPUTS = Inputs(paid=(), sources={})


@quick
@dataclass(frozen=True, slots=True)
class Wanted:
    """What a target should be: its action, the take to show and the actions of its outputs."""

    action: Action | None
    model: str
    takes: tuple[Take, ...]
    take: Take | None
    kept: Reason | None
    picked: bool
    base: Source | None
    outputs: Mapping[str, Action] | None


def gather(target: Target, standings: Mapping[str, Standing], past: Past) -> Inputs:
    """Return what is known of everything that ``target`` reads, and why the rest is not."""
    if not target.inputs:
        return NO_INPUTS
    paid_inputs: list[Input] = []
    sources: dict[str, Source] = {}
    waiting: list[Reason] = []
    stops: list[Reason] = []
    unknown = False
    for reference in target.inputs:
        if reference.file:
            digest = past.seen.get(reference.file)
            if digest is None:
                unknown = True
                stops.append(Reason(why.INPUT_MISSING, {"path": reference.file}))
                continue
            source = Source(digest, path=reference.file, origin=Origin.FILE)
        else:
            standing = standings[reference.target]
            found = _read(reference, standing)
            if standing.stop is not None:
                stops.append(standing.stop)
            if found is None:
                unknown = True
                if standing.stop is None:
                    waiting.append(Reason(why.INPUT_CHANGES, {"input": reference.target}))
                continue
            source = found
        if reference.wants_bought:
            paid_inputs.append(Input(reference.role, source.sha256))
        else:
            sources[reference.target or "./" + reference.file] = source
    paid_known = not unknown or len(paid_inputs) == sum(r.wants_bought for r in target.inputs)
    return Inputs(tuple(paid_inputs) if paid_known else None, sources, tuple(waiting), tuple(stops))


def _read(reference: Reference, standing: Standing) -> Source | None:
    if not reference.wants_bought:
        return standing.final
    return Source(standing.bought) if standing.bought else None


def want(target: Target, known: Inputs, line: LockLine | None, past: Past, mode: Mode) -> Wanted:
    """Return the action, the take to show and the local actions that ``target`` should have."""
    if not target.kind.is_paid:
        return _want_local(target, known, line)
    model, kept = target.model, None
    action = _action(target, model, known)
    if mode.draft and model != DRAFT_MODEL:
        stands = line is not None and line.takes and line.state is not LineState.DRAFT
        stands = stands or bool(action is not None and past.takes(action.key, target.name))
        if not stands:
            model = DRAFT_MODEL
            action = _action(target, model, known)
        elif action is None or (line and line.key != action.key):
            kept = Reason(why.BOUGHT_STAYS)
    takes, take, picked = _takes(target.name, action, line, past)
    if line is not None and (action is None or line.key != action.key) and line.bought:
        kept = kept or _kept(line, action)
        if kept:
            takes, take, picked = line.takes, line.bought, False
    base = _base(target, model, take) if take else None
    outputs = output_actions(target, base, known.sources)
    return Wanted(action, model, takes, take, kept, picked, base, outputs)


def _want_local(target: Target, known: Inputs, line: LockLine | None) -> Wanted:
    take = line.bought if line is not None and line.state is LineState.ADOPTED else None
    if line is None or take is None:
        base = base_of(target, None, known.sources)
        return Wanted(
            None, "", (), None, None, False, base, output_actions(target, base, known.sources)
        )
    base = _base(target, "", take)
    outputs = output_actions(target, base, known.sources)
    return Wanted(None, "", line.takes, take, Reason(why.ADOPTED), False, base, outputs)


def _base(target: Target, model: str, take: Take) -> Source:
    return Source(take.sha256, origin=_origin(target, model, take), finished=take.finished)


def _origin(target: Target, model: str, take: Take) -> Origin:
    """Return where the pixels of a picture of a key come from."""
    if take.adopted:
        return Origin.FILE
    if model == DRAFT_MODEL:
        return Origin.DRAFT
    if target.inputs and any(read.file for read in target.inputs if read.wants_bought):
        return Origin.MIXED
    return Origin.MODEL


def _action(target: Target, model: str, known: Inputs) -> Action | None:
    if known.paid is None:
        return None
    return paid(
        kind=target.kind,
        model=model,
        prompt=target.prompt,
        inputs=known.paid,
        aspect_ratio=target.aspect_ratio,
        resolution=target.resolution,
        quality=target.quality,
        variant=target.variant,
    )


def _takes(
    name: str, action: Action | None, line: LockLine | None, past: Past
) -> tuple[tuple[Take, ...], Take | None, bool]:
    """Return the known takes of the wanted key, the one to show, and whether it was picked."""
    if action is None:
        return (), None, False
    if line is not None and line.key == action.key and line.takes:
        return line.takes, line.bought, line.state is LineState.PICKED
    takes = tuple(sorted(past.takes(action.key, name) or (), key=lambda take: take.n))
    if not takes:
        return (), None, False
    digest = past.picked(action.key)
    for take in takes:
        if take.sha256 == digest:
            return takes, take, True
    return takes, takes[0], False


def _kept(line: LockLine, action: Action | None) -> Reason | None:
    if line.pinned:
        return Reason(why.PINNED, {"take": line.shown})
    if line.state is LineState.ADOPTED:
        return Reason(why.ADOPTED)
    if action is not None and line.accepted_key == action.key:
        return Reason(why.ACCEPTED)
    return None
