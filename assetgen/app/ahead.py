"""Reads the lock and hashes its outputs while the spec is expanded; knows no verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

from assetgen.app.project import Project
from assetgen.errors import AssetgenError
from assetgen.graph import Graph
from assetgen.store import lock as locks
from assetgen.store import snapshot
from assetgen.store.workspace import Seen

Found = tuple[locks.Lock, Seen]
"""The lock, and what stands at its outputs and at all that the targets write and read."""


@contextmanager
def reading_ahead(project: Project, *, trust_stats: bool) -> Iterator[Callable[[Graph], Found]]:
    """Read the lock and begin to hash its outputs, while the spec is expanded in this process.

    Gives the function that ends it, which raises LockError and StoreError: a mistake in the spec
    is told before one in the lock.
    """
    vouch = snapshot.known(project.folder, project.root) if trust_stats else None
    lock = _lock(project)
    if isinstance(lock, AssetgenError):
        yield partial(_raise, lock)
        return
    known = dict.fromkeys(path for line in lock.lines.values() for path in line.outputs)
    with project.workspace.scanning(known, vouch) as end:

        def found(graph: Graph) -> Found:
            inputs = {read.file for target in graph for read in target.inputs if read.file}
            written = (output.path for target in graph for output in target.outputs)
            more = [path for path in written if path not in known]
            # An input may be a symlink, so a path that is both is looked at again.
            rest = project.workspace.scan([*more, *inputs], vouch, inputs=inputs)
            return lock, _merged(end(), rest, inputs)

        yield found


def _lock(project: Project) -> locks.Lock | AssetgenError:
    try:
        return locks.read(project.lock_path)
    except AssetgenError as error:
        return error


def _raise(error: AssetgenError, _: Graph) -> Found:
    raise error


def _merged(first: Seen, second: Seen, renewed: Iterable[str]) -> Seen:
    """Return both together; of the paths ``renewed`` only what the second says."""
    for path in renewed:
        first.digests.pop(path, None)
        first.problems.pop(path, None)
    return Seen(
        {**first.digests, **second.digests},
        first.pointers.difference(renewed) | second.pointers,
        {**first.problems, **second.problems},
    )
