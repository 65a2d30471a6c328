"""Edge pixels taken apart: how much of each is backdrop, and what colour the rest has.

A pixel at an edge is `alpha * subject + (1 - alpha) * backdrop`. The backdrop is known; the
subject's colour is handed outwards, pixel by pixel, from where it is pure. What that does not
explain (thin strands, smoke) is judged by how much of the backdrop's saturation it has. Only the
pixels near an edge are looked at. Decides nothing about which pixels are backdrop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from assetgen.ops.backdrop import Floats, Places, Plane
from assetgen.ops.regions import Mask, dilate

REACH = 3
"""How many pixels from the backdrop an edge can be mixed with it."""
_SWEEPS = 4
_UNEXPLAINED, _UNEXPLAINED_SHARE = 10.0, 0.12
"""What may be left over of a mixture: in levels, and of the contrast (JPEG blurs colours)."""
_LEAST = 1e-3
_VEIL = 0.02
_LIGHTNESS = np.array(
    # lightness, and the differences of blue and of red from it at a fifth of their weight
    [[0.299, -0.034, 0.1], [0.587, -0.066, -0.084], [0.114, 0.1, -0.016]],
    np.float32,
)


@dataclass(frozen=True, slots=True)
class Matte:
    """What becomes of the pixels near an edge.

    Attributes:
        places: positions in the flattened picture.
        alphas: 0 to 1, one for each.
        colors: of the subject alone, 0 to 255: (n, 3).
    """

    places: Places
    alphas: Floats
    colors: Floats


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture, its backdrop, and what the flood has found.

    Attributes:
        planes: red, green and blue.
        backdrop: the same of the backdrop; arrays of the picture's shape, or of one pixel.
        strong: the channels that make the backdrop a saturated colour; none if it is not.
        tolerance: in levels.
        sure: what is backdrop.
        soft: what the flood went through as partly backdrop.
        spare: whether a mixture may be of any colour; the least alpha that explains it is taken.
        lossy: whether it looks like a JPEG, whose colours are blurred but whose lightness is not.
    """

    planes: Sequence[Plane]
    backdrop: Sequence[Plane]
    strong: tuple[int, ...]
    tolerance: int
    sure: Mask
    soft: Mask
    spare: bool
    lossy: bool = False

    def color(self, places: Places) -> Floats:
        """Return the picture's colours at positions."""
        return _gathered(self.planes, places)

    def behind(self, places: Places) -> Floats:
        """Return the backdrop's colours at positions."""
        return _gathered(self.backdrop, places)


def _gathered(planes: Sequence[Plane], places: Places) -> Floats:
    if planes[0].size == 1:
        color = np.array([plane[0, 0] for plane in planes], np.float32)
        return np.broadcast_to(color, (len(places), 3))
    return np.stack([plane.reshape(-1)[places] for plane in planes], axis=1).astype(np.float32)


def unmix(scene: Scene) -> Matte:
    """Return alpha and colour of every pixel that may be mixed with the backdrop."""
    layers, apart = _layers(scene)
    known = _Known(scene, layers, apart)
    for some in known.slices[1:]:
        known.hand_on(some)
    for _ in range(_SWEEPS):
        known.hand_on(known.left())
    known.judge_rest()
    return known.matte()


def saturation(colors: Floats, strong: tuple[int, ...]) -> Floats:
    """Return how far the strong channels lie above the others, in levels; may be negative."""
    weak = [channel for channel in range(3) if channel not in strong]
    high = np.minimum(colors[:, strong[0]], colors[:, strong[-1]])
    low = np.maximum(colors[:, weak[0]], colors[:, weak[-1]])
    found: Floats = high - low
    return found


def _greatest(levels: Floats) -> Floats:
    """Return the greatest magnitude of three channels; a reduction over so few is slow."""
    red, green, blue = (np.abs(levels[:, channel]) for channel in range(3))
    found: Floats = np.maximum(np.maximum(red, green), blue)
    return found


def _dot(one: Floats, other: Floats) -> Floats:
    found: Floats = np.einsum("nc,nc->n", one, other)
    return found


