"""Fonts that are whole, fonts that are damaged, and fonts that lie."""

from __future__ import annotations

import io
import random
import struct
from typing import Any

import pytest
from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from assetgen.errors import ImageError
from assetgen.ops import sfnt
from assetgen.ops.fonts import MAX_FONT, missing_glyphs, read_font
from assetgen.ops.kerning import kerning, no_kerning
from assetgen.ops.text import check_text, text
from tests.ops.make_font import Box, collection, make_font, name, saved, solid

WORDS = "Abc dé 東"
FEATURES = """
feature kern {
    pos uni0041 uni0062 -100;
    pos [uni0062 uni0063] [uni0064] 50;
} kern;
"""
FONTS = {
    "truetype": make_font("Abcdé東אב", features=FEATURES),
    "opentype": make_font("Abcdé東אב", outlines="CFF"),
    "old kerning": make_font("Abcdé東", kern={("A", "b"): -100}),
    "collection": collection(make_font("Abcdé東"), make_font("x")),
}


def kind_of(font: bytes, words: str = WORDS) -> str:
    with pytest.raises(ImageError) as caught:
        missing_glyphs(font, words)
    return caught.value.problems[0].kind.name


@pytest.mark.parametrize("font", FONTS.values(), ids=FONTS)
def test_whole_fonts_are_read(font: bytes) -> None:
    """TrueType and PostScript outlines, and the first face of a collection."""
    assert missing_glyphs(font, WORDS) == ()
    assert missing_glyphs(font, "Axby") == ("x", "y")
    assert check_text({"text": WORDS}, font) == ()


def test_what_has_no_shape_is_not_missed() -> None:
    """Newlines, spaces, joiners, directions and variation selectors need no glyph."""
    font = make_font("a")
    assert missing_glyphs(font, "a\n a\u00a0\u3000\u200d\u200f\u2066\ufe0f\u00ad\t") == ()


def test_missing_glyphs_come_once_and_in_order() -> None:
    """A character that occurs twice is one mistake."""
    assert missing_glyphs(make_font("a"), "zazyz") == ("z", "y")


def test_letters_and_their_accents_count_as_one() -> None:
    """Text is composed before it is looked up, as it is before it is drawn."""
    assert missing_glyphs(make_font("é"), "e\u0301") == ()


def test_capitals_are_measured() -> None:
    """The height of H counts, and what the font claims only where it has no H."""
    assert read_font(make_font({"H": solid(top=650)})).cap_height == pytest.approx(0.65, abs=0.01)
    assert read_font(make_font("x")).cap_height == 0.7


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "font-unreadable"),
        (b"wOF2" + bytes(100), "font-packed"),
        (b"wOFF" + bytes(100), "font-packed"),
        (b"%!PS-AdobeFont-1.0: Boxes", "font-unreadable"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "font-unreadable"),
        (b"ttcf" + bytes(8) + b"\xff\xff\xff\xff", "font-unreadable"),
        (bytes(MAX_FONT + 1), "font-too-large"),
    ],
    ids=["empty", "woff2", "woff", "type 1", "a picture", "collection of nothing", "too large"],
)
def test_what_is_no_font_is_refused(data: bytes, kind: str) -> None:
    """Each with what to do about it."""
    assert kind_of(data) == kind


def test_fonts_of_bitmaps_are_refused() -> None:
    """A font for emoji may have no outlines at all."""
    font = TTFont(io.BytesIO(FONTS["truetype"]))
    del font["glyf"], font["loca"]
    assert kind_of(saved(font)) == "font-unreadable"


@pytest.mark.parametrize("which", ["truetype", "opentype", "old kerning"])
def test_a_font_that_was_cut_off_is_refused_before_money(which: str) -> None:
    """At every length but the last few bytes of padding, the check finds it."""
    font = FONTS[which]
    for length in range(0, len(font) - 3, 7):
        found = check_text({"text": WORDS}, font[:length])
        assert [problem.kind.name for problem in found] == ["font-unreadable"], length


@settings(max_examples=300, deadline=None)
@given(
    which=st.sampled_from(sorted(FONTS)),
    seed=st.integers(0, 1 << 32),
    flips=st.integers(1, 12),
    words=st.sampled_from([WORDS, "Abאב cd"]),
)
def test_damaged_fonts_raise_nothing_but_image_errors(
    which: str, seed: int, flips: int, words: str
) -> None:
    """Whatever bytes are wrong, the op draws something or says what is the matter."""
    dice, data = random.Random(seed), bytearray(FONTS[which])  # noqa: S311 - no secret
    for _ in range(flips):
        data[dice.randrange(len(data))] = dice.randrange(256)
    font = bytes(data)
    check_text({"text": words}, font)
    try:
        drawn = text(Image.new("RGB", (60, 40), "white"), text=words, font=font)
    except ImageError as error:
        assert error.problems
        return
    assert drawn.size == (60, 40)


@settings(max_examples=200, deadline=None)
@given(tail=st.binary(max_size=200), head=st.sampled_from([b"\0\1\0\0", b"OTTO", b"true", b"ttcf"]))
def test_random_bytes_are_no_font(tail: bytes, head: bytes) -> None:
    """A signature alone makes no font."""
    assert kind_of(head + tail) == "font-unreadable"


# Character maps


def mapped(codes: dict[int, str], format: int) -> bytes:
    """Return a font's `cmap` table of one format."""
    font = TTFont(io.BytesIO(make_font([chr(code) for code in codes])))
    table = CmapSubtable.newSubtable(format)
    wide = format >= 10
    table.platformID, table.platEncID = (3, 10) if wide else (0, 3) if format else (0, 0)
    table.language, table.cmap = 0, codes
    whole = newTable("cmap")
    whole.tableVersion, whole.tables = 0, [table]
    return bytes(whole.compile(font))


