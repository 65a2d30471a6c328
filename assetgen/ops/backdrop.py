"""The colour behind a subject, as measured at a picture's border; removes nothing.

What models paint as one flat colour drifts over the picture, so the backdrop is a low polynomial
of the place for each channel. It is fitted to the border pixels that agree with each other, and
fitted again to what the flood from the edges has reached.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from assetgen.errors import ImageError, Kind, Problem
from assetgen.ops.regions import Mask, dilate, flood

Plane: TypeAlias = npt.NDArray[np.uint8]
Floats: TypeAlias = npt.NDArray[np.float32]
Places: TypeAlias = npt.NDArray[np.int64]

NO_BACKDROP = Kind(
    "key-no-backdrop",
    "no colour fills the border of the picture; the commonest, {color}, has {share} of it",
    "ask the model for 'a plain {{colour}} background' with space around the subject, or leave"
    " out 'key'",
)
OTHER_BACKDROP = Kind(
    "key-other-backdrop",
    "{wanted} has {share} of the picture's border, where the commonest colour is {color}",
    "say 'key: auto', or the colour that the model really painted",
)

SHARE_AUTO, SHARE_HINT = 0.4, 0.1
"""The share of the border that the backdrop must have: unasked, and where its colour is given."""
_NEAR, _AGREES, _HINTED = 32, 24, 64
_SAMPLES = 3000
_CONTRAST, _RING, _RIM, _CLOSE, _RING_LEAST, _RINGS = 80, 5, 1, 3, 50, 2
_FLAT = 1.5
SATURATED = 48
"""How far, in levels, a colour's strong channels lie above the others to be a chroma key."""


