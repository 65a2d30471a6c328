"""One line of text: how wide it is and how it is drawn; knows no box and no second line.

A simple line is set character by character from the font's own advances and kerning, which gives
the same places on every machine, at fractions of a pixel. A shaped line is given to Raqm whole.
Widths are in em, so that what fits is found without drawing anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from PIL import ImageDraw, ImageFont

from assetgen.ops import script
from assetgen.ops.fonts import Font, reading

_REFERENCE = 200
"""The size, in pixels, at which shaped text is measured."""

_LARGEST_GLYPH = 16
"""In em; ink beyond it is no letter but an attack on the memory."""


class Setter(Protocol):
    """Measures lines in em, whatever size they will have."""

    def measure(self, line: str, direction: str) -> float:
        """Return how far a line advances."""
        ...

    def at(self, size: int) -> Drawer:
        """Return who draws at a size in pixels."""
        ...


class Drawer(Protocol):
    """Draws lines at one size."""

    def length(self, line: str, direction: str) -> float:
        """Return how far a line advances, in pixels."""
        ...

    def draw(
        self, onto: ImageDraw.ImageDraw, place: tuple[float, float], line: str, direction: str
    ) -> None:
        """Draw a line from (left, baseline) on, in white. Raises ImageError."""
        ...


def setter_for(font: Font, *, shaped: bool) -> Setter:
    """Return who sets text in ``font``: as shaped lines, or character by character."""
    return _Shaped(font) if shaped else _Simple(font)


def try_glyphs(font: Font, text: str, size: int) -> None:
    """Load each glyph of a text once, so that damaged outlines are found. Raises ImageError."""
    drawn = font.at(size)
    for char in sorted(set(text)):
        if _has_ink(char):
            _check_ink(drawn, char)


def _has_ink(char: str) -> bool:
    return not (script.is_space(char) or script.is_invisible(char) or char == "\n")


def _check_ink(font: ImageFont.FreeTypeFont, line: str, direction: str | None = None) -> None:
    with reading():
        left, top, right, bottom = font.getbbox(line, direction=direction)
        if max(right - left, bottom - top) > font.size * (_LARGEST_GLYPH + 4 * len(line)):
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
                _check_ink(self.font, char)
                with reading():
                    at = (x + start * self.size, y)
                    onto.text(at, char, font=self.font, fill=255, anchor="ls")


class _Shaped:
    """Sets a line as a whole with Raqm: order, joining and marks of every script."""

    def __init__(self, font: Font) -> None:
        self._font = font
        self._large = _ShapedDrawer(font.at(_REFERENCE, shaped=True))

    def measure(self, line: str, direction: str) -> float:
        return self._large.length(line, direction) / _REFERENCE if line else 0.0

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
        _check_ink(self.font, line, direction)
        with reading():
            onto.text(place, line, font=self.font, fill=255, anchor="ls", direction=direction)
