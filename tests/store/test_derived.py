"""What the cache of results promises: right bytes or none, no error, nothing of a stranger."""

from __future__ import annotations

import os
import pickle
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import diskcache
import pytest

from assetgen.digest import Digest, sha256
from assetgen.store.derived import Derived, PlainDisk

KEY = sha256(b"an action")
OTHER = sha256(b"another action")
SMALL = b"a few bytes"
LARGE = b"many bytes " * 10_000


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Derived]:
    """Return a cache that is not made yet."""
    cache = Derived(str(tmp_path / "derived"))
    yield cache
    cache.close()


class Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __reduce__(self) -> tuple[object, tuple[str, int]]:
        """Return what a pickle of this calls when it is read."""
        return os.mkdir, (self.path, 0o700)


def change(cache: Derived, tmp_path: Path, statement: str, *values: object) -> None:
    """Change the database behind the cache's back."""
    cache.close()
    db = sqlite3.connect(tmp_path / "derived" / "cache.db")
    with db:
        db.execute(statement, values)
    db.close()


def test_a_result_comes_back(cache: Derived) -> None:
    """Small and large bytes, in this process and the next, with their digest."""
    cache.put(KEY, SMALL)
    cache.put(OTHER, LARGE)
    for _ in range(2):
        assert (cache.get(KEY), cache.get(OTHER)) == (SMALL, LARGE)
        assert (cache.result(KEY), cache.result(OTHER)) == (sha256(SMALL), sha256(LARGE))
        assert cache.has(KEY)
        cache.close()


def test_a_question_makes_nothing(cache: Derived, tmp_path: Path) -> None:
    """A plan leaves no empty cache behind."""
    assert cache.get(KEY) is None
    assert cache.result(KEY) is None
    assert not cache.has(KEY)
    assert list(tmp_path.iterdir()) == []


def test_a_second_result_replaces_the_first(cache: Derived) -> None:
    """Work that was forced again counts."""
    cache.put(KEY, SMALL)
    cache.put(KEY, LARGE)
    assert cache.get(KEY) == LARGE


def test_equal_results_are_stored_once(cache: Derived, tmp_path: Path) -> None:
    """Two actions that give the same bytes share a file."""
    cache.put(KEY, LARGE)
    cache.put(OTHER, LARGE)
    assert cache.get(KEY) == cache.get(OTHER) == LARGE
    assert len(list((tmp_path / "derived").glob("*/*/*.val"))) == 1


def test_the_folder_is_private(cache: Derived, tmp_path: Path) -> None:
    """Nobody else may plant anything."""
    cache.put(KEY, SMALL)
    assert stat.S_IMODE((tmp_path / "derived").stat().st_mode) == 0o700


def test_the_oldest_go_when_the_room_is_used_up(tmp_path: Path) -> None:
    """The folder stays near its limit, and the newest result is there."""
    cache = Derived(str(tmp_path), size_limit=1_000_000)
    data = [bytes([i]) * 100_000 for i in range(40)]
    for each in data:
        cache.put(sha256(each), each)
    assert not cache.has(sha256(data[0]))
    assert cache.get(sha256(data[-1])) == data[-1]
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.val")) < 1_500_000
    cache.put(KEY, b"x" * 1_000_001)
    assert not cache.has(KEY)
    cache.close()


@pytest.mark.parametrize("damage", [b"", LARGE[:-1], b"X" + LARGE[1:]])
def test_damaged_bytes_are_missing_and_replaced(
    cache: Derived, tmp_path: Path, damage: bytes
) -> None:
    """They are never returned; the next result takes their place."""
    cache.put(KEY, LARGE)
    (path,) = (tmp_path / "derived").glob("*/*/*.val")
    path.write_bytes(damage)
    assert cache.get(KEY) is None
    assert not cache.has(KEY)
    cache.put(KEY, LARGE)
    assert cache.get(KEY) == LARGE


def test_a_file_that_is_gone_is_missing(cache: Derived, tmp_path: Path) -> None:
    """Somebody who tidies up does no harm."""
    cache.put(KEY, LARGE)
    (path,) = (tmp_path / "derived").glob("*/*/*.val")
    path.unlink()
    assert cache.get(KEY) is None
    cache.put(KEY, LARGE)
    assert cache.get(KEY) == LARGE


# What a stranger planted


