"""What happened to a file, and who tells of it; knows no system and no project."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol


class Event(IntEnum):
    """What happened to a path, numbered as watchfiles numbers it."""

    ADDED = 1
    MODIFIED = 2
    DELETED = 3


@dataclass(frozen=True, slots=True)
class Change:
    """Something happened to the file or folder at an absolute path."""

    event: Event
    path: str


class Notices(Protocol):
    """Tells of changes in folders, not in those below them."""

    def arm(self, folders: Collection[str]) -> bool:
        """Watch these folders from now on, and those no more that are not named.

        Folders that do not exist are left out. Returns whether one is watched that was not before.
        """

    def wait(self, seconds: float) -> list[Change]:
        """Return what changed, as soon as there is something, nothing after ``seconds``.

        Raises KeyboardInterrupt.
        """

    def close(self) -> None:
        """Watch nothing any more."""
