"""An account is asked as fast as it bears, and left alone for as long as it wants."""

from __future__ import annotations

import pytest

from assetgen.clock import FakeClock
from assetgen.paid.account import MAX_AFTER, OPEN_SECONDS, Account


def account(clock: FakeClock, chance: float = 0.5, rate: float | None = None) -> Account:
    return Account(clock, rate=rate, chance=lambda: chance)


def test_requests_keep_the_rate() -> None:
    """Ten requests a minute are one in six seconds, whoever asks."""
    clock = FakeClock()
    one = account(clock, rate=10)
    assert [one.turn() for _ in range(3)] == [0, 6, 12]
    clock.time += 60
    assert one.turn() == 0


def test_a_high_rate_allows_a_burst_of_a_second() -> None:
    """What is counted by the minute may come some at once."""
    one = account(FakeClock(), rate=300)
    waits = [one.turn() for _ in range(10)]
    assert waits[:4] == [0, 0, 0, 0]
    assert waits[-1] == pytest.approx(1.0)


def test_without_a_rate_nobody_waits() -> None:
    """Most services say nothing."""
    one = account(FakeClock())
    assert [one.turn() for _ in range(100)] == [0] * 100


@pytest.mark.parametrize("after", [7.0, 0.0])
def test_retry_after_is_kept(after: float) -> None:
    """A service's word counts, with a little jitter so that not all come back at once."""
    one = account(FakeClock())
    one.busy(after)
    assert after <= one.wait() <= after + 1
    assert one.reason == "busy"


def test_an_absurd_retry_after_is_clamped() -> None:
    """Nobody waits a day because of a header."""
    one = account(FakeClock(), chance=0)
    one.busy(86_400)
    assert one.wait() == MAX_AFTER


def test_the_span_of_the_backoff_doubles() -> None:
    """Without Retry-After the delay is drawn from 0 to 2, 4, 8 … seconds."""
    clock = FakeClock()
    one = account(clock, chance=1)
    waits = []
    for _ in range(8):
        one.busy(None)
        waits.append(one.wait())
        clock.time += one.wait()
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60]


def test_a_usable_answer_ends_the_backoff() -> None:
    """The next 429 begins from the start."""
    clock = FakeClock()
    one = account(clock, chance=1)
    one.busy(None)
    one.busy(None)
    clock.time += one.wait()
    one.answered()
    one.busy(None)
    assert one.wait() == 2


def test_three_requests_without_an_answer_rest_the_account() -> None:
    """Each request without an answer may be charged, so they are not lined up."""
    clock = FakeClock()
    one = account(clock)
    one.unanswered()
    one.unanswered()
    assert one.wait() == 0
    one.unanswered()
    assert one.wait() == OPEN_SECONDS
    assert one.reason == "not answering"


def test_one_request_decides_after_the_rest() -> None:
    """The next failure rests it for twice as long; a success forgets all."""
    clock = FakeClock()
    one = account(clock)
    for _ in range(3):
        one.unanswered()
    clock.time += one.wait()
    one.unanswered()
    assert one.wait() == 2 * OPEN_SECONDS
    clock.time += one.wait()
    one.answered()
    one.unanswered()
    assert one.wait() == 0


def test_an_account_that_never_answers_is_given_up() -> None:
    """Two hundred targets do not wait five minutes each."""
    clock = FakeClock()
    one = account(clock)
    while not one.has_given_up:
        one.unanswered()
        clock.time += one.wait()
    assert clock.time - FakeClock().time < 300


def test_a_clock_that_was_set_back_does_not_close_it_for_long() -> None:
    """The wait is never longer than it would be on a good clock."""
    clock = FakeClock()
    one = account(clock, chance=0)
    one.busy(10)
    clock.time -= 100_000
    assert one.wait() <= MAX_AFTER


def test_the_first_submit_of_all_goes_alone() -> None:
    """Until it is answered, or for three seconds, the others wait: a bad key is refused once."""
    clock = FakeClock()
    one = account(clock)
    with one.submitting():
        assert one.wait_in_line() > 0
        assert one.wait() == 0
        clock.time += 3.1
        assert one.wait_in_line() == 0
    with one.submitting():
        one.answered()
    with one.submitting():
        assert one.wait_in_line() == 0


def test_after_a_rest_one_submit_decides_for_all() -> None:
    """Twenty that wait do not all go out when the time is over."""
    clock = FakeClock()
    one = account(clock)
    for _ in range(3):
        one.unanswered()
    clock.time += OPEN_SECONDS
    assert one.wait_in_line() == 0
    with one.submitting():
        clock.time += 60
        assert one.wait_in_line() > 0
        assert one.wait() > 0
        one.answered()
    assert (one.wait_in_line(), one.wait()) == (0, 0)
