"""Which processes live and which one builds a project; knows no call, no target and no output.

A process is known to live by a lock of the operating system, which goes when the process goes, in
whatever way. A lock file by itself therefore says nothing: it may be held, or left behind.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import socket
import time
import uuid
from collections.abc import Callable

from filelock import FileLock, Timeout

from assetgen.errors import Kind, Problem, StoreError, printable
from assetgen.store.disk import PRIVATE_FILE, disk_error, private_folder

POLL_SECONDS = 0.1
MAX_HOLDER = 4096
"""Bytes read of what a holder says of itself."""

LOCK_UNSUPPORTED = Kind(
    "lock-unsupported",
    "the file system of {path} cannot lock files ({reason})",
    "name a folder on a local disk in ASSETGEN_DATA_DIR and ASSETGEN_CACHE_DIR",
)

_NO_LOCKS = {errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK}
_ID = re.compile(r"[0-9a-f]{32}\Z")


class Session:
    """A run of the program; its calls in the ledger are its own while it lives."""

    def __init__(self, id: str, lock: FileLock) -> None:
        self.id = id
        self._lock = lock

    @classmethod
    def open(cls, data_dir: str) -> Session:
        """Return a new session of this process; files of dead ones are removed.

        Raises StoreError.
        """
        folder = _folder(data_dir)
        id = uuid.uuid4().hex
        lock = _lock(os.path.join(folder, f"{id}.lock"))
        try:
            private_folder(folder)
            _sweep(data_dir)
            # Somebody else's sweep may have the new file for a moment.
            lock.acquire(timeout=10, poll_interval=0.01)
        except OSError as error:
            raise _lock_error(error, lock.lock_file) from error
        return cls(id, lock)

    def close(self) -> None:
        """End the session: what it left open may be taken over."""
        if self._lock.is_locked:
            _drop(self._lock)


def is_alive(data_dir: str, session_id: str) -> bool:
    """Return whether the process of a session still runs; its file is removed if not.

    While one process asks, a dead session may seem alive to another one that asks at that moment.
    Raises StoreError.
    """
    path = os.path.join(_folder(data_dir), f"{session_id}.lock")
    if not _ID.match(session_id) or not os.path.exists(path):
        return False
    lock = _lock(path)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return True
    except OSError as error:
        raise _lock_error(error, path) from error
    _drop(lock)
    return False


def _sweep(data_dir: str) -> None:
    for name in os.listdir(_folder(data_dir)):
        id, ext = os.path.splitext(name)
        if ext == ".lock":
            with contextlib.suppress(StoreError):  # another user's file is not ours to sweep
                is_alive(data_dir, id)


def _folder(data_dir: str) -> str:
    return os.path.join(os.path.abspath(data_dir), "sessions")


def _lock(path: str) -> FileLock:
    # A lock that only watches whether a file exists would outlive a killed process: rather none.
    return FileLock(path, mode=PRIVATE_FILE, thread_local=False, fallback_to_soft=False)


def _drop(lock: FileLock) -> None:
    """Remove a held lock's file and let go of it; whoever opened the file before looks again."""
    with contextlib.suppress(OSError):  # Windows keeps a file that is open
        os.unlink(lock.lock_file)
    lock.release()
    if os.name == "nt":
        with contextlib.suppress(OSError):
            os.unlink(lock.lock_file)


def _lock_error(error: OSError, path: str) -> StoreError:
    if isinstance(error, Timeout) or error.errno in _NO_LOCKS:
        reason = error.strerror or "it stays locked"
        return StoreError(Problem(LOCK_UNSUPPORTED, facts={"path": path, "reason": reason}))
    return disk_error(error, path)


class ProjectLock:
    """Lets one build of a project run at a time, and says to the others who is running.

    Args:
        path: the lock file; what the holder says of itself is beside it, in ``<path>.json``.
    """

    def __init__(self, path: str) -> None:
        self.path = os.path.abspath(path)
        self._lock = _lock(self.path)

    def acquire(self, on_wait: Callable[[str], None]) -> None:
        """Return when the project is this process's alone.

        ``on_wait`` is called once, with a printable text about the holder, if that takes a while.
        Raises StoreError.
        """
        try:
            private_folder(os.path.dirname(self.path))
            try:
                self._lock.acquire(blocking=False)
            except Timeout:
                on_wait(self._holder())
                while not self._lock.is_locked:
                    with contextlib.suppress(Timeout):
                        self._lock.acquire(timeout=60, poll_interval=POLL_SECONDS)
        except OSError as error:
            raise _lock_error(error, self.path) from error
        with contextlib.suppress(OSError):  # only a courtesy to those who wait
            self._introduce()

    def release(self) -> None:
        """Let the next one build. Does nothing if it is not held."""
        if self._lock.is_locked:
            with contextlib.suppress(OSError):
                os.unlink(self._about)
            self._lock.release()

    @property
    def _about(self) -> str:
        return f"{self.path}.json"

    def _introduce(self) -> None:
        text = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": time.time()})
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
        with open(os.open(self._about, flags, PRIVATE_FILE), "w", encoding="utf-8") as file:
            file.write(text)

    def _holder(self) -> str:
        """Return who holds the lock, as it says itself: only ever shown, never relied on."""
        try:
            with open(self._about, "rb") as file:
                about = json.loads(file.read(MAX_HOLDER))
            pid, host = str(int(about["pid"]))[:20], str(about["host"])[:100]
            at = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(float(about["since"])))
        except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
            return "another assetgen process"
        return f"process {pid} on {printable(host)} since {at}"
