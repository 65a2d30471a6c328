"""Prompts, notes and names that would like to do something: every command prints them as text."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.e2e.sandbox import Sandbox

SCRIPT = "</script><img src=x onerror=alert(1)>"
ANSI = "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x9b31m"
BIDI = "\u202eright to left\u2066\u200f"
FORMULA = '=HYPERLINK("http://x")'
LONG = ("lantern " * 625).strip()
HOSTILE = {"script": SCRIPT, "ansi": ANSI, "bidi": BIDI, "formula": FORMULA, "long": LONG}
BAD = "\x1b\x07\x9b\u202e\u2066\u200f"
READERS = (
    ("plan",),
    ("plan", "-v"),
    ("status",),
    ("list",),
    ("graph",),
    ("graph", "--format", "dot"),
    *((name, *HOSTILE) for name in ("show", "why")),
    *(("history", name) for name in HOSTILE),
    ("diff",),
    ("impact", "style:odd"),
    ("verify",),
)


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """A project whose every text was written by somebody hostile, built and then changed.

    Nothing that reads it changes it, so that all tests look at one.
    """
    box = Sandbox(tmp_path_factory.mktemp("hostile"))
    targets = {
        name: {"prompt": text, "style": "odd", "takes": 2, "tags": [f"t {SCRIPT}"]}
        for name, text in HOSTILE.items()
    }
    spec = {"version": 1, "styles": {"odd": {"text": ANSI}}, "targets": targets}
    box.write("assetgen.yaml", json.dumps(spec))
    box.build()
    for name, text in HOSTILE.items():
        box.ok("pick", name, "2", "--note", text[:2000])
    spec["styles"] = {"odd": {"text": ANSI + BIDI}}
    box.write("assetgen.yaml", json.dumps(spec))
    return box


@pytest.mark.parametrize("command", READERS, ids=" ".join)
def test_no_command_prints_what_a_terminal_would_obey(
    box: Sandbox, command: tuple[str, ...]
) -> None:
    """Control and bidi characters are shown as what they are."""
    ran = box.run(*command)
    assert ran.code in (0, 3), ran.err
    assert not set(BAD) & set(ran.out + ran.err)
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    "command",
    [("plan",), ("status",), ("list",), ("show", "ansi"), ("why", "ansi"), ("history", "ansi"),
     ("diff",), ("impact", "style:odd"), ("graph",)],
    ids=" ".join,
)  # fmt: skip
def test_json_holds_every_text_as_it_is(box: Sandbox, command: tuple[str, ...]) -> None:
    """It is ASCII, so that it can be printed; read back, not a character is lost."""
    ran = box.run(*command, "--json")
    assert ran.code == 0, ran.err
    assert ran.out.isascii()
    data = json.dumps(ran.json, ensure_ascii=False)
    if command[0] in ("show", "history"):
        assert json.dumps(ANSI, ensure_ascii=False)[1:-1] in data


def test_the_gallery_of_hostile_texts(box: Sandbox, tmp_path: Path) -> None:
    """Its files hold no markup of a prompt, and no cell that a spreadsheet would compute."""
    box.ok("gallery", "-o", str(tmp_path / "out"))
    page = (tmp_path / "out" / "index.html").read_text()
    assert SCRIPT not in page
    scripts = "".join(path.read_text() for path in (tmp_path / "out").glob("*.js"))
    assert "</script" not in scripts.lower()
    text = (tmp_path / "out" / "targets.csv").read_text(encoding="utf-8-sig")
    assert not set(BAD) & set(text)
    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows) == len(HOSTILE) + 1
    cells = [cell for row in rows for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert any("HYPERLINK" in cell for cell in cells)


def test_the_lock_of_hostile_texts_can_be_printed(box: Sandbox) -> None:
    """Each line is one line, without a control character."""
    text = (box.root / "assetgen.lock").read_text(encoding="utf-8")
    assert len(text.splitlines()) == len(HOSTILE) + 1
    assert not {"\x1b", "\x07"} & set(text)
