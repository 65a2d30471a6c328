"""Checks of a JSON object's fields, as the services do them; knows no service's fields.

A check takes a value and returns what is wrong with it, or "".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Check = Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Wrong:
    """One field that is wrong: `unknown`, `missing` or `invalid`, and why."""

    name: str
    sort: str
    why: str


def mistakes(
    body: Mapping[str, Any], fields: Mapping[str, Check], required: Iterable[str] = ()
) -> list[Wrong]:
    """Return what is wrong with the fields of an object, unknown ones first."""
    unknown = [Wrong(n, "unknown", "is not a known parameter") for n in body if n not in fields]
    missing = [Wrong(n, "missing", "is required") for n in required if n not in body]
    invalid = [
        Wrong(name, "invalid", why)
        for name, value in body.items()
        if name in fields and (why := fields[name](value))
    ]
    return unknown + missing + invalid


def text(least: int = 1, most: int | None = None) -> Check:
    """Return a check for a string of a length."""

    def check(value: Any) -> str:
        if not isinstance(value, str):
            return "must be a string"
        if len(value) < least or (least and not value.strip()):
            return "must not be empty"
        return f"must not exceed {most} characters" if most and len(value) > most else ""

    return check


def one_of(*allowed: str) -> Check:
    """Return a check for one of some words, in this spelling."""

    def check(value: Any) -> str:
        if isinstance(value, str) and value in allowed:
            return ""
        return f"must be one of {', '.join(allowed)}"

    return check


def whole(least: int, most: int | None = None) -> Check:
    """Return a check for an integer in a range."""

    def check(value: Any) -> str:
        if not isinstance(value, int) or isinstance(value, bool):
            return "must be an integer"
        if value < least or (most is not None and value > most):
            return f"must be between {least} and {most}" if most else f"must be at least {least}"
        return ""

    return check


def flag(value: Any) -> str:
    """Check for a boolean."""
    return "" if isinstance(value, bool) else "must be a boolean"


def texts(least: int, most: int) -> Check:
    """Return a check for an array of so many strings that are not empty."""

    def check(value: Any) -> str:
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            return "must be an array of strings"
        if not least <= len(value) <= most:
            return f"must have between {least} and {most} items"
        return ""

    return check


def anything(value: Any) -> str:
    """Check nothing."""
    return ""


def parsed(data: bytes) -> Any:
    """Return the JSON value of a body. Raises ValueError."""
    return json.loads(data.decode("utf-8"), parse_constant=_refuse)


def _refuse(name: str) -> Any:
    raise ValueError(name)