@pytest.mark.parametrize("column", ["value", "file"])
@pytest.mark.parametrize("row", ["result", "bytes"])
def test_a_planted_pickle_is_never_loaded(
    cache: Derived, tmp_path: Path, column: str, row: str
) -> None:
    """Neither from the row nor from a file, whichever row it stands for."""
    bomb = pickle.dumps(Bomb(tmp_path / "exploded"))
    cache.put(KEY, LARGE)
    name = str(next((tmp_path / "derived").glob("*/*/*.val")).relative_to(tmp_path / "derived"))
    (tmp_path / "derived" / name).write_bytes(bomb)
    change(
        cache,
        tmp_path,
        "UPDATE Cache SET mode = 4, value = ?, filename = ? WHERE key LIKE ?",
        bomb if column == "value" else None,
        name if column == "file" else None,
        f"{row}%",
    )
    assert cache.get(KEY) is None
    assert not (tmp_path / "exploded").exists()
    cache.put(KEY, LARGE)
    assert cache.get(KEY) == LARGE
    assert not (tmp_path / "exploded").exists()


def test_the_library_left_alone_would_load_it(tmp_path: Path) -> None:
    """The pickle of these tests is a real one."""
    with diskcache.Cache(str(tmp_path / "plain")) as plain:
        plain.set("key", Bomb(tmp_path / "exploded"))
        plain.get("key")
    assert (tmp_path / "exploded").exists()


def test_a_planted_pickle_as_a_key_is_never_loaded(cache: Derived, tmp_path: Path) -> None:
    """Not even by walking over all keys."""
    cache.put(KEY, SMALL)
    bomb = pickle.dumps(Bomb(tmp_path / "exploded"))
    change(cache, tmp_path, "UPDATE Cache SET key = ?, raw = 0 WHERE key LIKE 'bytes%'", bomb)
    assert cache.get(KEY) is None
    with (
        diskcache.Cache(str(tmp_path / "derived"), disk=PlainDisk) as direct,
        pytest.raises(OSError, match="key of the cache is text"),
    ):
        list(direct)
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("value", [Bomb(Path("x")), 1, 1.5, None, ["a"], bytearray(b"x")])
def test_only_bytes_and_text_are_stored(tmp_path: Path, value: object) -> None:
    """Whatever would have to be pickled is refused on the way in."""
    with diskcache.Cache(str(tmp_path), disk=PlainDisk) as direct:
        with pytest.raises(TypeError):
            direct.set("key", value)
        with pytest.raises(TypeError):
            direct.set(value, "value")


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "ab/cd/../../../secret", "link"])
def test_a_planted_file_name_leads_nowhere(cache: Derived, tmp_path: Path, name: str) -> None:
    """Files outside the folder are neither read nor, on eviction, removed."""
    secret = tmp_path / "secret"
    secret.write_bytes(LARGE)
    cache.put(KEY, LARGE)
    (path,) = (tmp_path / "derived").glob("*/*/*.val")
    if name == "link":
        path.unlink()
        path.symlink_to(secret)
    else:
        change(cache, tmp_path, "UPDATE Cache SET filename = ? WHERE key LIKE 'bytes%'", name)
    assert cache.get(KEY) is None
    cache.put(KEY, LARGE)
    assert cache.get(KEY) == LARGE
    assert secret.read_bytes() == LARGE


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sqlite_temp_store_directory", "'/tmp'"),
        ("sqlite_writable_schema", 1),
        ("sqlite_mmap_size", 1 << 30),
        ("disk_unknown", 1),
        ("get", "not a method"),
        ("eviction_policy", "no such"),
    ],
)
def test_planted_settings_are_thrown_away(
    cache: Derived, tmp_path: Path, name: str, value: object
) -> None:
    """The whole database goes: it was not made here."""
    cache.put(KEY, SMALL)
    change(cache, tmp_path, "INSERT OR REPLACE INTO Settings VALUES (?, ?)", name, value)
    assert cache.get(KEY) is None
    cache.put(KEY, SMALL)
    assert cache.get(KEY) == SMALL


# What breaks


