"""What a decision about one target means for those that are made of it; decides about none."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from assetgen.action import DRAFT_MODEL
from assetgen.app.loading import load
from assetgen.app.planning import Selection, plan_loaded
from assetgen.app.project import Project
from assetgen.app.steer import verbs
from assetgen.app.steer.deciding import sitting
from assetgen.digest import Digest
from assetgen.plan.model import Decision, Mode
from assetgen.state import NO_RANGE, LineState, Range, Verdict


@dataclass(frozen=True, slots=True)
class Stale:
    """Paid targets that were made of another take, and are to be bought anew by now.

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


def stale_dependants(project: Project, name: str, *, keep: str = "") -> Stale:
    """Return what is to be bought anew because another take of ``name`` is shown now.

    With words to ``keep`` them for, they are accepted as they are. The caller holds the project
    alone then. Raises SpecError, LockError, StoreError, UsageError.
    """
    stale = _stale(project, name)
    kept: list[str] = []
    if keep and stale:
        with sitting(project) as one:
            for decision in stale:
                if decision.action is not None:
                    verbs.accept(project, decision.target.name, keep, sitting=one)
                    kept.append(decision.target.name)
        stale = _stale(project, name)
    return Stale(
        names=tuple(d.target.name for d in stale),
        images=sum((d.images for d in stale), NO_RANGE),
        cost=sum((d.cost for d in stale), NO_RANGE),
        unknown=any(d.unknown_cost for d in stale),
        kept=tuple(kept),
    )


def _stale(project: Project, name: str) -> list[Decision]:
    """Return those that read the target's picture, and what is bought after them of theirs."""
    loaded = load(project)
    line = loaded.lines.get(name)
    names = loaded.graph.reverse_closure([name]) - {name} if name in loaded.graph.targets else ()
    if line is None or not names:
        return []
    takes = {take.sha256 for take in line.takes}
    found: dict[str, Decision] = {}
    for decision in plan_loaded(project, loaded, Selection(sorted(names)), Mode()).decisions:
        waits = decision.verdict is Verdict.PENDING and not found.keys().isdisjoint(
            decision.target.needs
        )
        if _has_picture(decision) and (_reads_another(decision, takes) or waits):
            found[decision.target.name] = decision
    return list(found.values())


def _has_picture(decision: Decision) -> bool:
    line = decision.line
    bought = line is not None and line.bought is not None and line.state is not LineState.DRAFT
    return bought and decision.target.kind.is_paid and decision.model != DRAFT_MODEL


def _reads_another(decision: Decision, takes: Collection[Digest]) -> bool:
    """Whether all that changed of a recipe is which of ``takes`` it reads."""
    line, action = decision.line, decision.action
    if decision.verdict is not Verdict.RUN or line is None or not line.recipe or not action:
        return False
    old, new = dict(line.recipe), action.manifest
    was, now = old.pop("inputs"), new.pop("inputs")
    differing = [before for before, after in zip(was, now, strict=False) if before != after]
    return (
        old == new
        and len(was) == len(now)
        and bool(differing)
        and all(before["sha256"] in takes for before in differing)
    )
