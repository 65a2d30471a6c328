"""The group of all commands; knows their names and nothing of what they do."""

from __future__ import annotations

import errno
from typing import Any

import click

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


@click.group(cls=Commands)
def cli() -> None:
    """Build pictures that a spec declares."""
