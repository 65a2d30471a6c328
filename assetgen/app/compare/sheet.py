"""Contact sheets of what differs: finds the bytes of pictures, and writes the pages."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence

from assetgen.action import local
from assetgen.app.compare.diffing import repository_of
from assetgen.app.compare.shots import Row, Shot, comparison_rows, takes_row
from assetgen.app.project import Project
from assetgen.build.executor import Executor, ProcessExecutor
from assetgen.digest import Digest, canonical_json, sha256
from assetgen.errors import AssetgenError, ImageError, Kind, Problem, SpecError, UsageError
from assetgen.ops.contact import ROWS, Pair, Sheet
from assetgen.ops.thumb import Facts, read_thumb, thumb_action
from assetgen.optable import CONTENTS
from assetgen.places import SPEC_NAME
from assetgen.plan.difference import Comparison, SideKind, TakePair
from assetgen.report.diff import side_name
from assetgen.spec.sources import read_spec
from assetgen.store import lock as locks
from assetgen.store.files import replace_file
from assetgen.store.git import Repository
from assetgen.store.hashing import pointer_oid
from assetgen.store.workspace import MAX_INPUT

NOT_PNG = Kind(
    "sheet-not-png", "the contact sheet {path} is no .png", "give a name that ends with .png"
)
OF_PROJECT = Kind(
    "sheet-over-output",
    "{path} is a file of the project itself, not a place for a contact sheet",
    "give another name",
)

NOT_KEPT = "not kept here"
UNREADABLE = "cannot be read"
AT_ONCE = 4
"""Whole pictures that are held in memory together."""


class Finder:
    """Finds the bytes of pictures: caches, stores, files, then a revision's objects."""

    def __init__(self, project: Project, repository: Repository | None) -> None:
        self._project = project
        self._repository = repository
        self._pictures = project.pictures(_keep(project))

    def bytes_of(self, shot: Shot, commit: str = "") -> bytes | None:
        """Return the bytes of a picture, or None if nothing here can read them."""
        if shot.key is not None:
            data = self._project.derived.get(shot.key)
            if data is not None and shot.digest in (None, sha256(data)):
                return data
        if shot.digest is None:
            return None
        found = self._stored(shot.digest) or self._file(shot.path, shot.digest)
        return found or self._committed(shot, shot.digest, commit)

    def _stored(self, digest: Digest) -> bytes | None:
        try:
            return self._pictures.get(digest)
        except AssetgenError:
            return None

    def _file(self, path: str, digest: Digest) -> bytes | None:
        if not path:
            return None
        try:
            data = self._project.workspace.read(path)
        except AssetgenError:
            return None
        return data if sha256(data) == digest else None

    def _committed(self, shot: Shot, digest: Digest, commit: str) -> bytes | None:
        if self._repository is None or not commit or not shot.path:
            return None
        try:
            data = self._repository.read(commit, shot.path, MAX_INPUT)
        except AssetgenError:
            return None
        if data is not None and pointer_oid(data) == digest:
            return self._repository.large_file(digest, MAX_INPUT)
        return data if data is not None and sha256(data) == digest else None

    async def thumb(self, data: bytes, executor: Executor) -> tuple[Facts, bytes]:
        """Return a picture's size and the WebP of its thumbnail. Raises ImageError, ValueError."""
        digest = sha256(data)
        action = thumb_action(digest)
        made = self._project.derived.get(action.key)
        if made is None:
            (made,) = await executor.make([action.text], {digest: data})
            self._project.derived.put(action.key, made)
        return read_thumb(made)


def _keep(project: Project) -> str | None:
    """Return the folder that the spec keeps bought pictures in, if the spec can be read."""
    try:
        return read_spec(project.root, SPEC_NAME, hand_on=True).keep
    except SpecError:
        return None


