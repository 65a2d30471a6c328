"""Fields that differ between two manifests, as lines and as data; knows no verdict.

Old and new are compared by :func:`assetgen.action.fields` over the texts that were hashed, so an
explanation names exactly what made the key another one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from assetgen import action
from assetgen.digest import canonical_json
from assetgen.errors import Loc, printable
from assetgen.report.problems import loc_json
from assetgen.report.text import Paint, short
from assetgen.report.worddiff import changed, diff_lines, word_diff
from assetgen.spec.origins import Origin

ABSENT = object()


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a manifest that differs.

    Attributes:
        field: its name for the user; loc: where the spec gives it.
        old, new: scalars, or :data:`ABSENT`.
        picture: it is the digest of a picture.
        origin: of a prompt, the one value of the spec that accounts for it, if one does.
    """

    field: str
    loc: Loc | None
    old: Any
    new: Any
    picture: bool = False
    origin: Origin | None = None


def differing(old: str, new: str) -> Iterator[Change]:
    """Yield the fields that differ between two canonical texts, without places."""
    before, after = dict(action.fields(old)), dict(action.fields(new))
    for name in dict.fromkeys([*after, *before]):
        was, now = before.get(name, ABSENT), after.get(name, ABSENT)
        if was != now or type(was) is not type(now):
            yield Change(name, None, was, now, picture=name.endswith(".sha256"))


def recipe_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Return what differs between two paid recipes; pictures are named by role and number."""
    found = []
    for change in differing(canonical_json(dict(old)), canonical_json(dict(new))):
        head, _, tail = change.field.partition(".")
        if tail == "role" and ABSENT in (change.old, change.new):
            continue  # its picture says enough
        if head.startswith("inputs["):
            number = int(head[7:-1])
            name = _role(new, number) or _role(old, number)
            field = f"{name} {number}" if tail == "sha256" else f"{name} {number}, {tail}"
            change = Change(field, None, change.old, change.new, change.picture)
        found.append(change)
    return found


def _role(recipe: Mapping[str, Any], number: int) -> str:
    inputs = recipe.get("inputs") or ()
    return str(inputs[number - 1]["role"]) if number <= len(inputs) else ""


def change_lines(change: Change, paint: Paint, indent: str) -> list[str]:
    """Return one change as lines: a prompt as a word diff, all else as `old -> new`."""
    place = f"  {paint(str(change.loc), 'dim')}" if change.loc else ""
    name = paint(printable(change.field), "bold")
    old, new = change.old, change.new
    if change.field == "prompt" and isinstance(old, str) and isinstance(new, str):
        pieces = word_diff(old, new)
        note = "" if changed(pieces) else "  (only blanks between words changed)"
        body = [f"{indent}  | {line}" for line in diff_lines(pieces, paint)]
        return [f"{indent}{name}{note}{place}", *body, *_origin(change.origin, indent, paint)]
    return [f"{indent}{name}  {_value(change, old)} -> {_value(change, new)}{place}"]


def _origin(origin: Origin | None, indent: str, paint: Paint) -> list[str]:
    if origin is None:
        return []
    place = f"row {origin.row} of {printable(origin.file)}" if origin.file else str(origin.loc)
    return [f"{indent}  all of it from {printable(origin_name(origin))}  {paint(place, 'dim')}"]


def origin_name(origin: Origin) -> str:
    """Return what the user calls a value: `style:ink`, `var:game`, `axis face.phrase`."""
    return f"axis {origin.name}" if origin.kind == "axis" else f"{origin.kind}:{origin.name}"


def _value(change: Change, value: Any) -> str:
    if value is ABSENT or value is None:
        return "(not set)"
    if change.picture and isinstance(value, str):
        return short(value)
    return printable(value) if isinstance(value, str) else json.dumps(value)


def change_json(change: Change) -> dict[str, Any]:
    """Return one change as data; `diff` and `source` are there for prompts."""
    result = {
        "field": change.field,
        "at": loc_json(change.loc),
        "old": None if change.old is ABSENT else change.old,
        "new": None if change.new is ABSENT else change.new,
    }
    if change.field == "prompt" and isinstance(change.old, str) and isinstance(change.new, str):
        result["diff"] = [list(piece) for piece in word_diff(change.old, change.new)]
        result["source"] = _origin_json(change.origin)
    return result


def _origin_json(origin: Origin | None) -> dict[str, Any] | None:
    if origin is None:
        return None
    return {
        "kind": origin.kind,
        "name": origin.name,
        "at": loc_json(origin.loc),
        "file": origin.file or None,
        "row": origin.row or None,
        "old": origin.old,
        "new": origin.new,
    }
