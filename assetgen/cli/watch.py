"""The command that builds again after every change; knows neither notices nor what matters."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import click

from assetgen.app.consent import Caps
from assetgen.app.planning import Selection
from assetgen.app.watch.loop import Typed, Watch
from assetgen.app.watch.purse import Purse
from assetgen.app.watch.rounds import Asked
from assetgen.cli import options
from assetgen.cli.run import has_color, opened, say_problems, verb
from assetgen.cli.talking import chosen_reporter, is_somebody_here
from assetgen.errors import Kind, Problem, UsageError
from assetgen.plan.model import Mode
from assetgen.report.watch import JsonTeller, LineTeller

if TYPE_CHECKING:
    from assetgen.app.watch.notices import Either

NOT_INSTALLED = Kind(
    "watch-not-installed",
    "watching needs the package '{package}', which is not installed",
    "pip install 'assetgen[watch]'",
)


@click.command()
@options.targets()
@options.exclude
@options.draft
@options.max_images
@options.max_cost
@options.jobs
@click.option("--poll", is_flag=True, help="Look twice a second, where no notices come.")
@options.as_json
@verb
def watch(
    targets: tuple[str, ...],
    exclude: tuple[str, ...],
    draft: bool,
    max_images: int | None,
    max_cost: float | None,
    jobs: int | None,
    poll: bool,
    as_json: bool,
) -> int:
    """Build again whenever something changes.

    Free work is done at once. Pictures are bought within --max-images and --max-cost, which count
    for the whole watch, or when you say so.
    """
    project = opened()
    notices = _notices(poll=poll)
    asked = Asked(project.root, os.environ, Selection(targets, exclude), Mode(draft=draft), jobs)
    purse = Purse(Caps(max_images, max_cost))
    teller = _json() if as_json else _lines(project.root)
    asks = is_somebody_here() and not as_json and not purse.is_given
    with _ended_by(signal.SIGTERM):
        code = Watch(asked, purse, notices, teller, _typed() if asks else None).run()
    teller.end(purse)
    return code


def _notices(*, poll: bool) -> Either:
    """Return what tells of changes. Raises UsageError if the extra is not installed."""
    try:
        from assetgen.app.watch.notices import Either, Looking, SystemNotices
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        raise UsageError(Problem(NOT_INSTALLED, None, {"package": package})) from None
    looking = Looking()
    return Either(looking if poll else SystemNotices(), looking, lambda found: _complain([found]))


def _json() -> JsonTeller:
    return JsonTeller(sys.stdout, _complain)


def _lines(root: str) -> LineTeller:
    """Return what tells people; on a terminal all of it goes where the live display is."""
    live = sys.stderr.isatty() and sys.stdout.isatty()
    stream = sys.stderr if live else sys.stdout

    def write(text: str) -> None:
        stream.write(text)
        stream.flush()

    return LineTeller(
        write,
        _complain,
        lambda: chosen_reporter(as_json=False),
        root=root,
        color=has_color(stream),
        lists=live,
    )


def _complain(problems: Sequence[Problem]) -> None:
    sys.stdout.flush()
    say_problems(problems)
    sys.stderr.flush()


def _typed() -> Callable[[], list[Typed]]:
    """Return what gives the lines typed since it was last called; read while builds go on."""
    lines: queue.SimpleQueue[Typed] = queue.SimpleQueue()

    def read() -> None:
        while True:
            try:
                line = sys.stdin.readline()
            except OSError:  # in the background: the terminal is somebody else's for now
                time.sleep(1)
                continue
            if not line:
                return
            lines.put(Typed(line, time.monotonic()))

    def typed() -> list[Typed]:
        return [lines.get_nowait() for _ in range(lines.qsize())]

    if hasattr(signal, "SIGTTIN"):  # else `assetgen watch &` would be stopped, builds and all
        signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    threading.Thread(target=read, name="assetgen-keys", daemon=True).start()
    return typed


@contextmanager
def _ended_by(number: signal.Signals) -> Iterator[None]:
    """Let a signal end the command as Ctrl-C does."""

    def end(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(number, end)
    try:
        yield
    finally:
        signal.signal(number, before)


COMMANDS = (watch,)
