"""`python -m assetgen` is the installed command."""

from __future__ import annotations

import subprocess
import sys

from tests.e2e.sandbox import Sandbox


def ran(box: Sandbox, *arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "assetgen", *arguments],
        cwd=box.root,
        env=box.env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


def test_the_module_is_the_command(box: Sandbox) -> None:
    """Same words, same streams, same exit codes, with and without work."""
    box.spec("targets: {sword: a rusty sword}\n")
    assert ran(box, "build")[0] == 0
    for arguments in (("build",), ("verify",), ("--version",), ("plan", "--help"), ("bild",)):
        other = box.run(*arguments)
        assert ran(box, *arguments) == (other.code, other.out, other.err)
