"""Reads a Markdown page as the tests need it: its code blocks, sections and shown output."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TIME = re.compile(r"\bin (?:\d+ min )?\d+(?:\.\d+)? ?(?:s|ms|min)\b")
_DATE = re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d\b")
_STEP = re.compile(r"\[ *(\d+)/(\d+)\] (.*)")
_DIGEST = re.compile(r"\b[0-9a-f]{12,64}\b")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language and its text."""

    language: str
    text: str

    @property
    def commands(self) -> list[tuple[str, str]]:
        """The commands after `$ `, each with the output that the page shows."""
        pieces = re.split(r"^\$ ", self.text, flags=re.MULTILINE)
        assert not pieces[0].strip(), f"output without a command: {pieces[0]}"
        return [(one.partition("\n")[0], one.partition("\n")[2]) for one in pieces[1:]]


def blocks(text: str, *languages: str) -> list[Block]:
    """Return the blocks of these languages in order; all if none is named."""
    found = [Block(language, body) for language, body in _BLOCK.findall(text)]
    return [block for block in found if not languages or block.language in languages]


def edited(text: str, diff: str) -> str:
    """Return a text with the lines after `-` of a block replaced by those after `+`."""
    old, new = (
        "".join(f"{line[1:]}\n" for line in diff.splitlines() if line[0] == sign) for sign in "-+"
    )
    assert text.count(old) == 1, old
    return text.replace(old, new)


def sections(text: str) -> dict[str, str]:
    """Return what stands under each heading, of any depth, up to the next one of its depth."""
    marks = list(re.finditer(r"^(#+) (.+)$", text, re.MULTILINE))
    result = {}
    for number, mark in enumerate(marks):
        after = (m.start() for m in marks[number + 1 :] if len(m[1]) <= len(mark[1]))
        result[mark[2].replace("`", "")] = text[mark.end() : next(after, len(text))]
    return result


def settled(output: str) -> tuple[list[str], list[str], list[str]]:
    """Return what two runs of a build have in common.

    That is the lines without durations, dates and digests; the steps, which end in any order,
    sorted; and their numbers.
    """
    rest, steps, numbers = [], [], []
    for line in output.rstrip().splitlines():
        line = _DATE.sub("DATE", _TIME.sub("in TIME", line.rstrip()))
        line = _DIGEST.sub("DIGEST", line)
        step = _STEP.fullmatch(line)
        if step:
            numbers.append(f"{step[1]}/{step[2]}")
            steps.append(step[3])
        else:
            rest.append(line)
    return rest, sorted(steps), numbers
