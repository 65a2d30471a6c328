"""Options that several commands share, each spelt once; knows no command."""

from __future__ import annotations

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


def yes(command: F) -> F:
    """Add --yes."""
    return click.option("-y", "--yes", is_flag=True, help="Do not ask.")(command)
