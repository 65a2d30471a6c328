"""A font out of untrusted bytes: which characters it has, how wide they are; knows no picture.

TrueType and OpenType fonts and the first face of a collection; of a variable font, its default
instance.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache

from PIL import ImageFont, features

from assetgen.errors import AssetgenError, ImageError, Kind, Problem
from assetgen.ops import sfnt
from assetgen.ops.kerning import Kerning, kerning
from assetgen.ops.script import is_invisible, is_space, prepared

MAX_FONT = 32 * 1024 * 1024
"""The largest font that is read, in bytes."""

UNREADABLE = Kind(
    "font-unreadable",
    "the font cannot be read: {why}",
    "give a complete .ttf, .otf or .ttc file; fetch or export it anew if it is damaged",
)
WEB_FONT = Kind(
    "font-packed",
    "the font is packed as {format} for web pages, which is not read",
    "give the .ttf or .otf file that it was made of",
)
TOO_LARGE = Kind(
    "font-too-large",
    "the font is larger than {limit} MiB",
    "make a subset of it with the characters that are needed, such as with 'pyftsubset'",
)
LACKS = Kind(
    "font-lacks-glyphs",
    "the font has no {glyphs} for the text '{text}'",
    "take a font that has them, or change the text",
)

SHOWN = 5
"""How many missing characters a message names."""

_PACKED = {b"wOFF": "WOFF", b"wOF2": "WOFF2"}
_REFERENCE = 200
"""The size, in pixels, at which a font is measured by its renderer."""

_USUAL_CAPITALS = 0.7


@dataclass(frozen=True, slots=True)
class Font:
    """A font that was looked at and found whole.

    Attributes:
        data: its file.
        units: font units in an em.
        cap_height: height of a capital H, in em.
        glyph_of: finds the glyph of a code point; 0 where there is none.
        advance_of: the advance of a glyph, in font units.
        kerning: what two neighbouring glyphs add to it, in font units.
    """

    data: bytes = field(repr=False)
    units: int
    cap_height: float
    glyph_of: sfnt.GlyphOf
    advance_of: Callable[[int], int]
    kerning: Kerning

    def has(self, char: str) -> bool:
        """Return whether the font has a shape for a character."""
        with reading():
            return self.glyph_of(ord(char)) != 0

    def at(self, size: float, *, shaped: bool = False) -> ImageFont.FreeTypeFont:
        """Return the font at a size in pixels, ready to draw with. Raises ImageError."""
        engine = ImageFont.Layout.RAQM if shaped else ImageFont.Layout.BASIC
        with reading():
            return ImageFont.truetype(io.BytesIO(self.data), size, layout_engine=engine)


@contextmanager
def reading() -> Iterator[None]:
    """Turn whatever a font does to its readers into ImageError (kind `font-unreadable`)."""
    try:
        yield
    except AssetgenError:
        raise
    except Exception as error:  # hostile bytes make readers raise whatever they like
        why = str(error) or type(error).__name__
        raise ImageError(Problem(UNREADABLE, facts={"why": why})) from error


def shaping_available() -> bool:
    """Return whether joined and right-to-left scripts can be set here.

    Pillow brings Raqm and HarfBuzz along but loads FriBiDi from the system, at run time.
    """
    return bool(features.check("raqm") and features.check("fribidi"))


def read_font(data: bytes) -> Font:
    """Return the font in ``data``; the last few are remembered.

    Raises ImageError: `font-too-large`, `font-packed`, `font-unreadable`.
    """
    if len(data) > MAX_FONT:
        raise ImageError(Problem(TOO_LARGE, facts={"limit": MAX_FONT // 1024 // 1024}))
    if data[:4] in _PACKED:
        raise ImageError(Problem(WEB_FONT, facts={"format": _PACKED[data[:4]]}))
    return _read(data)


@lru_cache(maxsize=4)
def _read(data: bytes) -> Font:
    with reading():
        tables = sfnt.tables(data)
        units = sfnt.units_per_em(tables)
        count = sfnt.glyph_count(tables)
        lookup = sfnt.glyph_lookup(tables["cmap"])

        def glyph_of(code: int) -> int:
            glyph = lookup(code)
            return glyph if glyph < count else 0

        return Font(
            data,
            units,
            _cap_height(data, sfnt.cap_height(tables) / units, has_h=glyph_of(ord("H")) != 0),
            glyph_of,
            sfnt.advance_lookup(tables),
            kerning(tables),
        )


def _cap_height(data: bytes, claimed: float, *, has_h: bool) -> float:
    """Measure a capital H; fonts without one are believed, if what they say can be true."""
    font = ImageFont.truetype(io.BytesIO(data), _REFERENCE, layout_engine=ImageFont.Layout.BASIC)
    measured = -font.getbbox("H", anchor="ls")[1] / _REFERENCE if has_h else 0.0
    for height in (measured, claimed):
        if 0.2 <= height <= 1.5:
            return float(height)
    return _USUAL_CAPITALS


def missing_glyphs(font: bytes, text: str) -> tuple[str, ...]:
    """Return the characters of ``text`` that a font has no shape for, each once, in order.

    Spaces, newlines and what only controls layout (joiners, bidi controls, variation selectors,
    soft hyphens) do not count. Raises ImageError if the font cannot be read.
    """
    found = read_font(font)
    wanted = dict.fromkeys(prepared(text))
    return tuple(
        char
        for char in wanted
        if char != "\n" and not is_invisible(char) and not is_space(char) and not found.has(char)
    )


def lacking(missing: tuple[str, ...], text: str) -> Problem:
    """Return the problem that says which characters of a text have no glyphs."""
    named = ", ".join(f"{_shown(char)} (U+{ord(char):04X})" for char in missing[:SHOWN])
    more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
    short = text if len(text) <= 60 else text[:59] + "…"
    return Problem(LACKS, facts={"glyphs": named + more, "text": short})


def _shown(char: str) -> str:
    return f"'{char}'"
