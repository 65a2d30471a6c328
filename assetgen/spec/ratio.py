"""Aspect ratios as text: `W:H`, decimals allowed; knows no picture."""

from __future__ import annotations

import re
from decimal import Decimal

from assetgen.errors import Kind, Loc, Problem, SpecError

MAX_RATIO = 100

BAD_RATIO = Kind(
    "bad-aspect-ratio",
    "'{ratio}' is not an aspect ratio",
    "write W:H with positive numbers, such as 16:9, neither more than 100 times the other",
)

_RATIO = re.compile(r"\s*([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*:\s*([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*")


def normal_ratio(text: str, loc: Loc) -> str:
    """Return `W:H` without needless zeros and spaces (`16.0:9` is `16:9`). Raises SpecError."""
    match = _RATIO.fullmatch(text)
    if match:
        width, height = Decimal(match[1]), Decimal(match[2])
        if 0 < width <= MAX_RATIO * height and height <= MAX_RATIO * width:
            return f"{_number(width)}:{_number(height)}"
    raise SpecError(Problem(BAD_RATIO, loc, {"ratio": text}))


def _number(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
