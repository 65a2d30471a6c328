"""Who lives and who builds: known by what the operating system holds, never by a file left over."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from assetgen.errors import StoreError
from assetgen.store.disk import NOT_A_FOLDER
from assetgen.store.sessions import ProjectLock, Session, is_alive

SESSION = """
import sys
from assetgen.store.sessions import Session
session = Session.open(sys.argv[1])
print(session.id, flush=True)
sys.stdin.read()
"""
BUILD = """
import sys
from assetgen.store.sessions import ProjectLock
lock = ProjectLock(sys.argv[1])
lock.acquire(lambda text: print("waits", flush=True))
print("holds", flush=True)
sys.stdin.readline()
lock.release()
"""


@contextmanager
def running(program: str, argument: str) -> Iterator[subprocess.Popen[str]]:
    """Run a program that lives until its input ends, or is killed."""
    args = [sys.executable, "-c", program, argument]
    with subprocess.Popen(
        args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def line(process: subprocess.Popen[str]) -> str:
    """Return the next line that a process prints."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_session_lives_until_it_is_closed(tmp_path: Path) -> None:
    """Its file goes with it; closing twice is fine."""
    session = Session.open(str(tmp_path))
    assert is_alive(str(tmp_path), session.id)
    session.close()
    session.close()
    assert not is_alive(str(tmp_path), session.id)
    assert os.listdir(tmp_path / "sessions") == []


def test_a_session_dies_with_its_process(tmp_path: Path) -> None:
    """A process that is killed cannot say goodbye; its file does not keep it alive."""
    with running(SESSION, str(tmp_path)) as process:
        id = line(process)
        assert is_alive(str(tmp_path), id)
        process.kill()
        process.wait()
        assert os.listdir(tmp_path / "sessions") == [f"{id}.lock"]
        assert not is_alive(str(tmp_path), id)
    assert os.listdir(tmp_path / "sessions") == []


def test_a_new_session_sweeps_up_after_the_dead(tmp_path: Path) -> None:
    """Files of the dead go, those of the living and of strangers stay."""
    with running(SESSION, str(tmp_path)) as dead:
        line(dead)
        dead.kill()
        dead.wait()
    living = Session.open(str(tmp_path))
    (tmp_path / "sessions" / "notes.lock").touch()
    session = Session.open(str(tmp_path))
    assert set(os.listdir(tmp_path / "sessions")) == {
        f"{living.id}.lock",
        f"{session.id}.lock",
        "notes.lock",
    }
    assert is_alive(str(tmp_path), living.id)
    living.close()
    session.close()


@pytest.mark.parametrize("id", ["", "0" * 32, "../ledger", "x" * 500, "0" * 32 + "\n"])
def test_a_session_that_never_was_is_dead(tmp_path: Path, id: str) -> None:
    """Unknown ids are dead, and no path is made of them."""
    assert not is_alive(str(tmp_path), id)
    assert list(tmp_path.iterdir()) == []


def test_session_files_are_private(tmp_path: Path) -> None:
    """Folder 0700, file 0600."""
    session = Session.open(str(tmp_path / "data"))
    folder = tmp_path / "data" / "sessions"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / f"{session.id}.lock").stat().st_mode) == 0o600
    session.close()


def test_a_folder_that_cannot_be_made_is_an_error_with_a_step(tmp_path: Path) -> None:
    """No lower library's exception comes out, of sessions nor of the project's lock."""
    (tmp_path / "file").touch()
    with pytest.raises(StoreError) as error:
        Session.open(str(tmp_path / "file"))
    assert error.value.problems[0].kind is NOT_A_FOLDER
    with pytest.raises(StoreError) as error:
        ProjectLock(str(tmp_path / "file" / "build")).acquire(print)
    assert error.value.problems[0].kind is NOT_A_FOLDER


def test_a_free_project_is_had_at_once(tmp_path: Path) -> None:
    """Nobody is told to wait, and nothing about the holder stays behind."""
    waits: list[str] = []
    lock = ProjectLock(str(tmp_path / "cache" / "build"))
    for _ in range(2):
        lock.acquire(waits.append)
        assert (tmp_path / "cache" / "build.json").exists()
        lock.release()
        lock.release()
    assert waits == []
    assert os.listdir(tmp_path / "cache") == ["build"]


def test_a_second_build_waits_and_says_for_whom(tmp_path: Path) -> None:
    """The text names the process; as soon as that one lets go, the build is on."""
    path = str(tmp_path / "build")
    waits: list[str] = []
    with running(BUILD, path) as holder:
        assert line(holder) == "holds"

        def tell(text: str) -> None:
            waits.append(text)
            assert holder.stdin is not None
            holder.stdin.write("done\n")
            holder.stdin.flush()

        lock = ProjectLock(path)
        lock.acquire(tell)
    assert len(waits) == 1
    assert f"process {holder.pid} on " in waits[0]
    assert waits[0].endswith(" UTC")
    lock.release()


def test_a_killed_build_does_not_block_the_next(tmp_path: Path) -> None:
    """What it said of itself is still there, and misleads nobody."""
    path = str(tmp_path / "build")
    waits: list[str] = []
    with running(BUILD, path) as holder:
        assert line(holder) == "holds"
        holder.kill()
        holder.wait()
    lock = ProjectLock(path)
    lock.acquire(waits.append)
    assert waits == []
    assert json.loads((tmp_path / "build.json").read_text())["pid"] == os.getpid()
    lock.release()


def test_a_build_killed_while_others_wait_lets_one_of_them_in(tmp_path: Path) -> None:
    """The waiting one need not be started again."""
    path = str(tmp_path / "build")
    with running(BUILD, path) as holder:
        assert line(holder) == "holds"
        with running(BUILD, path) as waiter:
            assert line(waiter) == "waits"
            holder.kill()
            assert line(waiter) == "holds"


@pytest.mark.parametrize(
    "about",
    [
        b"",
        b"not json",
        b"\xff\xfe",
        b"[]",
        b'{"pid": "x", "host": "h", "since": 0}',
        b'{"pid": 1, "host": "h", "since": 1e300}',
        b'{"pid": Infinity, "host": "h", "since": 0}',
        b'{"pid": 1, "host": "h", "since": NaN}',
        b"[" * 4000,
        b'{"pid": 1, "host": "' + b"h" * 9999 + b'", "since": 0}',
    ],
)
def test_nonsense_about_the_holder_is_not_believed(tmp_path: Path, about: bytes) -> None:
    """The wait is announced all the same."""
    assert told(tmp_path, about) == "another assetgen process"


def test_what_a_holder_says_is_printable(tmp_path: Path) -> None:
    """A host's name cannot paint the terminal."""
    about = b'{"pid": 7, "host": "\\u001b[31mevil", "since": 0}'
    assert told(tmp_path, about) == "process 7 on \\x1b[31mevil since 1970-01-01 00:00:00 UTC"


def told(tmp_path: Path, about: bytes) -> str:
    """Return what a waiting build is told where the holder said ``about``."""
    path = str(tmp_path / "build")
    holder, waiter = ProjectLock(path), ProjectLock(path)
    holder.acquire(print)
    (tmp_path / "build.json").write_bytes(about)
    waits: list[str] = []

    def tell(text: str) -> None:
        waits.append(text)
        holder.release()

    waiter.acquire(tell)
    waiter.release()
    return waits[0]
