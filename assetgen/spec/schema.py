"""The JSON Schema of a spec, compiled; knows the standard's rules and no words about mistakes."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

try:
    import jsonschema_rs
except ImportError:  # an optional extra: without it the same checks take longer
    jsonschema_rs = None  # type: ignore[assignment] # mypy has no optional modules


class Gate(Protocol):
    """A fast yes or no."""

    def is_valid(self, instance: Any, /) -> bool:
        """Return whether the schema holds."""


@dataclass(frozen=True, slots=True)
class Checks:
    """The compiled schema.

    Attributes:
        head: everything but the targets; target: one target in its long form.
        gate: the whole file; target_gate: one target. None without the optional package.
    """

    head: Draft202012Validator
    target: Draft202012Validator
    gate: Gate | None = None
    target_gate: Gate | None = None


def schema_text() -> str:
    """Return the JSON Schema of a spec as the text of its file."""
    path = os.path.join(os.path.dirname(__file__), "assetgen.schema.json")
    with open(path, encoding="utf-8") as file:
        return file.read()


@cache
def schema() -> Mapping[str, Any]:
    """Return the JSON Schema of a spec; not to be changed."""
    value: dict[str, Any] = json.loads(schema_text())
    return value


@cache
def compiled(*, included: bool, gated: bool = True) -> Checks:
    """Return the checks of the main file or of an included one, with or without the gates."""
    whole = dict(schema())
    if included:
        del whole["required"]
    targets = dict(whole["properties"]["targets"])
    del targets["additionalProperties"]
    head = {**whole, "properties": {**whole["properties"], "targets": targets}}
    target = {
        "$schema": whole["$schema"],
        "$ref": "#/$defs/target_fields",
        "$defs": whole["$defs"],
    }
    if not gated or jsonschema_rs is None:
        return Checks(_Validator(head), _Validator(target))
    gate = jsonschema_rs.Draft202012Validator
    return Checks(_Validator(head), _Validator(target), gate(whole), gate(target))


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    """Search as the standard (ECMA 262) says: `$` is the end, not the last line break."""
    if isinstance(instance, str) and not _ecma(pattern).search(instance):
        yield ValidationError("the pattern does not match")


@cache
def _ecma(pattern: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\$$", r"\\Z", pattern))


def _unique(_: Any, unique: bool, instance: Any, __: Any) -> Iterator[ValidationError]:
    """Compare by hash: the library's own way takes quadratic time for lists of mixed types."""
    if unique and isinstance(instance, list):
        texts = [json.dumps(item, sort_keys=True) for item in instance]
        if len(set(texts)) < len(texts):
            yield ValidationError("an item is repeated")


_extend: Any = extend
_Validator: Any = _extend(Draft202012Validator, {"pattern": _pattern, "uniqueItems": _unique})
