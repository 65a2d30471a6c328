"""Specs built of plain values: each node gets a place of its own, in the order of writing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from assetgen.errors import Loc, Problem, SpecError
from assetgen.graph import Graph
from assetgen.spec.expand import expand
from assetgen.spec.model import Map, Seq, Spec

_SECTIONS = ("vars", "styles", "axes", "presets", "defaults", "budget", "targets")


def node(value: Any, lines: Iterator[int] | None = None) -> Any:
    """Return dicts and lists as Map and Seq; every entry stands on the next line."""
    lines = count(1) if lines is None else lines
    if isinstance(value, Mapping):
        result = Map(Loc("spec.yaml", next(lines)))
        for key, item in value.items():
            at = Loc("spec.yaml", next(lines))
            result.put(key, node(item, lines), at, at)
        return result
    if isinstance(value, list):
        items = []
        for item in value:
            at = Loc("spec.yaml", next(lines))
            items.append((node(item, lines), at))
        return Seq(Loc("spec.yaml", next(lines)), items)
    return value


def make_spec(rows: Mapping[str, list[Any]] | None = None, **sections: Any) -> Spec:
    """Return a spec of plain sections; ``rows`` are those of its data axes."""
    lines = count(1)
    parts = {name: node(sections.get(name, {}), lines) for name in _SECTIONS}
    return Spec(loc=Loc("spec.yaml"), rows=rows or {}, files=("assetgen.yaml",), **parts)


def expanded(*files: str, **sections: Any) -> Graph:
    """Return the graph of a spec in a project that has ``files``."""
    return expand(make_spec(**sections), file_exists=lambda path: path in files)


def problems_of(*files: str, **sections: Any) -> list[Problem]:
    """Return what expanding a spec complains of; fails if it does not complain."""
    try:
        expanded(*files, **sections)
    except SpecError as error:
        return list(error.problems)
    raise AssertionError("the spec was accepted")


def problem_of(*files: str, **sections: Any) -> Problem:
    """Return the one problem of a spec."""
    found = problems_of(*files, **sections)
    assert len(found) == 1, [f"{problem} / {problem.step}" for problem in found]
    return found[0]
