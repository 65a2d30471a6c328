"""Events of a build as plain lines, as JSON Lines and as GitHub annotations; builds nothing.

A reporter is given each event as it happens, then closed once, however the build ended.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol, TextIO

from assetgen import events
from assetgen.action import DRAFT_MODEL
from assetgen.errors import Kind, Problem, printable
from assetgen.report.build import summary_json, summary_lines
from assetgen.report.listing import job_json
from assetgen.report.plan import usd
from assetgen.report.problems import annotation, problem_json
from assetgen.report.text import Paint, count, money
from assetgen.report.words import WORDS
from assetgen.state import Verdict

LEFT_ALONE = Kind("left-alone", "{verdict}: {reason}")
WARNED = (Verdict.MODIFIED, Verdict.BLOCKED, Verdict.HELD, Verdict.LOST)


class Reporter(Protocol):
    """Shows a build to somebody."""

    def event(self, event: events.Event) -> None:
        """Take what has just happened; never raises for what an event says."""

    def close(self) -> None:
        """Leave the terminal as it was; may be called more than once."""


class RecordingReporter:
    """A reporter for tests: keeps what it is given."""

    def __init__(self) -> None:
        self.events: list[events.Event] = []
        self.closed = False

    def event(self, event: events.Event) -> None:
        """Remember the event."""
        self.events.append(event)

    def close(self) -> None:
        """Remember that the build is over."""
        self.closed = True


class Drafts:
    """Which targets of this build are drawn by the draft provider, from their jobs."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    def see(self, event: events.JobChanged) -> None:
        """Take the target's model from its job."""
        if event.job.model == DRAFT_MODEL:
            self._names.add(event.target)

    def __contains__(self, name: str) -> bool:
        return name in self._names


def outcome(event: events.TargetDone, *, draft: bool) -> str:
    """Return what was done, in words: `bought ($0.05)`, `drawn`, `restored`, `held: …`."""
    if event.work == "buy":
        verb = "drawn" if draft else "bought"
        what = verb if event.images == 1 else f"{verb} {count(event.images, 'picture')}"
        if draft:
            return what if event.images else "collected"
        price = "price unknown" if event.cost is None else money(event.cost)
        return f"{what} ({price})" if event.images else "collected"
    if event.work:
        return {"restore": "restored", "derive": "derived"}.get(event.work, printable(event.work))
    reason = f": {printable(event.reasons[0])}" if event.reasons else ""
    return WORDS[event.verdict].name + reason


def style_of(event: events.TargetDone) -> str:
    """Return the colour of an outcome."""
    return "green" if event.work else WORDS[event.verdict].style


def files(written: tuple[str, ...]) -> str:
    """Return the first written file and how many more there are."""
    if not written:
        return ""
    more = f" (+{len(written) - 1} more)" if len(written) > 1 else ""
    return "  " + printable(written[0]) + more


class LineReporter:
    """One plain line for each event that means something: for logs and pipes."""

    def __init__(self, stream: TextIO, *, color: bool = False) -> None:
        self._stream = stream
        self._paint = Paint(color)
        self._total = 0
        self._settled = 0
        self._drafts = Drafts()

    def event(self, event: events.Event) -> None:
        """Write the event's line, if it has one."""
        match event:
            case events.BuildStarted():
                self._total = event.targets
                self._settled = event.up_to_date
            case events.Waiting():
                self._write(waiting_line(event))
            case events.JobChanged():
                self._drafts.see(event)
            case events.TargetDone():
                self._settled += 1
                if event.work or event.verdict is not Verdict.UP_TO_DATE:
                    self._write(self._done(event))
            case events.TargetFailed():
                self._settled += 1
                self._write(self._number() + failed_lines(event, self._paint))
            case events.Notice():
                self._write(notice_lines(event, self._paint))
            case events.Summary():
                self._write(summary_lines(event, color=self._paint.color))
            case events.TargetStarted():
                pass

    def close(self) -> None:
        """Do nothing: every line is written when it is due."""

    def _done(self, event: events.TargetDone) -> str:
        what = outcome(event, draft=event.target in self._drafts)
        painted = self._paint(what, style_of(event))
        return f"{self._number()}{printable(event.target)}  {painted}{files(event.written)}\n"

    def _number(self) -> str:
        total = max(self._total, self._settled)
        return f"[{self._settled:>{len(str(total))}}/{total}] "

    def _write(self, text: str) -> None:
        if text:
            self._stream.write(text)
            self._stream.flush()


