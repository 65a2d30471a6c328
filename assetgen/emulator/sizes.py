"""Sizes in pixels that the emulated models draw; knows no service and no request.

Source of the pairs: Runware's pages of the Grok Imagine models. Pixazo, APIXO and xAI publish
none; they front the same models, so the same pairs are drawn for them.
"""

from __future__ import annotations

from collections.abc import Mapping

PAIRS: Mapping[str, tuple[int, int]] = {
    "1:1": (1024, 1024),
    "3:4": (896, 1280),
    "4:3": (1280, 896),
    "9:16": (768, 1408),
    "16:9": (1408, 768),
    "2:3": (864, 1296),
    "3:2": (1296, 864),
    "9:19.5": (576, 1248),
    "19.5:9": (1248, 576),
    "9:20": (576, 1280),
    "20:9": (1280, 576),
    "1:2": (704, 1408),
    "2:1": (1408, 704),
}
"""Width and height at 1k by ratio; 2k is twice as much in both directions."""

NEWER: Mapping[str, tuple[int, int]] = {"21:9": (1568, 672), "5:2": (1600, 640)}
"""Ratios of the 2.0 models only. Their pixels are unknown; these are near enough."""

TIERS = {"1k": 1.0, "1.5k": 1.5, "2k": 2.0}
_STEP = 16


def size_of(ratio: str, tier: str) -> tuple[int, int]:
    """Return width and height of a ratio at a resolution tier (`1k`, `1.5k`, `2k`)."""
    width, height = PAIRS.get(ratio) or NEWER[ratio]
    factor = TIERS[tier]
    return round(width * factor), round(height * factor)


def following(width: int, height: int, tier: str) -> tuple[int, int]:
    """Return a size of the tier's area with the ratio of a picture, in steps of 16 pixels."""
    side = 1024 * TIERS[tier]
    factor = (side * side / (width * height)) ** 0.5
    return _stepped(width * factor), _stepped(height * factor)


def _stepped(length: float) -> int:
    return min(4096, max(_STEP, round(length / _STEP) * _STEP))
