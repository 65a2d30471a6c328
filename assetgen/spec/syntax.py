"""Syntax errors of the YAML parser as problems for people; builds no data."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import yaml

from assetgen.errors import Kind, Loc, Problem

TEMPLATE = Kind(
    "unquoted-template",
    "a value begins with '{{{{' or '{{%' outside quotes, which YAML takes for a mapping",
    'put the whole value in quotes: "{{{{ name }}}}"',
)
COLON = Kind(
    "unexpected-colon",
    "a ': ' stands where no key can be",
    "quote the text if the colon belongs to it, or indent the line like its neighbours",
)
TAB = Kind("tab-indent", "a tab is used for indentation", "indent with spaces")
START = Kind("unquoted-start", "a text cannot begin with '{char}'", "put the text in quotes")
NO_COLON = Kind(
    "no-colon",
    "the line is neither 'key: value' nor a list item",
    "add ': ' after the key, or indent the line if it continues the text above",
)
MISPLACED = Kind(
    "misplaced",
    "this does not fit what stands before it",
    "indent it like its neighbours, or see if a quote before it is not closed",
)
UNCLOSED = Kind("unclosed-bracket", "this bracket is never closed", "close it")
COMMA = Kind(
    "no-comma",
    "a ',' or the closing bracket is missing here; the bracket opens on line {line}",
    "add it, or quote the text before it",
)
NO_VALUE = Kind(
    "no-value",
    "a value or a closing bracket is missing here",
    "write it, or close the bracket; a '#' above, such as in a colour, needs quotes",
)
QUOTE = Kind("unclosed-quote", "this quote is never closed", "close it")
DASH = Kind("misplaced-item", "a list item cannot stand here", "begin it on a line of its own")
NO_DASH = Kind(
    "not-an-item",
    "the line is not a list item like those above it",
    "begin it with '- ', or indent it like the key that it belongs to",
)
ESCAPE = Kind(
    "bad-escape",
    "a backslash in double quotes begins no escape that YAML knows",
    "double the backslash, or use single quotes",
)
DIRECTIVE = Kind("directive", "a line begins with '%'", "remove it: directives are not used here")
MALFORMED = Kind(
    "bad-yaml",
    "this cannot be read as YAML: {detail}",
    "check quotes, brackets and indentation here and in the line above",
)

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_TEMPLATE = re.compile(r"(?:[^\"'#]*?[:\[,-])?\s*(\{[{%])")


class _Rule(NamedTuple):
    words: str
    kind: Kind
    at_context: bool = False


# The first rule whose words stand in the parser's own message wins.
_RULES = (
    _Rule("mapping values are not allowed", COLON),
    _Rule("cannot start any token", START),
    _Rule("tab character", TAB),
    _Rule("could not find expected ':'", NO_COLON, at_context=True),
    _Rule("',' or", COMMA),
    _Rule("node content", NO_VALUE),
    _Rule("unexpected end of stream", QUOTE, at_context=True),
    _Rule("sequence entries are not allowed", DASH),
    _Rule("did not find expected '-' indicator", NO_DASH),
    _Rule("escape", ESCAPE),
    _Rule("hexadecimal", ESCAPE),
    _Rule("directive", DIRECTIVE),
    _Rule("alphabetic or numeric", START, at_context=True),
    _Rule("did not find expected key", MISPLACED),
    _Rule("<document start>", MISPLACED),
    _Rule("<block end>", MISPLACED),
)


def explain(error: yaml.YAMLError, text: str, file: str) -> Problem:
    """Return a parser's error as a problem with its place in ``text``."""
    if not isinstance(error, yaml.MarkedYAMLError):
        reason = getattr(error, "reason", "it cannot be decoded")
        return Problem(MALFORMED, Loc(file), {"detail": reason})
    lines = _BREAK.split(text)
    problem = _place(error.problem_mark or error.context_mark, file, lines)
    context = _place(error.context_mark or error.problem_mark, file, lines)
    for at in dict.fromkeys((problem, context)):
        found = _template_on(at, lines)
        if found:
            return found
    words = str(error.problem or error.context or "")
    rule = next((rule for rule in _RULES if rule.words in words), None)
    if rule is None:
        return Problem(MALFORMED, problem, {"detail": words})
    at = context if rule.at_context else problem
    return _refine(rule.kind, at, context, lines)


def _refine(kind: Kind, at: Loc, context: Loc, lines: list[str]) -> Problem:
    rest = _rest(at, lines)
    if kind is COMMA:
        if at.line >= len(lines) and not rest:
            return Problem(UNCLOSED, context)
        return Problem(COMMA, at, {"line": context.line})
    if kind is START:
        return Problem(TAB, at) if rest[:1] == "\t" else Problem(START, at, {"char": rest[:1]})
    return Problem(kind, at)


def _template_on(at: Loc, lines: list[str]) -> Problem | None:
    match = _TEMPLATE.match(lines[at.line - 1])
    return Problem(TEMPLATE, Loc(at.file, at.line, match.start(1) + 1)) if match else None


def _rest(at: Loc, lines: list[str]) -> str:
    return lines[at.line - 1][at.column - 1 :]


def _place(mark: Any, file: str, lines: list[str]) -> Loc:
    if not mark:
        return Loc(file)
    if mark.line >= len(lines):  # the parser counts an end without a line break as a line
        return Loc(file, len(lines), len(lines[-1]) + 1)
    return Loc(file, mark.line + 1, mark.column + 1)
