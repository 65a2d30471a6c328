"""Border and round: the outline of a picture; knows nothing of what it shows, and no file.

Images are of mode RGB or RGBA. An operation that changes nothing returns the same object.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from PIL import Image, ImageChops, ImageOps

from assetgen.errors import ImageError, Kind, Problem
from assetgen.ops import arguments
from assetgen.ops.canvas import check_size, place
from assetgen.ops.runner import Runner

ROUND_WHAT = Kind(
    "round-what", "round needs the radius of the corners", "such as 'round: 24', or 'round: 50%'"
)


def border(image: Image.Image, *, width: Any = 1, color: Any = "black") -> Image.Image:
    """Return ``image`` with a frame of ``color`` around its canvas, which grows.

    ``width`` is a length; a share is of the shorter side. Raises ImageError.
    """
    line = arguments.length("width", width).of(min(image.size))
    ink = arguments.color("color", color)
    across, down = image.width + 2 * line, image.height + 2 * line
    check_size("border", across, down)
    return place(image, (across, down), (line, line), ink)


def round_corners(image: Image.Image, *, radius: Any = None) -> Image.Image:
    """Return ``image``, as RGBA, with its corners cut to arcs of ``radius``.

    A length; a share is of the shorter side, and more than half of that side is half of it. The
    edge is smooth, and multiplies the alpha that is there. Raises ImageError.
    """
    if radius is None:
        raise ImageError(Problem(ROUND_WHAT))
    shorter = min(image.size)
    bend = min(arguments.length("radius", radius).of(shorter), shorter // 2)
    if bend == 0:
        return image
    mask = _rounded(image.size, bend)
    made = image.convert("RGBA")
    made.putalpha(ImageChops.multiply(made.getchannel("A"), mask))
    return made


def _rounded(size: tuple[int, int], radius: int) -> Image.Image:
    """Return how much of each pixel lies inside a box of ``size`` with rounded corners, as L."""
    mask = Image.new("L", size, 255)
    corner = _corner(radius)
    right, bottom = size[0] - radius, size[1] - radius
    mask.paste(corner, (0, 0))
    mask.paste(ImageOps.mirror(corner), (right, 0))
    mask.paste(ImageOps.flip(corner), (0, bottom))
    mask.paste(ImageOps.flip(ImageOps.mirror(corner)), (right, bottom))
    return mask


def _corner(radius: int) -> Image.Image:
    """Return the upper left quarter of a disc, as L.

    The share of a pixel that is inside follows, closely enough, from how far its middle is from
    the arc; only those within half a pixel of it have to be looked at.
    """
    rows = bytearray()
    for y in range(radius):
        down = radius - y - 0.5
        outside = max(0, math.floor(radius - math.sqrt((radius + 0.5) ** 2 - down**2) - 0.5))
        inner = (radius - 0.5) ** 2 - down**2
        inside = math.ceil(radius - math.sqrt(inner) - 0.5) if inner > 0 else radius
        arc = (radius - math.hypot(radius - x - 0.5, down) + 0.5 for x in range(outside, inside))
        rows += bytes(outside)
        rows += bytes(round(255 * min(1.0, max(0.0, share))) for share in arc)
        rows += b"\xff" * (radius - max(inside, outside))
    return Image.frombytes("L", (radius, radius), bytes(rows))


def _check_round(args: Mapping[str, Any]) -> Iterable[Problem]:
    if "radius" not in args:
        yield Problem(ROUND_WHAT)


RUNNERS: Mapping[str, Runner] = {
    "border": Runner(border, {"width": arguments.length, "color": arguments.color}),
    "round": Runner(round_corners, {"radius": arguments.length}, _check_round),
}
