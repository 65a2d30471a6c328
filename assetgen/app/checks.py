"""What is wrong with targets beyond their own fields: files, ops, encoders; decides nothing."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace

from assetgen.action import DRAFT_MODEL
from assetgen.app.project import Project
from assetgen.config import SERVICES
from assetgen.errors import Kind, Loc, Problem, did_you_mean
from assetgen.graph import Graph, Output, Reference, Target
from assetgen.ops.encode import ALPHA_LOST, check_settings
from assetgen.ops.expect import contradictions
from assetgen.ops.table import check
from assetgen.optable import FORMATS

UNKNOWN_PROVIDER = Kind("unknown-provider", "unknown provider '{provider}'", "{hint}")
MISSING_FILE = Kind("missing-input", "the {what} ./{path} is not there", "{step}")
BROKEN_LINK = Kind(
    "broken-input-link",
    "./{path} is a symlink that leads nowhere",
    "put the {what} itself there, or mend the link",
)

_FONTS = (".ttf", ".otf", ".ttc")
_CLEARS = frozenset({"key", "round"})
"""Ops that leave something transparent, whatever they are given."""


def check_targets(project: Project, graph: Graph) -> Iterator[Problem]:
    """Yield every mistake that is known without a look into any file."""
    yield from _check_providers(graph)
    yield from _check_files(project, graph)
    yield from _check_outputs(graph)


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
                yield _missing(project, reference, reference.loc or target.loc)


def _missing(project: Project, reference: Reference, loc: Loc) -> Problem:
    path = reference.file
    what = "font" if reference.role == "font" else "picture"
    if os.path.islink(os.path.join(project.root, path)):
        return Problem(BROKEN_LINK, loc, {"what": what, "path": path})
    folder = path.rpartition("/")[0]
    try:
        beside = os.listdir(os.path.join(project.root, folder))
    except OSError:
        beside = []
    paths = [f"./{folder}/{name}" if folder else f"./{name}" for name in beside]
    if what == "font":
        paths = [near for near in paths if near.lower().endswith(_FONTS)]
    near = did_you_mean(f"./{path}", paths)
    step = near if near.startswith("did") else "put it there, or mend the reference"
    return Problem(MISSING_FILE, loc, {"what": what, "path": path, "step": step})


def _check_outputs(graph: Graph) -> Iterator[Problem]:
    """Yield what is wrong with how files are made, once for each place in the spec."""
    checked: dict[tuple[int, ...], tuple[Problem, ...]] = {}
    ops: dict[int, tuple[Problem, ...]] = {}
    told: set[tuple[Loc, Kind, object]] = set()

    def fresh(problems: Iterable[Problem], loc: Loc) -> Iterator[Problem]:
        for problem in problems:
            # Cells of a matrix share a place, and arguments of an op do.
            one = (loc, problem.kind, problem.facts.get("argument"))
            if one not in told:
                told.add(one)
                yield replace(problem, loc=loc)

    for target in graph:
        for output in target.outputs:
            for number, op in enumerate(output.ops):
                if id(op) not in ops:
                    ops[id(op)] = check(op)
                if ops[id(op)]:
                    yield from fresh(ops[id(op)], target.op_loc(number))
            shape = (id(output.ops), id(output.encode), id(output.expect), hash(output.format))
            if shape not in checked:
                checked[shape] = tuple(_check_output(output))
            if checked[shape]:
                yield from fresh(checked[shape], _loc(target, "expect", "encode", "output"))


def _loc(target: Target, *names: str) -> Loc:
    return next((target.marks[n] for n in (*names, "exports") if n in target.marks), target.loc)


def _check_output(output: Output) -> Iterator[Problem]:
    if output.format not in FORMATS:
        return
    yield from check_settings(output.format, output.encode)
    if output.expect:
        yield from contradictions(output.expect, output.format)
    if not FORMATS[output.format] and _is_transparent(output):
        yield Problem(ALPHA_LOST, facts={"format": output.format})


def _is_transparent(output: Output) -> bool:
    """Whether the ops are sure to leave some of the picture transparent."""
    clear = False
    for op in output.ops:
        if op.name == "flatten":
            clear = False
        clear = clear or op.name in _CLEARS
    return clear
