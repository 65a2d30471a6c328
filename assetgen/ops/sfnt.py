"""The tables of a TrueType or OpenType font that layout needs; knows no rendering.

Fonts come from outside, so nothing is unfolded: a character map of a few bytes may claim four
billion entries, and is only ever asked for one character. Offsets and lengths are believed only as
far as the bytes reach. Layouts of the tables: the OpenType specification, chapters `cmap`, `head`,
`hhea`, `hmtx`, `maxp` and `OS/2`.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Callable, Mapping

GlyphOf = Callable[[int], int]
"""Takes a code point and returns its glyph, 0 if there is none."""

NEEDED = ("cmap", "head", "hhea", "hmtx", "maxp")
OUTLINES = ("glyf", "CFF ", "CFF2")

_VERSIONS = (b"\x00\x01\x00\x00", b"OTTO", b"true")
_UNSIGNED = frozenset({"DSIG"})
"""Tables that nothing here or in a renderer reads, so that their length does not matter."""

_UNICODE = ((3, 10), (0, 6), (0, 4), (3, 1), (0, 3), (0, 2), (0, 1), (0, 0))
"""Platform and encoding of the character maps that hold Unicode, the fullest first."""


class Damaged(Exception):
    """The bytes are no font that can be used; the text says why."""


def tables(data: bytes) -> Mapping[str, bytes]:
    """Return the tables of a font, or of the first face of a collection, by tag.

    Raises Damaged, struct.error or IndexError.
    """
    start = struct.unpack_from(">I", data, 12)[0] if data[:4] == b"ttcf" else 0
    if data[start : start + 4] not in _VERSIONS:
        raise Damaged("it is no TrueType or OpenType font")
    (count,) = struct.unpack_from(">H", data, start + 4)
    view = memoryview(data)
    found: dict[str, bytes] = {}
    for number in range(count):
        tag, _, offset, length = struct.unpack_from(">4sIII", data, start + 12 + 16 * number)
        name = tag.decode("latin-1")
        if offset + length > len(data) and name not in _UNSIGNED:
            raise Damaged(f"it ends before its table '{name}' does")
        if name in _READ:
            found[name] = bytes(view[offset : offset + length])
        else:
            found[name] = b""
    missing = [name for name in NEEDED if name not in found]
    if missing:
        raise Damaged(f"it has no table '{missing[0]}'")
    if not any(name in found for name in OUTLINES):
        raise Damaged("it holds no outlines, only bitmaps")
    return found


_READ = frozenset({*NEEDED, "OS/2", "GPOS", "kern"})


def glyph_lookup(cmap: bytes) -> GlyphOf:
    """Return what finds a character's glyph in a `cmap` table: none, if it holds no Unicode."""
    (count,) = struct.unpack_from(">H", cmap, 2)
    offsets: dict[tuple[int, int], int] = {}
    for number in range(min(count, 64)):
        platform, encoding, offset = struct.unpack_from(">HHI", cmap, 4 + 8 * number)
        offsets.setdefault((platform, encoding), offset)
    for key in _UNICODE:
        if key in offsets:
            offset = offsets[key]
            (format,) = struct.unpack_from(">H", cmap, offset)
            if format in _FORMATS:
                return _FORMATS[format](cmap[offset:])
    return lambda code: 0


def _bytes_map(table: bytes) -> GlyphOf:
    return lambda code: table[6 + code] if code < 256 else 0


def _segment_map(table: bytes) -> GlyphOf:
    """Read format 4: segments of the basic plane."""
    count = struct.unpack_from(">H", table, 6)[0] // 2
    ends = struct.unpack_from(f">{count}H", table, 14)
    starts = struct.unpack_from(f">{count}H", table, 16 + 2 * count)
    deltas = struct.unpack_from(f">{count}H", table, 16 + 4 * count)
    places = struct.unpack_from(f">{count}H", table, 16 + 6 * count)

    def glyph(code: int) -> int:
        at = bisect_left(ends, code)
        if at == count or code > 0xFFFF or code < starts[at]:
            return 0
        if not places[at]:
            return int(code + deltas[at]) & 0xFFFF
        place = 16 + 6 * count + 2 * at + places[at] + 2 * (code - starts[at])
        (found,) = struct.unpack_from(">H", table, place)
        return int(found + deltas[at]) & 0xFFFF if found else 0

    return glyph


def _trimmed_map(table: bytes) -> GlyphOf:
    """Read formats 6 and 10: one run of characters."""
    wide = table[1] == 10
    first, count = struct.unpack_from(">II" if wide else ">HH", table, 12 if wide else 6)
    start = 20 if wide else 10

    def glyph(code: int) -> int:
        if not first <= code < first + count:
            return 0
        return int(struct.unpack_from(">H", table, start + 2 * (code - first))[0])

    return glyph


def _group_map(table: bytes) -> GlyphOf:
    """Read formats 12 and 13: groups over all planes, searched and never unfolded."""
    several = table[1] == 12
    (count,) = struct.unpack_from(">I", table, 12)
    if 16 + 12 * count > len(table):
        raise Damaged("its character map ends too early")

    def glyph(code: int) -> int:
        low, high = 0, count
        while low < high:
            middle = (low + high) // 2
            first, last, found = struct.unpack_from(">III", table, 16 + 12 * middle)
            if code > last:
                low = middle + 1
            elif code < first:
                high = middle
            else:
                return int(found + (code - first if several else 0))
        return 0

    return glyph


_FORMATS: Mapping[int, Callable[[bytes], GlyphOf]] = {
    0: _bytes_map,
    4: _segment_map,
    6: _trimmed_map,
    10: _trimmed_map,
    12: _group_map,
    13: _group_map,
}


def units_per_em(found: Mapping[str, bytes]) -> int:
    """Return how many of a font's units make one em."""
    (units,) = struct.unpack_from(">H", found["head"], 18)
    if not 16 <= units <= 16384:
        raise Damaged(f"its em has {units} units")
    return int(units)


def glyph_count(found: Mapping[str, bytes]) -> int:
    """Return how many glyphs a font says it has."""
    return int(struct.unpack_from(">H", found["maxp"], 4)[0])


def advance_lookup(found: Mapping[str, bytes]) -> Callable[[int], int]:
    """Return what gives a glyph's advance width in font units."""
    (count,) = struct.unpack_from(">H", found["hhea"], 34)
    table = found["hmtx"]
    if not count or 4 * count > len(table):
        raise Damaged("its table 'hmtx' ends too early")
    return lambda glyph: int(struct.unpack_from(">H", table, 4 * min(glyph, count - 1))[0])


def cap_height(found: Mapping[str, bytes]) -> int:
    """Return the height of capitals that the font claims, in font units; 0 if it claims none."""
    table = found.get("OS/2", b"")
    if len(table) < 90 or struct.unpack_from(">H", table)[0] < 2:
        return 0
    return int(struct.unpack_from(">h", table, 88)[0])
