"""Settles a lock that a merge left with several lines for a target; loses no bought picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from assetgen.app.loading import load_graph
from assetgen.app.locked import with_all_takes
from assetgen.app.project import Project
from assetgen.graph import Graph
from assetgen.plan.planner import make_plan
from assetgen.state import LockLine, Past
from assetgen.store import lock as locks
from assetgen.store import snapshot

Choose = Callable[[str, Sequence[LockLine]], LockLine | None]
"""Asks which of several lines of a target to keep; None leaves the lock as it is."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """What `lock resolve` did: how many targets had several lines, and which stay undecided."""

    settled: int = 0
    undecided: tuple[str, ...] = ()


def resolve(project: Project, choose: Choose) -> Resolved:
    """Write a lock with one line for each target.

    The line whose key the spec wants wins; where that does not decide, ``choose`` does. Raises
    SpecError, LockError, StoreError; nothing is written while a target is undecided.
    """
    _, graph = load_graph(project)
    text = locks.read_text(project.lock_path)
    if text is None:
        return Resolved()
    lock = locks.without_markers(text)
    lines = dict(lock.lines)
    undecided: list[str] = []
    for name, placed in _inputs_first(graph, lock.duplicates):
        candidates = [one.line for one in placed]
        line = _wanted(graph, name, candidates, lines) or choose(name, candidates)
        if line is None:
            undecided.append(name)
        else:
            lines[name] = with_all_takes(line, candidates)
    if not undecided:
        snapshot.forget(project.folder)
        locks.write(project.fs, project.lock_path, lines.values())
    return Resolved(len(lock.duplicates), tuple(undecided))


def _inputs_first(
    graph: Graph, duplicates: Mapping[str, tuple[locks.Placed, ...]]
) -> list[tuple[str, tuple[locks.Placed, ...]]]:
    ordered = [target.name for target in graph.order() if target.name in duplicates]
    rest = [name for name in duplicates if name not in graph.targets]
    return [(name, duplicates[name]) for name in (*ordered, *rest)]


def _wanted(
    graph: Graph, name: str, candidates: Sequence[LockLine], lines: Mapping[str, LockLine]
) -> LockLine | None:
    """Return the one candidate that fits the spec, if there is just one."""
    if name not in graph.targets:
        return candidates[0]
    action = None
    if graph.targets[name].kind.is_paid:
        past = Past(lines={**lines, name: candidates[0]})
        action = make_plan(graph, graph.closure([name]), past)[name].action
    return locks.choose(candidates, action.key if action else None)
