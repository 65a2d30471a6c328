"""Small fonts whose glyphs are rectangles, so that order, lines, place and size can be measured."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fontTools.feaLib.builder import addOpenTypeFeaturesFromString
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont, newTable
from fontTools.ttLib.tables import _k_e_r_n

UNITS = 1000


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of ink, in thousandths of an em above the baseline, and its advance."""

    advance: int = 1000
    left: int = 100
    bottom: int = 0
    right: int = 900
    top: int = 700


def solid(advance: int = 1000, top: int = 700, bottom: int = 0) -> Box:
    """Return a glyph that is ink over all of its advance, as high as asked."""
    return Box(advance, 0, bottom, advance, top)


BLANK = Box(500, 0, 0, 0, 0)


def make_font(
    glyphs: Mapping[str, Box] | Iterable[str],
    *,
    outlines: str = "glyf",
    features: str = "",
    kern: Mapping[tuple[str, str], int] | None = None,
) -> bytes:
    """Return a font of ``glyphs``, all alike where only the characters are given, and a space.

    ``outlines`` is glyf or CFF; ``features`` is feature code, with a glyph named as its character's
    `uniXXXX`; ``kern`` fills the old table of pairs.
    """
    if not isinstance(glyphs, Mapping):
        glyphs = dict.fromkeys(glyphs, Box())
    boxes = {" ": BLANK, **glyphs}
    named = {".notdef": Box(), **{name(char): box for char, box in boxes.items()}}
    builder = FontBuilder(UNITS, isTTF=outlines == "glyf")
    builder.setupGlyphOrder(list(named))
    builder.setupCharacterMap({ord(char): name(char) for char in boxes})
    if outlines == "glyf":
        builder.setupGlyf({glyph: _outline(box) for glyph, box in named.items()})
    else:
        shapes = {glyph: _charstring(box) for glyph, box in named.items()}
        builder.setupCFF("Boxes", {"FullName": "Boxes"}, shapes, {})
    sides = {glyph: (box.advance, box.left) for glyph, box in named.items()}
    builder.setupHorizontalMetrics(sides)
    builder.setupHorizontalHeader(ascent=900, descent=-300)
    builder.setupNameTable({"familyName": "Boxes", "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=900, sTypoDescender=-300, sCapHeight=700)
    builder.setupPost()
    if features:
        addOpenTypeFeaturesFromString(builder.font, features)
    if kern:
        builder.font["kern"] = _pairs(kern)
    return saved(builder.font)


def collection(*fonts: bytes) -> bytes:
    """Return a .ttc of ``fonts``."""
    whole = TTCollection()
    whole.fonts = [TTFont(io.BytesIO(font)) for font in fonts]
    out = io.BytesIO()
    whole.save(out)
    return out.getvalue()


def saved(font: TTFont) -> bytes:
    """Return a font's file; its time stamps are fixed, so that it is the same in each run."""
    font.recalcTimestamp = False
    font["head"].created = font["head"].modified = 3_800_000_000
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()


def name(char: str) -> str:
    """Return the name of a character's glyph."""
    return f"uni{ord(char):04X}" if ord(char) <= 0xFFFF else f"u{ord(char):X}"


def _outline(box: Box) -> object:
    pen = TTGlyphPen(None)
    _draw(pen, box)
    return pen.glyph()


def _charstring(box: Box) -> object:
    pen = T2CharStringPen(box.advance, None)
    _draw(pen, box)
    return pen.getCharString()


def _draw(pen: TTGlyphPen | T2CharStringPen, box: Box) -> None:
    if box.right <= box.left:
        return
    pen.moveTo((box.left, box.bottom))
    pen.lineTo((box.left, box.top))
    pen.lineTo((box.right, box.top))
    pen.lineTo((box.right, box.bottom))
    pen.closePath()


def _pairs(kern: Mapping[tuple[str, str], int]) -> object:
    table = newTable("kern")
    table.version = 0
    pairs = _k_e_r_n.KernTable_format_0()
    pairs.version, pairs.coverage, pairs.format, pairs.tupleIndex = 0, 1, 0, None
    pairs.apple = False
    pairs.kernTable = {(name(left), name(right)): value for (left, right), value in kern.items()}
    table.kernTables = [pairs]
    return table
