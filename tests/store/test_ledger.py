"""What the record of paid calls promises: each is asked for once, and nothing of it is lost."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assetgen.digest import Digest, sha256
from assetgen.errors import StoreError
from assetgen.state import Job, JobState, Take
from assetgen.store.calls import CALL_IN_USE, CALL_MOVED, CALL_UNKNOWN, CallExists
from assetgen.store.disk import DISK_FULL, NOT_A_FOLDER, NOT_ALLOWED, READ_ONLY
from assetgen.store.fs import DiskFs, RecordingFs
from assetgen.store.ledger import FILE_NAME, Ledger
from assetgen.store.ledger_file import (
    LEDGER_CORRUPT,
    LEDGER_FAILED,
    LEDGER_LOCKED,
    LEDGER_NEWER,
    database_error,
)

KEY = sha256(b"a recipe")
OTHER = sha256(b"another recipe")
BYTES = sha256(b"a picture")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Return a ledger on a disk, not made yet."""
    ledger = Ledger(str(tmp_path / "data" / FILE_NAME))
    yield ledger
    ledger.close()


def intend(ledger: Ledger, key: Digest = KEY, take: int = 1, epoch: int = 0) -> Job:
    """Return a new call, with every field set."""
    return ledger.intend(
        key=key,
        take=take,
        epoch=epoch,
        provider="runware",
        model="xai/grok",
        session="s1",
        now=100.0,
        job_id="derived",
        project="/game",
        target="hero",
        manifest="{}",
        price=0.05,
    )


def fetch(ledger: Ledger, job: Job, digest: Digest = BYTES) -> Job:
    """Bring an intended call to its good end."""
    ledger.accepted(job.id, "job-1", 101.0)
    ledger.completed(job.id, ["https://a/1.png"], 0.04, "grok-2", 102.0)
    return ledger.fetched(job.id, digest, 103.0)


def kind_of(error: pytest.ExceptionInfo[StoreError]) -> object:
    """Return the kind of the first problem."""
    return error.value.problems[0].kind


# A call's way


def test_a_call_is_remembered_with_all_its_facts(ledger: Ledger) -> None:
    """Another process reads what was written, from intent to bytes."""
    job = fetch(ledger, intend(ledger))
    again = Ledger(ledger.path)
    assert again.job(job.id) == job
    assert job == Job(
        id=job.id,
        key=KEY,
        take=1,
        epoch=0,
        provider="runware",
        model="grok-2",
        state=JobState.FETCHED,
        job_id="job-1",
        session="s1",
        project="/game",
        target="hero",
        manifest="{}",
        price=0.05,
        cost=0.04,
        results=("https://a/1.png",),
        sha256=BYTES,
        created=100.0,
        updated=103.0,
    )
    again.close()


@pytest.mark.parametrize("state", [s for s in JobState if s is not JobState.REFUSED])
def test_a_picture_is_not_asked_for_twice(ledger: Ledger, state: JobState) -> None:
    """Whatever became of a call, but a refusal, a second one is not opened under its name."""
    job = bring(ledger, state)
    with pytest.raises(CallExists) as error:
        intend(ledger)
    assert error.value.job == job
    assert ledger.jobs_of(KEY) == (job,)


def bring(ledger: Ledger, state: JobState) -> Job:
    """Return a new call in ``state``."""
    job = intend(ledger)
    if state is JobState.REFUSED:
        return ledger.refused(job.id, "no", 104.0)
    if state is JobState.AMBIGUOUS:
        return ledger.ambiguous(job.id, "timeout", 104.0)
    if state is JobState.ABANDONED:
        return ledger.abandoned(job.id, 104.0)
    if state is JobState.FAILED:
        return ledger.failed(job.id, "moderated", True, 104.0)
    if state is not JobState.INTENT:
        job = ledger.accepted(job.id, "job-1", 104.0)
    if state in (JobState.COMPLETED, JobState.FETCHED):
        job = ledger.completed(job.id, ["u"], None, "", 104.0)
    if state is JobState.FETCHED:
        job = ledger.fetched(job.id, BYTES, 104.0)
    return job


