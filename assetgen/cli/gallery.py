"""The command that writes a page of all pictures: gallery."""

from __future__ import annotations

import os

import click

from assetgen.app.page.exhibit import write_gallery
from assetgen.app.planning import Selection
from assetgen.cli import options
from assetgen.cli.run import echo, echo_json, opened, verb
from assetgen.errors import printable
from assetgen.plan.model import Mode
from assetgen.report.text import count

FOLDER = "assetgen-gallery"


@click.command()
@options.targets()
@options.exclude
@options.draft
@click.option(
    "-o",
    "--output",
    metavar="FOLDER",
    type=click.Path(file_okay=False),
    help=f"Write into FOLDER instead of {FOLDER} in the project.",
)
@click.option("--from", "revision", metavar="REV", help="Show what differs from a git revision.")
@options.as_json
@verb
def gallery(
    targets: tuple[str, ...],
    exclude: tuple[str, ...],
    draft: bool,
    output: str | None,
    revision: str | None,
    as_json: bool,
) -> None:
    """Write a page of all pictures into a folder, to look at or to publish.

    Open its index.html; it needs no server. Git leaves the folder alone.
    """
    project = opened()
    folder = os.path.abspath(output) if output else os.path.join(project.root, FOLDER)
    selection = Selection(targets, exclude)
    made = write_gallery(project, folder, selection, Mode(draft=draft), revision)
    if as_json:
        echo_json(
            {
                "version": 1,
                "page": made.page,
                "targets": made.targets,
                "pictures": made.pictures,
                "unreadable": made.unreadable,
            }
        )
        return
    left = f"; {made.unreadable} could not be read" if made.unreadable else ""
    echo(
        f"{count(made.targets, 'target')}, {count(made.pictures, 'picture')}{left}\n"
        f"{printable(os.path.relpath(made.page))}\n"
    )


COMMANDS = (gallery,)
