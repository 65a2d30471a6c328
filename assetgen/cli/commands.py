"""The group of all commands; knows their names and nothing of what they do."""

from __future__ import annotations

import errno
from typing import Any

import click

from assetgen import __version__
from assetgen.cli import (
    building,
    comparing,
    doctor,
    emulate,
    gallery,
    looking,
    money,
    review,
    steering,
    upkeep,
    watch,
)

INTERRUPTED = 130
PIPE_CLOSED = 141
"""What a shell reports of a program that SIGPIPE ended."""


class Commands(click.Group):
    """A group whose interrupted commands exit as a shell expects; click would say 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except OSError as error:
            if error.errno != errno.EPIPE:
                raise
            ctx.exit(PIPE_CLOSED)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which a newcomer meets them."""
        return list(self.commands)


@click.group(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, message="assetgen %(version)s")
@click.option(
    "-C",
    "--directory",
    metavar="FOLDER",
    type=click.Path(exists=True, file_okay=False),
    help="Run as if started in FOLDER.",
)
def cli(directory: str | None) -> None:
    """Build the pictures that assetgen.yaml declares.

    Only what really changed is bought; everything else is local, free work.
    """


_MODULES = (
    building,
    looking,
    comparing,
    steering,
    gallery,
    review,
    watch,
    upkeep,
    money,
    doctor,
    emulate,
)
for _module in _MODULES:
    for _command in _module.COMMANDS:
        cli.add_command(_command)
