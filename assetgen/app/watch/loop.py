"""Builds a project again whenever something of it changes; knows no terminal and no notices.

Free work is done at once. What has to be bought is shown as an offer, and bought when somebody
agrees, or by itself within the caps of the watch when all has been quiet for a while.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from assetgen.app.loading import Loaded
from assetgen.app.project import Project
from assetgen.app.watch.changes import Change, Notices
from assetgen.app.watch.gathering import Gathered, Gathering
from assetgen.app.watch.gitlock import is_git_busy
from assetgen.app.watch.interest import Interest, Sort, first_interest, interest_of, unsure
from assetgen.app.watch.purse import Offer, Purse, offer_of
from assetgen.app.watch.rounds import Asked, Rounds
from assetgen.errors import Kind, Problem, UsageError
from assetgen.events import Event, Summary, TargetDone
from assetgen.places import cache_dir, project_folder
from assetgen.plan.model import Plan
from assetgen.store import lock as locks
from assetgen.store import snapshot
from assetgen.store.look import look_of

TICK = 0.1
"""Seconds between two looks at what somebody typed."""
PENDING_TICK = 0.03
"""The same while changes wait to be built."""
SETTLE = 1.0
"""Seconds without a change before something is bought by itself: half a prompt costs as much."""
INTERRUPTED = 130

GONE = Kind("project-gone", "the folder {path} is not there any more", "start the watch again")


class Consent(StrEnum):
    """What becomes of an offer."""

    CAP = "cap"
    """It is bought within the caps of the watch."""
    SPENT = "spent"
    """The caps are reached."""
    ASK = "ask"
    """Somebody is asked."""
    NOBODY = "nobody"
    """There is neither a cap nor anybody to ask."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A line that somebody typed, and when by the watch's clock."""

    text: str
    at: float


class Teller(Protocol):
    """Tells somebody of a watch."""

    def begin(self, paths: Sequence[str] | None, *, sure: bool) -> None:
        """A build begins since these files changed; the first one has None.

        Where it is not ``sure`` that they matter, a build without any work need not be told.
        """

    def event(self, event: Event) -> None:
        """Something happens in a build."""

    def faults(self, problems: tuple[Problem, ...]) -> None:
        """A build could not begin; the watch goes on."""

    def offer(self, plan: Plan, consent: Consent, purse: Purse) -> None:
        """Something has to be bought."""

    def bought(self, purse: Purse) -> None:
        """A build that might buy is over."""

    def puzzled(self, *, asking: bool) -> None:
        """Somebody typed something else than what was asked for, or too early."""


