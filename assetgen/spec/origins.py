"""Where in the spec the changed words of a prompt come from; knows no lock and reads no file.

A value is replaced by a mark, the declaration is expanded again, and the mark shows which part of
the prompt that value makes. Where the former prompt is the present one but for that part, it is the
value that accounts for the change; where none does, nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assetgen.action import normal_text
from assetgen.errors import Loc, SpecError
from assetgen.graph import Target
from assetgen.spec.expand import expand_one
from assetgen.spec.model import Map, Spec
from assetgen.spec.perturb import id_fields, with_style, with_var
from assetgen.spec.usage import Usage, usages

MAX_FIELDS = 40
"""Fields of one axis that are tried."""
MAX_VALUES = 500_000
"""Values of one data file that are tried: fields times rows."""

# Private characters: no filter changes them, and no prompt has them by chance.
_MARK = re.compile("\ue000([0-9]*)\ue001")


@dataclass(frozen=True, slots=True)
class Origin:
    """A value of the spec that makes the changed part of a prompt.

    Attributes:
        kind: style, var or axis; name: of the style or variable, or `axis.field`.
        loc: where the value stands; None for rows of data files.
        file, row: the data file and the number of its row, counted from 1; empty and 0 for others.
        old, new: what it made of the prompt then and now.
    """

    kind: str
    name: str
    loc: Loc | None
    old: str
    new: str
    file: str = ""
    row: int = 0


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A spec with marks for one kind of value; ``places`` has where each marked one stands."""

    kind: str
    name: str
    spec: Spec
    places: tuple[Loc | None, ...]
    file: str = ""


