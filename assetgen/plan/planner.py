"""Makes the plan: decides every selected target in order and adds up; touches nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from assetgen.action import DRAFT_MODEL
from assetgen.catalogue import DRAFTS as ONLY_DRAFTS
from assetgen.catalogue import Catalogue
from assetgen.digest import Digest
from assetgen.errors import Kind, Problem
from assetgen.graph import Graph, Target
from assetgen.plan import reasons as why
from assetgen.plan.model import Decision, Mode, Plan, Standing
from assetgen.plan.rebuilder import Rebuilder, decide
from assetgen.state import NO_RANGE, LineState, Past, Range, Reason, Verdict

REMOVED = Kind(
    "removed-target",
    "{count} in the lock, not in the spec: {names}",
    "'assetgen clean' lists what they left behind; a rename keeps them free",
)
DRAFTS = Kind(
    "drafts-in-lock",
    "drafts among the locked pictures: {count}",
    "'assetgen build' without --draft buys the real ones",
)
WITHDRAWN = Kind(
    "route-withdrawn",
    "{provider} may not serve {model} any more: {why}",
    "it is asked all the same; another model or provider may be the better choice",
)
MAY_EXPIRE = Kind(
    "address-may-expire",
    "{target} sends {provider} the address of {input}, which may expire before its review is done",
    "name a place in [hosting] of the user config, and the picture itself is put there",
)
UNASKED = Kind(
    "ratio-not-asked",
    "{provider} takes no ratio for these pictures ({count}): they are cropped to theirs",
    "what their inputs or the service decide may lose a good part; another provider may take it",
)
UNCHECKED = Kind(
    "expect-unchecked",
    "`expect` is not checked in this release (targets that have it: {count})",
    "look at these pictures yourself",
)


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
        notices=tuple(_notices(graph, result, past, catalogue)),
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
        if decision.verdict is Verdict.RUN and decision.action and decision.buy:
            key = decision.action.key
            fresh = [o for o in decision.buy if (key, o.take) not in ordered]
            ordered.update((key, order.take) for order in fresh)
            if owners.setdefault(key, name) != name:
                decision = _shared(decision, owners[key], len(fresh))
        result.append(decision)
    return result


def _shared(decision: Decision, owner: str, fresh: int) -> Decision:
    """Return a decision whose picture another target buys, but for ``fresh`` more takes."""
    part = fresh / len(decision.buy)
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


def _notices(
    graph: Graph, decisions: Sequence[Decision], past: Past, catalogue: Catalogue
) -> Iterable[Problem]:
    removed = sorted(name for name in past.lines if name not in graph.targets)
    if removed:
        shown = ", ".join(removed[:5]) + (" …" if len(removed) > 5 else "")
        count = f"{len(removed)} target{'s' if len(removed) > 1 else ''}"
        yield Problem(REMOVED, facts={"count": count, "names": shown})
    drafts = sum(
        1
        for d in decisions
        if d.line and d.line.state is LineState.DRAFT and d.target.model != DRAFT_MODEL
    )
    if drafts:
        yield Problem(DRAFTS, facts={"count": drafts})
    unchecked = sum(1 for decision in decisions if decision.target.expect)
    if unchecked:
        yield Problem(UNCHECKED, facts={"count": unchecked})
    yield from _withdrawn(decisions)
    yield from _unasked(graph, decisions)
    yield from _may_expire(graph, decisions, catalogue)


def _unasked(graph: Graph, decisions: Sequence[Decision]) -> Iterable[Problem]:
    """Yield, for each provider, how many pictures keep another ratio until they are cropped."""
    counts: Counter[str] = Counter()
    for decision in decisions:
        target = decision.target
        if not decision.offers or decision.offers[0].ratio or target.aspect_ratio is None:
            continue
        source = graph.targets.get(target.inputs[0].target) if target.inputs else None
        if source is None or source.aspect_ratio != target.aspect_ratio:
            counts[decision.offers[0].route.provider] += 1
    for provider, count in counts.items():
        yield Problem(UNASKED, facts={"provider": provider, "count": count})


def _withdrawn(decisions: Sequence[Decision]) -> Iterable[Problem]:
    """Yield one warning for each route that may not work any more and is about to be used."""
    told: set[tuple[str, str]] = set()
    for decision in decisions:
        route = decision.offers[0].route if decision.offers else None
        if route is None or not route.withdrawn or (route.provider, route.model) in told:
            continue
        told.add((route.provider, route.model))
        facts = {"provider": route.provider, "model": route.model, "why": route.withdrawn}
        yield Problem(WITHDRAWN, decision.target.loc, facts)


def _may_expire(
    graph: Graph, decisions: Sequence[Decision], catalogue: Catalogue
) -> Iterable[Problem]:
    """Yield a warning for each edit whose input waits for a review while its address may expire."""
    if catalogue.hosting:
        return
    for decision in decisions:
        target = decision.target
        if not target.inputs or target.model == DRAFT_MODEL or not target.kind.is_paid:
            continue
        gates = [graph.targets[r.target] for r in target.inputs if r.target and r.wants_bought]
        gate = next((one.name for one in gates if one.review), None)
        if gate is None or decision.verdict in (Verdict.UP_TO_DATE, Verdict.KEPT):
            continue
        routes = catalogue.routes(target.model, str(target.kind), target.providers)
        if routes and routes[0].forms == ("url",):
            facts = {"target": target.name, "input": gate, "provider": routes[0].provider}
            yield Problem(MAY_EXPIRE, target.loc, facts)
