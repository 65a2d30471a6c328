"""What the last build saw, so that an unchanged project is known by stats alone; knows no spec.

A build that finds nothing to do is over in the time of looking at each file once, so this module
imports next to nothing, reads one file, and compares in loops that run inside the interpreter.

A *trusted* path cannot have changed while its signature (times, size, inode, mode) is the same. A
*doubted* one can: either it was absent, or it was last changed so shortly before the look that a
change after it could bear the same time. Doubted files are hashed, and trusted from then on. The
rule is that of git's index, with the clock of the file system in place of the index's own time.
"""

from __future__ import annotations

import os
import struct
from stat import S_ISREG

from assetgen.store import snapshot_file
from assetgen.store.look import all_same, look_of
from assetgen.store.snapshot_file import BLOCK, DIGEST_BYTES, FILE_NAME, SIGNATURE, Snapshot

# typing and collections.abc take a fifth of a Python start each; type checkers know this name.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

COARSE_NS = 2_000_000_000
"""How far the time of a file may lie behind the clock on FAT, on whole-second file systems, and
on another file system than the clock's."""

_NO_DIGEST = bytes(DIGEST_BYTES)
_ABSENT, _HASH = b"a", b"h"
_TEXTS = 6

Watched = tuple[str, os.stat_result | None, str]
"""A path (relative to the project, or absolute outside it), what os.stat said of it before its
bytes were read (None: it was absent), and the digest of the bytes ("" for a folder or if unknown).
"""


class Message:
    """What an unchanged project's build prints on each stream; it always exits with 0."""

    __slots__ = ("stderr", "stdout")

    def __init__(self, stdout: str, stderr: str = "") -> None:
        self.stdout = stdout
        self.stderr = stderr


def clock(folder: str) -> int:
    """Return the file system's time in ns: take it before the first look of an observation.

    ``folder`` is made if needed. Raises OSError if it cannot be written.
    """
    os.makedirs(folder, mode=0o700, exist_ok=True)
    path = os.path.join(folder, f"clock-{os.getpid()}")
    handle = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    try:
        # A file that was left over would keep its old time without a write.
        os.write(handle, b".")
        return os.fstat(handle).st_mtime_ns
    finally:
        os.close(handle)
        os.unlink(path)


def check(folder: str, root: str, scope: str, stamp: str, version: str) -> Message | None:
    """Return what to print if nothing that the last build saw has changed since, else None.

    Never raises for what it finds on the disk. The working folder is ``root`` in between, so this
    is for a process that has no other threads.
    """
    try:
        snapshot = snapshot_file.read(folder, _TEXTS)
        if snapshot is None or snapshot.texts[:4] != _encode((version, root, stamp, scope)):
            return None
        home = os.getcwd()
        os.chdir(root)
        try:
            if not (all_same(snapshot) and _doubted_same(snapshot, folder)):
                return None
        finally:
            os.chdir(home)
        return Message(*(_decode(text) for text in snapshot.texts[4:]))
    except (OSError, ValueError):
        return None


def write(
    folder: str,
    root: str,
    scope: str,
    stamp: str,
    version: str,
    message: Message,
    taken: int,
    entries: Iterable[Watched],
) -> bool:
    """Record what a build saw of ``entries``, which it looked at after ``taken`` (:func:`clock`).

    The first entries are compared first: the spec belongs there. Returns whether it was written;
    a snapshot only saves time, so a disk that refuses is no error.
    """
    try:
        device = os.stat(folder).st_dev
        texts = _encode((version, root, stamp, scope, message.stdout, message.stderr))
        names: list[bytes] = []
        signatures: list[bytes] = []
        doubted: list[bytes] = []
        digests: tuple[list[bytes], list[bytes]] = [], []
        for path, seen, digest in entries:
            name = os.fsencode(path or os.curdir)
            signature = seen and _trusted_signature(seen, taken, device)
            if signature:
                names.append(name)
                signatures.append(signature)
            else:
                doubted.append((_HASH if seen else _ABSENT) + name)
            digests[not signature].append(bytes.fromhex(digest) or _NO_DIGEST)
        blocks = snapshot_file.to_blocks(names)
        snapshot = Snapshot(texts, doubted, b"".join(signatures), blocks)
        snapshot_file.write(folder, snapshot, digests[0] + digests[1])
    except OSError:
        return False
    return True


