"""Pair kerning out of a font's `GPOS` or `kern` table; knows no text and no size.

Only the horizontal advance of a pair's first glyph is read, which is what kerning of Latin, Greek
and Cyrillic is made of. Pairs are looked up one by one in the bytes and never unfolded, since a
table of a few bytes may claim billions of them. Layouts of the tables: the OpenType specification,
chapters `GPOS`, "Common table formats" and `kern`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from assetgen.ops.sfnt import Damaged

Kerning = Callable[[int, int], int]
"""Takes two glyphs and returns, in font units, how much further apart they stand."""

MAX_SUBTABLES = 500
_SCRIPTS = (b"DFLT", b"latn", b"cyrl", b"grek", b"kana", b"hani")
_PAIRS, _EXTENSION = 2, 9
_ADVANCE = 4


def no_kerning(left: int, right: int) -> int:
    """Keep every pair as its advances say."""
    return 0


def kerning(found: Mapping[str, bytes]) -> Kerning:
    """Return the kerning of a font: that of `GPOS`, else that of `kern`, else none.

    A font whose kerning cannot be read is set without, as a browser does.
    """
    for name, read in (("GPOS", _positions), ("kern", _old_kerning)):
        try:
            pairs = read(found.get(name, b""))
        except (Damaged, struct.error, IndexError):
            continue
        if pairs is not None:
            return _careful(pairs)
    return no_kerning


def _careful(pairs: Kerning) -> Kerning:
    def between(left: int, right: int) -> int:
        try:
            return pairs(left, right)
        except (struct.error, IndexError):
            return 0

    return between


def _word(table: bytes, at: int) -> int:
    return int(struct.unpack_from(">H", table, at)[0])


def _positions(table: bytes) -> Kerning | None:
    if not table:
        return None
    lookups = [list(_subtables(table, at)) for at in _kern_lookups(table)]
    lookups = [lookup for lookup in lookups if lookup]
    if sum(map(len, lookups)) > MAX_SUBTABLES:
        raise Damaged("it has too many kerning tables")
    if not lookups:
        return None

    def between(left: int, right: int) -> int:
        # Within a lookup the first table that knows the pair decides; lookups add up.
        return sum(
            next((value for one in lookup if (value := one.pair(left, right)) is not None), 0)
            for lookup in lookups
        )

    return between


def _kern_lookups(table: bytes) -> list[int]:
    """Return where the lookups of the feature `kern` begin, each once, in the font's order."""
    scripts, features, lookups = struct.unpack_from(">HHH", table, 4)
    wanted: set[int] = set()
    for number in range(_word(table, scripts)):
        tag, offset = struct.unpack_from(">4sH", table, scripts + 2 + 6 * number)
        default = _word(table, scripts + offset) if tag in _SCRIPTS else 0
        if default:
            language = scripts + offset + default
            count = _word(table, language + 4)
            wanted.update(struct.unpack_from(f">{count}H", table, language + 6))
    numbers: set[int] = set()
    for feature in wanted:
        tag, offset = struct.unpack_from(">4sH", table, features + 2 + 6 * feature)
        if tag == b"kern":
            count = _word(table, features + offset + 2)
            numbers.update(struct.unpack_from(f">{count}H", table, features + offset + 4))
    return [lookups + _word(table, lookups + 2 + 2 * number) for number in sorted(numbers)]


def _subtables(table: bytes, lookup: int) -> Iterator[_Single | _Classes]:
    kind, _, count = struct.unpack_from(">HHH", table, lookup)
    for offset in struct.unpack_from(f">{count}H", table, lookup + 6):
        at, what = lookup + offset, kind
        if what == _EXTENSION:
            what = _word(table, at + 2)
            at += struct.unpack_from(">I", table, at + 4)[0]
        if what != _PAIRS:
            continue
        format, coverage, first, second = struct.unpack_from(">HHHH", table, at)
        if not first & _ADVANCE:
            continue
        sizes = (2 * (first & 3).bit_count(), 2 * first.bit_count(), 2 * second.bit_count())
        reader = _Single if format == 1 else _Classes
        yield reader(table, at, at + coverage, *sizes)


