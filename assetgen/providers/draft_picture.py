"""Draws the picture that stands in for a bought one; a function of the request and nothing else.

A panel says what is asked for: the target, the prompt, kind, ratio and size. Beside it a generated
picture has a mosaic that its prompt determines, and an edit has its input pictures.
"""

from __future__ import annotations

import io
import math
import re
from fractions import Fraction

from PIL import Image, ImageDraw, ImageOps

from assetgen.errors import ImageError, Kind, Problem
from assetgen.providers.base import Reference, Request
from assetgen.providers.draft_motif import Chance, Colour, Palette, disc, mosaic, palette, ramps
from assetgen.providers.draft_panel import Box, draw_panel, words_of
from assetgen.providers.draft_text import cut, font, length, visible

TIERS = {"1k": 1024, "2k": 2048, "4k": 4096}
"""The side of a square picture by resolution; other ratios have the same area."""
STEEPEST = 16
"""The longest side may be this many times the shortest."""
MAX_INPUT = 100_000_000
SHOWN_REFERENCES = 5

BAD_REQUEST = Kind(
    "draft-request",
    "a draft cannot be drawn with {name} {value}",
    "{step}",
)
BAD_INPUT = Kind(
    "draft-input",
    "input {number} of the edit cannot be read: {reason}",
    "it must be a whole PNG, JPEG or WebP picture",
)

_RATIO = re.compile(r"(\d{1,5}(?:\.\d{1,6})?):(\d{1,5}(?:\.\d{1,6})?)\Z", re.ASCII)


def draw(request: Request) -> bytes:
    """Return the PNG of ``request``: same request, same bytes.

    Its size follows from ratio and tier (:func:`size_of`). Where the fact `alpha` is true, it has
    a transparent ground. Raises ImageError for an unknown ratio or tier, or an unreadable input.
    """
    inputs = [_opened(number, item) for number, item in enumerate(request.references, 1)]
    size = size_of(request, inputs[0].size if inputs else None)
    chance = Chance(f"{request.facts.get('take', 1)}:{request.prompt}")
    colours = palette(chance)
    clear = request.facts.get("alpha") is True
    art, panel = _layout(size, edit=bool(inputs))
    if clear:
        image = Image.new("RGBA", size, (0, 0, 0, 0))
    else:
        image = Image.new("RGB", size, colours.deep if inputs else colours.paper)
    if inputs:
        _draw_inputs(image, art, inputs, request.references, colours)
    else:
        _draw_mosaic(image, art, chance, colours, clear=clear)
    draw_panel(image, panel, words_of(request, size), colours, clear=clear)
    return _encoded(_flattened(image, inputs, colours))


def size_of(request: Request, first: tuple[int, int] | None = None) -> tuple[int, int]:
    """Return (width, height): the request's ratio, and the area of its tier's square.

    ``first`` is the size of the first input, whose ratio an edit without one keeps. The shorter
    side is rounded first, so the ratio holds within a pixel. Raises ImageError.
    """
    tier = TIERS.get(request.resolution)
    if tier is None:
        known = "known: " + ", ".join(TIERS)
        raise _bad("resolution", request.resolution, known)
    ratio = Fraction(*first) if first and not request.aspect_ratio else _ratio(request)
    if not Fraction(1, STEEPEST) <= ratio <= STEEPEST:
        raise _bad(
            "aspect_ratio", str(request.aspect_ratio), f"at most {STEEPEST}:1 or 1:{STEEPEST}"
        )
    long_over_short = max(ratio, 1 / ratio)
    short = round(tier / math.sqrt(long_over_short))
    long = round(short * long_over_short)
    return (long, short) if ratio >= 1 else (short, long)


def _ratio(request: Request) -> Fraction:
    text = request.aspect_ratio or "1:1"
    match = _RATIO.match(text)
    width, height = (Fraction(part) for part in match.groups()) if match else (0, 0)
    if not width or not height:
        raise _bad("aspect_ratio", text, "write it as width:height, such as 16:9")
    return Fraction(width) / height


def _bad(name: str, value: str, step: str) -> ImageError:
    facts = {"name": name, "value": f"'{value}'", "step": step}
    return ImageError(Problem(BAD_REQUEST, facts=facts))


def _opened(number: int, reference: Reference) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(reference.data), formats=("PNG", "JPEG", "WEBP"))
        if image.width * image.height > MAX_INPUT:
            raise ValueError("it has more than 100 million pixels")
        image.load()
        return ImageOps.exif_transpose(image)
    except Exception as error:  # a decoder fed with hostile bytes raises whatever it likes
        facts = {"number": number, "reason": str(error) or repr(error)}
        raise ImageError(Problem(BAD_INPUT, facts=facts)) from error


