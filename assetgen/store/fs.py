"""Every durable write goes through here; knows paths and bytes, and nothing of what they mean."""

from __future__ import annotations

import errno
import os
import signal
import tempfile
import threading
from typing import Protocol

from assetgen.store.disk import PRIVATE_FOLDER, sync_folder


class Fs(Protocol):
    """The seam of durable writes; the real one is :class:`DiskFs`."""

    def write(self, path: str, data: bytes, *, mode: int = 0o666) -> None:
        """Replace ``path`` by ``data``: temp file in the same folder, fsync, rename."""

    def remove(self, path: str) -> None:
        """Remove a file; one that is not there is fine."""

    def folder(self, path: str, *, private: bool = False) -> None:
        """Make a folder and those above it, each durable before anything is put into it."""

    def sync_folder(self, path: str) -> None:
        """Make the names in a folder durable."""

    def step(self, name: str) -> None:
        """A durable step of somebody else (a commit of the ledger) is about to be or was taken."""


class DiskFs:
    """Writes to the disk; :meth:`step` is where twins look on, and does nothing here."""

    def write(self, path: str, data: bytes, *, mode: int = 0o666) -> None:
        """Replace ``path`` by ``data``; folders are made. Raises OSError, leaving no temp file."""
        folder = os.path.dirname(path) or "."
        name = os.path.basename(path)
        self.folder(folder)
        handle, temp = tempfile.mkstemp(prefix=".assetgen-", dir=folder)
        try:
            try:
                self.step(f"write {name}")
                self.fill(handle, temp, data)
                os.fchmod(handle, mode & ~_umask())
                self.step(f"fsync {name}")
                self.sync(handle, temp)
            finally:
                os.close(handle)
            self.step(f"rename {name}")
            self.rename(temp, path)
        except BaseException:
            if os.path.exists(temp):
                os.unlink(temp)
            raise
        self.step(f"fsync folder of {name}")
        self.sync_folder(folder)

    def remove(self, path: str) -> None:
        """Remove a file; one that is not there is fine."""
        self.step(f"remove {os.path.basename(path)}")
        try:
            os.unlink(path)
        except FileNotFoundError:
            return

    def folder(self, path: str, *, private: bool = False) -> None:
        """Make a folder and those above it. Raises OSError."""
        path = os.path.abspath(path)
        above = os.path.dirname(path)
        if os.path.isdir(path):
            return
        if not os.path.lexists(above):
            self.folder(above, private=private)
        try:
            self.make(path, PRIVATE_FOLDER if private else 0o777)
        except FileExistsError:
            if not os.path.isdir(path):
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path) from None
        else:
            self.sync_folder(above)

    def step(self, name: str) -> None:
        """Do nothing: the seam for the twins below."""

    # What a write is made of; a power cut may come between any two of these

    def make(self, path: str, mode: int) -> None:
        """Make one folder."""
        os.mkdir(path, mode)

    def fill(self, handle: int, path: str, data: bytes) -> None:
        """Write ``data`` to an open file, which is at ``path``."""
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]

    def sync(self, handle: int, path: str) -> None:
        """Make the bytes of an open file durable."""
        os.fsync(handle)

    def rename(self, temp: str, path: str) -> None:
        """Let ``path`` be the file that was made at ``temp``."""
        os.replace(temp, path)

    def sync_folder(self, path: str) -> None:
        """Make the names in a folder durable. Raises OSError."""
        sync_folder(path)


class RecordingFs(DiskFs):
    """Writes, and remembers each step by name."""

    def __init__(self) -> None:
        self.steps: list[str] = []

    def step(self, name: str) -> None:
        """Remember ``name``."""
        self.steps.append(name)


class KillingFs(DiskFs):
    """Kills its own process (SIGKILL) just before step number ``at``, counted from 1."""

    def __init__(self, at: int) -> None:
        self.left = at

    def step(self, name: str) -> None:
        """Count down; at zero, die as a power cut would have it."""
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


_ASKING = threading.Lock()


def _umask() -> int:
    with _ASKING:  # two threads at once would leave the process without one
        mask = os.umask(0)
        os.umask(mask)
    return mask
