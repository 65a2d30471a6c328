"""The ops that there are, by name, each loaded when it is first wanted; runs none by itself.

Some ops need libraries that take as long to load as a small project to plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from assetgen.errors import ImageError, Kind, Problem, did_you_mean
from assetgen.graph import Op
from assetgen.ops.runner import Runner
from assetgen.optable import OPS

UNKNOWN_OP = Kind("op-unknown", "there is no op '{op}'", "{step}")
UNKNOWN_ARGUMENT = Kind("op-unknown-argument", "the op '{op}' takes no '{argument}'", "{step}")

_HOMES = {
    "geometry": ("crop", "resize", "trim", "pad", "flip", "rotate"),
    "alpha": ("key", "flatten"),
    "tone": ("sharpen", "grayscale", "adjust"),
    "palette": ("quantize",),
    "layers": ("overlay",),
    "text": ("text",),
    "frame": ("border", "round"),
    "plugins": ("plugin",),
}
HOME: Mapping[str, str] = {op: module for module, ops in _HOMES.items() for op in ops}
"""The module of this folder that has each op."""


@cache
def runner(name: str) -> Runner:
    """Return how an op is called. Raises ImageError if there is none of that name."""
    home = HOME.get(name)
    if home is None:
        raise ImageError(Problem(UNKNOWN_OP, facts={"op": name, "step": did_you_mean(name, OPS)}))
    runners: Mapping[str, Runner] = import_module(f"assetgen.ops.{home}").RUNNERS
    return runners[name]


def check_names(op: Op) -> None:
    """Raise ImageError if there is no such op, or if it takes no such argument."""
    info = OPS.get(op.name)
    if info is None:
        facts = {"op": op.name, "step": did_you_mean(op.name, OPS)}
        raise ImageError(Problem(UNKNOWN_OP, facts=facts))
    for name in op.args:
        if name not in info.args and not info.takes_any:
            facts = {"op": op.name, "argument": name, "step": did_you_mean(name, info.args)}
            raise ImageError(Problem(UNKNOWN_ARGUMENT, facts=facts))


def check(op: Op) -> tuple[Problem, ...]:
    """Return what is wrong with an op that no picture is needed to see."""
    try:
        check_names(op)
        found = runner(op.name)
    except ImageError as error:
        return error.problems
    problems: list[Problem] = []
    given = {name: value for name, value in op.args.items() if value is not None}
    for name, value in given.items():
        reader = found.readers.get(name)
        if reader is None:  # what only the picture, or another file, can judge
            continue
        try:
            reader(name, value)
        except ImageError as error:
            problems.extend(error.problems)
    return (*problems, *found.check(given))
