"""Runs programs by turns and takes their time and memory; knows no program."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

# Linux hands the size of a parent down to its child, so a small one stands in between.
_WAIT = """
import os, sys
null = os.open(os.devnull, os.O_WRONLY)
actions = [(os.POSIX_SPAWN_DUP2, null, fd) for fd in (1, 2)]
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=actions)
_, status, usage = os.wait4(child, 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status) != 0)
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A command that is measured.

    Attributes:
        name: the row of the table.
        argv: the program's path and its arguments.
        cwd: the folder that it runs in.
        before: called before each run, outside of the time taken.
    """

    name: str
    argv: tuple[str, ...]
    cwd: str
    before: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """Median seconds and greatest resident size in MB of a case; None if the program failed."""

    name: str
    seconds: float | None
    megabytes: float | None


def interleaved(cases: Sequence[Case], rounds: int, env: Mapping[str, str]) -> list[Result]:
    """Run each case once for its memory and to warm up, then all by turns for their time.

    A case that fails is left out of the turns.
    """
    sizes = {case.name: peak(case, env) for case in cases}
    taken: dict[str, list[float]] = {case.name: [] for case in cases}
    for _ in range(rounds):
        for case in cases:
            if sizes[case.name] is not None:
                taken[case.name].append(run(case, env))
    return [
        Result(case.name, statistics.median(taken[case.name] or [0]) or None, sizes[case.name])
        for case in cases
    ]


def run(case: Case, env: Mapping[str, str]) -> float:
    """Return the seconds of one run, whatever its exit code."""
    if case.before:
        case.before()
    home = os.getcwd()
    os.chdir(case.cwd)
    try:
        quiet = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_WRONLY, 0) for fd in (1, 2)]
        start = time.perf_counter()
        os.waitpid(os.posix_spawn(case.argv[0], case.argv, dict(env), file_actions=quiet), 0)
        return time.perf_counter() - start
    finally:
        os.chdir(home)


def peak(case: Case, env: Mapping[str, str]) -> float | None:
    """Return the greatest resident size of one run in MB, or None if it did not exit with 0."""
    if case.before:
        case.before()
    argv = [sys.executable, "-I", "-S", "-c", _WAIT, *case.argv]
    done = subprocess.run(argv, cwd=case.cwd, env=dict(env), capture_output=True, text=True)
    return int(done.stdout) / 1024 if done.returncode == 0 else None


def milliseconds(seconds: float | None) -> str:
    """Return a cell of the table."""
    return "fails" if seconds is None else f"{seconds * 1000:.1f} ms"


def megabytes(size: float | None) -> str:
    """Return a cell of the table."""
    return "fails" if size is None else f"{size:.1f} MB"


def ratio(ours: float | None, other: float | None) -> str:
    """Return how many times ``other`` is ``ours``; empty where one is missing."""
    return f"{ours / other:.2f}" if ours and other else ""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a markdown table: the first column is text, the others are numbers."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows)) + "\n"
