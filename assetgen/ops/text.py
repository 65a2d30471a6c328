"""Text onto a picture, from a font's bytes; knows no font file and no spec.

**Size and lines.** A line takes `line_height` times the size, as in CSS, and the capitals stand in
its middle, so that a label is centred to the eye; a line alone needs room for its ink only. Where
ink would reach out of the box (accents, descenders, a slanted letter), the text moves inwards: no
ink is ever outside the box.
**Layout.** Latin, Greek, Cyrillic, Chinese, Japanese and Korean are set here: advances and kerning
of the font, no ligatures. They look alike on every machine that has one version of Pillow. A text
with anything that joins, reorders or stacks is set by Raqm and HarfBuzz as a whole.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

from PIL import Image, ImageChops, ImageDraw, ImageFont

from assetgen.errors import ImageError, Kind, Problem
from assetgen.ops import arguments, script
from assetgen.ops.arguments import Length
from assetgen.ops.fonts import (
    Font,
    lacking,
    missing_glyphs,
    read_font,
    reading,
    shaping_available,
)
from assetgen.ops.runner import Runner

FITS = ("shrink", "wrap", "none")
DIRECTIONS = ("auto", "ltr", "rtl")
LEAST_SIZE = 8
"""How small `shrink` makes text, in pixels; smaller is not read by anybody."""

WHAT = Kind(
    "text-what", "text needs a text and a font", "give both: 'text: {{text: Sale, font: ./a.ttf}}'"
)
NO_SIZE = Kind("text-size", "text with 'fit: {fit}' needs a size", "give a size, or leave out fit")
OUTSIDE = Kind(
    "text-box",
    "the text's box {box} is empty or reaches outside the picture, {width} by {height} pixels",
    "a box is [left, top, width, height], each in pixels or as a share such as 12%",
)
TOO_LONG = Kind(
    "text-does-not-fit",
    "the text '{text}' does not fit into {width} by {height} pixels at {size} pixels high",
    "{step}",
)
NO_LAYOUT = Kind(
    "text-layout",
    "the text '{text}' needs a layout engine that is not here: {missing} is missing",
    "install FriBiDi (Debian: libfribidi0, macOS: brew install fribidi) and Pillow's own wheel",
)


@dataclass(frozen=True, slots=True)
class _Box:
    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class _Style:
    """How a text is to be set; sizes in pixels, gravity as shares from the left and the top."""

    box: _Box
    size: int | None
    fit: str
    gravity: tuple[float, float]
    color: tuple[int, int, int, int]
    line_height: float


def text(
    image: Image.Image,
    *,
    text: Any = None,
    font: bytes | None = None,
    size: Any = None,
    box: Any = None,
    fit: Any = "shrink",
    align: Any = "center",
    color: Any = "black",
    line_height: Any = 1.2,
    direction: Any = "auto",
) -> Image.Image:
    """Return ``image`` with ``text`` in it.

    Args:
        image: RGB or RGBA.
        text: newlines are kept; an empty text changes nothing.
        font: the bytes of a .ttf, .otf or .ttc file.
        size: of the em, in pixels or as a share of the picture's height.
        box: [left, top, width, height] in pixels or shares; the whole picture by default.
        fit: shrink (as large as fits, at most ``size``), wrap (into lines at ``size``) or none
            (as it is written, at ``size``). Words are never broken.
        align: center, left, right, top, bottom, top-left … within the box.
        color: as CSS writes it, alpha included.
        line_height: from one line to the next, as a multiple of the size.
        direction: ltr, rtl, or auto: each paragraph by its first letter that has one.

    Raises ImageError, also where the text does not fit.
    """
    if text is None or font is None:
        raise ImageError(Problem(WHAT))
    words = arguments.text("text", text)
    way = arguments.choice("direction", direction, DIRECTIONS)
    style = _style(image, size, box, fit, align, color, line_height)
    for problem in _check_words(words, way, font, shaping_available):
        raise ImageError(problem)
    return set_text(image, words, read_font(font), style, way)


def set_text(
    image: Image.Image, words: str, font: Font, style: _Style, direction: str
) -> Image.Image:
    """Return ``image`` with checked words in it. Raises ImageError if they do not fit."""
    plain = script.prepared(words).strip(" \n")
    if not plain or not style.color[3]:
        return image
    shaped = _needs_shaping(plain, direction)
    paragraphs = _paragraphs(plain, direction, _Shaped(font) if shaped else _Simple(font))
    for size in _sizes(paragraphs, style):
        mask = _drawn(paragraphs, style, font, size)
        if mask is not None:
            return _painted(image, mask, style)
    raise _does_not_fit(words, style)


def check_text(
    args: Mapping[str, Any],
    font: bytes | None,
    *,
    shaping: Callable[[], bool] = shaping_available,
) -> tuple[Problem, ...]:
    """Return what is wrong with a text and its font, as far as no picture is needed to see it.

    ``args`` are the op's rendered arguments; ``font`` is the file's bytes, None where there is no
    such file. ``shaping`` says whether joined and right-to-left scripts can be set here.
    """
    words, way = args.get("text"), args.get("direction") or "auto"
    if isinstance(words, bool) or not isinstance(words, str | int | float):
        return ()
    return _check_words(str(words), way, font, shaping)


def _check_words(
    words: str, direction: str, font: bytes | None, shaping: Callable[[], bool]
) -> tuple[Problem, ...]:
    found: list[Problem] = []
    plain = script.prepared(words)
    if _needs_shaping(plain, direction) and not shaping():
        facts = {"text": _short(words), "missing": "FriBiDi or Raqm"}
        found.append(Problem(NO_LAYOUT, facts=facts))
    if font is not None:
        try:
            missing = missing_glyphs(font, words)
            if missing:
                found.append(lacking(missing, words))
            else:
                _try_glyphs(read_font(font), plain)
        except ImageError as error:
            found.extend(error.problems)
    return tuple(found)


def _try_glyphs(font: Font, plain: str) -> None:
    """Load each glyph once, so that damaged outlines are found early. Raises ImageError."""
    drawn = font.at(LEAST_SIZE)
    for char in sorted(set(plain)):
        if _has_ink(char):
            _ink_box(drawn, char)


def _needs_shaping(plain: str, direction: str) -> bool:
    return direction == "rtl" or script.needs_shaping(plain)


def _short(words: str) -> str:
    return words if len(words) <= 60 else words[:59] + "…"


# Arguments


def _lengths(name: str, value: Any) -> tuple[Length, ...]:
    """Return [left, top, width, height] as lengths."""
    if not isinstance(value, list | tuple) or len(value) != 4:
        step = "write it as [left, top, width, height], each in pixels or as a share such as 12%"
        arguments.refuse(name, value, "a box", step)
    return tuple(arguments.length(name, item) for item in value)


def _line_height(name: str, value: Any) -> float:
    return arguments.number(name, value, 0.5, 5)


def _style(
    image: Image.Image, size: Any, box: Any, fit: Any, align: Any, color: Any, line_height: Any
) -> _Style:
    how = arguments.choice("fit", fit, FITS)
    if size is None and how != "shrink":
        raise ImageError(Problem(NO_SIZE, facts={"fit": how}))
    wanted = None if size is None else max(1, arguments.length("size", size).of(image.height))
    return _Style(
        _box(image, box),
        wanted,
        how,
        arguments.gravity("align", align),
        arguments.color("color", color),
        _line_height("line_height", line_height),
    )


def _box(image: Image.Image, value: Any) -> _Box:
    if value is None:
        return _Box(0, 0, image.width, image.height)
    lengths = _lengths("box", value)
    left, top, width, height = (
        length.of(side) for length, side in zip(lengths, (*image.size, *image.size), strict=True)
    )
    # Two shares of a whole may round up to one pixel more than there is.
    if lengths[2].share and left + width == image.width + 1:
        width -= 1
    if lengths[3].share and top + height == image.height + 1:
        height -= 1
    if not width or not height or left + width > image.width or top + height > image.height:
        raise _outside(value, image.width, image.height)
    return _Box(left, top, width, height)


def _outside(value: Any, width: Any, height: Any) -> ImageError:
    shown = "[" + ", ".join(map(str, value)) + "]"
    return ImageError(Problem(OUTSIDE, facts={"box": shown, "width": width, "height": height}))


# Measuring, in em: what fits is found without drawing anything


class _Setter(Protocol):
    """How lines are measured and drawn; `measure` gives ems, `length` pixels."""

    def measure(self, line: str, direction: str) -> float: ...

    def at(self, size: int) -> _Drawer: ...


class _Drawer(Protocol):
    def length(self, line: str, direction: str) -> float: ...

    def draw(
        self, onto: ImageDraw.ImageDraw, place: tuple[float, float], line: str, direction: str
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """What stands between two newlines.

    Attributes:
        text: as prepared.
        direction: ltr or rtl.
        pieces: what lines are made of, and their widths in em.
        setter: who measures and draws it.
    """

    text: str
    direction: str
    pieces: Sequence[script.Piece]
    widths: Sequence[float]
    gaps: Sequence[float]
    hyphen: float
    setter: _Setter


_Line = tuple[_Paragraph, int, int]
"""A paragraph and the first and last (exclusive) of its pieces that make up a line."""


def _paragraphs(plain: str, direction: str, setter: _Setter) -> list[_Paragraph]:
    fallback = script.first_strong(plain) or "ltr"
    found = []
    for line in plain.split("\n"):
        own = script.first_strong(line) or fallback if direction == "auto" else direction
        stripped = line.strip(" ")
        parts = script.pieces(stripped)
        found.append(
            _Paragraph(
                stripped,
                own,
                parts,
                [setter.measure(stripped[part.start : part.end], own) for part in parts],
                [setter.measure(part.spaces, own) for part in parts],
                setter.measure("-", own) if any(part.hyphen for part in parts) else 0.0,
                setter,
            )
        )
    return found


def _lines(paragraphs: Sequence[_Paragraph], style: _Style, size: int) -> list[_Line] | None:
    """Return the lines at a size, as many words in each as go in; None if they do not fit."""
    room = style.box.width / size
    found: list[_Line] = []
    for paragraph in paragraphs:
        if style.fit == "none":
            found.append((paragraph, 0, len(paragraph.pieces)))
            continue
        wrapped = _wrapped(paragraph, room)
        if wrapped is None:
            return None
        found += wrapped
    height = len(found) * style.line_height * size
    return found if height <= style.box.height or len(found) == 1 else None


def _wrapped(paragraph: _Paragraph, room: float) -> list[_Line] | None:
    found: list[_Line] = []
    start, width = 0, 0.0
    for at, part in enumerate(paragraph.pieces):
        own = paragraph.widths[at]
        # A hyphen shows only where the line ends, but where it might end it must have room.
        tail = paragraph.hyphen if part.hyphen else 0.0
        if own + tail > room:
            return None
        if at > start and width + paragraph.gaps[at - 1] + own + tail > room:
            found.append((paragraph, start, at))
            start, width = at, own
        else:
            width += own + (paragraph.gaps[at - 1] if at > start else 0.0)
    return [*found, (paragraph, start, len(paragraph.pieces))]


def _sizes(paragraphs: Sequence[_Paragraph], style: _Style) -> Iterable[int]:
    """Yield the sizes to try, the most likely first.

    What fits by its measures may still have ink that reaches out, or be hinted wider: then a few
    smaller sizes follow.
    """
    if style.fit != "shrink":
        if style.size and _lines(paragraphs, style, style.size):
            yield style.size
        return
    most = math.floor(style.box.height / min(style.line_height, 1.0))
    high = min(most, style.size) if style.size else most
    least = min(LEAST_SIZE, style.size or LEAST_SIZE)
    low = least - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _lines(paragraphs, style, middle) else (low, middle - 1)
    tried = 0
    while low >= least and tried < 12:
        yield low
        tried += 1
        low = min(low - 1, math.floor(low * (0.99 if tried < 6 else 0.9)))


def _does_not_fit(words: str, style: _Style) -> ImageError:
    size = style.size if style.fit != "shrink" and style.size else LEAST_SIZE
    steps = {
        "shrink": "give it a larger box or fewer words",
        "wrap": "give it a larger box or a smaller size, or 'fit: shrink'",
        "none": "give it a larger box or a smaller size, or 'fit: wrap'",
    }
    facts = {
        "text": _short(words),
        "width": style.box.width,
        "height": style.box.height,
        "size": min(size, style.size or size),
        "step": steps[style.fit],
    }
    return ImageError(Problem(TOO_LONG, facts=facts))


# Drawing


def _drawn(
    paragraphs: Sequence[_Paragraph], style: _Style, font: Font, size: int
) -> tuple[Image.Image, int, int] | None:
    """Return the ink as a mask, and where it goes in the box; None if it does not fit there."""
    lines = _lines(paragraphs, style, size)
    if lines is None:
        return None
    box = style.box
    margin = size
    mask = Image.new("L", (box.width + 2 * margin, box.height + 2 * margin))
    onto = ImageDraw.Draw(mask)
    drawer = paragraphs[0].setter.at(size)
    step = style.line_height * size
    top = margin + (box.height - len(lines) * step) * style.gravity[1]
    for number, line in enumerate(lines):
        words, direction = _words(line), line[0].direction
        spare = box.width - drawer.length(words, direction)
        if spare < -margin:
            return None
        place = margin + spare * style.gravity[0]
        baseline = round(top + step * (number + 0.5) + font.cap_height * size / 2)
        drawer.draw(onto, (place, baseline), words, direction)
    return _nudged(mask, box, margin)


def _words(line: _Line) -> str:
    """Return what a line shows."""
    paragraph, first, last = line
    start, end = paragraph.pieces[first].start, paragraph.pieces[last - 1].end
    hyphen = "-" if paragraph.pieces[last - 1].hyphen else ""
    shown = script.line_of(paragraph.text, start, end, paragraph.direction)
    return shown.replace(script.SOFT_HYPHEN, "").replace(script.ZERO_WIDTH_SPACE, "") + hyphen


def _nudged(mask: Image.Image, box: _Box, margin: int) -> tuple[Image.Image, int, int] | None:
    """Move ink that reaches out of the box inwards; None if there is more of it than box."""
    ink = mask.getbbox()
    if ink is None:
        return mask.crop((0, 0, 1, 1)), 0, 0
    left, top, right, bottom = ink
    width, height = right - left, bottom - top
    cut = 0 in (left, top) or right == mask.width or bottom == mask.height
    if cut or width > box.width or height > box.height:
        return None
    x = min(max(left - margin, 0), box.width - width)
    y = min(max(top - margin, 0), box.height - height)
    return mask.crop(ink), x, y


def _painted(image: Image.Image, drawn: tuple[Image.Image, int, int], style: _Style) -> Image.Image:
    mask, x, y = drawn
    left, top = style.box.left + x, style.box.top + y
    *rgb, alpha = style.color
    if alpha != 255:
        mask = ImageChops.multiply(mask, Image.new("L", mask.size, alpha))
    ink = Image.new("RGBA", mask.size, (*rgb, 0))
    ink.putalpha(mask)
    place = (left, top, left + mask.width, top + mask.height)
    under = image.crop(place).convert("RGBA")
    painted = image.copy()
    painted.paste(Image.alpha_composite(under, ink).convert(image.mode), place)
    return painted


def _has_ink(char: str) -> bool:
    return not (script.is_space(char) or script.is_invisible(char) or char == "\n")


def _ink_box(font: ImageFont.FreeTypeFont, line: str, direction: str | None = None) -> None:
    """Refuse glyphs that are absurdly larger than their em: they take memory and hours."""
    with reading():
        left, top, right, bottom = font.getbbox(line, direction=direction)
        if max(right - left, bottom - top) > font.size * (16 + 4 * len(line)):
            raise ValueError("a glyph is larger than sixteen em")


@dataclass(frozen=True, slots=True)
class _Simple:
    """Sets characters one by one, from left to right, by their advances and kerning."""

    font: Font

    def measure(self, line: str, direction: str) -> float:
        return self.places(line)[-1]

    def places(self, line: str) -> list[float]:
        """Return where each character begins, in em, and where the last one ends."""
        with reading():
            return self._places(line)

    def _places(self, line: str) -> list[float]:
        font = self.font
        glyphs = [-1 if script.is_invisible(char) else font.glyph_of(ord(char)) for char in line]
        followers = [0] * len(glyphs)
        follower = 0
        for at in reversed(range(len(glyphs))):
            followers[at] = follower
            follower = follower if glyphs[at] < 0 else glyphs[at]
        found = [0.0]
        for char, glyph, follower in zip(line, glyphs, followers, strict=True):
            step = 0.0
            if glyph > 0:
                kerned = font.kerning(glyph, follower) if follower > 0 else 0
                step = (font.advance_of(glyph) + kerned) / font.units
            elif script.is_space(char):
                step = 1.0 if char == "\u3000" else 0.25
            found.append(found[-1] + step)
        return found

    def at(self, size: int) -> _SimpleDrawer:
        return _SimpleDrawer(self, self.font.at(size), size)


@dataclass(frozen=True, slots=True)
class _SimpleDrawer:
    setter: _Simple
    font: ImageFont.FreeTypeFont
    size: int

    def length(self, line: str, direction: str) -> float:
        return self.setter.places(line)[-1] * self.size

    def draw(
        self, onto: ImageDraw.ImageDraw, place: tuple[float, float], line: str, direction: str
    ) -> None:
        x, y = place
        for char, (start, _) in zip(line, pairwise(self.setter.places(line)), strict=True):
            if _has_ink(char):
                _ink_box(self.font, char)
                with reading():
                    at = (x + start * self.size, y)
                    onto.text(at, char, font=self.font, fill=255, anchor="ls")


class _Shaped:
    """Sets a line as a whole with Raqm: order, joining and marks of every script."""

    def __init__(self, font: Font) -> None:
        self._font = font
        self._large = _ShapedDrawer(font.at(200, shaped=True))

    def measure(self, line: str, direction: str) -> float:
        return self._large.length(line, direction) / 200 if line else 0.0

    def at(self, size: int) -> _ShapedDrawer:
        return _ShapedDrawer(self._font.at(size, shaped=True))


@dataclass(frozen=True, slots=True)
class _ShapedDrawer:
    font: ImageFont.FreeTypeFont

    def length(self, line: str, direction: str) -> float:
        with reading():
            return self.font.getlength(line, direction=direction)

    def draw(
        self, onto: ImageDraw.ImageDraw, place: tuple[float, float], line: str, direction: str
    ) -> None:
        if not line:
            return
        _ink_box(self.font, line, direction)
        with reading():
            onto.text(place, line, font=self.font, fill=255, anchor="ls", direction=direction)


# The op


def _check(args: Mapping[str, Any]) -> Iterable[Problem]:
    if "text" not in args or "font" not in args:
        yield Problem(WHAT)
    fit = args.get("fit", "shrink")
    if fit in ("wrap", "none") and "size" not in args:
        yield Problem(NO_SIZE, facts={"fit": fit})
    if "box" in args:
        yield from _check_box(args["box"])


def _check_box(value: Any) -> Iterable[Problem]:
    try:
        left, top, width, height = _lengths("box", value)
    except ImageError:
        return  # its reader says so
    empty = Length() in (width, height)
    if empty or left.share + width.share > 1 or top.share + height.share > 1:
        yield from _outside(value, "some", "some").problems


RUNNERS: Mapping[str, Runner] = {
    "text": Runner(
        text,
        {
            "text": arguments.text,
            "size": arguments.length,
            "box": _lengths,
            "fit": lambda name, value: arguments.choice(name, value, FITS),
            "align": arguments.gravity,
            "color": arguments.color,
            "line_height": _line_height,
            "direction": lambda name, value: arguments.choice(name, value, DIRECTIONS),
        },
        _check,
    ),
}
