"""The project's files: what is seen, what is written, and what is left alone or refused."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetgen.digest import Digest, sha256
from assetgen.errors import AssetgenError, SpecError, StoreError
from assetgen.store.fs import DiskFs, RecordingFs
from assetgen.store.hashing import look_at, pointer_oid
from assetgen.store.workspace import MAX_INPUT, Workspace

OID = sha256(b"the picture")
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{OID}\nsize 12345\n".encode()


class FailingFs(DiskFs):
    """Refuses at the step that begins with ``at``, as a disk would."""

    def __init__(self, at: str, error: int) -> None:
        self.at = at
        self.error = error

    def step(self, name: str) -> None:
        if name.startswith(self.at):
            raise OSError(self.error, os.strerror(self.error))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def put(project: Path, path: str, data: bytes = b"x") -> Path:
    place = project / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    return place


def workspace(project: Path) -> Workspace:
    return Workspace(str(project), DiskFs())


def names(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir()}


def make_symlink(place: Path) -> None:
    (place.parent / "target.png").write_bytes(b"x")
    place.symlink_to("target.png")


def make_socket(place: Path) -> None:
    home = Path.cwd()
    os.chdir(place.parent)  # the address of a socket has at most 108 bytes
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(place.name)
    finally:
        os.chdir(home)


NOT_FILES = {
    "a symlink": make_symlink,
    "a folder": lambda place: place.mkdir(),
    "a named pipe": lambda place: os.mkfifo(place),
    "a socket": make_socket,
}
EACH_NOT_FILE = pytest.mark.parametrize(("what", "make"), NOT_FILES.items(), ids=list(NOT_FILES))


def test_files_are_seen_with_their_digests_and_missing_ones_are_absent(project: Path) -> None:
    """Each file has its digest; a missing file or folder is simply not there."""
    put(project, "art/a.png", b"a")
    put(project, "b.png", b"")
    large = b"0123456789abcdef" * 100_000
    put(project, "large.png", large)
    seen = workspace(project).scan(["art/a.png", "b.png", "large.png", "c.png", "no/d/e.png"])
    expected = {"art/a.png": sha256(b"a"), "b.png": sha256(b""), "large.png": sha256(large)}
    assert seen.digests == expected
    assert seen.pointers == frozenset()
    assert seen.problems == {}


def test_a_file_that_is_known_is_not_read(project: Path) -> None:
    """The caller's word counts for what it knows, by path and stat; the rest is hashed."""
    put(project, "a.png", b"a")
    put(project, "b.png", b"bb")
    asked: list[tuple[str, int]] = []

    def known(path: str, seen: os.stat_result) -> Digest | None:
        asked.append((path, seen.st_size))
        return OID if path == "a.png" else None

    seen = workspace(project).scan(["a.png", "b.png", "c.png"], known)
    assert seen.digests == {"a.png": OID, "b.png": sha256(b"bb")}
    assert asked == [("a.png", 1), ("b.png", 2)]


def test_a_scan_may_be_begun_and_ended_later(project: Path) -> None:
    """What is seen is that of a scan in one go, whether or not another process shares it."""
    put(project, "a.png", b"a")
    put(project, "b.png", POINTER)
    (project / "c.png").mkdir()
    paths = ["a.png", "b.png", "c.png", "no/d.png"]
    space = workspace(project)
    with space.scanning(paths) as end:
        assert end() == space.scan(paths)


def test_a_git_lfs_pointer_stands_for_its_file(project: Path) -> None:
    """A pointer is seen with the digest that it names, and marked, also where it is known."""
    put(project, "a.png", POINTER)
    for known in (None, lambda path, seen: OID):
        seen = workspace(project).scan(["a.png"], known)
        assert seen.digests == {"a.png": OID}
        assert seen.pointers == {"a.png"}


