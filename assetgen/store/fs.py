"""Every durable write goes through here; knows paths and bytes, and nothing of what they mean."""

from __future__ import annotations

import os
import signal
import tempfile
from typing import Protocol


class Fs(Protocol):
    """The seam of durable writes; the real one is :class:`DiskFs`."""

    def write(self, path: str, data: bytes, *, mode: int = 0o666) -> None:
        """Replace ``path`` by ``data``: temp file in the same folder, fsync, rename."""

    def remove(self, path: str) -> None:
        """Remove a file; one that is not there is fine."""

    def step(self, name: str) -> None:
        """A durable step of somebody else (a commit of the ledger) is about to be or was taken."""


class DiskFs:
    """Writes to the disk; :meth:`step` is where twins look on, and does nothing here."""

    def write(self, path: str, data: bytes, *, mode: int = 0o666) -> None:
        """Replace ``path`` by ``data``; folders are made. Raises OSError, leaving no temp file."""
        folder = os.path.dirname(path) or "."
        os.makedirs(folder, exist_ok=True)
        handle, temp = tempfile.mkstemp(prefix=".assetgen-", dir=folder)
        try:
            try:
                self.step(f"write {os.path.basename(path)}")
                view = memoryview(data)
                while view:
                    view = view[os.write(handle, view) :]
                os.fchmod(handle, mode & ~_umask())
                self.step(f"fsync {os.path.basename(path)}")
                os.fsync(handle)
            finally:
                os.close(handle)
            self.step(f"rename {os.path.basename(path)}")
            os.replace(temp, path)
        except BaseException:
            if os.path.exists(temp):
                os.unlink(temp)
            raise
        self.step(f"fsync folder of {os.path.basename(path)}")
        _sync_folder(folder)

    def remove(self, path: str) -> None:
        """Remove a file; one that is not there is fine."""
        self.step(f"remove {os.path.basename(path)}")
        try:
            os.unlink(path)
        except FileNotFoundError:
            return

    def step(self, name: str) -> None:
        """Do nothing: the seam for the twins below."""


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


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: str) -> None:
    if os.name == "nt":  # Windows cannot open a folder; its rename is durable by itself
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
