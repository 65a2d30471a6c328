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

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageChops, ImageDraw

from assetgen.errors import ImageError, Kind, Problem
from assetgen.ops import arguments, script
from assetgen.ops.arguments import Length
from assetgen.ops.fonts import Font, lacking, missing_glyphs, read_font, shaping_available
from assetgen.ops.lines import LEAST_SIZE, Paragraph, Room, lines, paragraphs, sizes
from assetgen.ops.runner import Runner
from assetgen.ops.typeset import Setter, setter_for, try_glyphs

FITS = ("shrink", "wrap", "none")
DIRECTIONS = ("auto", "ltr", "rtl")

_MARGIN = 512
"""How many pixels beyond the box ink is looked for, at most."""

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
    "the text '{text}' joins, stacks or runs to the left; FriBiDi and Raqm set it, one is not here",
    "install FriBiDi (Debian: libfribidi0, macOS: 'brew install fribidi') and Pillow's own wheel",
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
    return _set(image, words, read_font(font), style, way)


def _set(image: Image.Image, words: str, font: Font, style: _Style, direction: str) -> Image.Image:
    plain = script.prepared(words).strip(" \n")
    if not plain or not style.color[3]:
        return image
    setter = setter_for(font, shaped=_needs_shaping(plain, direction))
    found = paragraphs(plain, direction, setter)
    room = Room(style.box.width, style.box.height, style.line_height, style.fit != "none")
    shrunk = sizes(found, room, style.size) if style.fit == "shrink" else [style.size or 1]
    for size in shrunk:
        drawn = _drawn(found, setter, font, style, room, size)
        if drawn is not None:
            return _painted(image, drawn, style)
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
        found.append(Problem(NO_LAYOUT, facts={"text": _short(words)}))
    if font is not None:
        try:
            hyphens = "-" if script.SOFT_HYPHEN in plain else ""
            missing = missing_glyphs(font, words + hyphens)
            if missing:
                found.append(lacking(missing, words))
            else:
                try_glyphs(read_font(font), plain, LEAST_SIZE)
        except ImageError as error:
            found.extend(error.problems)
    return tuple(found)


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


# Drawing


def _drawn(
    found: Sequence[Paragraph], setter: Setter, font: Font, style: _Style, room: Room, size: int
) -> tuple[Image.Image, int, int] | None:
    """Return the ink as a mask, and where it goes in the box; None if it does not fit there."""
    set_lines = lines(found, room, size) if size <= 4 * room.height else None
    if set_lines is None:
        return None
    margin = min(size, _MARGIN)
    mask = Image.new("L", (room.width + 2 * margin, room.height + 2 * margin))
    onto, drawer = ImageDraw.Draw(mask), setter.at(size)
    step = room.line_height * size
    top = margin + (room.height - len(set_lines) * step) * style.gravity[1]
    for number, line in enumerate(set_lines):
        words, direction = line.words, line.paragraph.direction
        spare = room.width - drawer.length(words, direction)
        if spare < -margin:
            return None
        left = margin + spare * style.gravity[0]
        baseline = round(top + step * (number + 0.5) + font.cap_height * size / 2)
        drawer.draw(onto, (left, baseline), words, direction)
    return _nudged(mask, room, margin)


def _nudged(mask: Image.Image, room: Room, margin: int) -> tuple[Image.Image, int, int] | None:
    """Move ink that reaches out of the box inwards; None if there is more of it than box."""
    ink = mask.getbbox()
    if ink is None:
        return mask.crop((0, 0, 1, 1)), 0, 0
    left, top, right, bottom = ink
    width, height = right - left, bottom - top
    cut = 0 in (left, top) or right == mask.width or bottom == mask.height
    if cut or width > room.width or height > room.height:
        return None
    x = min(max(left - margin, 0), room.width - width)
    y = min(max(top - margin, 0), room.height - height)
    return mask.crop(ink), x, y


def _painted(image: Image.Image, drawn: tuple[Image.Image, int, int], style: _Style) -> Image.Image:
    mask, x, y = drawn
    left, top = style.box.left + x, style.box.top + y
    place = (left, top, left + mask.width, top + mask.height)
    red, green, blue, alpha = style.color
    if alpha != 255:
        mask = ImageChops.multiply(mask, Image.new("L", mask.size, alpha))
    painted = image.copy()
    if image.mode == "RGB":
        painted.paste((red, green, blue), place, mask)
        return painted
    ink = Image.new("RGBA", mask.size, (red, green, blue, 0))
    ink.putalpha(mask)
    painted.alpha_composite(ink, (left, top))
    return painted


def _does_not_fit(words: str, style: _Style) -> ImageError:
    least = LEAST_SIZE if style.fit == "shrink" else style.size or LEAST_SIZE
    steps = {
        "shrink": "give it a larger box or fewer words",
        "wrap": "give it a larger box or a smaller size, or say 'fit: shrink'",
        "none": "give it a larger box or a smaller size, or say 'fit: wrap'",
    }
    facts = {
        "text": _short(words),
        "width": style.box.width,
        "height": style.box.height,
        "size": min(least, style.size or least),
        "step": steps[style.fit],
    }
    return ImageError(Problem(TOO_LONG, facts=facts))


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