@pytest.mark.parametrize(
    "data",
    [
        POINTER + b"\n",
        POINTER[:-1],
        POINTER.replace(b"\n", b"\r\n"),
        POINTER.replace(b"size 1", b"size 01"),
        POINTER.replace(b"sha256", b"sha512"),
        POINTER.replace(OID.encode(), OID.upper().encode()),
        POINTER.replace(b"https", b"http"),
        b"",
    ],
)
def test_what_only_resembles_a_pointer_is_an_ordinary_file(project: Path, data: bytes) -> None:
    """A pointer is exactly its three lines."""
    put(project, "a.png", data)
    seen = workspace(project).scan(["a.png"])
    assert seen.digests == {"a.png": sha256(data)}
    assert seen.pointers == frozenset()


@EACH_NOT_FILE
def test_something_else_in_place_of_an_output_is_a_problem(
    project: Path, what: str, make: Callable[[Path], None]
) -> None:
    """It is told what stands there; nothing waits for it, and the write leaves it in place."""
    place = project / "a.png"
    make(place)
    before = place.lstat()
    seen = workspace(project).scan(["a.png"])
    assert not seen.digests
    assert what in seen.problems["a.png"].cause
    with pytest.raises(StoreError, match=what):
        workspace(project).write("a.png", b"new")
    assert not workspace(project).remove_if("a.png", sha256(b"x"))
    assert place.lstat().st_ino == before.st_ino


@EACH_NOT_FILE
def test_the_hasher_itself_opens_regular_files_only(
    project: Path, what: str, make: Callable[[Path], None]
) -> None:
    """What takes the place of a file between look and read is not waited for."""
    make(project / "a.png")
    (look,) = look_at([str(project / "a.png")])
    assert look.digest is None
    assert look.mode == (project / "a.png").lstat().st_mode


def test_an_output_below_a_symlinked_folder_is_refused(project: Path) -> None:
    """Neither a scan nor a write leaves the project through a folder's symlink."""
    outside = project.parent / "outside"
    put(project.parent, "outside/deep/a.png")
    (project / "art").symlink_to(outside)
    space = workspace(project)
    seen = space.scan(["art/deep/a.png", "art/b.png"])
    assert seen.digests == {}
    assert {p.kind.name for p in seen.problems.values()} == {"through-symlink"}
    for path in ("art/deep/a.png", "art/b.png", "art/new/b.png"):
        with pytest.raises(StoreError, match="symlink art"):
            space.write(path, b"new")
    assert not space.remove_if("art/deep/a.png", sha256(b"x"))
    assert names(outside) == {"deep/a.png"}


def test_a_symlink_that_appears_after_the_scan_is_refused_at_the_write(project: Path) -> None:
    """The folders are looked at again when something is written."""
    put(project, "art/a.png")
    space = workspace(project)
    assert space.scan(["art/a.png"]).problems == {}
    (project / "art").rename(project.parent / "moved")
    (project / "art").symlink_to(project.parent / "moved")
    with pytest.raises(StoreError):
        space.write("art/a.png", b"new")
    assert (project.parent / "moved/a.png").read_bytes() == b"x"


def test_a_file_where_a_folder_is_needed_is_a_problem(project: Path) -> None:
    """The text names the file that is in the way."""
    put(project, "art")
    found = workspace(project).scan(["art/x/a.png"]).problems["art/x/a.png"]
    assert found.cause == "art/x/a.png needs a folder where art is a file"
    with pytest.raises(StoreError, match="where art is a file"):
        workspace(project).write("art/x/a.png", b"new")


@pytest.mark.parametrize("path", ["../a.png", "/a.png", ".git/config", "a\\b", "nul", "a\x00"])
def test_a_bad_path_is_refused_everywhere(project: Path, path: str) -> None:
    """Whoever lets a bad path through, the disk is not touched."""
    space = workspace(project)
    assert space.scan([path]).problems[path].kind.name == "bad-path"
    assert space.scan([path], inputs=[path]).problems[path].kind.name == "bad-path"
    with pytest.raises(StoreError):
        space.write(path, b"new")
    with pytest.raises(SpecError):
        space.read(path)
    assert not space.remove_if(path, OID)
    assert names(project.parent) == set()


