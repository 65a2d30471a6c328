"""When to ask after a job: from what the service advises, then from what its jobs really took.

It knows ages of jobs in seconds and nothing else. A wave of equal jobs teaches the next one, so
that a job is asked after shortly after it is done, and not much more often than that.
"""

from __future__ import annotations

from collections import deque
from statistics import median

STEP = 0.01
"""The finest step between two questions, as a share of what a job takes."""
GOLDEN = 0.618034
"""Multiples of it fall evenly between whole numbers, however many there are."""
SAMPLES = 16
EARLY = 8
"""Jobs found done at the first question after which one looks twice as much earlier."""


class Timing:
    """Ages at which jobs of one route are asked after.

    Args:
        first, every: seconds that the service advises from the submit to the first question, and
            between two.
    """

    def __init__(self, first: float, every: float) -> None:
        self._first = first
        self._every = every
        self._took: deque[float] = deque(maxlen=SAMPLES)
        self._exact = False
        self._done_at_once = 0
        self._begun = -1

    def first(self) -> float:
        """Return the age at which a job is asked after for the first time."""
        if not self._took:
            # Jobs sent together are asked after one by one, so that one of them tells early how
            # long they take, and not all of them want something else at the same moment.
            self._begun += 1
            return self._first + self._every * (self._begun * GOLDEN % 1.0)
        if self._exact:
            return median(self._took) * (1 + STEP / 4)
        # Where nobody says what a job took, asking a little early finds out how much is wasted;
        # the longer all are found done, the earlier.
        earlier = min(0.5, STEP * 2.0 ** min(self._done_at_once // EARLY, 20))
        return median(self._took) * (1 - earlier)

    def next(self, asked: int) -> float:
        """Return the seconds to the next question, after ``asked`` ones were too early."""
        if not self._took:
            return self._every
        step = max(0.01, median(self._took) * STEP)
        return min(self._every, step * 2.0 ** min(asked - 1, 20))

    def done(self, last_running: float, seen: float, took: float | None = None) -> None:
        """Learn from a job that still ran at the age ``last_running`` and was done at ``seen``.

        ``took`` is the service's own word for it, which counts if it fits between the two.
        """
        self._done_at_once = 0 if last_running else self._done_at_once + 1
        self._exact = took is not None and 0 < took <= seen
        if took is not None and self._exact:
            self._took.append(max(took, last_running))
        elif 0 < last_running < seen * (1 - 2 * STEP):
            self._took.append((last_running + seen) / 2)
        else:
            self._took.append(seen)
