"""The command that looks at the user's own side of things: doctor."""

from __future__ import annotations

import os
import sys

import click

from assetgen.app.doctor import diagnose
from assetgen.cli import options
from assetgen.cli.run import echo, echo_json, has_color, verb
from assetgen.report.diagnosis import doctor_json
from assetgen.report.doctor import doctor_lines


@click.command()
@click.option("--check", is_flag=True, help="Ask the services whether they take the keys; free.")
@click.option("-v", "--verbose", is_flag=True, help="Show every row, and what nobody says.")
@options.as_json
@verb
def doctor(check: bool, verbose: bool, as_json: bool) -> int:
    """Show which providers can be used, and what they offer for how much."""
    found = diagnose(os.environ, ask=check)
    if as_json:
        echo_json(doctor_json(found))
    else:
        echo(doctor_lines(found, color=has_color(sys.stdout), verbose=verbose))
    return found.exit_code


COMMANDS = (doctor,)
