"""Every state that a power cut may legally leave of recorded file operations; knows no build.

What counts as durable is only what was made so: the bytes of a file by its fsync, the names in a
folder by the folder's. Until then the bytes may be there, in part or not at all, and each new name,
rename or folder by itself may be there or not. The ledger's file is SQLite's own affair: a commit
is taken to be whole and durable when it has returned.
"""

from __future__ import annotations

import itertools
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from assetgen.store.fs import DiskFs


@dataclass(frozen=True, slots=True)
class Op:
    """One operation.

    Attributes:
        kind: `make` (a folder), `fill` and `sync` (a file's bytes), `rename` (``path`` to ``to``),
            `remove`, `names` (fsync of a folder), `ledger` (a commit) or `world` (something
            happened elsewhere).
        data: the bytes of `fill`, or the ledger's file after the commit.
        world: what `world` is now like, a value of the caller's.
    """

    kind: str
    path: str = ""
    to: str = ""
    data: bytes = b""
    world: Any = None


class Tape(DiskFs):
    """Writes, and records each operation.

    Args:
        ledger: path of the ledger's file, whose content is kept after each commit.
    """

    def __init__(self, ledger: Path) -> None:
        self.ops: list[Op] = []
        self._ledger = ledger

    def step(self, name: str) -> None:
        """Record the ledger as it is after a commit."""
        if name.startswith("ledger") and name.endswith("after"):
            self.ops.append(Op("ledger", data=_content(self._ledger)))

    def make(self, path: str, mode: int) -> None:
        """Make one folder."""
        super().make(path, mode)
        self.ops.append(Op("make", path))

    def fill(self, handle: int, path: str, data: bytes) -> None:
        """Write bytes to a file."""
        super().fill(handle, path, data)
        self.ops.append(Op("fill", path, data=data))

    def sync(self, handle: int, path: str) -> None:
        """Make a file's bytes durable."""
        super().sync(handle, path)
        self.ops.append(Op("sync", path))

    def rename(self, temp: str, path: str) -> None:
        """Put a file into its place."""
        super().rename(temp, path)
        self.ops.append(Op("rename", temp, path))

    def sync_folder(self, path: str) -> None:
        """Make a folder's names durable."""
        super().sync_folder(path)
        self.ops.append(Op("names", path))

    def remove(self, path: str) -> None:
        """Remove a file."""
        super().remove(path)
        self.ops.append(Op("remove", path))

    def tell(self, world: Any) -> None:
        """Record that something happened elsewhere."""
        self.ops.append(Op("world", world=world))


def _content(path: Path) -> bytes:
    """Return a database as one file, what its log holds included."""
    with closing(sqlite3.connect(path)) as db:
        return db.serialize()


@dataclass(frozen=True, slots=True)
class State:
    """What is left after a cut.

    Attributes:
        after: how many operations had returned.
        files: bytes by path; folders: those that are there.
        ledger: the ledger's file, None if there is none.
        world: the last that was told of it.
    """

    after: int = 0
    files: Mapping[str, bytes] = field(default_factory=dict)
    folders: frozenset[str] = frozenset()
    ledger: bytes | None = None
    world: Any = None

    def moved(self, old: Path, new: Path) -> State:
        """Return the same state of another folder."""
        files = {_moved(path, old, new): data for path, data in self.files.items()}
        folders = frozenset(_moved(path, old, new) for path in self.folders)
        return replace(self, files=files, folders=folders)


def _moved(path: str, old: Path, new: Path) -> str:
    return str(new / Path(path).relative_to(old))