@pytest.mark.parametrize("format", [0, 4, 6, 12, 13])
def test_character_maps_of_every_format_are_read(format: int) -> None:
    """Each character has the glyph that the writer of the font gave it, and no other has one."""
    chars = "ABDabd" if format in (0, 6) else "ABDabdé東京" + ("𠮷😀" if format >= 12 else "")
    codes = {ord(char): name(char) for char in chars}
    font = TTFont(io.BytesIO(make_font(chars)))
    glyph_of = sfnt.glyph_lookup(mapped(codes, format))
    everything = [*range(0x20, 0x180), *range(0x6700, 0x6800), 0x20BB7, 0x1F600, 0x10FFFF]
    found = {code: glyph_of(code) for code in everything if glyph_of(code)}
    wanted = {code: font.getGlyphID(glyph) for code, glyph in codes.items()}
    assert {code: glyph for code, glyph in found.items() if code in wanted} == {
        code: glyph for code, glyph in wanted.items() if code in everything
    }
    assert set(found) <= set(wanted)


def test_a_long_run_of_characters_is_read() -> None:
    """Format 10 is one run that may lie anywhere."""
    table = struct.pack(">HHIIIII", 10, 0, 26, 0, 0x1F600, 3, 0)[:20] + struct.pack(">3H", 5, 0, 7)
    whole = struct.pack(">HHHHI", 0, 1, 3, 10, 12) + table
    glyph_of = sfnt.glyph_lookup(whole)
    assert [glyph_of(code) for code in range(0x1F5FF, 0x1F604)] == [0, 5, 0, 7, 0]


def test_a_map_of_four_billion_characters_takes_no_memory() -> None:
    """A group from 0 to the end is asked, not unfolded."""
    table = struct.pack(">HHIII", 12, 0, 28, 0, 1) + struct.pack(">III", 0, 0xFFFFFFFF, 1)
    glyph_of = sfnt.glyph_lookup(struct.pack(">HHHHI", 0, 1, 3, 10, 12) + table)
    assert glyph_of(0x41) == 0x42


def test_a_map_without_unicode_has_nothing() -> None:
    """A font of symbols says so by lacking every glyph."""
    assert sfnt.glyph_lookup(struct.pack(">HHHHI", 0, 1, 3, 0, 12) + bytes(300))(0x41) == 0


# Kerning


def tables(font: bytes) -> dict[str, bytes]:
    return dict(sfnt.tables(font))


def glyphs(font: bytes, pair: str) -> tuple[int, int]:
    opened = TTFont(io.BytesIO(font))
    left, right = (opened.getGlyphID(name(char)) for char in pair)
    return left, right


KERNED: dict[str, dict[str, Any]] = {
    "pairs and classes": {"features": FEATURES},
    "behind an extension": {
        "features": "lookup far useExtension { pos uni0041 uni0062 -100; "
        "pos [uni0062 uni0063] [uni0064] 50; } far; feature kern { lookup far; } kern;"
    },
    "with placements": {
        "features": "feature kern { pos uni0041 <10 0 -100 0> uni0062 <0 0 0 0>; "
        "pos [uni0062 uni0063] <5 0 50 0> [uni0064] <0 0 0 0>; } kern;"
    },
    "old table": {"kern": {("A", "b"): -100, ("b", "d"): 50, ("c", "d"): 50}},
}


@pytest.mark.parametrize("args", KERNED.values(), ids=KERNED)
def test_pairs_are_found_however_they_are_written(args: dict[str, Any]) -> None:
    """Three pairs are kerned and no other is."""
    font = make_font("Abcd", **args)
    between = kerning(tables(font))
    found = {
        left + right: value
        for left in "Abcd"
        for right in "Abcd"
        if (value := between(*glyphs(font, left + right)))
    }
    assert found == {"Ab": -100, "bd": 50, "cd": 50}


def test_another_feature_is_no_kerning() -> None:
    """What only some languages or styles want is left alone."""
    font = make_font("Abcd", features="feature cpsp { pos uni0041 uni0062 -100; } cpsp;")
    assert kerning(tables(font)) is no_kerning


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 1 << 32), cut=st.integers(0, 400))
def test_damaged_kerning_is_no_kerning(seed: int, cut: int) -> None:
    """A browser drops a table that it cannot read; so does this, whatever is in it."""
    dice = random.Random(seed)  # noqa: S311 - no secret
    found = tables(FONTS["truetype"])
    table = bytearray(found["GPOS"][: cut or None])
    for _ in range(3):
        if table:
            table[dice.randrange(len(table))] = dice.randrange(256)
    between = kerning({"GPOS": bytes(table)})
    assert all(isinstance(between(left, right), int) for left in range(8) for right in range(8))


def test_glyphs_that_a_map_promises_but_the_font_lacks_are_missing() -> None:
    """A number beyond the last glyph is no glyph."""
    font = TTFont(io.BytesIO(make_font({"a": Box(), "b": Box()})))
    data = bytearray(saved(font))
    tables_of = sfnt.tables(bytes(data))
    (count,) = struct.unpack_from(">H", tables_of["maxp"], 4)
    at = bytes(data).index(tables_of["maxp"])
    data[at + 4 : at + 6] = struct.pack(">H", count - 1)
    assert read_font(bytes(data)).has("a")
    assert not read_font(bytes(data)).has("b")
