"""Words into lines that fit a room, in em; knows no picture, no font and no pixels of ink."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assetgen.ops import script
from assetgen.ops.typeset import Setter

LEAST_SIZE = 8
"""How small `shrink` makes text, in pixels; smaller is not read by anybody."""

_TRIES = 12


@dataclass(frozen=True, slots=True)
class Room:
    """What lines have to go into.

    Attributes:
        width, height: in pixels.
        line_height: from one line to the next, as a multiple of the size.
        wraps: whether lines may be broken where nobody wrote a newline.
    """

    width: int
    height: int
    line_height: float
    wraps: bool


@dataclass(frozen=True, slots=True)
class Paragraph:
    """What stands between two newlines.

    Attributes:
        text: as prepared, without spaces at its ends.
        direction: ltr or rtl.
        pieces: what lines are made of.
        widths: of the pieces, in em; gaps: of the spaces after each.
        hyphen: the width of a hyphen, in em, where one may have to be shown.
    """

    text: str
    direction: str
    pieces: Sequence[script.Piece]
    widths: Sequence[float]
    gaps: Sequence[float]
    hyphen: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a paragraph: its pieces from ``first`` up to, but without, ``end``."""

    paragraph: Paragraph
    first: int
    end: int

    @property
    def words(self) -> str:
        """What is to be set, with what keeps its order as it is in the paragraph."""
        parts, last = self.paragraph.pieces, self.paragraph.pieces[self.end - 1]
        shown = script.line_of(
            self.paragraph.text, parts[self.first].start, last.end, self.paragraph.direction
        )
        plain = shown.replace(script.SOFT_HYPHEN, "").replace(script.ZERO_WIDTH_SPACE, "")
        return plain + ("-" if last.hyphen else "")


def paragraphs(plain: str, direction: str, setter: Setter) -> list[Paragraph]:
    """Return the measured paragraphs of a prepared text.

    ``direction`` is ltr, rtl, or auto: each paragraph's own, or that of the text for those without
    letters. Raises ImageError if the font cannot be read.
    """
    fallback = script.first_strong(plain) or "ltr"
    found = []
    for line in plain.split("\n"):
        own = script.first_strong(line) or fallback if direction == "auto" else direction
        text = line.strip(" ")
        parts = script.pieces(text)
        widths = [setter.measure(text[part.start : part.end], own) for part in parts]
        gaps = [setter.measure(part.spaces, own) for part in parts]
        hyphen = setter.measure("-", own) if any(part.hyphen for part in parts) else 0.0
        found.append(Paragraph(text, own, parts, widths, gaps, hyphen))
    return found


def lines(found: Sequence[Paragraph], room: Room, size: int) -> list[Line] | None:
    """Return the lines at a size, as many words in each as go in; None if they do not fit.

    A line alone may be higher than the room: its ink decides.
    """
    result: list[Line] = []
    for paragraph in found:
        broken = _wrapped(paragraph, room.width / size) if room.wraps else _whole(paragraph)
        if broken is None:
            return None
        result += broken
    height = len(result) * room.line_height * size
    return result if height <= room.height or len(result) == 1 else None


def _whole(paragraph: Paragraph) -> list[Line]:
    return [Line(paragraph, 0, len(paragraph.pieces))]


def _wrapped(paragraph: Paragraph, width: float) -> list[Line] | None:
    found: list[Line] = []
    start, used = 0, 0.0
    for at, part in enumerate(paragraph.pieces):
        # A hyphen shows only where the line ends, but where it might end it must have room.
        own, tail = paragraph.widths[at], paragraph.hyphen if part.hyphen else 0.0
        if own + tail > width:
            return None
        gap = paragraph.gaps[at - 1] if at > start else 0.0
        if at > start and used + gap + own + tail > width:
            found.append(Line(paragraph, start, at))
            start, used = at, own
        else:
            used += gap + own
    return [*found, Line(paragraph, start, len(paragraph.pieces))]


def sizes(found: Sequence[Paragraph], room: Room, most: int | None) -> Iterator[int]:
    """Yield the sizes to try, in pixels: the largest that fits by its measures, at most ``most``.

    Its ink may still reach out, or be hinted wider: a few smaller sizes follow.
    """
    highest = math.floor(room.height / min(room.line_height, 1.0))
    high = min(highest, most) if most else highest
    least = min(LEAST_SIZE, most or LEAST_SIZE)
    low = least - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (low, middle - 1) if lines(found, room, middle) is None else (middle, high)
    for attempt in range(_TRIES):
        if low < least:
            return
        yield low
        low = min(low - 1, math.floor(low * (0.99 if attempt < _TRIES // 2 else 0.9)))
