"""Op arguments from a spec's words to values; knows no picture.

Each reader takes the argument's name, for the message, and its value as the spec has it. Templates
render to text, so a number may come as a string. All raise ImageError (kind `op-argument`).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from fractions import Fraction
from typing import Any, NoReturn

from assetgen.errors import ImageError, Kind, Problem, did_you_mean

ARGUMENT = Kind("op-argument", "{argument}: {value} is not {wanted}", "{step}")
MAX_SIDE = 65_535

GRAVITIES = {
    "center": (0.5, 0.5),
    "left": (0.0, 0.5),
    "right": (1.0, 0.5),
    "top": (0.5, 0.0),
    "bottom": (0.5, 1.0),
    "top-left": (0.0, 0.0),
    "top-right": (1.0, 0.0),
    "bottom-left": (0.0, 1.0),
    "bottom-right": (1.0, 1.0),
}
"""Which part stays: the share of the surplus that is cut at the left and at the top."""

_RATIO = re.compile(r"(\d{1,5}(?:\.\d{1,6})?):(\d{1,5}(?:\.\d{1,6})?)\Z", re.ASCII)
_NUMBER = re.compile(r"\d{1,6}\Z", re.ASCII)


def ratio(name: str, value: Any) -> Fraction:
    """Return width / height of a `W:H` text; decimals are allowed, zero is not."""
    match = _RATIO.match(value) if isinstance(value, str) else None
    width, height = (Fraction(part) for part in match.groups()) if match else (0, 0)
    if not width or not height:
        _refuse(name, value, "a ratio", "write it as width:height, such as 16:9 or 9:19.5")
    return Fraction(width) / height


def box(name: str, value: Any) -> tuple[int, int, int, int]:
    """Return (left, top, width, height) in pixels from a list of those four."""
    numbers = [_integer(item) for item in value] if isinstance(value, list | tuple) else []
    left, top, width, height = numbers if len(numbers) == 4 else (None,) * 4
    if left is None or top is None or not width or not height:
        _refuse(name, value, "a box", "write it as [left, top, width, height] in pixels")
    return left, top, width, height


def pixels(name: str, value: Any) -> int:
    """Return a length of 1 to 65,535 pixels."""
    number = _integer(value)
    if not number or number > MAX_SIDE:
        _refuse(name, value, "a length in pixels", f"give a whole number from 1 to {MAX_SIDE}")
    return number


def gravity(name: str, value: Any) -> tuple[float, float]:
    """Return the share of the surplus to cut at the left and at the top."""
    return GRAVITIES[choice(name, value, GRAVITIES)]


def choice(name: str, value: Any, known: Collection[str]) -> str:
    """Return ``value`` if it is one of ``known``."""
    if not isinstance(value, str) or value not in known:
        _refuse(name, value, "a word that it takes", did_you_mean(str(value), known))
    return value


def flag(name: str, value: Any) -> bool:
    """Return a truth value; the texts `true` and `false` count."""
    if isinstance(value, str) and value in ("true", "false"):
        return value == "true"
    if not isinstance(value, bool):
        _refuse(name, value, "true or false", "write true or false")
    return value


def _integer(value: Any) -> int | None:
    """Return a whole number >= 0, or None."""
    if isinstance(value, str) and _NUMBER.match(value):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return None
    return value


def _refuse(name: str, value: Any, wanted: str, step: str) -> NoReturn:
    shown = f"'{value}'" if isinstance(value, str) else str(value)
    facts = {"argument": name, "value": shown, "wanted": wanted, "step": step}
    raise ImageError(Problem(ARGUMENT, facts=facts))