@pytest.mark.parametrize(
    "junk",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"not a database" * 500, id="junk"),
        pytest.param(b"SQLite format 3\x00" + b"\xff" * 5000, id="damaged"),
    ],
)
def test_a_broken_database_is_made_anew(cache: Derived, tmp_path: Path, junk: bytes) -> None:
    """Nobody hears of it; the values that nobody knows any more go too, a stranger's file stays."""
    cache.put(KEY, LARGE)
    cache.close()
    folder = tmp_path / "derived"
    (folder / "cache.db").write_bytes(junk)
    (folder / "notes.txt").write_text("mine")
    assert cache.get(KEY) is None
    cache.put(OTHER, LARGE)
    assert cache.get(OTHER) == LARGE
    assert (folder / "notes.txt").read_text() == "mine"


def test_a_database_without_its_table_is_made_anew(cache: Derived, tmp_path: Path) -> None:
    """A table of another shape is as good as none."""
    cache.put(KEY, SMALL)
    change(cache, tmp_path, "DROP TABLE Cache")
    change(cache, tmp_path, "CREATE TABLE Cache (other)")
    assert cache.get(KEY) is None
    cache.put(KEY, SMALL)
    assert cache.get(KEY) == SMALL


@pytest.mark.parametrize("where", ["derived", "derived/cache.db"])
def test_something_in_the_way_means_no_cache(cache: Derived, tmp_path: Path, where: str) -> None:
    """A file where the folder should be, or a folder in place of the database, is no error."""
    if where == "derived":
        (tmp_path / where).touch()
    else:
        (tmp_path / where).mkdir(parents=True)
    cache.put(KEY, SMALL)
    assert cache.get(KEY) is None
    assert not cache.has(KEY)


def test_a_folder_that_would_be_expanded_is_not_used(tmp_path: Path) -> None:
    """A dollar sign in a name means itself; nothing is made in the place it would stand for."""
    cache = Derived(str(tmp_path / "$HOME" / "derived"))
    cache.put(KEY, SMALL)
    assert cache.get(KEY) is None
    assert list(tmp_path.iterdir()) == []


FULL = """
import resource, sys
from assetgen.digest import sha256
from assetgen.store.derived import Derived
cache = Derived(sys.argv[1])
cache.put(sha256(b"before"), b"small")
resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))
cache.put(sha256(b"large"), b"x" * 1_000_000)
print(cache.get(sha256(b"large")))
"""


def test_a_disk_that_takes_no_more_means_no_cache(tmp_path: Path) -> None:
    """No error, and no half-written file that would fill the disk further."""
    args = [sys.executable, "-c", FULL, str(tmp_path / "derived")]
    done = subprocess.run(args, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("None\n", "")
    assert list((tmp_path / "derived").rglob("*.val")) == []
    cache = Derived(str(tmp_path / "derived"))
    assert cache.get(sha256(b"before")) == b"small"
    cache.close()


READ_ONLY = """
import os, sys
from assetgen.digest import Digest
from assetgen.store.derived import Derived
if os.geteuid() == 0:
    os.setgroups([])
    os.setuid(65534)
cache = Derived(sys.argv[1])
cache.put(Digest(sys.argv[2]), b"new")
print(cache.get(Digest(sys.argv[2])))
"""


def test_a_read_only_folder_means_no_cache() -> None:
    """Nothing is written, nothing is said."""
    with tempfile.TemporaryDirectory() as folder:
        cache = Derived(folder)
        cache.put(OTHER, SMALL)
        cache.close()
        os.chmod(folder, 0o555)  # noqa: S103 - another user shall read it
        args = [sys.executable, "-c", READ_ONLY, folder, KEY]
        done = subprocess.run(args, capture_output=True, text=True, check=True)
        os.chmod(folder, 0o700)
    assert (done.stdout, done.stderr) == ("None\n", "")


MANY = """
import sys
from assetgen.digest import sha256
from assetgen.store.derived import Derived
cache = Derived(sys.argv[1])
sys.stdin.readline()
for i in range(30):
    cache.put(sha256(str(i).encode()), str(i).encode() * 20_000)
print(sum(cache.get(sha256(str(i).encode())) is not None for i in range(30)))
"""


def test_processes_share_one_cache(tmp_path: Path) -> None:
    """They make it at the same moment and find each other's results."""
    folder = str(tmp_path / "derived")
    args = [sys.executable, "-c", MANY, folder]
    processes = [
        subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    outputs = [process.communicate("go\n")[0] for process in processes]
    assert outputs == ["30\n"] * 3
    cache = Derived(folder)
    assert cache.get(Digest(sha256(b"7"))) == b"7" * 20_000
    cache.close()
