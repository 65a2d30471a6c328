"""Makes the plan: decides every selected target in order and adds up; touches nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from assetgen.action import DRAFT_MODEL
from assetgen.catalogue import DRAFTS as ONLY_DRAFTS
from assetgen.catalogue import Catalogue
from assetgen.digest import Digest
from assetgen.errors import Problem
from assetgen.graph import Graph, Target
from assetgen.plan import reasons as why
from assetgen.plan.model import Decision, Mode, Plan, Standing
from assetgen.plan.notices import notices
from assetgen.plan.rebuilder import Rebuilder, decide
from assetgen.state import NO_RANGE, Past, Range, Reason, Verdict


def make_plan(
    graph: Graph,
    names: Iterable[str],
    past: Past,
    mode: Mode | None = None,
    catalogue: Catalogue = ONLY_DRAFTS,
    rebuilder: Rebuilder = decide,
) -> Plan:
    """Return decisions for ``names`` (which must contain what they need), in build order."""
    mode = mode or Mode()
    chosen = set(names)
    order = [target for target in graph.order() if target.name in chosen]
    run = partial(_decide_all, order, past, catalogue, mode, rebuilder)
    decisions = run()
    rebuy: set[str] = set()
    while (lost := _lost_inputs(decisions, mode)) - rebuy:
        rebuy |= lost
        decisions = run(rebuy=rebuy)
    result = _count_once(decisions)
    return Plan(
        decisions=tuple(result),
        images=sum((d.images for d in result if d.images.max), NO_RANGE),
        cost=sum((d.cost for d in result if d.cost.max), NO_RANGE),
        unknown_cost=any(d.unknown_cost for d in result),
        rebuy=frozenset(rebuy),
        notices=tuple(notices(graph, result, past, catalogue)),
        problems=tuple(_unfit(result)),
    )


def _decide_all(
    order: Iterable[Target],
    past: Past,
    catalogue: Catalogue,
    mode: Mode,
    rebuilder: Rebuilder,
    rebuy: Iterable[str] = (),
) -> dict[str, Decision]:
    standings: dict[str, Standing] = {}
    decisions: dict[str, Decision] = {}
    lost = set(rebuy)
    for target in order:
        decision = rebuilder(target, standings, past, catalogue, mode, rebuy=target.name in lost)
        decisions[target.name] = decision
        standings[target.name] = decision.standing
    return decisions


def _lost_inputs(decisions: Mapping[str, Decision], mode: Mode) -> set[str]:
    """Return the targets whose lost picture is needed and may be had again: drafts always."""
    needed = {
        str(reason.facts["input"])
        for decision in decisions.values()
        if decision.lost
        for reason in decision.reasons
        if reason.kind is why.INPUT_LOST
    }
    return {
        name
        for name in needed & decisions.keys()
        if mode.rebuy_lost or decisions[name].model == DRAFT_MODEL
    }


def _count_once(decisions: Mapping[str, Decision]) -> list[Decision]:
    """Let each take of a key be counted for the first target only that asks for it."""
    owners: dict[Digest, str] = {}
    ordered: set[tuple[Digest, int]] = set()
    result: list[Decision] = []
    for name, decision in decisions.items():
        if decision.verdict is Verdict.RUN and decision.action and decision.images.max:
            key = decision.action.key
            fresh = [o for o in decision.buy if (key, o.take) not in ordered]
            ordered.update((key, order.take) for order in fresh)
            if owners.setdefault(key, name) != name:
                decision = _shared(decision, owners[key], len(fresh))
        result.append(decision)
    return result


def _shared(decision: Decision, owner: str, fresh: int) -> Decision:
    """Return a decision whose picture another target buys, but for ``fresh`` more takes."""
    part = fresh / max(1, len(decision.buy))
    return replace(
        decision,
        reasons=(*decision.reasons, Reason(why.SHARED, {"target": owner})),
        images=Range(fresh, fresh),
        cost=Range(decision.cost.min * part, decision.cost.max * part),
        unknown_cost=decision.unknown_cost and bool(fresh),
    )


def _unfit(decisions: Sequence[Decision]) -> Iterable[Problem]:
    """Yield what would have to be asked for and nobody offers; cells of a matrix share a place."""
    told: set[str] = set()
    for decision in decisions:
        if decision.images.max and not decision.offers:
            for problem in decision.unfit:
                if str(problem) not in told:
                    told.add(str(problem))
                    yield problem
