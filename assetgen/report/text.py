"""The small words of every report: counts, money, ages, columns, colour; knows no plan or build.

Colour is SGR codes around a piece, and only where a :class:`Paint` was told to; every text from
outside goes through :func:`assetgen.errors.printable` before it comes here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from assetgen.errors import printable
from assetgen.state import Range

SGR = {
    "bold": "1",
    "dim": "2",
    "strike": "9",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}
WIDEST = 44
"""Cells after which a column stops growing: one long name shall not push every line apart."""


@dataclass(frozen=True, slots=True)
class Paint:
    """Colours text, or leaves it alone."""

    color: bool = False

    def __call__(self, text: str, style: str = "") -> str:
        """Return ``text`` in ``style`` (words of :data:`SGR`, separated by spaces)."""
        if not self.color or not style or not text:
            return text
        codes = ";".join(SGR[word] for word in style.split())
        return f"\x1b[{codes}m{text}\x1b[0m"


class Cell(NamedTuple):
    """A piece of a table and its colour."""

    text: str
    style: str = ""


def count(number: int, one: str, many: str = "") -> str:
    """Return `1 picture`, `1,200 pictures`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def money(usd: float) -> str:
    """Return USD with as many decimals as a small price needs: `$0.0006`, `$0.045`, `$12.30`."""
    if 0 < usd < 0.00005:
        return "<$0.0001"
    if usd >= 1 or round(usd, 2) == round(usd, 4):
        return f"${usd:,.2f}"
    return "$" + f"{usd:.4f}".rstrip("0")


def money_range(cost: Range, *, unknown: bool = False) -> str:
    """Return `$0.15` or both ends; what has no known price says so and is never shown as 0."""
    if unknown:
        return f"from {money(cost.min)}, some prices unknown" if cost.max else "price unknown"
    if not cost.max:
        return "free"
    return span(money(cost.min), money(cost.max))


def number_range(numbers: Range) -> str:
    """Return `3`, or both ends of a range."""
    return span(f"{int(numbers.min):,}", f"{int(numbers.max):,}")


def span(least: str, most: str) -> str:
    """Return one text where both are alike, else both with a dash."""
    return least if least == most else f"{least}–{most}"  # noqa: RUF001 (a range has an en dash)


def age(seconds: float) -> str:
    """Return `just now`, `3 min ago`, `5 h ago`, `2 days ago`."""
    minutes = int(seconds // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    if minutes < 48 * 60:
        return f"{minutes // 60} h ago"
    return f"{minutes // (24 * 60)} days ago"


def duration(seconds: float) -> str:
    """Return `0.4 s`, `12 s`, `3 min 05 s` or `2 h 05 min`."""
    if seconds < 9.95:
        return f"{max(0.0, seconds):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def stopwatch(seconds: float) -> str:
    """Return `0:03`, `12:40` or `1:02:03`: as wide in the next second as in this."""
    whole = max(0, int(seconds))
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02}"
    return f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"


def short(digest: str) -> str:
    """Return the first 12 hex digits: enough to tell pictures apart, few enough to read."""
    return printable(digest[:12])


def width(text: str) -> int:
    """Return how many terminal cells ``text`` takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def clip(text: str, cells: int) -> str:
    """Return ``text`` in at most ``cells`` cells, its middle left out where it is longer.

    Names differ at their ends (`card/00_the_fool`, `hero/armor/angry`), so both ends stay.
    """
    if width(text) <= cells:
        return text
    if cells < 3:
        return "…"[:cells]
    head, tail = "", ""
    while width(head + tail) < cells - 1:
        if width(head) <= width(tail):
            head += text[len(head)]
        else:
            tail = text[-len(tail) - 1] + tail
    return (head if width(head + tail) < cells else head[:-1]) + "…" + tail


def table(rows: Iterable[Sequence[Cell]], paint: Paint, *, indent: str = "  ") -> list[str]:
    """Return lines with the cells of ``rows`` in columns; the last cell of a row is free."""
    kept = list(rows)
    widths: dict[int, int] = {}
    for row in kept:
        for place, cell in enumerate(row[:-1]):
            widths[place] = min(WIDEST, max(widths.get(place, 0), width(cell.text)))
    lines: list[str] = []
    for row in kept:
        line = indent
        owed = 0
        for place, cell in enumerate(row):
            if cell.text:
                line += " " * owed + paint(cell.text, cell.style)
                owed = 0
            owed += max(0, widths.get(place, 0) - width(cell.text)) + 2 * bool(widths.get(place))
        lines.append(line)
    return lines
