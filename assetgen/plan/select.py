"""Which targets a command line means: names, globs, tags and neighbours; knows no verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from assetgen.errors import Kind, Problem, UsageError, did_you_mean
from assetgen.globs import glob_matches
from assetgen.graph import Graph

NO_MATCH = Kind("no-such-target", "no target matches '{pattern}'", "{hint}")


def select(graph: Graph, patterns: Sequence[str] = (), exclude: Sequence[str] = ()) -> list[str]:
    """Return the names that ``patterns`` mean, in declaration order; none means all.

    A pattern is a name, a glob (`hero/**`), `tag:icon`, `+name` (with what it needs) or `name+`
    (with what depends on it). Without patterns, targets without an output are left out: they are
    built only when something needs them. Raises UsageError for a pattern that matches nothing.
    """
    if patterns:
        chosen = _match_all(graph, patterns)
    else:
        chosen = {target.name for target in graph if target.outputs}
    chosen -= _match_all(graph, exclude)
    return [name for name in graph.targets if name in chosen]


def _match_all(graph: Graph, patterns: Iterable[str]) -> set[str]:
    chosen: set[str] = set()
    problems: list[Problem] = []
    for pattern in patterns:
        found = _match(graph, pattern)
        if not found:
            facts = {"pattern": pattern, "hint": _hint(graph, pattern.strip("+"))}
            problems.append(Problem(NO_MATCH, facts=facts))
        chosen |= found
    if problems:
        raise UsageError(*problems)
    return chosen


def _hint(graph: Graph, core: str) -> str:
    if core.startswith("tag:"):
        return did_you_mean(core, {f"tag:{tag}" for target in graph for tag in target.tags})
    return did_you_mean(core, graph.targets)


def _match(graph: Graph, pattern: str) -> set[str]:
    up, down = pattern.startswith("+"), pattern.endswith("+")
    core = pattern[up : len(pattern) - down]
    if pattern in graph.targets:
        return {pattern}
    if core.startswith("tag:"):
        found = {target.name for target in graph if core[4:] in target.tags}
    elif core in graph.targets:
        found = {core}
    else:
        found = {name for name in graph.targets if glob_matches(core, name)}
    result = set(found)
    if up:
        result |= graph.closure(found)
    if down:
        result |= graph.reverse_closure(found)
    return result
