"""Messages between a build and its workers: a JSON head and blobs of bytes; does no work.

A message is the length of its head (4 bytes, big-endian), the head, then its blobs, whose lengths
the head tells. Nothing that is received can name code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from assetgen.errors import Kind, Problem, printable

MAX_HEAD = 256 * 1024**2
MAX_BLOB = 2 * 1024**3
"""Bytes of a head and of a blob; who claims more has lost its mind."""
MAX_WORDS = 4000
"""Characters of a sentence that are shown; no fact is that long."""

_NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True)
class Message:
    """What is asked or answered: a head of JSON values, and bytes."""

    head: Mapping[str, Any]
    blobs: Sequence[bytes] = ()


def write_message(stream: IO[bytes], message: Message) -> None:
    """Write a message and flush it. Raises OSError."""
    lengths = [len(blob) for blob in message.blobs]
    head = json.dumps({**message.head, "blobs": lengths}).encode()
    stream.write(len(head).to_bytes(4) + head)
    for blob in message.blobs:
        stream.write(blob)
    stream.flush()


def read_message(stream: IO[bytes]) -> Message | None:
    """Return the next message, or None where the other side has ended or speaks nonsense.

    Raises OSError.
    """
    prefix = _exactly(stream, 4)
    length = int.from_bytes(prefix) if prefix else MAX_HEAD + 1
    head = _exactly(stream, length) if length <= MAX_HEAD else None
    if head is None:
        return None
    try:
        data = json.loads(head)
    except (ValueError, RecursionError):
        return None
    sizes = data.pop("blobs", None) if isinstance(data, dict) else None
    if not isinstance(sizes, list):
        return None
    blobs = []
    for size in sizes:
        blob = _exactly(stream, size) if _is_size(size) else None
        if blob is None:
            return None
        blobs.append(blob)
    return Message(data, blobs)


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_BLOB


def _exactly(stream: IO[bytes], size: int) -> bytes | None:
    data = stream.read(size)
    return data if len(data) == size else None


def problem_data(problem: Problem) -> dict[str, Any]:
    """Return a problem without a place as JSON values."""
    return {"name": problem.kind.name, "cause": problem.cause, "step": problem.step}


def problems_of(data: object) -> tuple[Problem, ...]:
    """Return the problems of a list of :func:`problem_data`; none if it is anything else.

    Their words are shown, and do nothing else.
    """
    items = data if isinstance(data, list) else []
    found = [_problem_of(item) for item in items]
    return tuple(problem for problem in found if problem) if all(found) else ()


def _problem_of(data: object) -> Problem | None:
    given = data if isinstance(data, dict) else {}
    name, cause, step = (given.get(key) for key in ("name", "cause", "step"))
    texts = isinstance(name, str) and isinstance(cause, str) and isinstance(step, str)
    if not texts or not _NAME.fullmatch(str(name)):
        return None
    return Problem(Kind(str(name), _plain(str(cause)), _plain(str(step))))


def _plain(text: str) -> str:
    """Return a sentence without facts."""
    return printable(text[:MAX_WORDS]).replace("{", "{{").replace("}", "}}")
