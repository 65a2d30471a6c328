"""The group of all commands; knows their names and nothing of what they do."""

from __future__ import annotations

import errno
from importlib import import_module
from typing import Any

import click

from assetgen import __version__

INTERRUPTED = 130
PIPE_CLOSED = 141
"""What a shell reports of a program that SIGPIPE ended."""

MODULES = {
    "init": "building",
    "plan": "building",
    "build": "building",
    "watch": "watch",
    "verify": "building",
    "show": "looking",
    "why": "looking",
    "history": "steering",
    "diff": "comparing",
    "impact": "comparing",
    "status": "looking",
    "list": "looking",
    "graph": "looking",
    "review": "review",
    "gallery": "gallery",
    "reroll": "steering",
    "pick": "steering",
    "pin": "steering",
    "unpin": "steering",
    "adopt": "steering",
    "accept": "steering",
    "restore": "upkeep",
    "clean": "upkeep",
    "import": "importing",
    "jobs": "money",
    "lock": "upkeep",
    "doctor": "doctor",
    "emulate": "emulate",
    "schema": "looking",
    "completion": "looking",
}
"""Where each command is, in the order in which a newcomer meets them."""


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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is meant; for one that there is not, click names the nearest."""
        unknown = args and args[0] not in MODULES and not args[0].startswith("-")
        if unknown and not ctx.resilient_parsing:
            raise click.exceptions.NoSuchCommand(args[0], possibilities=MODULES, ctx=ctx)
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which a newcomer meets them."""
        return list(MODULES)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Return a command; only its own module is loaded, since all take a tenth of a second."""
        if name not in MODULES:
            return None
        found: tuple[click.Command, ...]
        found = import_module(f"assetgen.cli.{MODULES[name]}").COMMANDS
        return next(command for command in found if command.name == name)


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
