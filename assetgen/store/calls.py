"""What one row of the ledger says and where it may go from there; runs no query."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from assetgen.digest import Digest
from assetgen.errors import Kind, Problem, StoreError
from assetgen.state import Choice, ChoiceKind, Job, JobState, Take

CALL_UNKNOWN = Kind(
    "call-unknown", "the ledger has no call {id}", "'assetgen jobs' lists those it has"
)
CALL_EXISTS = Kind(
    "call-exists",
    "take {take} of this picture was asked for already: call {id} is {state}",
    "'assetgen jobs' lists it; build again to collect it",
)
CALL_MOVED = Kind(
    "call-moved",
    "call {id} is {state}, so it cannot become {to}",
    "see 'assetgen jobs'; another assetgen may have settled it meanwhile",
)
CALL_IN_USE = Kind(
    "call-in-use",
    "call {id} belongs to an assetgen that is still running",
    "wait until that one is done, or stop it, then run again",
)

_S = JobState
BEFORE: Mapping[JobState, frozenset[JobState]] = {
    _S.INTENT: frozenset({_S.REFUSED, _S.AMBIGUOUS}),
    _S.ACCEPTED: frozenset({_S.INTENT, _S.AMBIGUOUS}),
    # A service may answer with the picture; addresses expire, and asking again gives new ones.
    _S.COMPLETED: frozenset({_S.INTENT, _S.ACCEPTED, _S.COMPLETED}),
    _S.FETCHED: frozenset({_S.COMPLETED}),
    _S.REFUSED: frozenset({_S.INTENT}),
    _S.FAILED: frozenset({_S.INTENT, _S.ACCEPTED, _S.COMPLETED}),
    _S.AMBIGUOUS: frozenset({_S.INTENT, _S.ACCEPTED}),
    _S.ABANDONED: frozenset({_S.INTENT, _S.ACCEPTED, _S.COMPLETED, _S.AMBIGUOUS}),
}
"""From which states a call may come to a state. FETCHED, FAILED and ABANDONED lead nowhere."""

NOBODY = ""
"""The provider of a picture that the user gave; its route is the format of a finished file."""

Row = tuple[Any, ...]
SELECT = """
    SELECT id, key, take, epoch, provider, model, state, job_id, session, project, target, text,
        price, cost, results, sha256, reason, charged, created, updated, route, token
    FROM calls JOIN manifests USING (key) """


class CallExists(StoreError):
    """The call that was to be made is in the ledger already; ``job`` is what it has."""

    def __init__(self, job: Job) -> None:
        facts = {"id": job.id, "take": job.take, "state": job.state.value}
        super().__init__(Problem(CALL_EXISTS, facts=facts))
        self.job = job


def check(job: Job, to: JobState) -> None:
    """Raise StoreError unless ``job`` may come to the state ``to``."""
    if job.state not in BEFORE[to]:
        raise moved(job, to.value)


def moved(job: Job, to: str) -> StoreError:
    """Return the error of a call that is not where the caller thinks it is."""
    facts = {"id": job.id, "state": job.state.value, "to": to}
    return StoreError(Problem(CALL_MOVED, facts=facts))


def unknown(id: int) -> StoreError:
    """Return the error of a number that no call has."""
    return StoreError(Problem(CALL_UNKNOWN, facts={"id": id}))


def in_use(job: Job) -> StoreError:
    """Return the error of a call that a living session looks after."""
    return StoreError(Problem(CALL_IN_USE, facts={"id": job.id}))


def to_column(value: Any) -> Any:
    """Return ``value`` as SQLite takes it.

    Text from outside may hold half of a surrogate pair, which is not UTF-8: it is stored as bytes,
    since a job id that cannot be recorded is a picture that is paid for and lost.
    """
    if not isinstance(value, str) or value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass")
    return value


def to_text(column: str | bytes) -> str:
    """Return the text that :func:`to_column` stored."""
    return column if isinstance(column, str) else column.decode("utf-8", "surrogatepass")


def to_job(row: Row) -> Job:
    """Return the call of a row that :data:`SELECT` gave. Raises ValueError if it is damaged."""
    return Job(
        id=row[0],
        key=row[1],
        take=row[2],
        epoch=row[3],
        provider=to_text(row[4]),
        model=to_text(row[5]),
        state=JobState(row[6]),
        job_id=to_text(row[7]),
        session=to_text(row[8]),
        project=to_text(row[9]),
        target=to_text(row[10]),
        manifest=to_text(row[11]),
        price=row[12],
        cost=row[13],
        results=tuple(json.loads(row[14])),
        sha256=row[15],
        reason=to_text(row[16]),
        charged=None if row[17] is None else bool(row[17]),
        created=row[18],
        updated=row[19],
        route=to_text(row[20]),
        token=to_text(row[21]),
    )


def to_choice(row: Row, project: str, target: str) -> Choice:
    """Return the decision of a row. Raises ValueError if it is damaged."""
    kind, key, take, sha256, note, created = row
    return Choice(
        project, target, ChoiceKind(kind), key or None, take, sha256, to_text(note), created
    )


def nobodys(_: Job) -> bool:
    """Accept no file that a user gave."""
    return False


IsOurs = Callable[[Job], bool]
"""Whether a file that a user gave counts: it was given to one target of one project."""


def takes(jobs: Iterable[Job], is_ours: IsOurs = nobodys) -> tuple[Take, ...]:
    """Return the pictures that ``jobs`` of one key gave, by number, the latest epoch of each.

    What was bought is everybody's who asks for the same; of files that users gave, only those are
    takes that ``is_ours`` accepts.
    """
    latest: dict[int, Job] = {}
    given: list[Job] = []
    for job in sorted(jobs, key=lambda job: job.epoch):
        if job.state is not JobState.FETCHED:
            continue
        if job.provider != NOBODY:
            latest[job.take] = job
        elif is_ours(job):
            given.append(job)
    for job in given:
        latest[job.take if job.take not in latest else max(latest) + 1] = job
    return tuple(
        _take(n, job, job.sha256) for n, job in sorted(latest.items()) if job.sha256 is not None
    )


def _take(n: int, job: Job, sha256: Digest) -> Take:
    given = job.provider == NOBODY
    finished = job.route if given else ""
    return Take(n, sha256, job.provider, job.model, job.cost, adopted=given, finished=finished)


class LedgerView:
    """Look-ups of a plan over every key, from memory: what the ledger would answer.

    A table is read when it is first asked, and stays as it was then.

    Args:
        calls: reads the rows of all calls, as :data:`SELECT` gives them, oldest first.
        made: reads the digests of all outputs that assetgen wrote.
        convert: turns rows into calls.
    """

    def __init__(
        self,
        calls: Callable[[], Iterable[Row]],
        made: Callable[[], Iterable[Digest]],
        convert: Callable[[Iterable[Row]], tuple[Job, ...]],
    ) -> None:
        self._read_calls = calls
        self._read_made = made
        self._convert = convert
        self._calls: dict[Digest, list[Row]] | None = None
        self._made: frozenset[Digest] | None = None

    def jobs(self, key: Digest) -> tuple[Job, ...]:
        """Return the calls of a key, oldest first."""
        if self._calls is None:
            calls: dict[Digest, list[Row]] = {}
            for row in self._read_calls():
                calls.setdefault(row[1], []).append(row)
            self._calls = calls
        return self._convert(self._calls.get(key, ()))

    def takes(self, key: Digest, is_ours: IsOurs = nobodys) -> tuple[Take, ...]:
        """Return the fetched takes of a key by number, and the given ones that are ours."""
        return takes(self.jobs(key), is_ours)

    def made(self, sha256: Digest) -> bool:
        """Return whether assetgen once wrote these bytes to an output."""
        if self._made is None:
            self._made = frozenset(self._read_made())
        return sha256 in self._made
