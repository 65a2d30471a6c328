"""What the README says is what happens."""

from __future__ import annotations

import re
import shutil

from tests.e2e.doctext import ROOT, blocks, settled
from tests.e2e.sandbox import Sandbox

README = (ROOT / "README.md").read_text(encoding="utf-8")
MAIN_JOB = (
    "python3 -m venv .venv && .venv/bin/pip install -q . && "
    ".venv/bin/assetgen -C examples/cards build"
)
TESTS = "python3 -m venv .venv && .venv/bin/pip install -q -e '.[dev]' && .venv/bin/pytest"
PROMISE = (
    "assetgen never sends a second paid request for the same action on its own, unless the "
    "provider refuses duplicates. If it cannot know whether a request was accepted, it stops and "
    "tells you."
)


def test_it_opens_with_one_sentence_and_two_commands() -> None:
    """A newcomer reads what it is, then types one line or the other."""
    first = README.split("\n\n")[1]
    assert first.endswith(".") and not re.search(r"[.!?]\s", first)
    assert [block.text.strip() for block in blocks(README, "sh")] == [MAIN_JOB, TESTS]


def test_its_example_output_is_what_comes_out(box: Sandbox) -> None:
    """The main command, in a fresh copy of the examples, prints what the page shows."""
    ignored = shutil.ignore_patterns("assetgen.lock")
    shutil.copytree(ROOT / "examples", box.root / "examples", ignore=ignored)
    shutil.rmtree(box.root / "examples/cards/cards", ignore_errors=True)
    ran = box.ok(*MAIN_JOB.rpartition("/assetgen ")[2].split())
    (shown,) = blocks(README, "text")
    assert settled(ran.out) == settled(shown.text)
    assert ran.err == ""
    again = box.ok("-C", "examples/cards", "build").out
    assert f"`{again.strip()}`" in README


def test_its_spec_builds(box: Sandbox) -> None:
    """The spec on the page is a whole one: three paid pictures and a free icon."""
    (spec,) = blocks(README, "yaml")
    box.write("assetgen.yaml", spec.text)
    summary = box.build()
    assert (summary["bought"], summary["derived"], summary["failed"]) == (3, 1, 0)


def test_it_holds_the_promise_about_money() -> None:
    """Word for word."""
    assert PROMISE in " ".join(line.removeprefix("> ") for line in README.splitlines())


def test_every_command_is_in_its_table(box: Sandbox) -> None:
    """And nothing that is no command."""
    table = README.partition("## Commands")[2].partition("##")[0]
    named = [
        name
        for row in re.findall(r"^\| (`.*?`) \|", table, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row)
    ]
    listed = re.findall(r"^  (\w+) ", box.ok("--help").out.partition("Commands:")[2], re.MULTILINE)
    assert sorted(named) == sorted(listed)
