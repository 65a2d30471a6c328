"""The durable record of paid calls; knows no provider, no budget and no bytes.

One row is one call for (key, take, epoch). It moves only as :data:`assetgen.store.calls.BEFORE`
allows, which is checked in the transaction that moves it. Each method is one durable transaction:
when it has returned, a power cut changes nothing. Times are handed in and only stored.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from assetgen.digest import Digest
from assetgen.state import Choice, Job, JobState, Take
from assetgen.store.calls import (
    NOBODY,
    SELECT,
    CallExists,
    IsOurs,
    LedgerView,
    Row,
    check,
    in_use,
    moved,
    nobodys,
    takes,
    to_choice,
    to_column,
    to_job,
    to_text,
    unknown,
)
from assetgen.store.disk import disk_error
from assetgen.store.fs import DiskFs, Fs
from assetgen.store.ledger_file import (
    MEMORY,
    VERSION,
    check_version,
    connect,
    database_error,
    make_private,
    migrate,
)

FILE_NAME = "ledger.sqlite3"

# Word for word the conditions of the indexes, or SQLite does not use them.
_UNLISTED = "listed = 0 AND epoch > 0 AND state = 'fetched'"
_UNSETTLED = "state IN ('intent', 'accepted', 'completed', 'ambiguous')"


def _nobody(_: str) -> bool:
    return False


class Ledger:
    """Paid calls and what came of them, in one SQLite file that is made on the first write.

    Args:
        path: the file, or ``:memory:`` for the fake.
        fs: told of each commit, before and after.
        alive: whether a session's process still runs; its calls are not taken from it.

    For one thread. Raises StoreError for whatever the file or the disk refuses.
    """

    def __init__(
        self, path: str, fs: Fs | None = None, *, alive: Callable[[str], bool] = _nobody
    ) -> None:
        self.path = path
        self._fs: Fs = fs or DiskFs()
        self._alive = alive
        self._db: sqlite3.Connection | None = None
        self._ready = False

    def close(self) -> None:
        """Close the file; it opens again by itself."""
        if self._db is not None:
            self._db.close()
        self._db = None
        self._ready = False

    # Changes

    def intend(
        self,
        *,
        key: Digest,
        take: int,
        epoch: int,
        provider: str,
        model: str,
        session: str,
        now: float,
        job_id: str = "",
        project: str = "",
        target: str = "",
        manifest: str = "",
        price: float | None = None,
        route: str = "",
        token: str = "",
    ) -> Job:
        """Return a call that may now be sent, as INTENT: a new one, or one that was REFUSED.

        Raises CallExists if there is one in any other state: nothing may be sent then.
        """
        with self._change(JobState.INTENT) as db:
            known = _call(db, key, take, epoch)
            if known is not None and known.state is not JobState.REFUSED:
                raise CallExists(known)
            db.execute("INSERT OR IGNORE INTO manifests VALUES (?, ?)", (key, to_column(manifest)))
            # Nothing of the refused try is left, but its number.
            call = (known.id if known else None, key, take, epoch, provider, model)
            facts = (JobState.INTENT, job_id, session, project, target, price, now, now)
            db.execute(
                "INSERT OR REPLACE INTO calls (id, key, take, epoch, provider, model, state,"
                " job_id, session, project, target, price, created, updated, route, token)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                tuple(map(to_column, (*call, *facts, route, token))),
            )
            made = _call(db, key, take, epoch)
            if made is None:
                raise sqlite3.DatabaseError("a row that was just written is not there")
            return made

    def accepted(self, id: int, job_id: str, now: float) -> Job:
        """The service took the call, or the user says under which id it did."""
        return self._move(id, JobState.ACCEPTED, now, {"job_id": job_id, "reason": ""})

    def completed(
        self, id: int, results: Iterable[str], cost: float | None, model: str, now: float
    ) -> Job:
        """The pictures are ready; ``model`` is the one that served, empty if as asked."""
        facts: dict[str, Any] = {"results": json.dumps(list(results)), "cost": cost}
        if model:
            facts["model"] = model
        return self._move(id, JobState.COMPLETED, now, facts)

    def fetched(self, id: int, sha256: Digest, now: float) -> Job:
        """The bytes are durable in the store."""
        return self._move(id, JobState.FETCHED, now, {"sha256": sha256})

    def surplus(self, id: int, sha256: Digest, now: float) -> Job:
        """A call gave one more picture than was asked for: it is kept as a take of its own."""
        with self._change("surplus") as db:
            job = _known(db, id)
            taken = "SELECT id FROM calls WHERE key = ? AND sha256 = ?"
            row = db.execute(taken, (job.key, sha256)).fetchone()
            if row is not None:
                return _known(db, row[0])
            db.execute(
                "INSERT INTO calls (key, take, epoch, provider, model, state, job_id, session,"
                " project, target, price, cost, sha256, created, updated, route)"
                " SELECT key, (SELECT max(take) + 1 FROM calls AS all_takes WHERE key = calls.key),"
                " epoch, provider, model, 'fetched', job_id, session, project, target, 0, 0, ?,"
                " ?, ?, route FROM calls WHERE id = ?",
                (sha256, now, now, id),
            )
            (made,) = db.execute("SELECT last_insert_rowid()").fetchone()
            return _known(db, made)

    def refused(self, id: int, reason: str, now: float) -> Job:
        """The call was surely not accepted and not charged."""
        return self._move(id, JobState.REFUSED, now, {"reason": reason})

    def failed(self, id: int, reason: str, charged: bool | None, now: float) -> Job:
        """The service ended the call; ``charged`` is None if it does not say."""
        return self._move(id, JobState.FAILED, now, {"reason": reason, "charged": charged})

    def ambiguous(self, id: int, reason: str, now: float) -> Job:
        """Nobody can say whether the call was accepted."""
        return self._move(id, JobState.AMBIGUOUS, now, {"reason": reason})

    def abandoned(self, id: int, now: float) -> Job:
        """The user gives the call up. Raises StoreError while a living session waits for it."""
        return self._move(id, JobState.ABANDONED, now, {}, spare=True)

    def reopened(self, id: int, session: str, now: float) -> Job:
        """The user wants an AMBIGUOUS call sent again and accepts that it may be charged twice."""
        with self._change(JobState.INTENT) as db:
            job = _known(db, id)
            if job.state is not JobState.AMBIGUOUS:
                raise moved(job, JobState.INTENT)
            facts = {"state": JobState.INTENT, "session": session, "reason": ""}
            _update(db, id, facts | {"created": now, "updated": now})
            return _known(db, id)

    def resumed(self, id: int, session: str, now: float) -> Job:
        """Take an open call over from a dead session.

        Raises StoreError if that session lives, or if the call is not open any more: of two
        processes that find the same call, one gets it.
        """
        with self._change("resumed") as db:
            job = _known(db, id)
            if not job.state.is_open:
                raise moved(job, "resumed")
            if job.session != session and self._alive(job.session):
                raise in_use(job)
            _update(db, id, {"session": session, "updated": now})
            return _known(db, id)

    def record_given(
        self, *, key: Digest, manifest: str, take: Take, project: str, target: str, now: float
    ) -> None:
        """Note a picture that the user gave as a take of a key, so that the key never loses it.

        It stands under an epoch below zero, where it is in nobody's way who buys the same take.
        """
        with self._change("given") as db:
            known = "SELECT 1 FROM calls WHERE epoch < 0 AND key = ? AND sha256 = ?"
            mine = known + " AND project = ? AND target = ?"
            if db.execute(mine, (key, take.sha256, project, to_column(target))).fetchone():
                return
            db.execute("INSERT OR IGNORE INTO manifests VALUES (?, ?)", (key, to_column(manifest)))
            lowest = "SELECT min(0, coalesce(min(epoch), 0)) FROM calls WHERE key = ? AND take = ?"
            (epoch,) = db.execute(lowest, (key, take.n)).fetchone()
            facts = (key, take.n, epoch - 1, NOBODY, "", JobState.FETCHED, "", "", project, target)
            db.execute(
                "INSERT INTO calls (key, take, epoch, provider, model, state, job_id, session,"
                " project, target, price, cost, sha256, created, updated, route)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?)",
                (*map(to_column, facts), take.sha256, now, now, take.finished),
            )

    @contextmanager
    def together(self) -> Iterator[None]:
        """Let all changes that are made meanwhile be one durable transaction: all or none."""
        with self._change("many"):
            yield

    def record_choice(self, choice: Choice) -> None:
        """Note what a person decided about a target's picture."""
        facts = (choice.project, choice.target, choice.kind, choice.key or "", choice.take)
        rest = (choice.sha256, choice.note, choice.created)
        with self._change("choice") as db:
            db.execute(
                "INSERT INTO choices (project, target, kind, key, take, sha256, note, created)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                tuple(map(to_column, (*facts, *rest))),
            )

    def record_made(self, items: Iterable[tuple[Digest, Digest, str]]) -> None:
        """Note output bytes as assetgen's own: (their sha256, key, manifest text) of each."""
        items = list(items)
        if not items:
            return
        with self._change("made") as db:
            texts = [(key, to_column(text)) for _, key, text in items]
            db.executemany("INSERT OR IGNORE INTO manifests VALUES (?, ?)", texts)
            pairs = [(sha256, key) for sha256, key, _ in items]
            db.executemany("INSERT OR IGNORE INTO made VALUES (?, ?)", pairs)

    def record_pick(self, key: Digest, sha256: Digest) -> None:
        """Remember which picture of a key the user picked; the latest counts."""
        with self._change("picked") as db:
            db.execute("INSERT OR REPLACE INTO picks VALUES (?, ?)", (key, sha256))

    def listed(self, ids: Iterable[int]) -> None:
        """The lock lists what these calls gave."""
        with self._change("listed") as db:
            db.executemany("UPDATE calls SET listed = 1 WHERE id = ?", [(id,) for id in ids])

    def drop_pick(self, key: Digest) -> None:
        """Forget which picture of a key was picked."""
        with self._change("unpicked") as db:
            db.execute("DELETE FROM picks WHERE key = ?", (key,))

    # Questions; an absent file is an empty ledger, and is not made

    def job(self, id: int) -> Job:
        """Return one call. Raises StoreError if there is none of that number."""
        jobs = self._jobs("WHERE id = ?", id)
        if not jobs:
            raise unknown(id)
        return jobs[0]

    def jobs_of(self, key: Digest) -> tuple[Job, ...]:
        """Return the calls of a key, oldest first."""
        return self._jobs("WHERE key = ? ORDER BY id", key)

    def takes_of(self, key: Digest, is_ours: IsOurs = nobodys) -> tuple[Take, ...]:
        """Return the fetched takes of a key by number, and the given ones that are ours.

        Of each number it is the one of the latest epoch.
        """
        return takes(self.jobs_of(key), is_ours)

    def calls_for(self, project: str, target: str) -> tuple[Job, ...]:
        """Return every call that a project made for a target of this name, oldest first."""
        return self._jobs("WHERE project = ? AND target = ? ORDER BY id", project, target)

    def unlisted(self, project: str) -> tuple[Job, ...]:
        """Return the calls of a project that gave one more take, which no lock is known to list."""
        return self._jobs(f"WHERE {_UNLISTED} AND project = ? ORDER BY id", project)

    def choices_for(self, project: str, target: str) -> tuple[Choice, ...]:
        """Return what was decided about a project's target of this name, oldest first."""
        rows = self._rows(
            "SELECT kind, key, take, sha256, note, created FROM choices"
            " WHERE project = ? AND target = ? ORDER BY id",
            project,
            target,
        )
        with self._wrapped():
            return tuple(to_choice(row, project, target) for row in rows)

    def fetched_of(self, sha256: Digest) -> tuple[Job, ...]:
        """Return the calls that gave these bytes, latest first."""
        return self._jobs("WHERE sha256 = ? ORDER BY updated DESC", sha256)

    def by_token(self, token: str) -> Job | None:
        """Return the call whose call-back address ends in ``token``."""
        jobs = self._jobs("WHERE token = ? AND token != ''", token)
        return jobs[0] if jobs else None

    def named(self, provider: str, job_id: str) -> tuple[Job, ...]:
        """Return the calls that a service has under this id of its own, oldest first."""
        return self._jobs("WHERE provider = ? AND job_id = ? ORDER BY id", provider, job_id)

    def latest_epoch(self, key: Digest) -> int:
        """Return the highest epoch in which a key was asked for; 0 if never."""
        return max((job.epoch for job in self.jobs_of(key)), default=0)

    def open_jobs(self, project: str | None = None) -> tuple[Job, ...]:
        """Return the calls (of a project) that a restarted build looks after, oldest first."""
        return tuple(job for job in self.unsettled(project) if job.state.is_open)

    def unsettled(self, project: str | None = None) -> tuple[Job, ...]:
        """Return the open and the AMBIGUOUS calls (of a project), oldest first."""
        if project is None:
            return self._jobs(f"WHERE {_UNSETTLED} ORDER BY created, id")
        return self._jobs(f"WHERE {_UNSETTLED} AND project = ? ORDER BY created, id", project)

    def has_made(self, sha256: Digest) -> bool:
        """Return whether assetgen once wrote these bytes to an output."""
        return bool(self._rows("SELECT 1 FROM made WHERE sha256 = ? LIMIT 1", sha256))

    def pick_of(self, key: Digest) -> Digest | None:
        """Return the digest of the picture that was picked for a key, or None."""
        rows = self._rows("SELECT sha256 FROM picks WHERE key = ?", key)
        return rows[0][0] if rows else None

    def manifest_of(self, key: Digest) -> str | None:
        """Return the canonical text of a paid or local action, or None if it is not known."""
        rows = self._rows("SELECT text FROM manifests WHERE key = ? AND text != ''", key)
        return to_text(rows[0][0]) if rows else None

    def view(self) -> LedgerView:
        """Return look-ups for a whole plan, each table read once, when it is first asked."""
        return LedgerView(
            lambda: self._rows(SELECT + "ORDER BY id"),
            lambda: (row[0] for row in self._rows("SELECT DISTINCT sha256 FROM made")),
            self._converted,
        )

    # The file

    def _move(
        self, id: int, to: JobState, now: float, facts: dict[str, Any], *, spare: bool = False
    ) -> Job:
        with self._change(to) as db:
            job = _known(db, id)
            check(job, to)
            if spare and job.state.is_open and self._alive(job.session):
                raise in_use(job)
            _update(db, id, {"state": to, "updated": now} | facts)
            return _known(db, id)

    def _jobs(self, where: str, *values: Any) -> tuple[Job, ...]:
        return self._converted(self._rows(SELECT + where, *values))

    def _converted(self, rows: Iterable[Row]) -> tuple[Job, ...]:
        with self._wrapped():
            return tuple(map(to_job, rows))

    def _rows(self, query: str, *values: Any) -> list[Row]:
        with self._wrapped():
            if not self._ready and not self._found():
                return []
            return self._opened().execute(query, tuple(map(to_column, values))).fetchall()

    @contextmanager
    def _change(self, name: str) -> Iterator[sqlite3.Connection]:
        with self._wrapped():
            if not self._ready:
                self._make()
            db = self._opened()
            with self._transaction(db, name):
                yield db

    @contextmanager
    def _transaction(self, db: sqlite3.Connection, name: str) -> Iterator[None]:
        if db.in_transaction:  # of :meth:`together`, which ends it
            yield
            return
        db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._fs.step(f"ledger {name} before")
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        self._fs.step(f"ledger {name} after")

    @contextmanager
    def _wrapped(self) -> Iterator[None]:
        """Let nothing out but StoreError, and the CallExists among them."""
        try:
            yield
        except OSError as error:
            raise disk_error(error, self.path) from error
        except (sqlite3.Error, ValueError, OverflowError) as error:
            raise database_error(error, self.path) from error

    def _opened(self) -> sqlite3.Connection:
        if self._db is None:
            self._db = connect(self.path)
        return self._db

    def _found(self) -> bool:
        """Return whether there are tables to read."""
        if self._db is None and (self.path == MEMORY or not os.path.exists(self.path)):
            return False
        self._ready = check_version(self._opened(), self.path) == VERSION
        if not self._ready and check_version(self._opened(), self.path):
            self._make()
        return self._ready

    def _make(self) -> None:
        """Make sure that there is a file with the tables of today."""
        if self.path != MEMORY:
            make_private(self.path)
        db = self._opened()
        found = check_version(db, self.path)
        if found < VERSION:
            # Once set, it stays with the file; it cannot be set inside a transaction.
            db.execute("PRAGMA journal_mode = WAL")
            with self._transaction(db, "schema"):
                migrate(db, check_version(db, self.path))
        self._ready = True


def _call(db: sqlite3.Connection, key: Digest, take: int, epoch: int) -> Job | None:
    where = "WHERE key = ? AND take = ? AND epoch = ?"
    row = db.execute(SELECT + where, (key, take, epoch)).fetchone()
    return None if row is None else to_job(row)


def _known(db: sqlite3.Connection, id: int) -> Job:
    row = db.execute(SELECT + "WHERE id = ?", (id,)).fetchone()
    if row is None:
        raise unknown(id)
    return to_job(row)


def _update(db: sqlite3.Connection, id: int, facts: dict[str, Any]) -> None:
    names = ", ".join(f"{name} = ?" for name in facts)
    values = (*map(to_column, facts.values()), id)
    db.execute(f"UPDATE calls SET {names} WHERE id = ?", values)  # noqa: S608 - our own names
