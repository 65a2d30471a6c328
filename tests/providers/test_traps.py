"""Every trap of the services' fact sheet is named by a test, so that none is forgotten."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parent.parent
TRAPS = 40
"""The fact sheet lists so many ways in which a naive client of these services goes wrong."""


def named() -> set[int]:
    """Return the numbers of the traps that docstrings of tests name."""
    found: set[int] = set()
    for path in TESTS.rglob("test_*.py"):
        for text in re.findall(r"Traps? (\d+(?:(?:, | and )\d+)*)", path.read_text("utf-8")):
            found.update(map(int, re.findall(r"\d+", text)))
    return found


def test_every_trap_has_a_test() -> None:
    """A number without a test is a trap that nobody watches."""
    assert set(range(1, TRAPS + 1)) - named() == set()
