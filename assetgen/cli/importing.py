"""The command that takes existing pictures into a project: import."""

from __future__ import annotations

import os
import sys

import click

from assetgen.app.intake.importing import Imported, import_files
from assetgen.app.project import open_or_begin
from assetgen.cli.run import echo, has_color, say_problems, say_waiting, verb
from assetgen.report.importing import import_lines, next_lines


@click.command("import")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option(
    "--to", metavar="FILE", help="The new file of the targets; imported.yaml if not given."
)
@click.option("--dry-run", is_flag=True, help="Print that file instead, and change nothing.")
@verb
def import_(sources: tuple[str, ...], to: str | None, dry_run: bool) -> int:
    """Take in pictures that are there already, and tables of prompts; free.

    SOURCE is a picture, a folder, a glob in quotes such as 'art/**/*.png', or a table of prompts
    (.csv, .tsv, .json, .yaml). No picture is changed and no file is overwritten.
    """
    folder = click.get_current_context().find_root().params.get("directory") or "."
    project = open_or_begin(folder, os.environ)
    with project.alone(say_waiting):
        done = import_files(project, folder, sources, to=to, dry_run=dry_run)
    _say(done, dry_run=dry_run)
    say_problems(done.problems)
    return done.exit_code


def _say(done: Imported, *, dry_run: bool) -> None:
    stream = sys.stderr if dry_run else sys.stdout
    for text in done.texts.values() if dry_run else ():
        echo(text)
    adopted = sum(1 for entry in done.entries if entry.picture)
    wanted = len(done.entries) - adopted
    stream.write(
        import_lines(
            file=", ".join(done.texts),
            adopted=adopted,
            wanted=wanted,
            prompts=done.prompts,
            skipped=done.skipped,
            unused=done.unused,
            failed=len(done.problems),
            written=bool(done.texts) and not dry_run,
            color=has_color(stream),
        )
    )
    if done.texts and not dry_run:
        is_main, is_included = done.is_new_project, done.is_included
        text = next_lines(
            done.file, is_main=is_main, is_included=is_included, adopted=adopted, wanted=wanted
        )
        stream.write(text)


COMMANDS = (import_,)
