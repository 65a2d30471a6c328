"""The chroma key; knows no file, and no spelling of its arguments.

The backdrop is measured at the border and flooded from the edges, and the pixels where subject and
backdrop are mixed are taken apart. See docs/chroma-key.md for what it does to which picture.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from assetgen.errors import ImageError, Kind, Problem
from assetgen.ops.backdrop import Backdrop, Plane, measure
from assetgen.ops.matte import Matte, Scene, unmix
from assetgen.ops.picture import has_alpha
from assetgen.ops.reach import survey

NOTHING_LEFT = Kind(
    "key-nothing-left",
    "with {color} taken as the background, {left} of the picture would be left",
    "look at the picture: if there is a subject, give a smaller tolerance, or the background's"
    " colour",
)

_LEAST_LEFT = 0.0005


def keyed(
    image: Image.Image,
    wanted: tuple[int, int, int] | None,
    allowed: float | None,
    soft: float | None,
    cleaned: float,
) -> Image.Image:
    """Return ``image`` with its backdrop transparent, as RGBA, if its border is not so already.

    The arguments are those of ``key``, read: color (RGB, or None to measure it), tolerance,
    softness and despill. Raises ImageError.
    """
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
