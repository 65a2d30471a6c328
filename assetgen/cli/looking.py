"""The commands that only look: show, why, status, list, graph, schema."""

from __future__ import annotations

import os
import sys

import click
from click.shell_completion import get_completion_class

from assetgen.app import planning
from assetgen.app.calls import list_jobs
from assetgen.app.explaining import explained
from assetgen.app.loading import load_graph
from assetgen.app.planning import Selection
from assetgen.cli import options
from assetgen.cli.run import echo, echo_json, has_color, opened, verb
from assetgen.plan.model import Mode
from assetgen.plan.select import select
from assetgen.report.graph import dot, graph_json, mermaid
from assetgen.report.listing import list_json, list_lines, status_json, status_lines
from assetgen.report.show import show as show_lines
from assetgen.report.show import show_json
from assetgen.report.why import why as why_lines
from assetgen.report.why import why_json
from assetgen.spec.schema import schema_text


@click.command()
@options.targets(required=True)
@options.draft
@options.as_json
@verb
def show(targets: tuple[str, ...], draft: bool, as_json: bool) -> None:
    """Print what a target is: final prompt, model, inputs, files, keys, takes."""
    decisions = planning.explain(opened(), targets, Mode(draft=draft))
    if as_json:
        echo_json({"version": 1, "targets": [show_json(d.target, d) for d in decisions]})
        return
    color = has_color(sys.stdout)
    echo("\n".join(show_lines(d.target, d, color=color) for d in decisions))


@click.command()
@options.targets(required=True)
@options.draft
@options.as_json
@verb
def why(targets: tuple[str, ...], draft: bool, as_json: bool) -> None:
    """Say what changed since a target was made, field by field."""
    known = explained(opened(), targets, Mode(draft=draft))
    if as_json:
        found = [why_json(one.decision, local=one.local, origin=one.origin) for one in known]
        echo_json({"version": 1, "targets": found})
        return
    color = has_color(sys.stdout)
    said = (why_lines(k.decision, color=color, local=k.local, origin=k.origin) for k in known)
    echo("\n".join(said))


@click.command()
@options.targets()
@options.exclude
@options.draft
@options.as_json
@verb
def status(targets: tuple[str, ...], exclude: tuple[str, ...], draft: bool, as_json: bool) -> None:
    """Count the targets by verdict and name those that need something."""
    project = opened()
    _, made = planning.plan(project, Selection(targets, exclude), Mode(draft=draft))
    jobs = list_jobs(project)
    if as_json:
        echo_json(status_json(made, jobs))
    else:
        echo(status_lines(made, jobs, color=has_color(sys.stdout)))


@click.command("list")
@options.targets()
@options.exclude
@options.as_json
@verb
def list_targets(targets: tuple[str, ...], exclude: tuple[str, ...], as_json: bool) -> None:
    """List the targets with their files and tags."""
    _, graph = load_graph(opened())
    names = select(graph, targets, exclude) if targets or exclude else list(graph.targets)
    found = [graph.targets[name] for name in names]
    if as_json:
        echo_json(list_json(found))
    else:
        echo(list_lines(found, color=has_color(sys.stdout)))


@click.command()
@options.targets()
@options.exclude
@options.draft
@click.option(
    "--format",
    "form",
    type=click.Choice(["mermaid", "dot"]),
    default="mermaid",
    show_default=True,
    help="The language to write.",
)
@options.as_json
@verb
def graph(
    targets: tuple[str, ...], exclude: tuple[str, ...], draft: bool, form: str, as_json: bool
) -> None:
    """Draw what depends on what, coloured by verdict."""
    _, made = planning.plan(opened(), Selection(targets, exclude), Mode(draft=draft))
    if as_json:
        echo_json(graph_json(made.decisions))
    else:
        echo((mermaid if form == "mermaid" else dot)(made.decisions))


@click.command()
@verb
def schema() -> None:
    """Print the JSON Schema of assetgen.yaml, for editors."""
    echo(schema_text())


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@verb
def completion(shell: str) -> None:
    """Print the script that completes commands and target names in a shell."""
    kind = get_completion_class(shell)
    root = click.get_current_context().find_root().command
    if kind is None:
        raise click.UsageError(f"no completion for {shell}")
    echo(kind(root, {}, "assetgen", "_ASSETGEN_COMPLETE").source() + os.linesep)


COMMANDS = (show, why, status, list_targets, graph, schema, completion)
