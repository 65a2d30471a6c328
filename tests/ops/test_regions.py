"""Regions of masks, compared with a search that visits one pixel after the other."""

from __future__ import annotations

from collections import deque

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assetgen.ops.regions import Mask, dilate, flood, frame, regions

MASKS = st.tuples(st.integers(1, 9), st.integers(1, 9)).flatmap(
    lambda shape: st.lists(
        st.booleans(), min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]
    ).map(lambda cells: np.array(cells, bool).reshape(shape))
)


def searched(mask: Mask, start: tuple[int, int]) -> Mask:
    """Return the region of one true pixel, found by walking."""
    found, todo = np.zeros(mask.shape, bool), deque([start])
    while todo:
        y, x = todo.popleft()
        inside = 0 <= y < mask.shape[0] and 0 <= x < mask.shape[1]
        if inside and mask[y, x] and not found[y, x]:
            found[y, x] = True
            todo += [(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)]
    return found


@given(MASKS)
def test_each_region_is_what_a_walk_from_one_of_its_pixels_finds(mask: Mask) -> None:
    """None is missing, none is split, and none holds what is false."""
    found = regions(mask)
    painted = [found.paint(np.arange(found.count) == region) for region in range(found.count)]
    for own in painted:
        y, x = np.argwhere(own)[0].tolist()
        assert np.array_equal(own, searched(mask, (y, x)))
    assert found.areas().tolist() == [own.sum() for own in painted]
    assert sum(own.sum() for own in painted) == mask.sum()


@given(MASKS)
def test_a_flood_takes_what_a_walk_from_the_edge_can_reach(mask: Mask) -> None:
    """And nothing that is enclosed."""
    wanted = np.zeros(mask.shape, bool)
    for y, x in np.argwhere(mask & frame(mask.shape)).tolist():
        wanted |= searched(mask, (y, x))
    assert np.array_equal(flood(mask), wanted)


@given(MASKS)
def test_what_lies_in_a_region_is_added_up(mask: Mask) -> None:
    """And nothing of what lies beside it; negative numbers too."""
    found, values = regions(mask), np.arange(mask.size, dtype=np.int16).reshape(mask.shape) - 20
    sums, holds = found.sums(values).tolist(), found.holding(values == -20).tolist()
    for region in range(found.count):
        own = found.paint(np.arange(found.count) == region)
        assert sums[region] == values[own].sum()
        assert holds[region] == own[0, 0]


@given(MASKS, st.booleans())
def test_growing_adds_the_neighbours_and_nothing_else(mask: Mask, corners: bool) -> None:
    """No pixel leaks from the end of a row to the beginning of the next."""
    wanted = np.zeros(mask.shape, bool)
    for y, x in np.argwhere(mask).tolist():
        for dy in (-1, 0, 1):
            for dx in (-1, 0, 1):
                near = 0 <= y + dy < mask.shape[0] and 0 <= x + dx < mask.shape[1]
                if near and (corners or not (dy and dx)):
                    wanted[y + dy, x + dx] = True
    before = mask.copy()
    assert np.array_equal(dilate(mask, corners=corners), wanted)
    assert np.array_equal(mask, before)


def test_a_long_spiral_is_one_region() -> None:
    """However many turns join its ends."""
    side = 101
    mask, y, x, dy, dx = np.zeros((side, side), bool), 0, 0, 0, 1
    for length in [side - 1, *(n for n in range(side - 1, 0, -2) for _ in (0, 1))]:
        for _ in range(length):
            mask[y, x] = True
            y, x = y + dy, x + dx
        dy, dx = dx, -dy
    assert regions(mask).count == 1
    assert np.array_equal(flood(mask), mask)
