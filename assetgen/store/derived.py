"""Results of local work that can be made again, up to a size; knows no action and nothing paid.

A cache may forget, so it may not fail: whatever is damaged is thrown away, and where the disk
refuses, there is no cache. Bytes are returned only if they hash to what was recorded.

diskcache keeps it. Left alone, that library runs code that a planted row holds as a pickle, follows
file names out of its folder, and sets its database up as a planted table says; see
:class:`PlainDisk` and :func:`_is_ours`. What is stored first is evicted first, so that reading
writes nothing.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

import diskcache
from diskcache.core import (
    DBNAME,
    DEFAULT_SETTINGS,
    METADATA,
    MODE_BINARY,
    MODE_RAW,
    UNKNOWN,
)

from assetgen.digest import Digest, parse_digest, sha256
from assetgen.store.disk import private_folder

SIZE_LIMIT = 1 << 30
"""Bytes on the disk from which on the oldest are evicted."""
BUSY_SECONDS = 5

_SETTINGS = {
    **DEFAULT_SETTINGS,
    "eviction_policy": "least-recently-stored",
    "sqlite_mmap_size": 0,  # a file that is cut while it is mapped would kill the process
}
_FILE = re.compile(r"[0-9a-f]{2}[/\\][0-9a-f]{2}[/\\][0-9a-f]{28}\.val")
_BROKEN = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

_T = TypeVar("_T")


class PlainDisk(diskcache.Disk):  # type: ignore[misc] # the library has no types
    """Keys are text, values are bytes or text; anything else is refused, above all pickles.

    A refusal to read is an OSError, which the library takes for a value that is not there.
    """

    def put(self, key: object) -> tuple[str, bool]:
        """Return a key as the database has it."""
        if type(key) is not str:
            raise TypeError("a key of the cache is text")
        return key, True

    def get(self, key: object, raw: object) -> str:
        """Return a key that the database has."""
        if type(key) is not str or not raw:
            raise OSError("a key of the cache is text")
        return key

    def store(
        self, value: object, read: bool, key: object = UNKNOWN
    ) -> tuple[int, int, str | None, object]:
        """Return (size, mode, file name, value of the row), having written the file if any."""
        if type(value) is str:
            return 0, MODE_RAW, None, value
        if type(value) is not bytes or read:
            raise TypeError("a value of the cache is bytes or text")
        if len(value) < self.min_file_size:
            return 0, MODE_RAW, None, value
        name, path = self.filename(key, value)
        try:
            self._write(path, iter([value]), "xb")
        except BaseException:
            self.remove(name)
            raise
        return len(value), MODE_BINARY, name, None

    def fetch(self, mode: object, filename: object, value: object, read: bool) -> bytes | str:
        """Return the value of a row."""
        if mode == MODE_RAW and isinstance(value, bytes | str):
            return value
        path = self._inside(filename)
        if mode != MODE_BINARY or read or path is None or not os.path.isfile(path):
            raise OSError("not a plain value of the cache")
        with open(path, "rb") as file:
            return file.read()

    def remove(self, file_path: object) -> None:
        """Remove a value's file."""
        if self._inside(file_path) is not None:
            super().remove(file_path)

    def _inside(self, name: object) -> str | None:
        """Return the path of a file that this class may have written, else None."""
        if not isinstance(name, str) or not _FILE.fullmatch(name):
            return None
        path = os.path.join(os.path.realpath(self._directory), name)
        return path if os.path.realpath(path) == path else None


