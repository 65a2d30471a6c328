"""Reads and replaces single files without trusting what stands at a path; knows no project.

Nothing here waits on a pipe or follows a symlink at the last component, and what the disk refuses
leaves as a StoreError with a next step.
"""

from __future__ import annotations

import errno
import os
import stat

from assetgen.errors import Kind, Problem, StoreError
from assetgen.store.fs import Fs

DISK_FULL = Kind(
    "disk-full",
    "no space left to write {path}",
    "free some space and run the command again; nothing that was bought is lost",
)
SIZE_LIMIT = Kind(
    "file-size-limit",
    "no file as large as {path} may be written here",
    "raise the limit (ulimit -f) and run the command again; nothing that was bought is lost",
)
READ_ONLY = Kind(
    "read-only-disk", "{path} is on a read-only file system", "make it writable and try again"
)
NO_PERMISSION = Kind(
    "no-permission",
    "no permission for {path}",
    "check the owner and the permissions of the file and its folder",
)
DISK_REFUSED = Kind(
    "disk-refused", "{path} cannot be used: {reason}", "check the disk and the path, then try again"
)
NOT_A_FILE = Kind(
    "not-a-file",
    "{path} is {what}, not a regular file",
    "move it away, or put a regular file in its place",
)
TOO_LARGE = Kind(
    "file-too-large",
    "{path} has more than {limit} MiB",
    "check that it is the right file; such a large one is not read",
)

OPEN_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)
CHUNK = 1 << 16

_WHAT = {
    stat.S_IFLNK: "a symlink",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
}


def disk_problem(error: OSError, shown: str) -> Problem:
    """Return what to tell of an error of the disk at the path that the user knows as ``shown``."""
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return Problem(DISK_FULL, facts={"path": shown})
    if error.errno == errno.EFBIG:
        return Problem(SIZE_LIMIT, facts={"path": shown})
    if error.errno == errno.EROFS:
        return Problem(READ_ONLY, facts={"path": shown})
    if error.errno in (errno.EACCES, errno.EPERM):
        return Problem(NO_PERMISSION, facts={"path": shown})
    if error.errno == errno.ELOOP:
        return Problem(NOT_A_FILE, facts={"path": shown, "what": "a symlink"})
    reason = error.strerror or type(error).__name__
    return Problem(DISK_REFUSED, facts={"path": shown, "reason": reason})


def not_a_file(mode: int, shown: str) -> Problem:
    """Return what to tell of something that is no regular file; ``mode`` is its st_mode."""
    what = _WHAT.get(stat.S_IFMT(mode), "something else")
    return Problem(NOT_A_FILE, facts={"path": shown, "what": what})


def read_regular(path: str, shown: str, limit: int) -> bytes | None:
    """Return the bytes of a regular file, or None if there is none.

    Raises StoreError for anything else at that place, for more than ``limit`` bytes, and for what
    the disk refuses.
    """
    try:
        handle = os.open(path, OPEN_FLAGS)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise StoreError(_opening_problem(error, path, shown)) from None
    try:
        seen = os.fstat(handle)
        if not stat.S_ISREG(seen.st_mode):
            raise StoreError(not_a_file(seen.st_mode, shown))
        parts: list[bytes] = []
        left = limit + 1
        while left > 0:
            part = os.read(handle, min(left, max(CHUNK, seen.st_size + 1)))
            if not part:
                return b"".join(parts)
            parts.append(part)
            left -= len(part)
        raise StoreError(Problem(TOO_LARGE, facts={"path": shown, "limit": limit >> 20}))
    except OSError as error:
        raise StoreError(disk_problem(error, shown)) from None
    finally:
        os.close(handle)


def _opening_problem(error: OSError, path: str, shown: str) -> Problem:
    # A socket and, on some systems, a folder or a symlink refuse to be opened with a vague error.
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return disk_problem(error, shown)
    return disk_problem(error, shown) if stat.S_ISREG(mode) else not_a_file(mode, shown)


def replace_file(fs: Fs, path: str, shown: str, data: bytes, bits: int | None) -> None:
    """Replace ``path`` by ``data``; ``bits``: permissions of the file that stood there, or None.

    Raises StoreError; then the old file is untouched and no temporary one is left.
    """
    try:
        if bits is None:
            fs.write(path, data)
            return
        fs.write(path, data, mode=bits)
        if stat.S_IMODE(os.lstat(path).st_mode) != bits:
            _set_bits(path, bits)
    except OSError as error:
        raise StoreError(disk_problem(error, shown)) from None


def _set_bits(path: str, bits: int) -> None:
    # The umask took bits that the old file had. By handle, since chmod would follow a symlink.
    if not hasattr(os, "fchmod"):
        return
    handle = os.open(path, OPEN_FLAGS)
    try:
        os.fchmod(handle, bits)
    finally:
        os.close(handle)
