"""What determines a result: manifests and their keys; knows no target, provider or file.

The canonical text of a manifest is hashed to its key, and :func:`fields` reads that same text for
`why`: the key and its explanation cannot drift apart.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any, NamedTuple

from assetgen.digest import Digest, canonical_json, sha256
from assetgen.quick import quick

SCHEMA = 1
DEFAULT_ASPECT_RATIO = "1:1"
DEFAULT_RESOLUTION = "1k"
DRAFT_MODEL = "draft"


class Input(NamedTuple):
    """Bytes that an action reads, and what for. ``role``: image, reference, source, overlay …"""

    role: str
    sha256: Digest


@quick
@dataclass(frozen=True, slots=True)
class Action:
    """A manifest as canonical text, and its key (the sha256 of that text)."""

    text: str
    key: Digest

    @property
    def manifest(self) -> dict[str, Any]:
        """The manifest as data, read back from the hashed text."""
        value: dict[str, Any] = json.loads(self.text)
        return value


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What an action gave.

    Attributes:
        sha256: digest of the bytes.
        provider: who made them; empty for local work.
        model: the model that really served the call; empty for local work.
        cost: USD, or None if the service does not say.
    """

    sha256: Digest
    provider: str = ""
    model: str = ""
    cost: float | None = 0.0


def action(manifest: Mapping[str, Any]) -> Action:
    """Return the action of a manifest."""
    text = canonical_json(manifest)
    return Action(text, sha256(text.encode()))


def _inputs(inputs: Iterable[Input]) -> str:
    return ",".join([f'{{"role":{_role(role)},"sha256":"{digest}"}}' for role, digest in inputs])


_role = lru_cache(maxsize=1024)(encode_basestring)


def _text(value: str | None) -> str:
    return "null" if value is None else encode_basestring(value)


@lru_cache(maxsize=1024)
def _frame(
    kind: str,
    model: str,
    aspect_ratio: str | None,
    resolution: str,
    quality: str | None,
    variant: str | None,
) -> tuple[str, str, str]:
    """Return the text of a paid manifest before its inputs, before its prompt and after it."""
    return (
        f'{{"aspect_ratio":{_text(aspect_ratio)},"inputs":[',
        f'],"kind":{_text(kind)},"model":{_text(model)},"prompt":',
        f',"quality":{_text(quality)},"resolution":{_text(resolution)},'
        f'"schema":{SCHEMA},"variant":{_text(variant)}}}',
    )


def paid(
    *,
    kind: str,
    model: str,
    prompt: str,
    inputs: Sequence[Input] = (),
    aspect_ratio: str | None = None,
    resolution: str | None = None,
    quality: str | None = None,
    variant: str | None = None,
) -> Action:
    """Return the action that buys one picture; ``kind`` is generate or edit.

    Missing values are filled from assetgen's own frozen table, never from a catalogue. An edit
    without ``aspect_ratio`` keeps the ratio of its first image, which is what null says.
    """
    if aspect_ratio is None and kind == "generate":
        aspect_ratio = DEFAULT_ASPECT_RATIO
    # The canonical text, written directly: a plan of 100,000 targets makes 200,000 of these.
    resolution = resolution or DEFAULT_RESOLUTION
    head, middle, tail = _frame(str(kind), model, aspect_ratio, resolution, quality, variant)
    said = encode_basestring(normal_text(prompt))
    text = f"{head}{_inputs(inputs) if inputs else ''}{middle}{said}{tail}"
    return Action(text, sha256(text.encode()))


def local(*, op: str, version: int, arguments: str, inputs: Iterable[Input]) -> Action:
    """Return the action of free local work; op versions are assetgen's own.

    ``arguments`` is canonical JSON already, so that targets alike in it share the text.
    """
    head, tail = _local_frame(op, version, arguments)
    text = f"{head}{_inputs(inputs)}{tail}"
    return Action(text, sha256(text.encode()))


@lru_cache(maxsize=1024)
def _local_frame(op: str, version: int, arguments: str) -> tuple[str, str]:
    """Return the text of a local manifest before its inputs and after them."""
    tail = f'],"op":{_text(op)},"schema":{SCHEMA},"version":{version}}}'
    return f'{{"arguments":{arguments},"inputs":[', tail


def normal_text(text: str) -> str:
    """Return ``text`` in NFC, each line without trailing white space, nor the whole."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if text.isprintable() and not text.endswith(" "):
        return text
    return "\n".join(line.rstrip() for line in text.splitlines()).rstrip()


def fields(text: str) -> Iterator[tuple[str, Any]]:
    """Yield (dotted path, scalar) over a manifest's canonical text, in its order."""
    yield from _walk("", json.loads(text))


def _walk(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _walk(f"{path}.{name}" if path else name, item)
    elif isinstance(value, list):
        for number, item in enumerate(value, 1):
            yield from _walk(f"{path}[{number}]", item)
    else:
        yield path, value
