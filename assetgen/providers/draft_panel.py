"""The panel of a drawn picture, which says what was asked for; knows no art beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PIL import Image, ImageDraw

from assetgen.providers.base import Request
from assetgen.providers.draft_motif import Colour, Palette
from assetgen.providers.draft_text import LEADING, cut, fit, font, length, visible

MAX_PROMPT = 1200

Box = tuple[int, int, int, int]
"""left, top, right, bottom in pixels."""


@dataclass(frozen=True, slots=True)
class Words:
    """What the panel says."""

    folder: str
    title: str
    prompt: str
    footer: str


def words_of(request: Request, size: tuple[int, int]) -> Words:
    """Return what the panel of ``request`` says; ``size`` is the picture's."""
    name = visible(str(request.facts.get("target") or ""))
    folder, _, title = name.rpartition("/")
    take = request.facts.get("take", 1)
    footer = [request.kind, f"{size[0]}x{size[1]}", request.resolution]
    footer[1:1] = [request.aspect_ratio] if request.aspect_ratio else []
    footer += [request.quality] if request.quality else []
    footer += [f"take {take}"] if take != 1 else []
    prompt = request.prompt[:MAX_PROMPT] + ("…" if len(request.prompt) > MAX_PROMPT else "")
    lines = (" ".join(visible(line).split()) for line in prompt.split("\n"))
    return Words(folder, title, "\n".join(lines), visible(" · ".join(footer)))


def draw_panel(
    image: Image.Image, panel: Box, words: Words, colours: Palette, *, clear: bool
) -> None:
    """Draw ``words`` into the box ``panel``; ``clear``: on a plate of its own, ground untouched."""
    left, top, right, bottom = panel
    unit = min(math.sqrt(image.width * image.height) / 100, (bottom - top) / 38)
    pencil = ImageDraw.Draw(image)
    if clear:
        inset = max(2, round(unit * 1.5))
        left, top, right, bottom = left + inset, top + inset, right - inset, bottom - inset
        pencil.rounded_rectangle((left, top, right, bottom), round(unit * 5), colours.paper)
    else:
        pencil.rectangle((left, top, right - 1, bottom - 1), colours.paper)
    margin = round(min(unit * 5, (right - left) / 12, (bottom - top) / 9))
    inner = (left + margin, top + margin, right - margin, bottom - margin)
    end = _draw_footer(pencil, inner, words.footer, colours, unit)
    start = _draw_title(pencil, inner, words, colours, unit)
    room = (inner[2] - inner[0], end - start)
    sizes = tuple(max(8, round(unit * step)) for step in (5, 4.2, 3.6, 3.1, 2.7, 2.4))
    text = fit(words.prompt, *room, sizes)
    _lines(pencil, (inner[0], start), text.lines, text.size, colours.deep)


def _draw_title(
    pencil: ImageDraw.ImageDraw, inner: Box, words: Words, colours: Palette, unit: float
) -> int:
    """Draw folder and title at the top of ``inner``; returns where the prompt may begin."""
    left, y, right, bottom = inner
    width = right - left
    if words.folder:
        size = max(8, round(unit * 2.7))
        _lines(
            pencil,
            (left, y),
            (cut(words.folder.replace("/", " / "), width, size),),
            size,
            colours.main,
        )
        y += round(size * 1.35)
    if not words.title:
        return y
    sizes = tuple(max(9, round(unit * step)) for step in (8, 6.8, 5.8, 4.8, 4))
    size = next((size for size in sizes if length(words.title, size) <= width), sizes[-1])
    title = fit(words.title, width, max((bottom - y) // 3, round(size * LEADING) + 1), (size,))
    _lines(pencil, (left, y), title.lines, title.size, colours.deep, bold=True)
    y += title.height + round(unit)
    pencil.rectangle((left, y, left + round(unit * 9), y + max(2, round(unit / 2))), colours.accent)
    return y + round(unit * 2.4)


def _draw_footer(
    pencil: ImageDraw.ImageDraw, inner: Box, text: str, colours: Palette, unit: float
) -> int:
    """Draw the badge and the facts at the bottom of ``inner``; returns where the prompt ends."""
    left, _, right, bottom = inner
    size = max(8, round(unit * 2.2))
    pad = size // 2
    badge = left + math.ceil(length("DRAFT", size)) + 2 * pad
    top = bottom - round(size * 1.5)
    pencil.rounded_rectangle((left, top, badge, bottom), size // 2, colours.deep)
    pencil.text((left + pad, top + size // 6), "DRAFT", colours.paper, font(size))
    facts = cut(text, right - badge - pad, size)
    pencil.text((badge + pad, top + size // 6), facts, colours.main, font(size))
    return top - size


def _lines(
    pencil: ImageDraw.ImageDraw,
    at: tuple[int, int],
    lines: tuple[str, ...],
    size: int,
    colour: Colour,
    *,
    bold: bool = False,
) -> None:
    x, y = at
    for number, line in enumerate(lines):
        place = (x, y + round(number * size * LEADING))
        pencil.text(place, line, colour, font(size), stroke_width=size / 48 if bold else 0)
