"""The JSON Schema of a spec, and a fast yes or no; knows no words about mistakes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol

try:
    import jsonschema_rs
except ImportError:  # an optional extra: without it the same checks take longer
    jsonschema_rs = None  # type: ignore[assignment] # mypy has no optional modules


class Gate(Protocol):
    """A fast yes or no."""

    def is_valid(self, instance: Any, /) -> bool:
        """Return whether the schema holds."""


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
def whole_schema(*, included: bool) -> Mapping[str, Any]:
    """Return the schema of the main file or of an included one, which needs no `version`."""
    whole = dict(schema())
    if included:
        del whole["required"]
    return whole


@cache
def target_schema() -> Mapping[str, Any]:
    """Return the schema of one target in its long form."""
    whole = schema()
    return {
        "$schema": whole["$schema"],
        "$ref": "#/$defs/target_fields",
        "$defs": whole["$defs"],
    }


@cache
def whole_gate(*, included: bool) -> Gate | None:
    """Return the gate of a whole file, or None without the optional package."""
    return _gate(whole_schema(included=included))


@cache
def target_gate() -> Gate | None:
    """Return the gate of one target, or None without the optional package."""
    return _gate(target_schema())


def _gate(wanted: Mapping[str, Any]) -> Gate | None:
    return None if jsonschema_rs is None else jsonschema_rs.Draft202012Validator(dict(wanted))
