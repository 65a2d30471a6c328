"""The arguments of the chroma key, and laying a picture on a colour; knows no other operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PIL import Image

from assetgen.ops import arguments
from assetgen.ops.picture import has_alpha
from assetgen.ops.runner import Runner


def key(
    image: Image.Image,
    *,
    color: Any = "auto",
    tolerance: Any = None,
    softness: Any = None,
    despill: Any = True,
) -> Image.Image:
    """Return ``image`` with its backdrop transparent, as RGBA; edges are taken apart.

    ``color`` is `auto` or a CSS colour that the border has somewhere; ``tolerance`` (0 to 1, of
    the range of a channel) is measured if None; ``softness`` (0 to 1) is how opaque smoke, glass
    and shadows that touch the backdrop may be and still become translucent: if None, 0.6 on a
    saturated backdrop and 0 on others; ``despill`` (a flag, or 0 to 1) is how much of the
    backdrop is taken out of the colours at the edge. A picture with a see-through border is
    returned as it is. Raises ImageError.
    """
    wanted = None if color == "auto" else arguments.color("color", color)[:3]
    allowed = None if tolerance is None else _share("tolerance", tolerance)
    soft = None if softness is None else _share("softness", softness)
    cleaned = _amount("despill", despill)
    # What takes pixels apart loads numpy, which a plan that only checks arguments does not need.
    from assetgen.ops.keying import keyed

    return keyed(image, wanted, allowed, soft, cleaned)


def flatten(image: Image.Image, *, color: Any = "white") -> Image.Image:
    """Return ``image`` laid on ``color``; one without transparency is returned as it is.

    The result is RGB, or RGBA where the colour is itself see-through. Raises ImageError.
    """
    ground = arguments.color("color", color)
    if not has_alpha(image):
        return image
    laid = Image.new("RGBA", image.size, ground)
    laid.alpha_composite(image)
    return laid.convert("RGB") if ground[3] == 255 else laid


def _share(name: str, value: Any) -> float:
    return arguments.number(name, value, 0, 1)


def _amount(name: str, value: Any) -> float:
    """Return 0 to 1 of a flag or a number."""
    if isinstance(value, bool) or value in ("true", "false"):
        return float(arguments.flag(name, value))
    return _share(name, value)


def _key_color(name: str, value: Any) -> object:
    return value if value == "auto" else arguments.color(name, value)


RUNNERS: Mapping[str, Runner] = {
    "key": Runner(
        key,
        {
            "color": _key_color,
            "tolerance": _share,
            "softness": _share,
            "despill": _amount,
        },
    ),
    "flatten": Runner(flatten, {"color": arguments.color}),
}
