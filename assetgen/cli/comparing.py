"""The commands that compare: diff, impact."""

from __future__ import annotations

import sys
from functools import partial

import click

from assetgen.app.compare import diffing, sheet
from assetgen.app.compare.impact import impact as impact_of
from assetgen.app.explaining import origin_of
from assetgen.app.project import Project
from assetgen.cli import options
from assetgen.cli.run import echo, echo_json, has_color, opened, verb
from assetgen.errors import printable
from assetgen.plan.difference import Comparison
from assetgen.plan.model import Mode
from assetgen.report.diff import diff_json, diff_lines
from assetgen.report.impact import impact_json, impact_lines
from assetgen.report.takepair import takes_json, takes_lines
from assetgen.report.text import count
from assetgen.spec.origins import Origins


@click.command()
@options.targets()
@click.option("--from", "old", metavar="REV", help="Compare the lock of this git revision …")
@click.option("--to", "new", metavar="REV", help="… with this one's, not the working tree's.")
@click.option("--takes", nargs=2, type=click.IntRange(1), metavar="A B", help="Compare two takes.")
@click.option(
    "--sheet",
    "sheet_path",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Write the pictures side by side into a PNG.",
)
@options.draft
@options.as_json
@verb
def diff(
    targets: tuple[str, ...],
    old: str | None,
    new: str | None,
    takes: tuple[int, int] | None,
    sheet_path: str | None,
    draft: bool,
    as_json: bool,
) -> None:
    """Say what differs from the last build, between revisions or between takes, and its price."""
    if new is not None and old is None:
        raise click.UsageError("--to needs --from")
    if takes and (old is not None or len(targets) != 1):
        raise click.UsageError("--takes compares two takes of one target, and takes no revision")
    project = opened()
    if takes:
        _diff_takes(project, targets[0], takes, sheet_path, as_json=as_json)
        return
    origins = None
    if old is None:
        comparison, origins = diffing.diff_tree(project, targets, Mode(draft=draft))
    else:
        comparison = diffing.diff_revisions(project, targets, old, new)
    written = sheet.comparison_sheets(project, comparison, sheet_path) if sheet_path else []
    if sheet_path and not written and not as_json:
        sys.stderr.write("no sheet: there are no pictures to show\n")
    _say(project, comparison, origins, written, as_json=as_json)


def _diff_takes(
    project: Project, name: str, takes: tuple[int, int], path: str | None, *, as_json: bool
) -> None:
    pair = diffing.diff_takes(project, name, *takes)
    written = sheet.takes_sheets(project, pair, path) if path else []
    if as_json:
        echo_json(takes_json(pair, sheets=tuple(written)))
        return
    echo(takes_lines(pair, color=has_color(sys.stdout)))
    _say_sheets(written)


def _say(
    project: Project,
    comparison: Comparison,
    origins: Origins | None,
    written: list[str],
    *,
    as_json: bool,
) -> None:
    local = partial(diffing.manifests_of, project)
    sources = partial(origin_of, origins)
    if as_json:
        echo_json(diff_json(comparison, local=local, sources=sources, sheets=tuple(written)))
        return
    color = has_color(sys.stdout)
    echo(diff_lines(comparison, color=color, local=local, sources=sources))
    _say_sheets(written)


def _say_sheets(written: list[str]) -> None:
    if written:
        more = f" and {count(len(written) - 1, 'more page')}" if len(written) > 1 else ""
        echo(f"{printable(written[0])}{more}\n")


@click.command()
@click.argument("what", metavar="WHAT")
@options.draft
@click.option("-v", "--verbose", is_flag=True, help="List every target.")
@options.as_json
@verb
def impact(what: str, draft: bool, verbose: bool, as_json: bool) -> None:
    """Say what an edit of WHAT (FILE, style:NAME or var:NAME) would rebuild and cost."""
    found = impact_of(opened(), what, Mode(draft=draft))
    if as_json:
        echo_json(impact_json(found))
    else:
        echo(impact_lines(found, verbose=verbose, color=has_color(sys.stdout)))


COMMANDS = (diff, impact)
