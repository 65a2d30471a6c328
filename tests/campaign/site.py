"""A small project on a machine: its folders, its spec, its environment; runs nothing.

Every request of the spec has a prompt of its own, so that a charge says what it is for.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

KEY = "campaign-key"
MODELS = {
    ("runware",): "xai/grok-imagine-image",
    ("pixazo",): "xai/grok-imagine-image-quality",
    ("apixo",): "xai/grok-imagine-image",
    ("runware", "apixo"): "xai/grok-imagine-image",
    ("pixazo", "runware"): "xai/grok-imagine-image-quality",
}
"""What is bought, by the providers that serve it."""
SERIES = "two sisters"
"""The prompt of which several takes are bought."""
BANNERS = ("a red banner", "a blue banner")
TARGETS = ("knight", "guard", "armor", "smile", "twins", "banner", "icon")
RISK = 0.1
"""USD: the dearest picture here costs as much, and the cheapest a fifth."""
POLL = 1.0
"""Seconds of the builders' clock between two questions."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the spec says just now; a user may change it between builds."""

    providers: tuple[str, ...]
    width: int = 64
    banner: int = 0
    keeps: bool = False

    @property
    def text(self) -> str:
        """The spec."""
        return f"""\
version: 1
{"keep: art/.bought" if self.keeps else ""}
defaults:
  model: {MODELS[self.providers]}
  providers: [{", ".join(self.providers)}]
  output: "art/{{{{ name }}}}.png"
  ops: [{{resize: {{width: {self.width}}}}}]
targets:
  knight: a knight
  guard: a knight
  armor: {{edit: knight, prompt: in armour}}
  smile: {{edit: armor, prompt: with a smile}}
  twins: {{prompt: {SERIES}, takes: 2}}
  banner: {BANNERS[self.banner]}
  icon: {{from: knight, ops: [{{resize: {{width: 16}}}}]}}
"""

    @property
    def prompts(self) -> frozenset[str]:
        """What is to be bought."""
        return frozenset(TAKES) - frozenset(BANNERS) | {BANNERS[self.banner]}


TAKES: Mapping[str, int] = {
    "a knight": 1,
    "in armour": 1,
    "with a smile": 1,
    SERIES: 2,
    **dict.fromkeys(BANNERS, 1),
}
"""How many pictures of each prompt the spec wants."""


@dataclass(frozen=True, slots=True)
class Site:
    """One checkout of the project, with the data folder that its user has there."""

    base: Path
    name: str
    machine: str

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self.base / self.name

    @property
    def data(self) -> Path:
        """The user's data folder on this machine."""
        return self.base / self.machine / "data"

    @property
    def ledger(self) -> Path:
        """The ledger's file."""
        return self.data / "ledger.sqlite3"

    @property
    def outputs(self) -> Mapping[str, Path]:
        """Where each target's file should be, by path in the project."""
        paths = [f"art/{name}.png" for name in TARGETS]
        return {path: self.root / path for path in paths}

    def settle_down(self, wish: Wish, services: Sequence[str], *, risks: bool) -> None:
        """Make the folders, the spec and the user's config.

        ``risks``: whether a build may lose RISK to second charges of calls in doubt.
        """
        self.root.mkdir(parents=True)
        self.write(wish)
        config = "".join(
            f"[providers.{name}]\nfirst_poll = {POLL}\npoll = {POLL}\nrate = 1e6\n"
            for name in services
        )
        if risks:
            config += f'[budget]\non_ambiguous = "retry"\nmax_duplicate_cost = {RISK}\n'
        (self.base / self.machine).mkdir(exist_ok=True)
        (self.base / self.machine / "config.toml").write_text(config)

    def write(self, wish: Wish) -> None:
        """Write the spec."""
        (self.root / "assetgen.yaml").write_text(wish.text)

    def environ(self, emulated: Mapping[str, str], services: Sequence[str]) -> dict[str, str]:
        """Return a whole environment for builders."""
        machine = self.base / self.machine
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(machine),
            "LC_ALL": "C.UTF-8",
            "ASSETGEN_DATA_DIR": str(self.data),
            "ASSETGEN_CACHE_DIR": str(machine / "cache"),
            "ASSETGEN_CONFIG": str(machine / "config.toml"),
            **emulated,
            **{f"{name.upper()}_API_KEY": KEY for name in services},
        }

    def forget_ledger(self) -> None:
        """Throw the ledger away, as if its disk were gone."""
        for end in ("", "-wal", "-shm"):
            Path(f"{self.ledger}{end}").unlink(missing_ok=True)

    def rows_copy(self, to: Path) -> Path | None:
        """Return a copy of the ledger with what its log holds, None if there is none.

        Looking at the file itself would tidy up what a killed process left.
        """
        if not self.ledger.exists():
            return None
        for end in ("", "-wal"):
            found = Path(f"{self.ledger}{end}")
            if found.exists():
                shutil.copyfile(found, f"{to}{end}")
        return to
