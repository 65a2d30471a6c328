"""The free local work of a target as actions: one for each output file; performs none of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from assetgen.action import Action, Input, local
from assetgen.digest import Digest, canonical_json
from assetgen.graph import Op, Output, Target, TargetKind
from assetgen.optable import ATLAS_VERSION, OPS, RENDER_VERSION
from assetgen.plan.model import Source


def output_actions(
    target: Target, base: Source | None, sources: Mapping[str, Source]
) -> dict[str, Action] | None:
    """Return the action of each output path, or None while some input is unknown.

    ``base`` is the picture that the outputs start from (:func:`base_of`); ``sources`` holds the
    finished pictures that the target reads, by reference.
    """
    if target.kind is TargetKind.ATLAS:
        return _atlas(target, sources)
    if base is None:
        return None
    overlays: list[tuple[str, Source]] = []
    for reference in target.inputs:
        if reference.role == "overlay":
            name = _key(reference.target, reference.file)
            if name not in sources:
                return None
            overlays.append((name, sources[name]))
    return {output.path: _render(base, output, overlays) for output in target.outputs}


def render_ops(base: Source, output: Output) -> tuple[Op, ...]:
    """Return every op between the bytes of ``base`` and the file ``output``."""
    return base.ops + output.ops


def first_unrunnable(target: Target) -> str:
    """Return the first op (or `atlas`) that this release cannot run, or nothing."""
    if target.kind is TargetKind.ATLAS:
        return "atlas"
    for ops in (target.ops, *(output.ops for output in target.outputs)):
        for op in ops:
            if not OPS[op.name].runs:
                return op.name
    return ""


def _key(target: str, file: str) -> str:
    return target or "./" + file


def base_of(target: Target, bought: Digest | None, sources: Mapping[str, Source]) -> Source | None:
    """Return the picture that the outputs of a paid or derive target start from, if known."""
    if target.kind.is_paid:
        return Source(bought) if bought else None
    main = next((r for r in target.inputs if r.role == "source"), None)
    return sources.get(_key(main.target, main.file)) if main else None


def _render(base: Source, output: Output, overlays: Iterable[tuple[str, Source]]) -> Action:
    inputs = [Input("image", base.sha256)]
    inputs += [Input(f"overlay:{name}", source.sha256) for name, source in overlays]
    return local(
        op="render",
        version=RENDER_VERSION,
        arguments=_arguments(render_ops(base, output), output.format),
        inputs=inputs,
    )


@lru_cache(maxsize=4096)
def _arguments(chain: tuple[Op, ...], output_format: str) -> str:
    ops = [[op.name, OPS[op.name].version, dict(op.args)] for op in chain]
    return canonical_json({"format": output_format, "ops": ops})


def _atlas(target: Target, sources: Mapping[str, Source]) -> dict[str, Action] | None:
    names = [_key(r.target, r.file) for r in target.inputs]
    if any(name not in sources for name in names):
        return None
    inputs = [Input(f"sprite:{name}", sources[name].sha256) for name in names]
    result: dict[str, Action] = {}
    for output in target.outputs:
        arguments = canonical_json({**dict(target.atlas or {}), "format_of": output.format})
        result[output.path] = local(
            op="atlas", version=ATLAS_VERSION, arguments=arguments, inputs=inputs
        )
    return result
