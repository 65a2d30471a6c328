"""A project in a folder of its own, with the installed command run in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ASSETGEN = os.path.join(sysconfig.get_path("scripts"), "assetgen")
SECONDS = 60


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Stdout as one JSON document."""
        return json.loads(self.out)

    @property
    def events(self) -> list[dict[str, Any]]:
        """Stdout as JSON Lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def summary(self) -> dict[str, Any]:
        """The last event of `build --json`."""
        last = self.events[-1]
        assert last["event"] == "summary"
        return last


@dataclass
class Sandbox:
    """A project, its user's folders, and an environment that holds nothing else."""

    base: Path
    variables: dict[str, str] = field(default_factory=dict)
    name: str = "project"

    def __post_init__(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self.base / self.name

    @property
    def env(self) -> dict[str, str]:
        """The environment of every command."""
        return {
            "PATH": os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"],
            "HOME": str(self.base / "home"),
            "ASSETGEN_DATA_DIR": str(self.base / "data"),
            "ASSETGEN_CACHE_DIR": str(self.base / "cache"),
            "ASSETGEN_CONFIG": str(self.base / "config.toml"),
            "ASSETGEN_DEBUG": "1",
            "LC_ALL": "C.UTF-8",
            **({"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}),
            **self.variables,
        }

    def write(self, path: str, text: str | bytes) -> Path:
        """Write a file of the project."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode() if isinstance(text, str) else text)
        return place

    def spec(self, text: str) -> None:
        """Write the spec; `version: 1` is put in front."""
        self.write("assetgen.yaml", "version: 1\n" + text)

    def run(self, *arguments: str, cwd: Path | None = None) -> Ran:
        """Run `assetgen` with these arguments, without a terminal."""
        done = subprocess.run(
            [ASSETGEN, *arguments],
            cwd=cwd or self.root,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `assetgen` and return the running process."""
        return subprocess.Popen(
            [ASSETGEN, *arguments],
            cwd=self.root,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ok(self, *arguments: str) -> Ran:
        """Run `assetgen` and expect exit code 0."""
        ran = self.run(*arguments)
        assert ran.code == 0, f"exit {ran.code}\n{ran.out}\n{ran.err}"
        return ran

    def build(self, *arguments: str) -> dict[str, Any]:
        """Build, expect exit code 0, and return the summary."""
        return self.ok("build", "--json", *arguments).summary

    def verdicts(self, *arguments: str) -> dict[str, str]:
        """Return the verdict of each target of the plan."""
        plan = self.ok("plan", "--json", *arguments).json
        return {target["name"]: target["verdict"] for target in plan["targets"]}

    def jobs(self) -> int:
        """Return how many jobs the draft service ever accepted: what would have been charged."""
        return len(list((self.base / "data" / "draft").glob("**/*.json")))

    def clone(self, name: str) -> Sandbox:
        """Return a copy of the committed files on another machine: empty stores, no ledger."""
        other = Sandbox(self.base / name, dict(self.variables))
        for path in self.root.rglob("*"):
            if path.is_file():
                other.write(str(path.relative_to(self.root)), path.read_bytes())
        return other
