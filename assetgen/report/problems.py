"""Problems as human lines, as GitHub annotations and as data; reads no file and finds no mistake.

The source lines that a caret points into are handed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from assetgen.errors import Loc, Problem, printable
from assetgen.report.text import Paint, count, width

MOST = 100
LINE = 120
NO_SOURCES: Mapping[str, Sequence[str]] = {}


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Return ``problems`` by place; those without a place come last, as they were."""
    return sorted(problems, key=lambda p: (p.loc is None, p.loc or Loc("")))


def problem_lines(
    problems: Iterable[Problem],
    *,
    color: bool = False,
    sources: Mapping[str, Sequence[str]] = NO_SOURCES,
    most: int = MOST,
) -> str:
    """Return what is wrong and what to do next, by place, with a closing count.

    ``sources`` holds the lines of files by the name that places use; where a place's file is in
    it, its line is shown with a caret. Not more than ``most`` problems are spelt out.
    """
    paint = Paint(color)
    ordered = in_order(problems)
    lines: list[str] = []
    for problem in ordered[:most]:
        lines += _lines(problem, paint, sources)
    if len(ordered) > most:
        lines.append(f"… and {len(ordered) - most:,} more")
    if len(ordered) > 1:
        lines.append(paint(count(len(ordered), "problem"), "bold"))
    return "".join(line + "\n" for line in lines)


def _lines(problem: Problem, paint: Paint, sources: Mapping[str, Sequence[str]]) -> list[str]:
    cause = paint(printable(problem.cause), "red")
    if problem.loc is None:
        lines = [cause]
    else:
        lines = [f"{paint(str(problem.loc), 'bold')}: {cause}"]
        lines += _caret(problem.loc, paint, sources)
    if problem.also is not None:
        lines.append(f"  first given at {problem.also}")
    if problem.step:
        lines.append(f"  {printable(problem.step)}")
    return lines


def _caret(loc: Loc, paint: Paint, sources: Mapping[str, Sequence[str]]) -> list[str]:
    source = sources.get(loc.file, ())
    if not 1 <= loc.line <= len(source):
        return []
    text = source[loc.line - 1].rstrip("\r\n")
    shown = printable(text)
    before = width(printable(text[: loc.column - 1]))
    if before >= LINE:
        return []
    number = f"{loc.line:>5}"
    shown = shown if len(shown) <= LINE else shown[: LINE - 1] + "…"
    return [
        paint(f"  {number} | ", "dim") + shown,
        paint(f"  {'':>5} | ", "dim") + " " * before + paint("^", "red"),
    ]


def annotation(problem: Problem, *, level: str = "error", about: str = "") -> str:
    """Return GitHub's workflow command for one problem, on one line without its end.

    ``level`` is error, warning or notice; ``about`` (a target's name) goes before the message.
    """
    message = f"{printable(about)}: {problem.cause}" if about else problem.cause
    if problem.also is not None:
        message += f"\nfirst given at {problem.also}"
    if problem.step:
        message += f"\n{problem.step}"
    place = ""
    if problem.loc is not None:
        file = _property(printable(problem.loc.file))
        place = f" file={file},line={problem.loc.line},col={problem.loc.column}"
    return f"::{level}{place}::{_data(message)}"


def annotation_lines(problems: Iterable[Problem], *, level: str = "error", most: int = MOST) -> str:
    """Return GitHub's workflow commands for ``problems``, one line each."""
    return "".join(annotation(p, level=level) + "\n" for p in in_order(problems)[:most])


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def problem_json(problem: Problem) -> dict[str, Any]:
    """Return one problem as data; places are null where there are none."""
    return {
        "kind": problem.kind.name,
        "cause": problem.cause,
        "step": problem.step,
        "at": loc_json(problem.loc),
        "first": loc_json(problem.also),
    }


def problems_json(problems: Iterable[Problem]) -> dict[str, Any]:
    """Return all ``problems`` as one document."""
    return {"version": 1, "problems": [problem_json(problem) for problem in in_order(problems)]}


def loc_json(loc: Loc | None) -> dict[str, Any] | None:
    """Return a place as data."""
    return {"file": loc.file, "line": loc.line, "column": loc.column} if loc else None
