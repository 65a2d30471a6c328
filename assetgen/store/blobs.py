"""Bytes by their sha256, kept for ever; knows neither what they show nor who paid for them."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
from typing import Protocol

from assetgen.digest import Digest, parse_digest, sha256
from assetgen.errors import Kind, Problem, StoreError
from assetgen.store.disk import PRIVATE_FILE, disk_error
from assetgen.store.fs import Fs

BLOB_MISSING = Kind(
    "blob-missing",
    "the bytes of {digest} are not in {place}",
    "restore them from a backup or another checkout, or buy them again with --rebuy-lost",
)
BLOB_CORRUPT = Kind(
    "blob-corrupt",
    "{path} is damaged: its bytes are not those of its name",
    "put an undamaged copy in its place, or delete it and build with --rebuy-lost",
)
BLOB_POINTER = Kind(
    "blob-lfs-pointer", "{path} is a git-LFS pointer, not the picture itself", "run: git lfs pull"
)
KEEP_OUTSIDE = Kind(
    "keep-through-symlink",
    "the keep folder {path} leads through a symbolic link",
    "make it an ordinary folder of the project",
)

_Signature = tuple[int, int, int, int, int]
_POINTER = b"version https://git-lfs.github.com/spec/v1\n"
_POINTER_SIZE = 1024
_EXTENSIONS = (".png", ".jpg", ".webp", ".bin")
# A FIFO or a symbolic link in a project's folder must neither block nor lead elsewhere.
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_BINARY = getattr(os, "O_BINARY", 0)


class BlobStore(Protocol):
    """A place of bytes by digest. Its fake is :class:`MemoryBlobs`."""

    def get(self, digest: Digest) -> bytes:
        """Return bytes that hash to ``digest``. Raises StoreError if there are none."""

    def put(self, data: bytes) -> Digest:
        """Store ``data`` and return its digest; it is durable then. Raises StoreError."""

    def has(self, digest: Digest) -> bool:
        """Return whether something is stored under ``digest``, at the price of a look."""

    def readable(self, digest: Digest) -> bool:
        """Return whether :meth:`get` would succeed."""


class _Files:
    """Reads files whose bytes must hash to a digest, and remembers those that did."""

    def __init__(self) -> None:
        self._verified: dict[str, _Signature] = {}

    def read(self, path: str, digest: Digest) -> bytes:
        """Return the file's bytes. Raises StoreError if they are damaged, OSError if absent."""
        with _open_regular(path) as file:
            data = file.read()
        if sha256(data) != digest:
            kind = BLOB_POINTER if data.startswith(_POINTER) else BLOB_CORRUPT
            raise StoreError(Problem(kind, facts={"path": path}))
        return data

    def verified(self, path: str, digest: Digest) -> bool:
        """Return whether the file has the right bytes; hashed again only if its stat changed."""
        try:
            signature = _signature(os.lstat(path))
            if self._verified.get(path) == signature:
                return True
            with _open_regular(path) as file:
                right = hashlib.file_digest(file, "sha256").hexdigest() == digest
        except OSError:
            return False
        if right:
            self._verified[path] = signature
        return right


def _open_regular(path: str) -> io.BufferedReader:
    handle = os.open(path, _OPEN_FLAGS | _BINARY)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "not an ordinary file", path)
    return os.fdopen(handle, "rb")


def _signature(found: os.stat_result) -> _Signature:
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _is_file(path: str) -> bool:
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


def _missing(digest: Digest, place: str) -> StoreError:
    return StoreError(Problem(BLOB_MISSING, facts={"digest": digest[:12], "place": place}))


class DiskBlobs:
    """A private folder of files `ab/<sha256>`, made on the first put."""

    def __init__(self, root: str, fs: Fs) -> None:
        self.root = root
        self._fs = fs
        self._files = _Files()

    def get(self, digest: Digest) -> bytes:
        """Return bytes that hash to ``digest``. Raises StoreError if missing or damaged."""
        path = self._path(digest)
        try:
            return self._files.read(path, digest)
        except FileNotFoundError:
            raise _missing(digest, self.root) from None
        except OSError as error:
            raise disk_error(error, path) from error

    def put(self, data: bytes) -> Digest:
        """Store ``data``, unless an undamaged copy is there. Raises StoreError."""
        digest = sha256(data)
        path = self._path(digest)
        try:
            if self._files.verified(path, digest):
                # Another process may have been killed between its rename and its fsync.
                self._fs.sync_folder(os.path.dirname(path))
            else:
                self._fs.folder(os.path.dirname(path), private=True)
                self._fs.write(path, data, mode=PRIVATE_FILE)
        except OSError as error:
            raise disk_error(error, path) from error
        return digest

    def has(self, digest: Digest) -> bool:
        """Return whether a file of that name is there."""
        return _is_file(self._path(digest))

    def readable(self, digest: Digest) -> bool:
        """Return whether it is there and undamaged."""
        return self._files.verified(self._path(digest), digest)

    def _path(self, digest: Digest) -> str:
        # A digest may come from a lock file: what is none must not become part of a path.
        parse_digest(digest)
        return os.path.join(self.root, digest[:2], digest)