def test_a_new_output_is_written_with_its_folders(project: Path) -> None:
    """Missing folders are made, and the change is told."""
    assert workspace(project).write("art/hero/a.png", b"new")
    assert names(project) == {"art/hero/a.png"}
    assert (project / "art/hero/a.png").read_bytes() == b"new"


def test_equal_bytes_leave_the_file_alone(project: Path) -> None:
    """Neither the time nor the inode of an unchanged output moves."""
    place = put(project, "a.png", b"same")
    os.utime(place, ns=(1, 1))
    before = place.stat()
    fs = RecordingFs()
    assert not Workspace(str(project), fs).write("a.png", b"same")
    after = place.stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)
    assert fs.steps == []


@pytest.mark.parametrize("bits", [0o600, 0o666, 0o755, 0o444])
def test_replaced_files_keep_their_permissions(project: Path, bits: int) -> None:
    """The bits survive a replacement whatever the umask takes from new files."""
    place = put(project, "a.png", b"old")
    place.chmod(bits)
    assert workspace(project).write("a.png", b"new")
    assert place.read_bytes() == b"new"
    assert place.stat().st_mode & 0o7777 == bits


@pytest.mark.parametrize(
    ("at", "error", "name"),
    [
        ("write", errno.ENOSPC, "disk-full"),
        ("fsync", errno.EDQUOT, "disk-full"),
        ("write", errno.EROFS, "read-only-disk"),
        ("rename", errno.EACCES, "no-permission"),
        ("rename", errno.EPERM, "no-permission"),
        ("fsync", errno.EIO, "disk-refused"),
    ],
)
def test_a_refusing_disk_is_told_and_leaves_no_trace(
    project: Path, at: str, error: int, name: str
) -> None:
    """The old file stays, no temporary one is left, and there is a next step."""
    place = put(project, "a.png", b"old")
    with pytest.raises(StoreError) as caught:
        Workspace(str(project), FailingFs(at, error)).write("a.png", b"new")
    (problem,) = caught.value.problems
    assert problem.kind.name == name
    assert "a.png" in problem.cause
    assert problem.step
    assert names(project) == {"a.png"}
    assert place.read_bytes() == b"old"


def test_a_path_too_long_for_the_disk_is_a_problem(project: Path) -> None:
    """A path of 20,000 characters passes as text and fails on the disk, with words."""
    path = "/".join(["x" * 200] * 100)
    assert workspace(project).scan([path]).digests == {}
    with pytest.raises(StoreError):
        workspace(project).write(path, b"new")
    with pytest.raises(AssetgenError):
        workspace(project).read(path)


def test_only_a_file_with_the_expected_bytes_is_removed(project: Path) -> None:
    """A changed file, or none, is not removed; an equal one is, as is the pointer to it."""
    put(project, "a.png", b"a")
    put(project, "b.png", POINTER)
    space = workspace(project)
    assert not space.remove_if("a.png", sha256(b"b"))
    assert not space.remove_if("c.png", sha256(b"b"))
    assert names(project) == {"a.png", "b.png"}
    assert space.remove_if("a.png", sha256(b"a"))
    assert space.remove_if("b.png", OID)
    assert names(project) == set()


def test_a_refused_removal_is_told(project: Path) -> None:
    """The disk's refusal has words here too."""
    put(project, "a.png", b"a")
    with pytest.raises(StoreError):
        Workspace(str(project), FailingFs("remove", errno.EACCES)).remove_if("a.png", sha256(b"a"))


def test_an_input_may_be_a_symlink_inside_the_project(project: Path) -> None:
    """Links within the project are followed for inputs: by a scan that knows, and by a read."""
    put(project, "real/a.png", b"a")
    (project / "link.png").symlink_to("real/a.png")
    (project / "folder").symlink_to("real")
    space = workspace(project)
    paths = ["link.png", "folder/a.png"]
    assert [space.read(path) for path in paths] == [b"a", b"a"]
    assert space.scan(paths, inputs=paths).digests == dict.fromkeys(paths, sha256(b"a"))
    assert set(space.scan(paths).problems) == set(paths)


