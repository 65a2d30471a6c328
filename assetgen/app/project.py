"""A project opened for work: its folders, stores and seams; does nothing with them."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property

from assetgen.catalogue import Catalogue
from assetgen.clock import Clock, SystemClock
from assetgen.config import Config, load_config, ready_services
from assetgen.errors import Kind, Problem, UsageError
from assetgen.places import SPEC_NAME, find_root, project_folder
from assetgen.rows import read_catalogue
from assetgen.store import lock as locks
from assetgen.store.blobs import BlobStore, ChainBlobs, DiskBlobs, KeepFolder
from assetgen.store.derived import Derived
from assetgen.store.files import not_a_file
from assetgen.store.fs import DiskFs, Fs
from assetgen.store.ledger import FILE_NAME as LEDGER_NAME
from assetgen.store.ledger import Ledger
from assetgen.store.sessions import ProjectLock, is_alive
from assetgen.store.workspace import Workspace

NO_PROJECT = Kind(
    "no-project",
    f"there is no {SPEC_NAME} here or in a folder above",
    "'assetgen init' writes one, or say where with -C FOLDER",
)
NOT_A_SPEC = Kind(
    "spec-not-a-file",
    "{path} is {what}, not a file",
    "move it away, then 'assetgen init' writes a first spec",
)


@dataclass(frozen=True)
class Project:
    """One project folder and everything that belongs to it. Stores open when they are first used.

    Attributes:
        root: real path of the folder that holds the spec.
        config: the user's own settings.
        environ: the environment, handed in.
        fs, clock: seams of durable writes and of time.
    """

    root: str
    config: Config
    environ: Mapping[str, str]
    fs: Fs
    clock: Clock

    @property
    def spec_path(self) -> str:
        """The spec's path, absolute."""
        return os.path.join(self.root, SPEC_NAME)

    @property
    def lock_path(self) -> str:
        """The lock's path, absolute."""
        return os.path.join(self.root, locks.NAME)

    @property
    def folder(self) -> str:
        """The project's own folder in the cache: snapshot and build lock."""
        return project_folder(self.config.cache_dir, self.root)

    @cached_property
    def workspace(self) -> Workspace:
        """The working tree."""
        return Workspace(self.root, self.fs)

    @cached_property
    def ledger(self) -> Ledger:
        """The record of paid calls, shared by all of the user's checkouts."""
        path = os.path.join(self.config.data_dir, LEDGER_NAME)
        return Ledger(path, self.fs, alive=lambda name: is_alive(self.config.data_dir, name))

    @cached_property
    def bought(self) -> BlobStore:
        """Paid bytes, kept for ever."""
        return DiskBlobs(os.path.join(self.config.data_dir, "blobs"), self.fs)

    @cached_property
    def drafts(self) -> BlobStore:
        """Drafts: stored like paid bytes, but where they may be thrown away."""
        return DiskBlobs(os.path.join(self.config.cache_dir, "drafts"), self.fs)

    @cached_property
    def derived(self) -> Derived:
        """Results of local work that can be made again."""
        return Derived(os.path.join(self.config.cache_dir, "derived"))

    @cached_property
    def catalogue(self) -> Catalogue:
        """What can be bought where, the user's own rows included, and what of it is ready."""
        config = self.config
        return replace(
            read_catalogue(config.catalogue_path),
            ready=frozenset(ready_services(self.environ, config)),
            hosting=bool(config.hosting),
            memo={},
        )

    def keep_folder(self, keep: str | None) -> KeepFolder | None:
        """The folder of the project where bought pictures are also kept, if the spec names one."""
        return KeepFolder(self.root, keep, self.fs) if keep else None

    def pictures(self, keep: str | None = None) -> BlobStore:
        """Everything that may hold a bought or drafted picture."""
        folder = self.keep_folder(keep)
        return ChainBlobs(self.bought, self.drafts, *([folder] if folder else []))

    @contextmanager
    def alone(self, on_wait: Callable[[str], None]) -> Iterator[None]:
        """Let nobody else build or change the lock of this project; waits for whoever does.

        ``on_wait`` is told once for whom.
        """
        lock = ProjectLock(os.path.join(self.folder, "build"))
        lock.acquire(on_wait)
        try:
            yield
        finally:
            lock.release()

    def close(self) -> None:
        """Close what was opened."""
        for name in ("ledger", "derived"):
            if name in self.__dict__:
                self.__dict__[name].close()


def open_project(
    start: str,
    environ: Mapping[str, str],
    *,
    fs: Fs | None = None,
    clock: Clock | None = None,
) -> Project:
    """Return the project at or above the folder ``start``. Raises UsageError if there is none."""
    root = find_root(start)
    if root is None:
        raise UsageError(_no_project(os.path.join(os.path.realpath(start), SPEC_NAME)))
    return Project(root, load_config(environ), environ, fs or DiskFs(), clock or SystemClock())


def open_or_begin(start: str, environ: Mapping[str, str]) -> Project:
    """Return the project at or above ``start``; without one, the folder as one without a spec.

    Raises UsageError if something that is no file has the name of the spec.
    """
    root = find_root(start)
    if root is None:
        root = os.path.realpath(start)
        path = os.path.join(root, SPEC_NAME)
        if os.path.lexists(path):
            raise UsageError(_no_project(path))
    return Project(root, load_config(environ), environ, DiskFs(), SystemClock())


def _no_project(path: str) -> Problem:
    """Return why the spec at ``path`` does not make its folder a project."""
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return Problem(NO_PROJECT)
    found = "a symlink to nothing" if stat.S_ISLNK(mode) else not_a_file(mode, path).facts["what"]
    return Problem(NOT_A_SPEC, facts={"path": path, "what": found})