def test_a_refused_call_may_be_made_again(ledger: Ledger) -> None:
    """It is the same call, and nothing of the refusal clings to it."""
    job = intend(ledger)
    ledger.refused(job.id, "no balance", 101.0)
    assert intend(ledger) == job


def test_takes_and_epochs_are_calls_of_their_own(ledger: Ledger) -> None:
    """A second take, and a second epoch of the first, are bought beside it."""
    ids = {intend(ledger).id, intend(ledger, take=2).id, intend(ledger, epoch=1).id}
    assert len(ids) == 3
    assert ledger.latest_epoch(KEY) == 1
    assert ledger.latest_epoch(OTHER) == 0


@pytest.mark.parametrize(
    ("state", "move"),
    [
        (JobState.FETCHED, "accepted"),
        (JobState.FETCHED, "failed"),
        (JobState.FAILED, "completed"),
        (JobState.ABANDONED, "accepted"),
        (JobState.REFUSED, "accepted"),
        (JobState.AMBIGUOUS, "refused"),
        (JobState.AMBIGUOUS, "resumed"),
        (JobState.FETCHED, "resumed"),
        (JobState.INTENT, "fetched"),
        (JobState.ACCEPTED, "fetched"),
        (JobState.ACCEPTED, "refused"),
        (JobState.ACCEPTED, "reopened"),
        (JobState.COMPLETED, "accepted"),
    ],
)
def test_an_impossible_step_is_an_error_and_changes_nothing(
    ledger: Ledger, state: JobState, move: str
) -> None:
    """A call that is elsewhere than its caller believes is never bent to fit."""
    job = bring(ledger, state)
    steps = {
        "accepted": lambda: ledger.accepted(job.id, "x", 9.0),
        "completed": lambda: ledger.completed(job.id, [], None, "", 9.0),
        "fetched": lambda: ledger.fetched(job.id, BYTES, 9.0),
        "refused": lambda: ledger.refused(job.id, "x", 9.0),
        "failed": lambda: ledger.failed(job.id, "x", None, 9.0),
        "resumed": lambda: ledger.resumed(job.id, "s2", 9.0),
        "reopened": lambda: ledger.reopened(job.id, "s2", 9.0),
    }
    with pytest.raises(StoreError) as error:
        steps[move]()
    assert kind_of(error) is CALL_MOVED
    assert ledger.job(job.id) == job


def test_a_number_that_no_call_has_is_named(ledger: Ledger) -> None:
    """Questions and changes alike say which."""
    asks: list[Callable[[], Job]] = [lambda: ledger.job(7), lambda: ledger.abandoned(7, 1.0)]
    for ask in asks:
        with pytest.raises(StoreError, match="no call 7") as error:
            ask()
        assert kind_of(error) is CALL_UNKNOWN


def test_a_held_call_is_adopted_or_sent_again_at_the_users_word(ledger: Ledger) -> None:
    """With a job id it is accepted; without, it is a fresh intent of the session that sends it."""
    held = bring(ledger, JobState.AMBIGUOUS)
    assert held.reason == "timeout"
    again = ledger.reopened(held.id, "s2", 200.0)
    assert (again.state, again.session, again.created) == (JobState.INTENT, "s2", 200.0)
    ledger.ambiguous(held.id, "timeout", 201.0)
    adopted = ledger.accepted(held.id, "from-dashboard", 202.0)
    assert (adopted.state, adopted.job_id, adopted.reason) == (
        JobState.ACCEPTED,
        "from-dashboard",
        "",
    )


def test_expired_addresses_are_replaced(ledger: Ledger) -> None:
    """A completed call may be asked again for where its pictures are."""
    job = bring(ledger, JobState.COMPLETED)
    assert ledger.completed(job.id, ["new"], 0.1, "", 105.0).results == ("new",)


