"""Runs a JMESPath over data, bounded in what it can build; knows no files.

An expression comes from the spec, so it may be hostile: `[@,@][]`, piped thirty times, makes a
thousand million items of one. Length, nesting and the widths of its `[…]` and `{…}` are limited,
and functions that build long texts are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from assetgen.errors import Kind, Loc, Problem, SpecError, did_you_mean

MAX_LENGTH = 500
MAX_WIDTH = 64
"""The product of the entry counts of all `[a, b]` and `{a: b}` of an expression."""

BAD_PATH = Kind(
    "bad-path", "the path cannot be read as JMESPath: {detail}", "write it like: cards[*]"
)
PATH_FAILS = Kind(
    "path-fails", "the path does not fit the data: {detail}", "check it against the file"
)
PATH_TOO_BIG = Kind(
    "path-too-big",
    "the path is longer than {limit} characters, or selects too much at once",
    "make it simpler",
)
PATH_FUNCTION = Kind("path-function", "the path calls '{name}', which is not available", "{step}")

# fmt: off
FUNCTIONS = frozenset({
    "contains", "ends_with", "keys", "length", "map", "max_by", "merge", "min_by", "not_null",
    "reverse", "sort", "sort_by", "starts_with", "to_array", "to_number", "type", "values",
})
# fmt: on
_MULTI = ("multi_select_list", "multi_select_dict")


def search(expression: str, data: Any, at: Loc) -> Any:
    """Return what a JMESPath finds in ``data`` (plain dicts and lists).

    Raises SpecError, placed ``at`` the expression.
    """
    if len(expression) > MAX_LENGTH:
        raise SpecError(Problem(PATH_TOO_BIG, at, {"limit": MAX_LENGTH}))
    try:
        compiled = jmespath.compile(expression)
    except (JMESPathError, RecursionError) as error:
        raise SpecError(Problem(BAD_PATH, at, {"detail": _line(error)})) from None
    _check(compiled.parsed, at)
    try:
        return compiled.search(data)
    except (JMESPathError, RecursionError, TypeError, ValueError, AttributeError) as error:
        raise SpecError(Problem(PATH_FAILS, at, {"detail": _line(error)})) from None


def _check(parsed: Mapping[str, Any], at: Loc) -> None:
    width = 1
    for node in _nodes(parsed):
        if node["type"] in _MULTI:
            width *= max(len(node["children"]), 1)
        if node["type"] == "function_expression" and node["value"] not in FUNCTIONS:
            name = str(node["value"])
            step = did_you_mean(name, FUNCTIONS)
            raise SpecError(Problem(PATH_FUNCTION, at, {"name": name, "step": step}))
    if width > MAX_WIDTH:
        raise SpecError(Problem(PATH_TOO_BIG, at, {"limit": MAX_LENGTH}))


def _nodes(parsed: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    stack: list[Any] = [parsed]
    while stack:
        node = stack.pop()
        if isinstance(node, Mapping):  # a slice has plain numbers for children
            yield node
            stack.extend(node.get("children", ()))


def _line(error: Exception) -> str:
    return str(error).split("\n", 1)[0] or type(error).__name__
