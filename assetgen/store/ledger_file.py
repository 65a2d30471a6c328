"""The ledger's SQLite file: opening it, its tables, what its refusals mean; knows no transition."""

from __future__ import annotations

import os
import shutil
import sqlite3

from assetgen.errors import Kind, Problem, StoreError
from assetgen.store.disk import (
    DISK_FULL,
    NOT_ALLOWED,
    PRIVATE_FILE,
    READ_ONLY,
    private_folder,
    sync_folder,
)

MEMORY = ":memory:"
BUSY_SECONDS = 10.0
ROOM = 1 << 16
"""Bytes that the ledger's helper files need at least."""

LEDGER_NEWER = Kind(
    "ledger-newer",
    "the ledger {path} was written by a newer assetgen (schema {found}, this one knows {known})",
    "upgrade assetgen",
)
LEDGER_CORRUPT = Kind(
    "ledger-corrupt",
    "the ledger {path} is damaged: {reason}",
    "restore it from a backup; only if there is none, move it away: calls in flight are then "
    "unknown, so look at the services' dashboards before you build",
)
LEDGER_LOCKED = Kind(
    "ledger-locked",
    "another process keeps the ledger {path} locked",
    "wait until the other assetgen is done, then run again",
)
LEDGER_FAILED = Kind(
    "ledger-failed",
    "the ledger {path} cannot be used: {reason}",
    "check the disk and the file, then run again",
)

_BY_CODE = {
    sqlite3.SQLITE_BUSY: LEDGER_LOCKED,
    sqlite3.SQLITE_LOCKED: LEDGER_LOCKED,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_PERM: NOT_ALLOWED,
    sqlite3.SQLITE_CANTOPEN: NOT_ALLOWED,
    sqlite3.SQLITE_FULL: DISK_FULL,
    sqlite3.SQLITE_CORRUPT: LEDGER_CORRUPT,
    sqlite3.SQLITE_NOTADB: LEDGER_CORRUPT,
}

# Each entry brings the file from the version that is its index to the next one. A key's manifest is
# stored once, however many takes it has.
MIGRATIONS = (
    """
    CREATE TABLE manifests (
        key TEXT NOT NULL PRIMARY KEY,
        text TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE calls (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        key TEXT NOT NULL REFERENCES manifests (key),
        take INTEGER NOT NULL,
        epoch INTEGER NOT NULL,
        provider TEXT NOT NULL,
        model TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('intent', 'accepted', 'completed', 'fetched',
            'refused', 'failed', 'ambiguous', 'abandoned')),
        job_id TEXT NOT NULL,
        session TEXT NOT NULL,
        project TEXT NOT NULL,
        target TEXT NOT NULL,
        price REAL,
        cost REAL,
        results TEXT NOT NULL DEFAULT '[]',
        sha256 TEXT,
        reason TEXT NOT NULL DEFAULT '',
        charged INTEGER,
        created REAL NOT NULL,
        updated REAL NOT NULL,
        UNIQUE (key, take, epoch),
        CHECK ((state = 'fetched') = (sha256 IS NOT NULL))
    );
    CREATE INDEX unsettled_calls ON calls (project)
        WHERE state IN ('intent', 'accepted', 'completed', 'ambiguous');
    CREATE TABLE made (
        sha256 TEXT NOT NULL,
        key TEXT NOT NULL REFERENCES manifests (key),
        PRIMARY KEY (sha256, key)
    ) WITHOUT ROWID;
    CREATE TABLE picks (
        key TEXT NOT NULL PRIMARY KEY,
        sha256 TEXT NOT NULL
    ) WITHOUT ROWID;
    """,
    """
    ALTER TABLE calls ADD COLUMN route TEXT NOT NULL DEFAULT '';
    ALTER TABLE calls ADD COLUMN token TEXT NOT NULL DEFAULT '';
    CREATE INDEX fetched_bytes ON calls (sha256) WHERE sha256 IS NOT NULL;
    """,
    """
    CREATE TABLE choices (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        project TEXT NOT NULL,
        target TEXT NOT NULL,
        kind TEXT NOT NULL,
        key TEXT NOT NULL,
        take INTEGER NOT NULL,
        sha256 TEXT NOT NULL,
        note TEXT NOT NULL,
        created REAL NOT NULL
    );
    CREATE INDEX choices_of_a_target ON choices (project, target);
    CREATE INDEX calls_of_a_target ON calls (project, target);
    ALTER TABLE calls ADD COLUMN listed INTEGER NOT NULL DEFAULT 0;
    UPDATE calls SET listed = 1;
    CREATE INDEX unlisted_calls ON calls (project)
        WHERE listed = 0 AND epoch > 0 AND state = 'fetched';
    """,
)
VERSION = len(MIGRATIONS)


