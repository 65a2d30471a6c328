"""Text that fits a box, for drawn pictures: measuring, wrapping, cutting; knows no picture.

Only the scalable font that Pillow carries is used, so a text looks the same on every machine. It
is a Latin font: other scripts show as boxes.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from PIL import ImageFont

LEADING = 1.28
"""Distance of two base lines, in font sizes."""
_RULER = 48
_SLACK = 1.02
_STOPS = " .,;:…"
_SILENT = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_NEAREST = str.maketrans(
    {"\u2014": " - ", "\u2013": "-", "\u2212": "-", "\u00d7": "x", "ß": "ss", "ø": "o", "ł": "l"}
)
_PIECES = re.compile(r"[^\s/_-]+[/_-]*|[/_-]+")
_PARTS = re.compile(r"\S+\s*")


@dataclass(frozen=True, slots=True)
class Fitted:
    """Lines of text at a font size in pixels; ``height`` is what they take up."""

    lines: tuple[str, ...]
    size: int

    @property
    def height(self) -> int:
        """Pixels from the top of the first line to the bottom of the last."""
        return round(len(self.lines) * self.size * LEADING)


def visible(text: str) -> str:
    """Return ``text`` as the font can show it.

    Control and bidi characters, which have no picture, are spaces; dashes and accents, which this
    font lacks, are their nearest plain letters.
    """
    text = _SILENT.sub(" ", text)
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFKD", text.translate(_NEAREST))
    return "".join(char for char in plain if not unicodedata.combining(char))


@lru_cache(maxsize=64)
def font(size: int) -> ImageFont.FreeTypeFont:
    """Return the bundled font at ``size`` pixels."""
    found = ImageFont.load_default(max(4, size))
    if not isinstance(found, ImageFont.FreeTypeFont):  # Pillow without FreeType is no wheel
        raise OSError("this Pillow was built without FreeType")
    return found


@lru_cache(maxsize=8192)
def _ruled(word: str) -> float:
    return font(_RULER).getlength(word) / _RULER * _SLACK


def length(text: str, size: int) -> float:
    """Return the width of ``text`` in pixels, a little over the truth.

    Measured once for all sizes, as measuring costs more than drawing; hinting makes the slack.
    """
    return _ruled(text) * size


def fit(text: str, width: int, height: int, sizes: tuple[int, ...]) -> Fitted:
    """Return ``text`` at the first of ``sizes`` (falling) at which it fits into the box.

    Where none does, as many lines as fit at the last size, the last of them with an ellipsis;
    no line at all where the box is too low.
    """
    for size in sizes:
        fitted = Fitted(wrap(text, width, size), size)
        if fitted.height <= height:
            return fitted
    room = max(0, int(height / (sizes[-1] * LEADING)))
    lines = fitted.lines[:room]
    if lines and room < len(fitted.lines):
        lines = (*lines[:-1], cut(lines[-1].rstrip(_STOPS) + "…", width, sizes[-1]))
    return Fitted(lines, sizes[-1])


def wrap(text: str, width: int, size: int) -> tuple[str, ...]:
    """Return ``text`` in lines of at most ``width`` pixels, its own line breaks kept."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line, used = "", 0.0
        for word in _words(paragraph):
            if line and used + length(word.rstrip(), size) > width:
                lines.append(line.rstrip())
                line, used = "", 0.0
            if length(word, size) > width:
                *full, word = _broken(word, width, size)
                lines += full
            line, used = line + word, used + length(word, size)
        if line.strip():
            lines.append(line.rstrip())
    return tuple(lines)


def cut(line: str, width: int, size: int) -> str:
    """Return ``line``, shortened with an ellipsis where it is wider than ``width``."""
    if length(line, size) <= width:
        return line
    line = line.rstrip("…")
    while line and length(line + "…", size) > width:
        line = line[:-1]
    return line.rstrip(_STOPS) + "…"


def _words(paragraph: str) -> list[str]:
    """Return the words, each with the space behind it; names may break after / - and _."""
    words: list[str] = []
    for part in _PARTS.findall(paragraph):
        pieces = _PIECES.findall(part) if len(part) > 18 else [part.strip()]
        words += pieces[:-1]
        words.append(pieces[-1] + " ")
    return words


def _broken(word: str, width: int, size: int) -> list[str]:
    """Return a word that is wider than a line in pieces that are not."""
    pieces, piece, used = [], "", 0.0
    for char in word:
        if piece and used + length(char, size) > width:
            pieces.append(piece)
            piece, used = "", 0.0
        piece, used = piece + char, used + length(char, size)
    return [*pieces, piece]
