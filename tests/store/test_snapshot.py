"""When an unchanged project is recognised, and that a changed one never is."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from assetgen.store.look import SPLIT_FROM
from assetgen.store.snapshot import (
    COARSE_NS,
    Message,
    Watched,
    check,
    clock,
    forget,
    known,
    write,
)
from assetgen.store.snapshot_file import BLOCK, FILE_NAME

LONG_AGO = 1_500_000_000_123_456_789
"""A time that is not of a whole second, as every finer file system gives them."""


class Project:
    """A project folder with a few files, and the folder of its snapshot."""

    def __init__(self, base: Path) -> None:
        self.root = base / "project"
        self.folder = str(base / "cache" / "projects" / "p")
        self.root.mkdir()
        self.names: list[str] = []

    def add(self, name: str, data: bytes = b"picture") -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        self.names.append(name)

    def entry(self, name: str, digest: str = "") -> Watched:
        path = self.root / name
        if not path.exists():
            return name, None, ""
        if path.is_file():
            digest = digest or hashlib.sha256(path.read_bytes()).hexdigest()
        return name, path.stat(), digest

    def snap(self, *, taken: int | None = None, digest: str = "") -> None:
        """Write a snapshot; without ``taken``, one that was taken well after all changes.

        ``digest`` is recorded instead of the real ones, as if bytes changed and no stat did.
        """
        os.makedirs(self.folder, exist_ok=True)
        later = clock(self.folder) + 10**10 if taken is None else taken
        entries = [self.entry(name, digest) for name in self.names]
        message = Message("Nothing to do.\n")
        assert write(self.folder, str(self.root), "scope", "stamp", "1", message, later, entries)

    def check(self) -> Message | None:
        return check(self.folder, str(self.root), "scope", "stamp", "1")

    def file(self) -> Path:
        return Path(self.folder, FILE_NAME)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.add("assetgen.yaml", b"version: 1\n")
    made.add("art/a.png")
    made.add("art/b.png")
    return made


def age(stat: os.stat_result, time: int, *, ctime: int | None = None) -> os.stat_result:
    """Return the same look with other times, in ns."""
    exact = {
        "st_mtime_ns": time,
        "st_ctime_ns": time if ctime is None else ctime,
        "st_atime_ns": time,
    }
    return os.stat_result(tuple(stat)[:10], {"st_dev": stat.st_dev, **exact})


def test_an_unchanged_project_answers_with_the_message(project: Project) -> None:
    """The message of the last build comes back, stream by stream."""
    project.snap()
    answer = project.check()
    assert answer is not None
    assert (answer.stdout, answer.stderr) == ("Nothing to do.\n", "")


def test_the_working_folder_stays(project: Project) -> None:
    """A check looks from the project's folder and returns to where it was."""
    project.snap()
    home = os.getcwd()
    assert project.check()
    assert os.getcwd() == home


@pytest.mark.parametrize("changed", range(4))
def test_another_question_is_not_answered(project: Project, changed: int) -> None:
    """Root, scope, stamp and version must all be those of the snapshot."""
    project.snap()
    asked = [str(project.root), "scope", "stamp", "1"]
    asked[changed] += "x"
    assert check(project.folder, *asked) is None


def test_no_snapshot_no_answer(project: Project) -> None:
    """A project that was never built is not recognised."""
    assert project.check() is None
    assert known(project.folder, str(project.root))("art/a.png", os.stat(project.root)) is None


def test_a_forgotten_snapshot_does_not_answer(project: Project) -> None:
    """After forget there is nothing to recognise; forgetting twice is fine."""
    project.snap()
    forget(project.folder)
    forget(project.folder)
    assert project.check() is None


def test_a_changed_file_is_noticed(project: Project) -> None:
    """Other bytes of another size."""
    project.snap()
    (project.root / "art/b.png").write_bytes(b"other picture")
    assert project.check() is None


def test_a_removed_file_is_noticed(project: Project) -> None:
    """A file that is gone."""
    project.snap()
    (project.root / "art/b.png").unlink()
    assert project.check() is None


def test_a_replaced_file_of_the_same_size_and_time_is_noticed(project: Project) -> None:
    """A rename brings another inode, whatever times the new file bears."""
    project.snap()
    path = project.root / "art/b.png"
    old = path.stat()
    other = project.root / "art/new.png"
    other.write_bytes(b"PICTURE")
    os.utime(other, ns=(old.st_atime_ns, old.st_mtime_ns))
    other.rename(path)
    assert project.check() is None


