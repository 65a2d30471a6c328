"""The pages under `docs/` tell the truth: commands run, and nothing that exists is left out."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from assetgen.cli.commands import cli
from assetgen.config import TABLES
from assetgen.emulator.emulator import Emulator
from assetgen.spec.schema import schema_text
from tests.e2e.doctext import DOCS, ROOT, blocks, sections
from tests.e2e.emulated import QUICK
from tests.e2e.reader import Reader
from tests.e2e.sandbox import Sandbox

GOLDEN = ROOT / "tests" / "golden" / "report"
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")])
EVERYWHERE = {"-h", "--help"}


def test_the_tutorial_can_be_followed(box: Sandbox) -> None:
    """Every command runs and prints what the page shows, every edit fits the file."""
    steps = blocks((DOCS / "tutorial.md").read_text(encoding="utf-8"))
    assert {step.language for step in steps} == {"console", "yaml", "diff"}
    with Emulator() as emulator:
        address = "ASSETGEN_RUNWARE_BASE_URL"
        box.variables |= {address: emulator.environ[address], "RUNWARE_API_KEY": "test"}
        (box.base / "config.toml").write_text(QUICK)
        reader = Reader(box)
        for step in steps:
            reader.follow(step)
        assert len(emulator.charges) == 6


def properties(schema: Any) -> Iterator[str]:
    """Yield the name of every property that a JSON Schema declares, at any depth."""
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == "properties":
                yield from value
            yield from properties(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from properties(item)


def test_every_field_of_the_spec_is_in_its_reference() -> None:
    """Each property of the JSON Schema stands in the page as code."""
    text = (DOCS / "spec.md").read_text(encoding="utf-8")
    known = set(re.findall(r"`([a-z_0-9]+):?`", text))
    assert set(properties(json.loads(schema_text()))) - known == set()


def commands(group: click.Group, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its full name, groups included."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield prefix + name, command
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix}{name} ")


def test_every_command_is_in_its_reference() -> None:
    """Each has a section of its name, with each option and argument in it."""
    found = sections((DOCS / "commands.md").read_text(encoding="utf-8"))
    for name, command in commands(cli):
        text = found[name]
        for parameter in command.params:
            if isinstance(parameter, click.Argument):
                spelt = [parameter.make_metavar(click.Context(command)).strip("[]{}.")]
            else:
                spelt = [*parameter.opts, *parameter.secondary_opts]
            for word in spelt:
                if word not in EVERYWHERE:
                    assert re.search(rf"{re.escape(word)}(?![\w-])", text), f"{name}: {word}"


def test_no_command_is_documented_that_does_not_exist() -> None:
    """A section under "Every command" is a command."""
    page = sections((DOCS / "commands.md").read_text(encoding="utf-8"))
    listed = re.findall(r"^#{3,4} `(.+)`$", page["Every command"], re.MULTILINE)
    assert sorted(listed) == sorted(name for name, _ in commands(cli))


def keys(value: Any) -> set[str]:
    """Return every key of a JSON value, at any depth."""
    if isinstance(value, dict):
        return set(value).union(*map(keys, value.values()))
    return set().union(*map(keys, value)) if isinstance(value, list) else set()


DATA = (
    "crop",
    "resize",
    "up_to_date",
    "run",
    "pending",
    "restore",
    "kept",
    "modified",
    "blocked",
    "held",
    "failed",
    "lost",
    "height",
)
"""Keys that come of the spec or of a table of the page: operations, and counts by verdict."""


@pytest.mark.parametrize(
    "name",
    ["plan", "status", "list", "show", "why", "diff", "impact", "graph", "jobs list", "doctor"],
)
def test_the_json_of_a_command_is_documented(name: str) -> None:
    """Each key that the document has stands in its section."""
    text = sections((DOCS / "commands.md").read_text(encoding="utf-8"))[f"{name} --json"]
    document = json.loads((GOLDEN / f"{name.split()[0]}.json").read_text())
    if name == "status":
        document.pop("jobs")  # as in `jobs list`, which has a section of its own
    missing = {key for key in keys(document) - {*DATA} if f'"{key}"' not in text}
    assert missing == set()


def test_the_events_of_a_build_are_documented() -> None:
    """Each event has a line in the page, and each of its keys is in that line."""
    text = sections((DOCS / "commands.md").read_text(encoding="utf-8"))["build --json"]
    lines = (GOLDEN / "progress.jsonl").read_text().splitlines()
    for event in map(json.loads, lines):
        (line,) = re.findall(rf'^\{{"event": "{event["event"]}".*$', text, re.MULTILINE)
        event.pop("job", None)
        event.pop("problem", None)
        assert {key for key in keys(event) if f'"{key}"' not in line} == set()


def test_every_setting_is_in_its_reference() -> None:
    """Each key of the user config and each variable that the program reads."""
    text = (DOCS / "configuration.md").read_text(encoding="utf-8")
    known = set(re.findall(r"`([A-Z_]+)`", text))
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "assetgen").rglob("*.py"))
    read = {name for source in sources for name in re.findall(r"\bASSETGEN_[A-Z_]+[A-Z]\b", source)}
    assert read - known == set()
    (example,) = blocks(text, "toml")
    config = tomllib.loads(example.text)
    assert {table: set(values) for table, values in config.items()} == {
        table: set(names) for table, names in TABLES.items()
    }


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    kept = (re.sub(r"[^\w\- ]", "", title.lower()) for title in sections(text))
    return {title.replace(" ", "-") for title in kept}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    """Files that a page links to exist, and so do the headings in them."""
    text = page.read_text(encoding="utf-8")
    for target, anchor in re.findall(r"\]\(([^)#]*)#?([^)]*)\)", text):
        if "://" in target:
            continue
        file = page.parent / target if target else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file.read_text(encoding="utf-8")), anchor


def test_specs_on_the_page_of_the_spec_are_valid(box: Sandbox) -> None:
    """Each block is a whole spec that expands."""
    specs = blocks((DOCS / "spec.md").read_text(encoding="utf-8"), "yaml")
    assert len(specs) >= 2
    for spec in specs:
        box.write("assetgen.yaml", spec.text)
        assert box.ok("list").out
