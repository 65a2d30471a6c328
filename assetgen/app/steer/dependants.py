"""What a decision about one target means for those that are made of it; decides about none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from assetgen.action import DRAFT_MODEL
from assetgen.app.loading import Loaded, load
from assetgen.app.planning import Selection, plan_loaded
from assetgen.app.project import Project
from assetgen.app.steer import verbs
from assetgen.app.steer.deciding import sitting
from assetgen.plan.model import Decision, Mode
from assetgen.state import NO_RANGE, LineState, Range, Verdict

_DONE = (Verdict.UP_TO_DATE, Verdict.KEPT)
_STALE = (Verdict.RUN, Verdict.PENDING)


@dataclass(frozen=True, slots=True)
class Stale:
    """Paid targets that stood as they were wanted, and are to be bought anew by now.

    Attributes:
        names: which; images: how many pictures that is.
        cost: USD; unknown: some price is not known.
        kept: those whose pictures were accepted for the recipe as it now is.
    """

    names: tuple[str, ...] = ()
    images: Range = NO_RANGE
    cost: Range = NO_RANGE
    unknown: bool = False
    kept: tuple[str, ...] = ()


def settled_dependants(project: Project, name: str) -> frozenset[str]:
    """Return the paid targets that depend on ``name`` and need nothing now.

    Raises SpecError, LockError, StoreError.
    """
    loaded = load(project)
    return frozenset(
        d.target.name for d in _dependants(project, loaded, name) if d.verdict in _DONE
    )


def stale_dependants(
    project: Project, name: str, before: Iterable[str], *, keep: str = ""
) -> Stale:
    """Return which of the targets ``before`` are to be bought anew since ``name`` was changed.

    With words to ``keep`` them for, those whose recipe is known are accepted as they are. The
    caller holds the project alone then. Raises as :func:`settled_dependants`.
    """
    stood = frozenset(before)
    stale = _now_stale(project, name, stood)
    kept: list[str] = []
    while keep and (fresh := [d for d in stale if _can_be_kept(d)]):
        with sitting(project) as one:
            for decision in fresh:
                verbs.accept(project, decision.target.name, keep, sitting=one)
                kept.append(decision.target.name)
        stale = _now_stale(project, name, stood)
    return Stale(
        names=tuple(d.target.name for d in stale),
        images=sum((d.images for d in stale), NO_RANGE),
        cost=sum((d.cost for d in stale), NO_RANGE),
        unknown=any(d.unknown_cost for d in stale),
        kept=tuple(kept),
    )


def _now_stale(project: Project, name: str, stood: frozenset[str]) -> list[Decision]:
    decisions = _dependants(project, load(project), name)
    stale = [d for d in decisions if d.target.name in stood and d.verdict in _STALE]
    return [d for d in stale if d.model != DRAFT_MODEL]


def _can_be_kept(decision: Decision) -> bool:
    line, action = decision.line, decision.action
    if line is None or action is None or line.bought is None or line.state is LineState.DRAFT:
        return False
    return decision.verdict is Verdict.RUN and line.key != action.key


def _dependants(project: Project, loaded: Loaded, name: str) -> list[Decision]:
    if name not in loaded.graph.targets:
        return []
    names = loaded.graph.reverse_closure([name]) - {name}
    if not names:
        return []
    plan = plan_loaded(project, loaded, Selection(sorted(names)), Mode())
    return [d for d in plan.decisions if d.target.name in names and d.target.kind.is_paid]
