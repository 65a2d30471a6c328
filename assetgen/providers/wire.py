"""Reads JSON that somebody else wrote without ever failing; knows no service's words."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Iterator
from typing import Any

MAX_TEXT = 500


def at(data: Any, *path: str | int) -> Any:
    """Return the value at ``path``; None where there is no such place."""
    for step in path:
        if isinstance(step, int):
            if not isinstance(data, list) or not -len(data) <= step < len(data):
                return None
            data = data[step]
        else:
            if not isinstance(data, dict) or step not in data:
                return None
            data = data[step]
    return data


def text_at(data: Any, *path: str | int) -> str:
    """Return the text at ``path``; empty where there is none."""
    value = at(data, *path)
    return value if isinstance(value, str) else ""


def number_at(data: Any, *path: str | int) -> float | None:
    """Return the finite number at ``path``, not negative; None where there is none."""
    value = at(data, *path)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def items_at(data: Any, *path: str | int) -> Iterator[dict[str, Any]]:
    """Yield the objects of the list at ``path``, or the one object that stands there itself."""
    value = at(data, *path) if path else data
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            yield item


def texts_at(data: Any, *path: str | int) -> tuple[str, ...]:
    """Return the texts of the list at ``path``, or the one text that stands there itself."""
    value = at(data, *path)
    found = value if isinstance(value, list) else [value]
    return tuple(text for text in found if isinstance(text, str) and text)


def sentence(*texts: Any) -> str:
    """Return the first of ``texts`` that says something, cut to a length for one line."""
    for text in texts:
        if isinstance(text, str) and text.strip():
            return " ".join(text.split())[:MAX_TEXT]
    return ""


def picture_bytes(text: str) -> bytes | None:
    """Return the bytes of base64 with or without a data-URI head; None if it is none."""
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        return base64.b64decode("".join(text.split()), validate=True) or None
    except (binascii.Error, ValueError):
        return None


def data_uri(data: bytes) -> str:
    """Return bytes of a PNG, JPEG or WebP picture as a data URI."""
    kind = "png" if data[:4] == b"\x89PNG" else "webp" if data[:4] == b"RIFF" else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
