"""A folder with a page, its pictures and its table; knows no project and no store.

What it holds is written anew where it changed and removed where the page does not name it any
more. Only a folder that is empty, or that was written here, is written to: nothing is followed out
of it, and nothing of somebody's own is removed.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterable

from assetgen.errors import Kind, Problem, StoreError, UsageError

MARK = ".assetgen-gallery"
"""A file by which a folder of ours is known."""
FOLDERS = ("thumbs", "pictures")
_PICTURE = re.compile(r"[0-9a-f]{64}\.(webp|png|jpg|bin)")

NOT_OURS = Kind(
    "gallery-folder-in-use",
    "{folder} holds other files; a gallery has a folder of its own",
    "name an empty or a new one with -o FOLDER",
)
NO_FOLDER = Kind(
    "gallery-not-a-folder", "{folder} is {what}", "name an empty or a new folder with -o FOLDER"
)
NOT_WRITTEN = Kind(
    "gallery-not-written", "{path} cannot be written: {reason}", "make room, or name another folder"
)


class GalleryFolder:
    """A folder to be written to. Raises UsageError where it is not ours to write to.

    ``path`` is made with the folders above it.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._written: set[str] = set()
        try:
            self._begin()
        except OSError as error:
            raise _refused(error, path) from error

    def _begin(self) -> None:
        os.makedirs(self.path, exist_ok=True)
        _check_real(self.path)
        found = os.listdir(self.path)
        if found and MARK not in found:
            raise UsageError(Problem(NOT_OURS, facts={"folder": self.path}))
        self.write(MARK, b"")
        # Git leaves such a folder alone, whatever the project's own rules are.
        self.write(".gitignore", b"*\n")
        for name in FOLDERS:
            place = os.path.join(self.path, name)
            os.makedirs(place, exist_ok=True)
            _check_real(place)

    def has(self, name: str) -> bool:
        """Return whether a picture is there; its name is that of its bytes."""
        try:
            found = os.lstat(os.path.join(self.path, name))
        except OSError:
            return False
        there = stat.S_ISREG(found.st_mode) and found.st_size > 0
        if there:
            self._written.add(name)
        return there

    def write(self, name: str, data: bytes) -> None:
        """Make ``data`` a file's bytes; ``name`` with `/`. Raises StoreError."""
        path = os.path.join(self.path, name)
        new = f"{path}.new"
        try:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(new)
            with open(new, "xb") as file:
                file.write(data)
            os.replace(new, path)  # takes the place of a link, and follows none
        except OSError as error:
            raise _refused(error, path) from error
        self._written.add(name)

    def tidy(self) -> None:
        """Remove the pictures that were neither written nor found by name. Raises StoreError."""
        for folder in FOLDERS:
            place = os.path.join(self.path, folder)
            try:
                for name in self._left(folder, os.listdir(place)):
                    os.unlink(os.path.join(place, name))
            except OSError as error:
                raise _refused(error, place) from error

    def _left(self, folder: str, names: Iterable[str]) -> list[str]:
        return [
            name
            for name in names
            if _PICTURE.fullmatch(name.removesuffix(".new"))
            and f"{folder}/{name}" not in self._written
        ]


def _check_real(path: str) -> None:
    mode = os.lstat(path).st_mode
    if stat.S_ISLNK(mode) or not stat.S_ISDIR(mode):
        what = "a symbolic link" if stat.S_ISLNK(mode) else "not a folder"
        raise UsageError(Problem(NO_FOLDER, facts={"folder": path, "what": what}))


def _refused(error: OSError, path: str) -> StoreError:
    return StoreError(Problem(NOT_WRITTEN, facts={"path": path, "reason": str(error.strerror)}))