def least_alpha(colors: Floats, behind: Floats) -> Floats:
    """Return the least alpha with which some colour over ``behind`` gives ``colors``."""
    off = colors - behind
    room = np.where(off > 0, 255 - behind, behind)
    found = _greatest((off / np.maximum(room, 1)).astype(np.float32))
    return np.minimum(found, 1)


def _layers(scene: Scene) -> tuple[list[Places], Places]:
    """Return positions from inside out: pure subject, its rim, soft rim; and what is left.

    What is left has no pure subject and pure backdrop on its two sides: smoke, shadows, glass, and
    the subject's edge against those.
    """
    reached = scene.sure | scene.soft
    rings, grown = [], reached
    for step in range(REACH + 1):
        wider = dilate(grown, corners=step % 2 == 1)
        rings.append(wider & ~grown)
        grown = wider
    rings.reverse()
    left = scene.soft
    if not left.any():
        return [np.flatnonzero(ring) for ring in rings], np.zeros(0, np.int64)
    inner, near = ~reached, scene.sure
    for step in range(REACH):
        inner = dilate(inner, corners=step % 2 == 1)
        rings.append(left & inner)
        left = left & ~inner
    for step in range(REACH + 2):
        near = dilate(near, corners=step % 2 == 1)
    for ring in rings[1:]:
        left = left | (ring & ~near)
        ring &= near
    return [np.flatnonzero(ring) for ring in rings], np.flatnonzero(left)


