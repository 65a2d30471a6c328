"""Texts compared by words."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assetgen.errors import printable
from assetgen.report.text import Paint
from assetgen.report.worddiff import changed, diff_lines, word_diff


def plain(old: str, new: str) -> list[str]:
    """Return the diff without colour."""
    return diff_lines(word_diff(old, new), Paint())


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("a red coat", "a blue coat", "a [-red-]{+blue+} coat"),
        ("a coat", "a long coat", "a {+long+} coat"),
        ("a long coat", "a coat", "a [-long-] coat"),
        ("short hair, smiling", "short beard, smiling", "short [-hair-]{+beard+}, smiling"),
        ("a red iron axe", "a blue steel axe", "a [-red iron-]{+blue steel+} axe"),
        ("don't look", "do look", "[-don't-]{+do+} look"),
        ("", "a coat", "{+a coat+}"),
    ],
)
def test_words_are_marked(old: str, new: str, shown: str) -> None:
    """Neighbouring words that changed together are marked together, punctuation by itself."""
    assert plain(old, new) == [shown]


def test_a_new_line_of_text() -> None:
    """Lines stay lines; a line end that came or went is visible."""
    assert plain("a\nb", "a\nnew words\nb") == ["a", "{+new words+}", "b"]
    assert plain("a b", "a\nb") == ["a{+⏎+}", "b"]


def test_blanks_alone_change_no_word() -> None:
    """A reflowed text has no changed words."""
    assert not changed(word_diff("a  red coat", "a red coat"))


def test_long_equal_stretches_are_left_out() -> None:
    """Far from any change the text is shortened, near it it stays."""
    words = " ".join(f"w{n}" for n in range(200))
    (shown,) = plain(f"{words} red {words}", f"{words} blue {words}")
    assert "w199 [-red-]{+blue+} w0" in shown
    assert "w100" not in shown
    assert shown.startswith("… ")


def test_the_longest_texts_of_one_repeated_word_are_compared() -> None:
    """The longest allowed texts come to an end, and the new one can be read off."""
    new = "a b " * 5_000
    pieces = word_diff("a " * 10_000, new)
    assert "".join(piece.text for piece in pieces if piece.what != "delete") == new


@given(st.text(alphabet="ab \n.", max_size=40), st.text(alphabet="ab \n.", max_size=40))
def test_the_new_text_can_be_read_off(old: str, new: str) -> None:
    """Equal and inserted pieces make the new text, and deleted ones only hold old words."""
    pieces = word_diff(old, new)
    assert "".join(p.text for p in pieces if p.what != "delete") == new
    assert all(p.text in old for p in pieces if p.what == "delete")


@given(st.text(max_size=30), st.text(max_size=30))
@example("", "\t")
def test_nothing_raw_is_printed(old: str, new: str) -> None:
    """Whatever the texts hold, the lines can be printed."""
    assert all(printable(line) == line for line in plain(old, new))