def waiting_line(event: events.Waiting) -> str:
    """Return whom the build waits for."""
    return f"waiting for another build of this project ({printable(event.holder)})\n"


def failed_lines(event: events.TargetFailed, paint: Paint) -> str:
    """Return why a target failed, with its place and the next step."""
    problem = event.problem
    place = f"{problem.loc}: " if problem.loc else ""
    what = paint(f"failed: {place}{printable(problem.cause)}", "red")
    step = f"    {printable(problem.step)}\n" if problem.step else ""
    return f"{printable(event.target)}  {what}\n{step}"


def notice_lines(event: events.Notice, paint: Paint) -> str:
    """Return a notice and its next step."""
    problem = event.problem
    place = f"{problem.loc}: " if problem.loc else ""
    step = f"    {printable(problem.step)}\n" if problem.step else ""
    return f"{paint('note:', 'yellow')} {place}{printable(problem.cause)}\n{step}"


class JsonReporter:
    """JSON Lines: each event an object whose `event` names it; the last is the summary."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def event(self, event: events.Event) -> None:
        """Write the event's object. ASCII only, so that no text can disturb a terminal."""
        self._stream.write(json.dumps(event_json(event), allow_nan=False) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Do nothing: every line is written when it is due."""


def event_json(event: events.Event) -> dict[str, Any]:
    """Return one event as its documented object; costs are USD, null where unknown."""
    match event:
        case events.BuildStarted():
            return _started_json(event)
        case events.Waiting():
            return {"event": "waiting", "holder": event.holder}
        case events.TargetStarted():
            return {"event": "target_started", "target": event.target, "work": event.work}
        case events.JobChanged():
            return {"event": "job_changed", "target": event.target, "job": job_json(event.job)}
        case events.TargetDone():
            return _done_json(event)
        case events.TargetFailed():
            problem = problem_json(event.problem)
            return {"event": "target_failed", "target": event.target, "problem": problem}
        case events.Notice():
            return {"event": "notice", "problem": problem_json(event.problem)}
        case events.Summary():
            return summary_json(event)


def _started_json(event: events.BuildStarted) -> dict[str, Any]:
    return {
        "event": "build_started",
        "targets": event.targets,
        "up_to_date": event.up_to_date,
        "images": {"min": event.images[0], "max": event.images[1]},
        "cost": {
            "min": usd(event.cost[0]),
            "max": usd(event.cost[1]),
            "currency": "USD",
            "unknown": event.unknown_cost,
        },
    }


def _done_json(event: events.TargetDone) -> dict[str, Any]:
    return {
        "event": "target_done",
        "target": event.target,
        "verdict": event.verdict.value,
        "work": event.work or None,
        "images": event.images,
        "cost": None if event.cost is None else usd(event.cost),
        "written": list(event.written),
        "reasons": list(event.reasons),
    }


class GithubReporter:
    """Adds GitHub's annotations to another reporter: errors for failures, warnings for the rest.

    ``write`` takes whole lines; the runner reads them from stdout and from stderr alike.
    """

    def __init__(self, inner: Reporter, write: Callable[[str], object]) -> None:
        self._inner = inner
        self._write = write

    def event(self, event: events.Event) -> None:
        """Pass the event on, then annotate it where it asks for someone."""
        self._inner.event(event)
        match event:
            case events.TargetFailed():
                self._write(annotation(event.problem, about=event.target) + "\n")
            case events.Notice():
                self._write(annotation(event.problem, level="warning") + "\n")
            case events.TargetDone() if not event.work and event.verdict in (
                *WARNED,
                Verdict.FAILED,
            ):
                level = "error" if event.verdict is Verdict.FAILED else "warning"
                self._write(annotation(_left(event), level=level, about=event.target) + "\n")
            case _:
                pass

    def close(self) -> None:
        """Close the other one."""
        self._inner.close()


def _left(event: events.TargetDone) -> Problem:
    reason = event.reasons[0] if event.reasons else "see 'assetgen why'"
    facts = {"verdict": WORDS[event.verdict].name, "reason": reason}
    return Problem(LEFT_ALONE, facts=facts)
