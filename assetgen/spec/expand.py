"""A valid spec to its graph of targets: layers, matrices, templates, then what must fit together.

Opens no file: whether one exists is asked of the caller, for a better message only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from assetgen.errors import Kind, Loc, Problem, SpecError
from assetgen.graph import Graph, Target
from assetgen.spec.axis import Axis, data_axis, inline_axis
from assetgen.spec.collect import Problems
from assetgen.spec.columns import Cell, Columns, Computed, Constant, Field
from assetgen.spec.gathered import with_boxes, with_sprites
from assetgen.spec.layers import Fields, Layers, listed
from assetgen.spec.matrix import DEFAULT_LIMIT, Matrix, Rules, build_matrix, conditions
from assetgen.spec.model import Map, Spec
from assetgen.spec.outputs import check_outputs
from assetgen.spec.prompt import style_table
from assetgen.spec.recipe import Declaration, Workshop, make_targets
from assetgen.spec.references import check_cycle, check_references
from assetgen.spec.template import compile
from assetgen.spec.values import normal
from assetgen.state import MAX_NAME

MAX_TARGETS = 1_000_000

DUPLICATE_NAME = Kind(
    "duplicate-target", "two targets are called '{name}'", "let `name` use every axis that differs"
)
BAD_NAME = Kind("bad-target-name", "a target cannot be called '{name}': {why}", "choose another")
RESERVED_NAME = Kind(
    "reserved-variable",
    "'name' is the target's own name in templates and cannot be {what}",
    "rename it",
)
TOO_MANY_TARGETS = Kind(
    "too-many-targets", "the spec has more than {limit:,} targets", "split it into several projects"
)

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_./ -]{0,200}[A-Za-z0-9_])?")


Checks = Callable[[Graph], Iterable[Problem]]
"""Finds what is wrong with the targets beyond their own fields."""


def no_checks(graph: Graph) -> Iterable[Problem]:
    """Find nothing."""
    return ()


def expand(
    spec: Spec,
    *,
    file_exists: Callable[[str], bool],
    checks: Checks = no_checks,
    doubts: Checks = no_checks,
) -> Graph:
    """Return the targets of a spec that is valid by schema, in declaration order.

    ``file_exists`` tells whether a project path is a file; ``checks`` looks for further mistakes in
    the targets that could be expanded, and ``doubts`` for what is worth telling beside a mistake
    but is none by itself. Raises one SpecError with every problem found, those noted in ``spec``
    included.
    """
    expansion = _Expansion(spec)
    for key in spec.targets:
        expansion.declare(key)
    return expansion.finished(file_exists, checks, doubts)


def expand_one(spec: Spec, key: str) -> tuple[Target, ...]:
    """Return the targets of one entry of `targets:` alone, in the order of its cells.

    Whether they fit others is not looked at, and what is read by patterns is left out. Raises
    SpecError.
    """
    return _Expansion(spec).only(key)


class _Expansion:
    """What has been expanded so far; lives for one call of :func:`expand`."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._problems = Problems()
        self._layers = Layers(spec, self._problems)
        self._axes = self._named_axes()
        self._shop = Workshop(style_table(spec.styles, self._problems), self._problems)
        self._names: dict[str, Loc] = {}
        self._first_cells: dict[str, str] = {}
        self._targets: dict[str, Target] = {}
        self._complete = True
        self._hidden: dict[str, Loc] = {}
        self._is_blind = False
        if spec.noted:
            self._problems.take(SpecError(*spec.noted))
        if "name" in spec.vars:
            self._problems.add(RESERVED_NAME, spec.vars.keys_at["name"], what="one of `vars`")

    def declare(self, key: str) -> None:
        """Expand one entry of `targets:`."""
        if self._problems.full:
            return
        if key in self._spec.broken:
            self._hide(key)
            return
        try:
            self._declare(key)
        except SpecError as error:
            self._problems.take(error)
            self._hide(key)

    def _hide(self, key: str) -> None:
        """Remember a declaration whose targets are not known, so that nobody misses them."""
        self._complete = False
        self._hidden[key] = self._spec.targets.keys_at[key]
        own = self._spec.targets[key]
        named = (own if isinstance(own, Map) else {}, self._spec.defaults, *self._presets())
        self._is_blind = self._is_blind or any("name" in fields for fields in named)

    def _presets(self) -> Iterable[Map]:
        return (preset for preset in self._spec.presets.values() if isinstance(preset, Map))

    def finished(self, file_exists: Callable[[str], bool], checks: Checks, doubts: Checks) -> Graph:
        """Return the graph if everything fits. Raises SpecError."""
        problems = self._problems
        if self._complete:
            with_sprites(self._targets, self._shop.packings, problems)
            with_boxes(self._targets, self._shop.boxed, problems)
        graph = Graph(self._targets)
        if not self._is_blind:
            names = {**self._hidden, **self._names}
            cells = self._first_cells
            check_references(graph, names, cells, file_exists, problems, self._hidden)
        check_outputs(graph, self._spec.files, problems)
        check_cycle(graph, problems)
        for problem in checks(graph):
            problems.take(SpecError(problem))
        for problem in doubts(graph) if len(problems) else ():
            problems.take(SpecError(problem))
        problems.raise_any()
        return graph

    def only(self, key: str) -> tuple[Target, ...]:
        """Return the targets of one entry. Raises SpecError."""
        self.declare(key)
        self._problems.raise_any()
        return tuple(self._targets.values())

    def _declare(self, key: str) -> None:
        loc, own = self._own(key)
        base = self._layers.target(own)
        if self._reads_broken_axis(base):
            self._hide(key)
            return
        matrix = self._matrix(base, loc)
        overrides = self._overrides(base, matrix)
        what = Declaration(key, loc, final=not overrides)
        cells: dict[int, Target] = {}
        for chosen, numbers in _groups(matrix.cells, [when for when, _ in overrides]).items():
            fields = base
            for number in chosen:
                fields = self._layers.override(fields, overrides[number][1])
            some = matrix.cells if len(numbers) == len(matrix.cells) else _at(matrix, numbers)
            for number, target in zip(
                numbers, self._group(what, fields, matrix, some), strict=True
            ):
                if target is not None:
                    cells[number] = target
        ordered = cells.values() if not overrides else [cells[number] for number in sorted(cells)]
        self._targets.update((target.name, target) for target in ordered)

    def _group(
        self, what: Declaration, fields: Fields, matrix: Matrix, cells: Sequence[Cell]
    ) -> Sequence[Target | None]:
        """Return the targets of cells with equal fields; None where a name was not to be had."""
        columns = Columns(matrix.names, cells, self._spec.vars, self._problems)
        names = columns.render(_name_field(what, fields, matrix))
        names = [self._name(name, what, fields) for name in names]
        if matrix.axes and names and names[0]:
            self._first_cells.setdefault(what.key, names[0])
        columns.see_names(names)
        try:
            made = make_targets(what, fields, columns, names, self._shop)
        except SpecError as error:
            self._problems.take(error)
            return [None] * len(names)
        return [target if target.name else None for target in made]

    def _name(self, text: Any, what: Declaration, fields: Fields) -> str | None:
        """Return a rendered name that no other target has, else None."""
        if text is None:
            self._complete = False
            self._is_blind = True
            return None
        loc = fields.at("name", what.loc)
        name = str(text)
        if not _PLAIN_NAME.fullmatch(name):
            name = normal(name)
            why = _name_fault(name)
            if why:
                self._problems.add(BAD_NAME, loc, name=name, why=why)
                return None
        if name in self._names:
            self._problems.add(DUPLICATE_NAME, what.loc, self._names[name], name=name)
            return None
        self._names[name] = what.loc
        return name

    def _own(self, key: str) -> tuple[Loc, Map]:
        value, loc = self._spec.targets[key], self._spec.targets.keys_at[key]
        if isinstance(value, Map):
            return loc, value
        at = self._spec.targets.values_at[key]
        return loc, Map(at, [("prompt", value, at, at)])

    def _matrix(self, fields: Fields, loc: Loc) -> Matrix:
        raw = fields.get("matrix")
        if not raw:
            return Matrix()
        if "name" in raw:
            facts = {"what": "an axis"}
            raise SpecError(Problem(RESERVED_NAME, raw.keys_at["name"], facts))
        limit = fields.get("matrix_limit") or DEFAULT_LIMIT
        room = MAX_TARGETS - len(self._names)
        if room < DEFAULT_LIMIT:
            raise SpecError(Problem(TOO_MANY_TARGETS, loc, {"limit": MAX_TARGETS}))
        return build_matrix(
            raw, self._axes, min(limit, room), fields.at("matrix", loc), self._problems
        )

    def _reads_broken_axis(self, fields: Fields) -> bool:
        raw = fields.get("matrix") or {}
        return any(
            isinstance(value, str) and value in self._spec.axes and value not in self._axes
            for value in raw.values()
        )

    def _overrides(self, fields: Fields, matrix: Matrix) -> list[tuple[Any, Map]]:
        result = []
        for override, at in listed(fields.get("overrides"), Loc("")):
            when = conditions(override.get("when") or Map(at), at, matrix.axes, self._problems)
            if when is not None and override.get("set"):
                result.append((when, override["set"]))
        return result

    def _named_axes(self) -> Mapping[str, Axis]:
        spec, axes = self._spec, {}
        for name, value in spec.axes.items():
            at = spec.axes.values_at[name]
            make = partial(inline_axis, name, value, at)
            if name in spec.rows:
                id_at = value.values_at.get("id", at)
                make = partial(data_axis, name, spec.rows[name], value.get("id"), id_at)
            axis = self._problems.attempt(make)
            if axis is not None:
                axes[name] = axis
        return axes