def forget(folder: str) -> None:
    """Remove the snapshot, before anything is changed or spent. Raises OSError if it stays."""
    try:
        os.unlink(os.path.join(folder, FILE_NAME))
    except FileNotFoundError:
        return


def known(folder: str, root: str) -> Callable[[str, os.stat_result], str | None]:
    """Return a look-up: path and what os.stat says now → the recorded digest of that file.

    It gives None for every file that may have changed, and for all if there is no snapshot.
    """
    try:
        snapshot = snapshot_file.read(folder, _TEXTS)
        if snapshot is None or snapshot.texts[1:2] != _encode((root,)):
            return _nothing
        digests = snapshot.digests(folder)[0]
    except (OSError, ValueError):
        return _nothing
    rows = {os.fsdecode(name): row for row, name in enumerate(snapshot.names())}
    signatures = snapshot.signatures

    def look_up(name: str, seen: os.stat_result) -> str | None:
        row = rows.get(name)
        if row is None or SIGNATURE.unpack_from(signatures, row * SIGNATURE.size) != look_of(seen):
            return None
        digest = digests[row * DIGEST_BYTES : (row + 1) * DIGEST_BYTES]
        return digest.hex() if digest != _NO_DIGEST else None

    return look_up


def _nothing(name: str, seen: os.stat_result) -> str | None:
    return None


def _trusted_signature(seen: os.stat_result, taken: int, device: int) -> bytes | None:
    for time in (seen.st_mtime_ns, seen.st_ctime_ns):
        coarse = time % 1_000_000_000 == 0 or seen.st_dev != device
        if time >= taken - (COARSE_NS if coarse else 0):
            return None
    try:
        return SIGNATURE.pack(*look_of(seen))
    except struct.error:  # an inode of more than 64 bits
        return None


def _doubted_same(snapshot: Snapshot, folder: str) -> bool:
    """Whether absent paths are absent and doubted files have their bytes, which are then trusted.

    The working folder is the project's.
    """
    if not snapshot.doubted:
        return True
    absent = [item[1:] for item in snapshot.doubted if item[:1] == _ABSENT]
    if not all(map(_is_absent, absent)):
        return False
    if len(absent) == len(snapshot.doubted):
        return True
    trusted, digests = snapshot.digests(folder)
    taken, device = clock(folder), os.stat(folder).st_dev
    fresh: list[tuple[bytes, bytes, bytes]] = []
    still: list[tuple[bytes, bytes]] = []
    for row, item in enumerate(snapshot.doubted):
        digest = digests[row * DIGEST_BYTES : (row + 1) * DIGEST_BYTES]
        signature = None
        if item[:1] == _HASH:
            seen = os.stat(item[1:])
            if digest == _NO_DIGEST or not S_ISREG(seen.st_mode) or _hash(item[1:]) != digest:
                return False
            signature = _trusted_signature(seen, taken, device)
        if signature:
            fresh.append((item[1:], signature, digest))
        else:
            still.append((item, digest))
    if fresh:
        _refresh(folder, snapshot, trusted, fresh, still)
    return True


def _refresh(
    folder: str,
    snapshot: Snapshot,
    digests: bytes,
    fresh: list[tuple[bytes, bytes, bytes]],
    still: list[tuple[bytes, bytes]],
) -> None:
    """Write the snapshot with ``fresh`` among the trusted; what was trusted stays as it is."""
    whole = snapshot.count // BLOCK
    names = [name for block in snapshot.blocks[whole:] for name in block.split(b"\0")]
    renewed = Snapshot(
        snapshot.texts,
        [item for item, _ in still],
        b"".join([snapshot.signatures, *(signature for _, signature, _ in fresh)]),
        snapshot.blocks[:whole] + snapshot_file.to_blocks(names + [name for name, *_ in fresh]),
    )
    after = [digest for *_, digest in fresh] + [digest for _, digest in still]
    try:
        snapshot_file.write(folder, renewed, [digests, *after])
    except OSError:  # the next check hashes again
        return


def _is_absent(path: bytes) -> bool:
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    return False


def _hash(path: bytes) -> bytes:
    # Imported here, against the rule of the house: it takes as long as looking at 1,000 files,
    # and hardly any check has a file to hash.
    import hashlib

    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _encode(texts: Iterable[str]) -> list[bytes]:
    # Names and variables come with surrogates where they are not UTF-8; all else is kept too.
    return [text.replace("\0", " ").encode("utf-8", "surrogatepass") for text in texts]


def _decode(text: bytes) -> str:
    return text.decode("utf-8", "surrogatepass")