class Derived:
    """Bytes by the key of the local action that made them. Never raises for what a disk does.

    Args:
        folder: made on the first put.
        size_limit: in bytes.
    """

    def __init__(self, folder: str, size_limit: int = SIZE_LIMIT) -> None:
        self._folder = os.path.abspath(folder)
        self._limit = size_limit
        self._cache: Any = None
        # The library expands variables in the folder's name, and would work in another one.
        self._off = os.path.expandvars(self._folder) != self._folder

    def get(self, key: Digest) -> bytes | None:
        """Return the bytes of an action's result, or None."""
        return self._reading(lambda cache: _get(cache, key))

    def result(self, key: Digest) -> Digest | None:
        """Return the digest of an action's result where its bytes are cached, else None."""
        return self._reading(lambda cache: _result(cache, key))

    def has(self, key: Digest) -> bool:
        """Return whether the bytes of an action's result are cached."""
        return self.result(key) is not None

    def put(self, key: Digest, data: bytes) -> None:
        """Keep ``data`` as the result of an action, for as long as there is room."""
        if len(data) <= self._limit:
            self._guarded(lambda cache: _put(cache, key, data), None)

    def close(self) -> None:
        """Close the database; it opens again by itself."""
        cache, self._cache = self._cache, None
        if cache is not None:
            with contextlib.suppress(sqlite3.Error):
                cache.close()

    def _reading(self, use: Callable[[Any], _T | None]) -> _T | None:
        if self._cache is None and not os.path.exists(os.path.join(self._folder, DBNAME)):
            return None
        return self._guarded(use, None)

    def _guarded(self, use: Callable[[Any], _T], otherwise: _T) -> _T:
        """Return what ``use`` finds in the cache, or ``otherwise`` if there can be none."""
        for mended in (False, True):
            if self._off:
                break
            try:
                return use(self._opened())
            except diskcache.Timeout:
                break  # somebody else writes for long: this once, there is no cache
            except Exception as error:
                # Whatever a damaged database makes the library raise, no build ends by it.
                self.close()
                if mended or not _is_broken(error):
                    self._off = True
                else:
                    _clear(self._folder)
        return otherwise

    def _opened(self) -> Any:
        if self._cache is None:
            private_folder(self._folder)
            path = os.path.join(self._folder, DBNAME)
            if os.path.exists(path) and not _is_ours(path):
                _clear(self._folder)
            settings = {**_SETTINGS, "size_limit": self._limit}
            self._cache = diskcache.Cache(
                self._folder, timeout=BUSY_SECONDS, disk=PlainDisk, **settings
            )
        return self._cache


def _result(cache: Any, key: Digest) -> Digest | None:
    recorded = cache.get(f"result {key}")
    try:
        digest = parse_digest(recorded)
    except ValueError:
        return None
    return digest if f"bytes {digest}" in cache else None


def _get(cache: Any, key: Digest) -> bytes | None:
    digest = _result(cache, key)
    if digest is None:
        return None
    data = cache.get(f"bytes {digest}")
    if isinstance(data, bytes) and sha256(data) == digest:
        return data
    cache.delete(f"bytes {digest}")
    return None


def _put(cache: Any, key: Digest, data: bytes) -> None:
    # Equal results of different actions are stored once.
    digest = sha256(data)
    if cache.get(f"bytes {digest}") != data:
        cache.set(f"bytes {digest}", data)
    if cache.get(f"result {key}") != digest:
        cache.set(f"result {key}", digest)


def _is_ours(path: str) -> bool:
    """Return whether a database's settings are the ones that :class:`Derived` makes.

    The library obeys what stands there before it looks at what it is told.
    """
    with contextlib.closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as db:
        try:
            rows = db.execute("SELECT key, value FROM Settings").fetchall()
        except sqlite3.Error as error:
            if "no such table" in str(error):
                return True  # another process is about to make it
            raise
    return all(
        key in METADATA or (key in _SETTINGS and (key == "size_limit" or value == _SETTINGS[key]))
        for key, value in rows
    )


def _is_broken(error: Exception) -> bool:
    if isinstance(error, sqlite3.Error):
        return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _BROKEN
    return not isinstance(error, OSError)


def _clear(folder: str) -> None:
    """Remove the database and its values, and nothing else that may be in the folder."""
    paths = [os.path.join(folder, DBNAME + end) for end in ("", "-wal", "-shm", "-journal")]
    for above, _, files in os.walk(folder):
        found = (os.path.join(above, name) for name in files)
        paths += [path for path in found if _FILE.fullmatch(os.path.relpath(path, folder))]
    for path in paths:
        with contextlib.suppress(OSError):
            os.unlink(path)
