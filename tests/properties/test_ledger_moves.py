"""Whatever is called in whatever order, a picture has one call, and finished ones stay so."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from assetgen.digest import Digest, sha256
from assetgen.errors import StoreError
from assetgen.state import Job, JobState
from assetgen.store.calls import CallExists
from assetgen.store.ledger import Ledger

KEYS = [sha256(b"a"), sha256(b"b")]
SENT_ONCE = {JobState.FETCHED, JobState.FAILED, JobState.ABANDONED}
SESSIONS = st.sampled_from(["one", "two"])


class Moves(RuleBasedStateMachine):
    """Drives a ledger at random beside a dict of what each call was last seen as."""

    calls: Bundle[int] = Bundle("calls")

    def __init__(self) -> None:
        super().__init__()
        self.dead: set[str] = set()
        self.ledger = Ledger(":memory:", alive=lambda session: session not in self.dead)
        self.seen: dict[int, Job] = {}
        self.time = 0.0

    def teardown(self) -> None:
        """Close the ledger."""
        self.ledger.close()

    @rule(
        target=calls,
        key=st.sampled_from(KEYS),
        take=st.integers(1, 2),
        epoch=st.integers(0, 1),
        session=SESSIONS,
    )
    def intend(self, key: Digest, take: int, epoch: int, session: str) -> int:
        """A call may be sent only if none of its name may have been."""
        self.time += 1
        same = [j for j in self.seen.values() if (j.key, j.take, j.epoch) == (key, take, epoch)]
        try:
            job = self.ledger.intend(
                key=key,
                take=take,
                epoch=epoch,
                provider="p",
                model="m",
                session=session,
                now=self.time,
            )
        except CallExists as error:
            assert [error.job] == same
            assert error.job.state is not JobState.REFUSED
            return error.job.id
        assert [j.state for j in same] in ([], [JobState.REFUSED])
        assert job.state is JobState.INTENT
        self.seen[job.id] = job
        return job.id

    def move(self, id: int, to: set[JobState], step: Callable[[], Job]) -> None:
        """Take one step: it ends where it should, or it is refused and nothing changed."""
        before = self.seen[id]
        try:
            after = step()
        except StoreError:
            return
        assert before.state not in SENT_ONCE
        assert after.state in to
        self.seen[id] = after

    @rule(id=calls)
    def accept(self, id: int) -> None:
        """The service took it."""
        self.move(id, {JobState.ACCEPTED}, lambda: self.ledger.accepted(id, "j", self.time))

    @rule(id=calls)
    def complete(self, id: int) -> None:
        """It is ready; only what was sent can be, and some services answer with the picture."""
        known = self.seen[id].state in (JobState.INTENT, JobState.ACCEPTED, JobState.COMPLETED)
        self.move(
            id,
            {JobState.COMPLETED} if known else set(),
            lambda: self.ledger.completed(id, ["u"], 0.1, "", self.time),
        )

    @rule(id=calls)
    def fetch(self, id: int) -> None:
        """Its bytes are here; only what was ready can be."""
        ready = self.seen[id].state is JobState.COMPLETED
        self.move(
            id,
            {JobState.FETCHED} if ready else set(),
            lambda: self.ledger.fetched(id, KEYS[0], self.time),
        )

    @rule(id=calls)
    def refuse(self, id: int) -> None:
        """It was not accepted: never said of a call that may have been."""
        fresh = self.seen[id].state is JobState.INTENT
        self.move(
            id,
            {JobState.REFUSED} if fresh else set(),
            lambda: self.ledger.refused(id, "r", self.time),
        )

    @rule(id=calls, charged=st.sampled_from([True, False, None]))
    def fail(self, id: int, charged: bool | None) -> None:
        """The service ended it."""
        self.move(id, {JobState.FAILED}, lambda: self.ledger.failed(id, "r", charged, self.time))

    @rule(id=calls)
    def hold(self, id: int) -> None:
        """Nobody knows."""
        self.move(id, {JobState.AMBIGUOUS}, lambda: self.ledger.ambiguous(id, "r", self.time))

    @rule(id=calls)
    def abandon(self, id: int) -> None:
        """The user gives it up: never one that a living session waits for."""
        job = self.seen[id]
        busy = job.state.is_open and job.session not in self.dead
        self.move(
            id,
            set() if busy else {JobState.ABANDONED},
            lambda: self.ledger.abandoned(id, self.time),
        )

    @rule(id=calls, session=SESSIONS)
    def reopen(self, id: int, session: str) -> None:
        """The user wants a held one sent again."""
        held = self.seen[id].state is JobState.AMBIGUOUS
        self.move(
            id,
            {JobState.INTENT} if held else set(),
            lambda: self.ledger.reopened(id, session, self.time),
        )

    @rule(id=calls, session=SESSIONS)
    def resume(self, id: int, session: str) -> None:
        """Somebody takes it over: never from the living."""
        job = self.seen[id]
        free = job.session == session or job.session in self.dead
        states = {job.state} if free and job.state.is_open else set()
        self.move(id, states, lambda: self.ledger.resumed(id, session, self.time))

    @rule(session=SESSIONS)
    def die_or_rise(self, session: str) -> None:
        """A session's process ends, or one of that name begins."""
        self.dead ^= {session}

    @rule(id=consumes(calls))
    def forget(self, id: int) -> None:
        """The caller lets go of a call; the ledger does not."""
        assert self.ledger.job(id) == self.seen[id]

    @invariant()
    def agree(self) -> None:
        """The ledger, its view and its lists say what was last seen."""
        view = self.ledger.view()
        for key in KEYS:
            jobs = tuple(job for _, job in sorted(self.seen.items()) if job.key == key)
            assert self.ledger.jobs_of(key) == view.jobs(key) == jobs
            names = [(job.take, job.epoch) for job in jobs]
            assert len(names) == len(set(names))
        open_ids = {job.id for job in self.seen.values() if job.state.is_open}
        assert {job.id for job in self.ledger.open_jobs()} == open_ids


TestMoves = Moves.TestCase
TestMoves.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
