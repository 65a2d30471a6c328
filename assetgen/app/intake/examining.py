"""Looks at many picture files of the user's: whole or not, what they say; adopts none."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from assetgen.app.intake.collecting import PICTURES
from assetgen.app.project import Project
from assetgen.digest import Digest, sha256
from assetgen.errors import AssetgenError, ImageError, Kind, Problem
from assetgen.ops.embedded import texts
from assetgen.ops.picture import claimed_pixels, inspect
from assetgen.ops.prompts import Said, said_by

LARGE = 16_000_000
"""Pixels from which a picture is decoded while no other large one is, to bound the memory."""
THREADS = 8

OTHER_FORMAT = Kind(
    "import-other-format",
    "{path} holds a {found} by its bytes, whatever its name says",
    "rename it so that it ends with .{found}, then import it",
)
CHANGED = Kind(
    "import-changed", "{path} was changed while it was imported", "import it again by itself"
)


@dataclass(frozen=True, slots=True)
class Examined:
    """A whole picture: its bytes' digest, what it is, and what its generator said in it."""

    path: str
    sha256: Digest
    format: str
    width: int
    height: int
    said: Said | None


def examine(project: Project, paths: Iterable[str]) -> Iterator[Examined | Problem]:
    """Yield what each file is, or why it cannot be adopted, in order; each is decoded completely.

    Bounded: files of 64 MiB, pictures of 100 million pixels, one large picture in memory at a time.
    """
    large = threading.Lock()
    wanted = list(paths)
    seen = project.workspace.scan(wanted)

    def look(path: str) -> Examined | Problem:
        if path in seen.problems:
            return seen.problems[path]
        try:
            data = project.workspace.read(path)
            turn: AbstractContextManager[object] = nullcontext()
            if claimed_pixels(data) > LARGE:
                turn = large
            with turn:
                return _examined(path, data)
        except AssetgenError as error:
            return error.problems[0]

    with ThreadPoolExecutor(_threads()) as threads:
        yield from threads.map(look, wanted)


def store(project: Project, pictures: Iterable[Examined]) -> None:
    """Put the bytes of examined files into the store. Raises StoreError, SpecError, ImageError."""

    def put(one: Examined) -> None:
        data = project.workspace.read(one.path)
        if sha256(data) != one.sha256:
            raise ImageError(Problem(CHANGED, facts={"path": one.path}))
        project.bought.put(data)

    # Most of the time of each is waiting for the disk.
    with ThreadPoolExecutor(THREADS) as threads:
        for _ in threads.map(put, pictures):
            pass


def _threads() -> int:
    return min(os.cpu_count() or 1, THREADS)


def _examined(path: str, data: bytes) -> Examined:
    info = inspect(data, path)
    if PICTURES[path.rpartition(".")[2].lower()] != info.format:
        raise ImageError(Problem(OTHER_FORMAT, facts={"path": path, "found": info.format}))
    said = said_by(texts(data))
    return Examined(path, sha256(data), info.format, info.width, info.height, said)