def test_only_a_dead_sessions_call_is_taken_over(tmp_path: Path) -> None:
    """A living session keeps its calls; of two that find a dead one's call, one gets it."""
    alive = {"s1"}
    ledger = Ledger(str(tmp_path / FILE_NAME), alive=alive.__contains__)
    job = bring(ledger, JobState.ACCEPTED)
    takes: list[Callable[[], Job]] = [
        lambda: ledger.resumed(job.id, "s2", 9.0),
        lambda: ledger.abandoned(job.id, 9.0),
    ]
    for take in takes:
        with pytest.raises(StoreError) as error:
            take()
        assert kind_of(error) is CALL_IN_USE
    alive.clear()
    alive.update({"s2", "s3"})
    assert ledger.resumed(job.id, "s2", 9.0).session == "s2"
    assert ledger.resumed(job.id, "s2", 9.5).session == "s2"
    with pytest.raises(StoreError):
        ledger.resumed(job.id, "s3", 10.0)
    ledger.close()


# Questions


def test_nothing_is_made_by_asking(ledger: Ledger, tmp_path: Path) -> None:
    """A project that never bought anything gets empty answers and no file."""
    view = ledger.view()
    assert ledger.jobs_of(KEY) == view.jobs(KEY) == ()
    assert ledger.takes_of(KEY) == view.takes(KEY) == ()
    assert ledger.open_jobs() == ledger.unsettled("/game") == ()
    assert not ledger.has_made(BYTES)
    assert not view.made(BYTES)
    assert ledger.manifest_of(KEY) is None
    ledger.record_made([])
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_an_empty_ledger(tmp_path: Path) -> None:
    """A process that was killed while it made the file left nothing to stumble over."""
    path = tmp_path / FILE_NAME
    path.touch()
    ledger = Ledger(str(path))
    assert ledger.jobs_of(KEY) == ()
    job = intend(ledger)
    assert ledger.jobs_of(KEY) == (job,)
    ledger.close()


def test_a_ledger_sees_what_another_process_makes(ledger: Ledger) -> None:
    """Asking before the file exists does not blind it for later."""
    assert ledger.jobs_of(KEY) == ()
    other = Ledger(ledger.path)
    job = intend(other)
    assert ledger.jobs_of(KEY) == (job,)
    other.close()


def test_the_latest_epoch_of_each_take_counts(ledger: Ledger) -> None:
    """A picture that was bought again replaces the lost one; unfinished takes are none."""
    fetch(ledger, intend(ledger, take=2), OTHER)
    fetch(ledger, intend(ledger, epoch=1), KEY)
    fetch(ledger, intend(ledger), BYTES)
    intend(ledger, take=3)
    expected = (
        Take(1, KEY, "runware", "grok-2", 0.04),
        Take(2, OTHER, "runware", "grok-2", 0.04),
    )
    assert ledger.takes_of(KEY) == ledger.view().takes(KEY) == expected


def test_what_needs_care_is_listed_by_project(ledger: Ledger) -> None:
    """Open calls are to be collected, held ones to be settled; finished ones rest."""
    held = bring(ledger, JobState.AMBIGUOUS)
    waiting = intend(ledger, take=2)
    fetch(ledger, intend(ledger, take=3))
    assert ledger.open_jobs() == ledger.open_jobs("/game") == (waiting,)
    assert set(ledger.unsettled()) == set(ledger.unsettled("/game")) == {held, waiting}
    assert ledger.open_jobs("/elsewhere") == ()


def test_a_view_answers_as_the_ledger_does(ledger: Ledger) -> None:
    """Bulk look-ups and single ones agree."""
    fetch(ledger, intend(ledger))
    intend(ledger, OTHER)
    ledger.record_made([(BYTES, KEY, "x")])
    view = ledger.view()
    for key in (KEY, OTHER, BYTES):
        assert view.jobs(key) == ledger.jobs_of(key)
        assert view.takes(key) == ledger.takes_of(key)
        assert view.made(key) == ledger.has_made(key)


def test_made_outputs_are_known_with_their_recipe(ledger: Ledger) -> None:
    """Bytes that assetgen wrote are its own, and the text of their action is kept for `why`."""
    local = sha256(b"local action")
    ledger.record_made([(BYTES, local, '{"op":"png"}'), (BYTES, OTHER, "{}")])
    ledger.record_made([(BYTES, local, '{"op":"png"}')])
    assert ledger.has_made(BYTES)
    assert not ledger.has_made(KEY)
    assert ledger.manifest_of(local) == '{"op":"png"}'
    intend(ledger)
    assert ledger.manifest_of(KEY) == "{}"


