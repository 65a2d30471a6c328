"""The free local work of a target as actions: one for each output file; performs none of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from assetgen.action import Action, Input, local
from assetgen.digest import Digest, canonical_json
from assetgen.graph import Op, Output, Target, TargetKind
from assetgen.optable import CONTENTS, OPS, RENDER_VERSION, read_by
from assetgen.plan.model import Origin, Source

SHEET = "sheet"
FRAMES = "frames"


def output_actions(
    target: Target, base: Source | None, sources: Mapping[str, Source]
) -> dict[str, Action] | None:
    """Return the action of each output path, or None while some input is unknown.

    ``base`` is the picture that the outputs start from (:func:`base_of`); ``sources`` holds the
    finished pictures that the target reads, by reference.
    """
    if target.kind is TargetKind.ATLAS:
        if any(_name(r.target, r.file) not in sources for r in target.inputs):
            return None
        return {output.path: _packed(target, output, sources) for output in target.outputs}
    if base is None:
        return None
    if target.inputs:
        for reference in target.inputs:
            if (
                not reference.wants_bought
                and _name(reference.target, reference.file) not in sources
            ):
                return None
    return {output.path: _made(target, output, base, sources) for output in target.outputs}


def base_of(target: Target, bought: Digest | None, sources: Mapping[str, Source]) -> Source | None:
    """Return the picture that the outputs of a paid or derive target start from, if known."""
    if target.kind.is_paid:
        return Source(bought) if bought else None
    main = next((r for r in target.inputs if r.role == "source"), None)
    return sources.get(_name(main.target, main.file)) if main else None


def render_ops(target: Target, base: Source, output: Output) -> tuple[Op, ...]:
    """Return every op between the bytes of ``base`` and the file ``output``.

    What the user gave as finished has had the target's own ops; an export's are still to be done.
    """
    return base.ops + output.ops[len(target.ops) if base.finished else 0 :]


def sprites_of(target: Target, sources: Mapping[str, Source]) -> list[Source]:
    """Return the pictures that an atlas packs, in order."""
    names = [_name(r.target, r.file) for r in target.inputs if r.role == "sprite"]
    return [sources[name] for name in names]


def origin_of(
    target: Target, base: Source | None, ops: Iterable[Op], sources: Mapping[str, Source]
) -> Origin:
    """Return where the pixels of a file come from that is made of ``base`` with ``ops``."""
    found = set() if base is None else {base.origin}
    if base is None:
        found.update(sprite.origin for sprite in sprites_of(target, sources))
    found.update(sources[name].origin for name in _overlays(ops) if name in sources)
    return found.pop() if len(found) == 1 else Origin.MIXED


def _overlays(ops: Iterable[Op]) -> Iterator[str]:
    return (name for op in ops if op.name == "overlay" for name in read_by(op))


def _name(target: str, file: str) -> str:
    return target or "./" + file


def _made(target: Target, output: Output, base: Source, sources: Mapping[str, Source]) -> Action:
    content = output.content
    if content is not None and content.name != "picture":
        arguments = canonical_json(dict(content.args))
        return local(
            op=content.name, version=CONTENTS[content.name], arguments=arguments, inputs=()
        )
    chain = render_ops(target, base, output)
    if base.finished == output.format and content is None and not chain:
        arguments = canonical_json({"format": base.finished})
        return local(
            op="copy", version=CONTENTS["copy"], arguments=arguments, inputs=[_image(base)]
        )
    given = {**base.given, **sources} if base.given else sources
    inputs = [_image(base)]
    origin = origin_of(target, base, chain, given)
    marks = (origin if target.provenance else "") if content is None else ""
    encode = canonical_json(dict(output.encode)) if output.encode else ""
    # A plugin may tell 1 from true, which are equal to a cache.
    if any(OPS[op.name].reads or OPS[op.name].takes_any for op in chain):
        ops = _described(chain, given, inputs)
        arguments = canonical_json(_arguments(ops, output.format, encode, marks, content))
    else:
        arguments = _plain_arguments(chain, output.format, encode, marks, content)
    if content is not None:
        version = CONTENTS[content.name]
        return local(op=content.name, version=version, arguments=arguments, inputs=inputs)
    return local(op="render", version=RENDER_VERSION, arguments=arguments, inputs=inputs)


def _image(base: Source) -> Input:
    return Input("image", base.sha256)


@lru_cache(maxsize=4096)
def _plain_arguments(
    chain: tuple[Op, ...], format: str, encode: str, origin: str, content: Op | None
) -> str:
    ops = [[op.name, OPS[op.name].version, dict(op.args)] for op in chain]
    return canonical_json(_arguments(ops, format, encode, origin, content))


def _arguments(
    ops: Sequence[Any], format: str, encode: str, origin: str, content: Op | None
) -> dict[str, Any]:
    """Return a manifest's arguments; what is as usual is not mentioned."""
    result: dict[str, Any] = {"format": format, "ops": ops}
    if content is not None:
        return {"ops": ops, **content.args}
    if encode:
        result["encode"] = json.loads(encode)
    if origin != Origin.MODEL:
        result["origin"] = origin or "none"
    return result


def _described(
    chain: Iterable[Op], given: Mapping[str, Source], inputs: list[Input]
) -> list[list[Any]]:
    """Return ops as data in which a picture is the number of its input; ``inputs`` grows.

    So the names of targets and files are in no key.
    """
    result: list[list[Any]] = []
    for op in chain:
        args = dict(op.args)
        info = OPS[op.name]
        names = read_by(op)
        if info.reads and names:
            name, role = info.reads
            args[name] = [_numbered(role, given[one], inputs) for one in names]
        result.append([op.name, info.version, args])
    return result


def _numbered(role: str, source: Source, inputs: list[Input]) -> Any:
    inputs.append(Input(role, source.sha256))
    number = len(inputs)
    if not source.ops:
        return number
    return {"input": number, "ops": _described(source.ops, source.given, inputs)}


def _packed(target: Target, output: Output, sources: Mapping[str, Source]) -> Action:
    atlas, content = target.atlas or {}, output.content
    if content is None:
        raise AssertionError("each file of an atlas has a content")
    inputs: list[Input] = []
    sprites = sprites_of(target, sources)
    numbers = [_numbered("sprite", sprite, inputs) for sprite in sprites]
    arguments: dict[str, Any] = {"layout": atlas["layout"], **content.args}
    if any(sprite.ops for sprite in sprites):
        arguments["sprites"] = numbers
    if content.name == FRAMES:
        arguments |= {"frames": atlas["frames"], "animations": atlas["animations"]}
    else:
        encode = canonical_json(dict(output.encode)) if output.encode else ""
        origin = origin_of(target, None, output.ops, sources) if target.provenance else ""
        ops = _described(output.ops, sources, inputs)
        arguments |= _arguments(ops, output.format, encode, origin, None)
    return local(
        op=content.name,
        version=CONTENTS[content.name],
        arguments=canonical_json(arguments),
        inputs=inputs,
    )
