"""Looks, before anything is bought, at what a plan will use: pictures, fonts, plugins, sizes.

Only what has to be made is looked at: a plan without work reads nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from assetgen.action import DEFAULT_ASPECT_RATIO, DEFAULT_RESOLUTION
from assetgen.app.loading import Loaded
from assetgen.app.project import Project
from assetgen.aspect import parse_ratio
from assetgen.errors import AssetgenError, Kind, Loc, Problem, SpecError
from assetgen.graph import Op, Output, Reference, Target, TargetKind
from assetgen.ops.atlas import check as check_layout
from assetgen.ops.atlas import fits
from assetgen.ops.expect import unreachable
from assetgen.ops.picture import inspect, outline
from assetgen.ops.plugins import check_plugin
from assetgen.ops.sizes import ANY, Bounds, exactly, follow
from assetgen.ops.text import check_text
from assetgen.plan.model import Decision, Plan
from assetgen.state import Verdict

Size = tuple[int, int]

BAD_INPUT = Kind("bad-input", "{what}", "{step}")
POINTER_INPUT = Kind(
    "lfs-pointer-input",
    "./{path} is a git-LFS pointer, not the {what} itself",
    "run: git lfs pull",
)

TIERS = {"1k": 1024, "2k": 2048, "4k": 4096}
SLACK = 2
"""How much longer than its tier says a side of a service's picture may be: none is, by far."""

_WORKING = (Verdict.RUN, Verdict.PENDING, Verdict.BLOCKED)


def precheck(project: Project, loaded: Loaded, plan: Plan) -> None:
    """Raise SpecError with all that is sure to go wrong with what ``plan`` is about to make."""
    checks = _Checks(project, loaded)
    for decision in plan.decisions:
        if decision.verdict in _WORKING or _renders(decision, loaded):
            checks.look_at(decision)
    if checks.problems:
        raise SpecError(*checks.problems)


def _renders(decision: Decision, loaded: Loaded) -> bool:
    """Whether a file is made anew of a picture that is here."""
    actions = (decision.outputs or {}).values() if decision.verdict is Verdict.RESTORE else ()
    return any(loaded.past.result(action.key) is None for action in actions)