@pytest.mark.parametrize("text", ["é", "\ud800", "a\x00b", "'; DROP TABLE calls; --", "\u202e"])
def test_any_text_from_outside_is_recorded_as_it_came(ledger: Ledger, text: str) -> None:
    """Even a job id that is not valid Unicode: without it, a paid picture would be lost."""
    job = ledger.intend(
        key=KEY, take=1, epoch=0, provider="p", model="m", session="s", now=1.0, project=text
    )
    ledger.accepted(job.id, text, 2.0)
    ledger.completed(job.id, [text], None, text, 3.0)
    failed = ledger.failed(job.id, text, None, 4.0)
    assert (failed.job_id, failed.results, failed.model) == (text, (text,), text or "m")
    assert ledger.job(job.id).reason == text
    assert ledger.unsettled(text) == ()


# The file


def test_the_file_is_private_and_durable(ledger: Ledger) -> None:
    """Folder 0700, file 0600; each commit reaches the disk before it counts."""
    intend(ledger)
    for path, mode in ((ledger.path, 0o600), (ledger.path + "-wal", 0o600)):
        assert stat.S_IMODE(os.stat(path).st_mode) == mode
    assert stat.S_IMODE(os.stat(os.path.dirname(ledger.path)).st_mode) == 0o700


def test_each_change_is_one_step_with_a_before_and_an_after(tmp_path: Path) -> None:
    """Whoever watches the disk sees every commit by name."""
    fs = RecordingFs()
    ledger = Ledger(str(tmp_path / FILE_NAME), fs)
    job = intend(ledger)
    ledger.resumed(job.id, "s2", 1.0)
    fetch(ledger, job)
    ledger.record_made([(BYTES, KEY, "")])
    names = ["schema", "intent", "resumed", "accepted", "completed", "fetched", "made"]
    assert fs.steps == [f"ledger {name} {when}" for name in names for when in ("before", "after")]
    ledger.close()


class RefusingFs(DiskFs):
    """A disk that fails as a transaction is about to be committed."""

    def step(self, name: str) -> None:
        """Fail."""
        if name.endswith("before"):
            raise OSError(28, os.strerror(28))


def test_a_disk_that_fails_at_the_commit_leaves_the_old_state(ledger: Ledger) -> None:
    """The error says why, the row is as it was, and the ledger works on."""
    job = intend(ledger)
    failing = Ledger(ledger.path, RefusingFs())
    with pytest.raises(StoreError) as error:
        failing.accepted(job.id, "x", 1.0)
    assert kind_of(error) is DISK_FULL
    assert failing.job(job.id) == job
    assert ledger.accepted(job.id, "x", 1.0).job_id == "x"
    failing.close()


