"""Private folders, and what it means when a disk refuses; knows no store and no format."""

from __future__ import annotations

import errno
import os

from assetgen.errors import Kind, Problem, StoreError

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600

DISK_FULL = Kind(
    "disk-full",
    "no space is left for {path}",
    "free some space and run again; what was stored before is safe",
)
QUOTA_FULL = Kind(
    "quota-full",
    "your disk quota is used up, so {path} cannot be written",
    "free some space or ask for a higher quota, then run again; what was stored before is safe",
)
SIZE_LIMIT = Kind(
    "disk-size-limit",
    "no file as large as {path} may be written here",
    "raise the limit (ulimit -f), then run again; what was stored before is safe",
)
READ_ONLY = Kind(
    "disk-read-only",
    "{path} cannot be written, its file system is read-only",
    "make it writable, or name another folder in ASSETGEN_DATA_DIR or ASSETGEN_CACHE_DIR",
)
NOT_ALLOWED = Kind(
    "disk-not-allowed",
    "the system does not allow access to {path}",
    "check who owns the file and its folder (ls -l), then run again",
)
NOT_A_FOLDER = Kind(
    "disk-not-a-folder",
    "{path} needs a folder where {blocker} is a file",
    "move that file away, or name another folder in ASSETGEN_DATA_DIR or ASSETGEN_CACHE_DIR",
)
TOO_MANY_OPEN = Kind(
    "disk-too-many-open",
    "too many files are open to use {path}",
    "raise the limit (ulimit -n 4096) or build with a lower -j",
)
DISK_FAILED = Kind(
    "disk-failed",
    "{path} cannot be used: {reason}",
    "check the disk and the file, then run again",
)

_BY_ERRNO = {
    errno.ENOSPC: DISK_FULL,
    errno.EDQUOT: QUOTA_FULL,
    errno.EFBIG: SIZE_LIMIT,
    errno.EROFS: READ_ONLY,
    errno.EACCES: NOT_ALLOWED,
    errno.EPERM: NOT_ALLOWED,
    errno.ENOTDIR: NOT_A_FOLDER,
    errno.EEXIST: NOT_A_FOLDER,
    errno.EMFILE: TOO_MANY_OPEN,
    errno.ENFILE: TOO_MANY_OPEN,
}


def disk_error(error: OSError, path: str) -> StoreError:
    """Return what ``error`` means for someone who wanted to use ``path``."""
    kind = _BY_ERRNO.get(error.errno or 0, DISK_FAILED)
    reason = error.strerror or type(error).__name__
    facts = {"path": path, "reason": reason}
    if kind is NOT_A_FOLDER:
        facts["blocker"] = _blocker(path)
    return StoreError(Problem(kind, facts=facts))


def _blocker(path: str) -> str:
    """Return the nearest thing at or above ``path`` that exists and is no folder."""
    place = path
    while not os.path.lexists(place) and os.path.dirname(place) != place:
        place = os.path.dirname(place)
    return place


def private_folder(path: str) -> None:
    """Make ``path`` a folder that only its owner may enter; new folders are durable.

    Missing folders above it are made likewise. One that exists keeps its mode: it may be shared
    on purpose. Raises OSError.
    """
    path = os.path.abspath(path)
    above = os.path.dirname(path)
    if not os.path.lexists(above):
        private_folder(above)
    try:
        os.mkdir(path, PRIVATE_FOLDER)
    except FileExistsError:
        if not os.path.isdir(path):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path) from None
    else:
        sync_folder(above)


def sync_folder(path: str) -> None:
    """Make the names in a folder durable. Raises OSError."""
    if os.name == "nt":  # Windows cannot open a folder; its rename is durable by itself
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
