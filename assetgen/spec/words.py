"""Values in words, for messages; knows nothing of schemas or files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def describe(value: Any) -> str:
    """Return what ``value`` is, in words that continue "found …"."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text '{shorten(value)}'"
    return "a mapping" if isinstance(value, Mapping) else "a list"


def shorten(text: str, limit: int = 60) -> str:
    """Return ``text``, cut to ``limit`` characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