@pytest.mark.parametrize(
    "junk", [b"not a database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 4096]
)
def test_a_damaged_file_is_named_and_left_alone(tmp_path: Path, junk: bytes) -> None:
    """Neither reading nor writing deletes what a backup tool may still save."""
    path = tmp_path / FILE_NAME
    path.write_bytes(junk)
    ledger = Ledger(str(path))
    for use in (lambda: ledger.jobs_of(KEY), lambda: intend(ledger)):
        with pytest.raises(StoreError) as error:
            use()
        assert kind_of(error) is LEDGER_CORRUPT
        assert str(path) in error.value.problems[0].cause
    assert path.read_bytes() == junk
    ledger.close()


def test_a_damaged_row_is_an_error_of_the_ledger(ledger: Ledger) -> None:
    """Text that is no list of results is not handed on."""
    job = intend(ledger)
    with sqlite3.connect(ledger.path) as db:
        db.execute("UPDATE calls SET results = '[' WHERE id = ?", (job.id,))
    db.close()
    asks: list[Callable[[], Job]] = [
        lambda: ledger.job(job.id),
        lambda: ledger.view().jobs(KEY)[0],
    ]
    for ask in asks:
        with pytest.raises(StoreError) as error:
            ask()
        assert kind_of(error) is LEDGER_FAILED


def test_a_ledger_of_a_newer_assetgen_is_not_touched(ledger: Ledger) -> None:
    """It is refused, for reading and writing, with the advice to upgrade."""
    intend(ledger)
    ledger.close()
    with sqlite3.connect(ledger.path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    for use in (lambda: ledger.jobs_of(KEY), lambda: intend(ledger, OTHER)):
        with pytest.raises(StoreError, match="newer assetgen") as error:
            use()
        assert kind_of(error) is LEDGER_NEWER


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """A file in the way is an error with a next step."""
    (tmp_path / "data").touch()
    ledger = Ledger(str(tmp_path / "data" / FILE_NAME))
    assert ledger.jobs_of(KEY) == ()
    with pytest.raises(StoreError) as error:
        intend(ledger)
    assert kind_of(error) is NOT_A_FOLDER


def refusal(db: sqlite3.Connection, statement: str) -> sqlite3.Error:
    """Return the error that a statement gives."""
    with pytest.raises(sqlite3.Error) as error:
        db.execute(statement)
    return error.value


def test_each_refusal_of_the_database_has_its_words(ledger: Ledger) -> None:
    """Full, read-only, locked and the rest: the real errors are told apart."""
    intend(ledger)
    db = sqlite3.connect(ledger.path, timeout=0)
    db.execute("PRAGMA max_page_count = 1")
    many = (
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
        " INSERT INTO manifests SELECT i, hex(zeroblob(99)) FROM n"
    )
    assert kind(refusal(db, many)) is DISK_FULL
    db.rollback()
    db.execute("PRAGMA query_only = ON")
    assert kind(refusal(db, "DELETE FROM calls")) is READ_ONLY
    db.rollback()
    db.execute("PRAGMA query_only = OFF")
    other = sqlite3.connect(ledger.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert kind(refusal(db, "BEGIN IMMEDIATE")) is LEDGER_LOCKED
    other.close()
    assert kind(refusal(db, "SELECT nothing")) is LEDGER_FAILED
    db.close()


def kind(error: sqlite3.Error) -> object:
    """Return the kind of what the user is told."""
    return database_error(error, "x").problems[0].kind


def test_a_path_with_signs_of_an_address_is_a_path(tmp_path: Path) -> None:
    """Question marks, hashes and percent signs in a folder's name mean themselves."""
    ledger = Ledger(str(tmp_path / "a?mode=memory#b%20c" / FILE_NAME))
    job = intend(ledger)
    ledger.close()
    assert os.path.exists(ledger.path)
    assert ledger.jobs_of(KEY) == (job,)
    ledger.close()


def test_the_ledger_in_memory_is_a_whole_one() -> None:
    """The fake of other tests takes the same steps."""
    ledger = Ledger(":memory:")
    assert ledger.jobs_of(KEY) == ()
    job = fetch(ledger, intend(ledger))
    assert ledger.view().jobs(KEY) == (job,)
    ledger.close()


READ_ONLY_USER = """
import os, sys
from assetgen.digest import Digest
from assetgen.errors import StoreError
from assetgen.store.ledger import Ledger
if os.geteuid() == 0:
    os.setgroups([])
    os.setuid(65534)
ledger = Ledger(sys.argv[1])
print(len(ledger.jobs_of(Digest(sys.argv[2]))))
try:
    ledger.abandoned(1, 1.0)
except StoreError as error:
    print(error.problems[0].kind.name)
"""


def test_a_read_only_folder_still_answers() -> None:
    """Where nothing may be written, a plan sees what was bought; a change says why it cannot be."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(os.path.join(folder, FILE_NAME))
        intend(ledger)
        ledger.close()
        os.chmod(ledger.path, 0o444)
        os.chmod(folder, 0o555)  # noqa: S103 - another user shall read it
        args = [sys.executable, "-c", READ_ONLY_USER, ledger.path, KEY]
        done = subprocess.run(args, capture_output=True, text=True, check=True)
        os.chmod(folder, 0o700)
    assert done.stdout.split()[0] == "1"
    assert done.stdout.split()[1] in (READ_ONLY.name, NOT_ALLOWED.name)


# Death at any moment

LIFE = """
import sys
from assetgen.digest import Digest
from assetgen.store.fs import KillingFs
from assetgen.store.ledger import Ledger
path, key, at = sys.argv[1], Digest(sys.argv[2]), int(sys.argv[3])
ledger = Ledger(path, KillingFs(at))
job = ledger.intend(
    key=key, take=1, epoch=0, provider="p", model="m", session="s", now=1.0, manifest="{}"
)
ledger.ambiguous(job.id, "?", 2.0)
ledger.reopened(job.id, "s", 3.0)
ledger.accepted(job.id, "j", 4.0)
ledger.resumed(job.id, "t", 5.0)
ledger.completed(job.id, ["u"], 0.1, "", 6.0)
ledger.fetched(job.id, key, 7.0)
ledger.record_made([(key, key, "{}")])
"""
STATES = [
    "",
    "",
    "intent",
    "ambiguous",
    "intent",
    "accepted",
    "accepted",
    "completed",
    "fetched",
    "fetched",
]


@pytest.mark.parametrize("at", range(1, 19))
def test_a_process_killed_at_any_step_leaves_the_old_or_the_new_state(
    tmp_path: Path, at: int
) -> None:
    """Before a commit the call is where it was, after it where it went; the ledger opens."""
    path = str(tmp_path / FILE_NAME)
    args = [sys.executable, "-c", LIFE, path, KEY, str(at)]
    done = subprocess.run(args, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    ledger = Ledger(path)
    jobs = ledger.jobs_of(KEY)
    assert [job.state.value for job in jobs] == [state for state in [STATES[at // 2]] if state]
    assert ledger.has_made(KEY) == (at == 18)
    if not jobs:
        assert intend(ledger).state is JobState.INTENT
    ledger.close()


def test_a_life_without_a_kill_has_no_further_step(tmp_path: Path) -> None:
    """The sweep above is complete."""
    args = [sys.executable, "-c", LIFE, str(tmp_path / FILE_NAME), KEY, "19"]
    assert subprocess.run(args, check=False).returncode == 0


MAKER = """
import sys
from assetgen.digest import Digest
from assetgen.store.calls import CallExists
from assetgen.store.ledger import Ledger
ledger = Ledger(sys.argv[1])
sys.stdin.readline()
won = 0
for take in range(1, 51):
    try:
        ledger.intend(key=Digest(sys.argv[2]), take=take, epoch=0, provider="p", model="m",
            session="s", now=1.0)
        won += 1
    except CallExists:
        pass
print(won)
"""


def test_processes_that_start_together_buy_each_picture_once(tmp_path: Path) -> None:
    """They make the file at the same moment, and each take has one buyer."""
    args = [sys.executable, "-c", MAKER, str(tmp_path / "new" / FILE_NAME), KEY]
    makers = [
        subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    won = []
    for maker in makers:
        assert maker.stdin is not None
        maker.stdin.write("go\n")
        maker.stdin.flush()
    for maker in makers:
        out, _ = maker.communicate()
        won.append(int(out))
    assert sum(won) == 50


def test_changes_made_together_are_one_step(tmp_path: Path) -> None:
    """Thousands of notes cost one commit, and one that fails takes the others back."""
    fs = RecordingFs()
    ledger = Ledger(str(tmp_path / FILE_NAME), fs)
    ledger.record_pick(KEY, BYTES)
    fs.steps.clear()
    with ledger.together():
        ledger.record_pick(KEY, OTHER)
        ledger.record_pick(OTHER, OTHER)
    assert fs.steps == ["ledger many before", "ledger many after"]
    with pytest.raises(RuntimeError), ledger.together():
        ledger.record_pick(KEY, BYTES)
        raise RuntimeError
    assert (ledger.pick_of(KEY), ledger.pick_of(OTHER)) == (OTHER, OTHER)
    ledger.record_pick(KEY, BYTES)
    assert ledger.pick_of(KEY) == BYTES
    ledger.close()
