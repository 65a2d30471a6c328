"""What a plan says that concerns no single target; decides nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from assetgen.action import DRAFT_MODEL
from assetgen.catalogue import Catalogue
from assetgen.errors import Kind, Problem
from assetgen.graph import Graph, Target
from assetgen.plan.model import Decision
from assetgen.state import LineState, LockLine, Past, Verdict

REMOVED = Kind(
    "removed-target",
    "{count} in the lock, not in the spec: {names}",
    "'assetgen clean' lists what they left behind; a rename keeps them free",
)
UNDECLARED = Kind(
    "undeclared-files",
    "{count} in the lock, not in the spec: {names}; {held}",
    "include the file that declares them, such as what 'assetgen import' wrote; "
    "'assetgen clean' forgets them",
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


def notices(
    graph: Graph, decisions: Sequence[Decision], past: Past, catalogue: Catalogue
) -> Iterable[Problem]:
    """Yield what is worth knowing before ``decisions`` are carried out."""
    lines = dict(past.lines)
    for decision in decisions:
        if decision.images.max and decision.model != DRAFT_MODEL:
            lines.pop(decision.target.name, None)  # whatever is there is about to be replaced
    yield from lasting(graph, [decision.target for decision in decisions], lines)
    yield from _withdrawn(decisions)
    yield from _unasked(graph, decisions)
    yield from _may_expire(graph, decisions, catalogue)


def lasting(
    graph: Graph, targets: Iterable[Target], lines: Mapping[str, LockLine]
) -> Iterable[Problem]:
    """Yield what will still be so when there is nothing to do, of ``targets`` and their lines."""
    removed = sorted(name for name in lines if name not in graph.targets)
    if removed:
        yield _removed(removed, sum(lines[name].holds_own for name in removed))
    drafts = 0
    for target in targets:
        line = lines.get(target.name)
        drafts += bool(line and line.state is LineState.DRAFT and target.model != DRAFT_MODEL)
    if drafts:
        yield Problem(DRAFTS, facts={"count": drafts})


def _removed(names: Sequence[str], own: int) -> Problem:
    """Return what to say of lines without a target, ``own`` of which hold files of the user's."""
    shown = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
    count = f"{len(names)} target{'s' if len(names) > 1 else ''}"
    facts = {"count": count, "names": shown}
    if not own:
        return Problem(REMOVED, facts=facts)
    who = "it" if len(names) == 1 else "all" if own == len(names) else f"{own} of them"
    held = "holds a file of yours" if own == 1 else "hold files of yours"
    return Problem(UNDECLARED, facts={**facts, "held": f"{who} {held}"})


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
