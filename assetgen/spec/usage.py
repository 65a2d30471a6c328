"""Which declarations mention a style, a preset, an axis or a variable; renders nothing.

What a template mentions in plain `{{ }}` shows wherever it is changed; what it compares, or tests
with `if`, may decide only for some values, and is told apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from assetgen.errors import Loc, SpecError
from assetgen.spec.collect import Problems
from assetgen.spec.layers import Fields, Layers, StyleName, listed
from assetgen.spec.model import Map, Spec
from assetgen.spec.template import compile, is_template

_PLAIN = re.compile(
    r"\{\{-?\s*[A-Za-z_][\w.]*\s*(?:\|\s*(?:upper|lower|title|trim|slug)\s*)*-?\}\}"
)
_NOWHERE = Loc("")
_NOT_RENDERED = ("matrix", "overrides", "style", "use")


@dataclass(frozen=True, slots=True)
class Usage:
    """What one declaration mentions by name.

    Attributes:
        variables: read by its templates, those of its styles among them: vars and axes.
        deciding: those among them that are not only printed.
        axes: named axes, with the name that the matrix gives each.
    """

    styles: frozenset[str]
    presets: frozenset[str]
    variables: frozenset[str]
    deciding: frozenset[str]
    axes: frozenset[tuple[str, str]]


def usages(spec: Spec) -> dict[str, Usage]:
    """Return what each entry of `targets:` mentions, its presets and the defaults included."""
    layers = Layers(spec, Problems())
    return {key: _usage(spec, layers, own) for key, own in spec.targets.items()}


def _usage(spec: Spec, layers: Layers, own: Any) -> Usage:
    if not isinstance(own, Map):
        own = Map(spec.loc, [("prompt", own, spec.loc, spec.loc)])
    fields = layers.target(own)
    layered = [fields, *_overridden(layers, fields)]
    styles = {s.name for one in layered for s in one.get("style") or () if type(s) is StyleName}
    texts = [text for one in layered for text in _strings(_rendered(one))]
    texts += [text for style in styles for text in _strings(spec.styles.get(style))]
    use = own if own.get("use") is not None else spec.defaults
    matrix = fields.get("matrix") or {}
    return Usage(
        frozenset(styles),
        frozenset(str(name) for name, _ in listed(use.get("use"), spec.loc)),
        frozenset(name for text in texts for name in _names(text)),
        frozenset(name for text in texts for name in _names(_PLAIN.sub("", text))),
        frozenset((name, axis) for axis, name in matrix.items() if isinstance(name, str)),
    )


def _overridden(layers: Layers, fields: Fields) -> Iterator[Fields]:
    for override, _ in listed(fields.get("overrides"), fields.at("overrides", _NOWHERE)):
        changes = override.get("set")
        if isinstance(changes, Map):
            yield layers.override(fields, changes)


def _rendered(fields: Fields) -> list[Any]:
    return [value for name, value in fields.values.items() if name not in _NOT_RENDERED]


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if is_template(value):
            yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _strings(item)


def _names(text: str) -> frozenset[str]:
    try:
        return compile(text, _NOWHERE).names
    except SpecError:
        return frozenset()