@dataclass(frozen=True, slots=True)
class Backdrop:
    """A backdrop colour for every place in the picture.

    Attributes:
        shape: (height, width).
        terms: of the polynomial in x and y, each from -1 to 1: (powers of y, powers of x, 3).
        tolerance: the greatest difference in a channel, in levels, that still is backdrop.
        mean: its mean colour at the border.
    """

    shape: tuple[int, int]
    terms: npt.NDArray[np.float64]
    tolerance: int
    mean: tuple[int, int, int]

    @property
    def strong(self) -> tuple[int, ...]:
        """The channels that make it a saturated colour: one (green), two (magenta), or none."""
        order = sorted(range(3), key=lambda channel: self.mean[channel])
        low, middle, high = (self.mean[channel] for channel in order)
        if max(high - middle, middle - low) < SATURATED:
            return ()
        return (order[2],) if high - middle >= middle - low else (order[1], order[2])

    @property
    def is_flat(self) -> bool:
        """Whether it is one colour, to a level or so."""
        return float(np.abs(self.terms).sum(axis=(0, 1)).max() - np.abs(self.terms[0, 0]).max()) < (
            _FLAT
        )

    def planes(self) -> list[Plane]:
        """Return red, green and blue of it: arrays of the picture's shape, or of one pixel."""
        if self.is_flat:
            return [np.full((1, 1), level, np.uint8) for level in self.mean]
        down, across = (_powers(side, len(self.terms)) for side in self.shape)
        found = []
        for channel in range(3):
            field = (down @ self.terms[:, :, channel].astype(np.float32)) @ across.T
            np.clip(np.rint(field, out=field), 0, 255, out=field)
            found.append(field.astype(np.uint8))
        return found

    def eased(self, off: Plane) -> tuple[Backdrop, bool]:
        """Return the backdrop with a tolerance for the noise around the subject, and if there is.

        JPEG leaves a flat border clean and rings beside every edge. ``off`` is the picture's
        distance from the backdrop, in levels.
        """
        rows, columns = (side // 2 for side in self.shape)
        if min(rows, columns) < 2:
            return self, False
        coarse = off[: 2 * rows : 2, : 2 * columns : 2]
        beside = off[: 2 * rows : 2, 1 : 2 * columns : 2]
        ring = subject = coarse > _CONTRAST
        close = flood(coarse <= self.tolerance)
        for step in range(_RING):
            ring = dilate(ring, corners=step % 2 == 1)
            subject = ring if step < _RIM else subject
            close = dilate(close, corners=False) if step < _CLOSE else close
        ring = ring & ~subject & close & (coarse <= _AGREES)
        if np.count_nonzero(ring) < _RING_LEAST:
            return self, False
        change = np.maximum(coarse, beside) - np.minimum(coarse, beside)
        noise = float(np.quantile(change[ring], 0.95))
        far = np.concatenate((change[:2], change[-2:]))
        if noise < float(np.quantile(far, 0.95)) + _RINGS:
            return self, False
        allowed = min(28 if self.strong else 14, max(self.tolerance, round(2 + 2.5 * noise)))
        return Backdrop(self.shape, self.terms, allowed, self.mean), True

    def refined(self, planes: list[Plane], reached: Mask) -> Backdrop:
        """Return the backdrop fitted to the pixels that a flood has reached."""
        step = max(1, int((reached.size / _SAMPLES) ** 0.5))
        rows, columns = np.nonzero(reached[::step, ::step])
        rows, columns = rows * step, columns * step
        pixels = np.stack([plane[rows, columns] for plane in planes], axis=1)
        where = _unit(rows, self.shape[0]), _unit(columns, self.shape[1])
        terms = _fitted(*where, pixels.astype(np.float64), 3)
        return Backdrop(self.shape, terms, self.tolerance, self.mean)


def measure(
    planes: list[Plane], wanted: tuple[int, int, int] | None, tolerance: float | None
) -> Backdrop:
    """Return the backdrop that the border of a picture shows.

    ``planes`` are its red, green and blue; ``wanted`` is the colour that it should have;
    ``tolerance`` (0 to 1) is measured from the border's own noise if None. Raises ImageError.
    """
    height, width = planes[0].shape
    rows, columns = _border(height, width)
    pixels = np.stack([plane[rows, columns] for plane in planes], axis=1).astype(np.float64)
    where = _unit(rows, height), _unit(columns, width)
    centre = _mode(pixels) if wanted is None else np.array(wanted, np.float64)
    agree = _farthest(pixels - centre) <= (_NEAR if wanted is None else _HINTED)
    for degree in (0, 1, 2, 2):
        if not agree.any():
            break
        terms = _fitted(*where, pixels[agree], degree, agree)
        off = _farthest(pixels - _values(terms, *where))
        agree = off <= _AGREES
    share = float(agree.mean())
    if share < (SHARE_AUTO if wanted is None else SHARE_HINT):
        _refuse(_mode(pixels), share, wanted)
    noise = float(np.quantile(off[agree], 0.98))
    measured = min(40, max(5, round(3 + 1.6 * noise)))
    red, green, blue = (round(level) for level in pixels[agree].mean(axis=0).tolist())
    allowed = measured if tolerance is None else round(tolerance * 255)
    return Backdrop((height, width), terms, allowed, (red, green, blue))


def _refuse(mode: npt.NDArray[np.float64], share: float, wanted: Any) -> None:
    facts = {"color": _hex(mode), "share": f"{share:.0%}"}
    if wanted is None:
        raise ImageError(Problem(NO_BACKDROP, facts=facts))
    raise ImageError(Problem(OTHER_BACKDROP, facts={**facts, "wanted": _hex(wanted)}))


def _hex(color: Any) -> str:
    return "#" + "".join(f"{round(level):02x}" for level in color)


def _border(height: int, width: int) -> tuple[Places, Places]:
    """Return rows and columns of the outermost pixels, thinned to some thousands."""
    thick = min(8, max(1, min(height, width) // 64))
    mask = np.ones((height, width), bool)
    mask[thick:-thick, thick:-thick] = False
    flat = np.flatnonzero(mask)
    flat = flat[:: max(1, len(flat) // _SAMPLES)]
    return flat // width, flat % width


def _mode(pixels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the middle of the colours around the commonest one."""
    coarse = pixels.astype(np.int64) >> 4
    bins = coarse[:, 0] << 8 | coarse[:, 1] << 4 | coarse[:, 2]
    commonest = int(np.bincount(bins).argmax())
    inside: npt.NDArray[np.float64] = np.median(pixels[bins == commonest], axis=0)
    near = _farthest(pixels - inside) <= 16
    middle: npt.NDArray[np.float64] = np.median(pixels[near], axis=0)
    return middle


def _farthest(levels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the greatest magnitude of three channels; a reduction over so few is slow."""
    red, green, blue = np.abs(levels).T
    found: npt.NDArray[np.float64] = np.maximum(np.maximum(red, green), blue)
    return found


def _unit(places: Places, side: int) -> npt.NDArray[np.float64]:
    return places.astype(np.float64) * (2.0 / max(1, side - 1)) - 1.0


def _powers(side: int, count: int) -> Floats:
    unit = np.linspace(-1, 1, side, dtype=np.float32) if side > 1 else -np.ones(1, np.float32)
    return np.stack([unit**power for power in range(count)], axis=1)


def _fitted(
    y: npt.NDArray[np.float64],
    x: npt.NDArray[np.float64],
    colors: npt.NDArray[np.float64],
    degree: int,
    chosen: Mask | None = None,
) -> npt.NDArray[np.float64]:
    """Return the terms of the polynomial nearest to ``colors``, held flat where little is known.

    The sums are einsum's: BLAS adds in an order that follows the number of its threads.
    """
    if chosen is not None:
        y, x = y[chosen], x[chosen]
    powers = [(i, j) for i in range(degree + 1) for j in range(degree + 1 - i)]
    basis = np.stack([y**i * x**j for i, j in powers], axis=1)
    squares = np.einsum("na,nb->ab", basis, basis)
    hold = np.diag([0.0 if power == (0, 0) else 1e-4 for power in powers]) * len(basis)
    solved = np.linalg.solve(squares + hold, np.einsum("na,nc->ac", basis, colors))
    terms = np.zeros((degree + 1, degree + 1, 3))
    for (i, j), row in zip(powers, np.round(solved, 6), strict=True):
        terms[i, j] = row
    return terms


def _values(
    terms: npt.NDArray[np.float64], y: npt.NDArray[np.float64], x: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    found = np.zeros((len(y), 3))
    for i in range(len(terms)):
        for j in range(len(terms) - i):
            found += terms[i, j] * (y**i * x**j)[:, None]
    return found
