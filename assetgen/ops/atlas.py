"""Lays sprites out on sheets and draws them there; knows no file, and no format of data files.

Around a sprite its edge pixels are repeated `extrude` times. `padding` pixels stay empty between
two of these, and between them and the edges of the sheet: once, not once for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from PIL import Image

from assetgen.errors import ImageError, Kind, Problem
from assetgen.ops import arguments
from assetgen.ops.frames import FORMATS, unknown_format
from assetgen.ops.packing import (
    MAX_SIDE,
    SPRITE_TOO_LARGE,
    Packed,
    grid,
    pack,
    too_large,
)
from assetgen.ops.page import longest_side
from assetgen.ops.picture import MAX_PIXELS
from assetgen.ops.sheets import Frame, check_animations, check_names
from assetgen.ops.skyline import Size

LAYOUTS = ("packed", "grid")
MAX_PADDING, MAX_EXTRUDE, MAX_PAGES, MAX_COLUMNS = 256, 64, 64, 1024

COLUMNS_WITHOUT_GRID = Kind(
    "atlas-columns", "columns are those of a grid, and this atlas is packed", "add 'layout: grid'"
)
NO_ROOM = Kind(
    "atlas-no-room",
    "padding and extrude take {margins} pixels of a sheet's {most}",
    "lower them, or raise `max_size`",
)
TOO_MANY_PIXELS = Kind(
    "atlas-too-many-pixels",
    "a sheet of {width} by {height} pixels has more than {limit} million",
    "lower `max_size` and raise `pages`",
)


@dataclass(frozen=True, slots=True)
class Sprite:
    """A picture (RGB or RGBA) by the name of its frame."""

    name: str
    image: Image.Image


@dataclass(frozen=True, slots=True)
class Layout:
    """How sprites are laid out: the arguments of an atlas, read; lengths in pixels."""

    layout: str = "packed"
    columns: int | None = None
    padding: int = 2
    extrude: int = 0
    trim: bool = False
    power_of_two: bool = False
    max_size: int = 4096
    pages: int = 1

    @property
    def most(self) -> int:
        """The longest side that a sheet can have."""
        return longest_side(self.max_size, power_of_two=self.power_of_two)

    @property
    def margins(self) -> int:
        """What a sheet needs in width and height beside a single sprite."""
        return 2 * (self.extrude + self.padding)


@dataclass(frozen=True, slots=True)
class Cut:
    """What of a sprite is laid out: its source's size, and the box that is kept."""

    name: str
    source: Size
    box: tuple[int, int, int, int]

    @property
    def size(self) -> Size:
        """The box's width and height."""
        left, top, right, bottom = self.box
        return right - left, bottom - top


@dataclass(frozen=True, slots=True)
class Placed:
    """Sheets before they are drawn: their sizes, and the frames in the order of the sprites."""

    sizes: tuple[Size, ...]
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class Sheets:
    """Sheets (RGBA; colours of transparent pixels are zero) and their frames."""

    images: tuple[Image.Image, ...]
    frames: tuple[Frame, ...]


def compose(sprites: Sequence[Sprite], given: Mapping[str, Any]) -> Sheets:
    """Return the sheets of ``sprites``, laid out as the arguments of an atlas say.

    Raises ImageError.
    """
    layout = read_layout(given)
    problems = check_names([sprite.name for sprite in sprites])
    if problems:
        raise ImageError(*problems)
    placed = place([cut(sprite, layout) for sprite in sprites], layout)
    images = {sprite.name: sprite.image for sprite in sprites}
    sheets = (
        draw(placed, page, layout, lambda frame: images[frame.name])
        for page in range(len(placed.sizes))
    )
    return Sheets(tuple(sheets), placed.frames)


def cut(sprite: Sprite, layout: Layout) -> Cut:
    """Return what is kept of a sprite: all, or, with `trim`, all but its transparent borders.

    Of a fully transparent sprite one pixel is kept.
    """
    width, height = sprite.image.size
    box = (0, 0, width, height)
    if layout.trim and sprite.image.mode == "RGBA":
        box = sprite.image.getchannel("A").getbbox() or (0, 0, 1, 1)
    return Cut(sprite.name, (width, height), box)