def test_a_file_that_appears_where_none_was_is_noticed(project: Project) -> None:
    """An absent path that is watched must stay absent."""
    project.names.append("config.toml")
    project.snap()
    assert project.check()
    (project.root / "config.toml").write_text("")
    assert project.check() is None


def test_a_dangling_link_where_nothing_was_is_noticed(project: Project) -> None:
    """A link counts as something, even if it leads nowhere."""
    project.names.append("config.toml")
    project.snap()
    (project.root / "config.toml").symlink_to("nowhere")
    assert project.check() is None


def test_an_absent_path_below_a_file_is_absent(project: Project) -> None:
    """A folder that became a file still holds no watched path."""
    project.names.append("art/a.png/below")
    project.snap()
    assert project.check()


def test_a_new_file_in_a_watched_folder_is_noticed(project: Project) -> None:
    """A folder that was globbed is watched by its own times."""
    project.names.append("art")
    project.snap()
    assert project.check()
    os.utime(project.root / "art", ns=(LONG_AGO, LONG_AGO))
    assert project.check() is None


def test_the_project_folder_itself_can_be_watched(project: Project) -> None:
    """The empty path is the project's own folder."""
    project.names.append("")
    project.snap()
    assert project.check()
    (project.root / "new").write_text("")
    assert project.check() is None


def test_an_edit_within_the_same_tick_is_noticed(project: Project) -> None:
    """Same size and restored time, made right after the look: the bytes are compared."""
    path = project.root / "art/b.png"
    taken = clock(project.folder)
    path.write_bytes(b"picture")
    project.snap(taken=taken)
    old = path.stat()
    path.write_bytes(b"PICTURE")
    os.utime(path, ns=(old.st_atime_ns, old.st_mtime_ns))
    assert project.check() is None


def test_a_signature_as_young_as_the_look_is_not_believed(project: Project) -> None:
    """The rule alone: the file looks as recorded in every field, and its bytes differ."""
    path = project.root / "art/b.png"
    project.snap(taken=path.stat().st_mtime_ns, digest="ab" * 32)
    assert project.check() is None


def test_an_older_signature_is_believed_without_reading(project: Project) -> None:
    """The counterpart: one nanosecond older than the look, and no byte is read."""
    newest = max((project.root / name).stat().st_ctime_ns for name in project.names)
    project.snap(taken=newest + 1, digest="ab" * 32)
    assert project.check()


@pytest.mark.parametrize(
    ("mtime", "ctime", "believed"),
    [
        (-1, -1, True),
        (0, -1, False),
        (-1, 0, False),
        (1, 1, False),
    ],
)
def test_both_times_must_be_older_than_the_look(
    project: Project, mtime: int, ctime: int, believed: bool
) -> None:
    """A path is trusted if and only if mtime and ctime are older than the clock was."""
    taken = LONG_AGO
    path = project.root / "art/a.png"
    seen = age(path.stat(), taken + mtime, ctime=taken + ctime)
    entry = ("art/a.png", seen, "cd" * 32)
    os.makedirs(project.folder)
    write(project.folder, str(project.root), "", "", "", Message(""), taken, [entry])
    look_up = known(project.folder, str(project.root))
    assert look_up("art/a.png", seen) == ("cd" * 32 if believed else None)


@pytest.mark.parametrize(("before", "believed"), [(COARSE_NS + 1, True), (COARSE_NS - 1, False)])
def test_a_whole_second_must_be_older_by_two(project: Project, before: int, believed: bool) -> None:
    """Where a file system keeps no fractions, a change up to two seconds later looks the same."""
    whole = LONG_AGO // 10**9 * 10**9
    path = project.root / "art/a.png"
    seen = age(path.stat(), whole)
    os.makedirs(project.folder)
    entry = ("art/a.png", seen, "cd" * 32)
    write(project.folder, str(project.root), "", "", "", Message(""), whole + before, [entry])
    look_up = known(project.folder, str(project.root))
    assert (look_up("art/a.png", seen) is not None) is believed