@pytest.mark.parametrize("goal", ["../outside.png", ".git/config"])
def test_an_input_that_leads_elsewhere_is_refused(project: Path, goal: str) -> None:
    """A link out of the project, or into .git, is not followed."""
    put(project, goal)
    (project / "link.png").symlink_to(goal)
    with pytest.raises(SpecError, match="out of the project"):
        workspace(project).read("link.png")
    seen = workspace(project).scan(["link.png"], inputs={"link.png"})
    assert seen.problems["link.png"].kind.name == "outside-project"


def test_a_missing_input_is_a_mistake_of_the_spec(project: Path) -> None:
    """A missing file and a dangling or circular link all end with words."""
    (project / "dangling.png").symlink_to("nowhere.png")
    (project / "loop.png").symlink_to("loop.png")
    for path in ("a.png", "no/a.png", "dangling.png"):
        with pytest.raises(SpecError, match="no file"):
            workspace(project).read(path)
    with pytest.raises(StoreError):
        workspace(project).read("loop.png")


def test_a_pointer_as_input_says_git_lfs_pull(project: Path) -> None:
    """The picture itself is needed, and the next step gets it."""
    put(project, "a.png", POINTER)
    with pytest.raises(SpecError) as caught:
        workspace(project).read("a.png")
    assert "git lfs pull" in caught.value.problems[0].step


def test_an_input_beyond_the_limit_is_refused(project: Path) -> None:
    """A file just over the limit is not read; one of exactly that size is."""
    place = put(project, "a.png")
    os.truncate(place, MAX_INPUT + 1)
    with pytest.raises(StoreError, match="64 MiB"):
        workspace(project).read("a.png")
    os.truncate(place, MAX_INPUT)
    assert len(workspace(project).read("a.png")) == MAX_INPUT


def test_the_root_may_itself_be_a_symlink(project: Path) -> None:
    """Only what is inside the project is held to real folders."""
    put(project, "art/a.png", b"a")
    link = project.parent / "link"
    link.symlink_to(project)
    space = workspace(link)
    assert space.scan(["art/a.png"]).digests == {"art/a.png": sha256(b"a")}
    assert space.read("art/a.png") == b"a"
    assert space.write("art/a.png", b"b")


FORKED = """
import os
import sys
from assetgen.store.hashing import Looking, look_at
paths = sys.stdin.read().split()
alone = look_at(paths, 1)
assert alone == look_at(paths, 2) == look_at(paths, 3) == look_at(paths, 50)
for processes in (1, 2, 3, 50):
    with Looking(paths, processes, aside=True) as looking:
        assert alone == looking.end()
with Looking(paths, 3, aside=True):
    pass  # given up
try:
    os.wait()
except ChildProcessError:
    pass
else:
    raise AssertionError("a process was left behind")
print(sum(look.digest is not None for look in alone), sum(look.pointer for look in alone))
"""


def test_several_processes_see_what_one_sees(project: Path) -> None:
    """Shares are put together in order, empty ones included, and no process is left behind."""
    for number in range(30):
        put(project, f"{number}.png", str(number).encode())
    put(project, "30.png", POINTER)
    (project / "31.png").mkdir()
    paths = [str(project / f"{number}.png") for number in range(40)]
    # A process of its own has no threads of a test runner that a fork would leave behind.
    done = subprocess.run(
        [sys.executable, "-c", FORKED],
        input="\n".join(paths),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("31 1\n", "", 0)


@given(st.binary(max_size=200) | st.just(POINTER).map(lambda data: data[:-1] + b"\n"))
def test_any_bytes_are_a_pointer_or_not(data: bytes) -> None:
    """Only the exact form names a digest."""
    assert (pointer_oid(data) is not None) == (data == POINTER)