def _groups(cells: Sequence[Cell], when: Sequence[Any]) -> dict[tuple[int, ...], Sequence[int]]:
    """Return the positions of cells by the overrides that match them."""
    if not when:
        return {(): range(len(cells))}
    groups: dict[tuple[int, ...], list[int]] = {}
    rules = Rules(when)
    for number, cell in enumerate(cells):
        groups.setdefault(rules.matching(cell), []).append(number)
    return dict(groups)


def _at(matrix: Matrix, numbers: Sequence[int]) -> list[Cell]:
    return [matrix.cells[number] for number in numbers]


def _name_field(what: Declaration, fields: Fields, matrix: Matrix) -> Field:
    name = fields.get("name")
    if name is not None:
        return compile(name, fields.at("name", what.loc))
    axes = matrix.names
    if not axes:
        return Constant(what.key)

    def default(scope: Mapping[str, Any]) -> str:
        return f"{what.key}/{'-'.join([scope[axis].id for axis in axes])}"

    return Computed(frozenset(axes), default)


def _name_fault(name: str) -> str:
    if not name or name != name.strip():
        return "it is empty or has white space at an end"
    if len(name) > MAX_NAME:
        return f"it has more than {MAX_NAME} characters"
    if any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in name):
        return "it has a control character"
    if name.startswith(("./", "/", "-", "!", "+")) or name.endswith("+"):
        return "./ - ! and + have a meaning beside a name"
    if name.startswith("tag:") or any(char in name for char in "*?[]"):
        return "tag: and * ? [ ] select targets"
    return ""