@dataclass(frozen=True, slots=True)
class _Single:
    """Pairs of single glyphs (format 1).

    Attributes:
        at, coverage: where it and its coverage table begin.
        skip: how many bytes of the first value come before its advance.
        first, second: how many bytes the two values take.
    """

    table: bytes
    at: int
    coverage: int
    skip: int
    first: int
    second: int

    def pair(self, left: int, right: int) -> int | None:
        row = _covered(self.table, self.coverage, left)
        if row is None or row >= _word(self.table, self.at + 8):
            return None
        pairs = self.at + _word(self.table, self.at + 10 + 2 * row)
        size = 2 + self.first + self.second
        low, high = 0, _word(self.table, pairs)
        while low < high:
            middle = (low + high) // 2
            found = _word(self.table, pairs + 2 + size * middle)
            if found == right:
                place = pairs + 2 + size * middle + 2 + self.skip
                return int(struct.unpack_from(">h", self.table, place)[0])
            low, high = (middle + 1, high) if found < right else (low, middle)
        return None


@dataclass(frozen=True, slots=True)
class _Classes:
    """Pairs of classes of glyphs (format 2); attributes as in _Single."""

    table: bytes
    at: int
    coverage: int
    skip: int
    first: int
    second: int

    def pair(self, left: int, right: int) -> int | None:
        if _covered(self.table, self.coverage, left) is None:
            return None
        one, two, rows, columns = struct.unpack_from(">HHHH", self.table, self.at + 8)
        row = _class_of(self.table, self.at + one, left)
        column = _class_of(self.table, self.at + two, right)
        if row >= rows or column >= columns:
            return None
        place = self.at + 16 + (row * columns + column) * (self.first + self.second)
        return int(struct.unpack_from(">h", self.table, place + self.skip)[0])


def _covered(table: bytes, at: int, glyph: int) -> int | None:
    """Return the place of a glyph in a coverage table."""
    format, count = struct.unpack_from(">HH", table, at)
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if format == 1:
            first = last = _word(table, at + 4 + 2 * middle)
            index = middle
        else:
            first, last, start = struct.unpack_from(">HHH", table, at + 4 + 6 * middle)
            index = start + glyph - first
        if first <= glyph <= last:
            return int(index)
        low, high = (middle + 1, high) if last < glyph else (low, middle)
    return None


def _class_of(table: bytes, at: int, glyph: int) -> int:
    if _word(table, at) == 1:
        first, count = struct.unpack_from(">HH", table, at + 2)
        return _word(table, at + 6 + 2 * (glyph - first)) if 0 <= glyph - first < count else 0
    low, high = 0, _word(table, at + 2)
    while low < high:
        middle = (low + high) // 2
        first, last, number = struct.unpack_from(">HHH", table, at + 4 + 6 * middle)
        if first <= glyph <= last:
            return int(number)
        low, high = (middle + 1, high) if last < glyph else (low, middle)
    return 0


def _old_kerning(table: bytes) -> Kerning | None:
    """Read version 0 of `kern`, horizontal pairs (format 0)."""
    if not table or _word(table, 0) != 0:
        return None
    at = 4
    for _ in range(min(_word(table, 2), 16)):
        _, length, coverage = struct.unpack_from(">HHH", table, at)
        if coverage & 0xFF07 == 1:  # horizontal, no minimum, not across, format 0
            return _sorted_pairs(table[at + 14 :], _word(table, at + 6))
        at += max(length, 6)
    return None


def _sorted_pairs(pairs: bytes, count: int) -> Kerning:
    def between(left: int, right: int) -> int:
        wanted, low, high = left << 16 | right, 0, min(count, len(pairs) // 6)
        while low < high:
            middle = (low + high) // 2
            found, value = struct.unpack_from(">Ih", pairs, 6 * middle)
            if found == wanted:
                return int(value)
            low, high = (middle + 1, high) if found < wanted else (low, middle)
        return 0

    return between
