"""The commands that choose pictures: reroll, pick, pin, unpin, adopt, accept, history."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

import click

from assetgen.app import planning
from assetgen.app.asked import Hands, Options
from assetgen.app.building import build as build_project
from assetgen.app.consent import Caps, spends
from assetgen.app.loading import load
from assetgen.app.planning import Selection
from assetgen.app.project import Project
from assetgen.app.steer import verbs
from assetgen.app.steer.deciding import Sitting, sitting
from assetgen.app.steer.dependants import Stale, stale_dependants
from assetgen.app.steer.history import history as look_back
from assetgen.app.steer.rerolling import Rerolled, names_to_reroll
from assetgen.app.steer.rerolling import reroll as reroll_targets
from assetgen.build.limits import Limits
from assetgen.cli import options
from assetgen.cli.run import echo, echo_json, has_color, opened, say_waiting, verb
from assetgen.cli.talking import ask, ask_again, chosen_reporter, is_somebody_here
from assetgen.errors import Kind, Problem, StoreError, UsageError, printable
from assetgen.plan.model import Mode
from assetgen.plan.select import select
from assetgen.report.history import history_json, history_lines
from assetgen.report.progress import LineReporter
from assetgen.report.text import count, money_range
from assetgen.state import LockLine
from assetgen.store.files import NOT_A_FILE, read_regular

MAX_FILE = 64 << 20
NO_FILE = Kind("adopt-no-file", "there is no file {path}", "give the path of the picture")
NO_PICTURE_FILE = Kind(
    "adopt-no-picture-file",
    "{path} is {what}, not a picture file",
    "give the path of the picture itself",
)


@click.command()
@options.targets(required=True)
@click.option(
    "--takes", type=click.IntRange(1, 100), default=1, show_default=True, metavar="N",
    help="How many more of each.",
)  # fmt: skip
@click.option("--note", default="", metavar="TEXT", help="Why; kept with the picture shown now.")
@options.draft
@options.max_images
@options.max_cost
@options.yes
@options.jobs
@options.as_json
@verb
def reroll(
    targets: tuple[str, ...],
    takes: int,
    note: str,
    draft: bool,
    max_images: int | None,
    max_cost: float | None,
    yes: bool,
    jobs: int | None,
    as_json: bool,
) -> int:
    """Buy more takes of what is there; all are kept, and `pick` chooses."""
    project = opened()
    names = names_to_reroll(project, targets)
    wanted = Options(
        mode=Mode(draft=draft),
        limits=Limits(jobs=jobs),
        caps=Caps(max_images=max_images, max_cost=max_cost, yes=yes),
    )
    reporter = chosen_reporter(as_json=as_json)
    hands = Hands(
        emit=reporter.event,
        agree=ask if is_somebody_here() else None,
        settle=ask_again if is_somebody_here() else None,
    )
    try:
        done = reroll_targets(project, names, takes, note, wanted, hands)
    finally:
        reporter.close()
    if not as_json:
        _say_fresh(done)
    return done.summary.exit_code


def _say_fresh(done: Rerolled) -> None:
    """Say which takes came in, and how to see and choose one."""
    for name, line in done.after.items():
        was = done.before[name]
        known = {take.n for take in was.takes} if was and line and was.key == line.key else set()
        fresh = [take.n for take in line.takes if take.n not in known] if line else []
        if line is None or not fresh or not known:
            continue
        takes = f"take {fresh[0]}" if len(fresh) == 1 else f"takes {fresh[0]}-{fresh[-1]}"
        echo(
            f"{printable(name)}: {takes} came in, take {line.shown} is still shown; "
            f"'assetgen pick {printable(name)} {fresh[0]}' chooses\n"
        )


@click.command()
@click.argument("target", shell_complete=options.complete_target)
@click.argument("take", type=click.IntRange(1))
@click.option("--note", default="", metavar="TEXT", help="Why this one.")
@click.option(
    "--keep-dependants",
    is_flag=True,
    help="Accept the pictures made of the former one as they are.",
)
@verb
def pick(target: str, take: int, note: str, keep_dependants: bool) -> int:
    """Show take number TAKE of TARGET; free."""
    project = opened()
    with project.alone(say_waiting):
        verbs.pick(project, target, take, note=note)
        keep = f"kept when take {take} of {target} was picked" if keep_dependants else ""
        stale = stale_dependants(project, target, keep=keep)
    code = _build_free(project, [target])
    _say_stale(stale, target, take)
    return code


def _say_stale(stale: Stale, target: str, take: int) -> None:
    for name in stale.kept:
        echo(f"kept {printable(name)}\n")
    if stale.names:
        price = money_range(stale.cost, unknown=stale.unknown)
        number = int(stale.images.max)
        echo(
            f"{count(len(stale.names), 'target')} made of {printable(target)} would be bought "
            f"anew ({count(number, 'picture')}, {price}): 'assetgen plan' lists them,\n"
            f"  'assetgen pick {printable(target)} {take} --keep-dependants' keeps them as they "
            "are\n"
        )


def _build_free(project: Project, names: Sequence[str]) -> int:
    """Bring the files of targets in line, buying nothing."""
    if spends(planning.plan_loaded(project, load(project), Selection(names), Mode())):
        echo("the files follow with the next build, which has pictures to buy first\n")
        return 0
    reporter = LineReporter(sys.stdout, color=has_color(sys.stdout))
    wanted = Options(selection=Selection(names), limits=Limits(offline=True))
    return build_project(project, wanted, Hands(emit=reporter.event)).exit_code


def _each(
    targets: Sequence[str], done: str, decide: Callable[[Project, str, Sitting], LockLine]
) -> int:
    """Decide about each target that is meant, and say what was ``done`` or why it was not."""
    project = opened()
    problems: list[Problem] = []
    with project.alone(say_waiting), sitting(project) as one:
        for name in select(one.loaded.graph, targets):
            try:
                decide(project, name, one)
            except UsageError as error:
                problems.extend(error.problems)
            else:
                echo(f"{done.format(printable(name))}\n")
    if problems:
        raise UsageError(*problems)
    return 0


@click.command()
@options.targets(required=True)
@verb
def pin(targets: tuple[str, ...]) -> int:
    """Keep the shown pictures, whatever becomes of their recipes."""
    return _each(
        targets,
        "pinned {}",
        lambda project, name, one: verbs.pin(project, name, pinned=True, sitting=one),
    )


@click.command()
@options.targets(required=True)
@verb
def unpin(targets: tuple[str, ...]) -> int:
    """Let targets follow their recipes again, after pin, adopt or accept."""
    return _each(
        targets,
        "{} follows its recipe",
        lambda project, name, one: verbs.pin(project, name, pinned=False, sitting=one),
    )


@click.command()
@click.argument("target", shell_complete=options.complete_target)
@click.argument("file", type=click.Path())
@click.option("--with-ops", is_flag=True, help="Do the target's ops and exports on it.")
@click.option("--note", default="", metavar="TEXT", help="What was done to it.")
@verb
def adopt(target: str, file: str, with_ops: bool, note: str) -> int:
    """Take FILE in as the picture of TARGET, such as a retouched one."""
    project = opened()
    data = _read(file)
    with project.alone(say_waiting):
        line = verbs.adopt(project, target, data, with_ops=with_ops, note=note)
        stale = stale_dependants(project, target)
    echo(f"{printable(target)}: {printable(file)} is take {line.shown} now, and shown\n")
    code = _build_free(project, [target])
    _say_stale(stale, target, line.shown)
    return code


def _read(file: str) -> bytes:
    """Return the bytes of a file that somebody named. Raises UsageError, StoreError."""
    try:
        data = read_regular(os.path.abspath(file), file, MAX_FILE)
    except StoreError as error:
        (problem,) = error.problems
        if problem.kind is not NOT_A_FILE:
            raise
        raise UsageError(Problem(NO_PICTURE_FILE, facts=problem.facts)) from None
    if data is None:
        raise UsageError(Problem(NO_FILE, facts={"path": file}))
    return data


@click.command()
@options.targets(required=True)
@click.option("--reason", required=True, metavar="TEXT", help="Why it still fits.")
@verb
def accept(targets: tuple[str, ...], reason: str) -> int:
    """Keep pictures though their recipes changed, until the next change."""
    return _each(
        targets,
        "accepted {}",
        lambda project, name, one: verbs.accept(project, name, reason, sitting=one),
    )


@click.command()
@click.argument("target", shell_complete=options.complete_target)
@options.as_json
@verb
def history(target: str, as_json: bool) -> None:
    """Say what was bought and decided for TARGET so far."""
    past = look_back(opened(), target)
    if as_json:
        echo_json(history_json(past))
    else:
        echo(history_lines(past, color=has_color(sys.stdout)))


COMMANDS = (reroll, pick, pin, unpin, adopt, accept, history)