class _Checks:
    """What was looked at and what was found; lives for one call."""

    def __init__(self, project: Project, loaded: Loaded) -> None:
        self._project = project
        self._loaded = loaded
        self._found: dict[tuple[Loc | None, str, str], Problem] = {}
        self._files: dict[str, Size | bytes | None] = {}
        self._bounds: dict[str, Bounds] = {}
        self._after: dict[tuple[int, Bounds], tuple[Bounds, list[Problem]]] = {}

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that was found, each mistake once."""
        return tuple(self._found.values())

    def look_at(self, decision: Decision) -> None:
        """Look at all that one target is made of."""
        target = decision.target
        for reference in target.inputs:
            if reference.file:
                self._file(reference, target)
        for output in target.outputs:
            self._ops(output, target)
            self._sizes(output, target)
        if target.kind is TargetKind.ATLAS:
            self._packed(target)

    def _note(self, problems: Iterable[Problem], loc: Loc) -> None:
        for problem in problems:
            placed = problem if problem.loc else replace(problem, loc=loc)
            self._found.setdefault((placed.loc, problem.kind.name, problem.cause), placed)

    def _file(self, reference: Reference, target: Target) -> Size | bytes | None:
        """Return a picture's (width, height), or a font's bytes; None if it is neither."""
        path, loc = reference.file, reference.loc or target.loc
        if path in self._files:
            return self._files[path]
        self._files[path] = None
        if path in self._loaded.past.pointers:
            what = "font" if reference.role == "font" else "picture"
            self._note([Problem(POINTER_INPUT, loc, {"what": what, "path": path})], loc)
            return None
        try:
            data = self._project.workspace.read(path)
            if reference.role == "font":
                self._files[path] = data
                return data
            # What is sent to a service has to be whole; what only local work reads may still be
            # found damaged then, and nothing is lost.
            name = f"./{path}"
            looked = inspect(data, name) if reference.wants_bought else None
            found = (looked.width, looked.height) if looked else outline(data, name)
        except AssetgenError as error:
            first = error.problems[0]
            facts = {"what": first.cause, "step": first.step}
            self._note([Problem(BAD_INPUT, loc, facts)], loc)
            return None
        self._files[path] = found
        return found

    def _ops(self, output: Output, target: Target) -> None:
        for number, op in enumerate(output.ops):
            if op.name == "text":
                font = self._files.get(str(op.args.get("font", "")).removeprefix("./"))
                if isinstance(font, bytes):
                    self._note(check_text(op.args, font), target.op_loc(number))
            elif op.name == "plugin":
                enabled = self._project.config.plugins
                found = check_plugin(str(op.args.get("op")), enabled)
                self._note(found, target.op_loc(number))

    def _sizes(self, output: Output, target: Target) -> None:
        if output.content is not None or target.kind is TargetKind.ATLAS:
            return
        bounds, problems = self._followed(output.ops, self._source(target))
        self._note(problems, _loc(target, "ops"))
        if output.expect and not problems:
            self._note(unreachable(output.expect, bounds), _loc(target, "expect"))

    def _source(self, target: Target) -> Bounds:
        """Return how large the picture can be that a target starts from."""
        if target.kind.is_paid:
            return _bought(target)
        main = next((read for read in target.inputs if read.role == "source"), None)
        return self._read(main, target) if main else ANY

    def _read(self, reference: Reference, target: Target) -> Bounds:
        if reference.file:
            found = self._file(reference, target)
            return exactly(*found) if isinstance(found, tuple) else ANY
        return self._final(self._loaded.graph.targets[reference.target])

    def _final(self, target: Target) -> Bounds:
        """Return how large the picture can be that others read of a target."""
        if target.name not in self._bounds:
            self._bounds[target.name] = ANY
            if target.kind is not TargetKind.ATLAS:
                output = target.readable
                ops: tuple[Op, ...] = output.ops if output else target.ops
                self._bounds[target.name], _ = self._followed(ops, self._source(target))
        return self._bounds[target.name]

    def _followed(self, ops: tuple[Op, ...], start: Bounds) -> tuple[Bounds, list[Problem]]:
        """Return the size after ``ops``, told once for cells that share them."""
        key = (id(ops), start)
        if key not in self._after:
            problems: list[Problem] = []
            self._after[key] = follow(ops, start, problems), problems
        return self._after[key]

    def _packed(self, target: Target) -> None:
        sprites = [read for read in target.inputs if read.role == "sprite"]
        bounds = [self._read(sprite, target) for sprite in sprites]
        layout: Mapping[str, object] = (target.atlas or {}).get("layout", {})
        wrong = check_layout(layout)
        if wrong:
            self._note(wrong, _loc(target, "atlas"))
            return
        least = [(one.least_width, one.least_height) for one in bounds]
        names = [sprite.target or f"./{sprite.file}" for sprite in sprites]
        self._note(fits(least, layout, names), _loc(target, "atlas"))


def _bought(target: Target) -> Bounds:
    """Return how large a bought picture can be."""
    if target.kind is TargetKind.EDIT and target.aspect_ratio is None:
        return ANY
    return _of_tier(
        target.resolution or DEFAULT_RESOLUTION, target.aspect_ratio or DEFAULT_ASPECT_RATIO
    )


@lru_cache(maxsize=256)
def _of_tier(resolution: str, aspect_ratio: str) -> Bounds:
    side = TIERS.get(resolution)
    if side is None:
        return ANY
    ratio = float(parse_ratio(aspect_ratio) or Fraction(1))
    width, height = side * math.sqrt(ratio), side / math.sqrt(ratio)
    return Bounds(1, round(width * SLACK), 1, round(height * SLACK))


def _loc(target: Target, *names: str) -> Loc:
    return next((target.marks[n] for n in (*names, "exports") if n in target.marks), target.loc)
