"""One build in a process of its own, which may die at any durable step; knows no kill plan.

What it has to say goes out as lines of JSON: that its first durable step is about to be taken,
and how it ended.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from assetgen.app.asked import Hands, Options
from assetgen.app.building import build
from assetgen.app.consent import Caps
from assetgen.app.project import Project, open_project
from assetgen.cli.main import main
from assetgen.clock import Clock
from assetgen.errors import AssetgenError
from assetgen.events import Event, Notice, TargetFailed
from assetgen.store.fs import Fs, KillingFs

MOST = 800
"""Characters of what is quoted: a line must fit into what a pipe takes at once."""

Say = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Task:
    """What a builder is to do.

    Attributes:
        root: the project's folder; environ: its whole environment.
        kill_at: the durable step, counted from 1, at which it dies; 0 for none.
        twin: the name of the broken twin that builds, empty for the real thing.
        pace: how many seconds of its clock pass in one; begun: when both clocks were equal.
        max_images: the cap of this build.
        argv: arguments of the command line, which then runs instead of a build.
        log: where a command line's output goes.
    """

    root: str
    environ: Mapping[str, str]
    kill_at: int = 0
    twin: str = ""
    pace: float = 1.0
    begun: float = 0.0
    max_images: int = 99
    argv: tuple[str, ...] = ()
    log: str = os.devnull


class Paced:
    """A clock that runs ``pace`` times as fast as the machine's, in every process alike."""

    def __init__(self, pace: float, begun: float) -> None:
        self._pace = pace
        self._begun = begun

    def now(self) -> float:
        """Return seconds since the epoch, as this clock has them."""
        return self._begun + (time.time() - self._begun) * self._pace

    async def sleep(self, seconds: float) -> None:
        """Wait for ``seconds`` of this clock."""
        await asyncio.sleep(seconds / self._pace)


class Steps(KillingFs):
    """Says when the first durable step comes, and dies at step ``at``; at none if that is 0."""

    def __init__(self, at: int, begin: Callable[[], None]) -> None:
        super().__init__(at)
        self._begin: Callable[[], None] | None = begin

    def step(self, name: str) -> None:
        """Count."""
        begin, self._begin = self._begin, None
        if begin:
            begin()
        super().step(name)


class Twin:
    """How a build is put together: this one as it ships, its subclasses each with one mistake."""

    def fs(self, at: int, begin: Callable[[], None]) -> Fs:
        """Return what writes durably."""
        return Steps(at, begin)

    def project(self, task: Task, fs: Fs, clock: Clock) -> Project:
        """Return the project, opened."""
        return open_project(task.root, task.environ, fs=fs, clock=clock)

    def hands(self, project: Project, hands: Hands) -> Hands:
        """Return what the build is given."""
        return hands


def perform(task: Task, twin: Twin, say: Say) -> None:
    """Build, or run a command line, and say how it ended."""
    os.environ.clear()
    os.environ.update(task.environ)
    try:
        if task.argv:
            _command(task, say)
        else:
            _build(task, twin, say)
    except AssetgenError as error:
        kinds = [problem.kind.name for problem in error.problems]
        say(
            {
                "said": "ended",
                "code": error.exit_code,
                "problems": kinds,
                "text": str(error)[-MOST:],
            }
        )
    except Exception:
        say({"said": "crashed", "text": traceback.format_exc()[-MOST:]})


def _build(task: Task, twin: Twin, say: Say) -> None:
    events: list[Event] = []
    fs = twin.fs(task.kill_at, lambda: say({"said": "begun"}))
    project = twin.project(task, fs, Paced(task.pace, task.begun))
    hands = twin.hands(project, Hands(emit=events.append))
    summary = build(project, Options(caps=Caps(max_images=task.max_images)), hands)
    problems = [e.problem for e in events if isinstance(e, Notice | TargetFailed)]
    say(
        {
            "said": "ended",
            "code": summary.exit_code,
            "text": "\n".join(map(str, problems))[-MOST:],
        }
    )


def _command(task: Task, say: Say) -> None:
    """Run `assetgen` as it is installed; the exit code is this process's."""
    os.chdir(task.root)
    handle = os.open(task.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    sys.argv = ["assetgen", *task.argv]
    main()
