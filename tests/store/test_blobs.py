"""What the stores of bytes promise: nothing wrong comes out, nothing good is lost."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from assetgen.digest import Digest, sha256
from assetgen.errors import StoreError
from assetgen.store.blobs import (
    BLOB_CORRUPT,
    BLOB_MISSING,
    BLOB_POINTER,
    KEEP_OUTSIDE,
    BlobStore,
    ChainBlobs,
    DiskBlobs,
    KeepFolder,
    MemoryBlobs,
)
from assetgen.store.disk import DISK_FULL, NOT_A_FOLDER, NOT_ALLOWED, QUOTA_FULL, READ_ONLY
from assetgen.store.fs import DiskFs, RecordingFs

PNG = b"\x89PNG\r\n\x1a\n and the rest"
OTHER = sha256(b"never stored")


class RefusingFs(DiskFs):
    """A disk that refuses each write with one errno."""

    def __init__(self, number: int) -> None:
        self.number = number

    def write(self, path: str, data: bytes, *, mode: int = 0o666) -> None:
        """Refuse."""
        raise OSError(self.number, os.strerror(self.number), path)


def kind_of(error: pytest.ExceptionInfo[StoreError]) -> object:
    """Return the kind of the first problem."""
    return error.value.problems[0].kind


@pytest.fixture(params=["disk", "keep", "chain", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    """Return each kind of store in turn."""
    stores: dict[str, BlobStore] = {
        "disk": DiskBlobs(str(tmp_path / "blobs"), DiskFs()),
        "keep": KeepFolder(str(tmp_path), "art/.bought", DiskFs()),
        "chain": ChainBlobs(DiskBlobs(str(tmp_path / "a"), DiskFs()), MemoryBlobs()),
        "memory": MemoryBlobs(),
    }
    return stores[request.param]


def test_stored_bytes_come_back(store: BlobStore) -> None:
    """What was put is there, readable, and the same."""
    digest = store.put(PNG)
    assert digest == sha256(PNG)
    assert store.has(digest)
    assert store.readable(digest)
    assert store.get(digest) == PNG


def test_an_empty_file_is_a_blob(store: BlobStore) -> None:
    """No bytes have a digest too."""
    assert store.get(store.put(b"")) == b""


def test_what_was_never_stored_is_missing(store: BlobStore) -> None:
    """An empty store answers no and says so, and makes nothing."""
    assert not store.has(OTHER)
    assert not store.readable(OTHER)
    with pytest.raises(StoreError) as error:
        store.get(OTHER)
    assert kind_of(error) is BLOB_MISSING
    assert OTHER[:12] in str(error.value)


def test_an_untouched_store_makes_no_folder(tmp_path: Path) -> None:
    """Questions alone leave no trace on the disk."""
    store = DiskBlobs(str(tmp_path / "data" / "blobs"), DiskFs())
    assert not store.readable(OTHER)
    assert list(tmp_path.iterdir()) == []


def test_blobs_are_private_to_their_owner(tmp_path: Path) -> None:
    """Folders are 0700 and files 0600, whatever the umask says."""
    store = DiskBlobs(str(tmp_path / "data" / "blobs"), DiskFs())
    digest = store.put(PNG)
    folder = tmp_path / "data" / "blobs" / digest[:2]
    for path in (folder, folder.parent, folder.parent.parent):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / digest).stat().st_mode) == 0o600


def test_a_second_put_writes_nothing(tmp_path: Path) -> None:
    """Bytes that are there already are not written again."""
    fs = RecordingFs()
    store = DiskBlobs(str(tmp_path), fs)
    store.put(PNG)
    before = list(fs.steps)
    store.put(PNG)
    assert before
    assert fs.steps == before


@pytest.mark.parametrize("damage", [b"", PNG[:-1], PNG[:-1] + b"X", PNG + b"X"])
def test_a_damaged_blob_is_never_returned(tmp_path: Path, damage: bytes) -> None:
    """Cut, changed or longer bytes are reported with their path, even after they were good."""
    store = DiskBlobs(str(tmp_path), DiskFs())
    digest = store.put(PNG)
    assert store.readable(digest)
    path = tmp_path / digest[:2] / digest
    path.write_bytes(damage)
    os.utime(path, ns=(1, 1))
    assert store.has(digest)
    assert not store.readable(digest)
    with pytest.raises(StoreError) as error:
        store.get(digest)
    assert kind_of(error) is BLOB_CORRUPT
    assert digest in error.value.problems[0].cause


def test_a_put_heals_a_damaged_blob(tmp_path: Path) -> None:
    """Good bytes replace damaged ones of the same name."""
    store = DiskBlobs(str(tmp_path), DiskFs())
    digest = store.put(PNG)
    (tmp_path / digest[:2] / digest).write_bytes(b"damaged")
    store.put(PNG)
    assert store.get(digest) == PNG


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, DISK_FULL),
        (errno.EDQUOT, QUOTA_FULL),
        (errno.EROFS, READ_ONLY),
        (errno.EACCES, NOT_ALLOWED),
    ],
)
def test_a_disk_that_refuses_says_why_and_keeps_the_rest(
    tmp_path: Path, number: int, kind: object
) -> None:
    """The error names the path and what to do; what was stored before is still there."""
    digest = DiskBlobs(str(tmp_path), DiskFs()).put(PNG)
    store = DiskBlobs(str(tmp_path), RefusingFs(number))
    with pytest.raises(StoreError) as error:
        store.put(b"new")
    assert kind_of(error) is kind
    assert str(tmp_path) in error.value.problems[0].cause
    assert error.value.problems[0].step
    assert store.get(digest) == PNG


def test_a_file_where_the_folder_should_be_is_named(tmp_path: Path) -> None:
    """A store that cannot make its folder says what stands in its way."""
    (tmp_path / "blobs").write_bytes(b"")
    with pytest.raises(StoreError) as error:
        DiskBlobs(str(tmp_path / "blobs"), DiskFs()).put(PNG)
    assert kind_of(error) is NOT_A_FOLDER


def test_a_word_that_is_no_digest_becomes_no_path(tmp_path: Path) -> None:
    """A name from outside cannot lead out of the store."""
    store = DiskBlobs(str(tmp_path / "blobs"), DiskFs())
    with pytest.raises(ValueError, match="not a sha256"):
        store.has(Digest("../../secret"))


@pytest.mark.parametrize(
    ("data", "ext"),
    [
        (PNG, ".png"),
        (b"\xff\xd8\xff\xe0 jpeg", ".jpg"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", ".webp"),
        (b"RIFF\x10\x00\x00\x00WAVE", ".bin"),
        (b"", ".bin"),
    ],
)
def test_kept_pictures_are_named_by_their_format(tmp_path: Path, data: bytes, ext: str) -> None:
    """People and LFS filters see what a kept file is."""
    keep = KeepFolder(str(tmp_path), "art/.bought", DiskFs())
    digest = keep.put(data)
    assert [p.name for p in (tmp_path / "art/.bought").iterdir()] == [digest + ext]


def pointer(digest: str) -> bytes:
    """Return what git-LFS puts in the place of a file."""
    return (f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 12\n").encode()


def test_an_lfs_pointer_is_not_the_picture(tmp_path: Path) -> None:
    """A pointer is there but not readable, and the error says how to get the picture."""
    keep = KeepFolder(str(tmp_path), "keep", DiskFs())
    (tmp_path / "keep").mkdir()
    digest = sha256(PNG)
    (tmp_path / "keep" / f"{digest}.png").write_bytes(pointer(digest))
    assert keep.has(digest)
    assert not keep.readable(digest)
    with pytest.raises(StoreError) as error:
        keep.get(digest)
    assert kind_of(error) is BLOB_POINTER
    assert "git lfs pull" in error.value.problems[0].step


def test_a_put_leaves_the_pointer_of_the_same_picture(tmp_path: Path) -> None:
    """A clone without LFS gets no changed file; a pointer to other bytes is replaced."""
    keep = KeepFolder(str(tmp_path), "keep", DiskFs())
    (tmp_path / "keep").mkdir()
    digest = sha256(PNG)
    path = tmp_path / "keep" / f"{digest}.png"
    path.write_bytes(pointer(digest))
    keep.put(PNG)
    assert path.read_bytes() == pointer(digest)
    path.write_bytes(pointer(OTHER))
    keep.put(PNG)
    assert path.read_bytes() == PNG


def test_a_keep_folder_behind_a_symlink_is_refused(tmp_path: Path) -> None:
    """A repository cannot make assetgen write or read outside the project."""
    outside, project = tmp_path / "outside", tmp_path / "project"
    outside.mkdir()
    project.mkdir()
    (project / "art").symlink_to(outside)
    DiskFs().write(str(outside / "keep" / f"{sha256(PNG)}.png"), PNG)
    keep = KeepFolder(str(project), "art/keep", DiskFs())
    assert not keep.has(sha256(PNG))
    assert not keep.readable(sha256(PNG))
    for call in (lambda: keep.put(b"x"), lambda: keep.get(sha256(PNG))):
        with pytest.raises(StoreError) as error:
            call()
        assert kind_of(error) is KEEP_OUTSIDE
    assert [p.name for p in (outside / "keep").iterdir()] == [f"{sha256(PNG)}.png"]


def test_a_kept_file_that_is_a_symlink_or_pipe_is_not_read(tmp_path: Path) -> None:
    """Neither leads out of the project nor blocks."""
    keep = KeepFolder(str(tmp_path), "keep", DiskFs())
    (tmp_path / "keep").mkdir()
    (tmp_path / "elsewhere").write_bytes(PNG)
    (tmp_path / "keep" / f"{sha256(PNG)}.png").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(tmp_path / "keep" / f"{OTHER}.png")
    for digest in (sha256(PNG), OTHER):
        assert not keep.has(digest)
        assert not keep.readable(digest)
        with pytest.raises(StoreError):
            keep.get(digest)


def test_a_project_behind_a_symlink_may_keep(tmp_path: Path) -> None:
    """Only links inside the project count; the way to it is the user's."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    keep = KeepFolder(str(tmp_path / "link"), "keep", DiskFs())
    assert keep.readable(keep.put(PNG))


def test_a_chain_reads_past_a_damaged_store(tmp_path: Path) -> None:
    """Good bytes further on make up for damaged ones; new bytes go to the first store."""
    first, second = DiskBlobs(str(tmp_path), DiskFs()), MemoryBlobs()
    chain = ChainBlobs(first, second)
    digest = chain.put(PNG)
    assert second.bytes == {}
    (tmp_path / digest[:2] / digest).write_bytes(b"damaged")
    with pytest.raises(StoreError) as error:
        chain.get(digest)
    assert kind_of(error) is BLOB_CORRUPT
    second.put(PNG)
    assert chain.readable(digest)
    assert chain.get(digest) == PNG


def test_a_damaged_blob_in_memory_is_found_out() -> None:
    """The fake keeps the promise of the real one."""
    store = MemoryBlobs()
    digest = store.put(PNG)
    store.bytes[digest] = b"damaged"
    assert not store.readable(digest)
    with pytest.raises(StoreError) as error:
        store.get(digest)
    assert kind_of(error) is BLOB_CORRUPT
