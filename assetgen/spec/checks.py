"""The schema of a spec as checks that tell each mistake; knows the standard's rules, no words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from assetgen.spec.schema import Gate, target_gate, target_schema, whole_gate, whole_schema


@dataclass(frozen=True, slots=True)
class Checks:
    """The compiled schema.

    Attributes:
        head: everything but the targets; target: one target in its long form.
        gate: the whole file; target_gate: one target. None without the optional package.
    """

    head: Draft202012Validator
    target: Draft202012Validator
    gate: Gate | None = None
    target_gate: Gate | None = None


@cache
def compiled(*, included: bool, gated: bool = True) -> Checks:
    """Return the checks of the main file or of an included one, with or without the gates."""
    whole = whole_schema(included=included)
    targets = dict(whole["properties"]["targets"])
    del targets["additionalProperties"]
    head = _Validator({**whole, "properties": {**whole["properties"], "targets": targets}})
    target = _Validator(target_schema())
    if not gated:
        return Checks(head, target)
    return Checks(head, target, whole_gate(included=included), target_gate())


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    """Search as the standard (ECMA 262) says: `$` is the end, not the last line break."""
    if isinstance(instance, str) and not _ecma(pattern).search(instance):
        yield ValidationError("the pattern does not match")


@cache
def _ecma(pattern: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\$$", r"\\Z", pattern))


def _unique(_: Any, unique: bool, instance: Any, __: Any) -> Iterator[ValidationError]:
    """Compare by hash: the library's own way takes quadratic time for lists of mixed types."""
    if unique and isinstance(instance, list):
        texts = [json.dumps(item, sort_keys=True) for item in instance]
        if len(set(texts)) < len(texts):
            yield ValidationError("an item is repeated")


_extend: Any = extend
_Validator: Any = _extend(Draft202012Validator, {"pattern": _pattern, "uniqueItems": _unique})
