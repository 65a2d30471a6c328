"""Fields of a target laid over each other: defaults, presets, target, overrides; renders nothing.

Maps and lists of a later layer replace those of an earlier one, null unsets, and a `style` item
written `+name` appends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assetgen.errors import Kind, Loc, did_you_mean
from assetgen.spec.collect import Problems
from assetgen.spec.model import Map, Seq, Spec

UNKNOWN_PRESET = Kind("unknown-preset", "there is no preset '{name}'", "{step}")
OVERRIDE_FIELD = Kind(
    "override-field",
    "an override cannot set '{name}'",
    "give it on the target itself",
)

_NOT_IN_OVERRIDES = ("matrix", "matrix_limit", "overrides", "use")


@dataclass(frozen=True, slots=True)
class StyleName:
    """A style that a target asks for, and where."""

    name: str
    loc: Loc


@dataclass(frozen=True, slots=True)
class Fields:
    """What the layers come to.

    Attributes:
        values: the fields; `style` is a list of StyleName.
        keys_at, values_at: where each was given.
        own: names of those that the target or its overrides gave, not defaults or presets.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    keys_at: Mapping[str, Loc] = field(default_factory=dict)
    values_at: Mapping[str, Loc] = field(default_factory=dict)
    own: frozenset[str] = frozenset()

    def get(self, name: str) -> Any:
        """Return a field's value, or None."""
        return self.values.get(name)

    def at(self, name: str, otherwise: Loc) -> Loc:
        """Return the place of a field's value."""
        return self.values_at.get(name, otherwise)

    def under(self, layer: Map, *, own: bool) -> Fields:
        """Return these fields with ``layer`` laid over them."""
        values, keys_at = dict(self.values), dict(self.keys_at)
        values_at, owned = dict(self.values_at), set(self.own)
        for name, value in layer.items():
            if name.startswith("x-"):
                continue
            if value is None:
                values.pop(name, None)
                keys_at.pop(name, None)
                values_at.pop(name, None)
                owned.discard(name)
                continue
            if name == "style":
                value = _styles(values.get(name, ()), value, layer.values_at[name])
            values[name] = value
            keys_at[name], values_at[name] = layer.keys_at[name], layer.values_at[name]
            if own:
                owned.add(name)
        return Fields(values, keys_at, values_at, frozenset(owned))


class Layers:
    """Lays the fields of a spec's targets; the layers below a target are made once per `use`."""

    def __init__(self, spec: Spec, problems: Problems) -> None:
        self._spec = spec
        self._problems = problems
        self._below: dict[tuple[str, ...], Fields] = {}

    def target(self, own: Map) -> Fields:
        """Return the fields of a target without its overrides."""
        defaults = self._spec.defaults
        use = own if own.get("use") is not None else defaults
        names = listed(use.get("use"), use.values_at.get("use", own.loc))
        known = tuple(name for name, at in names if self._is_preset(name, at))
        below = self._below.get(known)
        if below is None:
            below = Fields().under(defaults, own=False)
            for name in known:
                below = below.under(self._spec.presets[name], own=False)
            self._below[known] = below
        return below.under(own, own=True)

    def override(self, base: Fields, changes: Map) -> Fields:
        """Return ``base`` with the `set` of an override laid over it."""
        for name in _NOT_IN_OVERRIDES:
            if name in changes:
                self._problems.add(OVERRIDE_FIELD, changes.keys_at[name], name=name)
        return base.under(changes, own=True)

    def _is_preset(self, name: str, at: Loc) -> bool:
        if name in self._spec.presets:
            return True
        step = did_you_mean(name, self._spec.presets)
        self._problems.add(UNKNOWN_PRESET, at, name=name, step=step)
        return False


def listed(value: Any, at: Loc) -> list[tuple[Any, Loc]]:
    """Return the items of a list with their places; one bare value is a list of itself."""
    if value is None:
        return []
    if isinstance(value, Seq):
        return list(zip(value, value.items_at, strict=True))
    return [(value, at)]


def _styles(below: Any, value: Any, at: Loc) -> list[StyleName]:
    items = [StyleName(str(name), loc) for name, loc in listed(value, at)]
    result = list(below) if all(item.name.startswith("+") for item in items) and items else []
    for item in items:
        name = item.name.removeprefix("+").strip()
        if all(style.name != name for style in result):
            result.append(StyleName(name, item.loc))
    return result
