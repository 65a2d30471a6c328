"""A build's events as lines, as JSON Lines and as annotations."""

from __future__ import annotations

import io
import json

from assetgen import events
from assetgen.report.progress import (
    GithubReporter,
    JsonReporter,
    LineReporter,
    RecordingReporter,
    Reporter,
)
from assetgen.state import JobState, Verdict
from tests.report.golden import golden
from tests.report.samples import EVIL, job, whole_build


def told(reporter: Reporter, said: list[events.Event]) -> None:
    """Give a reporter a whole build."""
    for event in said:
        reporter.event(event)
    reporter.close()


def test_a_build_as_plain_lines() -> None:
    """One line for each thing that means something; counts start at what is up to date."""
    stream = io.StringIO()
    told(LineReporter(stream), whole_build())
    golden("progress.txt", stream.getvalue())


def test_a_build_as_coloured_lines() -> None:
    """Colour marks outcomes."""
    stream = io.StringIO()
    told(LineReporter(stream, color=True), whole_build())
    golden("progress_color.txt", stream.getvalue())


def test_a_build_as_json_lines() -> None:
    """Every event is an object on a line of its own."""
    stream = io.StringIO()
    told(JsonReporter(stream), whole_build())
    golden("progress.jsonl", stream.getvalue())


def test_the_last_json_line_is_the_summary() -> None:
    """It begins with the documented fields."""
    stream = io.StringIO()
    told(JsonReporter(stream), whole_build())
    last = json.loads(stream.getvalue().splitlines()[-1])
    assert list(last)[:9] == [
        "event",
        "bought",
        "restored",
        "derived",
        "up_to_date",
        "failed",
        "held",
        "blocked",
        "cost",
    ]


def test_annotations_beside_the_lines() -> None:
    """Failures are errors, what is left alone and notices are warnings."""
    stream = io.StringIO()
    told(GithubReporter(LineReporter(stream), stream.write), whole_build())
    rows = [row for row in stream.getvalue().splitlines() if row.startswith("::")]
    golden("progress_github.txt", "\n".join(rows) + "\n")


def test_a_failure_of_the_past_is_an_error_too() -> None:
    """A target that stays failed is annotated like one that fails now."""
    stream = io.StringIO()
    past = events.TargetDone("moon", Verdict.FAILED, reasons=("xai ended this request",))
    told(GithubReporter(RecordingReporter(), stream.write), [past])
    assert stream.getvalue() == "::error::moon: failed: xai ended this request\n"


def test_the_wrapped_reporter_sees_all_and_is_closed() -> None:
    """Annotations take nothing away."""
    inner = RecordingReporter()
    told(GithubReporter(inner, io.StringIO().write), whole_build())
    assert inner.events == whole_build()
    assert inner.closed


def test_a_picture_collected_from_an_earlier_build() -> None:
    """A picture that was ordered before is not said to be bought again."""
    stream = io.StringIO()
    told(LineReporter(stream), [events.TargetDone("a", Verdict.RUN, "buy", 0, 0.0)])
    assert stream.getvalue() == "[1/1] a  collected\n"


def test_nothing_raw_comes_out() -> None:
    """Names, reasons, holders and paths are escaped."""
    stream = io.StringIO()
    said: list[events.Event] = [
        events.Waiting(EVIL),
        events.JobChanged(EVIL, job(1, JobState.AMBIGUOUS, reason=EVIL)),
        events.TargetDone(EVIL, Verdict.RUN, EVIL, written=(EVIL, EVIL)),
        events.TargetDone(EVIL, Verdict.HELD, reasons=(EVIL,)),
    ]
    told(GithubReporter(LineReporter(stream), stream.write), said)
    told(JsonReporter(stream), said)
    assert "\x1b" not in stream.getvalue()
    assert "\u202e" not in stream.getvalue()