def test_a_file_on_another_file_system_must_be_older_by_two_seconds(project: Project) -> None:
    """The clock is of the cache's file system; another one may be a little behind."""
    path = project.root / "art/a.png"
    there = age(path.stat(), LONG_AGO)
    elsewhere = os.stat_result(
        (*tuple(there)[:2], there.st_dev + 1, *tuple(there)[3:10]),
        {"st_mtime_ns": LONG_AGO, "st_ctime_ns": LONG_AGO, "st_atime_ns": LONG_AGO},
    )
    os.makedirs(project.folder)
    entries = [("here", there, "cd" * 32), ("there", elsewhere, "cd" * 32)]
    write(project.folder, str(project.root), "", "", "", Message(""), LONG_AGO + 5, entries)
    look_up = known(project.folder, str(project.root))
    assert look_up("here", there) is not None
    assert look_up("there", elsewhere) is None


def test_doubted_files_are_read_once(project: Project) -> None:
    """A check that had to hash leaves a snapshot that the next check believes."""
    taken = min((project.root / name).stat().st_mtime_ns for name in project.names)
    project.snap(taken=taken)
    wait_for_tick(project)
    look_up = known(project.folder, str(project.root))
    path = project.root / "art/b.png"
    assert look_up("art/b.png", path.stat()) is None
    assert project.check()
    look_up = known(project.folder, str(project.root))
    assert look_up("art/b.png", path.stat()) == hashlib.sha256(b"picture").hexdigest()
    assert project.check()


def wait_for_tick(project: Project) -> None:
    """Return once the file system's clock is past the times of all files."""
    newest = max((project.root / name).stat().st_ctime_ns for name in project.names)
    while clock(project.folder) <= newest:
        pass


def test_a_refreshed_snapshot_holds_every_entry(project: Project) -> None:
    """Blocks are filled up: entries before, in and after the joint are still compared."""
    for number in range(BLOCK + 3):
        project.add(f"old/{number}.png")
    newest = max((project.root / name).stat().st_ctime_ns for name in project.names)
    wait_for_tick(project)
    for number in range(BLOCK + 3):
        project.add(f"new/{number}.png")
    project.snap(taken=newest + 1)
    wait_for_tick(project)
    assert project.check()
    look_up = known(project.folder, str(project.root))
    for name in project.names:
        assert look_up(name, (project.root / name).stat()) is not None
    assert project.check()
    os.utime(project.root / project.names[-1])
    assert project.check() is None


def test_a_doubted_folder_is_not_believed(project: Project) -> None:
    """A folder has no bytes to compare: the build looks again."""
    project.names.append("art")
    project.snap(taken=(project.root / "art").stat().st_mtime_ns)
    assert project.check() is None


def test_a_pipe_in_place_of_a_doubted_file_does_not_block(project: Project) -> None:
    """What is no file is never opened."""
    path = project.root / "art/b.png"
    project.snap(taken=0)
    path.unlink()
    os.mkfifo(path)
    assert project.check() is None


