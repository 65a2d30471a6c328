"""From the files of a project to targets and to what is known of their past; decides nothing."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from assetgen.app.ahead import reading_ahead
from assetgen.app.checks import check_targets
from assetgen.app.locked import LockedResults, with_all_takes
from assetgen.app.project import Project
from assetgen.digest import Digest, sha256
from assetgen.errors import LockError, Problem, SpecError
from assetgen.graph import Graph
from assetgen.paid.addresses import addresses_of
from assetgen.places import SPEC_NAME
from assetgen.plan.offers import unserved
from assetgen.plan.planner import make_plan
from assetgen.spec.expand import expand
from assetgen.spec.model import Spec
from assetgen.spec.sources import read_spec
from assetgen.state import Job, LockLine, Past
from assetgen.store import lock as locks
from assetgen.store.blobs import BlobStore
from assetgen.store.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Loaded:
    """A project's targets, and everything that is known of their past.

    ``lines`` and ``seen`` are the live dicts behind ``past``: a build updates them. ``merged`` says
    that the file has several lines for some target, of which one was chosen.
    """

    spec: Spec
    graph: Graph
    lines: dict[str, LockLine]
    seen: dict[str, Digest]
    past: Past
    pictures: BlobStore
    results: Callable[[Digest], bytes | None]
    locked: LockedResults
    merged: bool
    workspace: Workspace

    def read(self, digest: Digest) -> bytes:
        """Return the bytes of a picture: a bought one, or whatever file of the project has them.

        Raises StoreError if nothing here can read them.
        """
        for path, seen in self.seen.items():
            if seen == digest and path not in self.past.pointers:
                data = self.workspace.read(path)
                if sha256(data) == digest:
                    return data
        return self.pictures.get(digest)


def given_to(project: Project, graph: Graph, name: str) -> Callable[[Job], bool]:
    """Return what says whether a file that a user gave is a take of the target ``name``.

    It was given to this target, or to one of this project that has left the spec: renamed, perhaps.
    """
    names = graph.targets

    def is_ours(job: Job) -> bool:
        return job.project == project.root and (job.target == name or job.target not in names)

    return is_ours


@contextmanager
def uncollected() -> Iterator[None]:
    """Put the cycle collector off while a plan is made, and let it never look at the plan again.

    Targets, lines and decisions hold no cycles, but the collector goes through all of them again
    and again while they are made: a third of the time of a plan of 100,000 targets.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def load_graph(project: Project, more: Mapping[str, bytes] | None = None) -> tuple[Spec, Graph]:
    """Return the spec and its targets, with ``more`` files of the spec that are not written yet.

    Raises SpecError with every mistake that was found.
    """
    spec = read_spec(project.root, SPEC_NAME, hand_on=True, more=more)

    def file_exists(path: str) -> bool:
        return os.path.isfile(os.path.join(project.root, path))

    def checks(graph: Graph) -> Iterable[Problem]:
        return check_targets(project, graph)

    def doubts(graph: Graph) -> Iterable[Problem]:
        # By itself a matter of the plan: who does not buy the picture needs nobody who serves it.
        return unserved(graph, project.catalogue)

    return spec, expand(spec, file_exists=file_exists, checks=checks, doubts=doubts)


def load(
    project: Project, *, trust_stats: bool = True, more: Mapping[str, bytes] | None = None
) -> Loaded:
    """Return everything that a plan needs.

    ``trust_stats`` allows the snapshot to vouch for bytes of files whose signature is unchanged;
    ``more`` as for :func:`load_graph`. Raises SpecError, LockError, StoreError.
    """
    with reading_ahead(project, trust_stats=trust_stats) as found:
        spec, graph = load_graph(project, more)
        lock, seen = found(graph)
    lines = lock.lines
    if seen.problems:
        _refuse(graph, seen.problems)
    pictures = project.pictures(spec.keep)
    ledger = project.ledger
    own = LockedResults(lines, seen.digests, seen.pointers, graph.targets)
    past = Past(
        lines=lines,
        seen=seen.digests,
        pointers=seen.pointers,
        jobs=ledger.jobs_of,
        takes=lambda key, name: (
            ledger.takes_of(key, given_to(project, graph, name)) or own.takes(key, name)
        ),
        readable=pictures.readable,
        picked=lambda key: ledger.pick_of(key) or own.picked(key),
        made=lambda digest: ledger.has_made(digest) or own.records(digest),
        result=lambda key: own.result(key) or project.derived.result(key),
        address=lambda digest: _has_address(project, digest),
    )

    def results(key: Digest) -> bytes | None:
        return own.get(key, project.workspace.read) or project.derived.get(key)

    loaded = Loaded(
        spec,
        graph,
        lines,
        seen.digests,
        past,
        pictures,
        results,
        own,
        bool(lock.duplicates),
        project.workspace,
    )
    if lock.duplicates:
        _settle(loaded, lock)
    return loaded


def _has_address(project: Project, digest: Digest) -> bool:
    """Whether a service's own address of a bought picture should still be readable."""
    now = project.clock.now()
    return any(
        addresses_of(job, project.catalogue.service(job.provider), now)
        for job in project.ledger.fetched_of(digest)
    )


def _settle(loaded: Loaded, lock: locks.Lock) -> None:
    """Choose between several lines of a target, inputs first. Raises LockError for a tie."""
    ties: list[Problem] = []
    for target in loaded.graph.order():
        placed = lock.duplicates.get(target.name)
        if placed is None:
            continue
        loaded.lines[target.name] = placed[0].line
        action = None
        if target.kind.is_paid:
            names = loaded.graph.closure([target.name])
            action = make_plan(loaded.graph, names, loaded.past)[target.name].action
        one = locks.Lock(duplicates={target.name: placed}, file=lock.file)
        chosen, undecided = locks.settle(one, {target.name: action.key if action else None})
        loaded.lines.update(chosen)
        ties.extend(undecided)
    for name, placed in lock.duplicates.items():
        if name not in loaded.graph.targets:
            loaded.lines[name] = with_all_takes(placed[0].line, [one.line for one in placed])
    if ties:
        raise LockError(*ties)


def _refuse(graph: Graph, found: Mapping[str, Problem]) -> None:
    """Raise SpecError for the paths of ``found`` that targets write or read."""
    problems: dict[str, Problem] = {}
    for target in graph:
        for output in target.outputs:
            if output.path in found:
                problems[output.path] = replace(found[output.path], loc=target.loc)
        for reference in target.inputs:
            if reference.file in found:
                loc = reference.loc or target.loc
                problems[reference.file] = replace(found[reference.file], loc=loc)
    if problems:
        raise SpecError(*problems.values())
