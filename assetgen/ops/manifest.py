"""A local action's manifest as values that work can be done by; does none and reads no bytes.

Whatever decides a file's bytes stands in its manifest, the ops' arguments and the digests of what
they read: so work is handed over as the very text that its key is the hash of.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assetgen.action import SCHEMA
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

    @property
    def digests(self) -> set[Digest]:
        """The digests of all bytes that are read."""
        found = set(_digests([self.source] if self.source else []))
        return found | set(_digests(self.sprites)) | set(_of_steps(self.steps))


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


def _digests(pictures: Sequence[Picture]) -> Iterator[Digest]:
    for picture in pictures:
        yield picture.sha256
        yield from _of_steps(picture.steps)


def _of_steps(steps: Sequence[Step]) -> Iterator[Digest]:
    for step in steps:
        yield from _digests(step.reads)
