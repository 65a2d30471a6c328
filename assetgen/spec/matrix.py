"""Axes and the cells of a matrix, counted before they are made; knows no target fields."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from assetgen.errors import Kind, Loc, Problem, SpecError, did_you_mean
from assetgen.spec.axis import Axis, inline_axis
from assetgen.spec.collect import Problems
from assetgen.spec.columns import Cell
from assetgen.spec.layers import listed
from assetgen.spec.model import Map, Seq
from assetgen.spec.values import normal, scalar_text

DEFAULT_LIMIT = 10_000
MAX_LIMIT = 1_000_000
"""What `matrix_limit` can be raised to."""
MAX_COMBINATIONS = 1000
RULES = ("exclude", "include")

UNKNOWN_NAMED_AXIS = Kind("unknown-named-axis", "there is no axis '{name}' in `axes:`", "{step}")
UNKNOWN_AXIS = Kind("unknown-axis", "the matrix has no axis '{name}'", "{step}")
UNKNOWN_VALUE = Kind("unknown-axis-value", "axis '{axis}' has no value '{value}'", "{step}")
TOO_MANY_CELLS = Kind(
    "too-many-cells",
    "the matrix has {count:,} cells, more than the limit of {limit:,}",
    "exclude does not lower the count; {step}",
)
INCLUDE_INCOMPLETE = Kind(
    "include-incomplete",
    "an entry of `include` adds a whole cell, and this one leaves out {missing}",
    "name a value for each axis",
)
INCLUDE_VALUE = Kind(
    "include-value",
    "a new value of axis '{axis}' is written {{id: phrase}}, one at a time",
    "write one entry of `include` per cell",
)

Condition = tuple[tuple[int, frozenset[str]], ...]
"""Positions of axes, and the ids that match there."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """The axes of a target, by position, and its cells in order; without axes, one empty cell."""

    axes: tuple[Axis, ...] = ()
    cells: Sequence[Cell] = field(default_factory=lambda: [()])

    @property
    def names(self) -> tuple[str, ...]:
        """The axes' names in order."""
        return tuple(axis.name for axis in self.axes)


def build_matrix(
    raw: Map, named: Mapping[str, Axis], limit: int, limit_loc: Loc, problems: Problems
) -> Matrix:
    """Return the matrix of a `matrix:` map.

    Raises SpecError if an axis is unknown or has no values, or there are more cells than
    ``limit``; mistakes in exclude and include are noted in ``problems``.
    """
    axes = tuple(_axis(raw, name, named) for name in raw if name not in RULES)
    include = listed(raw.get("include"), raw.loc)
    count = math.prod(len(axis.values) for axis in axes) + len(include)
    if count > limit:
        raise SpecError(_too_many(count, limit, limit_loc))
    excluded = [
        condition
        for rule, at in listed(raw.get("exclude"), raw.loc)
        if (condition := conditions(rule, at, axes, problems)) is not None
    ]
    axes, added = _included(include, axes, problems)
    cells: Sequence[Cell] = list(product(*(axis.values[: axis.declared] for axis in axes)))
    if excluded:
        rules = Rules(excluded)
        cells = [cell for cell in cells if not rules.matching(cell)]
    return Matrix(axes, [*cells, *added] if added else cells)


def _too_many(count: int, limit: int, loc: Loc) -> Problem:
    step = "use shorter axes, or several targets with fewer axes each"
    if count <= MAX_LIMIT:
        step = f"if you want them all, write matrix_limit: {count}"
    return Problem(TOO_MANY_CELLS, loc, {"count": count, "limit": limit, "step": step})


def conditions(rule: Map, loc: Loc, axes: Sequence[Axis], problems: Problems) -> Condition | None:
    """Return what a map of axis to value (or list of values) asks; None after noting a mistake."""
    position = {axis.name: i for i, axis in enumerate(axes)}
    result, before = [], len(problems)
    for name, value in rule.items():
        at = rule.values_at.get(name, loc)
        if name not in position:
            step = did_you_mean(name, position)
            problems.add(UNKNOWN_AXIS, rule.keys_at.get(name, loc), name=name, step=step)
            continue
        axis = axes[position[name]]
        ids = [(normal(scalar_text(item)), where) for item, where in listed(value, at)]
        for id_, where in ids:
            _check_value(axis, id_, where, problems)
        result.append((position[name], frozenset(id_ for id_, _ in ids)))
    return tuple(result) if len(problems) == before else None


