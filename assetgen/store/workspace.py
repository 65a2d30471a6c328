"""The project's files: look, read, write and clean; knows no target, key or lock.

Paths are relative to the project, with `/`. An output is a regular file that is reached through
real folders only; an input may be reached through symlinks that stay inside the project.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from assetgen.digest import Digest
from assetgen.errors import Kind, Problem, SpecError, StoreError
from assetgen.paths import check_path
from assetgen.store.files import (
    disk_problem,
    not_a_file,
    read_regular,
    replace_file,
)
from assetgen.store.fs import Fs
from assetgen.store.hashing import POINTER_SIZES, Look, Looking, look_at, pointer_oid

MAX_INPUT = 64 << 20

BAD_PATH = Kind("bad-path", "the path '{path}' {why}", "name a file inside the project")
THROUGH_SYMLINK = Kind(
    "through-symlink",
    "{path} goes through the symlink {link}",
    "put a real folder there; outputs are not written through symlinks",
)
NO_FOLDER = Kind(
    "output-below-file",
    "{path} needs a folder where {folder} is {what}",
    "move {folder} away, or write the output somewhere else",
)
OUTSIDE = Kind(
    "outside-project",
    "{path} leads out of the project through a symlink",
    "copy the file into the project",
)
NO_INPUT = Kind("no-input", "there is no file {path}", "check its name, or add the file")
LFS_POINTER = Kind(
    "lfs-pointer",
    "{path} is a git-LFS pointer, the picture itself is not here",
    "run 'git lfs pull'",
)

Known = Callable[[str, os.stat_result], str | None]
"""Path and what os.stat says now → digest of that file if it surely is as it was, else None."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What stood in the project.

    Attributes:
        digests: of each file by path; a path without a file is absent. A git-LFS pointer stands
            here with the digest that it names.
        pointers: the paths that are git-LFS pointers.
        problems: by path, what stands there that is no file one could use; such a path is not in
            ``digests``.
    """

    digests: dict[str, Digest] = field(default_factory=dict)
    pointers: frozenset[str] = frozenset()
    problems: dict[str, Problem] = field(default_factory=dict)


class Workspace:
    """The working tree below ``root``; every write goes through ``fs``.

    ``processes``: how many may hash at once; by default what the machine allows.
    """

    def __init__(self, root: str, fs: Fs, *, processes: int | None = None) -> None:
        self.root = os.path.realpath(root)
        self._fs = fs
        self._processes = processes

    def scan(
        self, paths: Iterable[str], known: Known | None = None, *, inputs: Collection[str] = ()
    ) -> Seen:
        """Look at each path. ``inputs`` are those of ``paths`` that may be symlinks.

        Files whose digest ``known`` tells are not read. Raises nothing for what it finds: what
        cannot be used is among the problems.
        """
        seen, todo = self._stats(paths, known, frozenset(inputs))
        return _hashed(seen, todo, look_at(list(todo.values()), self._processes))

    @contextmanager
    def scanning(
        self, paths: Iterable[str], known: Known | None = None
    ) -> Iterator[Callable[[], Seen]]:
        """Begin :meth:`scan`; gives the function that ends it, to be called once.

        In between, files are hashed in other processes where that pays.
        """
        seen, todo = self._stats(paths, known, frozenset())
        with Looking(list(todo.values()), self._processes, aside=True) as looking:
            yield lambda: _hashed(seen, todo, looking.end())

    def _stats(
        self, paths: Iterable[str], known: Known | None, linked: Collection[str]
    ) -> tuple[Seen, dict[str, str]]:
        """Return what is seen without reading, and by path the place of each file to be hashed."""
        seen = Seen()
        found, problems = seen.digests, seen.problems
        folders: dict[str, Problem | bool] = {}
        todo: dict[str, str] = {}
        for path in dict.fromkeys(paths):
            try:
                place = self._place(path, folders, path in linked)
                now = os.lstat(place) if place else None
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                problems[path] = disk_problem(error, path)
                continue
            except StoreError as error:
                problems[path] = error.problems[0]
                continue
            if now is None or place is None:
                continue
            if not stat.S_ISREG(now.st_mode):
                problems[path] = not_a_file(now.st_mode, path)
                continue
            # What is known is a digest, not whether a pointer names it: possible ones are read.
            digest = known(path, now) if known and now.st_size not in POINTER_SIZES else None
            if digest:
                found[path] = Digest(digest)
            else:
                todo[path] = place
        return seen, todo

    def read(self, path: str) -> bytes:
        """Return the bytes of an input file.

        Raises SpecError if it is missing, leads out of the project or is a git-LFS pointer,
        StoreError if it is no regular file, larger than 64 MiB or cannot be read.
        """
        data = read_regular(self._inside(path), path, MAX_INPUT)
        if data is None:
            raise SpecError(Problem(NO_INPUT, facts={"path": path}))
        if pointer_oid(data):
            raise SpecError(Problem(LFS_POINTER, facts={"path": path}))
        return data

    def write(self, path: str, data: bytes) -> bool:
        """Make ``data`` the bytes of an output; returns whether they changed.

        A file that has them already is left alone, its time too; permissions are kept. Raises
        StoreError; then what stood there is untouched.
        """
        place = self._place(path, {}, False) or f"{self.root}/{path}"
        bits: int | None = None
        try:
            now = os.lstat(place)
        except (FileNotFoundError, NotADirectoryError):
            pass
        except OSError as error:
            raise StoreError(disk_problem(error, path)) from None
        else:
            if not stat.S_ISREG(now.st_mode):
                raise StoreError(not_a_file(now.st_mode, path))
            bits = stat.S_IMODE(now.st_mode)
            if now.st_size == len(data) and read_regular(place, path, len(data)) == data:
                return False
        replace_file(self._fs, place, path, data, bits)
        return True

    def remove_if(self, path: str, digest: Digest) -> bool:
        """Remove an output if it has the bytes ``digest`` (or is the pointer to them).

        Returns whether it was removed. Raises StoreError if the disk refuses.
        """
        if self.scan([path]).digests.get(path) != digest:
            return False
        try:
            self._fs.remove(f"{self.root}/{path}")
        except OSError as error:
            raise StoreError(disk_problem(error, path)) from None
        return True

    def _place(self, path: str, folders: dict[str, Problem | bool], is_input: bool) -> str | None:
        """Return where ``path`` is on the disk, or None if its folder is not there.

        Raises StoreError for a path that may not be used.
        """
        if is_input:
            try:
                return self._inside(path)
            except SpecError as error:
                raise StoreError(*error.problems) from None
        why = check_path(path)
        if why:
            raise StoreError(Problem(BAD_PATH, facts={"path": path, "why": why}))
        folder = path.rpartition("/")[0]
        there = folders.get(folder)
        if there is None:
            there = self._folder(folder, folders)
        if there is True:
            return f"{self.root}/{path}"
        if there is False:
            return None
        raise StoreError(Problem(there.kind, facts={**there.facts, "path": path}))

    def _folder(self, folder: str, folders: dict[str, Problem | bool]) -> Problem | bool:
        """Return whether ``folder`` is there, or what is wrong with it; remembered in ``folders``.

        Its own parents are asked first, each once.
        """
        if not folder:
            return True
        known = folders.get(folder)
        if known is None:
            known = self._folder(folder.rpartition("/")[0], folders)
            if known is True:
                known = self._look_at_folder(folder)
            folders[folder] = known
        return known

    def _look_at_folder(self, folder: str) -> Problem | bool:
        try:
            mode = os.lstat(f"{self.root}/{folder}").st_mode
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            return disk_problem(error, folder)
        if stat.S_ISLNK(mode):
            return Problem(THROUGH_SYMLINK, facts={"link": folder})
        if not stat.S_ISDIR(mode):
            what = "a file" if stat.S_ISREG(mode) else not_a_file(mode, folder).facts["what"]
            return Problem(NO_FOLDER, facts={"folder": folder, "what": what})
        return True

    def _inside(self, path: str) -> str:
        """Return the real place of an input. Raises SpecError, StoreError."""
        why = check_path(path)
        if why:
            raise SpecError(Problem(BAD_PATH, facts={"path": path, "why": why}))
        try:
            place = os.path.realpath(f"{self.root}/{path}")
        except OSError as error:
            raise StoreError(disk_problem(error, path)) from None
        inner = place.removeprefix(self.root.rstrip(os.sep) + os.sep)
        if inner == place or check_path(inner.replace(os.sep, "/")):
            raise SpecError(Problem(OUTSIDE, facts={"path": path}))
        return place


def _hashed(seen: Seen, todo: Iterable[str], looks: Iterable[Look]) -> Seen:
    """Return ``seen`` with what hashing found at the paths ``todo``."""
    pointers: list[str] = []
    for path, look in zip(todo, looks, strict=True):
        if look.digest:
            seen.digests[path] = look.digest
            if look.pointer:
                pointers.append(path)
            continue
        if look.mode:
            seen.problems[path] = not_a_file(look.mode, path)
        elif look.error:
            error = OSError(look.error, os.strerror(look.error))
            seen.problems[path] = disk_problem(error, path)
    return Seen(seen.digests, frozenset(pointers), seen.problems)
