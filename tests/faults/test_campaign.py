"""Builds are killed at random: nothing is bought twice, and every seeded bug is found.

`make campaign` does the same on a larger scale.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.campaign.case import Case
from tests.campaign.kills import Kill
from tests.campaign.nursery import Nursery
from tests.campaign.twins import TWINS

SEEDS = 3
MOST_SEEDS = 8

FOUND_BY = {
    "no-intent": ("pixazo", 0, "charge"),
    "random-id": ("runware", 1, "was charged"),
    "blind-retry": ("apixo", 2, "charged"),
    "in-place": ("runware", 0, "torn"),
    "follows-redirects": ("pixazo", 0, "a key was sent"),
    "repeats-requests": ("apixo", 6, "was charged"),
    "lock-first": ("runware", 0, "bytes are nowhere"),
    "truncated": ("pixazo", 0, "is torn"),
    "forgets-doubts": ("apixo", 0, "charge"),
    "own-epoch": ("apixo", 2, "was charged"),
}
"""For each seeded bug: who is attacked, from which seed on, and what has to be said of it."""


AIMS = {"no-intent": [Kill("answer", number, "submit") for number in (1, 2)]}
"""Bugs that only few kills bring to light."""


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    """What forks the builders."""
    with Nursery() as one:
        yield one


@pytest.mark.parametrize("services", ["runware", "pixazo", "apixo", "runware+apixo"])
def test_killed_builds_buy_once(tmp_path: Path, nursery: Nursery, services: str) -> None:
    """Under lost answers, 5xx and kills nothing is torn, charged twice or called done too early."""
    kills = 0
    for seed in range(SEEDS):
        case = Case(tuple(services.split("+")), seed, tmp_path / str(seed), nursery)
        report = case.run()
        assert (services, seed, report.violations) == (services, seed, [])
        kills += len(report.kills)
    assert kills >= SEEDS


@pytest.mark.parametrize("twin", sorted(FOUND_BY))
def test_a_seeded_bug_is_found(tmp_path: Path, nursery: Nursery, twin: str) -> None:
    """Each bug is found in a few cases, by what it does."""
    services, first, expected = FOUND_BY[twin]
    said: list[str] = []
    for seed in range(first, first + MOST_SEEDS):
        case = Case((services,), seed, tmp_path / str(seed), nursery, twin, AIMS.get(twin, ()))
        said += case.run().violations
        if any(expected in one for one in said):
            return
    raise AssertionError(f"nobody noticed '{twin}'; only: {said}")


def test_no_seeded_bug_is_left_out() -> None:
    """There is a test for each."""
    assert set(FOUND_BY) == set(TWINS) - {""}


if sys.platform == "win32":
    pytest.skip("processes are forked and killed by signal", allow_module_level=True)
