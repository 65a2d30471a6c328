"""Connected regions of a boolean picture, as runs of rows; knows no colour and no image file.

A region is what is joined over sides (not corners). All is done on runs with numpy: a megapixel
with a few thousand runs takes milliseconds, and no pixel is visited by Python.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Mask: TypeAlias = npt.NDArray[np.bool_]
Numbers: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Regions:
    """The regions of a mask.

    Attributes:
        shape: (height, width) of the mask.
        starts, ends: of each run of true pixels, row by row; positions in rows that are one pixel
            longer than the mask's, so that no run joins two rows.
        labels: the region of each run, from 0 on without gaps.
        count: how many regions there are.
    """

    shape: tuple[int, int]
    starts: Numbers
    ends: Numbers
    labels: Numbers
    count: int

    def areas(self) -> Numbers:
        """Return the pixels of each region."""
        lengths = self.ends - self.starts
        found = np.zeros(self.count, np.int64)
        np.add.at(found, self.labels, lengths)
        return found

    def holding(self, mask: Mask) -> Mask:
        """Return for each region whether it has a pixel of ``mask``, which has the same shape."""
        found: Mask = self.sums(mask) > 0
        return found

    def sums(self, values: npt.NDArray[Any]) -> Numbers:
        """Return for each region the sum of whole numbers or flags, an array of the same shape."""
        found = np.zeros(self.count, np.int64)
        if self.count:
            # One more pixel at the end, as the last run may end where the array does.
            flat = np.append(_padded(values), values.dtype.type(0))
            cuts = np.stack((self.starts, self.ends), axis=1).reshape(-1)
            np.add.at(found, self.labels, np.add.reduceat(flat, cuts, dtype=np.int64)[::2])
        return found

    def paint(self, chosen: Mask) -> Mask:
        """Return the mask of the regions for which ``chosen`` is true."""
        height, width = self.shape
        edges = np.empty(2 * len(self.starts) + 2, np.int64)
        edges[0], edges[-1] = 0, height * (width + 1)
        edges[1:-1:2], edges[2:-1:2] = self.starts, self.ends
        values = np.zeros(len(edges) - 1, bool)
        values[1::2] = chosen[self.labels]
        return np.repeat(values, np.diff(edges)).reshape(height, width + 1)[:, :width]


def regions(mask: Mask) -> Regions:
    """Return the regions of ``mask``, a boolean array of height by width."""
    flat = _padded(mask)
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    if len(flat) and flat[0]:
        changes = np.concatenate(([0], changes))
    starts, ends = changes[0::2], changes[1::2]
    above, below = _touching(starts, ends, mask.shape[1] + 1)
    roots = _united(len(starts), above, below)
    is_root = roots == np.arange(len(roots))
    names = np.cumsum(is_root) - 1
    height, width = mask.shape
    return Regions((height, width), starts, ends, names[roots], int(is_root.sum()))


def flood(mask: Mask) -> Mask:
    """Return what of ``mask`` is joined to the picture's edges."""
    found = regions(mask)
    return found.paint(found.holding(mask & frame(mask.shape)))


def frame(shape: tuple[int, ...]) -> Mask:
    """Return the mask of the outermost pixels."""
    edge = np.zeros(shape, bool)
    edge[[0, -1], :] = True
    edge[:, [0, -1]] = True
    return edge


def dilate(mask: Mask, *, corners: bool) -> Mask:
    """Return ``mask`` with the neighbours of its pixels, over corners too if so asked."""
    mask = np.ascontiguousarray(mask)
    width = mask.shape[1]
    wide, flat = mask.copy(), mask.reshape(-1)
    if width > 1:
        # Shifted as one row, which is several times as fast; the two outer columns, where that
        # brings pixels of the next row, are then written anew.
        beside = wide.reshape(-1)
        beside[1:] |= flat[:-1]
        beside[:-1] |= flat[1:]
        wide[:, 0] = mask[:, 0] | mask[:, 1]
        wide[:, -1] = mask[:, -1] | mask[:, -2]
    found = wide.copy()
    source = (wide if corners else mask).reshape(-1)
    below = found.reshape(-1)
    below[width:] |= source[:-width]
    below[:-width] |= source[width:]
    return found


def _padded(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the array as one row, with one false or zero pixel after each of its rows."""
    height, width = values.shape
    padded = np.zeros((height, width + 1), values.dtype)
    padded[:, :width] = values
    return padded.reshape(-1)


def _touching(starts: Numbers, ends: Numbers, stride: int) -> tuple[Numbers, Numbers]:
    """Return the pairs of runs of which the second lies right below the first."""
    first = np.searchsorted(ends, starts + stride, "right")
    behind = np.searchsorted(starts, ends + stride, "left")
    counts = behind - first
    above = np.repeat(np.arange(len(starts)), counts)
    before = np.cumsum(counts) - counts
    below = np.repeat(first - before, counts) + np.arange(len(above))
    return above, below


def _united(count: int, one: Numbers, other: Numbers) -> Numbers:
    """Return for each of ``count`` runs the least run that the pairs join it to."""
    root: npt.NDArray[Any] = np.arange(count)
    while len(one):
        low = np.minimum(root[one], root[other])
        np.minimum.at(root, root[one], low)
        np.minimum.at(root, root[other], low)
        while True:
            further = root[root]
            if np.array_equal(further, root):
                break
            root = further
        apart = root[one] != root[other]
        one, other = one[apart], other[apart]
    return root
