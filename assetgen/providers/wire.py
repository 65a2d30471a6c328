"""Reads JSON that somebody else wrote without ever failing; knows no service's format.

A text with half of a surrogate pair can be written to no file and no socket: as an id or an address
it is taken for none, in a sentence the half is replaced.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from assetgen.providers.address import is_web

MAX_TEXT = 500
MAX_ID = 1000

_POLICY = re.compile(
    r"content.{0,40}(polic|violat|prohibit)|(violat|against).{0,40}(polic|guideline)"
    r"|(sensitive|prohibited|unsafe) content|moderat|nsfw|safety (check|filter|system)",
    re.IGNORECASE | re.DOTALL,
)
_BALANCE = re.compile(
    r"\b(insufficient|not enough|no|low)[\s_](\w+\s)?(credit|balance|fund|quota)", re.IGNORECASE
)


def parsed(text: str | bytes) -> Any:
    """Return JSON text as data; None if it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


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
    return value if isinstance(value, str) and _is_whole(value) else ""


def id_at(data: Any, *path: str | int) -> str:
    """Return the id at ``path``, which some write as a number; empty where there is none."""
    value = at(data, *path)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 64:
        return str(value)
    text = text_at(data, *path)
    return text if text.strip() and len(text) <= MAX_ID else ""


def number_at(data: Any, *path: str | int, least: float = 0.0) -> float | None:
    """Return the finite number of ``least`` or more at ``path``; None where there is none."""
    value = at(data, *path)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) and number >= least else None


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
    return tuple(text for text in found if isinstance(text, str) and text and _is_whole(text))


def pictures_at(data: Any, *path: str | int) -> tuple[str | bytes, ...]:
    """Return the pictures of the list at ``path`` (or the one that stands there itself), in order.

    Each is a web address, or the bytes of a data URI; an item may be an object with it as `url`.
    What is neither is left out.
    """
    value = at(data, *path)
    items = value if isinstance(value, list) else [value]
    texts = (item if isinstance(item, str) else text_at(item, "url") for item in items)
    return tuple(found for text in texts if (found := _picture(text)))


def _picture(text: str) -> str | bytes | None:
    if text[:5].lower() == "data:":
        return picture_bytes(text)
    return text if is_web(text) else None


def is_blank(value: Any) -> bool:
    """Whether nothing is said: null, a blank text, an empty list or object, a list of only such."""
    items = value if isinstance(value, list) else [value]
    bare = (item.strip() if isinstance(item, str) else item for item in items)
    return all(item is None or item in ("", [], {}) for item in bare)


def sentence(*texts: Any) -> str:
    """Return the first of ``texts`` that says something, cut to a length for one line."""
    for text in texts:
        if isinstance(text, str) and text.strip():
            return " ".join(text.encode("utf-8", "replace").decode().split())[:MAX_TEXT]
    return ""


def speaks_of_policy(text: str) -> bool:
    """Whether a refusal is about what was asked for; a hint beside a status, never alone."""
    return _POLICY.search(text) is not None


def speaks_of_balance(text: str) -> bool:
    """Whether a refusal is about money; a hint beside a status, never alone."""
    return _BALANCE.search(text) is not None


def seconds_between(start: str, end: str) -> float | None:
    """Return the seconds between two ISO-8601 moments; None if one is none, or they run back."""
    try:
        passed = (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return passed if passed >= 0 else None


def picture_bytes(text: str) -> bytes | None:
    """Return the bytes of base64 with or without a data-URI head; None if it is none."""
    if text[:5].lower() == "data:":
        text = text.partition(",")[2]
    try:
        return base64.b64decode("".join(text.split()), validate=True) or None
    except (binascii.Error, ValueError):
        return None


def _is_whole(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def data_uri(data: bytes) -> str:
    """Return bytes of a PNG, JPEG or WebP picture as a data URI."""
    return f"data:{media_type(data)};base64,{base64.b64encode(data).decode()}"


def media_type(data: bytes) -> str:
    """Return the media type of a PNG, JPEG or WebP picture, by its first bytes."""
    kind = "png" if data[:4] == b"\x89PNG" else "webp" if data[:4] == b"RIFF" else "jpeg"
    return f"image/{kind}"