def database_error(error: Exception, path: str) -> StoreError:
    """Return what ``error`` means for someone who wanted to use the ledger at ``path``."""
    kind = _BY_CODE.get(_code(error), LEDGER_FAILED)
    if kind is LEDGER_FAILED and _is_full(path):
        kind = DISK_FULL
    return StoreError(Problem(kind, facts={"path": path, "reason": str(error)}))


def _is_full(path: str) -> bool:
    # Where SQLite's helper files find no room, it says "disk I/O error".
    try:
        return shutil.disk_usage(os.path.dirname(path)).free < ROOM
    except OSError:
        return False


def _code(error: Exception) -> int:
    """Return SQLite's primary result code, or -1 where Python's own module refused."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return -1 if code is None else code & 0xFF


def make_private(path: str) -> None:
    """Make an empty file that only its owner may read, unless there is one. Raises OSError."""
    private_folder(os.path.dirname(path))
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, PRIVATE_FILE))
    except FileExistsError:
        return
    sync_folder(os.path.dirname(path))


def connect(path: str) -> sqlite3.Connection:
    """Return a connection to an existing file, durable at each commit.

    Where the folder takes no helper files it is one that can only read. Raises OSError,
    sqlite3.Error.
    """
    if path == MEMORY:
        return sqlite3.connect(MEMORY, isolation_level=None)
    try:
        return _connected(path, "mode=rw")
    except sqlite3.OperationalError as error:
        refused = _code(error) in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
        if not refused or not _is_complete(path):
            raise
    return _connected(path, "mode=ro&immutable=1")


def _connected(path: str, mode: str) -> sqlite3.Connection:
    quoted = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    db = sqlite3.connect(
        f"file:{quoted}?{mode}", uri=True, timeout=BUSY_SECONDS, isolation_level=None
    )
    try:
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA synchronous = FULL")
        # In KiB: a view of 100,000 calls reads their manifests in no order of the file.
        db.execute("PRAGMA cache_size = -65536")
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        db.close()
        raise
    return db


def _is_complete(path: str) -> bool:
    """Return whether no pages wait in a write-ahead log, so that the file alone tells it all."""
    try:
        return os.path.getsize(path + "-wal") == 0
    except FileNotFoundError:
        return os.path.exists(path)


def check_version(db: sqlite3.Connection, path: str) -> int:
    """Return the file's schema version; 0 where nothing was written yet.

    Raises StoreError if a newer assetgen wrote it, sqlite3.Error if it is no database.
    """
    (found,) = db.execute("PRAGMA user_version").fetchone()
    if found > VERSION:
        facts = {"path": path, "found": found, "known": VERSION}
        raise StoreError(Problem(LEDGER_NEWER, facts=facts))
    return int(found)


def migrate(db: sqlite3.Connection, found: int) -> None:
    """Bring a file from version ``found`` to this one, in the caller's transaction."""
    for script in MIGRATIONS[found:]:
        for statement in script.split(";"):
            db.execute(statement)
    db.execute(f"PRAGMA user_version = {VERSION}")
