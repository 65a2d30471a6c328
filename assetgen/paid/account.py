"""One provider account in this process: how fast it may be asked, and whether at all just now.

Submits and polls of all targets share it. It knows no request and opens no connection.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from assetgen.clock import Clock

MAX_AFTER = 300.0
"""Seconds: a longer Retry-After is not believed."""
BASE_DELAY = 1.0
MAX_DELAY = 60.0
FAILURES = 3
"""Requests in a row without a usable answer after which nothing is submitted for a while."""
OPEN_SECONDS = 30.0
MAX_OPEN = 300.0
MOST_OPENINGS = 3
FIRST_ALONE = 3.0
"""Seconds for which others wait for the answer to an account's very first submit."""
LOOK_AGAIN = 0.02


def _chance() -> float:
    return random.random()  # noqa: S311 - spreads retries in time, guards nothing


class Account:
    """When the next request may go out.

    Args:
        rate: requests a minute, None for no limit.
        chance: gives a number from 0 to 1, for the jitter.

    Attributes:
        reason: why submits wait, in one word for people; empty while they do not.
        is_told: whether somebody was told of it.
        is_shut: whether the service refused the account itself, so that nothing more is sent.
    """

    def __init__(
        self, clock: Clock, *, rate: float | None = None, chance: Callable[[], float] = _chance
    ) -> None:
        self._clock = clock
        self._gap = 60.0 / rate if rate else 0.0
        # What a service counts by the minute may come a second's worth at once.
        self._slack = max(0.0, 1.0 - self._gap)
        self._next = 0.0
        self._chance = chance
        self._closed_until = 0.0
        self._busy = 0
        self._failures = 0
        self._openings = 0
        self._is_proven = False
        self._probe: float | None = None
        self.reason = ""
        self.is_told = False
        self.is_shut = False

    def turn(self) -> float:
        """Take the next place in the row of requests; return the seconds until it comes."""
        if not self._gap:
            return 0.0
        now = self._clock.now()
        self._next = max(self._next, now - self._slack)
        wait = max(0.0, self._next - now)
        self._next += self._gap
        return wait

    def wait(self) -> float:
        """Return the seconds until a submit makes sense; 0 if it does now."""
        left = self._closed_until - self._clock.now()
        if left > 0:
            # A clock that was set back must not close an account for longer than it would be.
            return min(left, MAX_OPEN)
        self.reason = ""
        return LOOK_AGAIN if self._is_suspect and self._probe is not None else 0.0

    def wait_in_line(self) -> float:
        """Return the seconds until the caller itself may submit; 0 if it may now.

        The first submit of all goes alone for a moment, so that a key that is refused is refused
        once; and so does the first one after a rest, which decides for the others.
        """
        left = self.wait()
        if left or self._probe is None:
            return left
        alone = self._probe + FIRST_ALONE - self._clock.now()
        return LOOK_AGAIN if 0 < alone <= FIRST_ALONE else 0.0

    @property
    def _is_suspect(self) -> bool:
        return bool(self._openings or self._busy)

    @contextmanager
    def submitting(self) -> Iterator[None]:
        """Hold for the time of one submit; what came of it is said beside."""
        if not self._is_proven or self._is_suspect:
            self._probe = self._clock.now()
        try:
            yield
        finally:
            self._probe = None

    @property
    def has_given_up(self) -> bool:
        """Whether it rested several times, and was not answered after any of these rests."""
        return self._openings >= MOST_OPENINGS

    def busy(self, after: float | None) -> None:
        """The service wants fewer requests, and may say how long to wait.

        Without a word from it the delay is drawn from a span that doubles ("full jitter").
        """
        self._busy += 1
        span = min(MAX_DELAY, BASE_DELAY * 2.0 ** min(self._busy, 10))
        jitter = self._chance() * (span if after is None else BASE_DELAY)
        self._close(min(max(0.0, after or 0.0), MAX_AFTER) + jitter, "busy")

    def unanswered(self) -> None:
        """A request had no usable answer; after a few in a row the account rests ("circuit")."""
        self._failures += 1
        if self._failures >= FAILURES:
            span = min(MAX_OPEN, OPEN_SECONDS * 2.0 ** min(self._openings, 10))
            self._openings += 1
            self._close(span, "not answering")
            # One request is let through after the rest, and decides alone.
            self._failures = FAILURES - 1

    def answered(self) -> None:
        """The service gave a usable answer to a submit."""
        self._busy = self._failures = self._openings = 0
        self._is_proven = True

    def _close(self, seconds: float, reason: str) -> None:
        self._closed_until = max(self._closed_until, self._clock.now() + seconds)
        self.reason = reason
        self.is_told = False
