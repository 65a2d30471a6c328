"""The commands that put in order: clean, restore, lock."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from assetgen.app import upkeep
from assetgen.app.merging import resolve as resolve_lock
from assetgen.cli import options
from assetgen.cli.run import echo, opened, say_problems, say_waiting, verb
from assetgen.errors import printable
from assetgen.report.text import count, short
from assetgen.state import LockLine


@click.command()
@options.yes
@verb
def clean(yes: bool) -> int:
    """Delete files of targets that left the spec; bought pictures stay in the store."""
    project = opened()
    left = upkeep.leftovers(project)
    for path in left.changed:
        echo(f"left alone, it was changed by hand: {printable(path)}\n")
    for path in left.given:
        echo(f"left alone, it is a file of yours that was adopted: {printable(path)}\n")
    if not left.files and not left.lines:
        echo("nothing to clean\n")
        return 0
    for path in left.files:
        echo(f"{printable(path)}\n")
    for name in left.lines:
        own = ", which holds a file of yours" if name in left.own else ""
        echo(f"lock line of {printable(name)}{own}\n")
    if not yes and not _agrees():
        return 1
    with project.alone(say_waiting):
        deleted = upkeep.clean(project, left)
    echo(f"{count(len(deleted), 'file')} deleted\n")
    return 0


def _agrees() -> bool:
    if not sys.stdin.isatty():
        sys.stderr.write("nothing was deleted: nobody is here to ask\n  give --yes to delete\n")
        return False
    return click.confirm("Delete these?", err=True)


@click.command()
@options.targets(required=True)
@verb
def restore(targets: tuple[str, ...]) -> int:
    """Put outputs back as the lock has them, over edits; free."""
    project = opened()
    with project.alone(say_waiting):
        done = upkeep.restore(project, targets)
    for path in done.written:
        echo(f"restored {printable(path)}\n")
    if not done.written and not done.problems:
        echo("nothing to restore\n")
    say_problems(done.problems)
    return 1 if done.problems else 0


@click.group()
def lock() -> None:
    """Look after assetgen.lock."""


@lock.command("resolve")
@click.option("--ours", "side", flag_value="ours", help="Where both fit, keep our side's line.")
@click.option("--theirs", "side", flag_value="theirs", help="Where both fit, keep their side's.")
@verb
def resolve(side: str | None) -> int:
    """Settle a lock that a merge left with conflicts; every bought take is kept."""

    def choose(name: str, lines: Sequence[LockLine]) -> LockLine | None:
        if side:
            return lines[0] if side == "ours" else lines[-1]
        return _choose(name, lines) if sys.stdin.isatty() else None

    project = opened()
    with project.alone(say_waiting):
        done = resolve_lock(project, choose)
    for name in done.undecided:
        sys.stderr.write(f"both sides bought {printable(name)}\n")
    if done.undecided:
        sys.stderr.write("  choose with --ours or --theirs; the other picture stays as a take\n")
        return 2
    echo(f"{count(done.settled, 'target')} settled\n")
    return 0


def _choose(name: str, lines: Sequence[LockLine]) -> LockLine:
    echo(f"{printable(name)}:\n")
    for number, line in enumerate(lines, 1):
        take = line.bought
        what = f"picture {short(take.sha256)}" if take else "no picture"
        echo(f"  {number}. take {line.shown}, {what}, {line.state.value}\n")
    return lines[click.prompt("Keep which?", type=click.IntRange(1, len(lines)), err=True) - 1]


COMMANDS = (clean, restore, lock)
