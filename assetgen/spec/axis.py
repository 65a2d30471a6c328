"""One axis: its values, from the spec or from the rows of a data file; knows no cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from assetgen.errors import Kind, Loc, Problem, SpecError
from assetgen.spec.model import Map, Seq
from assetgen.spec.template import Template, compile
from assetgen.spec.values import Value, normal, scalar_text, slug

DUPLICATE_VALUE = Kind(
    "duplicate-axis-value",
    "axis '{axis}' has the value '{id}' twice ({first} and {second})",
    "give each value an id of its own",
)
EMPTY_AXIS = Kind(
    "empty-axis", "axis '{axis}' has no values", "give it at least one, or remove the axis"
)
LONG_ID = Kind(
    "axis-value-too-long",
    "{which} of axis '{axis}' has an id of more than {limit} characters",
    "shorten it; ids stand in names and paths",
)
NO_ID = Kind(
    "axis-value-without-id",
    "{which} of axis '{axis}' has no id",
    "add a field `id` or `name` (of a table: in its first line), or an `id:` template such as "
    'id: "{{{{ sku }}}}"; in json and yaml, `path:` says where the rows are',
)
NOT_NAMED = Kind(
    "axis-file-inline",
    "axis '{axis}' reads a data file inside a matrix",
    "declare it under the top-level `axes:` and name it here",
)

MAX_ID = 250

Entry = tuple[str, Mapping[str, Any], str]
"""An id, its own fields, and what a message calls it."""


@dataclass(frozen=True)
class Axis:
    """An axis.

    Attributes:
        entries: what the values are made of, in order.
        declared: how many of them the axis itself has; the rest `include` defined.
    """

    name: str
    loc: Loc
    entries: tuple[Entry, ...]
    declared: int

    @cached_property
    def values(self) -> tuple[Value, ...]:
        """The values in order, each with its `index` as wide as the last one's."""
        width = len(str(max(len(self.entries) - 1, 0)))
        return tuple(
            Value(
                self.name,
                id_,
                {"phrase": "", "index": str(i).zfill(width), **fields, "id": id_},
            )
            for i, (id_, fields, _) in enumerate(self.entries)
        )

    @cached_property
    def by_id(self) -> Mapping[str, Value]:
        """The values by id."""
        return {value.id: value for value in self.values}

    def renamed(self, name: str) -> Axis:
        """Return this axis as a matrix calls it."""
        return self if name == self.name else Axis(name, self.loc, self.entries, self.declared)

    def extended(self, value: Map, loc: Loc) -> Axis:
        """Return this axis with one more value, written `{id: phrase or fields}`.

        The same value may be defined again in equal words. Raises SpecError for other ones.
        """
        ((id_, content),) = value.items()
        entry = _entry(normal(id_), content, "in include")
        for known in self.entries:
            if known[0] == entry[0]:
                if known[1] == entry[1]:
                    return self
                facts = {"axis": self.name, "id": id_, "first": known[2], "second": entry[2]}
                raise SpecError(Problem(DUPLICATE_VALUE, loc, facts, self.loc))
        return Axis(self.name, self.loc, (*self.entries, entry), self.declared)


def inline_axis(name: str, value: Any, loc: Loc) -> Axis:
    """Return the axis of a map (id to phrase or fields) or a list. Raises SpecError."""
    if isinstance(value, Map):
        if isinstance(value.get("file"), str) and set(value) <= {"file", "id", "path"}:
            raise SpecError(Problem(NOT_NAMED, loc, {"axis": name}))
        entries = [
            _entry(normal(id_), content, f"line {value.keys_at[id_].line}")
            for id_, content in value.items()
        ]
        return _axis(name, loc, entries)
    items = value if isinstance(value, Seq) else [value]
    return _axis(name, loc, _rows(name, items, None, loc, "item"))


def data_axis(name: str, rows: Sequence[Any], id_template: str | None, loc: Loc) -> Axis:
    """Return the axis of a data file's rows; ``id_template`` sees the row's fields.

    Raises SpecError.
    """
    template = compile(id_template, loc) if id_template is not None else None
    return _axis(name, loc, _rows(name, rows, template, loc, "row"))


def _rows(
    name: str, rows: Sequence[Any], template: Template | None, loc: Loc, word: str
) -> Iterable[Entry]:
    for number, row in enumerate(rows, 1):
        which = f"{word} {number}"
        if isinstance(row, Mapping):
            fields: Mapping[str, Any] = row
            if template is not None:
                id_ = template.render(row)
            elif row.get("id") is not None:
                id_ = scalar_text(row["id"])
            else:
                id_ = slug(scalar_text(row.get("name")))
        else:
            id_ = scalar_text(row)
            fields = {}
            if template is not None:
                id_ = template.render({"value": row})
        if not id_.strip():
            has = ", ".join(map(str, fields)) or "no fields"
            raise SpecError(Problem(NO_ID, loc, {"axis": name, "which": which, "fields": has}))
        yield normal(id_), fields, which


def _entry(id_: str, content: Any, which: str) -> Entry:
    if isinstance(content, Mapping):
        return id_, dict(content), which
    return id_, {"phrase": scalar_text(content)}, which


def _axis(name: str, loc: Loc, entries: Iterable[Entry]) -> Axis:
    listed = tuple(entries)
    if not listed:
        raise SpecError(Problem(EMPTY_AXIS, loc, {"axis": name}))
    seen: dict[str, str] = {}
    problems = []
    for id_, _, which in listed:
        if len(id_) > MAX_ID:
            facts = {"axis": name, "which": which, "limit": MAX_ID}
            problems.append(Problem(LONG_ID, loc, facts))
        first = seen.setdefault(id_, which)
        if first is not which:
            facts = {"axis": name, "id": id_, "first": first, "second": which}
            problems.append(Problem(DUPLICATE_VALUE, loc, facts))
    if problems:
        raise SpecError(*problems[:20])
    return Axis(name, loc, listed, len(listed))
