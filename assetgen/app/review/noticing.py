"""Says when files of a project changed, whoever changed them; knows no target and looks into none.

The operating system tells at once where it can; looking at every file now and then finds the rest
(network folders, folders that were removed and made again, a missing `watchfiles`).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterable

from assetgen.app.watch.changes import Change, Event
from assetgen.app.watch.interest import Interest, Sort

try:
    import watchfiles
except ModuleNotFoundError:  # an extra, which may not be installed
    watchfiles = None  # type: ignore[assignment]

QUICK_SECONDS = 0.5
"""Between two looks where nobody tells of changes."""
SLOW_SECONDS = 3.0
"""Between two looks where the operating system tells."""
DEBOUNCE_MS = 60
STOP_MS = 300
"""How long the end of watching may take."""

Look = dict[str, tuple[int, int, int]]


class Noticer:
    """Calls ``changed`` when something of the interest changed, in :meth:`run`.

    ``listens`` says whether to let the operating system tell.
    """

    def __init__(self, changed: Callable[[], None], *, listens: bool = True) -> None:
        self._changed = changed
        self._listens = listens and watchfiles is not None
        self._interest: Interest | None = None
        self._folders: tuple[str, ...] = ()
        self._moved = asyncio.Event()
        self._other = asyncio.Event()

    def follow(self, interest: Interest) -> None:
        """Look at these paths from now on."""
        folders = tuple(sorted(interest.watched()))
        before, self._interest = self._interest, interest
        if before is None or (before.read, before.made) != (interest.read, interest.made):
            self._other.set()
        if folders != self._folders:
            self._folders = folders
            self._moved.set()

    async def run(self) -> None:
        """Watch until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._look())
            group.create_task(self._listen())

    async def _look(self) -> None:
        seen: Look = {}
        paths: frozenset[str] = frozenset()
        while True:
            self._other.clear()
            interest = self._interest
            if interest is not None:
                now_paths = interest.read | interest.made
                now = await asyncio.to_thread(_looks, now_paths)
                # Of other paths nobody knows what happened before they were looked at.
                if now_paths != paths or now != seen:
                    self._changed()
                seen, paths = now, now_paths
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SLOW_SECONDS if self._listens else QUICK_SECONDS):
                    await self._other.wait()

    async def _listen(self) -> None:
        while self._listens:
            self._moved.clear()
            if not self._folders:
                await self._moved.wait()
                continue
            try:
                await self._hear(self._folders)
            except OSError:
                # No more watches to be had, or a folder that is gone by now: looking will do.
                self._listens = False

    async def _hear(self, folders: Iterable[str]) -> None:
        found = watchfiles.awatch(
            *folders,
            watch_filter=None,
            debounce=DEBOUNCE_MS,
            step=20,
            rust_timeout=STOP_MS,
            stop_event=self._moved,
            recursive=False,
        )
        async for changes in found:
            interest = self._interest
            if interest is not None and any(_matters(interest, *change) for change in changes):
                self._changed()


def _matters(interest: Interest, kind: int, path: str) -> bool:
    return interest.sort(Change(Event(kind), path)) is not Sort.NOTHING


def _looks(paths: Iterable[str]) -> Look:
    """Return how each of the files looks that are there."""
    found: Look = {}
    for path in paths:
        try:
            stat = os.stat(path)
        except OSError:
            continue
        found[path] = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
    return found