class KeepFolder:
    """A project's folder of bought pictures, `<sha256>.png`: for people, git and LFS to see.

    It is part of the project and so untrusted: symbolic links are not followed.
    """

    def __init__(self, root: str, path: str, fs: Fs) -> None:
        self.root = os.path.join(os.path.realpath(root), *path.split("/"))
        self._shown = path
        self._fs = fs
        self._files = _Files()

    def get(self, digest: Digest) -> bytes:
        """Return bytes that hash to ``digest``.

        Raises StoreError if they are missing or damaged, or if a git-LFS pointer stands for them.
        """
        self._check()
        path = self._find(digest)
        if path is None:
            raise _missing(digest, self._shown)
        try:
            return self._files.read(path, digest)
        except FileNotFoundError:
            raise _missing(digest, self._shown) from None
        except OSError as error:
            raise disk_error(error, path) from error

    def put(self, data: bytes) -> Digest:
        """Store ``data`` under a name that tells its format, unless it is there as file or pointer.

        Raises StoreError.
        """
        self._check()
        digest = sha256(data)
        path = os.path.join(self.root, digest + extension(data))
        if not self._files.verified(path, digest) and not _is_pointer_to(path, digest):
            try:
                self._fs.write(path, data)
            except OSError as error:
                raise disk_error(error, path) from error
        return digest

    def has(self, digest: Digest) -> bool:
        """Return whether a file of that name is there, be it a git-LFS pointer."""
        return self._find(digest) is not None and self._is_inside()

    def readable(self, digest: Digest) -> bool:
        """Return whether the picture itself is there and undamaged."""
        path = self._find(digest)
        return path is not None and self._is_inside() and self._files.verified(path, digest)

    def path_of(self, digest: Digest) -> str | None:
        """Return where the project has a picture, with `/`; None if it has not."""
        found = self._find(digest)
        return f"{self._shown}/{os.path.basename(found)}" if found else None

    def _find(self, digest: Digest) -> str | None:
        stem = os.path.join(self.root, parse_digest(digest))
        return next((stem + ext for ext in _EXTENSIONS if _is_file(stem + ext)), None)

    def _is_inside(self) -> bool:
        return os.path.realpath(self.root) == self.root

    def _check(self) -> None:
        if not self._is_inside():
            raise StoreError(Problem(KEEP_OUTSIDE, facts={"path": self._shown}))


def _is_pointer_to(path: str, digest: Digest) -> bool:
    try:
        with _open_regular(path) as file:
            text = file.read(_POINTER_SIZE)
    except OSError:
        return False
    return text.startswith(_POINTER) and f"\noid sha256:{digest}\n".encode() in text


def extension(data: bytes) -> str:
    """Return the file name extension that the magic bytes of a picture tell; `.bin` for others."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return ".png"
    if data.startswith(b"\xff\xd8\xff"):
        return ".jpg"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return ".webp"
    return ".bin"


class ChainBlobs:
    """Several stores as one: reads from the first that has good bytes, writes to the first."""

    def __init__(self, first: BlobStore, *others: BlobStore) -> None:
        self._stores = (first, *others)

    def get(self, digest: Digest) -> bytes:
        """Return bytes that hash to ``digest``. Raises the StoreError that helps most.

        That is what the first store says which has something damaged under that name, else what
        the first store says.
        """
        missing: StoreError | None = None
        damaged: StoreError | None = None
        for store in self._stores:
            try:
                return store.get(digest)
            except StoreError as error:
                if error.problems[0].kind is BLOB_MISSING:
                    missing = missing or error
                else:
                    damaged = damaged or error
        raise damaged or missing or _missing(digest, "any store")

    def put(self, data: bytes) -> Digest:
        """Store ``data`` in the first store. Raises StoreError."""
        return self._stores[0].put(data)

    def has(self, digest: Digest) -> bool:
        """Return whether any store has something under ``digest``."""
        return any(store.has(digest) for store in self._stores)

    def readable(self, digest: Digest) -> bool:
        """Return whether any store has good bytes."""
        return any(store.readable(digest) for store in self._stores)


class MemoryBlobs:
    """The fake: bytes in a dict, which a test may look at or damage."""

    def __init__(self) -> None:
        self.bytes: dict[Digest, bytes] = {}

    def get(self, digest: Digest) -> bytes:
        """Return the bytes of ``digest``. Raises StoreError if missing or damaged."""
        if digest not in self.bytes:
            raise _missing(digest, "memory")
        if not self.readable(digest):
            raise StoreError(Problem(BLOB_CORRUPT, facts={"path": f"memory:{digest}"}))
        return self.bytes[digest]

    def put(self, data: bytes) -> Digest:
        """Store ``data`` and return its digest."""
        digest = sha256(data)
        self.bytes[digest] = data
        return digest

    def has(self, digest: Digest) -> bool:
        """Return whether something is stored under ``digest``."""
        return digest in self.bytes

    def readable(self, digest: Digest) -> bool:
        """Return whether it is there and undamaged."""
        return digest in self.bytes and sha256(self.bytes[digest]) == digest
