"""Crop, resize, flip, rotate: which pixels, and how many; knows no file format.

Images are of mode RGB or RGBA. An operation that changes nothing returns the same object.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from PIL import Image

from assetgen.errors import ImageError, Kind, Problem
from assetgen.ops import arguments, margins, saliency
from assetgen.ops.canvas import Color, check_size
from assetgen.ops.picture import MAX_PIXELS
from assetgen.ops.runner import Runner

FITS = ("contain", "cover", "fill")
AXES = ("horizontal", "vertical")
SALIENCY = "saliency"
FILTERS = {"lanczos": Image.Resampling.LANCZOS, "nearest": Image.Resampling.NEAREST}

QUARTERS: Mapping[float, Image.Transpose] = {
    90: Image.Transpose.ROTATE_270,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}
"""Turns that move pixels only, by clockwise degrees; Pillow counts the other way."""
RIM = 2
"""Clear pixels around what is turned: as far as the bicubic filter reaches."""

CROP_WHAT = Kind(
    "crop-what", "crop needs aspect_ratio or box, and not both", "give one, such as 'crop: 16:9'"
)
OUTSIDE = Kind(
    "crop-outside",
    "the box {box} reaches outside the picture, which is {width} by {height} pixels",
    "a box is [left, top, width, height] within the picture",
)
RESIZE_WHAT = Kind(
    "resize-what", "resize needs a width, a height or both", "such as 'resize: {{height: 720}}'"
)
ENLARGES = Kind(
    "resize-enlarges",
    "resize to {to_width} by {to_height} would enlarge a picture of {width} by {height} pixels",
    "ask for a smaller size, buy a higher resolution, or say 'upscale: true'",
)

ROTATE_WHAT = Kind(
    "rotate-what", "rotate needs the degrees to turn by", "such as 'rotate: 90', clockwise"
)
TOO_BIG = Kind(
    "resize-too-big",
    "resize to {to_width} by {to_height} would give more than {limit} million pixels",
    "ask for a smaller size",
)


def crop(
    image: Image.Image,
    *,
    aspect_ratio: Any = None,
    box: Any = None,
    gravity: Any = "center",
) -> Image.Image:
    """Return the largest part of ``aspect_ratio`` (`W:H`), or the pixels of ``box``.

    ``gravity`` says which part stays: center, left, right, top, bottom, top-left …, or saliency,
    which looks for what stands out; a picture within one pixel of the ratio is returned as it is.
    Raises ImageError.
    """
    if (aspect_ratio is None) == (box is None):
        raise ImageError(Problem(CROP_WHAT))
    if box is not None:
        return _cut(image, *arguments.box("box", box))
    ratio = arguments.ratio("aspect_ratio", aspect_ratio)
    shares = _gravity("gravity", gravity)
    width, height = largest(image.width, image.height, ratio)
    spare_width, spare_height = image.width - width, image.height - height
    if spare_width <= 1 and spare_height <= 1:
        return image
    left_share, top_share = shares or saliency.shares(image, width, height)
    left, top = round(spare_width * left_share), round(spare_height * top_share)
    return _cut(image, left, top, width, height)


def _gravity(name: str, value: Any) -> tuple[float, float] | None:
    """Return the shares of the surplus to cut at the left and at the top; None for saliency."""
    word = arguments.choice(name, value, (*arguments.GRAVITIES, SALIENCY))
    return arguments.GRAVITIES.get(word)


def largest(width: int, height: int, ratio: Fraction) -> tuple[int, int]:
    """Return the size of the largest box of ``ratio`` (width / height) inside width by height."""
    if width > height * ratio:
        return max(1, round(height * ratio)), height
    return width, max(1, round(width / ratio))


def resize(
    image: Image.Image,
    *,
    width: Any = None,
    height: Any = None,
    fit: Any = "contain",
    filter: Any = "lanczos",
    upscale: Any = False,
) -> Image.Image:
    """Return ``image`` at another size.

    With one side the other follows. With both, ``fit`` decides: contain (as large as fits in,
    ratio kept), cover (fills it, the surplus is cut evenly) or fill (stretched). Colours are
    weighed by their alpha. Raises ImageError, also where it would enlarge without ``upscale``.
    """
    fit = arguments.choice("fit", fit, FITS)
    resampling = FILTERS[arguments.choice("filter", filter, FILTERS)]
    wanted_width = None if width is None else arguments.pixels("width", width)
    wanted_height = None if height is None else arguments.pixels("height", height)
    scaled = scaled_size(image.size, wanted_width, wanted_height, fit)
    _check_scaled(image, scaled, upscale=arguments.flag("upscale", upscale))
    if scaled != image.size:
        image = image.resize(scaled, resampling)
    if fit == "cover" and wanted_width and wanted_height:
        left, top = (scaled[0] - wanted_width) // 2, (scaled[1] - wanted_height) // 2
        return _cut(image, left, top, wanted_width, wanted_height)
    return image


def scaled_size(
    size: tuple[int, int], width: int | None, height: int | None, fit: str
) -> tuple[int, int]:
    """Return the size that the whole picture is scaled to, before `cover` cuts its surplus."""
    across = Fraction(width, size[0]) if width else None
    down = Fraction(height, size[1]) if height else None
    if across and down and fit == "fill":
        return round(size[0] * across), round(size[1] * down)
    scales = [scale for scale in (across, down) if scale]
    if not scales:
        raise ImageError(Problem(RESIZE_WHAT))
    scale = max(scales) if fit == "cover" else min(scales)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _check_scaled(image: Image.Image, to: tuple[int, int], *, upscale: bool) -> None:
    facts = {
        "to_width": to[0],
        "to_height": to[1],
        "width": image.width,
        "height": image.height,
        "limit": MAX_PIXELS // 1_000_000,
    }
    if not upscale and (to[0] > image.width or to[1] > image.height):
        raise ImageError(Problem(ENLARGES, facts=facts))
    if to[0] * to[1] > MAX_PIXELS:
        raise ImageError(Problem(TOO_BIG, facts=facts))


def _cut(image: Image.Image, left: int, top: int, width: int, height: int) -> Image.Image:
    right, bottom = left + width, top + height
    if right > image.width or bottom > image.height:
        facts = {
            "box": str([left, top, width, height]),
            "width": image.width,
            "height": image.height,
        }
        raise ImageError(Problem(OUTSIDE, facts=facts))
    if (width, height) == image.size:
        return image
    return image.crop((left, top, right, bottom))


def flip(image: Image.Image, *, axis: Any = "horizontal") -> Image.Image:
    """Return ``image`` mirrored: horizontal swaps left and right, vertical top and bottom.

    Raises ImageError.
    """
    if arguments.choice("axis", axis, AXES) == "horizontal":
        return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return image.transpose(Image.Transpose.FLIP_TOP_BOTTOM)


def rotate(image: Image.Image, *, degrees: Any = None, color: Any = "transparent") -> Image.Image:
    """Return ``image`` turned clockwise.

    Quarter turns move pixels and lose nothing. Other angles resample (bicubic, colours weighed by
    their alpha) onto a canvas that grows to hold all of it; its corners are ``color``. Raises
    ImageError.
    """
    if degrees is None:
        raise ImageError(Problem(ROTATE_WHAT))
    angle = _degrees("degrees", degrees) % 360
    behind = arguments.color("color", color)
    if angle == 0:
        return image
    if angle in QUARTERS:
        return image.transpose(QUARTERS[angle])
    return _turned(image, math.radians(angle), behind)


def _turned(image: Image.Image, angle: float, behind: Color) -> Image.Image:
    cos, sin = math.cos(angle), math.sin(angle)
    # Less a millionth, so that what should be whole pixels does not grow by one.
    width = math.ceil(image.width * abs(cos) + image.height * abs(sin) - 1e-6)
    height = math.ceil(image.width * abs(sin) + image.height * abs(cos) - 1e-6)
    check_size("rotate", width, height)
    # Without clear pixels around it the filter has nothing to fade to, and edges get jagged.
    size = image.width + 2 * RIM, image.height + 2 * RIM
    source = Image.new("RGBa", size, 0)
    source.paste(image.convert("RGBA").convert("RGBa"), (RIM, RIM))
    from_left = (size[0] - cos * width - sin * height) / 2
    from_top = (size[1] + sin * width - cos * height) / 2
    turned = source.transform(
        (width, height),
        Image.Transform.AFFINE,
        (cos, sin, from_left, -sin, cos, from_top),
        Image.Resampling.BICUBIC,
    ).convert("RGBA")
    if behind[3] == 0:
        return turned
    laid = Image.alpha_composite(Image.new("RGBA", turned.size, behind), turned)
    return laid.convert("RGB") if image.mode == "RGB" and behind[3] == 255 else laid


def _degrees(name: str, value: Any) -> float:
    return arguments.number(name, value, -360, 360)


def _check_crop(args: Mapping[str, Any]) -> Iterable[Problem]:
    if ("aspect_ratio" in args) == ("box" in args):
        yield Problem(CROP_WHAT)


def _check_rotate(args: Mapping[str, Any]) -> Iterable[Problem]:
    if "degrees" not in args:
        yield Problem(ROTATE_WHAT)


def _check_resize(args: Mapping[str, Any]) -> Iterable[Problem]:
    if not {"width", "height"} & args.keys():
        yield Problem(RESIZE_WHAT)


RUNNERS: Mapping[str, Runner] = {
    "crop": Runner(
        crop,
        {
            "aspect_ratio": arguments.ratio,
            "box": arguments.box,
            "gravity": _gravity,
        },
        _check_crop,
    ),
    "resize": Runner(
        resize,
        {
            "width": arguments.pixels,
            "height": arguments.pixels,
            "fit": lambda name, value: arguments.choice(name, value, FITS),
            "filter": lambda name, value: arguments.choice(name, value, FILTERS),
            "upscale": arguments.flag,
        },
        _check_resize,
    ),
    "flip": Runner(flip, {"axis": lambda name, value: arguments.choice(name, value, AXES)}),
    "rotate": Runner(rotate, {"degrees": _degrees, "color": arguments.color}, _check_rotate),
    **margins.RUNNERS,
}
