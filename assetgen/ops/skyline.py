"""Fills a strip of one width with rectangles, as low as it can; knows no sheet and no picture."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

LOOK = 4
"""How many of the tallest rectangles `fill` looks at, unless it goes by width alone."""

_FAR = 1 << 60

Size = tuple[int, int]
_Item = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Strip:
    """A filled strip: what it came to, and the corners (x, y) in the order of the sizes."""

    width: int
    height: int
    corners: Sequence[Size]


class Sorted:
    """Rectangles in the two orders in which `fill` looks for one that fits."""

    __slots__ = ("tall", "wide")

    def __init__(self, sizes: Sequence[Size]) -> None:
        self.tall = sorted((-h, -w, n) for n, (w, h) in enumerate(sizes))
        self.wide = sorted((w, h, n) for n, (w, h) in enumerate(sizes))


def fill(sizes: Sorted, width: int, look: int) -> Strip:
    """Return a strip of ``width``, which no rectangle exceeds, with all of them in it.

    The lowest segment of the skyline takes one of the ``look`` tallest rectangles left if it fits,
    else the widest that does, and puts it beside its higher neighbour. Where none fits, the segment
    is filled up to its lower neighbour.
    """
    tall, wide = list(sizes.tall), list(sizes.wide)
    corners: list[Size] = [(0, 0)] * len(tall)
    tops, lengths = [0], [width]
    right = 0
    while tall:
        y = min(tops)
        at = tops.index(y)
        gap = lengths[at]
        before = tops[at - 1] if at else _FAR
        after = tops[at + 1] if at + 1 < len(tops) else _FAR
        if wide[0][0] > gap:
            tops[at] = min(before, after)
            _join(tops, lengths, at)
            continue
        w, h, n = _take(tall, wide, gap, look)
        x = sum(lengths[:at])
        lengths[at] = gap - w
        if before < after:
            x += gap - w
            at += 1
        tops.insert(at, y + h)
        lengths.insert(at, w)
        _join(tops, lengths, at)
        corners[n] = (x, y)
        right = max(right, x + w)
    return Strip(right, max(tops), corners)


def _take(tall: list[_Item], wide: list[_Item], gap: int, look: int) -> _Item:
    """Remove and return (width, height, number) of what goes into a gap; something does fit."""
    for negative_height, negative_width, n in tall[:look]:
        if -negative_width <= gap:
            item = (-negative_width, -negative_height, n)
            del wide[bisect_left(wide, item)]
            break
    else:
        item = wide.pop(bisect_right(wide, (gap, _FAR, 0)) - 1)
    del tall[bisect_left(tall, (-item[1], -item[0], item[2]))]
    return item


def _join(tops: list[int], lengths: list[int], at: int) -> None:
    """Make one segment of a segment and those beside it that are as high, or have no length."""
    for beside in (at + 1, at - 1):
        if 0 <= beside < len(tops) and (not lengths[beside] or tops[beside] == tops[at]):
            lengths[at] += lengths[beside]
            del tops[beside], lengths[beside]
            at = min(at, beside)
