"""Every trap of the services is on its page and named by a test, so that none is forgotten."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parent.parent
PAGE = TESTS.parent / "docs" / "traps.md"
TRAPS = 40
"""So many ways are known in which a client of these services goes wrong."""


def named() -> set[int]:
    """Return the numbers of the traps that docstrings of tests name."""
    found: set[int] = set()
    for path in TESTS.rglob("test_*.py"):
        for text in re.findall(r"Traps? (\d+(?:(?:, | and )\d+)*)", path.read_text("utf-8")):
            found.update(map(int, re.findall(r"\d+", text)))
    return found


def rows() -> list[list[str]]:
    """Return the cells of the page's rows: number, trap, what is done about it."""
    lines = re.findall(r"^\| (\d.*) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    return [re.split(r" (?<!\\)\| ", line) for line in lines]


def test_every_trap_has_a_test() -> None:
    """A number without a test is a trap that nobody watches, and none is named beyond the last."""
    assert named() == set(range(1, TRAPS + 1))


def test_the_page_has_just_these_traps() -> None:
    """In order, each with what it is and what assetgen does about it."""
    assert [row[0] for row in rows()] == [str(number) for number in range(1, TRAPS + 1)]
    assert all(len(row) == 3 and all(row) for row in rows())
