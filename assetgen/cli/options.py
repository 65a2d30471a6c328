"""Options that several commands share, each spelt once; knows no command."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from assetgen.app.loading import load_graph
from assetgen.app.project import open_project
from assetgen.errors import AssetgenError

F = TypeVar("F", bound=Callable[..., Any])


def complete_target(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Return the target names that begin as typed; none where the spec cannot be read."""
    folder = context.find_root().params.get("directory") or "."
    try:
        _, graph = load_graph(open_project(folder, os.environ))
    except AssetgenError:
        return []
    return [name for name in graph.targets if name.startswith(incomplete)]


def targets(*, required: bool = False) -> Callable[[F], F]:
    """Add TARGET… as an argument."""
    return click.argument(
        "targets",
        nargs=-1,
        required=required,
        metavar="TARGET..." if required else "[TARGET]...",
        shell_complete=complete_target,
    )


def exclude(command: F) -> F:
    """Add --exclude."""
    return click.option(
        "--exclude",
        multiple=True,
        metavar="TARGET",
        shell_complete=complete_target,
        help="Leave out what matches; may be given more than once.",
    )(command)


def as_json(command: F) -> F:
    """Add --json."""
    return click.option("--json", "as_json", is_flag=True, help="Print data for programs.")(command)


def draft(command: F) -> F:
    """Add --draft."""
    return click.option(
        "--draft", is_flag=True, help="Draw pictures locally instead of buying them."
    )(command)


def _amount(
    context: click.Context, parameter: click.Parameter, value: float | None
) -> float | None:
    """Return a cap that is a number: every price is within the caps `nan` and `inf`."""
    if value is not None and not math.isfinite(value):
        raise click.BadParameter(f"{value} is not an amount of USD.", context, parameter)
    return value


def max_images(command: F) -> F:
    """Add --max-images."""
    return click.option(
        "--max-images", type=click.IntRange(0), metavar="N", help="Buy at most N pictures."
    )(command)


def max_cost(command: F) -> F:
    """Add --max-cost."""
    return click.option(
        "--max-cost",
        type=click.FloatRange(0),
        callback=_amount,
        metavar="USD",
        help="Spend at most USD.",
    )(command)


def jobs(command: F) -> F:
    """Add -j."""
    return click.option(
        "-j", "--jobs", type=click.IntRange(1), metavar="N", help="Calls in flight at once."
    )(command)


def yes(command: F) -> F:
    """Add --yes."""
    return click.option("-y", "--yes", is_flag=True, help="Do not ask.")(command)
