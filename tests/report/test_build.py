"""The last words of a build."""

from __future__ import annotations

import pytest

from assetgen.events import Summary
from assetgen.report.build import summary_json, summary_lines
from tests.report.golden import golden, golden_json
from tests.report.samples import whole_summary


def test_nothing_happened_is_one_line() -> None:
    """A build without work says how much is up to date."""
    assert summary_lines(Summary(up_to_date=78, seconds=0.1)) == "78 targets up to date\n"


def test_kept_targets_are_mentioned() -> None:
    """What is kept on purpose is no work, and no secret either."""
    text = summary_lines(Summary(up_to_date=1, kept=2))
    assert text == "1 target up to date, 2 kept as they are\n"


def test_what_was_bought_costs() -> None:
    """Pictures, money, the rest and the time on one line."""
    summary = Summary(bought=3, restored=2, derived=1, up_to_date=72, cost=0.15, seconds=12.34)
    assert summary_lines(summary) == (
        "3 pictures bought ($0.15), 2 restored, 1 derived in 12 s; 72 up to date\n"
    )


def test_drafts_are_free() -> None:
    """Pictures that cost nothing were not bought."""
    assert summary_lines(Summary(bought=1, seconds=0.3)) == "1 picture made (free) in 0.3 s\n"


def test_a_cost_that_nobody_said_is_not_nothing() -> None:
    """Where the service names no price the summary says so."""
    text = summary_lines(Summary(bought=1, cost_unknown=True, seconds=1))
    assert text == "1 picture bought (price unknown) in 1.0 s\n"


def test_everything_at_once() -> None:
    """Each thing that is left has its next step."""
    golden("summary.txt", summary_lines(whole_summary()))


@pytest.mark.parametrize(
    ("summary", "said"),
    [
        (Summary(held=1), "assetgen jobs"),
        (Summary(waiting=1), "assetgen pick TARGET N"),
        (Summary(failed=1), "mend what is said above"),
        (Summary(blocked=1), "assetgen why TARGET"),
        (Summary(modified=1), "assetgen restore TARGET"),
        (Summary(lost=1), "assetgen why TARGET"),
        (Summary(over_cap=1), "--max-images"),
        (Summary(would_run=1), "assetgen plan"),
        (Summary(account=True), "assetgen build"),
        (Summary(interrupted=True), "nothing is lost"),
    ],
)
def test_whatever_ends_badly_says_what_to_type(summary: Summary, said: str) -> None:
    """No exit code but 0 comes without a next step."""
    assert summary.exit_code != 0
    assert said in summary_lines(summary)


def test_the_json_of_the_summary() -> None:
    """The documented fields first and in order, what else is useful behind them."""
    golden_json("summary.json", summary_json(whole_summary()))
