"""The chroma key, and laying a picture on a colour; knows no file and no other operation.

`key` measures the backdrop at the border, floods it from the edges, and takes apart the pixels
where subject and backdrop are mixed. See docs/chroma-key.md for what it does to which picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image

from assetgen.errors import ImageError, Kind, Problem
from assetgen.ops import arguments
from assetgen.ops.backdrop import Backdrop, Plane, measure
from assetgen.ops.matte import Matte, Scene, unmix
from assetgen.ops.picture import has_alpha
from assetgen.ops.reach import survey
from assetgen.ops.runner import Runner

NOTHING_LEFT = Kind(
    "key-nothing-left",
    "with {color} taken as the background, {left} of the picture would be left",
    "look at the picture: if there is a subject, give a smaller tolerance, or the background's"
    " colour",
)

_LEAST_LEFT = 0.0005


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
    if has_alpha(image) and _see_through_border(image):
        return image
    planes = [np.asarray(band) for band in image.split()]
    backdrop, scene, box = survey(planes[:3], measure(planes[:3], wanted, allowed), soft)
    alpha, colors = _composed(scene, unmix(scene), cleaned)
    if len(planes) == 4:
        alpha = (alpha.astype(np.uint16) * planes[3][box] // 255).astype(np.uint8)
    _check_left(alpha, image, backdrop)
    shown = (alpha > 0).astype(np.uint8)
    cut = [Image.fromarray(plane) for plane in (*(plane * shown for plane in colors), alpha)]
    found = Image.new("RGBA", image.size)
    found.paste(Image.merge("RGBA", cut), (box[1].start or 0, box[0].start or 0))
    return found


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


def _see_through_border(image: Image.Image) -> bool:
    alpha = np.asarray(image.getchannel("A"))
    return bool(min(alpha[edge].min() for edge in _EDGES) < 128)


_EDGES = (np.s_[0, :], np.s_[-1, :], np.s_[:, 0], np.s_[:, -1])


def _composed(scene: Scene, matte: Matte, despill: float) -> tuple[Plane, list[Plane]]:
    """Return alpha, and red, green and blue with the edges' own colours."""
    alpha: Plane = np.multiply(~scene.sure, 255, dtype=np.uint8)
    alpha.reshape(-1)[matte.places] = np.rint(matte.alphas * 255).astype(np.uint8)
    colors = []
    for channel, plane in enumerate(scene.planes):
        own = plane.copy()
        flat = own.reshape(-1)
        before = flat[matte.places].astype(np.float32)
        after = before + despill * (matte.colors[:, channel] - before)
        flat[matte.places] = np.rint(after).astype(np.uint8)
        colors.append(own)
    return alpha, colors


def _check_left(alpha: Plane, image: Image.Image, backdrop: Backdrop) -> None:
    left = float(alpha.sum(dtype=np.int64)) / 255 / (image.width * image.height)
    if left < _LEAST_LEFT:
        color = "#" + "".join(f"{level:02x}" for level in backdrop.mean)
        facts = {"color": color, "left": f"{left:.2%}"}
        raise ImageError(Problem(NOTHING_LEFT, facts=facts))


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