class Rules:
    """Conditions by number, looked up by the ids of a cell instead of tried one after another."""

    def __init__(self, conditions: Sequence[Condition]) -> None:
        self._tables: dict[tuple[int, ...], dict[tuple[str, ...], list[int]]] = {}
        self._loose: list[tuple[int, Condition]] = []
        for number, condition in enumerate(conditions):
            wanted = sorted(condition)
            if math.prod(len(ids) for _, ids in wanted) > MAX_COMBINATIONS:
                self._loose.append((number, condition))
                continue
            table = self._tables.setdefault(tuple([i for i, _ in wanted]), {})
            for ids in product(*(ids for _, ids in wanted)):
                table.setdefault(ids, []).append(number)

    def matching(self, cell: Cell) -> tuple[int, ...]:
        """Return the numbers of the conditions that a cell meets, in order."""
        found: list[int] = []
        for axes, table in self._tables.items():
            numbers = table.get(tuple([cell[i].id for i in axes]))
            if numbers:
                found += numbers
        for number, condition in self._loose:
            if all(cell[i].id in ids for i, ids in condition):
                found.append(number)
        return tuple(sorted(found))


def _axis(raw: Map, name: str, named: Mapping[str, Axis]) -> Axis:
    value, at = raw[name], raw.values_at[name]
    if not isinstance(value, str):
        return inline_axis(name, value, at)
    if value not in named:
        facts = {"name": value, "step": did_you_mean(value, named)}
        raise SpecError(Problem(UNKNOWN_NAMED_AXIS, at, facts))
    return named[value].renamed(name)


def _check_value(axis: Axis, id_: str, loc: Loc, problems: Problems) -> bool:
    if id_ in axis.by_id:
        return True
    if not problems.enough(UNKNOWN_VALUE, loc):
        step = did_you_mean(id_, list(axis.by_id)[:500])
        problems.add(UNKNOWN_VALUE, loc, axis=axis.name, value=id_, step=step)
    return False


def _included(
    include: Sequence[tuple[Map, Loc]], axes: tuple[Axis, ...], problems: Problems
) -> tuple[tuple[Axis, ...], list[Cell]]:
    rows = []
    for rule, loc in include:
        before = len(problems)
        axes = _defined(rule, axes, problems)
        row = list(_ids(rule, loc, axes, problems))
        if len(problems) == before:
            rows.append(row)
    return axes, [
        tuple([axis.by_id[id_] for axis, id_ in zip(axes, row, strict=True)]) for row in rows
    ]


def _defined(rule: Map, axes: tuple[Axis, ...], problems: Problems) -> tuple[Axis, ...]:
    """Return the axes with the values that an entry of `include` defines."""
    result = []
    for axis in axes:
        value, at = rule.get(axis.name), rule.values_at.get(axis.name, axis.loc)
        if isinstance(value, Map) and len(value) == 1:
            extended = problems.attempt(axis.extended, value, at)
            axis = extended or axis
        elif isinstance(value, Map | Seq):
            problems.add(INCLUDE_VALUE, at, axis=axis.name)
        result.append(axis)
    return tuple(result)


def _ids(rule: Map, loc: Loc, axes: Sequence[Axis], problems: Problems) -> Iterator[str]:
    known = [axis.name for axis in axes]
    for name in rule:
        if name not in known:
            step = did_you_mean(name, known)
            problems.add(UNKNOWN_AXIS, rule.keys_at[name], name=name, step=step)
    missing = [name for name in known if name not in rule]
    if missing:
        problems.add(INCLUDE_INCOMPLETE, loc, missing=", ".join(missing))
    for axis in axes:
        value = rule.get(axis.name)
        if axis.name in missing or isinstance(value, Seq):
            continue
        if isinstance(value, Map):
            if len(value) == 1:
                yield normal(next(iter(value)))
            continue
        id_ = normal(scalar_text(value))
        if _check_value(axis, id_, rule.values_at[axis.name], problems):
            yield id_
