"""How a building command talks: the reporter that suits the stream, and questions about money."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Sequence

import click

from assetgen.cli.run import has_color
from assetgen.plan.model import Plan
from assetgen.report.listing import jobs_lines
from assetgen.report.plan import plan_lines
from assetgen.report.progress import GithubReporter, JsonReporter, LineReporter, Reporter
from assetgen.state import Job


def chosen_reporter(*, as_json: bool) -> Reporter:
    """Return what tells of a build: JSON Lines, a live display on a terminal, else plain lines."""
    reporter: Reporter
    if as_json:
        reporter = JsonReporter(sys.stdout)
    elif sys.stderr.isatty() and sys.stdout.isatty():
        reporter = _live()
    else:
        reporter = LineReporter(sys.stdout, color=has_color(sys.stdout))
    if os.environ.get("GITHUB_ACTIONS"):
        reporter = GithubReporter(reporter, sys.stderr.write)
    return reporter


def _live() -> Reporter:
    # What draws on a terminal takes a tenth of the start, and most builds have none.
    from assetgen.report.live import LiveReporter

    return LiveReporter()


def is_somebody_here() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask_again(held: Sequence[Job]) -> bool:
    """Show the calls whose outcome is unknown and ask whether to send them again."""
    sys.stderr.write(jobs_lines(held, time.time(), color=has_color(sys.stderr)))
    return _confirmed("Their first try may have been charged. Send them again?")


def ask(plan: Plan) -> bool:
    """Show the plan and ask whether to spend."""
    sys.stderr.write(plan_lines(plan, color=has_color(sys.stderr)))
    return _confirmed("Buy these pictures?")


def _confirmed(question: str) -> bool:
    # The loop would only take a note of Ctrl-C, and the question go on waiting for its answer.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return click.confirm(question, err=True)
    except click.Abort:  # Ctrl-C at the question is Ctrl-C
        raise KeyboardInterrupt from None
    finally:
        signal.signal(signal.SIGINT, before)
