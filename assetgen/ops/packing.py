"""Packs rectangles into sheets; knows no picture and no file.

Nothing is rotated, nothing is random, and equal input gives equal output. Filling a strip of one
width, in rows or from the lowest place on, is so fast that some widths of a sheet can be tried and
the smallest result taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assetgen.errors import ImageError, Kind, Problem
from assetgen.ops.page import Room, columns_of, pack_page
from assetgen.ops.skyline import Size
from assetgen.quick import quick

MAX_SIDE = 16_384
"""The largest side of a sheet that may be asked for: what current graphics cards still take."""

NOTHING = Kind("atlas-empty", "there is nothing to pack", "give the atlas inputs that exist")
SPRITE_TOO_LARGE = Kind(
    "atlas-sprite-too-large",
    "{name} needs {least}{width} by {height} pixels with its margins, "
    "and a sheet has at most {most}",
    "make it smaller (`resize`), or raise `max_size`",
)
TOO_SMALL = Kind(
    "atlas-too-small",
    "{count} sprites do not fit into {pages} of at most {max_size} by {max_size} pixels",
    "{step}",
)
TOO_MANY_PAGES = Kind(
    "atlas-too-many-pages",
    "{pages} are declared for {count} sprites, so some would stay empty",
    "set `pages` to {count} or less",
)
TOO_MANY_COLUMNS = Kind(
    "atlas-too-many-columns",
    "{columns} columns of {width} pixels are wider than max_size, which is {max_size}",
    "set `columns` to {most} or less, or raise `max_size`",
)


@quick
@dataclass(frozen=True, slots=True)
class Place:
    """Where one rectangle lies: the number of its sheet from 0, and its left top corner."""

    page: int
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Packed:
    """All rectangles in their places.

    Attributes:
        sheets: (width, height) of each sheet in pixels.
        places: one for each rectangle, in the order in which they were given.
    """

    sheets: tuple[Size, ...]
    places: tuple[Place, ...]


def pack(
    sizes: Sequence[Size],
    *,
    max_size: int,
    pages: int = 1,
    power_of_two: bool = False,
    border: int = 0,
) -> Packed:
    """Return places for ``sizes`` (width, height) on exactly ``pages`` sheets as small as found.

    A sheet is about square and has no side longer than ``max_size``. ``border`` pixels are left
    free at its left and top; those at the right and the bottom are part of the sizes. Neighbours
    in ``sizes`` share a page where that fits. Raises ImageError.
    """
    room = Room(max_size, power_of_two, border)
    _check(sizes, pages, room)
    found = _deal_and_pack(sizes, pages, room)
    if found is None:
        raise ImageError(_too_small(sizes, pages, room))
    return found


def grid(
    sizes: Sequence[Size],
    *,
    columns: int | None = None,
    max_size: int,
    pages: int = 1,
    power_of_two: bool = False,
    border: int = 0,
) -> Packed:
    """Return places in equal cells of the largest width and height, in order, row by row.

    Without ``columns`` a sheet is about square. Pages differ by one sprite at most. ``border`` and
    the rest are those of ``pack``. Raises ImageError.
    """
    room = Room(max_size, power_of_two, border)
    _check(sizes, pages, room)
    width, height = max(w for w, _ in sizes), max(h for _, h in sizes)
    most = room.side // width
    if columns is not None and columns > most:
        facts = {"columns": columns, "width": width, "max_size": max_size, "most": most}
        raise ImageError(Problem(TOO_MANY_COLUMNS, facts=facts))
    shares = _shares(len(sizes), pages)
    across = columns or columns_of(shares[0], (width, height), room)
    if -(-shares[0] // across) * height > room.side:
        raise ImageError(_too_small_grid(len(sizes), pages, (width, height), columns, room))
    sheets, places = [], []
    for page, share in enumerate(shares):
        rows = -(-share // across)
        sheets.append(room.sheet(across * width, rows * height))
        places += [
            Place(page, border + n % across * width, border + n // across * height)
            for n in range(share)
        ]
    return Packed(tuple(sheets), tuple(places))


def too_large(name: str, size: Size, most: int) -> Problem:
    """Return what is wrong with a sprite that is larger than a sheet, border included."""
    facts = {"name": name, "least": "", "width": size[0], "height": size[1], "most": most}
    return Problem(SPRITE_TOO_LARGE, facts=facts)


def _check(sizes: Sequence[Size], pages: int, room: Room) -> None:
    if not sizes:
        raise ImageError(Problem(NOTHING))
    if pages > len(sizes):
        facts = {"pages": _pages(pages), "count": len(sizes)}
        raise ImageError(Problem(TOO_MANY_PAGES, facts=facts))
    if max(map(max, sizes)) > room.side:
        large = [n for n, size in enumerate(sizes) if max(size) > room.side]
        border = room.border
        raise ImageError(
            *(
                too_large(
                    f"sprite {n + 1}",
                    (sizes[n][0] + border, sizes[n][1] + border),
                    room.side + border,
                )
                for n in large
            )
        )


def _deal_and_pack(sizes: Sequence[Size], pages: int, room: Room) -> Packed | None:
    """Return the pack, or None; by order first, then by what fills the pages alike."""
    if sum(w * h for w, h in sizes) > pages * room.side**2:
        return None
    for deal in (_in_order, _evenly) if pages > 1 else (_in_order,):
        packed = pack_pages(sizes, deal(sizes, pages), room)
        if packed is not None:
            return packed
    return None


def pack_pages(sizes: Sequence[Size], dealt: Sequence[list[int]], room: Room) -> Packed | None:
    sheets: list[Size] = []
    places: list[Place | None] = [None] * len(sizes)
    for page, numbers in enumerate(dealt):
        found = pack_page([sizes[n] for n in numbers], room)
        if found is None:
            return None
        sheets.append(room.sheet(found.width, found.height))
        for n, (x, y) in zip(numbers, found.corners, strict=True):
            places[n] = Place(page, x + room.border, y + room.border)
    return Packed(tuple(sheets), tuple(place for place in places if place))


def _in_order(sizes: Sequence[Size], pages: int) -> list[list[int]]:
    """Return the numbers of neighbours for each page, of about equal area, none empty."""
    if pages == 1:
        return [list(range(len(sizes)))]
    total = sum(w * h for w, h in sizes)
    dealt: list[list[int]] = [[]]
    area = 0
    for n, (w, h) in enumerate(sizes):
        left = pages - len(dealt)
        full = (area + w * h / 2) * pages > total * len(dealt)
        if dealt[-1] and left and (full or len(sizes) - n <= left):
            dealt.append([])
        dealt[-1].append(n)
        area += w * h
    return dealt


def _evenly(sizes: Sequence[Size], pages: int) -> list[list[int]]:
    """Return the numbers for each page: the largest first, each to the page with least on it."""
    dealt: list[list[int]] = [[] for _ in range(pages)]
    areas = [0] * pages
    for n in sorted(range(len(sizes)), key=lambda n: (-sizes[n][0] * sizes[n][1], n)):
        page = areas.index(min(areas))
        dealt[page].append(n)
        areas[page] += sizes[n][0] * sizes[n][1]
    return dealt


def _shares(count: int, pages: int) -> list[int]:
    """Return how many go onto each page, the first ones one more."""
    least, more = divmod(count, pages)
    return [least + (page < more) for page in range(pages)]


def _too_small(sizes: Sequence[Size], pages: int, room: Room) -> Problem:
    """Return the problem, with the number of pages, or the sides, that would do."""
    area = sum(w * h for w, h in sizes)
    low, high = max(pages + 1, -(-area // room.side**2)), len(sizes)
    while low < high:
        middle = (low + high) // 2
        if _deal_and_pack(sizes, middle, room) is None:
            low = middle + 1
        else:
            high = middle
    return _problem(len(sizes), pages, room, low, _side(sizes, pages, room))


def _side(sizes: Sequence[Size], pages: int, room: Room) -> int | None:
    """Return the side that the sheets need, or None if that is more than any may have."""
    packed = _deal_and_pack(sizes, pages, replace(room, max_size=MAX_SIDE))
    side = max(map(max, packed.sheets)) if packed else MAX_SIDE + 1
    # Other sides lead to other tries, so what is said is what was seen to do.
    while side <= MAX_SIDE and not _deal_and_pack(sizes, pages, replace(room, max_size=side)):
        side += side // 32 + 1
    return side if side <= MAX_SIDE else None


def _too_small_grid(count: int, pages: int, cell: Size, columns: int | None, room: Room) -> Problem:
    most = room.side // cell[0] if columns is None else columns
    needed = -(-count // (most * (room.side // cell[1])))
    widest = replace(room, max_size=MAX_SIDE)
    share = _shares(count, pages)[0]
    across = columns or columns_of(share, cell, widest)
    sheet = widest.sheet(across * cell[0], -(-share // across) * cell[1])
    side = max(sheet) if max(sheet) <= MAX_SIDE else None
    return _problem(count, pages, room, needed, side)


def _problem(count: int, pages: int, room: Room, needed: int, side: int | None) -> Problem:
    step = f"set `pages` to {needed}"
    if side is not None:
        step += f", or `max_size` to {side}"
    return Problem(
        TOO_SMALL,
        facts={
            "count": count,
            "pages": _pages(pages),
            "max_size": room.max_size,
            "needed_pages": needed,
            "needed_size": side,
            "step": f"{step}, or make the sprites smaller (`resize`)",
        },
    )


def _pages(pages: int) -> str:
    return "1 page" if pages == 1 else f"{pages} pages"
