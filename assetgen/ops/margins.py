"""Trim and pad: less or more of what is empty around a picture; scales and knows no file.

Images are of mode RGB or RGBA. An operation that changes nothing returns the same object.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from PIL import Image, ImageChops

from assetgen.digest import canonical_json
from assetgen.errors import ImageError, Kind, Problem
from assetgen.ops import arguments
from assetgen.ops.arguments import Length
from assetgen.ops.canvas import CLEAR, Color, check_size, place
from assetgen.ops.picture import has_alpha
from assetgen.ops.runner import Runner

FAINT = 8
"""Up to this alpha, or this far from the colour of the border, nobody sees anything (3 %)."""

Box = tuple[int, int, int, int]
"""Left, top, right, bottom."""

EMPTY = Kind(
    "trim-empty",
    "trim finds nothing in the picture: {found}",
    "look at the picture before trim; a lower 'threshold' keeps what is fainter",
)
OTHER_SIZE = Kind(
    "trim-other-size",
    "trim: same_box names a picture of {other_width} by {other_height} pixels, and this one is "
    "{width} by {height}",
    "frames that share a box must be of one size; name only those, or resize them alike before",
)
PAD_WHAT = Kind(
    "pad-what",
    "pad needs pixels, or else a width, a height or both",
    "such as 'pad: 16', or 'pad: {{width: 512, height: 512}}'",
)
LARGER = Kind(
    "pad-larger",
    "pad to {to_width} by {to_height} pixels, but the picture is {width} by {height} already",
    "put a resize or a crop before it, or ask for a larger size",
)


class Measured(NamedTuple):
    """The size of a picture, and the box of what is not empty in it, or None if all is."""

    size: tuple[int, int]
    box: Box | None


def measured(image: Image.Image, threshold: Any = None) -> Measured:
    """Return what `same_box` needs to know of a picture; ``threshold`` is that of ``trim``."""
    return Measured(image.size, content_box(image, _limit(threshold)))


def measured_text(found: Measured) -> str:
    """Return it as JSON."""
    return canonical_json(list(found))


def read_measured(data: bytes) -> Measured:
    """Return what :func:`measured_text` wrote."""
    size, box = json.loads(data)
    return Measured(tuple(size), tuple(box) if box else None)


def _limit(threshold: Any) -> int:
    return arguments.whole("threshold", FAINT if threshold is None else threshold, 0, 254)


def trim(
    image: Image.Image,
    *,
    pad: Any = 0,
    same_box: Sequence[Measured] | None = None,
    threshold: Any = FAINT,
) -> Image.Image:
    """Return ``image`` without its empty border.

    If some of it is transparent, pixels of an alpha up to ``threshold`` are empty; else those that
    are within ``threshold``, in each channel, of the colour that most corners have. ``pad`` (a
    length; a share is of the side of what is left) of the border stays, and is made up where there
    is less. ``same_box``: the box also holds what is in the pictures that were measured, which are
    of the same size.
    Raises ImageError, also if all is empty.
    """
    reach = arguments.length("pad", pad)
    limit = _limit(threshold)
    box = _shared_box(image, [measured(image, limit), *(same_box or ())], limit)
    across, down = reach.of(box[2] - box[0]), reach.of(box[3] - box[1])
    left, top = box[0] - across, box[1] - down
    width, height = box[2] + across - left, box[3] + down - top
    check_size("trim", width, height)
    behind = CLEAR if has_alpha(image) else (*_corner_color(image, limit), 255)
    return place(image, (width, height), (-left, -top), behind)


def content_box(image: Image.Image, threshold: int) -> Box | None:
    """Return the box of what is not empty (see ``trim``), or None if nothing is."""
    if has_alpha(image):
        seen = image.getchannel("A")
    else:
        color = _corner_color(image, threshold)
        rgb = image if image.mode == "RGB" else image.convert("RGB")
        apart = ImageChops.difference(rgb, Image.new("RGB", rgb.size, color))
        red, green, blue = apart.split()
        seen = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    return seen.point([0] * (threshold + 1) + [255] * (255 - threshold)).getbbox()


def _shared_box(first: Image.Image, pictures: Sequence[Measured], threshold: int) -> Box:
    boxes = []
    for size, box in pictures:
        if size != first.size:
            facts = {
                "width": first.width,
                "height": first.height,
                "other_width": size[0],
                "other_height": size[1],
            }
            raise ImageError(Problem(OTHER_SIZE, facts=facts))
        if box:
            boxes.append(box)
    if not boxes:
        found = f"every alpha is {threshold} or less"
        if not has_alpha(first):
            found = f"every pixel is within {threshold} of the colour of its corners"
        raise ImageError(Problem(EMPTY, facts={"found": found}))
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _corner_color(image: Image.Image, threshold: int) -> tuple[int, int, int]:
    """Return the colour of the corner that most corners are like, the first of equals."""
    right, bottom = image.width - 1, image.height - 1
    places = ((0, 0), (right, 0), (0, bottom), (right, bottom))
    corners = [_rgb(image.getpixel(place)) for place in places]

    def alike(color: tuple[int, int, int]) -> int:
        return sum(
            all(abs(a - b) <= threshold for a, b in zip(color, other, strict=True))
            for other in corners
        )

    return max(corners, key=alike)


def _rgb(pixel: object) -> tuple[int, int, int]:
    assert isinstance(pixel, tuple)  # noqa: S101 - as of every RGB and RGBA picture
    return pixel[0], pixel[1], pixel[2]


def pad(
    image: Image.Image,
    *,
    pixels: Any = None,
    width: Any = None,
    height: Any = None,
    gravity: Any = "center",
    color: Any = "transparent",
) -> Image.Image:
    """Return ``image`` with a border of ``color``.

    Either ``pixels`` on each side: one length, [vertical, horizontal], or [top, right, bottom,
    left]; a share is of the side that it lengthens. Or up to ``width``, ``height`` or both, where
    ``gravity`` says at which side of the canvas the picture stands. Raises ImageError.
    """
    if (pixels is None) == (width is None and height is None):
        raise ImageError(Problem(PAD_WHAT))
    shares = arguments.gravity("gravity", gravity)
    behind = arguments.color("color", color)
    if pixels is None:
        to_width = image.width if width is None else arguments.pixels("width", width)
        to_height = image.height if height is None else arguments.pixels("height", height)
        return _fill_up(image, (to_width, to_height), shares, behind)
    top, right, bottom, left = sides("pixels", pixels)
    at = left.of(image.width), top.of(image.height)
    to_width = at[0] + image.width + right.of(image.width)
    to_height = at[1] + image.height + bottom.of(image.height)
    check_size("pad", to_width, to_height)
    return place(image, (to_width, to_height), at, behind)


def sides(name: str, value: Any) -> tuple[Length, Length, Length, Length]:
    """Return (top, right, bottom, left) of one length, [vertical, horizontal], or those four.

    Raises ImageError.
    """
    if not isinstance(value, list | tuple):
        value = [value]
    if len(value) not in (1, 2, 4):
        wanted = "one, two or four lengths"
        step = "write 16, [vertical, horizontal], or [top, right, bottom, left]"
        arguments.refuse(name, value, wanted, step)
    lengths = [arguments.length(name, item) for item in value] * (4 // len(value))
    return lengths[0], lengths[1], lengths[2], lengths[3]


def _fill_up(
    image: Image.Image, size: tuple[int, int], shares: tuple[float, float], behind: Color
) -> Image.Image:
    across, down = size[0] - image.width, size[1] - image.height
    if across < 0 or down < 0:
        facts = {
            "to_width": size[0],
            "to_height": size[1],
            "width": image.width,
            "height": image.height,
        }
        raise ImageError(Problem(LARGER, facts=facts))
    check_size("pad", *size)
    return place(image, size, (round(across * shares[0]), round(down * shares[1])), behind)


def _check_pad(args: Mapping[str, Any]) -> Iterable[Problem]:
    if ("pixels" in args) == bool({"width", "height"} & args.keys()):
        yield Problem(PAD_WHAT)


RUNNERS: Mapping[str, Runner] = {
    "trim": Runner(
        trim,
        {
            "pad": arguments.length,
            "threshold": lambda name, value: arguments.whole(name, value, 0, 254),
        },
    ),
    "pad": Runner(
        pad,
        {
            "pixels": sides,
            "width": arguments.pixels,
            "height": arguments.pixels,
            "gravity": arguments.gravity,
            "color": arguments.color,
        },
        _check_pad,
    ),
}
