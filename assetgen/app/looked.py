"""What a build has looked at, for the snapshot; decides nothing about it."""

from __future__ import annotations

import os
from collections.abc import Iterator

from assetgen.app.loading import Loaded
from assetgen.app.project import Project
from assetgen.digest import sha256_file
from assetgen.store import lock as locks
from assetgen.store.snapshot import Watched


def watched(project: Project, loaded: Loaded, taken: int) -> list[Watched] | None:
    """Return every file and folder that the build depends on, with what it was when looked at.

    None if the project cannot be called settled: a spec file changed after ``taken`` (file system
    time in ns), so nobody knows which text was built, or a paid call of it is still open.
    """
    if project.ledger.unsettled(project.root):
        return None
    entries: list[Watched] = []
    for path in loaded.spec.files:
        full = os.path.join(project.root, path)
        seen = os.stat(full)
        if max(seen.st_mtime_ns, seen.st_ctime_ns) >= taken:
            return None
        entries.append((path, seen, sha256_file(full)))
    entries.extend(_around(project, loaded))
    for path, digest in loaded.seen.items():
        entries.append((path, os.stat(os.path.join(project.root, path)), digest))
    return entries


def _around(project: Project, loaded: Loaded) -> Iterator[Watched]:
    for path in (locks.NAME, project.config.config_path, *_kept_files(project, loaded)):
        full = os.path.join(project.root, path)
        yield (
            (path, os.stat(full), sha256_file(full)) if os.path.exists(full) else (path, None, "")
        )
    for folder in loaded.spec.folders:
        yield folder, os.stat(os.path.join(project.root, folder)), ""


def _kept_files(project: Project, loaded: Loaded) -> Iterator[str]:
    keep = loaded.spec.keep
    folder = os.path.join(project.root, keep) if keep else ""
    if keep and os.path.isdir(folder):
        yield from (f"{keep}/{name}" for name in sorted(os.listdir(folder)))
