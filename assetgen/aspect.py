"""Ratios of pictures, `W:H` with decimals; knows no picture and no service."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

_RATIO = re.compile(r"(\d{1,5}(?:\.\d{1,6})?):(\d{1,5}(?:\.\d{1,6})?)\Z", re.ASCII)


@lru_cache(maxsize=1024)
def parse_ratio(text: str) -> Fraction | None:
    """Return width / height of a text such as `16:9` or `9:19.5`; None if it is no ratio."""
    match = _RATIO.match(text)
    if match is None:
        return None
    width, height = (Fraction(part) for part in match.groups())
    return width / height if width and height else None


def share_kept(have: Fraction, want: Fraction) -> Fraction:
    """Return which share of a picture of ratio ``have`` is left when it is cropped to ``want``."""
    return min(have / want, want / have)
