"""A project in a git repository of its own, below its top folder."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.e2e.sandbox import Sandbox

SOMEBODY = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")


class Repo(Sandbox):
    """A sandbox whose project is the folder `game` of a repository."""

    @property
    def top(self) -> Path:
        """The repository's folder."""
        return self.base / self.name

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self.top / "game"

    def git(self, *arguments: str) -> str:
        """Run git in the repository and return what it says."""
        done = subprocess.run(
            ["git", *SOMEBODY, *arguments],
            cwd=self.top,
            env=self.env,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def commit(self, subject: str) -> str:
        """Commit everything and return the commit's name."""
        if not (self.top / ".git").exists():
            self.git("init", "-b", "main")
        self.git("add", "-A")
        self.git("commit", "-m", subject)
        return self.git("rev-parse", "HEAD")
