"""The local operations by name: arguments, versions, and what they read; runs none.

The spec is checked against this table, and an op's version is part of every key that it is in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assetgen.graph import Op


@dataclass(frozen=True, slots=True)
class OpInfo:
    """One operation.

    Attributes:
        version: raised when the same arguments give other pixels.
        short: the argument that a bare value stands for (`crop: 16:9`); empty if there is none.
        args: every argument that it takes, by name.
        reads: the argument that names a picture or a file, and the role in which it is read.
        keeps_size: whether the picture stays as large as it was.
        takes_any: whether it takes arguments that are not listed.
    """

    version: int = 1
    short: str = ""
    args: tuple[str, ...] = ()
    reads: tuple[str, str] | None = None
    keeps_size: bool = False
    takes_any: bool = False


OPS: Mapping[str, OpInfo] = {
    "crop": OpInfo(short="aspect_ratio", args=("aspect_ratio", "box", "gravity")),
    "resize": OpInfo(short="width", args=("width", "height", "fit", "filter", "upscale")),
    "trim": OpInfo(short="pad", args=("pad", "same_box", "threshold"), reads=("same_box", "box")),
    "pad": OpInfo(short="pixels", args=("pixels", "width", "height", "gravity", "color")),
    "flip": OpInfo(short="axis", args=("axis",), keeps_size=True),
    "rotate": OpInfo(short="degrees", args=("degrees", "color")),
    "key": OpInfo(
        short="color", args=("color", "tolerance", "softness", "despill"), keeps_size=True
    ),
    "flatten": OpInfo(short="color", args=("color",), keeps_size=True),
    "quantize": OpInfo(short="colors", args=("colors", "dither"), keeps_size=True),
    "sharpen": OpInfo(short="amount", args=("amount", "radius"), keeps_size=True),
    "grayscale": OpInfo(keeps_size=True),
    "adjust": OpInfo(
        args=("brightness", "contrast", "saturation", "hue", "gamma"), keeps_size=True
    ),
    "overlay": OpInfo(
        short="image",
        args=("image", "position", "margin", "opacity"),
        reads=("image", "overlay"),
        keeps_size=True,
    ),
    "text": OpInfo(
        short="text",
        args=("text", "font", "size", "box", "fit", "align", "color", "line_height", "direction"),
        reads=("font", "font"),
        keeps_size=True,
    ),
    "border": OpInfo(short="width", args=("width", "color")),
    "round": OpInfo(short="radius", args=("radius",), keeps_size=True),
    "plugin": OpInfo(short="op", args=("op",), takes_any=True),
}

FORMATS: Mapping[str, bool] = {"png": True, "jpg": False, "webp": True, "avif": True, "ico": True}
"""Output formats by extension, and whether they can hold an alpha channel."""

RENDER_VERSION = 1

CONTENTS: Mapping[str, int] = {
    "sheet": 1,
    "frames": 1,
    "picture": 1,
    "favicon": 1,
    "webmanifest": 1,
    "box": 1,
    "copy": 1,
    "thumb": 1,
    "contact": 1,
}
"""Versions of what can be made otherwise than by ops: see ``Output.content``; `box` is no file,
`copy` is a picture as it is, `thumb` is for pages of many pictures, `contact` for sheets."""


def read_by(op: Op) -> tuple[str, ...]:
    """Return what an op reads, each a target's name or a file as `./path`."""
    reads = OPS[op.name].reads
    value = op.args.get(reads[0]) if reads else None
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)
