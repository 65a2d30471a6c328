"""Tells what changes in some folders, by the system's notices or by looking; knows no project."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress

# Its documented lower half: `watch()` says neither when it has begun nor what it has still to tell.
from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError

from assetgen.app.watch.changes import Change, Event, Notices
from assetgen.errors import Kind, Problem
from assetgen.store.look import look_of

STEP = 20
"""Milliseconds between two looks at whether a notice has come, and what parts two bursts."""
BURST = 200
"""Milliseconds after which a burst is told although it goes on."""
LOOK_SECONDS = 0.5
"""Between two looks where there are no notices."""

NO_NOTICES = Kind(
    "no-notices",
    "the system gives no notices of changes here ({reason})",
    "assetgen looks twice a second instead; on Linux 'sysctl fs.inotify.max_user_watches' says "
    "how many folders may be watched",
)

Signature = tuple[int, ...]


class SystemNotices:
    """Notices of the operating system: inotify, FSEvents, ReadDirectoryChangesW."""

    def __init__(self) -> None:
        self._armed: dict[str, Signature] = {}
        self._notify: RustNotify | None = None
        self._left: list[Change] = []

    def arm(self, folders: Collection[str]) -> bool:
        """Watch these folders. Raises OSError where the system will not."""
        wanted = dict(_identified(folders))
        if wanted == self._armed:
            return False
        try:
            begun = RustNotify(list(wanted), False, False, 0, False, False)
        except FileNotFoundError:  # gone since it was looked at: what is above it tells so
            return False
        except (OSError, WatchfilesRustInternalError) as error:
            raise OSError(str(error).partition(" about ")[0]) from None
        # What the old one has still to tell would be lost with it.
        self._left += self._told(1)
        self.close()
        fresh = not wanted.items() <= self._armed.items()
        self._notify, self._armed = begun, wanted
        return fresh

    def wait(self, seconds: float) -> list[Change]:
        """Return what changed."""
        left, self._left = self._left, []
        return left or self._told(max(1, int(seconds * 1000)))

    def close(self) -> None:
        """Watch nothing any more."""
        if self._notify is not None:
            self._notify.close()
        self._notify, self._armed = None, {}

    def _told(self, milliseconds: int) -> list[Change]:
        if self._notify is None:
            return []
        told = self._notify.watch(BURST, STEP, milliseconds, None)
        if told == "signal":
            raise KeyboardInterrupt
        if isinstance(told, str):
            return []
        return [Change(Event(number), path) for number, path in sorted(told, key=_by_path)]


class Looking:
    """Looks at every file again and again: where the system gives no notices.

    watchfiles can look as well, but only at whole seconds: of two edits in one it tells one.
    """

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep
        self._seen: dict[str, dict[str, Signature]] = {}
        self._rest = LOOK_SECONDS

    def arm(self, folders: Collection[str]) -> bool:
        """Watch these folders."""
        known = self._seen
        fresh = [folder for folder in folders if folder not in known and os.path.isdir(folder)]
        self._seen = {folder: known[folder] for folder in folders if folder in known}
        self._seen.update((folder, _files(folder)) for folder in fresh)
        return bool(fresh)

    def wait(self, seconds: float) -> list[Change]:
        """Return what changed since the last look."""
        nap = min(seconds, self._rest)
        self._sleep(nap)
        self._rest -= nap
        if self._rest > 0:
            return []
        self._rest = LOOK_SECONDS
        changes: list[Change] = []
        for folder, before in self._seen.items():
            now = self._seen[folder] = _files(folder)
            changes += _differences(before, now)
        return changes

    def close(self) -> None:
        """Watch nothing any more."""
        self._seen = {}


class Either:
    """One that tells of changes, and another one from the moment when that one cannot any more.

    ``tell`` is told so, once.
    """

    def __init__(self, first: Notices, other: Notices, tell: Callable[[Problem], None]) -> None:
        self._now = first
        self._other = other
        self._tell = tell

    def arm(self, folders: Collection[str]) -> bool:
        """Watch these folders. Raises OSError if neither can."""
        try:
            return self._now.arm(folders)
        except OSError as error:
            if self._now is self._other:
                raise
            self._now.close()
            self._now = self._other
            reason = error.strerror or str(error)
            self._tell(Problem(NO_NOTICES, facts={"reason": reason}))
            return self._now.arm(folders)

    def wait(self, seconds: float) -> list[Change]:
        """Return what changed."""
        return self._now.wait(seconds)

    def close(self) -> None:
        """Watch nothing any more."""
        self._now.close()


def _identified(folders: Collection[str]) -> Iterator[tuple[str, Signature]]:
    """Yield the folders that exist with what tells one from another of the same name."""
    for folder in folders:
        with suppress(OSError):
            seen = os.stat(folder)
            if os.access(folder, os.R_OK | os.X_OK):
                yield folder, (seen.st_dev, seen.st_ino)


def _files(folder: str) -> dict[str, Signature]:
    found: dict[str, Signature] = {}
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                seen = entry.stat()
                # A folder is another one after each file that is made in it.
                found[entry.path] = (seen.st_ino,) if entry.is_dir() else look_of(seen)
    return found


def _differences(before: dict[str, Signature], now: dict[str, Signature]) -> Iterator[Change]:
    for path in sorted(before.keys() | now.keys()):
        if path not in now:
            yield Change(Event.DELETED, path)
        elif path not in before:
            yield Change(Event.ADDED, path)
        elif before[path] != now[path]:
            yield Change(Event.MODIFIED, path)


def _by_path(told: tuple[int, str]) -> tuple[str, int]:
    return told[1], told[0]
