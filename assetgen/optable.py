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
        args: every argument that it takes, by name.
    """

    version: int = 1
    short: str = ""
    runs: bool = False
    args: tuple[str, ...] = ()


OPS: Mapping[str, OpInfo] = {
    "crop": OpInfo(short="aspect_ratio", runs=True, args=("aspect_ratio", "box", "gravity")),
    "resize": OpInfo(
        short="width", runs=True, args=("width", "height", "fit", "filter", "upscale")
    ),
    "trim": OpInfo(short="pad", args=("pad", "same_box", "threshold")),
    "pad": OpInfo(short="pixels", args=("pixels", "width", "height", "gravity", "color")),
    "flip": OpInfo(short="axis", args=("axis",)),
    "rotate": OpInfo(short="degrees", args=("degrees", "color")),
    "key": OpInfo(short="color", args=("color", "tolerance", "softness", "despill")),
    "flatten": OpInfo(short="color", args=("color",)),
    "quantize": OpInfo(short="colors", args=("colors", "dither")),
    "sharpen": OpInfo(short="amount", args=("amount", "radius")),
    "grayscale": OpInfo(),
    "adjust": OpInfo(args=("brightness", "contrast", "saturation", "hue", "gamma")),
    "overlay": OpInfo(short="image", args=("image", "position", "margin", "opacity")),
    "text": OpInfo(
        short="text",
        args=("text", "font", "size", "box", "fit", "align", "color", "line_height", "direction"),
    ),
    "border": OpInfo(short="width", args=("width", "color")),
    "round": OpInfo(short="radius", args=("radius",)),
}

FORMATS: Mapping[str, bool] = {"png": True, "jpg": False, "webp": True, "avif": True, "ico": True}
"""Output formats by extension, and whether they can hold an alpha channel."""

RENDER_VERSION = 1
ATLAS_VERSION = 1
