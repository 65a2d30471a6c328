"""The live display, drawn to a console in memory by a clock that stands still."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from assetgen import events
from assetgen.report.live import LiveReporter
from assetgen.state import JobState, Verdict
from tests.report.golden import golden
from tests.report.samples import EVIL, job, whole_build


class Ticks:
    """A clock that is set by hand, in seconds."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


def screen(width: int) -> tuple[Console, io.StringIO]:
    """Return a console of that width, without colour, and what is written to it."""
    stream = io.StringIO()
    console = Console(
        file=stream, width=width, force_terminal=True, no_color=True, legacy_windows=False
    )
    return console, stream


def drawn(reporter: LiveReporter, width: int) -> str:
    """Return the display as it stands, as plain lines."""
    stream = io.StringIO()
    Console(file=stream, width=width, color_system=None).print(reporter.frame())
    return "".join(line.rstrip() + "\n" for line in stream.getvalue().splitlines())


def busy(width: int) -> LiveReporter:
    """Return a display with twelve targets in flight, three seconds into the build."""
    ticks = Ticks()
    reporter = LiveReporter(screen(width)[0], now=ticks, refresh=False)
    reporter.event(events.BuildStarted(78, (40, 40), (2.0, 2.0), False, up_to_date=38))
    reporter.event(events.TargetDone("before", Verdict.RUN, "buy", 1, 0.05))
    names = [
        "card/00_the_fool",
        "card/01_" + "a_very_long_slug_" * 5,
        f"card/[bold]{EVIL}",
        "日本語",
    ]
    states = [JobState.INTENT, JobState.ACCEPTED, JobState.COMPLETED, JobState.FETCHED]
    for number, name in enumerate([*names, *(f"card/{n:02}" for n in range(4, 12))]):
        ticks.time += 0.25
        reporter.event(events.TargetStarted(name, "buy"))
        if number < len(states):
            reporter.event(events.JobChanged(name, job(number, states[number])))
    return reporter


@pytest.mark.parametrize("width", [60, 100, 120])
def test_eight_rows_and_a_bar(width: int) -> None:
    """Eight targets in flight are named, the others counted; nothing is wider than the screen."""
    text = drawn(busy(width), width)
    golden(f"live_{width}.txt", text)
    assert len(text.splitlines()) == 10


def test_a_very_narrow_screen_still_works() -> None:
    """Where there is no room, rows are cut and nothing is raised."""
    assert "39/78" in drawn(busy(24), 40)


def test_done_targets_leave_and_the_money_grows() -> None:
    """Settled targets are counted, and failures beside them."""
    reporter = busy(100)
    reporter.event(events.TargetDone("card/00_the_fool", Verdict.RUN, "buy", 1, 0.05))
    reporter.event(whole_build()[-5])
    text = drawn(reporter, 100)
    assert "the_fool" not in text
    assert "41/78  $0.10  1 failed  0:03" in text


def test_money_that_is_not_known_is_said() -> None:
    """A purchase without a price does not look free."""
    reporter = busy(100)
    reporter.event(events.TargetDone("a", Verdict.RUN, "buy", 1, None))
    assert "$0.05 + unknown" in drawn(reporter, 100)


def test_what_must_not_be_missed_stays_above() -> None:
    """Failures, notices, held calls and the summary are printed for good; successes are not."""
    console, stream = screen(100)
    reporter = LiveReporter(console, now=Ticks(), refresh=False)
    for event in whole_build():
        reporter.event(event)
    reporter.close()
    golden("live_printed.txt", stream.getvalue())


def test_nothing_is_drawn_where_nothing_is_done() -> None:
    """A build without work prints its summary and leaves the cursor alone."""
    console, stream = screen(100)
    reporter = LiveReporter(console, now=Ticks())
    reporter.event(events.BuildStarted(78, (0, 0), (0, 0), False, up_to_date=78))
    reporter.event(events.Summary(up_to_date=78))
    reporter.close()
    assert stream.getvalue() == "78 targets up to date\n"


def test_the_cursor_comes_back_when_a_build_breaks_off() -> None:
    """Closing without a summary, even twice, gives the terminal back."""
    console, stream = screen(100)
    reporter = LiveReporter(console, now=Ticks())
    reporter.event(events.TargetStarted("a", "buy"))
    reporter.close()
    reporter.close()
    assert stream.getvalue().count("\x1b[?25l") == 1
    assert stream.getvalue().count("\x1b[?25h") == 1
    assert stream.getvalue().rindex("\x1b[?25h") > stream.getvalue().rindex("\x1b[?25l")


def test_no_color_is_respected() -> None:
    """With NO_COLOR set nothing but cursor movement is sent."""
    console = Console(file=io.StringIO(), force_terminal=True, no_color=True)
    reporter = LiveReporter(console, now=Ticks(), refresh=False)
    for event in whole_build():
        reporter.event(event)
    written = console.file
    assert isinstance(written, io.StringIO)
    assert "\x1b[" not in written.getvalue()
