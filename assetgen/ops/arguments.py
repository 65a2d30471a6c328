"""Op arguments from a spec's words to values; knows no picture.

Each reader takes the argument's name, for the message, and its value as the spec has it. Templates
render to text, so a number may come as a string. All raise ImageError (kind `op-argument`).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NoReturn

from PIL import ImageColor

from assetgen.aspect import parse_ratio
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

_WHOLE = re.compile(r"\d{1,6}\Z", re.ASCII)
_DECIMAL = re.compile(r"-?\d{1,6}(?:\.\d{1,6})?\Z", re.ASCII)
_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)%\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Length:
    """A length in pixels, or as a share of the picture's side."""

    pixels: int = 0
    share: float = 0.0

    def of(self, side: int) -> int:
        """Return the length in whole pixels for a side of so many."""
        return self.pixels + round(self.share * side)


def ratio(name: str, value: Any) -> Fraction:
    """Return width / height of a `W:H` text; decimals are allowed, zero is not."""
    found = parse_ratio(value) if isinstance(value, str) else None
    if found is None:
        refuse(name, value, "a ratio", "write it as width:height, such as 16:9 or 9:19.5")
    return found


def box(name: str, value: Any) -> tuple[int, int, int, int]:
    """Return (left, top, width, height) in pixels from a list of those four."""
    numbers = [_integer(item) for item in value] if isinstance(value, list | tuple) else []
    left, top, width, height = numbers if len(numbers) == 4 else (None,) * 4
    if left is None or top is None or not width or not height:
        refuse(name, value, "a box", "write it as [left, top, width, height] in pixels")
    return left, top, width, height


def pixels(name: str, value: Any) -> int:
    """Return a length of 1 to 65,535 pixels."""
    number = _integer(value)
    if not number or number > MAX_SIDE:
        refuse(name, value, "a length in pixels", f"give a whole number from 1 to {MAX_SIDE}")
    return number


def gravity(name: str, value: Any) -> tuple[float, float]:
    """Return the share of the surplus to cut at the left and at the top."""
    return GRAVITIES[choice(name, value, GRAVITIES)]


def choice(name: str, value: Any, known: Collection[str]) -> str:
    """Return ``value`` if it is one of ``known``."""
    if not isinstance(value, str) or value not in known:
        refuse(name, value, "a word that it takes", did_you_mean(str(value), known))
    return value


def flag(name: str, value: Any) -> bool:
    """Return a truth value; the texts `true` and `false` count."""
    if isinstance(value, str) and value in ("true", "false"):
        return value == "true"
    if not isinstance(value, bool):
        refuse(name, value, "true or false", "write true or false")
    return value


def whole(name: str, value: Any, least: int, most: int) -> int:
    """Return a whole number from ``least`` (at least 0) to ``most``."""
    number = _integer(value)
    if number is None or not least <= number <= most:
        refuse(name, value, "a whole number that it takes", f"give one from {least} to {most}")
    return number


def number(name: str, value: Any, least: float, most: float) -> float:
    """Return a number from ``least`` to ``most``; a text of digits counts."""
    if isinstance(value, str) and _DECIMAL.match(value):
        value = float(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not least <= value <= most:
        refuse(name, value, "a number that it takes", f"give one from {least:g} to {most:g}")
    return float(value)


def length(name: str, value: Any) -> Length:
    """Return a length of 0 to 65,535 pixels, or a share such as `12%`, up to 100 %."""
    share = _SHARE.match(value) if isinstance(value, str) else None
    if share and float(share[1]) <= 100:
        return Length(share=float(share[1]) / 100)
    pixels = None if share else _integer(value)
    if pixels is None or pixels > MAX_SIDE:
        refuse(name, value, "a length", "give whole pixels, or a share of the side such as 12%")
    return Length(pixels)


def text(name: str, value: Any) -> str:
    """Return a text; a number counts as the text that it is written as."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        refuse(name, value, "a text", "write a text, in quotes if need be")
    return str(value)


def color(name: str, value: Any) -> tuple[int, int, int, int]:
    """Return (red, green, blue, alpha), 0 to 255 each, of a colour as CSS writes it."""
    if value == "transparent":
        return 0, 0, 0, 0
    try:
        red, green, blue, *alpha = ImageColor.getrgb(value if isinstance(value, str) else "")
    except ValueError:
        refuse(name, value, "a colour", "write it as '#rrggbb' or '#rrggbbaa', or as CSS names it")
    return red, green, blue, alpha[0] if alpha else 255


def _integer(value: Any) -> int | None:
    """Return a whole number >= 0, or None."""
    if isinstance(value, str) and _WHOLE.match(value):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return None
    return value


def refuse(name: str, value: Any, wanted: str, step: str) -> NoReturn:
    """Raise the ImageError that says what an argument should be."""
    shown = f"'{value}'" if isinstance(value, str) else str(value)
    facts = {"argument": name, "value": shown, "wanted": wanted, "step": step}
    raise ImageError(Problem(ARGUMENT, facts=facts))
