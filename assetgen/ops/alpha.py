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
from assetgen.ops.regions import Mask, dilate, flood, frame, regions
from assetgen.ops.runner import Runner

NOTHING_LEFT = Kind(
    "key-nothing-left",
    "with {color} taken as the background, {left} of the picture would be left",
    "look at the picture: if there is a subject, give a smaller tolerance, or the background's"
    " colour",
)

_SOFT = 0.6
"""How see-through a pixel beside a saturated backdrop may be, by default."""
_LEAST_LEFT = 0.0005
_SLOPE, _TRACE = 0.06, 0.06
"""The change from pixel to pixel, and the least saturation, of smoke: shares of the backdrop's."""
_STRAND = 4
"""How many pixels a strand of hair is thick at most, where it parts two gaps."""
_HOLE_LEAST, _HOLE_OFF, _HOLE_PURE = 4, 2.5, 0.9
"""A hole's least pixels, its mean distance in levels, its share of backdrop away from the rim."""


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
    backdrop, scene = _scene(planes[:3], measure(planes[:3], wanted, allowed), soft)
    alpha, colors = _composed(scene, unmix(scene), cleaned)
    if len(planes) == 4:
        alpha = (alpha.astype(np.uint16) * planes[3] // 255).astype(np.uint8)
    _check_left(alpha, backdrop)
    hidden = alpha == 0
    for plane in colors:
        plane[hidden] = 0
    return Image.merge("RGBA", [Image.fromarray(plane) for plane in (*colors, alpha)])


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


def _scene(
    planes: list[Plane], backdrop: Backdrop, softness: float | None
) -> tuple[Backdrop, Scene]:
    """Return the backdrop, fitted to all that it reaches, and what it reaches."""
    behind = backdrop.planes()
    off = _difference(planes, behind)
    if not backdrop.is_flat:
        backdrop = backdrop.refined(planes, flood(off <= backdrop.tolerance))
        behind = backdrop.planes()
        off = _difference(planes, behind)
    backdrop, lossy = backdrop.eased(off)
    strong = backdrop.strong
    softness = softness if softness is not None else _SOFT if strong else 0.0
    near = off <= backdrop.tolerance
    reached = _from_edges(near | _soft(planes, behind, strong, softness) if softness else near, near)
    if strong and softness:
        reached |= _from_edges(_gentle(planes, behind, strong), near)
    if strong:
        rest = ~reached & (near | _soft(planes, behind, strong, _SOFT))
        reached |= _holes(rest, planes, behind, near)
        reached |= _slits(rest & ~reached, reached)
    sure = _without_specks(near & reached, off, backdrop.tolerance)
    soft = reached & ~sure
    spare = bool(softness) and not strong
    return backdrop, Scene(planes, behind, strong, backdrop.tolerance, sure, soft, spare, lossy)


def _from_edges(mask: Mask, near: Mask) -> Mask:
    """Return what of ``mask`` is joined to backdrop at the picture's edges."""
    found = regions(mask)
    return found.paint(found.holding(near & frame(near.shape)))


def _difference(planes: list[Plane], behind: list[Plane]) -> Plane:
    """Return the greatest difference of a channel, in levels."""
    found = np.zeros(planes[0].shape, np.uint8)
    for plane, other in zip(planes, behind, strict=True):
        off = np.maximum(plane, other) - np.minimum(plane, other)
        np.maximum(found, off, out=found)
    return found


def _soft(
    planes: list[Plane], behind: list[Plane], strong: tuple[int, ...], softness: float
) -> Mask:
    """Return what may be backdrop seen through something of at most so much alpha."""
    if strong:
        full = _saturation(behind, strong).astype(np.float32)
        least = np.maximum(np.ceil(full * (1 - softness)), 1).astype(np.uint8)
        seen: Mask = _saturation(planes, strong) >= least
        return seen
    found = np.ones(planes[0].shape, bool)
    for plane, other in zip(planes, behind, strict=True):
        low = other * np.float32(1 - softness)
        high = other + (np.float32(255) - other) * np.float32(softness)
        found &= (plane >= low.astype(np.uint8)) & (plane <= np.ceil(high).astype(np.uint8))
    return found


def _saturation(planes: list[Plane], strong: tuple[int, ...]) -> Plane:
    """Return how far the strong channels lie above the others, 0 where they do not."""
    high, low = (
        [planes[channel] for channel in range(3) if (channel in strong) == is_strong]
        for is_strong in (True, False)
    )
    least = np.minimum(high[0], high[-1])
    most = np.maximum(low[0], low[-1])
    found: Plane = np.maximum(least, most) - most
    return found


def _gentle(planes: list[Plane], behind: list[Plane], strong: tuple[int, ...]) -> Mask:
    """Return what changes as slowly as smoke and shadows do, and has a trace of the backdrop.

    A subject's edge is a step; smoke, however thick it gets, is reached over a slope.
    """
    seen, full = _saturation(planes, strong), int(_saturation(behind, strong).max())
    high, low = seen.copy(), seen.copy()
    for way in (np.s_[1:, :], np.s_[:-1, :]), (np.s_[:, 1:], np.s_[:, :-1]):
        for to, source in (way, way[::-1]):
            np.maximum(high[to], seen[source], out=high[to])
            np.minimum(low[to], seen[source], out=low[to])
    found: Mask = (high - low <= max(4, round(_SLOPE * full))) & (seen >= _TRACE * full)
    return found


def _holes(rest: Mask, planes: list[Plane], behind: list[Plane], near: Mask) -> Mask:
    """Return the regions of ``rest``, which no flood has reached, that are backdrop all the same.

    The gap between an arm and a body has just the backdrop's colour and sharp edges. An eye or a
    jewel of a like colour is shaded, or some levels off.
    """
    found = regions(rest)
    core = ~dilate(dilate(~rest, corners=False), corners=True)
    places = np.flatnonzero(rest & near)
    of = found.at(places)
    count = np.bincount(of, minlength=found.count)
    off = np.zeros(found.count)
    for plane, other in zip(planes, behind, strict=True):
        own = plane.reshape(-1)[places].astype(np.float64)
        difference = own - other.reshape(-1)[places % other.size]
        total = np.bincount(of, difference, found.count)
        off = np.maximum(off, np.abs(total) / np.maximum(count, 1))
    pure = found.counts(core & near) >= _HOLE_PURE * found.counts(core)
    return found.paint((count >= _HOLE_LEAST) & (off <= _HOLE_OFF) & pure)


def _slits(rest: Mask, reached: Mask) -> Mask:
    """Return the small regions of ``rest`` that only a strand parts from what is reached."""
    found = regions(rest)
    if not found.count:
        return rest
    close = reached
    for step in range(_STRAND):
        close = dilate(close, corners=step % 2 == 1)
    small = found.areas() <= max(16, rest.size // 8000)
    return found.paint(small & found.holding(close & rest))


def _without_specks(sure: Mask, off: Plane, tolerance: int) -> Mask:
    """Return the backdrop with the dots in it that are only just not backdrop: noise."""
    found = regions(~sure)
    if found.count < 2:
        return sure
    small = found.areas() <= max(4, sure.size // 20_000)
    weak = ~found.holding(off > max(2 * tolerance, 28))
    return sure | found.paint(small & weak) if (small & weak).any() else sure


def _composed(scene: Scene, matte: Matte, despill: float) -> tuple[Plane, list[Plane]]:
    """Return alpha, and red, green and blue with the edges' own colours."""
    alpha = np.where(scene.sure, np.uint8(0), np.uint8(255))
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


def _check_left(alpha: Plane, backdrop: Backdrop) -> None:
    left = float(alpha.mean()) / 255
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
