"""Jobs are asked after when they are about done: what one wave took, the next one knows."""

from __future__ import annotations

import random
from statistics import mean

import pytest

from assetgen.paid.timing import Timing

FIRST, EVERY = 1.2, 0.24
"""What a service advises that takes 2 seconds: its first look and its interval."""


def follow(timing: Timing, took: float, *, says: bool = False) -> tuple[float, int]:
    """Ask after one job as it would be; return the seconds wasted and the questions."""
    age, asked, running = timing.first(), 0, 0.0
    while age < took:
        asked, running = asked + 1, age
        age += timing.next(asked)
    timing.done(running, age, took if says else None)
    return age - took, asked + 1


def test_without_experience_the_advice_holds() -> None:
    """The first question and the interval are the service's."""
    timing = Timing(15.0, 3.0)
    assert (timing.first(), timing.next(1), timing.next(5)) == (15.0, 3.0, 3.0)
    assert 15.0 < timing.first() < 18.0


@pytest.mark.parametrize("says", [False, True])
@pytest.mark.parametrize("took", [0.5, 2.0, 2.1, 17.0])
def test_equal_jobs_are_asked_after_when_they_are_done(took: float, says: bool) -> None:
    """Trap 28: after two waves hardly any time is wasted, with few questions."""
    timing = Timing(FIRST, EVERY)
    for _ in range(120):
        follow(timing, took, says=says)
    ends = [follow(timing, took, says=says) for _ in range(60)]
    assert mean(wasted for wasted, _ in ends) < took * 0.025
    assert mean(asked for _, asked in ends) <= 2.5


def test_jobs_that_differ_are_asked_after_in_growing_steps() -> None:
    """Where nothing can be learnt the interval of the service bounds the waste."""
    timing = Timing(FIRST, EVERY)
    chance = random.Random(1)  # noqa: S311 - equal runs
    ends = [follow(timing, chance.uniform(1.0, 3.0)) for _ in range(300)]
    assert max(wasted for wasted, _ in ends[50:]) <= 2.0
    assert mean(asked for _, asked in ends) < 8


def test_a_service_that_becomes_slower_or_faster_is_followed() -> None:
    """What was learnt yesterday does not stay for ever."""
    timing = Timing(FIRST, EVERY)
    for took in (2.0, 6.0, 1.0):
        for _ in range(400):
            wasted, _ = follow(timing, took)
        assert wasted < took * 0.06


def test_a_lie_about_the_time_is_not_believed() -> None:
    """A duration longer than anybody waited is no duration of this job."""
    timing = Timing(FIRST, EVERY)
    timing.done(0.0, 2.0, took=9_000.0)
    assert timing.first() < 2.0
