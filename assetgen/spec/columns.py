"""Renders a field for many cells at once, each distinct combination once; knows no field's meaning.

A field is whatever has ``names`` (the variables that it reads) and ``render(scope)``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from assetgen.errors import Loc, SpecError
from assetgen.spec.collect import Problems
from assetgen.spec.model import Map, Seq
from assetgen.spec.template import compile, is_template
from assetgen.spec.values import Value

MAX_FAILURES = 100
"""Cells of a column that may fail before the rest is not tried any more."""
NO_NAMES: frozenset[str] = frozenset()
Cell = tuple[Value, ...]


class Field(Protocol):
    """Something to render; ``render`` raises SpecError."""

    @property
    def names(self) -> frozenset[str]:
        """The variables that it reads."""

    def render(self, mapping: Mapping[str, Any], /) -> Any:
        """Return its value for the variables in ``mapping``."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A field without variables."""

    value: Any
    names: frozenset[str] = NO_NAMES

    def render(self, mapping: Mapping[str, Any], /) -> Any:
        """Return the value."""
        return self.value


@dataclass(frozen=True, slots=True)
class Computed:
    """A field made of others."""

    names: frozenset[str]
    function: Callable[[Mapping[str, Any]], Any]

    def render(self, mapping: Mapping[str, Any], /) -> Any:
        """Return what the function makes of the variables."""
        return self.function(mapping)


def joined(fields: Sequence[Field], make: Callable[[list[Any]], Any]) -> Field:
    """Return the field ``make(values of fields)``; a Constant if all of them are."""
    names = NO_NAMES.union(*(field.names for field in fields))
    if all(type(field) is Constant for field in fields):
        return Constant(make([field.render({}) for field in fields]))
    return Computed(names, lambda scope: make([field.render(scope) for field in fields]))


def data_field(value: Any, loc: Loc) -> Field:
    """Return the field of a YAML value whose strings, at any depth, may be templates."""
    if isinstance(value, str):
        return compile(value, loc) if is_template(value) else Constant(value)
    if isinstance(value, Map):
        keys = [key for key in value if not key.startswith("x-")]
        parts = [data_field(value[key], value.values_at[key]) for key in keys]
        return joined(parts, lambda values: dict(zip(keys, values, strict=True)))
    if isinstance(value, Seq):
        items = zip(value, value.items_at, strict=True)
        return joined([data_field(item, at) for item, at in items], tuple)
    return Constant(value)


class Columns:
    """Cells of one target that have the same fields, and the variables that they see."""

    def __init__(
        self,
        axes: Sequence[str],
        cells: Sequence[Cell],
        variables: Mapping[str, Any],
        problems: Problems,
    ) -> None:
        self._axes = axes
        self.cells = cells
        self._problems = problems
        self._scope: dict[str, Any] = dict(variables)
        self._target_names: Sequence[str | None] = ()
        self._failures = 0
        if cells:
            self._scope.update(zip(axes, cells[0], strict=True))

    def see_names(self, names: Sequence[str | None]) -> None:
        """Let further columns read the targets' names as ``name``."""
        self._target_names = names

    def render(self, field: Field) -> list[Any]:
        """Return the field's value for each cell; None, and a problem noted, where it fails."""
        self._failures = 0
        if not self.cells:
            return []
        if type(field) is Constant:
            return [field.value] * len(self.cells)
        used = [i for i, axis in enumerate(self._axes) if axis in field.names]
        if self._target_names and "name" in field.names:
            return self._with_names(field, used)
        if not used:
            return [self._one(field)] * len(self.cells)
        if len(used) == 1:
            return self._by_one(field, used[0])
        if len(used) == len(self._axes):
            return self._by_all(field)
        return self._by_some(field, used)

    def _one(self, field: Field) -> Any:
        if self._failures >= MAX_FAILURES:
            return None
        try:
            return field.render(self._scope)
        except SpecError as error:
            self._failures += 1
            self._problems.take(error)
            return None

    def _by_one(self, field: Field, index: int) -> list[Any]:
        axis, scope, known = self._axes[index], self._scope, {}
        column = [cell[index] for cell in self.cells]
        for value in dict.fromkeys(column):
            scope[axis] = value
            known[value] = self._one(field)
        return [known[value] for value in column]

    def _by_some(self, field: Field, used: list[int]) -> list[Any]:
        scope, known = self._scope, {}
        column = [tuple([cell[i] for i in used]) for cell in self.cells]
        axes = [self._axes[i] for i in used]
        for values in dict.fromkeys(column):
            scope.update(zip(axes, values, strict=True))
            known[values] = self._one(field)
        return [known[values] for values in column]

    def _by_all(self, field: Field) -> list[Any]:
        scope, axes = self._scope, self._axes
        result: list[Any] = []
        for cell in self.cells:
            scope.update(zip(axes, cell, strict=True))
            result.append(self._one(field))
        return result

    def _with_names(self, field: Field, used: list[int]) -> list[Any]:
        scope = self._scope
        result: list[Any] = []
        axes = [(self._axes[i], i) for i in used]
        for cell, name in zip(self.cells, self._target_names, strict=True):
            if name is None:
                result.append(None)
                continue
            scope["name"] = name
            for axis, i in axes:
                scope[axis] = cell[i]
            result.append(self._one(field))
        scope.pop("name", None)
        return result
