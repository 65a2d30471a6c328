"""JSON text to plain data, strictly: no duplicate keys, NaN or half characters; knows no files."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from typing import Any, NoReturn

from assetgen.errors import Kind, Loc, Problem, SpecError
from assetgen.spec.load import DUPLICATE, MAX_DEPTH, NUMBER, TOO_DEEP, place_of

BAD_JSON = Kind("bad-json", "this cannot be read as JSON: {detail}", "correct the file here")
HALF_CHARACTER = Kind(
    "half-character",
    "the escape {text} is no character by itself",
    "write the character itself, or remove the escape",
)

_TOKEN = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?|[{}\[\]]', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)


class _OddNumberError(Exception):
    pass


class _DuplicateError(Exception):
    pass


def read_json(text: str, file: str) -> Any:
    """Return the data of a JSON text: dicts, lists and scalars. Raises SpecError."""
    try:
        value = json.loads(text, object_pairs_hook=_pairs, parse_constant=_odd, parse_float=_finite)
    except json.JSONDecodeError as error:
        at = Loc(file, error.lineno, error.colno)
        raise SpecError(Problem(BAD_JSON, at, {"detail": error.msg})) from None
    except RecursionError:
        raise SpecError(Problem(TOO_DEEP, Loc(file), {"limit": MAX_DEPTH})) from None
    except _DuplicateError:
        raise SpecError(_duplicate(text, file)) from None
    except _OddNumberError as error:
        raise SpecError(Problem(NUMBER, Loc(file), {"text": str(error)})) from None
    except ValueError:  # int() refuses thousands of digits
        raise SpecError(Problem(NUMBER, Loc(file), {"text": "an endless integer"})) from None
    _check_escapes(text, file)
    _check_depth(value, file)
    return value


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise _DuplicateError
    return value


def _odd(text: str) -> NoReturn:
    raise _OddNumberError(text)


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise _OddNumberError(text)
    return value


def _check_depth(value: Any, file: str) -> None:
    level = _inner([value])
    for _ in range(MAX_DEPTH):
        level = _inner(item for node in level for item in _items(node))
    if level:
        raise SpecError(Problem(TOO_DEEP, Loc(file), {"limit": MAX_DEPTH}))


def _inner(values: Iterable[Any]) -> list[Any]:
    return [value for value in values if isinstance(value, dict | list)]


def _items(node: Any) -> Iterable[Any]:
    return node.values() if isinstance(node, dict) else node


def _check_escapes(text: str, file: str) -> None:
    r"""Refuse `\u0000` and surrogates without their other half, which json.loads lets through."""
    if "\\u" not in text:
        return
    high: re.Match[str] | None = None
    for match in _ESCAPE.finditer(text):
        code = int(match[1], 16) if match[1] else -1
        is_low = 0xDC00 <= code <= 0xDFFF
        if high is not None and (not is_low or match.start() != high.end()):
            raise SpecError(_half(text, high, file))
        if code == 0 or (is_low and high is None):
            raise SpecError(_half(text, match, file))
        high = match if 0xD800 <= code <= 0xDBFF else None
    if high is not None:
        raise SpecError(_half(text, high, file))


def _half(text: str, match: re.Match[str], file: str) -> Problem:
    return Problem(HALF_CHARACTER, place_of(text, match.start(), file), {"text": match[0]})


def _duplicate(text: str, file: str) -> Problem:
    """Return the problem of the first key that stands twice in one object of a valid text."""
    objects: list[dict[str, Loc]] = []
    for match in _TOKEN.finditer(text):
        mark = match[0]
        if mark in "[{":
            objects.append({})
        elif mark in "]}":
            objects.pop()
        elif match[2]:
            key, at = json.loads(match[1]), place_of(text, match.start(), file)
            first = objects[-1].setdefault(key, at)
            if first is not at:
                return Problem(DUPLICATE, at, {"key": key, "line": first.line}, also=first)
    return Problem(DUPLICATE, Loc(file), {"key": "?", "line": 1})
