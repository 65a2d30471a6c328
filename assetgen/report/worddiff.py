"""The difference of two texts by words; knows no prompt and no manifest.

Words are compared without the blanks around them, so that a reflowed text shows only the words
that differ; line ends count, for they are part of what a model reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

from assetgen.errors import printable
from assetgen.report.text import Paint

WORD = re.compile(r"\n|\w+(?:['’\-]\w+)*[^\S\n]*|[^\S\n]+|[^\w\s][^\S\n]*")  # noqa: RUF001 (it's)
EXACT = 1_000_000
"""Pairs of words up to which the best match is sought; beyond, frequent words are left out."""
CONTEXT = 12
"""Words that stay on either side of a change; what lies between is left out."""


class Piece(NamedTuple):
    """A run of words: ``what`` is equal, delete or insert."""

    what: str
    text: str


def word_diff(old: str, new: str) -> list[Piece]:
    """Return the pieces that turn ``old`` into ``new``; all are equal if only blanks differ."""
    before, after = WORD.findall(old), WORD.findall(new)
    left = [word.strip(" \t") for word in before]
    right = [word.strip(" \t") for word in after]
    matcher = SequenceMatcher(None, left, right, autojunk=len(left) * len(right) > EXACT)
    pieces: list[Piece] = []
    for what, i1, i2, j1, j2 in matcher.get_opcodes():
        if what == "equal":
            pieces.append(Piece("equal", "".join(after[j1:j2])))
            continue
        if i2 > i1:
            pieces.append(Piece("delete", "".join(before[i1:i2])))
        if j2 > j1:
            pieces.append(Piece("insert", "".join(after[j1:j2])))
    return pieces


def changed(pieces: Iterable[Piece]) -> bool:
    """Whether any word differs."""
    return any(piece.what != "equal" for piece in pieces)


def diff_lines(pieces: list[Piece], paint: Paint) -> list[str]:
    """Return the pieces as lines: `a [-red-]{+blue+} coat`, marked where colour is on too.

    Not every terminal strikes words through, and not every eye tells red from green.
    """
    text = "".join(_marked(pieces, paint))
    return text.split("\n")


def _marked(pieces: list[Piece], paint: Paint) -> Iterator[str]:
    for place, (what, text) in enumerate(pieces):
        if what == "equal":
            yield _safe(_shortened(text, first=place == 0, last=place == len(pieces) - 1))
            continue
        # Blanks after the words stay outside the marks, where they part the marks of a pair.
        core = text.rstrip(" \t")
        following = pieces[place + 1].what if place + 1 < len(pieces) else ""
        tail = "" if what == "delete" and following == "insert" else text[len(core) :]
        style = "red strike" if what == "delete" else "green"
        opened, closed = ("[-", "-]") if what == "delete" else ("{+", "+}")
        for number, line in enumerate(core.split("\n")):
            if number:
                yield "\n"
            if not line:
                # A line end alone is shown by the sign of its key, else nothing could be seen.
                line = "⏎" if number == 0 else ""
            if line:
                yield paint(f"{opened}{_safe(line)}{closed}", style)
        yield _safe(tail)


def _shortened(text: str, *, first: bool, last: bool) -> str:
    words = WORD.findall(text)
    keep = CONTEXT * (2 - first - last) if first != last or not first else len(words)
    if len(words) <= keep + CONTEXT:
        return text
    head = "" if first else "".join(words[:CONTEXT])
    tail = "" if last else "".join(words[-CONTEXT:])
    if last:
        return f"{head}…" if head else text
    return f"{head}… {tail}"


def _safe(text: str) -> str:
    return "\n".join(printable(line) for line in text.replace("\t", " ").split("\n"))
