"""A spec with one of its values changed, for asking what that value decides; expands nothing.

The spec that is given stays as it is; places stay where they were.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from assetgen.spec.model import Map, Spec

Change = Callable[[Any], Any]

_RATIO = re.compile(r"\d+(?:\.\d+)?:\d+(?:\.\d+)?")
_TIER = re.compile(r"[124]k")
_COLOR = re.compile(r"#[0-9a-fA-F]{3,8}")
_NUMBER = re.compile(r"-?\d+")


def with_style(spec: Spec, name: str, text: str) -> Spec:
    """Return the spec with another text of a style; what it avoids stays."""
    old = spec.styles[name]
    if isinstance(old, Map):
        at = old.values_at.get("text", old.loc)
        entries = [(key, old[key], old.keys_at[key], old.values_at[key]) for key in old]
        changed: Any = Map(old.loc, entries)
        changed.put("text", text, old.keys_at.get("text", at), at)
    else:
        changed = text
    return replace(spec, styles=_with(spec.styles, name, changed))


def with_var(spec: Spec, name: str, value: Any) -> Spec:
    """Return the spec with another value of a variable."""
    return replace(spec, vars=_with(spec.vars, name, value))


def with_rows(spec: Spec, axes: Collection[str], field: str | None, change: Change) -> Spec:
    """Return the spec with the values of a field changed in all rows of some data axes.

    Without ``field``, those of all fields; never of one that decides a row's id.
    """
    rows = dict(spec.rows)
    for axis in axes:
        fixed = id_fields(spec, axis)
        rows[axis] = [
            {
                key: change(value) if key not in fixed and field in (None, key) else value
                for key, value in row.items()
            }
            if isinstance(row, Mapping)
            else row
            for row in spec.rows[axis]
        ]
    return replace(spec, rows=rows)


def row_fields(spec: Spec, axis: str) -> list[str]:
    """Return the fields of an axis's rows that decide no id, in order."""
    fixed = id_fields(spec, axis)
    rows = [row for row in spec.rows[axis] if isinstance(row, Mapping)]
    return [key for key in dict.fromkeys(k for row in rows for k in row) if key not in fixed]


def id_fields(spec: Spec, axis: str) -> frozenset[str]:
    """Return the fields that decide the id of a row."""
    template = spec.axes[axis].get("id")
    rows = [row for row in spec.rows[axis] if isinstance(row, Mapping)]
    if isinstance(template, str):
        return frozenset(re.findall(r"[A-Za-z_]\w*", template))
    if all(row.get("id") is not None for row in rows):
        return frozenset({"id"})
    return frozenset({"id", "name"})


def others(value: Any) -> Iterator[Any]:
    """Yield values of the same type that a spec may accept in the place of ``value``."""
    if isinstance(value, str):
        yield f"{value} changed".strip()
        yield from _alike(value)
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield value + 1
        if value > 1:
            yield value - 1
    elif isinstance(value, Map):
        parts = {key: next(others(item), item) for key, item in value.items()}
        keys = [(key, parts[key], value.keys_at[key], value.values_at[key]) for key in value]
        yield Map(value.loc, keys)
    elif isinstance(value, dict):
        yield {key: next(others(item), item) for key, item in value.items()}
    elif isinstance(value, list):
        yield [next(others(item), item) for item in value]
    else:
        yield "changed"


def _alike(text: str) -> Iterator[str]:
    """Yield other texts of the same form: a ratio for a ratio, a colour for a colour."""
    if _RATIO.fullmatch(text):
        # Nearly the same, so that it can be served, and one of its own: equal ones share pictures.
        yield ":".join(str(round(float(side) * 100) + 1) for side in text.split(":"))
    elif _TIER.fullmatch(text):
        yield "2k" if text != "2k" else "1k"
    elif _COLOR.fullmatch(text):
        yield "#123456"
    elif _NUMBER.fullmatch(text):
        yield str(int(text) + 1)
    else:
        yield f"{text}-changed"


def _with(values: Map, name: str, value: Any) -> Map:
    entries = [(key, values[key], values.keys_at[key], values.values_at[key]) for key in values]
    changed = Map(values.loc, entries)
    changed[name] = value
    return changed
