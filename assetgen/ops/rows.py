"""Fills a strip of one width with rows of rectangles; knows no sheet and no picture.

Rows go by height, back and forth, so that the low end of one lies under the high end of the next,
and each rectangle falls onto the row below. That is as good as it is fast where sizes are alike;
where a few are much larger than the rest, a skyline leaves less empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from assetgen.ops.skyline import Size, Sorted, Strip

_LOOK = 60
"""How many rectangles that do not fit at a row's end are passed over to find some that do."""

_Segment = tuple[int, int, int]
"""From x, to x, and how high it is filled."""


def fill_rows(sizes: Sorted, width: int) -> Strip:
    """Return a strip of ``width``, which no rectangle exceeds, with all of them in it."""
    corners: list[Size] = [(0, 0)] * len(sizes.tall)
    skyline: list[_Segment] = [(0, width, 0)]
    right = height = 0
    backwards = False
    for row, length in _rows(sizes, width):
        x = width - length if backwards else 0
        placed: list[_Segment] = []
        for (w, h, n), y in _fallen(skyline, x, reversed(row) if backwards else row):
            corners[n] = (x, y)
            placed.append((x, x + w, y + h))
            height = max(height, y + h)
            x += w
        right = max(right, x)
        skyline = [*_part(skyline, 0, placed[0][0]), *placed, *_part(skyline, x, width)]
        backwards = not backwards
    return Strip(right, height, corners)


def _rows(sizes: Sorted, width: int) -> Iterator[tuple[list[_Segment], int]]:
    """Yield rows of (width, height, number), the highest first, and how long each is."""
    left = [(-w, -h, n) for h, w, n in sizes.tall]
    while left:
        row: list[_Segment] = []
        passed: list[_Segment] = []
        room, taken = width, 0
        for item in left:
            taken += 1
            if item[0] <= room:
                row.append(item)
                room -= item[0]
            else:
                passed.append(item)
                if len(passed) > _LOOK:
                    break
        left = passed + left[taken:]
        yield row, width - room


def _fallen(
    skyline: Sequence[_Segment], x: int, row: Iterable[_Segment]
) -> Iterator[tuple[_Segment, int]]:
    """Yield the items of a row that begins at ``x``, each with what it lies on."""
    at = 0
    for item in row:
        end = x + item[0]
        while skyline[at][1] <= x:
            at += 1
        on = at
        y = skyline[on][2]
        while skyline[on][1] < end:
            on += 1
            y = max(y, skyline[on][2])
        yield item, y
        x = end


def _part(skyline: Iterable[_Segment], start: int, end: int) -> list[_Segment]:
    return [
        (max(left, start), min(right, end), y)
        for left, right, y in skyline
        if left < end and right > start
    ]
