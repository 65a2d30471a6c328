"""How a snapshot lies on the disk; knows nothing of when one may be believed.

All integers are little-endian::

    magic · sizes and checksums
    front       texts, then each doubted path, \\0 between them
    signatures  36 bytes for each trusted path
    paths       the trusted paths, \\0 between them and \\0\\0 after every BLOCK of them
    digests     32 bytes for each trusted path, then for each doubted one; read only when needed
"""

from __future__ import annotations

import os
import struct
from zlib import crc32

# typing and collections.abc take a fifth of a Python start each; type checkers know this name.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

FILE_NAME = "snapshot"
BLOCK = 256
"""Paths that are split, looked at and compared in one go."""
SIGNATURE = struct.Struct("<qqqQI")
"""Of a path: mtime and ctime in ns, size, inode, mode."""
DIGEST_BYTES = 32

_MAGIC = b"assetgen snap 1\n"
_SIZES = struct.Struct("<16s4Q")
_CHECKSUMS = struct.Struct("<2Q")
_HEAD_BYTES = _SIZES.size + _CHECKSUMS.size


class Snapshot:
    """A snapshot in memory, its entries as they are in the file.

    Attributes:
        texts: what it is valid for and what to print; how many is the reader's to know.
        doubted: the doubted paths, each behind a byte that says how to look at it.
        signatures: of the trusted paths, one after the other.
        blocks: the trusted paths, each block \\0-joined, all but the last with BLOCK paths.
    """

    __slots__ = ("_digests_at", "_digests_crc", "blocks", "count", "doubted", "signatures", "texts")

    def __init__(
        self,
        texts: list[bytes],
        doubted: list[bytes],
        signatures: bytes,
        blocks: list[bytes],
        digests: tuple[int, int] = (0, 0),
    ) -> None:
        self.texts = texts
        self.doubted = doubted
        self.signatures = signatures
        self.blocks = blocks
        self.count = len(signatures) // SIGNATURE.size
        self._digests_at, self._digests_crc = digests

    def names(self) -> Iterator[bytes]:
        """Yield the trusted paths."""
        for block in self.blocks:
            yield from block.split(b"\0")

    def digests(self, folder: str) -> tuple[bytes, bytes]:
        """Read the digests of the trusted and of the doubted paths, :data:`DIGEST_BYTES` each.

        Raises OSError, and ValueError if they are not this snapshot's.
        """
        trusted, doubted = DIGEST_BYTES * self.count, DIGEST_BYTES * len(self.doubted)
        with open(os.path.join(folder, FILE_NAME), "rb", buffering=0) as file:
            file.seek(self._digests_at)
            digests = file.read(trusted + doubted)
        if len(digests) != trusted + doubted or crc32(digests) != self._digests_crc:
            raise ValueError("the digests do not belong to this snapshot")
        return digests[:trusted], digests[trusted:]


def to_blocks(names: Sequence[bytes]) -> list[bytes]:
    """Return the paths as :attr:`Snapshot.blocks` has them."""
    return [b"\0".join(names[at : at + BLOCK]) for at in range(0, len(names), BLOCK)]


def read(folder: str, texts: int) -> Snapshot | None:
    """Return the snapshot in ``folder``, which has so many texts, or None if it is not sound.

    The digests stay on the disk. Raises OSError if there is no snapshot.
    """
    with open(os.path.join(folder, FILE_NAME), "rb", buffering=0) as file:
        end = os.fstat(file.fileno()).st_size
        head = file.read(_HEAD_BYTES)
        if len(head) != _HEAD_BYTES or not head.startswith(_MAGIC):
            return None
        _, front, count, paths, doubted = _SIZES.unpack_from(head)
        crc, digests_crc = _CHECKSUMS.unpack_from(head, _SIZES.size)
        body = front + count * SIGNATURE.size + paths
        if end != _HEAD_BYTES + body + DIGEST_BYTES * (count + doubted):
            return None
        data = file.read(body)
    if len(data) != body or crc32(data, crc32(head[: _SIZES.size])) != crc:
        return None
    parts = data[:front].split(b"\0")
    return Snapshot(
        parts[:texts],
        parts[texts:],
        data[front : body - paths],
        data[body - paths :].split(b"\0\0") if count else [],
        (_HEAD_BYTES + body, digests_crc),
    )


def write(folder: str, snapshot: Snapshot, digests: Sequence[bytes]) -> None:
    """Replace the snapshot in ``folder``; ``digests``: of the trusted paths, then of the doubted.

    Raises OSError.
    """
    front = b"\0".join(snapshot.texts + snapshot.doubted)
    paths = b"\0\0".join(snapshot.blocks)
    sizes = _SIZES.pack(_MAGIC, len(front), snapshot.count, len(paths), len(snapshot.doubted))
    body = (front, snapshot.signatures, paths)
    sums = _CHECKSUMS.pack(_crc((sizes, *body)), _crc(digests))
    # No fsync: after a power cut the checksums tell, and a missing snapshot costs one slow build.
    temp = os.path.join(folder, f"{FILE_NAME}-{os.getpid()}")
    handle = os.open(temp, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with open(handle, "wb") as file:
        file.writelines((sizes, sums, *body, *digests))
    os.replace(temp, os.path.join(folder, FILE_NAME))


def _crc(parts: Iterable[bytes]) -> int:
    crc = 0
    for part in parts:
        crc = crc32(part, crc)
    return crc
