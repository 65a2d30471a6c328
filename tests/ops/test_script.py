"""Where lines may end, which way they run, and what stands in for the text around them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetgen.ops.script import (
    first_strong,
    is_invisible,
    line_of,
    needs_shaping,
    pieces,
    prepared,
)


def cut(paragraph: str) -> list[str]:
    return [paragraph[piece.start : piece.end] for piece in pieces(paragraph)]


@pytest.mark.parametrize(
    ("paragraph", "parts"),
    [
        ("one two", ["one", "two"]),
        ("40\u00a0% off", ["40\u00a0%", "off"]),
        ("40 % off, 9 € each", ["40 %", "off,", "9 €", "each"]),
        ("« Bon » ou pas ?", ["« Bon »", "ou", "pas ?"]),
        ("sagt »ja« !", ["sagt", "»ja« !"]),
        ("E-Mail-Adresse", ["E-", "Mail-", "Adresse"]),
        ("-5 bis 3-4", ["-5", "bis", "3-4"]),
        ("Donau\u00addampfer", ["Donau", "dampfer"]),
        ("กิน\u200bข้าว", ["กิน", "ข้าว"]),
        ("東京へ行く。", ["東", "京", "へ", "行", "く。"]),
        ("「春」が", ["「春」", "が"]),
        ("ちょっと", ["ちょっ", "と"]),
        ("ラーメン", ["ラー", "メ", "ン"]),
        ("价格￥100元『约』", ["价", "格", "￥100", "元", "『约』"]),
        ("新iPhone版", ["新", "iPhone", "版"]),
        ("한국어 글", ["한국어", "글"]),
        ("葛\U000e0100城", ["葛\U000e0100", "城"]),
        ("", [""]),
    ],
)
def test_lines_may_end_here(paragraph: str, parts: list[str]) -> None:
    """Each script is cut where its readers expect it."""
    assert cut(paragraph) == parts


@given(st.text("ab \u3000-東。「\u00ad\u200b\u00a0ש\u0301", max_size=30))
def test_pieces_hold_the_whole_paragraph_in_order(paragraph: str) -> None:
    """Between two pieces there is nothing but spaces and places to break."""
    at = 0
    for piece in pieces(paragraph):
        assert at <= piece.start <= piece.end
        assert set(paragraph[at : piece.start]) <= set(" \u3000\u00ad\u200b")
        at = piece.end
    assert set(paragraph[at:]) <= set(" \u3000\u00ad\u200b")


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("abc שלום", "ltr"),
        ("123 שלום abc", "rtl"),
        ("¡مرحبا", "rtl"),
        ("\u2067אבג\u2069 abc", "ltr"),
        ("123 !", None),
    ],
)
def test_the_first_letter_gives_the_direction(text: str, direction: str | None) -> None:
    """Numbers and punctuation have none, and what is isolated does not count."""
    assert first_strong(text) == direction


def test_texts_are_composed_but_keep_their_ideographs() -> None:
    """A letter and its accent become one; a name's own form of an ideograph stays."""
    assert prepared("e\u0301\r\na\tb\u2028c") == "\u00e9\na b\nc"
    assert prepared("\ufa19") == "\ufa19"
    assert unicodedata.normalize("NFC", "\ufa19") != "\ufa19"


def test_invisible_characters_are_those_that_unicode_ignores() -> None:
    """Joiners, directions and variation selectors have no glyph of their own; spaces have width."""
    assert all(map(is_invisible, "\u200b\u200d\u202e\u2066\u2069\ufe0f\U000e0100\ufeff\u00ad"))
    assert not any(map(is_invisible, " \u00a0\u3000a-"))


def test_emoji_sequences_and_joining_scripts_need_shaping() -> None:
    """What depends on its neighbours is not set one by one; a selector alone changes nothing."""
    for text in ("👩\u200d🚀", "🇩🇪", "👍🏽", "ᠮᠣᠩ", "ไทย", "क", "س", "ᄒ\u1173\u11f0"):
        assert needs_shaping(text), text
    for text in ("☀\ufe0f", "abc", "ŐŹ", "中文", "ｶﾞ", "한국"):
        assert not needs_shaping(text), text


def test_a_whole_paragraph_needs_nothing_around_it() -> None:
    """The only line of a paragraph is the paragraph."""
    assert line_of("abc שלום", 0, 8, "ltr") == "abc שלום"


def test_a_line_remembers_what_stands_before_and_after_it() -> None:
    """A dash between two Hebrew words that wrap apart still runs to the left."""
    paragraph = "a אבג - דהז"
    end = paragraph.index("-") + 1
    assert line_of(paragraph, 2, end, "ltr") == "\u200eאבג -\u200f"


def test_numbers_after_arabic_stay_arabic_in_the_next_line() -> None:
    """The Arabic letter mark keeps a number behind Arabic letters what it was."""
    paragraph = "سعر 5 a"
    assert line_of(paragraph, 4, 5, "rtl") == "\u061c5\u200e"


def test_embeddings_are_opened_again_in_the_next_line() -> None:
    """A direction that was set by hand lasts until it is closed."""
    paragraph = "\u202bone two\u202c three"
    assert line_of(paragraph, 5, 8, "ltr") == "\u202b\u200etwo\u200e"
    assert line_of(paragraph, 10, 15, "ltr") == "\u200ethree"