@dataclass(slots=True)
class _File:
    """A file's bytes: as written, and as they surely are on the disk (None: not yet)."""

    data: bytes
    durable: bytes | None = None

    def contents(self) -> Iterator[bytes]:
        """Yield what may be found in it after a cut."""
        if self.durable is not None:
            yield self.durable
        if self.durable != self.data:
            yield from (self.data, self.data[: len(self.data) // 2], b"")


_Entry = _File | None
"""What a name stands for: a file, or None for a folder."""


@dataclass
class _Disk:
    """Names as they surely are, and each change since then that may be lost by itself."""

    names: dict[str, _Entry] = field(default_factory=dict)
    changes: list[Callable[[dict[str, _Entry]], None]] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    now: dict[str, _Entry] = field(default_factory=dict)

    def change(self, folder: str, apply: Callable[[dict[str, _Entry]], None]) -> None:
        """Take note of a change to a folder's names."""
        apply(self.now)
        self.changes.append(apply)
        self.places.append(folder)

    def do(self, op: Op) -> None:
        """Do one operation."""
        folder = os.path.dirname(op.path)
        match op.kind:
            case "make":
                self.change(folder, lambda names: names.update({op.path: None}))
            case "fill":
                self._fill(op, folder)
            case "sync":
                file = self.now[op.path]
                assert file is not None
                file.durable = file.data
            case "rename":
                moved = self.now[op.path]
                self.change(folder, lambda names: _move(names, op.path, op.to, moved))
            case "remove":
                self.change(folder, lambda names: _drop(names, op.path))
            case "names":
                self._keep(op.path)

    def _fill(self, op: Op, folder: str) -> None:
        known = self.now.get(op.path)
        if known is not None:
            known.data = op.data
            return
        made = _File(op.data)
        self.change(folder, lambda names: names.update({op.path: made}))

    def _keep(self, folder: str) -> None:
        """Let what has happened to a folder's names be durable."""
        open_changes, open_places = [], []
        for apply, place in zip(self.changes, self.places, strict=True):
            if place == folder:
                apply(self.names)
            else:
                open_changes.append(apply)
                open_places.append(place)
        self.changes, self.places = open_changes, open_places

    def cuts(self) -> Iterator[tuple[dict[str, bytes], frozenset[str]]]:
        """Yield every legal (files, folders)."""
        for choice in itertools.product((False, True), repeat=len(self.changes)):
            names = dict(self.names)
            for chosen, apply in zip(choice, self.changes, strict=True):
                if chosen:
                    apply(names)
            names = {path: entry for path, entry in names.items() if _is_there(path, names, self)}
            files = {path: entry for path, entry in names.items() if entry is not None}
            kept = {path: entry for path, entry in files.items() if not _is_temp(path)}
            for contents in itertools.product(*(entry.contents() for entry in kept.values())):
                found = dict(zip(kept, contents, strict=True))
                yield found, frozenset(names) - frozenset(files)


def _move(names: dict[str, _Entry], temp: str, path: str, moved: _Entry) -> None:
    names.pop(temp, None)
    names[path] = moved


def _drop(names: dict[str, _Entry], path: str) -> None:
    names.pop(path, None)


def _is_temp(path: str) -> bool:
    return os.path.basename(path).startswith(".assetgen-")


def _is_there(path: str, names: Mapping[str, _Entry], disk: _Disk) -> bool:
    """Whether every folder above ``path`` that was made on the tape is there."""
    above = os.path.dirname(path)
    while above in disk.now and disk.now[above] is None:
        if above not in names:
            return False
        above = os.path.dirname(above)
    return True


def states(ops: Iterable[Op], begin: State, *, lossy: bool = False) -> Iterator[State]:
    """Yield each different state that a cut during ``ops`` may leave, in order of the cut.

    ``begin``: what was there before. ``lossy``: the ledger's commits are not durable either, so
    that any earlier one may be the last that is left.
    """
    disk = _Disk()
    disk.names.update(dict.fromkeys(begin.folders))
    disk.names.update({path: _File(data, data) for path, data in begin.files.items()})
    disk.now.update(disk.names)
    ledgers, world = [begin.ledger], begin.world
    seen: set[object] = set()
    for after, op in enumerate(itertools.chain([Op("world", world=world)], ops)):
        disk.do(op)
        if op.kind == "ledger":
            ledgers = [*ledgers, op.data] if lossy else [op.data]
        if op.kind == "world":
            world = op.world
        for files, folders in disk.cuts():
            for left in ledgers:
                mark = (frozenset(files.items()), folders, left, repr(world))
                if mark not in seen:
                    seen.add(mark)
                    yield State(after, files, folders, left, world)
