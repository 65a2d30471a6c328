"""Texts as YAML that people like to read and that loads as the very same text; knows no spec."""

from __future__ import annotations

import re
import textwrap

from assetgen.errors import printable
from assetgen.spec.scalars import NumberError, resolve

WIDTH = 96
"""Columns that a line is meant to have; a longer text becomes a block."""

# Names of truth in YAML 1.1, which editors and other programs may still take them for.
_WORDS = frozenset(("yes", "no", "on", "off", "y", "n"))
_PLAIN = re.compile(r"[^\W_][^\x00-\x1f\x7f-\x9f]*")
_NOT_PLAIN = re.compile(r": |:$| #|\s$|[\u2028\u2029\ufeff]")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\x1b": "\\e"}
_EDGES = re.compile(r"^[ \t]|[ \t]$", re.MULTILINE)
_BREAKABLE = re.compile(r"(?<![ \t]) (?![ \t])")


def inline(text: str) -> str:
    """Return ``text`` on one line, as a key or a value, quoted only where that is needed."""
    if _is_plain(text):
        return text
    if not _is_printable(text):
        return f'"{"".join(map(_escaped, text))}"'
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


def block(text: str, indent: int, used: int) -> str:
    """Return ``text`` as the value after a key: on that line, or as an indented block below it.

    ``indent`` is the number of spaces before the lines of a block, ``used`` the columns that the
    line of the key has already. A block has no line break after it.
    """
    one = inline(text)
    is_long = used + len(one) > WIDTH
    if not (is_long or "\n" in text) or not _fits_block(text):
        return one
    lines = text.split("\n")
    if all(indent + len(line) <= WIDTH for line in lines):
        return "|-\n" + _indented(lines, indent)
    # In a folded block one line break is a space, and each empty line a break.
    folded: list[str] = []
    for number, line in enumerate(lines):
        folded += [""] * bool(number) if line or number == 0 else []
        folded += _wrapped(line, WIDTH - indent)
    return ">-\n" + _indented(folded, indent)


def comment(text: str, indent: int) -> str:
    """Return ``text`` as comment lines."""
    room = WIDTH - indent - 2
    lines = textwrap.wrap(printable(text), room) or [""]
    return "".join(f"{' ' * indent}# {line}\n" for line in lines)


def _is_plain(text: str) -> bool:
    if not _PLAIN.fullmatch(text) or _NOT_PLAIN.search(text) or text.lower() in _WORDS:
        return False
    if not _is_printable(text):
        return False
    try:
        return isinstance(resolve(text), str)
    except NumberError:
        return False


def _is_printable(text: str) -> bool:
    return printable(text) == text


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if _is_printable(char):
        return char
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _fits_block(text: str) -> bool:
    """Whether a block can hold the text: nothing to escape, and no space at an edge of a line."""
    return (
        bool(text)
        and _is_printable(text.replace("\n", ""))
        and not _EDGES.search(text)
        and not text.startswith("\n")
        and not text.endswith("\n")
    )


def _wrapped(line: str, room: int) -> list[str]:
    made: list[str] = []
    for piece in _BREAKABLE.split(line):
        if made and len(made[-1]) + 1 + len(piece) <= room:
            made[-1] += " " + piece
        else:
            made.append(piece)
    return made


def _indented(lines: list[str], indent: int) -> str:
    return "\n".join(" " * indent + line if line else "" for line in lines)
