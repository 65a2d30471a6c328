"""Plain scalars of the YAML 1.2 core schema as values; knows no files, marks or events.

The rules are those of the YAML 1.2.2 specification, section 10.3.2: `no`, `16:9`, `1:30` and
`2024-05-01` are texts, `014` is the number 14, `0o14` is 12.
"""

from __future__ import annotations

import math
import re

_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBER = re.compile(
    r"(?P<int>[-+]?[0-9]+)"
    r"|0o(?P<oct>[0-7]+)"
    r"|0x(?P<hex>[0-9a-fA-F]+)"
    r"|(?P<float>[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<odd>[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))"
)
_FIRST = frozenset("0123456789+-.~ntfNTF")
_MAX_DIGITS = 20
_LARGEST = 2**63 - 1

Scalar = str | int | float | bool | None


class NumberError(ValueError):
    """A plain scalar that is a number, but none that can be kept exactly; quoting makes it text."""


def resolve(text: str) -> Scalar:
    """Return the value of a plain (unquoted) scalar.

    Raises NumberError for infinities, NaN and integers beyond 64 bits.
    """
    if not text:
        return None
    if text[0] not in _FIRST:
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    match = _NUMBER.fullmatch(text)
    return _number(match) if match else text


def _number(match: re.Match[str]) -> int | float:
    rule = match.lastgroup
    digits = match[rule or 0]
    if rule == "float":
        value = float(digits)
        if math.isinf(value):
            raise NumberError(digits)
        return value
    if rule == "odd":
        raise NumberError(digits)
    base = {"oct": 8, "hex": 16}.get(rule or "", 10)
    # int() refuses thousands of digits by itself, and takes quadratic time for fewer.
    if len(digits.lstrip("+-0")) > _MAX_DIGITS + (base == 8) * 2:
        raise NumberError(digits)
    whole = int(digits, base)
    if abs(whole) > _LARGEST:
        raise NumberError(digits)
    return whole
