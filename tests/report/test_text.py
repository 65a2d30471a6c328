"""The small words of the reports."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetgen.report.text import (
    Cell,
    Paint,
    age,
    clip,
    count,
    duration,
    money,
    money_range,
    number_range,
    stopwatch,
    table,
    width,
)
from assetgen.state import Range


@pytest.mark.parametrize(
    ("usd", "shown"),
    [
        (0, "$0.00"),
        (0.00001, "<$0.0001"),
        (0.0006, "$0.0006"),
        (0.045, "$0.045"),
        (0.05, "$0.05"),
        (0.1 + 0.2, "$0.30"),
        (1234.5, "$1,234.50"),
    ],
)
def test_money_keeps_small_prices_visible(usd: float, shown: str) -> None:
    """A price below a cent is not rounded to nothing."""
    assert money(usd) == shown


def test_ranges_collapse_where_both_ends_look_alike() -> None:
    """One number stands for two equal ones."""
    assert money_range(Range(0.15, 0.15)) == "$0.15"
    assert number_range(Range(0, 3)) == "0–3"  # noqa: RUF001 (a range has an en dash)
    assert money_range(Range(0, 0)) == "free"
    assert money_range(Range(0, 0), unknown=True) == "price unknown"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-5, "just now"),
        (59, "just now"),
        (180, "3 min ago"),
        (7300, "2 h ago"),
        (200_000, "2 days ago"),
    ],
)
def test_ages(seconds: float, shown: str) -> None:
    """Ages are as coarse as they are old; a clock that ran back is no error."""
    assert age(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.04, "0.0 s"),
        (9.96, "10 s"),
        (59.7, "1 min 00 s"),
        (185.2, "3 min 05 s"),
        (7500, "2 h 05 min"),
    ],
)
def test_durations(seconds: float, shown: str) -> None:
    """Durations are precise only while they are short."""
    assert duration(seconds) == shown


def test_a_stopwatch_keeps_its_width() -> None:
    """Minutes and seconds, hours only where there are any."""
    assert [stopwatch(s) for s in (0, 63.9, 3723)] == ["0:00", "1:03", "1:02:03"]


def test_counts() -> None:
    """One, many, and thousands."""
    assert [count(n, "picture") for n in (0, 1, 1200)] == [
        "0 pictures",
        "1 picture",
        "1,200 pictures",
    ]


@given(st.text(alphabet="ab日本é", max_size=30), st.integers(0, 20))
def test_clipped_text_fits(text: str, cells: int) -> None:
    """Whatever the characters' widths, a clipped text is not too wide and keeps its ends."""
    shown = clip(text, cells)
    assert width(shown) <= cells
    if width(text) <= cells:
        assert shown == text


def test_columns_line_up_by_cells_and_not_by_codes() -> None:
    """Wide characters and colour do not shift a column."""
    rows = [[Cell("日本", "red"), Cell("x")], [Cell("abcdef"), Cell("y")]]
    assert table(rows, Paint(color=True), indent="") == ["\x1b[31m日本\x1b[0m    x", "abcdef  y"]


def test_one_long_name_does_not_push_all_lines_apart() -> None:
    """A cell beyond the widest column overflows its own line only."""
    lines = table([[Cell("a" * 100), Cell("x")], [Cell("b"), Cell("y")]], Paint(), indent="")
    assert lines[0].endswith("a  x")
    assert len(lines[1]) == 44 + 2 + 1
