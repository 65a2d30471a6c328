"""What one declaration reads: its picture, references, overlays and fonts, for all cells."""

from __future__ import annotations

from typing import Any

from assetgen.errors import Loc
from assetgen.graph import Op, Reference, TargetKind
from assetgen.optable import OPS, read_by
from assetgen.spec.collect import Problems
from assetgen.spec.columns import Columns, Field, data_field
from assetgen.spec.layers import Fields, listed
from assetgen.spec.model import Map
from assetgen.spec.references import reference
from assetgen.spec.values import scalar_text

_FIRST = {TargetKind.EDIT: ("edit", "image"), TargetKind.DERIVE: ("from", "source")}

Column = list[Any]


class Reads:
    """The references of a target as fields: compiled once, then rendered as a column."""

    def __init__(self, kind: TargetKind, fields: Fields, loc: Loc, problems: Problems) -> None:
        self._fields: list[tuple[str, Field, Loc]] = []
        self.labels: list[tuple[int, Field]] = []
        self._ops_read = any(mentions(fields, name) for name in _BY_NAME)
        self._ops_loc = fields.at("ops", fields.at("exports", loc))
        self._ops_at = [at for _, at in listed(fields.get("ops"), self._ops_loc)]
        if kind in _FIRST:
            name, role = _FIRST[kind]
            self._add(role, fields.get(name), fields.at(name, loc), problems)
        if kind is TargetKind.EDIT:
            for number, (item, at) in enumerate(
                listed(fields.get("references"), fields.at("references", loc)), 2
            ):
                image = item["image"] if isinstance(item, Map) else item
                self._add("reference", image, at, problems)
                if isinstance(item, Map) and item.get("label"):
                    label = problems.attempt(data_field, item["label"], item.values_at["label"])
                    self.labels += [(number, label)] if label else []

    def column(self, columns: Columns, ops: Column, outputs: Column) -> Column:
        """Return the tuple of references of each cell; ``ops`` and ``outputs`` are its columns."""
        parts = [self._rendered(columns, *field) for field in self._fields]
        if self._ops_read:
            parts.append(self._by_ops(ops, outputs))
        known: dict[tuple[Any, ...], tuple[Reference, ...]] = {}
        result: Column = []
        for row in zip(*parts, strict=True) if parts else ():
            reads = known.get(row)
            if reads is None:
                reads = known[row] = tuple(read for cell in row for read in cell)
            result.append(reads)
        return result if parts else [()] * len(ops)

    def _add(self, role: str, value: Any, loc: Loc, problems: Problems) -> None:
        field = problems.attempt(data_field, value, loc)
        if field is not None:
            self._fields.append((role, field, loc))

    def _rendered(self, columns: Columns, role: str, field: Field, loc: Loc) -> Column:
        known: dict[Any, tuple[Reference, ...]] = {None: ()}
        result: Column = []
        for text in columns.render(field):
            reads = known.get(text)
            if reads is None:
                reads = known[text] = (reference(role, scalar_text(text), loc),)
            result.append(reads)
        return result

    def _by_ops(self, ops: Column, outputs: Column) -> Column:
        """Return what the ops of each cell read by name, each once."""
        result: Column = []
        for own, files in zip(ops, outputs, strict=True):
            places: dict[tuple[str, str], Loc] = {}
            before = len(own or ()) - len(self._ops_at)
            for chain in (own or (), *[file.ops for file in files]):
                for number, op in enumerate(chain):
                    for item in _named(op):
                        places.setdefault(item, self._op_loc(number - before))
            result.append(tuple(reference(*item, at) for item, at in places.items()))
        return result

    def _op_loc(self, number: int) -> Loc:
        """Return the place of a target's own op; those of exports are not told apart."""
        return self._ops_at[number] if 0 <= number < len(self._ops_at) else self._ops_loc


_BY_NAME = ("overlay", "text")
"""Ops that name one target or file; those with patterns are seen to when all names are known."""


def _named(op: Op) -> list[tuple[str, str]]:
    reads = OPS[op.name].reads
    if op.name not in _BY_NAME or reads is None:
        return []
    return [(reads[1], str(text)) for text in read_by(op)]


def mentions(fields: Fields, op: str) -> bool:
    """Whether the ops of a target or of its exports hold this one."""
    exports = [item for item in fields.get("exports") or () if isinstance(item, Map)]
    chains = [fields.get("ops"), *[export.get("ops") for export in exports]]
    return any(item == op or op in item for chain in chains for item in chain or ())