class Origins:
    """Answers for one spec; what a declaration comes to with its marks is worked out once."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._keys = {at: key for key, at in spec.targets.keys_at.items()}
        self._tried: dict[str, list[tuple[_Candidate, Sequence[Target]]]] = {}
        self._places: dict[str, dict[str, int]] = {}

    def of(self, target: Target, old: str) -> Origin | None:
        """Return which one value accounts for ``old`` having become the prompt of ``target``.

        The narrowest, where several do: a variable rather than the style that prints it.
        """
        key = self._keys.get(target.loc)
        was, now = normal_text(old), normal_text(target.prompt)
        if key is None or was == now:
            return None
        if key not in self._tried:
            self._try(key, target)
        number = self._places[key].get(target.name)
        if number is None:
            return None
        found = [
            origin
            for candidate, made in self._tried[key]
            if number < len(made)
            and (origin := _origin(candidate, made[number].prompt, was, now)) is not None
        ]
        return min(found, key=lambda origin: len(origin.new) + len(origin.old), default=None)

    def _try(self, key: str, target: Target) -> None:
        narrow = replace(self._spec, targets=_only(self._spec.targets, key))
        cells = _expanded(narrow, key)
        self._places[key] = {cell.name: number for number, cell in enumerate(cells)}
        candidates = _candidates(narrow, key, target) if cells else ()
        self._tried[key] = [(one, _expanded(one.spec, key)) for one in candidates]


def _expanded(spec: Spec, key: str) -> Sequence[Target]:
    try:
        return expand_one(spec, key)
    except SpecError:
        return ()  # the value must have some form, and a mark has none


def _only(targets: Map, key: str) -> Map:
    entry = (key, targets[key], targets.keys_at[key], targets.values_at[key])
    return Map(targets.loc, [entry])


def _mark(number: int) -> str:
    return f"\ue000{number}\ue001"


def _origin(candidate: _Candidate, prompt: str, was: str, now: str) -> Origin | None:
    marked = normal_text(prompt)
    numbers = {int(found) for found in _MARK.findall(marked)}
    if len(numbers) != 1:
        return None
    pieces = _MARK.split(marked)[::2]
    old, new = _between(pieces, was), _between(pieces, now)
    if old is None or new is None or old == new:
        return None
    (which,) = numbers
    row = which + 1 if candidate.file else 0
    loc = candidate.places[which] if which < len(candidate.places) else None
    return Origin(candidate.kind, candidate.name, loc, old, new, candidate.file, row)


def _between(pieces: list[str], text: str) -> str | None:
    """Return the one text that stands between all ``pieces`` in ``text``, if there is one."""
    gaps = len(pieces) - 1
    length, rest = divmod(len(text) - sum(map(len, pieces)), gaps)
    if length < 0 or rest:
        return _absent(pieces, text)
    found = text[len(pieces[0]) : len(pieces[0]) + length]
    return found if found.join(pieces) == text else _absent(pieces, text)


def _absent(pieces: list[str], text: str) -> str | None:
    """Return the empty text where a line of its own is not there at all, else None."""
    first, *others = pieces
    gone = len(others) == 1 and first.endswith("\n") and text == first[:-1] + others[0]
    return "" if gone else None


def _candidates(spec: Spec, key: str, target: Target) -> Iterator[_Candidate]:
    for name in dict.fromkeys(target.styles):
        if name in spec.styles:
            yield from _of_style(spec, name)
    usage = usages(spec)[key]
    for name in sorted(usage.variables & spec.vars.keys()):
        if isinstance(spec.vars[name], str | int | float):
            place = spec.vars.values_at[name]
            yield _Candidate("var", name, with_var(spec, name, _mark(0)), (place,))
    yield from _of_axes(spec, key, usage)


def _of_style(spec: Spec, name: str) -> Iterator[_Candidate]:
    old, at = spec.styles[name], spec.styles.values_at[name]
    text_at = old.values_at.get("text", at) if isinstance(old, Map) else at
    yield _Candidate("style", name, with_style(spec, name, _mark(0)), (text_at,))
    if isinstance(old, Map) and old.get("avoid"):
        avoid_at = old.values_at["avoid"]
        changed = _put(old, "avoid", _mark(0))
        styles = _put(spec.styles, name, changed)
        yield _Candidate("style", name, replace(spec, styles=styles), (avoid_at,))


def _of_axes(spec: Spec, key: str, usage: Usage) -> Iterator[_Candidate]:
    for axis, local in sorted(usage.axes):
        if local not in usage.variables:
            continue
        if axis in spec.rows:
            yield from _of_rows(spec, axis)
        elif isinstance(spec.axes.get(axis), Map):
            for name, marked, places in _of_values(spec.axes[axis]):
                axes = _put(spec.axes, axis, marked)
                yield _Candidate("axis", f"{axis}.{name}", replace(spec, axes=axes), places)
    own = spec.targets[key]
    matrix = own.get("matrix") if isinstance(own, Map) else None
    if not isinstance(matrix, Map):
        return
    for axis, values in matrix.items():
        if isinstance(values, Map) and axis in usage.variables:
            for name, marked, places in _of_values(values):
                target = _put(own, "matrix", _put(matrix, axis, marked))
                targets = _put(spec.targets, key, target)
                changed = replace(spec, targets=targets)
                yield _Candidate("axis", f"{axis}.{name}", changed, places)


def _of_rows(spec: Spec, axis: str) -> Iterator[_Candidate]:
    rows = spec.rows[axis]
    fixed = id_fields(spec, axis)
    fields = dict.fromkeys(k for row in rows if isinstance(row, Mapping) for k in row)
    most = min(MAX_FIELDS, MAX_VALUES // len(rows))
    for field in [name for name in fields if name not in fixed][:most]:
        marked = [
            {**row, field: _mark(number)} if isinstance(row, Mapping) and field in row else row
            for number, row in enumerate(rows)
        ]
        changed = replace(spec, rows={**spec.rows, axis: marked})
        file = str(spec.axes[axis].get("file", "")).removeprefix("./")
        yield _Candidate("axis", f"{axis}.{field}", changed, (), file)


def _of_values(values: Map) -> Iterator[tuple[str, Map, tuple[Loc | None, ...]]]:
    """Yield each field of an axis's values, the axis with marks in it, and where they stand."""
    fields = {
        name: None
        for content in values.values()
        for name in (content if isinstance(content, Map) else ("phrase",))
    }
    for field in list(fields)[:MAX_FIELDS]:
        marked, places = Map(values.loc), list[Loc | None]()
        for number, (id_, content) in enumerate(values.items()):
            at = values.values_at[id_]
            new: Any = content
            if isinstance(content, Map) and field in content:
                at = content.values_at[field]
                new = _put(content, field, _mark(number))
            elif not isinstance(content, Map) and field == "phrase":
                new = _mark(number)
            marked.put(id_, new, values.keys_at[id_], values.values_at[id_])
            places.append(at)
        yield field, marked, tuple(places)


def _put(values: Map, name: str, value: Any) -> Map:
    """Return a copy of a mapping with another value in one entry."""
    entries = [(key, values[key], values.keys_at[key], values.values_at[key]) for key in values]
    changed = Map(values.loc, entries)
    changed[name] = value
    return changed
