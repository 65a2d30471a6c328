"""What one declaration reads: its picture, references, sprites and overlays, for all cells."""

from __future__ import annotations

from typing import Any

from assetgen.errors import Loc
from assetgen.graph import Reference, TargetKind
from assetgen.spec.collect import Problems
from assetgen.spec.columns import Columns, Field, data_field
from assetgen.spec.layers import Fields, listed
from assetgen.spec.model import Map
from assetgen.spec.opspec import overlay_images
from assetgen.spec.references import reference
from assetgen.spec.values import scalar_text

_FIRST = {TargetKind.EDIT: ("edit", "image"), TargetKind.DERIVE: ("from", "source")}

Column = list[Any]


class Reads:
    """The references of a target as fields: compiled once, then rendered as a column."""

    def __init__(self, kind: TargetKind, fields: Fields, loc: Loc, problems: Problems) -> None:
        self._fields: list[tuple[str, Field, Loc]] = []
        self.labels: list[tuple[int, Field]] = []
        self._lays_over = _mentions_overlay(fields)
        self._overlay_loc = fields.at("ops", fields.at("exports", loc))
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
        if self._lays_over:
            parts.append(self._overlays(ops, outputs))
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

    def _overlays(self, ops: Column, outputs: Column) -> Column:
        """Return what the overlays of each cell lay over, each once."""
        result: Column = []
        for own, files in zip(ops, outputs, strict=True):
            chains = [own or (), *[file.ops for file in files]]
            texts = dict.fromkeys(text for chain in chains for text in overlay_images(chain))
            result.append(tuple([reference("overlay", text, self._overlay_loc) for text in texts]))
        return result


def _mentions_overlay(fields: Fields) -> bool:
    exports = [item for item in fields.get("exports") or () if isinstance(item, Map)]
    chains = [fields.get("ops"), *[export.get("ops") for export in exports]]
    return any("overlay" in item for chain in chains for item in chain or ())
