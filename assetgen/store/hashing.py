"""Hashes many files fast, in two or more processes where that pays; knows paths and bytes only.

A git-LFS pointer stands for the file that it names, and is told apart from it.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import signal
import stat
import threading
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, Self

from assetgen.digest import Digest
from assetgen.store.files import CHUNK, OPEN_FLAGS

SPLIT_FROM = 2000
"""Files from which a second process pays: a fork takes as long as hashing some hundred."""
MAX_PROCESSES = 4
POINTER_SIZES = range(120, 161)
"""Bytes that a git-LFS pointer can have."""

_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\noid sha256:([0-9a-f]{64})\n"
    rb"size (?:0|[1-9][0-9]{0,18})\n"
).fullmatch
_ROW = 33
_BYTES, _LFS, _ABSENT, _OTHER, _ERROR = b"b", b"p", b"a", b"o", b"e"


class Look(NamedTuple):
    """What stands at a path: exactly one of digest, mode and error is set, or none for no file.

    Attributes:
        digest: of the bytes, or the one that a pointer names.
        pointer: whether it is a git-LFS pointer.
        mode: st_mode of what is no regular file.
        error: errno of what the disk refused.
    """

    digest: Digest | None = None
    pointer: bool = False
    mode: int = 0
    error: int = 0


def pointer_oid(data: bytes) -> Digest | None:
    """Return the digest that a git-LFS pointer names, or None if ``data`` is none."""
    if len(data) not in POINTER_SIZES:
        return None
    found = _POINTER(data)
    return Digest(found[1].decode()) if found else None


def look_at(paths: Sequence[str], processes: int | None = None) -> list[Look]:
    """Return what stands at each path, the last component not followed if it is a symlink.

    ``processes``: how many may share the work; by default what this machine and process allow.
    """
    with Looking(paths, processes) as looking:
        return looking.end()


class Looking:
    """What :func:`look_at` does, begun in other processes and ended in this one.

    ``aside`` leaves all of the work to the others, as this process has something else to do until
    the end. Used as a context, so that no other process is left behind.
    """

    def __init__(
        self, paths: Sequence[str], processes: int | None = None, *, aside: bool = False
    ) -> None:
        count = _workers(len(paths)) if processes is None else processes
        others = count - 1
        own = 0 if aside and others else len(paths) // count
        rest = len(paths) - own
        self._paths = paths
        self._bounds = [own + rest * number // max(others, 1) for number in range(count)]
        self._children: list[tuple[int, int] | None] = []

    def __enter__(self) -> Self:
        try:
            for first, last in pairwise(self._bounds):
                self._children.append(_start(self._paths[first:last]))
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop()

    def end(self) -> list[Look]:
        """Return what stands at each path; to be called once."""
        rows = [_rows(self._paths[: self._bounds[0]])]
        for first, last in pairwise(self._bounds):
            child = self._children.pop(0)
            found = _finish(*child) if child else b""
            # A child that died (out of memory, say) told too little: its share is done here.
            whole = len(found) == (last - first) * _ROW
            rows.append(found if whole else _rows(self._paths[first:last]))
        data = b"".join(rows)
        return [_look(data[at : at + _ROW]) for at in range(0, len(data), _ROW)]

    def _stop(self) -> None:
        while self._children:
            child = self._children.pop()
            if child:
                os.kill(child[0], signal.SIGKILL)
                _finish(*child)


def _workers(files: int) -> int:
    # A fork copies only the thread that calls it, and whatever locks the others hold.
    if files < SPLIT_FROM or not hasattr(os, "fork") or threading.active_count() > 1:
        return 1
    if hasattr(os, "sched_getaffinity"):
        return min(MAX_PROCESSES, len(os.sched_getaffinity(0)))
    return min(MAX_PROCESSES, os.cpu_count() or 1)


def _start(paths: Sequence[str]) -> tuple[int, int] | None:
    """Begin a share of the work in a child; returns its id and the pipe that it answers on.

    None if the system gives no pipe or process.
    """
    try:
        reader, writer = os.pipe()
    except OSError:
        return None
    try:
        child = os.fork()
    except OSError:
        os.close(reader)
        os.close(writer)
        return None
    if child:
        os.close(writer)
        return child, reader
    status = 1
    try:
        os.close(reader)
        view = memoryview(_rows(paths))
        while view:
            view = view[os.write(writer, view) :]
        status = 0
    finally:
        # Nothing of the parent's may run twice: no handler, no flush, no traceback.
        os._exit(status)


def _finish(child: int, pipe: int) -> bytes:
    with open(pipe, "rb") as file:
        data = file.read()
    os.waitpid(child, 0)
    return data


def _rows(paths: Sequence[str]) -> bytes:
    return b"".join(map(_row, paths))


def _row(path: str) -> bytes:
    """Look at one path; the answer has 33 bytes, so that it can go through a pipe as it is."""
    try:
        handle = os.open(path, OPEN_FLAGS)
    except (FileNotFoundError, NotADirectoryError):
        return _ABSENT + bytes(32)
    except OSError as error:
        return _refused(path, error.errno or errno.EIO)
    try:
        seen = os.fstat(handle)
        if not stat.S_ISREG(seen.st_mode):
            return _OTHER + seen.st_mode.to_bytes(32)
        data = os.read(handle, CHUNK)
        if len(data) < CHUNK and len(data) == seen.st_size:
            oid = pointer_oid(data)
            if oid:
                return _LFS + bytes.fromhex(oid)
            return _BYTES + hashlib.sha256(data).digest()
        return _BYTES + _long_digest(handle, data)
    except OSError as error:
        return _ERROR + (error.errno or errno.EIO).to_bytes(32)
    finally:
        os.close(handle)


def _long_digest(handle: int, data: bytes) -> bytes:
    state = hashlib.sha256()
    while data:
        state.update(data)
        data = os.read(handle, 16 * CHUNK)
    return state.digest()


def _refused(path: str, error: int) -> bytes:
    # A socket, and here and there a symlink or a folder, cannot be opened: say what it is.
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        mode = 0
    if mode and not stat.S_ISREG(mode):
        return _OTHER + mode.to_bytes(32)
    return _ERROR + error.to_bytes(32)


def _look(row: bytes) -> Look:
    kind, rest = row[:1], row[1:]
    if kind == _BYTES:
        return Look(Digest(rest.hex()))
    if kind == _LFS:
        return Look(Digest(rest.hex()), pointer=True)
    if kind == _OTHER:
        return Look(mode=int.from_bytes(rest))
    return Look(error=int.from_bytes(rest)) if kind == _ERROR else Look()
