"""What is read by patterns over all targets' names: sprites of atlases, and boxes of `trim`."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from assetgen.errors import Kind, Loc, SpecError, did_you_mean
from assetgen.globs import glob_matches
from assetgen.graph import Op, Reference, Target
from assetgen.spec.atlases import Packing
from assetgen.spec.collect import Problems
from assetgen.spec.references import nearest, reference
from assetgen.spec.values import normal, scalar_text

NO_MATCH = Kind("atlas-without-match", "no target matches '{pattern}'", "{step}")
NOT_PACKED = Kind(
    "animation-without-frames",
    "the animation '{name}' takes '{pattern}', which the atlas does not pack",
    "name targets that `inputs` takes, or a pattern of them",
)
SAME_FRAME = Kind(
    "frame-twice",
    "two frames of '{target}' are called '{frame}'",
    "let `frame` tell them apart, such as '{{{{ name }}}}'",
)
BOX_OF_ITSELF = Kind(
    "box-of-itself",
    "'{target}' is trimmed to a box that '{pattern}' measures, and it is one of those",
    "trim targets that are made `from` the measured ones: then each of them can be measured first",
)

_GLOB = re.compile(r"[*?\[]")
_EXTENSION = re.compile(r"\.(?:png|jpe?g|webp)\Z", re.IGNORECASE)


def with_sprites(
    targets: dict[str, Target], packed: Mapping[str, Packing], problems: Problems
) -> None:
    """Give each atlas its sprites and frames in ``targets``; what matches nothing is noted."""
    for name, packing in packed.items():
        if name not in targets:
            continue
        target = targets[name]
        sprites = _gathered("sprite", name, packing.patterns, targets, problems)
        frames = {key: _frame(key, sprite, packing, problems) for key, sprite in sprites.items()}
        _check_frames(name, frames, packing.loc, problems)
        atlas = {
            "layout": dict(target.atlas or {}),
            "frames": list(frames.values()),
            "animations": _played(packing, frames, problems),
        }
        targets[name] = replace(
            target,
            inputs=(*sprites.values(), *target.inputs),
            atlas=MappingProxyType(atlas),
        )


def with_boxes(targets: dict[str, Target], names: Iterable[str], problems: Problems) -> None:
    """Let the `same_box` of the named targets stand for the pictures that it measures."""
    told: set[Loc] = set()
    for name in names:
        if name not in targets:
            continue
        target = targets[name]
        loc = target.marks.get("ops", target.loc)
        boxes: dict[str, Reference] = {}

        def measured(op: Op) -> Op:
            return _measured(op, name, loc, targets, boxes, told, problems)  # noqa: B023 # used at once

        outputs = tuple(replace(o, ops=tuple(map(measured, o.ops))) for o in target.outputs)
        ops = tuple(map(measured, target.ops))
        inputs = (*target.inputs, *boxes.values())
        targets[name] = replace(target, ops=ops, outputs=outputs, inputs=inputs)


def _measured(
    op: Op,
    name: str,
    loc: Loc,
    targets: Mapping[str, Target],
    boxes: dict[str, Reference],
    told: set[Loc],
    problems: Problems,
) -> Op:
    wanted = op.args.get("same_box") if op.name == "trim" else None
    if wanted is None:
        return op
    patterns = (wanted,) if isinstance(wanted, str) else tuple(wanted)
    own = next((str(p) for p in patterns if glob_matches(normal(str(p)), name)), None)
    if own is not None:
        if loc not in told:
            told.add(loc)
            problems.add(BOX_OF_ITSELF, loc, target=name, pattern=own)
        return op
    located = [(scalar_text(pattern), loc) for pattern in patterns]
    found = _gathered("box", name, located, targets, problems)
    boxes.update(found)
    return Op("trim", {**op.args, "same_box": tuple(found)})


def _gathered(
    role: str,
    reader: str,
    patterns: Sequence[tuple[str, Loc]],
    targets: Mapping[str, Target],
    problems: Problems,
) -> dict[str, Reference]:
    """Return what ``patterns`` take by name, each once and in order."""
    result: dict[str, Reference] = {}
    for pattern, loc in patterns:
        found = _matches(role, reader, pattern, loc, targets)
        if not found and not problems.enough(NO_MATCH, loc):
            step = did_you_mean(pattern, _globs_like(pattern, targets))
            problems.add(NO_MATCH, loc, pattern=pattern, step=step)
        for one in found:
            result.setdefault(one.target or f"./{one.file}", one)
    return result


def _matches(
    role: str, reader: str, pattern: str, loc: Loc, names: Iterable[str]
) -> list[Reference]:
    pattern = normal(pattern)
    if pattern.startswith("./") or not _GLOB.search(pattern):
        return [reference(role, pattern, loc)]
    return [
        Reference(role, target=name, loc=loc)
        for name in names
        if name != reader and glob_matches(pattern, name)
    ]


def _globs_like(pattern: str, names: Iterable[str]) -> list[str]:
    """Return the patterns that end like ``pattern`` and match some name."""
    tail = pattern.rpartition("/")[2]
    folders = {name.rpartition("/")[0] for name in names}
    return nearest(pattern, [f"{folder}/{tail}" if folder else tail for folder in folders])


def _frame(key: str, sprite: Reference, packing: Packing, problems: Problems) -> str:
    name = sprite.target or _EXTENSION.sub("", sprite.file)
    scope = {"name": name, "stem": posixpath.basename(name)}
    try:
        return scalar_text(packing.frame.render(scope))
    except SpecError as error:
        problems.take(error)
        return key


def _check_frames(target: str, frames: Mapping[str, str], loc: Loc, problems: Problems) -> None:
    seen: set[str] = set()
    for frame in frames.values():
        if frame in seen and not problems.enough(SAME_FRAME, loc):
            problems.add(SAME_FRAME, loc, target=target, frame=frame)
        seen.add(frame)


def _played(
    packing: Packing, frames: Mapping[str, str], problems: Problems
) -> dict[str, dict[str, Any]]:
    """Return the animations with the frames that they show."""
    result: dict[str, dict[str, Any]] = {}
    for name, animation in packing.animations.items():
        shown: list[str] = []
        for pattern in animation["frames"]:
            wanted = normal(scalar_text(pattern))
            found = [frame for key, frame in frames.items() if _plays(wanted, key)]
            if not found:
                problems.add(NOT_PACKED, packing.animations_at, name=name, pattern=wanted)
            shown += found
        result[name] = {**animation, "frames": shown}
    return result


def _plays(pattern: str, key: str) -> bool:
    return glob_matches(pattern, key) if _GLOB.search(pattern) else pattern == key
