"""Finds the smallest sheet for rectangles that share one; knows no other sheet and no picture."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assetgen.ops.rows import fill_rows
from assetgen.ops.skyline import LOOK, Size, Sorted, Strip, fill

_FAR = 1 << 60
# Shares of a sheet: enough to try nothing more; enough once all rows were tried; so little that
# more rows are not worth their time, where there are many rectangles.
_FULL, _WELL_FILLED, _POOR = 0.98, 0.95, 0.9
_MANY = 100


def longest_side(max_size: int, *, power_of_two: bool = False) -> int:
    """Return the longest side that a sheet can have."""
    return _power(max_size + 1) // 2 if power_of_two else max_size


@dataclass(frozen=True, slots=True)
class Room:
    """What a sheet may be."""

    max_size: int
    power_of_two: bool
    border: int

    @property
    def side(self) -> int:
        """The longest side without its border."""
        return longest_side(self.max_size, power_of_two=self.power_of_two) - self.border

    def sheet(self, width: int, height: int) -> Size:
        """Return the size of a sheet that is filled so far."""
        if self.power_of_two:
            return _power(width + self.border), _power(height + self.border)
        return width + self.border, height + self.border


def _power(side: int) -> int:
    return int(1 << max(0, side - 1).bit_length())


def pack_page(sizes: Sequence[Size], room: Room) -> Strip | None:
    """Return the smallest sheet of those tried, or None if none fits."""
    if len(set(sizes)) == 1:
        return _equal(sizes, room)
    area = sum(w * h for w, h in sizes)
    # The full side is for what fits nowhere else.
    for widths in (_widths(sizes, area, room), [room.side]):
        best: Strip | None = None
        least = (_FAR, _FAR)
        for found, enough in _filled(Sorted(sizes), area, widths):
            if found.height > room.side:
                continue
            sheet = room.sheet(found.width, found.height)
            cost = (sheet[0] * sheet[1], max(sheet))
            if cost < least:
                best, least = found, cost
            if area > enough * least[0]:
                break
        if best is not None:
            return best
    return None


def _filled(sizes: Sorted, area: int, widths: Sequence[int]) -> Iterator[tuple[Strip, float]]:
    """Yield strips of these widths, each with how full a sheet is enough to try no more."""
    many = len(sizes.tall) > _MANY
    for n, width in enumerate(widths, 1):
        strip = fill_rows(sizes, width)
        yield strip, _FULL if n < len(widths) else _WELL_FILLED
        if many and area < _POOR * strip.width * strip.height:
            break
    # Rows leave much empty where a few are much larger than the rest.
    for width in widths[:2] if many else widths:
        yield fill(sizes, width, LOOK), _FULL
        yield fill(sizes, width, 0), _FULL


def _widths(sizes: Sequence[Size], area: int, room: Room) -> list[int]:
    """Return the widths to try: powers of two, or from a square's side on.

    There are more of them for fewer rectangles, since those take less time.
    """
    widest = max(w for w, _ in sizes)
    side = math.sqrt(area)
    if room.power_of_two:
        powers = [(1 << n) - room.border for n in range((room.side + room.border).bit_length())]
        able = [width for width in powers if widest <= width <= room.side]
        return sorted(able, key=lambda width: abs(math.log(width / side)))[:3]
    count, spread = (8, 0.07) if len(sizes) > _MANY else (24, 0.3)
    steps = [math.ceil(side * (1 + spread * n / (count - 1))) for n in range(count)]
    return list(dict.fromkeys(min(room.side, max(widest, step)) for step in steps))


def _equal(sizes: Sequence[Size], room: Room) -> Strip | None:
    """Return rectangles of one size in rows."""
    width, height = sizes[0]
    columns = columns_of(len(sizes), sizes[0], room)
    rows = -(-len(sizes) // columns)
    if rows * height > room.side:
        return None
    corners = [(n % columns * width, n // columns * height) for n in range(len(sizes))]
    return Strip(min(columns, len(sizes)) * width, rows * height, corners)


def columns_of(count: int, cell: Size, room: Room) -> int:
    """Return how many columns of cells give the smallest of the sheets that are about square."""
    ideal = max(1, round(math.sqrt(count * cell[1] / cell[0])))
    most = min(count, room.side // cell[0])
    near = range(max(1, min(most, ideal * 3 // 4)), min(most, ideal * 4 // 3 + 1) + 1)

    def cost(columns: int) -> tuple[bool, int, int]:
        width, height = room.sheet(columns * cell[0], -(-count // columns) * cell[1])
        return height > room.max_size, width * height, max(width, height)

    found: int = min((*near, most), key=cost)
    return found
