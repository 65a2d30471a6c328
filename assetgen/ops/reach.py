"""What of a picture is backdrop, wholly or in part; knows no alpha and changes no pixel.

The backdrop is flooded from the edges, so that a patch of its colour inside the subject stays.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from assetgen.ops.backdrop import Backdrop, Plane
from assetgen.ops.matte import Scene
from assetgen.ops.regions import Mask, dilate, flood, frame, regions

_SOFT = 0.6
"""How see-through a pixel beside a saturated backdrop may be, by default."""
_SLOPE, _TRACE = 0.06, 0.06
"""The change from pixel to pixel, and the least saturation, of smoke: shares of the backdrop's."""
_MARGIN = 8
_STRAND = 4
"""How many pixels a strand of hair is thick at most, where it parts two gaps."""
_HOLE_LEAST, _HOLE_OFF, _HOLE_PURE = 4, 3.5, 0.9
"""A hole's least pixels, its mean distance in levels, its share of backdrop away from the rim."""


Box: TypeAlias = tuple[slice, slice]
"""Rows and columns."""


def survey(
    planes: list[Plane], backdrop: Backdrop, softness: float | None
) -> tuple[Backdrop, Scene, Box]:
    """Return the backdrop, fitted to all that it reaches, and what it reaches.

    The scene is only the box that holds all that is not backdrop; that comes third.
    """
    behind = backdrop.planes()
    off = _difference(planes, behind)
    if not backdrop.is_flat:
        backdrop = backdrop.refined(planes, flood(off <= backdrop.tolerance))
        behind = backdrop.planes()
        off = _difference(planes, behind)
    backdrop, lossy = backdrop.eased(off)
    if lossy:
        off = np.maximum(_difference([_lightness(planes)], [_lightness(behind)]), off // 2)
    # Around the box all is backdrop and joined to the edges; what is joined to it is so too.
    box = _box(off > backdrop.tolerance, _MARGIN)
    off, planes = np.ascontiguousarray(off[box]), [np.ascontiguousarray(p[box]) for p in planes]
    behind = [p if p.size == 1 else np.ascontiguousarray(p[box]) for p in behind]
    near, strong = off <= backdrop.tolerance, backdrop.strong
    if strong:
        reached = _reached_saturated(planes, behind, near, strong, softness)
    else:
        reached = _from_edges(near | _seen_through(planes, behind, softness or 0), near)
    sure = _without_specks(near & reached, off, backdrop.tolerance)
    scene = Scene(
        planes,
        behind,
        strong,
        backdrop.tolerance,
        sure,
        reached & ~sure,
        spare=bool(softness) and not strong,
        lossy=lossy,
    )
    return backdrop, scene, box


def _reached_saturated(
    planes: list[Plane],
    behind: list[Plane],
    near: Mask,
    strong: tuple[int, ...],
    softness: float | None,
) -> Mask:
    """Return what is backdrop, or backdrop through something, where the backdrop is saturated."""
    seen, full = _saturation(planes, strong), _saturation(behind, strong)
    usual = near | (seen >= _least(full, _SOFT))
    soft = usual if softness is None else near | (seen >= _least(full, softness))
    reached = _from_edges(soft if softness != 0 else near, near)
    if softness != 0:
        reached |= _from_edges(_gentle(seen, int(full.max())), near)
    rest = usual & ~reached
    box = _box(rest, 2)
    inside = reached[box]
    inside |= _holes(rest[box], planes, behind, near[box], box)
    inside |= _slits(rest[box] & ~inside, inside)
    return reached


def _least(full: Plane, softness: float) -> Plane:
    """Return the saturation that the backdrop has through something of at most so much alpha."""
    share = round(256 * (1 - softness))
    found: Plane = np.maximum((full.astype(np.uint16) * share) >> 8, 1).astype(np.uint8)
    return found


def _box(mask: Mask, margin: int) -> Box:
    """Return the rows and columns that hold all of ``mask``, with a margin; one pixel if none."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    if len(rows) == 0:
        return np.s_[:1, :1]
    top, left = max(0, int(rows[0]) - margin), max(0, int(columns[0]) - margin)
    return np.s_[top : int(rows[-1]) + 1 + margin, left : int(columns[-1]) + 1 + margin]


def _from_edges(mask: Mask, near: Mask) -> Mask:
    """Return what of ``mask`` is joined to backdrop at the picture's edges."""
    found = regions(mask)
    return found.paint(found.holding(near & frame(near.shape)))


def _difference(planes: list[Plane], behind: list[Plane]) -> Plane:
    """Return the greatest difference of a channel, in levels."""
    found: Plane = np.zeros(planes[0].shape, np.uint8)
    for plane, other in zip(planes, behind, strict=True):
        # numpy takes ten times as long for the greater of an array and one number.
        row = np.repeat(other, plane.shape[1], axis=1) if other.size == 1 else other
        off = np.maximum(plane, row)
        off -= np.minimum(plane, row)
        np.maximum(found, off, out=found)
    return found


def _lightness(planes: list[Plane]) -> Plane:
    red, green, blue = (plane.astype(np.uint16) for plane in planes)
    found: Plane = ((77 * red + 150 * green + 29 * blue) >> 8).astype(np.uint8)
    return found


def _seen_through(planes: list[Plane], behind: list[Plane], softness: float) -> Mask:
    """Return what may be the backdrop seen through something of at most so much alpha."""
    found = np.full(planes[0].shape, softness > 0)
    for plane, other in zip(planes, behind, strict=True):
        if softness > 0:
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


def _gentle(seen: Plane, full: int) -> Mask:
    """Return what changes as slowly as smoke and shadows do, and has a trace of the backdrop.

    A subject's edge is a step; smoke, however thick it gets, is reached over a slope.
    """
    high, low = seen.copy(), seen.copy()
    for way in (np.s_[1:, :], np.s_[:-1, :]), (np.s_[:, 1:], np.s_[:, :-1]):
        for to, source in (way, way[::-1]):
            np.maximum(high[to], seen[source], out=high[to])
            np.minimum(low[to], seen[source], out=low[to])
    found: Mask = (high - low <= max(4, round(_SLOPE * full))) & (seen >= _TRACE * full)
    return found


def _holes(
    rest: Mask,
    planes: list[Plane],
    behind: list[Plane],
    near: Mask,
    box: Box,
) -> Mask:
    """Return the regions of ``rest``, which no flood has reached, that are backdrop all the same.

    The gap between an arm and a body has just the backdrop's colour and sharp edges. An eye or a
    jewel of a like colour is shaded, or some levels off.
    """
    found = regions(rest)
    core = rest & ~dilate(dilate(~rest, corners=False), corners=True)
    pure = rest & near
    count = found.sums(pure)
    off = np.zeros(found.count)
    for plane, other in zip(planes, behind, strict=True):
        far = plane[box].astype(np.int16) - np.broadcast_to(other, plane.shape)[box]
        off = np.maximum(off, np.abs(found.sums(far * pure)) / np.maximum(count, 1))
    sharp = found.sums(core & near) >= _HOLE_PURE * found.sums(core)
    return found.paint((count >= _HOLE_LEAST) & (off <= _HOLE_OFF) & sharp)


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
