"""Messages between a build and its workers: a JSON head and blobs of bytes; does no work.

A message is the length of its head (4 bytes, big-endian), the head, then its blobs, whose lengths
the head tells. Nothing that is received can name code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from assetgen.errors import Kind, Problem, printable

MAX_HEAD = 256 * 1024**2
MAX_BLOB = 2 * 1024**3
"""Bytes of a head and of a blob; who claims more has lost its mind."""


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
    data = json.loads(head)
    blobs = []
    for size in data.pop("blobs"):
        blob = _exactly(stream, size) if 0 <= size <= MAX_BLOB else None
        if blob is None:
            return None
        blobs.append(blob)
    return Message(data, blobs)


def _exactly(stream: IO[bytes], size: int) -> bytes | None:
    data = stream.read(size)
    return data if len(data) == size else None


def problem_data(problem: Problem) -> dict[str, Any]:
    """Return a problem without a place as JSON values."""
    return {"name": problem.kind.name, "cause": problem.cause, "step": problem.step}


def problem_of(data: Mapping[str, Any]) -> Problem:
    """Return the problem of :func:`problem_data`; its words are shown, and do nothing else."""
    return Problem(Kind(str(data["name"]), _plain(data["cause"]), _plain(data["step"])))


def _plain(text: object) -> str:
    """Return a sentence without facts."""
    return printable(str(text)).replace("{", "{{").replace("}", "}}")
