"""From the files of a project to targets and to what is known of their past; decides nothing."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from assetgen.action import DRAFT_MODEL
from assetgen.app.ahead import reading_ahead
from assetgen.app.locked import LockedResults, with_all_takes
from assetgen.app.project import Project
from assetgen.config import SERVICES
from assetgen.digest import Digest, sha256
from assetgen.errors import AssetgenError, Kind, Loc, LockError, Problem, SpecError, did_you_mean
from assetgen.graph import Graph, Target
from assetgen.ops.picture import inspect
from assetgen.ops.table import check
from assetgen.paid.addresses import addresses_of
from assetgen.places import SPEC_NAME
from assetgen.plan.model import Plan
from assetgen.plan.offers import unserved
from assetgen.plan.planner import make_plan
from assetgen.spec.expand import expand
from assetgen.spec.model import Spec
from assetgen.spec.sources import read_spec
from assetgen.state import LockLine, Past, Verdict
from assetgen.store import lock as locks
from assetgen.store.blobs import BlobStore
from assetgen.store.workspace import Workspace

UNKNOWN_PROVIDER = Kind("unknown-provider", "unknown provider '{provider}'", "{hint}")
MISSING_FILE = Kind("missing-input", "the picture ./{path} is not there", "{step}")
BROKEN_LINK = Kind(
    "broken-input-link",
    "./{path} is a symlink that leads nowhere",
    "put the picture itself there, or mend the link",
)
BAD_PICTURE = Kind("bad-input", "{what}", "{step}")
POINTER_INPUT = Kind(
    "lfs-pointer-input",
    "./{path} is a git-LFS pointer, not the picture itself",
    "run: git lfs pull",
)


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


def load_graph(project: Project) -> tuple[Spec, Graph]:
    """Return the spec and its targets. Raises SpecError with every mistake that was found."""
    spec = read_spec(project.root, SPEC_NAME, hand_on=True)

    def file_exists(path: str) -> bool:
        return os.path.isfile(os.path.join(project.root, path))

    def checks(graph: Graph) -> Iterable[Problem]:
        return (
            *_check_providers(graph),
            *_check_files(project, graph),
            *_check_ops(graph),
        )

    def doubts(graph: Graph) -> Iterable[Problem]:
        # By itself a matter of the plan: who does not buy the picture needs nobody who serves it.
        return unserved(graph, project.catalogue)

    return spec, expand(spec, file_exists=file_exists, checks=checks, doubts=doubts)


def load(project: Project, *, trust_stats: bool = True) -> Loaded:
    """Return everything that a plan needs.

    ``trust_stats`` allows the snapshot to vouch for bytes of files whose signature is unchanged.
    Raises SpecError, LockError, StoreError.
    """
    with reading_ahead(project, trust_stats=trust_stats) as found:
        spec, graph = load_graph(project)
        lock, seen = found(graph)
    lines = lock.lines
    if seen.problems:
        _refuse(graph, seen.problems)
    pictures = project.pictures(spec.keep)
    ledger = project.ledger
    own = LockedResults(lines, seen.digests, seen.pointers)
    past = Past(
        lines=lines,
        seen=seen.digests,
        pointers=seen.pointers,
        jobs=ledger.jobs_of,
        takes=lambda key: ledger.takes_of(key) or own.takes(key),
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
        if not target.kind.is_paid:
            continue
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


def _check_providers(graph: Graph) -> Iterable[Problem]:
    known = (DRAFT_MODEL, *SERVICES)
    told: set[tuple[str, Loc]] = set()
    for target in graph:
        for provider in target.providers:
            loc = target.marks.get("providers", target.loc)
            if provider not in known and (provider, loc) not in told:
                told.add((provider, loc))
                hint = did_you_mean(provider, known)
                yield Problem(UNKNOWN_PROVIDER, loc, {"provider": provider, "hint": hint})


def _check_files(project: Project, graph: Graph) -> Iterable[Problem]:
    told: set[str] = set()
    for target in graph:
        for reference in target.inputs:
            path = reference.file
            if path and path not in told and not os.path.exists(os.path.join(project.root, path)):
                told.add(path)
                yield _missing(project, path, reference.loc or target.loc)


def _missing(project: Project, path: str, loc: Loc) -> Problem:
    if os.path.islink(os.path.join(project.root, path)):
        return Problem(BROKEN_LINK, loc, {"path": path})
    folder = path.rpartition("/")[0]
    try:
        beside = os.listdir(os.path.join(project.root, folder))
    except OSError:
        beside = []
    paths = [f"./{folder}/{name}" if folder else f"./{name}" for name in beside]
    near = did_you_mean(f"./{path}", paths)
    step = near if near.startswith("did") else "put it there, or mend the reference"
    return Problem(MISSING_FILE, loc, {"path": path, "step": step})


def _check_ops(graph: Graph) -> Iterable[Problem]:
    """Yield what is wrong with the arguments of operations, once for each place in the spec."""
    checked: dict[int, tuple[Problem, ...]] = {}
    told: set[tuple[Loc, Kind]] = set()
    for target in graph:
        for output in target.outputs:
            for op in output.ops:
                if id(op) not in checked:
                    checked[id(op)] = check(op)
                for problem in checked[id(op)]:
                    loc = target.marks.get("ops", target.loc)
                    if (loc, problem.kind) not in told:
                        told.add((loc, problem.kind))
                        yield replace(problem, loc=loc)


def check_pictures(project: Project, loaded: Loaded, plan: Plan) -> None:
    """Decode every project picture that the plan is about to use, before any money is spent.

    Raises SpecError that names each one that is missing, too large, damaged or no picture.
    """
    problems: dict[str, Problem] = {}
    for decision in plan.decisions:
        if decision.verdict in (Verdict.RUN, Verdict.PENDING, Verdict.BLOCKED):
            _check_target(project, loaded, decision.target, problems)
    if problems:
        raise SpecError(*problems.values())


def _check_target(
    project: Project, loaded: Loaded, target: Target, problems: dict[str, Problem]
) -> None:
    for reference in target.inputs:
        path, loc = reference.file, reference.loc or target.loc
        if not path or path in problems:
            continue
        if path in loaded.past.pointers:
            problems[path] = Problem(POINTER_INPUT, loc, {"path": path})
            continue
        try:
            inspect(project.workspace.read(path), f"./{path}")
        except AssetgenError as error:
            first = error.problems[0]
            facts = {"what": first.cause, "step": first.step}
            problems[path] = Problem(BAD_PICTURE, loc, facts)
