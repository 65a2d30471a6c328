"""Reads files and lists folders inside one root, and nothing outside it; knows no file formats."""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from collections.abc import Mapping

from assetgen.errors import Kind, Loc, Problem, SpecError, did_you_mean
from assetgen.paths import check_path
from assetgen.spec.load import MAX_BYTES, TOO_LARGE

MAX_FOLDERS = 10_000
"""How often the globs of one spec may list a folder."""

BAD_PATH = Kind("bad-path", "the path '{path}' {why}", "name a file inside the project")
OUTSIDE = Kind(
    "path-outside",
    "'{path}' leads out of the project through a symlink",
    "copy the file into the project",
)
NO_FILE = Kind("no-such-file", "there is no file '{path}'", "{step}")
NOT_A_FILE = Kind("not-a-file", "'{path}' is {what}, not a file", "name a file")
UNREADABLE = Kind("unreadable-file", "'{path}' cannot be read: {reason}", "check its permissions")
NO_MATCH = Kind("no-match", "no file matches '{path}'", "correct the pattern, or remove it")
TOO_MANY_FOLDERS = Kind(
    "too-many-folders",
    "the pattern '{path}' leads into more than {limit} folders",
    "name the folder that holds the files",
)

_GLOB = re.compile(r"[*?\[]")
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)  # a FIFO without a writer would hang
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


class Folder:
    """A project's root. ``more`` are files, by path, that are read as if they stood there.

    Attributes:
        listed: project paths of the folders that globs looked into, in order; `.` is the root.
        globs: the globs that looked, in order.
    """

    def __init__(self, root: str, more: Mapping[str, bytes] | None = None) -> None:
        self._root = os.path.realpath(root)
        self._more = more or {}
        self.listed: dict[str, None] = {}
        self.globs: dict[str, None] = {}
        self._scans = 0

    def read(self, path: str, at: Loc | None) -> bytes:
        """Return the bytes of a regular file of at most 4 MiB.

        ``at`` is the place that names it. Raises SpecError.
        """
        if path in self._more:
            return self._more[path]
        full = self._inside(path, at)
        facts = {"path": path}
        try:
            self._check_kind(os.stat(full).st_mode, path, at)
            handle = os.open(full, _FLAGS)
        except (FileNotFoundError, NotADirectoryError):
            step = did_you_mean(path.rpartition("/")[2], self._names_beside(path))
            raise SpecError(Problem(NO_FILE, at, {**facts, "step": step})) from None
        except OSError as error:
            raise _unreadable(path, error, at) from None
        try:
            self._check_kind(os.fstat(handle).st_mode, path, at)
            return self._content(handle, path, at)
        except OSError as error:
            raise _unreadable(path, error, at) from None
        finally:
            os.close(handle)

    def matches(self, pattern: str, at: Loc | None) -> list[str]:
        """Return the project paths of the files that a glob finds, sorted; at least one.

        `*` and `?` stay within a name, `**` stands for any folders. Names that begin with a dot
        need a pattern that does. Raises SpecError.
        """
        why = check_path(_GLOB.sub("x", pattern))
        if why:
            raise SpecError(Problem(BAD_PATH, at, {"path": pattern, "why": why}))
        self.globs.setdefault(pattern)
        found = self._walk(pattern, at)
        if not found:
            raise SpecError(Problem(NO_MATCH, at, {"path": pattern}))
        return sorted(found)

    def _inside(self, path: str, at: Loc | None) -> str:
        why = check_path(path)
        if why:
            raise SpecError(Problem(BAD_PATH, at, {"path": path, "why": why}))
        real = os.path.realpath(os.path.join(self._root, path))
        inner = os.path.relpath(real, self._root).replace(os.sep, "/")
        if inner == ".." or inner.startswith("../") or (inner != "." and check_path(inner)):
            raise SpecError(Problem(OUTSIDE, at, {"path": path}))
        return real

    @staticmethod
    def _check_kind(mode: int, path: str, at: Loc | None) -> None:
        if not stat.S_ISREG(mode):
            what = "a folder" if stat.S_ISDIR(mode) else "a device or a pipe"
            raise SpecError(Problem(NOT_A_FILE, at, {"path": path, "what": what}))

    @staticmethod
    def _content(handle: int, path: str, at: Loc | None) -> bytes:
        parts, size = [], 0
        while part := os.read(handle, MAX_BYTES + 1 - size):
            parts.append(part)
            size += len(part)
            if size > MAX_BYTES:
                size = max(size, os.fstat(handle).st_size)
                facts = {"size": size, "limit": MAX_BYTES}
                raise SpecError(Problem(TOO_LARGE, Loc(path), facts))
        return b"".join(parts)

    def _names_beside(self, path: str) -> list[str]:
        folder = path.rpartition("/")[0]
        try:
            return os.listdir(self._inside(folder, None) if folder else self._root)
        except (OSError, SpecError):
            return []

    def _walk(self, pattern: str, at: Loc | None) -> set[str]:
        parts = tuple(pattern.split("/"))
        found: set[str] = set()
        seen: set[tuple[str, tuple[str, ...]]] = set()
        waiting = [("", parts)]
        while waiting:
            step = folder, (part, *rest) = waiting.pop()
            if step in seen:
                continue
            seen.add(step)
            if part == "**":
                waiting.append((folder, tuple(rest) or ("*",)))
                inner = self._entries(folder, "*", pattern, at, folders=True)
                waiting += [(_join(folder, name), step[1]) for name in inner]
            elif not rest:
                files = self._entries(folder, part, pattern, at, folders=False)
                found.update(_join(folder, name) for name in files)
            elif is_glob(part):
                inner = self._entries(folder, part, pattern, at, folders=True)
                waiting += [(_join(folder, name), tuple(rest)) for name in inner]
            else:
                waiting.append((_join(folder, part), tuple(rest)))
        return found

    def _entries(
        self, folder: str, part: str, pattern: str, at: Loc | None, *, folders: bool
    ) -> list[str]:
        """Return the names in a folder that fit one part of a pattern; no symlinked folders."""
        self.listed.setdefault(folder or ".")
        self._scans += 1
        if self._scans > MAX_FOLDERS:
            facts = {"path": pattern, "limit": MAX_FOLDERS}
            raise SpecError(Problem(TOO_MANY_FOLDERS, at, facts))
        fits = re.compile(fnmatch.translate(part)).match
        names = []
        try:
            with os.scandir(self._inside(folder, at) if folder else self._root) as entries:
                for entry in entries:
                    if not fits(entry.name) or entry.name[0] == "." != part[0]:
                        continue
                    if entry.is_dir(follow_symlinks=False) if folders else entry.is_file():
                        names.append(entry.name)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise _unreadable(folder or ".", error, at) from None
        return names


def is_glob(path: str) -> bool:
    """Return whether a path is a pattern."""
    return _GLOB.search(path) is not None


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _unreadable(path: str, error: OSError, at: Loc | None) -> SpecError:
    reason = os.strerror(error.errno) if error.errno else "unknown error"
    return SpecError(Problem(UNREADABLE, at, {"path": path, "reason": reason}))
