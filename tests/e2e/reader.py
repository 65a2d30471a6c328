"""Somebody who reads a page of the documentation and does what it says; knows no page."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

from tests.e2e.doctext import Block, edited, settled
from tests.e2e.sandbox import Sandbox


class Reader:
    """Does what a page tells its reader to do, in a shell that remembers its folder."""

    def __init__(self, box: Sandbox) -> None:
        self.folder = box.root
        self._place = box.base / "folder"
        someone = {"NAME": "Reader", "EMAIL": "reader@example.com"}
        self._env = {
            **box.env,
            **{f"GIT_{who}_{k}": v for who in ("AUTHOR", "COMMITTER") for k, v in someone.items()},
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
        }

    def follow(self, block: Block) -> None:
        """Type the commands of a block and compare what they print, or edit the spec."""
        if block.language == "console":
            for command, shown in block.commands:
                assert settled(self.type(command)) == settled(shown), command
        elif block.language == "yaml":
            self._write(block.text)
        elif block.language == "diff":
            self._edit(block.text)

    def type(self, command: str) -> str:
        """Run a command, expect success, and return what it prints."""
        done = subprocess.run(
            [
                "bash",
                "-c",
                f"{command}\ncode=$?; pwd > {shlex.quote(str(self._place))}; exit $code",
            ],
            cwd=self.folder,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        self.folder = Path(self._place.read_text().strip())
        return done.stdout

    def _write(self, text: str) -> None:
        head, _, body = text.partition("\n")
        name, _, how = head.removeprefix("# ").partition(", ")
        path = self.folder / name
        before = path.read_text(encoding="utf-8") if how == "continued" else ""
        path.write_text(before + (body if how == "continued" else text), encoding="utf-8")

    def _edit(self, text: str) -> None:
        path = self.folder / "assetgen.yaml"
        path.write_text(edited(path.read_text(encoding="utf-8"), text), encoding="utf-8")