def place(cuts: Sequence[Cut], layout: Layout) -> Placed:
    """Return where sprites go, without drawing them. Raises ImageError."""
    margins = layout.margins
    large = [
        too_large(f"'{one.name}'", (one.size[0] + margins, one.size[1] + margins), layout.most)
        for one in cuts
        if max(one.size) + margins > layout.most
    ]
    if large:
        raise ImageError(*large)
    packed = _laid_out([one.size for one in cuts], layout)
    for width, height in packed.sheets:
        if width * height > MAX_PIXELS:
            facts = {"width": width, "height": height, "limit": MAX_PIXELS // 1_000_000}
            raise ImageError(Problem(TOO_MANY_PIXELS, facts=facts))
    frames = []
    for one, at in zip(cuts, packed.places, strict=True):
        x, y = at.x + layout.extrude, at.y + layout.extrude
        frames.append(Frame(one.name, at.page, x, y, *one.size, *one.source, *one.box[:2]))
    return Placed(packed.sheets, tuple(frames))


def draw(
    placed: Placed, page: int, layout: Layout, image_of: Callable[[Frame], Image.Image]
) -> Image.Image:
    """Return one sheet; ``image_of`` gives the untrimmed picture of each of its frames, in turn."""
    sheet = Image.new("RGBA", placed.sizes[page])
    for frame in placed.frames:
        if frame.page != page:
            continue
        left, top = frame.offset_x, frame.offset_y
        image = image_of(frame).crop((left, top, left + frame.width, top + frame.height))
        image = _extruded(image.convert("RGBA"), layout.extrude)
        # What is fully transparent is not pasted, so its colour stays zero.
        visible = image.getchannel("A").point(lambda alpha: 255 if alpha else 0)
        sheet.paste(image, (frame.x - layout.extrude, frame.y - layout.extrude), visible)
    return sheet


def read_layout(given: Mapping[str, Any]) -> Layout:
    """Return the layout that arguments ask for. Raises ImageError with all that is wrong."""
    layout, problems = _read(given)
    if problems:
        raise ImageError(*problems)
    return layout


def check(given: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Return what is wrong with an atlas's arguments, whatever its sprites are."""
    _, problems = _read(given)
    format = given.get("format")
    if format is not None and format not in FORMATS:
        problems.append(unknown_format(str(format)))
    return (*problems, *check_animations(given.get("animations")))


def fits(
    least_sizes: Sequence[Size], given: Mapping[str, Any], names: Sequence[str] = ()
) -> tuple[Problem, ...]:
    """Return why sprites of at least these (width, height) cannot be laid out; nothing if they can.

    A side that is not known is 1. ``names`` are for messages.
    """
    layout, problems = _read(given)
    if problems:
        return ()
    cuts = []
    for n, (width, height) in enumerate(least_sizes):
        # Nobody knows how much of a sprite is transparent before it is there.
        size = (1, 1) if layout.trim else (width, height)
        cuts.append(Cut(names[n] if names else f"sprite {n + 1}", size, (0, 0, *size)))
    try:
        place(cuts, layout)
    except ImageError as error:
        return tuple(map(_at_least, error.problems))
    return ()


def _at_least(problem: Problem) -> Problem:
    if problem.kind is not SPRITE_TOO_LARGE:
        return problem
    return replace(problem, facts={**problem.facts, "least": "at least "})


def _laid_out(sizes: Sequence[Size], layout: Layout) -> Packed:
    more = 2 * layout.extrude + layout.padding
    cells = [(width + more, height + more) for width, height in sizes]
    lay_out: Callable[..., Packed] = pack
    if layout.layout == "grid":
        lay_out = partial(grid, columns=layout.columns)
    return lay_out(
        cells,
        max_size=layout.max_size,
        pages=layout.pages,
        power_of_two=layout.power_of_two,
        border=layout.padding,
    )


def _extruded(image: Image.Image, by: int) -> Image.Image:
    """Return an image with its edge pixels repeated ``by`` times on all sides."""
    if not by:
        return image
    width, height = image.size
    wide = Image.new("RGBA", (width + 2 * by, height))
    wide.paste(image, (by, 0))
    for x, to in ((0, 0), (width - 1, width + by)):
        edge = image.crop((x, 0, x + 1, height))
        wide.paste(edge.resize((by, height), Image.Resampling.NEAREST), (to, 0))
    result = Image.new("RGBA", (wide.width, height + 2 * by))
    result.paste(wide, (0, by))
    for y, to in ((0, 0), (height - 1, height + by)):
        edge = wide.crop((0, y, wide.width, y + 1))
        result.paste(edge.resize((wide.width, by), Image.Resampling.NEAREST), (0, to))
    return result


_READERS: Mapping[str, Callable[[str, Any], Any]] = {
    "layout": lambda name, value: arguments.choice(name, value, LAYOUTS),
    "columns": lambda name, value: arguments.whole(name, value, 1, MAX_COLUMNS),
    "padding": lambda name, value: arguments.whole(name, value, 0, MAX_PADDING),
    "extrude": lambda name, value: arguments.whole(name, value, 0, MAX_EXTRUDE),
    "trim": arguments.flag,
    "power_of_two": arguments.flag,
    "max_size": lambda name, value: arguments.whole(name, value, 1, MAX_SIDE),
    "pages": lambda name, value: arguments.whole(name, value, 1, MAX_PAGES),
}


def _read(given: Mapping[str, Any]) -> tuple[Layout, list[Problem]]:
    layout = Layout()
    problems: list[Problem] = []
    for name, read in _READERS.items():
        if given.get(name) is None:
            continue
        try:
            layout = replace(layout, **{name: read(name, given[name])})
        except ImageError as error:
            problems += error.problems
    if not problems:
        problems += _check_together(layout)
    return layout, problems


def _check_together(layout: Layout) -> Iterator[Problem]:
    if layout.columns is not None and layout.layout != "grid":
        yield Problem(COLUMNS_WITHOUT_GRID)
    if layout.margins >= layout.most:
        facts = {"margins": layout.margins, "most": layout.most}
        yield Problem(NO_ROOM, facts=facts)