def comparison_sheets(project: Project, comparison: Comparison, path: str) -> list[str]:
    """Write the sheets of a comparison and return their paths; none where no picture differs.

    Raises UsageError for a path that cannot be a sheet's, StoreError.
    """
    check_place(project, path)
    commits = comparison.old.commit, comparison.new.commit
    heads = f"before: {side_name(comparison.old)}", f"after: {side_name(comparison.new)}"
    repository = None
    if SideKind.REVISION in (comparison.old.kind, comparison.new.kind):
        repository = repository_of(project)
    finder = Finder(project, repository)
    return asyncio.run(_write(project, comparison_rows(comparison), heads, commits, finder, path))


def takes_sheets(project: Project, pair: TakePair, path: str) -> list[str]:
    """Write the sheet of two takes. Raises UsageError, StoreError."""
    check_place(project, path)
    heads = f"take {pair.old.n}", f"take {pair.new.n}"
    finder = Finder(project, None)
    return asyncio.run(_write(project, [takes_row(pair)], heads, ("", ""), finder, path))


def check_place(project: Project, path: str) -> None:
    """Raise UsageError unless a sheet may be written to ``path``."""
    if not path.lower().endswith(".png"):
        raise UsageError(Problem(NOT_PNG, facts={"path": path}))
    inner = os.path.relpath(os.path.realpath(path), project.root).replace(os.sep, "/")
    lines = locks.read(project.lock_path).lines.values()
    if any(inner in line.outputs for line in lines):
        raise UsageError(Problem(OF_PROJECT, facts={"path": path}))


def page_path(path: str, number: int) -> str:
    """Return the path of a page, counted from 1: FILE.png, FILE-2.png …"""
    stem, ending = os.path.splitext(path)
    return path if number == 1 else f"{stem}-{number}{ending}"


async def _write(
    project: Project,
    rows: Sequence[Row],
    heads: tuple[str, str],
    commits: tuple[str, str],
    finder: Finder,
    path: str,
) -> list[str]:
    executor = ProcessExecutor(os.cpu_count() or 2)
    pages = [rows[at : at + ROWS] for at in range(0, len(rows), ROWS)]
    written = []
    try:
        for number, page in enumerate(pages, 1):
            said = f"{number} of {len(pages)}" if len(pages) > 1 else ""
            data = await _page(page, heads, commits, finder, executor, said)
            place = page_path(path, number)
            replace_file(project.fs, os.path.abspath(place), place, data, None)
            written.append(place)
    finally:
        await executor.close()
    return written


async def _page(
    rows: Sequence[Row],
    heads: tuple[str, str],
    commits: tuple[str, str],
    finder: Finder,
    executor: Executor,
    said: str,
) -> bytes:
    """Return the PNG of one page; only its own thumbnails are held."""
    turns = asyncio.Semaphore(AT_ONCE)
    thumbs: dict[Digest, bytes] = {}

    async def side(shot: Shot, commit: str) -> dict[str, str]:
        if shot.digest is None and shot.key is None:
            return {"words": shot.words}
        async with turns:
            data = await asyncio.to_thread(finder.bytes_of, shot, commit)
            if data is None:
                return {"words": shot.words or NOT_KEPT}
            try:
                facts, small = await finder.thumb(data, executor)
            except (ImageError, ValueError):
                return {"words": UNREADABLE}
        digest = sha256(small)
        thumbs[digest] = small
        return {"sha256": digest, "size": f"{facts.width} by {facts.height}"}

    sides = await asyncio.gather(
        *(
            side(shot, commit)
            for r in rows
            for shot, commit in zip((r.old, r.new), commits, strict=True)
        )
    )
    pairs = [
        Pair(row.title, row.note + _sizes(old.pop("size", ""), new.pop("size", "")), old, new)
        for row, old, new in zip(rows, sides[::2], sides[1::2], strict=True)
    ]
    arguments = canonical_json(Sheet(heads, pairs, said).arguments)
    work = local(op="contact", version=CONTENTS["contact"], arguments=arguments, inputs=())
    (sheet,) = await executor.make([work.text], thumbs)
    return sheet


def _sizes(old: str, new: str) -> str:
    """Return what is said where both pictures are there and not as large."""
    return f" ({old} -> {new} pixels)" if old and new and old != new else ""
