"""The local operations by name: arguments, version and whether this release runs them; runs none.

The spec is checked against this table, and an op's version is part of every key that it is in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OpInfo:
    """One operation.

    Attributes:
        version: raised when the same arguments give other pixels.
        short: the argument that a bare value stands for (`crop: 16:9`); empty if there is none.
        runs: whether this release can perform it; others are parsed, checked and planned.
    """

    version: int = 1
    short: str = ""
    runs: bool = False


OPS: Mapping[str, OpInfo] = {
    "crop": OpInfo(short="aspect_ratio", runs=True),
    "resize": OpInfo(short="width", runs=True),
    "trim": OpInfo(short="pad"),
    "pad": OpInfo(short="pixels"),
    "flip": OpInfo(short="axis"),
    "rotate": OpInfo(short="degrees"),
    "key": OpInfo(short="color"),
    "flatten": OpInfo(short="color"),
    "quantize": OpInfo(short="colors"),
    "sharpen": OpInfo(short="amount"),
    "grayscale": OpInfo(),
    "adjust": OpInfo(),
    "overlay": OpInfo(short="image"),
    "text": OpInfo(short="text"),
    "border": OpInfo(short="width"),
    "round": OpInfo(short="radius"),
}

FORMATS: Mapping[str, bool] = {"png": True, "jpg": False, "webp": True, "avif": True, "ico": True}
"""Output formats by extension, and whether they can hold an alpha channel."""

RENDER_VERSION = 1
ATLAS_VERSION = 1