def _layout(size: tuple[int, int], *, edit: bool) -> tuple[Box, Box]:
    """Return the boxes of the art and of the panel: one above the other, or side by side."""
    width, height = size
    if width > height * 5 // 4:
        split = width - (round(width * 0.6) if edit else _tiled(width, height, 3))
        return (split, 0, width, height), (0, 0, split, height)
    split = round(height * 0.66) if edit else _tiled(height, width, 4)
    return (0, 0, width, split), (0, split, width, height)


def _tiled(along: int, across: int, tiles: int) -> int:
    """Return how much of ``along`` a mosaic takes: whole tiles, ``tiles`` of them across."""
    tile = math.ceil(across / tiles)
    return tile * max(1, round(along * 0.45 / tile))


def _draw_mosaic(
    image: Image.Image, art: Box, chance: Chance, colours: Palette, *, clear: bool
) -> None:
    left, top, right, bottom = art
    width, height = right - left, bottom - top
    tile = math.ceil(width / 4) if top == 0 and left == 0 else math.ceil(height / 3)
    columns, rows = math.ceil(width / tile), math.ceil(height / tile)
    tiles = mosaic(chance, colours, columns, rows, tile).crop((0, 0, width, height))
    if not clear:
        image.paste(tiles, (left, top))
        return
    side = round(min(width, height) * 0.9)
    head = ImageOps.fit(tiles, (side, side), Image.Resampling.BILINEAR)
    image.paste(head, (left + (width - side) // 2, top + (height - side) // 2), disc(side))


def _draw_inputs(
    image: Image.Image,
    art: Box,
    inputs: list[Image.Image],
    references: tuple[Reference, ...],
    colours: Palette,
) -> None:
    """Draw the first input large, and further ones as labelled thumbnails at its right."""
    left, top, right, bottom = art
    gap = max(4, min(image.size) // 40)
    others = inputs[1 : SHOWN_REFERENCES + 1]
    strip = (right - left) // 5 if others else 0
    main = (left + gap, top + gap, right - gap - strip, bottom - gap)
    _frame(image, main, inputs[0], colours.accent)
    height = (bottom - top - gap) // max(3, len(others))
    for number, picture in enumerate(others):
        y = top + gap + number * height
        box = (right - strip, y, right - gap, y + height - gap)
        label = references[number + 1].label or f"image {number + 2}"
        _thumbnail(image, box, picture, label, colours)


def _frame(image: Image.Image, box: Box, picture: Image.Image, colour: Colour) -> Box:
    """Draw ``picture`` as large as fits into ``box``, with a border unless it is see-through."""
    left, top, right, bottom = box
    room = (max(8, right - left), max(8, bottom - top))
    small = _shrunk(picture, room)
    x, y = left + (room[0] - small.width) // 2, top + (room[1] - small.height) // 2
    placed = (x, y, x + small.width, y + small.height)
    if small.mode == "RGBA":
        image.paste(small, placed[:2], small)
        return placed
    border = max(2, min(image.size) // 200)
    outline = (x - border, y - border, placed[2] + border - 1, placed[3] + border - 1)
    ImageDraw.Draw(image).rectangle(outline, fill=colour)
    image.paste(small, placed[:2])
    return placed


def _shrunk(picture: Image.Image, room: tuple[int, int]) -> Image.Image:
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    scale = min(Fraction(room[0], picture.width), Fraction(room[1], picture.height))
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    plain = picture.convert(mode)
    return plain.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)


def _thumbnail(
    image: Image.Image, box: Box, picture: Image.Image, label: str, colours: Palette
) -> None:
    left, top, right, bottom = box
    size = max(9, min((bottom - top) // 7, (right - left) // 6))
    left, top, right, bottom = _frame(
        image, (left, top, right, bottom - round(size * 1.6)), picture, colours.paper
    )
    pencil = ImageDraw.Draw(image)
    text = cut(visible(label), box[2] - box[0] - size // 2, size)
    width = math.ceil(length(text, size)) + size // 2
    tag = (box[0], bottom + size // 4, box[0] + width, bottom + round(size * 1.55))
    pencil.rounded_rectangle(tag, size // 3, fill=colours.accent)
    pencil.text((tag[0] + size // 4, tag[1] + size // 10), text, colours.deep, font(size))


def _flattened(image: Image.Image, inputs: list[Image.Image], colours: Palette) -> Image.Image:
    """Return ``image`` with a palette, which is encoded in a third of the time, if it is flat.

    Input pictures that had no palette (photographs, bought art) keep all their colours.
    """
    if not inputs and image.mode == "RGB":
        return image.quantize(palette=ramps(colours).copy(), dither=Image.Dither.NONE)
    if all(picture.mode == "P" for picture in inputs):
        return image.quantize(255, Image.Quantize.FASTOCTREE)
    return image


def _encoded(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
