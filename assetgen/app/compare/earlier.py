"""What stood in an older commit: its lock, and its files; changes nothing and decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from assetgen.app.compare.diffing import locked_at, repository_of
from assetgen.app.compare.sheet import Finder
from assetgen.app.compare.shots import Shot
from assetgen.app.project import Project
from assetgen.digest import Digest
from assetgen.state import LockLine


@dataclass(frozen=True, slots=True)
class Earlier:
    """A lock as it was.

    Attributes:
        revision: as the user named it.
        lines: its lines by target.
        read: gives the bytes of a file of then, by path and digest; None if nothing has them.
    """

    revision: str
    lines: Mapping[str, LockLine]
    read: Callable[[str, Digest], bytes | None]


def earlier_of(project: Project, revision: str) -> Earlier:
    """Return what stood in a git revision; nothing is fetched. Raises UsageError, LockError."""
    repository = repository_of(project)
    found, lines = locked_at(repository, revision)
    finder = Finder(project, repository)

    def read(path: str, digest: Digest) -> bytes | None:
        return finder.bytes_of(Shot(digest, path), found.commit)

    return Earlier(revision, lines, read)
