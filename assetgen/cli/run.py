"""What every command does around its one call: open, say errors, exit; knows no command."""

from __future__ import annotations

import functools
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterable
from typing import Any, NoReturn, ParamSpec

import click

from assetgen import __version__
from assetgen.app.project import Project, open_project
from assetgen.errors import AssetgenError, Problem
from assetgen.events import Waiting
from assetgen.report.problems import annotation_lines, problem_lines, problems_json
from assetgen.report.progress import waiting_line
from assetgen.store.disk import disk_error

P = ParamSpec("P")
BUG = 70
"""EX_SOFTWARE of sysexits: the program itself is wrong."""


def verb(function: Callable[P, int | None]) -> Callable[P, NoReturn]:
    """Turn a function that returns an exit code and raises errors into a command's callback."""

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> NoReturn:
        try:
            code = function(*args, **kwargs) or 0
        except AssetgenError as error:
            say_problems(error.problems, as_json=bool(kwargs.get("as_json")))
            code = error.exit_code
        except (click.exceptions.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except OSError as error:
            if error.filename is None:  # the output itself, such as a closed pipe
                raise
            code = _say_disk(error)
        except Exception as error:
            code = _say_bug(error)
        sys.exit(code)

    return call


def opened() -> Project:
    """Return the project that the command line means. Raises UsageError."""
    folder = click.get_current_context().find_root().params.get("directory") or "."
    return open_project(folder, os.environ)


def has_color(stream: Any) -> bool:
    """Whether ``stream`` is a terminal that wants colours."""
    return bool(stream.isatty()) and not os.environ.get("NO_COLOR")


def echo(text: str) -> None:
    """Print a report."""
    sys.stdout.write(text)


def echo_json(data: Any) -> None:
    """Print one JSON document, in ASCII, so that no text can disturb a terminal."""
    sys.stdout.write(json.dumps(data, indent=2, allow_nan=False) + "\n")


def say_waiting(holder: str) -> None:
    """Say for which other run of this project one waits."""
    sys.stderr.write(waiting_line(Waiting(holder)))


def say_problems(problems: Iterable[Problem], *, as_json: bool = False) -> None:
    """Print what is wrong to stderr; as data to stdout too where data was asked for."""
    problems = tuple(problems)
    text = problem_lines(problems, color=has_color(sys.stderr), sources=_sources(problems))
    sys.stderr.write(text)
    if os.environ.get("GITHUB_ACTIONS"):
        sys.stderr.write(annotation_lines(problems))
    if as_json:
        echo_json(problems_json(problems))


def _sources(problems: Iterable[Problem]) -> dict[str, list[str]]:
    """Return the lines of the files that the problems point into, as far as they can be read."""
    sources: dict[str, list[str]] = {}
    try:
        root = opened().root
    except AssetgenError:
        return sources
    for problem in problems:
        if problem.loc is None or problem.loc.file in sources:
            continue
        path = os.path.join(root, problem.loc.file)
        try:
            if os.path.isfile(path) and os.path.getsize(path) < MAX_SOURCE:
                with open(path, encoding="utf-8", errors="replace") as file:
                    sources[problem.loc.file] = file.read().split("\n")
        except OSError:
            continue
    return sources


MAX_SOURCE = 4 << 20


def _say_disk(error: OSError) -> int:
    if os.environ.get("ASSETGEN_DEBUG"):
        traceback.print_exception(error)
    found = disk_error(error, str(error.filename))
    say_problems(found.problems)
    return found.exit_code


def _say_bug(error: Exception) -> int:
    if os.environ.get("ASSETGEN_DEBUG"):
        traceback.print_exception(error)
    where = traceback.extract_tb(error.__traceback__)[-1]
    sys.stderr.write(
        f"assetgen {__version__} has a bug: {type(error).__name__} in "
        f"{os.path.basename(where.filename)}:{where.lineno}\n"
        "  nothing bought is lost; run it again with ASSETGEN_DEBUG=1 and report what it prints\n"
    )
    return BUG