def test_many_files_are_compared_to_the_last(project: Project) -> None:
    """With enough files for several processes, a change in any part is noticed."""
    for number in range(SPLIT_FROM + BLOCK // 2):
        project.add(f"many/{number:05}.png")
    project.snap()
    assert project.check()
    for name in (project.names[0], project.names[BLOCK], project.names[-1]):
        before = (project.root / name).stat()
        os.utime(project.root / name, ns=(LONG_AGO, LONG_AGO))
        assert project.check() is None, name
        os.utime(project.root / name, ns=(before.st_atime_ns, before.st_mtime_ns))
        project.snap()
        assert project.check(), name
    (project.root / project.names[-1]).unlink()
    assert project.check() is None
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_a_snapshot_cut_at_any_length_is_ignored(project: Project) -> None:
    """Whatever a crash leaves, it is no answer and no exception."""
    project.names.append("absent")
    project.snap()
    whole = project.file().read_bytes()
    for length in range(len(whole)):
        project.file().write_bytes(whole[:length])
        assert project.check() is None, length
        assert known(project.folder, str(project.root))("art/a.png", os.stat(".")) is None
    project.file().write_bytes(whole + b"\0")
    assert project.check() is None


def test_a_snapshot_with_any_byte_changed_is_ignored_or_harmless(project: Project) -> None:
    """A flipped byte never gives another message or another digest."""
    project.snap()
    whole = project.file().read_bytes()
    path = project.root / "art/a.png"
    right = hashlib.sha256(b"picture").hexdigest()
    for at in range(len(whole)):
        garbled = bytearray(whole)
        garbled[at] ^= 0x55
        project.file().write_bytes(garbled)
        answer = project.check()
        assert answer is None or answer.stdout == "Nothing to do.\n", at
        digest = known(project.folder, str(project.root))("art/a.png", path.stat())
        assert digest in (None, right), at


def test_wrong_digests_do_not_verify_a_doubted_file(project: Project) -> None:
    """The digests have a checksum of their own."""
    project.snap(taken=0)
    whole = bytearray(project.file().read_bytes())
    whole[-1] ^= 1
    project.file().write_bytes(whole)
    assert project.check() is None


def test_known_digests_are_those_of_unchanged_files(project: Project) -> None:
    """The look-up needs the exact look; an unknown path and a folder have no digest."""
    project.names.append("art")
    project.snap()
    look_up = known(project.folder, str(project.root))
    seen = (project.root / "art/a.png").stat()
    assert look_up("art/a.png", seen) == hashlib.sha256(b"picture").hexdigest()
    assert look_up("art/a.png", age(seen, LONG_AGO)) is None
    assert look_up("art/z.png", seen) is None
    assert look_up("art", (project.root / "art").stat()) is None


def test_a_name_that_is_not_utf8_is_kept(project: Project) -> None:
    """File systems know bytes; texts from the environment come with surrogates."""
    name = os.fsdecode(b"art/\xff.png")
    try:
        project.add(name)
    except OSError as error:
        assert error.errno == errno.EILSEQ
        return
    project.snap()
    assert project.check()
    assert known(project.folder, str(project.root))(name, (project.root / name).stat())


def test_a_message_keeps_its_letters(project: Project) -> None:
    """Both streams, with letters beyond ASCII; a NUL cannot break the frame."""
    os.makedirs(project.folder)
    message = Message("été\udcff\n", "a\0b\n")
    assert write(project.folder, str(project.root), "s", "t", "1", message, 1, [])
    answer = check(project.folder, str(project.root), "s", "t", "1")
    assert answer is not None
    assert (answer.stdout, answer.stderr) == ("été\udcff\n", "a b\n")


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    """A snapshot only saves time."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert not write(str(blocked), "/", "", "", "", Message(""), 1, [])
    assert not write(str(tmp_path / "missing"), "/", "", "", "", Message(""), 1, [])


def test_the_snapshot_is_for_its_user_only(project: Project) -> None:
    """It names files and variables."""
    project.snap()
    assert project.file().stat().st_mode & 0o077 == 0


def test_the_clock_is_the_file_systems_and_leaves_nothing(project: Project) -> None:
    """A file written after the clock was read is never older."""
    time = clock(project.folder)
    path = Path(project.folder, "later")
    path.write_text("")
    assert path.stat().st_mtime_ns >= time
    assert os.listdir(project.folder) == ["later"]


def test_the_fast_path_loads_nothing_heavy() -> None:
    """The price of a build with nothing to do is mostly what it imports."""
    heavy = "collections typing re json hashlib pathlib dataclasses yaml jinja2 click httpx PIL"
    code = (
        "import sys; before = set(sys.modules); import assetgen.cli.main; "
        f"print(sorted((set(sys.modules) - before) & set({heavy.split()!r})))"
    )
    command = [sys.executable, "-S", "-c", code]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("field", ["st_mtime_ns", "st_ctime_ns", "st_size", "st_ino", "st_mode"])
def test_every_field_of_the_signature_counts(project: Project, field: str) -> None:
    """A look that differs in one field alone is another look."""
    seen = (project.root / "art/a.png").stat()
    project.snap()
    look_up = known(project.folder, str(project.root))
    names = ("st_mtime_ns", "st_ctime_ns", "st_atime_ns", "st_dev")
    exact = {name: getattr(seen, name) for name in names}
    plain = list(tuple(seen)[:10])
    assert look_up("art/a.png", os.stat_result(plain, exact)) is not None
    if field in exact:
        exact[field] += 1
    else:
        plain[{"st_mode": 0, "st_ino": 1, "st_size": 6}[field]] += 1
    assert look_up("art/a.png", os.stat_result(plain, exact)) is None
