"""The commands about paid calls: jobs list, adopt, retry, abandon."""

from __future__ import annotations

import sys

import click

from assetgen.app import calls
from assetgen.cli import options
from assetgen.cli.run import echo, echo_json, has_color, opened, verb
from assetgen.errors import printable
from assetgen.report.listing import jobs_json, jobs_lines


@click.group(invoke_without_command=True)
@options.as_json
@click.pass_context
def jobs(context: click.Context, as_json: bool) -> None:
    """List paid calls that are open or held, and settle those whose outcome is unknown."""
    if context.invoked_subcommand is None:
        context.invoke(list_jobs, as_json=as_json)


@jobs.command("list")
@click.option("--all", "everything", is_flag=True, help="Those of all projects.")
@options.as_json
@verb
def list_jobs(everything: bool = False, as_json: bool = False) -> None:
    """List open and held calls."""
    project = opened()
    found = calls.list_jobs(project, everything=everything)
    if as_json:
        echo_json(jobs_json(found))
    else:
        echo(jobs_lines(found, project.clock.now(), color=has_color(sys.stdout)))


@jobs.command("adopt")
@click.argument("call", type=click.IntRange(1))
@click.argument("service_id")
@verb
def adopt(call: int, service_id: str) -> None:
    """Say under which id the service has CALL; the next build collects its picture."""
    job = calls.adopt(opened(), call, service_id)
    echo(f"call {job.id} is {printable(job.job_id)}; 'assetgen build' collects it\n")


@jobs.command("retry")
@click.argument("call", type=click.IntRange(1))
@options.yes
@verb
def retry(call: int, yes: bool) -> int:
    """Let the next build send CALL again; you may be charged twice."""
    project = opened()
    calls.find(project, call)
    if not yes and not _agrees("The first try may have been charged. Send it again?"):
        return 1
    job = calls.retry(project, call)
    echo(f"{printable(job.target)} will be ordered again by 'assetgen build'\n")
    return 0


@jobs.command("abandon")
@click.argument("call", type=click.IntRange(1))
@options.yes
@verb
def abandon(call: int, yes: bool) -> int:
    """Give CALL up; what it may have cost is gone."""
    project = opened()
    calls.find(project, call)
    if not yes and not _agrees("Its picture will never be collected. Give it up?"):
        return 1
    job = calls.abandon(project, call)
    echo(f"call {job.id} for {printable(job.target)} is given up\n")
    return 0


def _agrees(question: str) -> bool:
    if not sys.stdin.isatty():
        sys.stderr.write("nothing was changed: nobody is here to ask\n  give --yes to go on\n")
        return False
    return click.confirm(question, err=True)


COMMANDS = (jobs,)