class _Known:
    """The subject's colours known so far, by position."""

    def __init__(self, scene: Scene, layers: Sequence[Places], apart: Places) -> None:
        height, width = scene.planes[0].shape
        self.scene = scene
        self.places = np.concatenate((*layers, apart))
        edges = np.cumsum([0, *map(len, layers)]).tolist()
        self.slices = [np.arange(a, b) for a, b in pairwise(edges)]
        # One pixel of margin, so that no neighbour needs a check.
        stride = width + 2
        self.spots = self.places + self.places // width * 2 + stride + 1
        self.around = np.array([-1, 1, -stride, stride, -stride - 1, 1 - stride, stride - 1])
        self.around = np.append(self.around, stride + 1)
        self.index = np.full((height + 2) * stride, -1, np.int32)
        self.index[self.spots] = np.arange(len(self.places), dtype=np.int32)
        self.mixed = scene.color(self.places)
        self.behind = scene.behind(self.places)
        self.pure = self.mixed.copy()
        self.alpha = np.ones(len(self.places), np.float32)
        self.done = np.zeros(len(self.places), bool)
        self.done[self.slices[0]] = True
        self.apart = len(apart)

    def left(self) -> Places:
        """Return which are not known yet, of those that can have a pure neighbour."""
        return np.flatnonzero(~self.done[: len(self.done) - self.apart])

    def hand_on(self, some: Places) -> None:
        """Take ``some`` apart by the colours of those of their neighbours that are known."""
        if len(some) == 0:
            return
        beside = self.index[self.spots[some][:, None] + self.around]
        known = (beside >= 0) & self.done[beside]
        counts = known.sum(axis=1)
        some, beside, known = some[counts > 0], beside[counts > 0], known[counts > 0]
        weights = known.astype(np.float32) / counts[counts > 0][:, None]
        pure = np.einsum("nk,nkc->nc", weights, self.pure[beside])
        alpha, rest = self._explained(some, pure)
        fits = self._fits(some, pure, rest)
        good = some[fits]
        self.alpha[good] = alpha[fits]
        self.pure[good] = pure[fits]
        self._judge(some[~fits])
        self.done[some] = True

    def judge_rest(self) -> None:
        """Take apart what no pure colour has reached."""
        rest = np.flatnonzero(~self.done)
        if not self.scene.strong and not self.scene.spare:
            self._ridges(rest)
        else:
            self._judge(rest)

    def _explained(self, some: Places, pure: Floats) -> tuple[Floats, Floats]:
        """Return alpha of ``some`` if the subject is ``pure`` there, and what is left over."""
        behind = self.behind[some]
        line, off = pure - behind, self.mixed[some] - behind
        if self.scene.lossy:
            line, off = line @ _LIGHTNESS, off @ _LIGHTNESS
        length = np.maximum(_dot(line, line), 1)
        alpha = np.clip(_dot(line, off) / length, 0, 1)
        return alpha.astype(np.float32), off - alpha[:, None] * line

    def _fits(self, some: Places, pure: Floats, rest: Floats) -> Mask:
        contrast = _greatest(pure - self.behind[some])
        if self.scene.lossy:
            contrast *= 1.5
        limit = _UNEXPLAINED + self.scene.tolerance + _UNEXPLAINED_SHARE * contrast
        found: Mask = _greatest(rest) <= limit
        return found

    def _judge(self, some: Places) -> None:
        """Take ``some`` apart by their own colour: saturation, or the least alpha that can be."""
        if len(some) == 0:
            return
        mixed, behind, strong = self.mixed[some], self.behind[some], self.scene.strong
        if strong:
            full = np.maximum(saturation(behind, strong), 1)
            alpha = np.clip(1 - saturation(mixed, strong) / full, 0, 1)
        elif self.scene.spare:
            alpha = np.where(
                self.scene.soft.reshape(-1)[self.places[some]], least_alpha(mixed, behind), 1
            )
        else:
            return
        share = np.maximum(alpha, _LEAST)[:, None]
        self.alpha[some] = alpha
        self.pure[some] = np.clip(behind + (mixed - behind) / share, 0, 255)

    def _ridges(self, rest: Places) -> None:
        """Take strands apart: their purest colour is that farthest from the backdrop nearby."""
        if len(rest) == 0:
            return
        far = _greatest(self.mixed - self.behind)
        best = rest.copy()
        at = np.full(len(self.places), -1)
        at[rest] = np.arange(len(rest))
        for _ in range(_SWEEPS):
            beside = self.index[self.spots[rest][:, None] + self.around]
            row = np.where(beside >= 0, at[beside], -1)
            choices = np.where(row >= 0, best[row], best[:, None])
            choices = np.concatenate((best[:, None], choices), axis=1)
            best = np.take_along_axis(choices, far[choices].argmax(axis=1)[:, None], axis=1)[:, 0]
        pure = self.mixed[best]
        alpha, left = self._explained(rest, pure)
        fits = self._fits(rest, pure, left)
        self.alpha[rest[fits]] = alpha[fits]
        self.pure[rest[fits]] = pure[fits]

    def matte(self) -> Matte:
        """Return the result for all but the pure ones."""
        own = slice(len(self.slices[0]), None)
        alpha, pure = self.alpha[own], self.pure[own]
        mixed, behind = self.mixed[own], self.behind[own]
        # What the mixture does not explain is texture where the subject is, noise where it is not.
        share = alpha[:, None]
        if self.scene.lossy:
            share = np.where(share < 0.95, 0, share)
        colors = np.clip(pure + share * (mixed - behind - alpha[:, None] * (pure - behind)), 0, 255)
        if self.scene.strong:
            _despill(colors, pure, self.scene.strong)
        return Matte(self.places[own], self._settled(alpha, pure, behind), colors)

    def _settled(self, alpha: Floats, pure: Floats, behind: Floats) -> Floats:
        """Return alpha without the veil that noise near the tolerance would leave."""
        contrast = np.maximum(_greatest(pure - behind), 1)
        floor = np.clip(0.8 * (self.scene.tolerance - 3) / contrast, _VEIL, 0.15)
        faded = alpha * np.clip((alpha - floor) / (2 * floor + 1e-6), 0, 1)
        settled: npt.NDArray[np.float32] = np.where(faded > 0.98, 1, faded).astype(np.float32)
        return settled


def _despill(colors: Floats, pure: Floats, strong: tuple[int, ...]) -> None:
    """Take from the strong channels what is beyond the saturation of the pure colour."""
    allowed = np.maximum(saturation(pure, strong), 0)
    excess = np.maximum(saturation(colors, strong) - allowed, 0)
    for channel in strong:
        colors[:, channel] -= excess
