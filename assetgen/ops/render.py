"""The one entry to local work: source bytes, a chain of ops and a format give a file's bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assetgen.errors import ImageError, Kind, Problem, did_you_mean
from assetgen.graph import Op
from assetgen.ops import geometry
from assetgen.ops.container import sniff
from assetgen.ops.encode import encode
from assetgen.ops.picture import decode
from assetgen.ops.runner import Runner
from assetgen.optable import OPS

UNKNOWN_OP = Kind("op-unknown", "there is no op '{op}'", "{step}")
NOT_RUN = Kind(
    "op-not-run",
    "this release cannot run the op '{op}'",
    "leave it out, or do that step by hand and derive from the file (`from: ./file`)",
)
UNKNOWN_ARGUMENT = Kind("op-unknown-argument", "the op '{op}' takes no '{argument}'", "{step}")

RUNNERS: Mapping[str, Runner] = {**geometry.RUNNERS}


def render(source: bytes, ops: Sequence[Op], format: str) -> bytes:
    """Return ``source`` after ``ops``, encoded as ``format`` (png, jpg, webp or avif).

    Where no op changed a pixel and the format is the source's own, these are the very bytes of
    ``source``. Raises ImageError.
    """
    before = decode(source, "the source picture")
    image = before
    for op in ops:
        _check_names(op)
        image = RUNNERS[op.name].run(image, **op.args)
    if image is before and format == sniff(source, ""):
        return source
    return encode(image, format)


def check(op: Op) -> tuple[Problem, ...]:
    """Return what is wrong with an op that no picture is needed to see."""
    found: list[Problem] = []
    try:
        _check_names(op)
    except ImageError as error:
        return error.problems
    runner = RUNNERS[op.name]
    given = {name: value for name, value in op.args.items() if value is not None}
    for name, value in given.items():
        try:
            runner.readers.get(name, _anything)(name, value)
        except ImageError as error:
            found.extend(error.problems)
    return (*found, *runner.check(given))


def _anything(name: str, value: Any) -> None:
    """Accept what only the picture, or another file, can judge."""


def _check_names(op: Op) -> None:
    info = OPS.get(op.name)
    if info is None:
        facts = {"op": op.name, "step": did_you_mean(op.name, OPS)}
        raise ImageError(Problem(UNKNOWN_OP, facts=facts))
    if not info.runs:
        raise ImageError(Problem(NOT_RUN, facts={"op": op.name}))
    for name in op.args:
        if name not in info.args:
            facts = {"op": op.name, "argument": name, "step": did_you_mean(name, info.args)}
            raise ImageError(Problem(UNKNOWN_ARGUMENT, facts=facts))
