"""The live display of a build on a terminal; knows events, not the build.

At most eight rows in flight, one bar, four refreshes a second. Failures and notices are printed
above it and stay; the rest of it goes away at the end. It begins with the first work, so that a
build without any shows nothing but its summary.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import RLock

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from assetgen import events
from assetgen.errors import printable
from assetgen.report.build import summary_lines
from assetgen.report.progress import (
    Drafts,
    failed_lines,
    notice_lines,
    outcome,
    style_of,
    waiting_line,
)
from assetgen.report.text import Paint, clip, money, stopwatch
from assetgen.state import JobState, Verdict

ROWS = 8
REFRESHES = 4
NEEDED = 11 + 10 + 6 + 4 * 2
"""Cells of a row in flight that are not the name: three columns and what parts the four."""
DOING = {"buy": "waiting", "restore": "restoring", "derive": "deriving"}
JOB_WORDS = {
    JobState.INTENT: "ordering",
    JobState.ACCEPTED: "making",
    JobState.COMPLETED: "fetching",
    JobState.FETCHED: "writing",
}
JOB_STYLES = {"waiting": "dim", "ordering": "yellow", "making": "cyan", "fetching": "blue"}


@dataclass(frozen=True, slots=True)
class Row:
    """A target in flight: what happens to it, at whom, since when by the monotonic clock."""

    target: str
    doing: str
    since: float
    provider: str = ""


class LiveReporter:
    """Shows a build as it runs.

    ``now`` is a monotonic clock in seconds. With ``refresh`` off nothing is drawn by itself, and
    :meth:`frame` is all there is to look at.
    """

    def __init__(
        self,
        console: Console | None = None,
        *,
        now: Callable[[], float] = time.monotonic,
        refresh: bool = True,
    ) -> None:
        self._console = console or Console(stderr=True, highlight=False)
        self._now = now
        self._refresh = refresh
        self._live: Live | None = None
        # rich draws from a thread of its own, and only reads; the build's loop only writes.
        self._lock = RLock()
        self._rows: dict[str, Row] = {}
        self._drafts = Drafts()
        self._total = 0
        self._settled = 0
        self._spent = 0.0
        self._bought = 0
        self._unknown = False
        self._failed = 0
        self._began = now()

    def event(self, event: events.Event) -> None:
        """Take the event into the picture; what must not be missed is printed above it."""
        with self._lock:
            said = self._take(event)
        if said:
            self._print(said)

    def close(self) -> None:
        """Take the display away and give the cursor back."""
        live, self._live = self._live, None
        if live is not None:
            live.stop()

    def _take(self, event: events.Event) -> str:
        """Change the picture and return what is to be printed for good."""
        paint = Paint(self._console.is_terminal and not self._console.no_color)
        match event:
            case events.BuildStarted():
                self._total, self._settled = event.targets, event.up_to_date
                self._began = self._now()
            case events.Waiting():
                return waiting_line(event)
            case events.TargetStarted():
                self._rows[event.target] = Row(
                    event.target, DOING.get(event.work, event.work), self._now()
                )
                self._start()
            case events.JobChanged():
                self._job(event)
            case events.TargetDone():
                return self._done(event, paint)
            case events.TargetFailed():
                self._settle(event.target)
                self._failed += 1
                return failed_lines(event, paint)
            case events.Notice():
                return notice_lines(event, paint)
            case events.Summary():
                self.close()
                return summary_lines(event, color=paint.color)
        return ""

    def _job(self, event: events.JobChanged) -> None:
        self._drafts.see(event)
        row = self._rows.get(event.target)
        word = JOB_WORDS.get(event.job.state)
        if row and word:
            self._rows[event.target] = replace(row, doing=word, provider=event.job.provider)

    def _done(self, event: events.TargetDone, paint: Paint) -> str:
        self._settle(event.target)
        if event.images and event.target not in self._drafts:
            self._bought += event.images
        self._spent += event.cost or 0.0
        self._unknown = self._unknown or event.cost is None
        if event.work or event.verdict in (Verdict.UP_TO_DATE, Verdict.KEPT):
            return ""
        what = outcome(event, draft=event.target in self._drafts)
        return f"{printable(event.target)}  {paint(what, style_of(event))}\n"

    def _settle(self, target: str) -> None:
        self._rows.pop(target, None)
        self._settled += 1

    def _start(self) -> None:
        if self._live is None and self._refresh:
            self._live = Live(
                console=self._console,
                get_renderable=self.frame,
                refresh_per_second=REFRESHES,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()

    def _print(self, text: str) -> None:
        self._console.print(Text.from_ansi(text.rstrip("\n")), soft_wrap=True)

    def frame(self) -> RenderableType:
        """Return the picture as it stands now."""
        with self._lock:
            rows = list(self._rows.values())
            now = self._now()
            return Group(self._in_flight(rows, now), self._bar(now))

    def _in_flight(self, rows: list[Row], now: float) -> RenderableType:
        room = max(12, min(48, self._console.width - NEEDED))
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(width=11, no_wrap=True)
        table.add_column(width=room, no_wrap=True)
        table.add_column(width=10, no_wrap=True)
        table.add_column(width=6, justify="right", no_wrap=True)
        for row in rows[:ROWS]:
            table.add_row(
                Text("  " + row.doing, style=JOB_STYLES.get(row.doing, "green")),
                Text(clip(printable(row.target), room)),
                Text(clip(printable(row.provider), 10), style="dim"),
                Text(stopwatch(now - row.since), style="dim"),
            )
        if len(rows) > ROWS:
            table.add_row(Text(""), Text(f"… and {len(rows) - ROWS:,} more", style="dim"))
        return table

    def _bar(self, now: float) -> RenderableType:
        total = max(self._total, self._settled, 1)
        facts = Text(f"{self._settled:,}/{total:,}", style="bold")
        facts.append(f"  {self._money()}", style="green")
        if self._failed:
            facts.append(f"  {self._failed} failed", style="red")
        facts.append(f"  {stopwatch(now - self._began)}", style="dim")
        room = max(8, min(40, self._console.width - facts.cell_len - 6))
        line = Table.grid(padding=(0, 2, 0, 0))
        line.add_column(width=room + 2)
        line.add_column(no_wrap=True)
        bar = Table.grid(padding=0)
        bar.add_row(Text("  "), ProgressBar(total, self._settled, width=room))
        line.add_row(bar, facts)
        return line

    def _money(self) -> str:
        if self._unknown:
            return f"{money(self._spent)} + unknown" if self._spent else "price unknown"
        return money(self._spent) if self._bought or self._spent else "free"
