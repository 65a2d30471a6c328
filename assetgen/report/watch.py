"""A watch in words: what changed, what may be bought, what is left; watches nothing.

One block for each build, with the time of day. What stays as it was is told once, and a build that
nobody asked for and that had nothing to do is not told at all.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol, TextIO

from assetgen import events
from assetgen.errors import Problem, printable
from assetgen.plan.model import Plan
from assetgen.report.plan import cost_json, images_json, plan_lines, usd
from assetgen.report.problems import problems_json
from assetgen.report.progress import Reporter, event_json, files, outcome
from assetgen.report.text import Paint, count, money
from assetgen.state import Verdict

MOST_CHANGES = 3
MOST_LINES = 8
WITHHELD = frozenset({"would-run", "declined"})
"""Kinds of failures that only say that a free build buys nothing: the offer says that better."""


class Purse(Protocol):
    """What a watch has ordered, and what of its caps is left (None: no such cap)."""

    @property
    def images(self) -> int:
        """Pictures that were ordered."""

    @property
    def cost(self) -> float:
        """USD that were spent."""

    @property
    def images_left(self) -> int | None:
        """Pictures that may still be ordered."""

    @property
    def cost_left(self) -> float | None:
        """USD that may still be spent."""


class LineTeller:
    """Tells a watch in lines, for people.

    Args:
        write: takes text for the stream of the reports.
        complain: takes problems.
        reporter: makes what tells of one build.
        lists: whether what was made is to be listed here, since the reporter does not.
        root: the project's folder; paths in it are told as the spec tells them.
        now: seconds since the epoch.
    """

    def __init__(
        self,
        write: Callable[[str], object],
        complain: Callable[[Sequence[Problem]], object],
        reporter: Callable[[], Reporter],
        *,
        root: str,
        color: bool = False,
        lists: bool = False,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._write = write
        self._complain = complain
        self._new_reporter = reporter
        self._root = root
        self._paint = Paint(color)
        self._lists = lists
        self._now = now
        self._reporter: Reporter | None = None
        self._heading = ""
        self._sure = True
        self._faults: tuple[Problem, ...] = ()
        self._drafts: set[str] = set()
        self._made: list[str] = []
        self._withheld = False
        self._standing: frozenset[object] = frozenset()
        self._stands: set[object] = set()

    def begin(self, paths: Sequence[str] | None, *, sure: bool) -> None:
        """Note what a build is for; it is told with the first thing that there is to tell."""
        what = "watching, Ctrl-C ends" if paths is None else f"{self._changed(paths)} changed"
        clock = time.strftime("%H:%M:%S", time.localtime(self._now()))
        gap = "" if paths is None else "\n"
        self._heading = f"{gap}{self._paint(clock, 'dim')}  {self._paint(what, 'bold')}\n"
        self._sure = sure
        if sure:
            self._head()

    def event(self, event: events.Event) -> None:
        """Pass an event on, but for what the offer says better."""
        if self._reporter is None:
            self._reporter = self._new_reporter()
            self._made, self._withheld = [], False
            self._standing, self._stands = frozenset(self._stands), set()
        match event:
            case events.TargetFailed() if event.problem.kind.name in WITHHELD:
                self._withheld = True
                return
            case events.TargetDone() if event.verdict is Verdict.BLOCKED and self._withheld:
                return
            case events.Summary():
                self._summary(event)
                return
            case events.JobChanged():
                self._drafts |= {event.target} if event.job.model == "draft" else set()
            case events.TargetDone() if event.work:
                draft = event.target in self._drafts
                name = printable(event.target)
                self._made.append(f"{name}  {outcome(event, draft=draft)}{files(event.written)}")
            case _:
                pass
        if self._is_told(event):
            return
        if self._sure or not _is_quiet(event):
            self._head()
            self._reporter.event(event)

    def _is_told(self, event: events.Event) -> bool:
        """Whether the last build said the same of what no build changes."""
        told: object = None
        match event:
            case events.TargetDone() if not event.work:
                told = event
            case events.Notice():
                told = str(event.problem)
            case _:
                return False
        self._stands.add(told)
        return told in self._standing

    def faults(self, problems: tuple[Problem, ...]) -> None:
        """Tell why there was no build, unless it was told before and nobody asked again."""
        self._close()
        if not self._sure and problems == self._faults:
            return
        self._faults = problems
        self._head()
        self._complain(problems)
        self._write(self._paint("the pictures stay as they are; watching goes on", "dim") + "\n")

    def offer(self, plan: Plan, consent: str, purse: Purse) -> None:
        """Tell what has to be bought, its price, and how that comes about."""
        self._head()
        lines = plan_lines(replace(plan, notices=()), color=self._paint.color, most=MOST_LINES)
        self._write(lines + self._consent(consent, purse))

    def bought(self, purse: Purse) -> None:
        """Tell what is left after a build that might buy."""
        self._close()
        left = _left(purse)
        if left:
            self._write(f"left in this watch: {left}\n")

    def puzzled(self, *, asking: bool) -> None:
        """Tell what may be typed."""
        self._write("type b and Enter to buy\n" if asking else "there is nothing to buy now\n")

    def end(self, purse: Purse) -> None:
        """Tell that the watch is over and what it cost."""
        self._close()
        cost = f" ({money(purse.cost)})" if purse.cost else ""
        ordered = f"{count(purse.images, 'picture')} ordered{cost}" if purse.images else ""
        self._write(f"\nwatch ended{', ' if ordered else ''}{ordered}\n")

    def _summary(self, event: events.Summary) -> None:
        shown = replace(event, would_run=0, declined=0)
        if self._withheld:
            shown = replace(shown, blocked=0)
        idle = not any((event.bought, event.restored, event.derived, event.exit_code))
        self._faults = ()
        if self._reporter is not None and (self._sure or not idle or not self._heading):
            self._head()
            # A display is taken away before anything is written that is to stay.
            if self._lists:
                self._reporter.close()
                self._list()
            if not self._withheld or shown.exit_code or self._made:
                self._reporter.event(shown)
        self._close()

    def _list(self) -> None:
        for line in self._made[:MOST_LINES]:
            self._write(f"  {line}\n")
        if len(self._made) > MOST_LINES:
            self._write(f"  … and {len(self._made) - MOST_LINES:,} more\n")

    def _head(self) -> None:
        heading, self._heading = self._heading, ""
        if heading:
            self._write(heading)

    def _close(self) -> None:
        reporter, self._reporter = self._reporter, None
        if reporter is not None:
            reporter.close()

    def _changed(self, paths: Sequence[str]) -> str:
        names = [_shown(path, self._root) for path in paths[:MOST_CHANGES]]
        more = len(paths) - len(names)
        if more:
            return f"{', '.join(names)} and {more:,} more"
        return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))

    def _consent(self, consent: str, purse: Purse) -> str:
        bold = self._paint
        if consent == "ask":
            return bold("b and Enter buys; any change asks anew", "bold") + "\n"
        if consent == "cap":
            return f"buying in a moment; left in this watch: {_left(purse)}\n"
        if consent == "spent":
            return (
                f"{bold('not bought:', 'yellow')} this watch may buy no more\n"
                "  start it again with a higher --max-images or --max-cost\n"
            )
        return (
            f"{bold('not bought:', 'yellow')} nobody is here to ask, and this watch has no cap\n"
            "  run 'assetgen build', or start the watch with --max-images N\n"
        )


class JsonTeller:
    """Tells a watch as JSON Lines: the events of its builds, and some of its own."""

    def __init__(self, stream: TextIO, complain: Callable[[Sequence[Problem]], object]) -> None:
        self._stream = stream
        self._complain = complain

    def begin(self, paths: Sequence[str] | None, *, sure: bool) -> None:
        """Write what changed."""
        self._line({"event": "changed", "paths": list(paths or ())})

    def event(self, event: events.Event) -> None:
        """Write an event of a build."""
        self._line(event_json(event))

    def faults(self, problems: tuple[Problem, ...]) -> None:
        """Write why there was no build."""
        self._complain(problems)
        self._line({"event": "faults", "problems": problems_json(problems)["problems"]})

    def offer(self, plan: Plan, consent: str, purse: Purse) -> None:
        """Write what has to be bought."""
        cost = {**cost_json(plan.cost), "currency": "USD", "unknown": plan.unknown_cost}
        images = images_json(plan.images)
        self._line({"event": "offer", "images": images, "cost": cost, "consent": str(consent)})

    def bought(self, purse: Purse) -> None:
        """Write what was ordered by now, and what is left."""
        left = purse.cost_left
        self._line(
            {
                "event": "spent",
                "images": purse.images,
                "cost": usd(purse.cost),
                "images_left": purse.images_left,
                "cost_left": None if left is None else usd(left),
            }
        )

    def puzzled(self, *, asking: bool) -> None:
        """Write nothing: no program types."""

    def end(self, purse: Purse) -> None:
        """Write nothing: the end of the lines is the end."""

    def _line(self, data: dict[str, object]) -> None:
        self._stream.write(json.dumps(data, allow_nan=False) + "\n")
        self._stream.flush()


def _is_quiet(event: events.Event) -> bool:
    """Whether an event alone is no reason to tell of a build."""
    if isinstance(event, events.TargetDone):
        return event.verdict is Verdict.KEPT and not event.work
    return isinstance(event, events.BuildStarted | events.Waiting)


def _left(purse: Purse) -> str:
    """Return `2 pictures, $0.80`: what of the caps is left; nothing without a cap."""
    images, cost = purse.images_left, purse.cost_left
    parts = [] if images is None else [count(images, "picture")]
    parts += [] if cost is None else [money(cost)]
    return ", ".join(parts)


def _shown(path: str, root: str) -> str:
    inner = os.path.relpath(path, root)
    return printable(path if inner.startswith("..") else inner.replace(os.sep, "/"))
