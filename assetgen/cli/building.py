"""The commands that make or check pictures: init, plan, build, verify."""

from __future__ import annotations

import io
import os
import sys

import click

from assetgen.app import planning
from assetgen.app.asked import Hands, Options
from assetgen.app.beginning import init as begin
from assetgen.app.building import build as build_project
from assetgen.app.callbacks import call_backs
from assetgen.app.consent import Caps
from assetgen.app.planning import Selection
from assetgen.app.verify import verify as verify_project
from assetgen.build.limits import Limits
from assetgen.cli import options
from assetgen.cli.run import echo, echo_json, has_color, opened, say_problems, verb
from assetgen.cli.talking import ask, ask_again, chosen_reporter, is_somebody_here
from assetgen.events import Notice, Summary
from assetgen.plan.model import Mode, Plan
from assetgen.report.plan import plan_json, plan_lines
from assetgen.report.problems import problems_json
from assetgen.report.progress import JsonReporter, LineReporter
from assetgen.report.text import count
from assetgen.store.fs import DiskFs
from assetgen.store.scope import scope_text, stamp_text
from assetgen.store.snapshot import Message


@click.command()
@verb
def init() -> None:
    """Write a first assetgen.yaml here."""
    folder = click.get_current_context().find_root().params.get("directory") or "."
    for name in begin(folder, DiskFs()):
        echo(f"wrote {name}\n")
    echo("next: 'assetgen plan' shows what a build would do\n")


@click.command()
@options.targets()
@options.exclude
@options.draft
@click.option("-v", "--verbose", is_flag=True, help="List what is up to date too.")
@click.option("--rebuy-lost", is_flag=True, help="Plan to buy lost pictures again.")
@options.as_json
@verb
def plan(
    targets: tuple[str, ...],
    exclude: tuple[str, ...],
    draft: bool,
    verbose: bool,
    rebuy_lost: bool,
    as_json: bool,
) -> None:
    """Show what a build would do, why, and what it would cost."""
    mode = Mode(draft=draft, rebuy_lost=rebuy_lost)
    _, made = planning.plan(opened(), Selection(targets, exclude), mode)
    if as_json:
        echo_json(plan_json(made))
    else:
        echo(plan_lines(made, verbose=verbose, color=has_color(sys.stdout)))


@click.command()
@options.targets()
@options.exclude
@options.draft
@click.option("--locked", is_flag=True, help="Fail where the lock would have to change.")
@click.option("--offline", is_flag=True, help="Buy nothing; do what is free.")
@options.max_images
@options.max_cost
@options.yes
@options.jobs
@click.option("--force", is_flag=True, help="Run local work again; never buys again.")
@click.option("--fail-fast", is_flag=True, help="Start nothing more after the first failure.")
@click.option("--rebuy-lost", is_flag=True, help="Buy pictures again whose bytes are lost.")
@click.option("--webhook-url", metavar="URL", help="Where services reach this machine.")
@click.option("--webhook-listen", metavar="HOST:PORT", help="Listen there for their calls.")
@options.as_json
@verb
def build(
    targets: tuple[str, ...],
    exclude: tuple[str, ...],
    draft: bool,
    locked: bool,
    offline: bool,
    max_images: int | None,
    max_cost: float | None,
    yes: bool,
    jobs: int | None,
    force: bool,
    fail_fast: bool,
    rebuy_lost: bool,
    webhook_url: str | None,
    webhook_listen: str | None,
    as_json: bool,
) -> int:
    """Make everything that is not up to date."""
    project = opened()
    wanted = Options(
        selection=Selection(targets, exclude),
        mode=Mode(draft=draft, force=force, rebuy_lost=rebuy_lost),
        limits=Limits(jobs=jobs, locked=locked, offline=offline or locked, fail_fast=fail_fast),
        caps=Caps(max_images=max_images, max_cost=max_cost, yes=yes),
        scope="" if force else scope_text(targets, exclude, draft=draft, json=as_json),
        stamp=stamp_text(os.environ, project.config.config_path),
        call_backs=call_backs(webhook_url, webhook_listen),
    )
    reporter = chosen_reporter(as_json=as_json)
    try:
        summary = build_project(
            project,
            wanted,
            Hands(
                emit=reporter.event,
                agree=ask if is_somebody_here() else None,
                settle=ask_again if is_somebody_here() else None,
                idle=lambda idle, made: _idle_message(idle, made, as_json=as_json),
            ),
        )
    finally:
        reporter.close()
    return summary.exit_code


def _idle_message(idle: Summary, plan: Plan, *, as_json: bool) -> Message:
    """Return what an unchanged project's build prints, as the reporters would say it."""
    text = io.StringIO()
    reporter = JsonReporter(text) if as_json else LineReporter(text)
    for notice in plan.notices:
        reporter.event(Notice(notice))
    reporter.event(idle)
    return Message(text.getvalue())


@click.command()
@options.targets()
@options.exclude
@options.draft
@options.as_json
@verb
def verify(targets: tuple[str, ...], exclude: tuple[str, ...], draft: bool, as_json: bool) -> int:
    """Check that spec, lock and files fit together; needs no key and no network."""
    checked = verify_project(opened(), Selection(targets, exclude), Mode(draft=draft))
    found = (*checked.wrong, *checked.stale)
    if as_json:
        echo_json(
            {
                "version": 1,
                "targets": checked.targets,
                "exit_code": checked.exit_code,
                **problems_json(found),
                "warnings": problems_json(checked.warnings)["problems"],
            }
        )
        return checked.exit_code
    say_problems(found)
    say_problems(checked.warnings)
    if not found:
        echo(f"{count(checked.targets, 'target')} verified\n")
    return checked.exit_code


COMMANDS = (init, plan, build, verify)
