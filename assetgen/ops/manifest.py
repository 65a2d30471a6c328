"""A local action's manifest as values that work can be done by; does none and reads no bytes.

Whatever decides a file's bytes stands in its manifest, the ops' arguments and the digests of what
they read: so work is handed over as the very text that its key is the hash of.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assetgen.action import SCHEMA, Action, Input, local
from assetgen.digest import Digest, canonical_json, parse_digest, sha256
from assetgen.errors import ImageError, Kind, Problem
from assetgen.optable import CONTENTS, OPS, RENDER_VERSION

OTHER_RELEASE = Kind(
    "work-of-another-release",
    "this file was made by '{op}' of another release, which this one cannot repeat",
    "build it anew",
)


@dataclass(frozen=True, slots=True)
class Picture:
    """Bytes that are read, and the steps that are done on them."""

    sha256: Digest
    steps: tuple[Step, ...] = ()

    @property
    def text(self) -> str:
        """The same for equal steps on equal bytes."""
        return canonical_json([self.sha256, [step.text for step in self.steps]])


@dataclass(frozen=True, slots=True)
class Step:
    """One op; ``reads`` are the pictures (or the font) of its argument ``slot``.

    ``text`` is the same for equal steps on equal bytes.
    """

    op: str
    args: Mapping[str, Any]
    text: str
    slot: str = ""
    reads: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is to be made.

    Attributes:
        key: the action's key.
        op: render, or a content of :data:`assetgen.optable.CONTENTS`.
        arguments: as in the text.
        source: what a picture (or what is said of one) is made of; None for others.
        sprites: what an atlas packs.
    """

    key: Digest
    op: str
    arguments: Mapping[str, Any]
    source: Picture | None = None
    sprites: tuple[Picture, ...] = ()
    steps: tuple[Step, ...] = ()

    def digests(self, ready: Container[str] = ()) -> set[Digest]:
        """Return the digests of all bytes that are read, but for the parts that are ``ready``."""
        own = [self.source] if self.source else []
        found = set(_digests([*own, *self._sprites_without(ready)], ready))
        return found | set(_of_steps(self.steps, ready))

    def _sprites_without(self, ready: Container[str]) -> list[Picture]:
        return [sprite for sprite in self.sprites if sprite.text not in ready]


def read_manifest(text: str) -> Manifest:
    """Return the manifest of a text. Raises ImageError for the work of another release."""
    data = json.loads(text)
    op, arguments = data.get("op"), data.get("arguments", {})
    known = {"render": RENDER_VERSION, **CONTENTS}
    if data.get("schema") != SCHEMA or known.get(op) != data.get("version"):
        raise ImageError(Problem(OTHER_RELEASE, facts={"op": str(op)}))
    inputs = [parse_digest(item["sha256"]) for item in data["inputs"]]
    key = sha256(text.encode())
    steps = _steps(arguments.get("ops", ()), inputs)
    if op in ("sheet", "frames"):
        roles = [item["role"] for item in data["inputs"]]
        plain = [number for number, role in enumerate(roles, 1) if role == "sprite"]
        sprites = tuple(_picture(item, inputs) for item in arguments.get("sprites", plain))
        return Manifest(key, op, arguments, None, sprites, steps)
    source = Picture(inputs[0], steps) if inputs else None
    return Manifest(key, op, arguments, source)


def _steps(ops: Sequence[Any], inputs: Sequence[Digest]) -> tuple[Step, ...]:
    result = []
    for name, version, args in ops:
        info = OPS.get(name)
        if info is None or info.version != version:
            raise ImageError(Problem(OTHER_RELEASE, facts={"op": str(name)}))
        slot = info.reads[0] if info.reads and info.reads[0] in args else ""
        reads = tuple(_picture(item, inputs) for item in args[slot]) if slot else ()
        plain = {key: value for key, value in args.items() if key != slot}
        described = [[read.sha256, [step.text for step in read.steps]] for read in reads]
        text = canonical_json([name, plain, described])
        result.append(Step(name, plain, text, slot, reads))
    return tuple(result)


def _picture(item: Any, inputs: Sequence[Digest]) -> Picture:
    if isinstance(item, int):
        return Picture(inputs[item - 1])
    return Picture(inputs[item["input"] - 1], _steps(item["ops"], inputs))


def _digests(pictures: Iterable[Picture], ready: Container[str]) -> Iterator[Digest]:
    for picture in pictures:
        yield picture.sha256
        yield from _of_steps(picture.steps, ready)


def _of_steps(steps: Iterable[Step], ready: Container[str]) -> Iterator[Digest]:
    for step in steps:
        unready = [read for read in step.reads if part_name(step, read) not in ready]
        yield from _digests(unready, ready)


def part_name(step: Step, read: Picture) -> str:
    """Return what a step calls one of the things that it reads, once that is made."""
    if step.slot == "same_box":
        return f"box {step.args.get('threshold')} {read.text}"
    return read.text


def parts(manifest: Manifest) -> dict[str, Action]:
    """Return the work that can be done before ``manifest``, apart and once for all who need it.

    By name (see :func:`part_name`): pictures that ops or atlases read after steps of their own, and
    boxes that are measured.
    """
    found: dict[str, Action] = {}
    for sprite in manifest.sprites:
        if sprite.steps:
            found[sprite.text] = _as_action(sprite, "render", {"format": "png", "origin": "none"})
    for step in (*(manifest.source.steps if manifest.source else ()), *manifest.steps):
        for read in step.reads:
            name = part_name(step, read)
            if step.slot == "same_box":
                found[name] = _as_action(read, "box", {"threshold": step.args.get("threshold")})
            elif read.steps:
                found[name] = _as_action(read, "render", {"format": "png", "origin": "none"})
    return found


def _as_action(picture: Picture, op: str, arguments: Mapping[str, Any]) -> Action:
    inputs = [Input("image", picture.sha256)]
    ops = _as_ops(picture.steps, inputs)
    version = RENDER_VERSION if op == "render" else CONTENTS[op]
    text = canonical_json({**arguments, "ops": ops})
    return local(op=op, version=version, arguments=text, inputs=inputs)


def _as_ops(steps: Iterable[Step], inputs: list[Input]) -> list[list[Any]]:
    """Return steps as a manifest has them; ``inputs`` grows by what they read."""
    result: list[list[Any]] = []
    for step in steps:
        info, args = OPS[step.op], dict(step.args)
        if info.reads and step.slot:
            args[step.slot] = [_as_input(read, info.reads[1], inputs) for read in step.reads]
        result.append([step.op, info.version, args])
    return result


def _as_input(picture: Picture, role: str, inputs: list[Input]) -> Any:
    inputs.append(Input(role, picture.sha256))
    number = len(inputs)
    if not picture.steps:
        return number
    return {"input": number, "ops": _as_ops(picture.steps, inputs)}
