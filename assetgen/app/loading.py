"""From the files of a project to targets and to what is known of their past; decides nothing."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field

from assetgen.action import DRAFT_MODEL
from assetgen.app.project import Project
from assetgen.catalogue import DEFAULT
from assetgen.digest import Digest
from assetgen.errors import AssetgenError, Kind, Loc, Problem, SpecError, did_you_mean
from assetgen.graph import Graph, Target
from assetgen.ops.picture import inspect
from assetgen.places import SPEC_NAME
from assetgen.plan.model import Plan
from assetgen.spec.expand import expand
from assetgen.spec.model import Spec
from assetgen.spec.sources import read_spec
from assetgen.state import LockLine, Past, Verdict
from assetgen.store import lock as locks
from assetgen.store import snapshot
from assetgen.store.blobs import BlobStore

UNKNOWN_MODEL = Kind("unknown-model", "unknown model '{model}'", "{hint}")
MISSING_FILE = Kind(
    "missing-input", "the picture ./{path} is not there", "put it there, or mend the reference"
)
BAD_PICTURE = Kind("bad-input", "./{path} cannot be used: {what}", "{step}")
POINTER_INPUT = Kind(
    "lfs-pointer-input",
    "./{path} is a git-LFS pointer, not the picture itself",
    "run: git lfs pull",
)
LOCK_TIE = "assetgen lock resolve"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A project's targets, and everything that is known of their past.

    ``lines`` and ``seen`` are the live dicts behind ``past``: a build updates them.
    """

    spec: Spec
    graph: Graph
    lines: dict[str, LockLine]
    seen: dict[str, Digest]
    past: Past
    pictures: BlobStore
    problems: tuple[Problem, ...] = field(default=())


def load_graph(project: Project) -> tuple[Spec, Graph]:
    """Return the spec and its targets. Raises SpecError with every mistake that was found."""
    spec = read_spec(project.root, SPEC_NAME)

    def file_exists(path: str) -> bool:
        return os.path.isfile(os.path.join(project.root, path))

    graph = expand(spec, file_exists=file_exists)
    problems = [*_check_models(graph), *_check_files(project, graph)]
    if problems:
        raise SpecError(*problems)
    return spec, graph


def load(project: Project, *, trust_stats: bool = True) -> Loaded:
    """Return everything that a plan needs.

    ``trust_stats`` allows the snapshot to vouch for bytes of files whose signature is unchanged.
    Raises SpecError, LockError, StoreError.
    """
    spec, graph = load_graph(project)
    lines = _lines(project)
    vouch = snapshot.known(project.folder, project.root) if trust_stats else None
    seen = project.workspace.scan(_paths(graph), vouch)
    pictures = project.pictures(spec.keep)
    ledger = project.ledger
    past = Past(
        lines=lines,
        seen=seen.digests,
        pointers=seen.pointers,
        jobs=ledger.jobs_of,
        takes=ledger.takes_of,
        readable=pictures.readable,
        made=ledger.has_made,
        result=project.derived.result,
    )
    return Loaded(spec, graph, lines, seen.digests, past, pictures)


def _lines(project: Project) -> dict[str, LockLine]:
    return locks.read(project.lock_path).lines


def _paths(graph: Graph) -> Iterable[str]:
    for target in graph:
        for output in target.outputs:
            yield output.path
        for reference in target.inputs:
            if reference.file:
                yield reference.file


def _check_models(graph: Graph) -> Iterable[Problem]:
    told: set[tuple[str, Loc]] = set()
    for target in graph:
        if not target.model or target.model == DRAFT_MODEL or target.model in DEFAULT.models:
            continue
        loc = target.marks.get("model", target.loc)
        if (target.model, loc) not in told:
            told.add((target.model, loc))
            hint = did_you_mean(target.model, DEFAULT.models)
            yield Problem(UNKNOWN_MODEL, loc, {"model": target.model, "hint": hint})


def _check_files(project: Project, graph: Graph) -> Iterable[Problem]:
    told: set[str] = set()
    for target in graph:
        for reference in target.inputs:
            path = reference.file
            if path and path not in told and not os.path.exists(os.path.join(project.root, path)):
                told.add(path)
                yield Problem(MISSING_FILE, reference.loc or target.loc, {"path": path})


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
            inspect(project.workspace.read(path))
        except AssetgenError as error:
            first = error.problems[0]
            facts = {"path": path, "what": first.cause, "step": first.step}
            problems[path] = Problem(BAD_PICTURE, loc, facts)
