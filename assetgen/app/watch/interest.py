"""Which files of a project a watch has to do with, and how; watches nothing and builds nothing."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum

from assetgen.app.loading import Loaded
from assetgen.app.planning import Selection, chosen_names
from assetgen.app.project import Project
from assetgen.app.watch.changes import Change, Event
from assetgen.globs import glob_matches
from assetgen.places import SPEC_NAME
from assetgen.store import lock as locks

MAX_FOLDERS = 2000
"""How many folders are watched where nobody knows which ones matter."""
_DEEP = frozenset({"node_modules", "__pycache__"})


class Sort(IntEnum):
    """What a change is to a watch; where several apply the highest counts."""

    NOTHING = 0
    MAYBE = 1
    """It may matter: only a build can tell, and need not say so if it does not."""
    MADE = 2
    """A build writes this itself, so it matters only if the file is another one than was left."""
    READ = 3
    """A build reads this and never writes it."""


@dataclass(frozen=True, slots=True)
class Interest:
    """The paths that matter, all absolute.

    Attributes:
        root: the project's folder.
        read: spec, included and data files, input pictures, fonts, the user's own settings.
        made: the outputs and the lock.
        globs: the patterns of `include`; folders: those that the patterns looked into.
        searching: the spec cannot be read, so that any file of the project may be what it lacks.
        apart: folders in which assetgen keeps its own; nothing in them matters.
        above: the folders between the root and what matters.
    """

    root: str
    read: frozenset[str] = frozenset()
    made: frozenset[str] = frozenset()
    globs: tuple[str, ...] = ()
    folders: frozenset[str] = frozenset()
    searching: bool = False
    apart: tuple[str, ...] = ()
    above: Mapping[str, Sort] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        root: str,
        *,
        read: Iterable[str] = (),
        made: Iterable[str] = (),
        globs: Iterable[str] = (),
        folders: Iterable[str] = (),
        searching: bool = False,
        apart: Iterable[str] = (),
    ) -> Interest:
        """Return the interest in these paths, absolute or relative to ``root``."""
        reads, makes, looked = (_full(root, paths) for paths in (read, made, folders))
        above: dict[str, Sort] = {}
        for sort, paths in ((Sort.READ, reads), (Sort.MAYBE, looked), (Sort.MADE, makes)):
            for path in paths:
                _climb(above, path, root, sort)
        return cls(root, reads, makes, tuple(globs), looked, searching, tuple(apart), above)

    def sort(self, change: Change) -> Sort:
        """Return what a change is to this project."""
        path = change.path
        known = self._known(path)
        if known or (change.event is Event.MODIFIED and not self.searching):
            return known
        if change.event is not Event.MODIFIED and path in self.above:
            return self.above[path]
        return self._unknown(change)

    def _known(self, path: str) -> Sort:
        if path in self.read:
            return Sort.READ
        return Sort.MADE if path in self.made else Sort.NOTHING

    def _unknown(self, change: Change) -> Sort:
        if not change.path.startswith(self.root + os.sep) or self._is_apart(change.path):
            return Sort.NOTHING
        name = os.path.relpath(change.path, self.root).replace(os.sep, "/")
        if change.event is Event.ADDED and os.path.dirname(change.path) in self.folders:
            if any(_finds(pattern, name) for pattern in self.globs):
                return Sort.READ
            if any(_finds(way, name) for way in _ways(self.globs)):
                return Sort.MAYBE
        return Sort.MAYBE if self.searching and _is_visible(name) else Sort.NOTHING

    def _is_apart(self, path: str) -> bool:
        return any(path == own or path.startswith(own + os.sep) for own in self.apart)

    def watched(self) -> list[str]:
        """Return the folders to watch, none of those below it: the ones that exist.

        Each folder on the way to what matters is among them, so that one which is removed and
        made again is not lost; in the user's own folders only the nearest one.
        """
        found: dict[str, None] = {self.root: None}
        found.update((folder, None) for folder in self.above if os.path.isdir(folder))
        for path in self.read:
            if not path.startswith(self.root + os.sep):
                found[_nearest(os.path.dirname(path))] = None
        if self.searching:
            found.update(dict.fromkeys(visible_folders(self.root)))
        return list(found)


def interest_of(project: Project, loaded: Loaded, selection: Selection) -> Interest:
    """Return what a build of ``selection`` depends on, and what it writes. Raises UsageError."""
    targets = [loaded.graph.targets[name] for name in chosen_names(loaded, selection)]
    files = {read.file for target in targets for read in target.inputs if read.file}
    read = {*loaded.spec.files, *files}
    # A symlink changes where it leads to.
    read |= {os.path.realpath(os.path.join(project.root, path)) for path in read}
    return Interest.of(
        project.root,
        read=read | own_settings(project),
        made=[locks.NAME, *(output.path for target in targets for output in target.outputs)],
        globs=loaded.spec.globs,
        folders=loaded.spec.folders,
        apart=_own_folders(project),
    )


def first_interest(project: Project) -> Interest:
    """Return the interest in a project of which nothing is known yet."""
    return Interest.of(
        project.root,
        read={SPEC_NAME, *own_settings(project)},
        searching=True,
        apart=_own_folders(project),
    )


def unsure(interest: Interest) -> Interest:
    """Return the interest after a build that could not read the spec."""
    return replace(interest, searching=True)


def own_settings(project: Project) -> set[str]:
    """Return the paths of the user's own settings, which need not exist."""
    return {project.config.config_path, project.config.catalogue_path}


def _own_folders(project: Project) -> tuple[str, str]:
    """Return the real paths of the user's stores, which may lie in the project."""
    config = project.config
    return os.path.realpath(config.data_dir), os.path.realpath(config.cache_dir)


def visible_folders(root: str) -> Iterator[str]:
    """Yield the folders below ``root`` in which a person keeps files, at most MAX_FOLDERS."""
    left = MAX_FOLDERS
    for folder, inner, _ in os.walk(root):
        inner[:] = [name for name in sorted(inner) if name[0] != "." and name not in _DEEP]
        left -= 1
        if left < 0:
            return
        yield folder


def _full(root: str, paths: Iterable[str]) -> frozenset[str]:
    return frozenset(os.path.normpath(os.path.join(root, path)) for path in paths)


def _climb(above: dict[str, Sort], path: str, root: str, sort: Sort) -> None:
    folder = path if sort is Sort.MAYBE else os.path.dirname(path)
    while folder.startswith(root + os.sep) and above.get(folder, Sort.NOTHING) < sort:
        above[folder] = sort
        folder = os.path.dirname(folder)


def _nearest(folder: str) -> str:
    while not os.path.isdir(folder) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    return folder


def _ways(globs: Iterable[str]) -> Iterator[str]:
    """Yield patterns of the folders on the way to what ``globs`` find."""
    for pattern in globs:
        parts = pattern.split("/")
        for end in range(1, len(parts)):
            yield "/".join(parts[:end])


def _finds(pattern: str, name: str) -> bool:
    """Whether a glob finds a name; a hidden one needs a pattern that says so."""
    return glob_matches(pattern, name) and (_is_visible(name) or "/." in f"/{pattern}")


def _is_visible(name: str) -> bool:
    return not name.endswith("~") and all(part[:1] != "." for part in name.split("/"))