class Watch:
    """One watch: :meth:`run` returns when it is interrupted.

    Args:
        typed: returns the lines typed since it was last called; None if nobody is there.
        now: a monotonic clock, seconds.
    """

    def __init__(
        self,
        asked: Asked,
        purse: Purse,
        notices: Notices,
        teller: Teller,
        typed: Callable[[], Sequence[Typed]] | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._asked = asked
        self._purse = purse
        self._notices = notices
        self._teller = teller
        self._typed = typed
        self._now = now
        self._rounds = Rounds(asked, purse, self._see, teller.faults, self._learn)
        self._gathering = Gathering()
        self._interest = Interest(asked.root)
        self._left: dict[str, tuple[int, ...] | None] = {}
        self._lock = os.path.join(asked.root, locks.NAME)
        self._taken = 0
        self._offer: Offer | None = None
        self._told: Offer | None = None
        self._offered = 0.0
        self._tried: frozenset[int] = frozenset()
        self._interrupted = False

    def run(self) -> int:
        """Build, then build after each change until somebody interrupts.

        Returns 130 if a build was interrupted, 0 if the watch only waited: that is how one ends.
        Raises UsageError for settings unfit to begin with, and where the project goes away.
        """
        self._interest = first_interest(self._asked.opened())
        try:
            self._notices.arm(self._interest.watched())
            self._round(None)
            while not self._interrupted:
                self._step()
        except KeyboardInterrupt:
            return INTERRUPTED if self._interrupted else 0
        finally:
            self._notices.close()
        return INTERRUPTED

    def _step(self) -> None:
        self._note(self._notices.wait(PENDING_TICK if self._gathering else TICK))
        now = self._now()
        lines = self._typed() if self._typed else ()
        if self._gathering:
            if self._gathering.is_due(now, busy=is_git_busy(self._asked.root, time.time())):
                self._round(self._gathering.take())
        elif self._offer and self._purse.is_given:
            if now - self._offered >= SETTLE:
                self._buy(self._offer)
        elif lines:
            self._answer(lines)

    def _note(self, changes: Iterable[Change]) -> None:
        """Gather what matters of ``changes``."""
        now = self._now()
        made: list[Change] = []
        for change in changes:
            sort = self._interest.sort(change)
            if sort is Sort.MADE:
                made.append(change)
            elif sort is not Sort.NOTHING:
                self._gathering.add(change.path, now, sure=sort is Sort.READ)
        if made:
            for path in self._others():
                self._gathering.add(path, now, sure=False)

    def _others(self) -> list[str]:
        """Return the outputs, and the lock, that are not as the last build left them."""
        return [path for path, seen in self._left.items() if _look(path) != seen]

    def _answer(self, lines: Sequence[Typed]) -> None:
        fresh = [line for line in lines if line.at >= self._offered]
        if self._offer and any(line.text.strip().lower() == "b" for line in fresh):
            self._buy(self._offer)
        elif any(line.text.strip() for line in lines):
            self._teller.puzzled(asking=self._offer is not None)

    def _round(self, gathered: Gathered | None) -> None:
        """Do all free work, then say what is left to be bought."""
        self._offer = None
        sure = gathered is None or gathered.sure
        if sure:
            self._told = None
        self._teller.begin(None if gathered is None else gathered.paths, sure=sure)
        if not os.path.isdir(self._asked.root):
            raise UsageError(Problem(GONE, facts={"path": self._asked.root}))
        summary = self._build(self._rounds.free)
        if summary is None or self._interrupted:
            return
        calls = self._rounds.open_calls()
        if not calls <= self._tried:
            self._tried |= calls
            summary = self._build(self._rounds.collect) or summary
        if summary.would_run or summary.declined:
            self._ask()

    def _ask(self) -> None:
        plan = None if self._interrupted else self._rounds.plan()
        offer = offer_of(plan) if plan else None
        if plan is None or offer is None:
            return
        consent = self._consent()
        if offer != self._told:
            self._told, self._offered = offer, self._now()
            self._teller.offer(plan, consent, self._purse)
        if consent in (Consent.ASK, Consent.CAP):
            self._offer = offer

    def _consent(self) -> Consent:
        if self._purse.is_given:
            return Consent.SPENT if self._purse.is_empty else Consent.CAP
        return Consent.NOBODY if self._typed is None else Consent.ASK

    def _buy(self, offer: Offer) -> None:
        self._offer = None
        summary = self._build(lambda: self._rounds.buy(offer))
        self._teller.bought(self._purse)
        self._told = None
        if summary is not None and summary.declined:
            self._ask()  # the project is another one by now

    def _build(self, run: Callable[[], Summary | None]) -> Summary | None:
        """Run one build, and remember how it leaves the project."""
        before = self._interest
        self._interest = unsure(before)
        self._taken = _file_time(self._asked)
        try:
            summary = run()
        finally:
            self._notices.arm(self._interest.watched())
            self._left[self._lock] = _look(self._lock)
        self._interrupted = bool(summary and summary.interrupted)
        return summary

    def _see(self, event: Event) -> None:
        """Remember how a file looks that was written just now, before anybody else writes it."""
        if isinstance(event, TargetDone):
            for path in event.written:
                full = os.path.join(self._asked.root, path)
                self._left[full] = _look(full)
        self._teller.event(event)

    def _learn(self, project: Project, loaded: Loaded) -> None:
        """Take note of what the project consists of, before the build does anything."""
        self._interest = interest_of(project, loaded, self._asked.selection)
        self._left = {path: _look(path) for path in self._interest.made}
        if self._notices.arm(self._interest.watched()):
            # What changed after it was read and before it was watched was told by nobody.
            now = self._now()
            for path in sorted(self._interest.read):
                if _is_newer(path, self._taken):
                    self._gathering.add(path, now, sure=True)


def _look(path: str) -> tuple[int, ...] | None:
    try:
        return look_of(os.stat(path))
    except OSError:
        return None


def _file_time(asked: Asked) -> int:
    try:
        return snapshot.clock(project_folder(cache_dir(asked.environ), asked.root))
    except OSError:  # the build will say so
        return time.time_ns()


def _is_newer(path: str, taken: int) -> bool:
    try:
        seen = os.stat(path)
    except OSError:
        return False
    return max(seen.st_mtime_ns, seen.st_ctime_ns) >= taken
