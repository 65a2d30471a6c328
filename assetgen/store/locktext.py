"""Writes one line of the lock as its one text; reads nothing and knows no file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from json.encoder import encode_basestring
from operator import attrgetter
from typing import Any

from assetgen.digest import canonical_json
from assetgen.state import LineState, LockLine, OutputRecord, Take

RECIPE = (
    "aspect_ratio",
    "inputs",
    "kind",
    "model",
    "prompt",
    "quality",
    "resolution",
    "schema",
    "variant",
)
"""The fields of a paid manifest in canonical order."""
_INPUT = frozenset(("role", "sha256"))


class Recipe(Mapping[str, Any]):
    """A recipe that stays its canonical text until somebody reads it; few lines are ever read."""

    __slots__ = ("_data", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._data: dict[str, Any] | None = None

    def _read(self) -> dict[str, Any]:
        if self._data is None:
            data: dict[str, Any] = json.loads(self.text)
            self._data = data
        return self._data

    def __getitem__(self, name: str) -> Any:
        return self._read()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Recipe):
            return self.text == other.text
        if isinstance(other, Mapping):
            return self._read() == dict(other)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment] # equal to dicts, which have none either

    def __repr__(self) -> str:
        return f"Recipe({self.text!r})"


def line_text(line: LockLine) -> str:
    """Return the one text of a line, without its end; fields at their defaults are left out."""
    parts = [f'{{"target":{encode_basestring(line.target)}']
    if line.recipe is not None:
        parts.append(f'"recipe":{recipe_text(line.recipe)}')
    if line.takes:
        parts.append(
            f'"takes":[{",".join(map(_take_text, sorted(line.takes, key=attrgetter("n"))))}]'
        )
    if line.shown != 1:
        parts.append(f'"shown":{line.shown}')
    if line.outputs:
        parts.append(f'"outputs":{{{_outputs_text(line.outputs)}}}')
    if line.state is not LineState.BOUGHT:
        parts.append(f'"state":"{line.state}"')
    if line.epoch:
        parts.append(f'"epoch":{line.epoch}')
    if line.pinned:
        parts.append('"pinned":true')
    if line.accepted_key is not None:
        parts.append(f'"accepted_key":"{line.accepted_key}"')
    if line.note:
        parts.append(f'"note":{encode_basestring(line.note)}')
    return ",".join(parts) + "}"


def recipe_text(recipe: Mapping[str, Any]) -> str:
    """Return the canonical JSON of a recipe; a paid manifest in its order is written directly."""
    if isinstance(recipe, Recipe):
        return recipe.text
    if tuple(recipe) == RECIPE and type(recipe["schema"]) is int:
        try:
            return paid_text(recipe)
        except (TypeError, AttributeError, KeyError):
            pass  # no paid manifest after all
    return canonical_json(recipe)


def paid_text(recipe: Mapping[str, Any]) -> str:
    """Return the text of a recipe in canonical order; an error of Python's for a wrong type."""
    ratio, inputs, kind, model, prompt, quality, resolution, schema, variant = recipe.values()
    return (
        f'{{"aspect_ratio":{_text(ratio)},"inputs":[{_inputs_text(inputs)}],'
        f'"kind":{encode_basestring(kind)},"model":{encode_basestring(model)},'
        f'"prompt":{encode_basestring(prompt)},"quality":{_text(quality)},'
        f'"resolution":{_text(resolution)},"schema":{schema},"variant":{_text(variant)}}}'
    )


def _text(value: str | None) -> str:
    return "null" if value is None else encode_basestring(value)


def _inputs_text(inputs: Any) -> str:
    if type(inputs) not in (list, tuple):
        raise TypeError("inputs")
    parts = []
    for item in inputs:
        if item.keys() != _INPUT:
            raise TypeError("inputs")
        role, digest = encode_basestring(item["role"]), encode_basestring(item["sha256"])
        parts.append(f'{{"role":{role},"sha256":{digest}}}')
    return ",".join(parts)


def _take_text(take: Take) -> str:
    text = f'{{"n":{take.n},"sha256":"{take.sha256}"'
    if take.provider:
        text += f',"provider":{encode_basestring(take.provider)}'
    if take.model:
        text += f',"model":{encode_basestring(take.model)}'
    if take.cost is not None:
        text += f',"cost":{canonical_json(take.cost)}'
    if take.note:
        text += f',"note":{encode_basestring(take.note)}'
    if take.rejected:
        text += ',"rejected":true'
    if take.adopted:
        text += ',"adopted":true'
    if take.finished:
        text += f',"finished":{encode_basestring(take.finished)}'
    return text + "}"


def _outputs_text(outputs: Mapping[str, OutputRecord]) -> str:
    return ",".join(
        f'{encode_basestring(path)}:{{"key":"{record.key}","sha256":"{record.sha256}"}}'
        for path, record in sorted(outputs.items())
    )
