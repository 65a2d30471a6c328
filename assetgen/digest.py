"""Digests and the one canonical JSON text; knows nothing of what is hashed."""

from __future__ import annotations

import hashlib
import json
import os
import re
from typing import Any, NewType

Digest = NewType("Digest", str)
"""A sha256 as 64 lower-case hexadecimal digits."""

_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


def parse_digest(text: object) -> Digest:
    """Return ``text`` as a digest. Raises ValueError if it is not 64 lower-case hex digits."""
    if isinstance(text, str) and _DIGEST.match(text):
        return Digest(text)
    raise ValueError(f"not a sha256: {text!r}")


def sha256(data: bytes) -> Digest:
    """Return the digest of ``data``."""
    return Digest(hashlib.sha256(data).hexdigest())


def sha256_file(path: str | os.PathLike[str]) -> Digest:
    """Return the digest of a file's bytes. Raises OSError."""
    with open(path, "rb") as file:
        return Digest(hashlib.file_digest(file, "sha256").hexdigest())


def canonical_json(value: Any) -> str:
    """Return the one text of a JSON value: sorted keys, no spaces, integral floats as integers.

    Raises ValueError for NaN and infinities, TypeError for what JSON cannot say.
    """
    return json.dumps(
        _normal(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )


def _normal(value: Any) -> Any:
    if type(value) is str or value is None or type(value) is bool or type(value) is int:
        return value
    if isinstance(value, dict):
        return {_key(key): _normal(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_normal(item) for item in value]
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, str):
        return str(value)
    raise TypeError(f"not JSON: {type(value).__name__}")


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    raise TypeError(f"a JSON key must be a string, not {type(key).__name__}")
