"""The first command in a folder, whatever stands there."""

from __future__ import annotations

import os
from pathlib import Path

from tests.e2e.refusal import refused
from tests.e2e.sandbox import Sandbox


def test_a_first_spec_builds(box: Sandbox) -> None:
    """Two files are written, and the next two commands work."""
    ran = box.ok("init")
    assert ran.out.splitlines()[:2] == ["wrote assetgen.yaml", "wrote .gitattributes"]
    assert (box.root / ".gitattributes").read_text() == "assetgen.lock merge=union\n"
    assert box.build()["bought"] == 2


def test_a_folder_with_a_spec(box: Sandbox) -> None:
    """It is not overwritten."""
    box.write("assetgen.yaml", "mine")
    refused(
        box,
        ". has something called assetgen.yaml already",
        "  edit it, then 'assetgen plan'",
        command=("init",),
    )


def test_attributes_that_are_there(box: Sandbox) -> None:
    """They are kept byte by byte, whatever their encoding, and the rule is added once."""
    before = b"*.psd filter=lfs # \xe9t\xe9"
    box.write(".gitattributes", before)
    box.ok("init")
    after = (box.root / ".gitattributes").read_bytes()
    assert after == before + b"\nassetgen.lock merge=union\n"
    (box.root / "assetgen.yaml").unlink()
    assert "wrote .gitattributes" not in box.ok("init").out
    assert (box.root / ".gitattributes").read_bytes() == after


def test_attributes_that_are_no_file(box: Sandbox) -> None:
    """Nobody waits for a pipe, and nothing is half done."""
    os.mkfifo(box.root / ".gitattributes")
    refused(
        box,
        ".gitattributes is a named pipe, not a regular file",
        "  move it away, or put a regular file in its place",
        command=("init",),
        code=1,
    )


def test_a_folder_that_takes_no_files(box: Sandbox) -> None:
    """It is told in words."""
    ran = box.run("init", cwd=Path("/proc"))
    assert ran.code == 1
    assert ran.err.startswith("assetgen.yaml cannot be used: ")
