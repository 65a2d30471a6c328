"""A project whose services are an emulator in this process: charges are what tests assert."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assetgen.emulator.emulator import Emulator
from tests.e2e.sandbox import Sandbox

SERVICES = ("pixazo", "runware", "apixo", "xai", "openai")
KEYS = {f"{name.upper()}_API_KEY": f"canary-{name}-0123456789" for name in SERVICES}
QUICK = "".join(
    f"[providers.{name}]\nfirst_poll = 0.05\npoll = 0.05\nrate = 60000\nconcurrency = 8\n"
    for name in SERVICES
)
"""The services advise seconds between two questions; an emulated job takes none."""

MODELS = {
    "pixazo": "xai/grok-imagine-image-quality",
    "runware": "xai/grok-imagine-image-quality",
    "apixo": "xai/grok-imagine-image",
    "xai": "xai/grok-imagine-image",
    "openai": "openai/gpt-image-2",
}
"""A model of each service's own."""


class Market(Sandbox):
    """A sandbox with keys for emulated services, and what they took and charged."""

    emulator: Emulator

    @property
    def charges(self) -> list[Any]:
        """What was charged and not given back."""
        return [charge for charge in self.emulator.charges if not charge.refunded]

    @property
    def submits(self) -> list[Any]:
        """The paid requests that arrived."""
        return [call for call in self.emulator.requests if call.kind == "submit"]

    def only(self, *names: str) -> None:
        """Leave the keys of these providers alone set."""
        for name in SERVICES:
            if name not in names:
                self.variables.pop(f"{name.upper()}_API_KEY", None)

    def config(self, text: str) -> None:
        """Add to the user config."""
        path = self.base / "config.toml"
        path.write_text(path.read_text() + text)

    def shelf(self, provider: str, targets: str) -> None:
        """Write a spec of ``targets`` that ``provider`` is to make."""
        self.spec(f"defaults: {{model: {MODELS[provider]}, providers: [{provider}]}}\n{targets}")


@contextmanager
def market(folder: Path, **settings: Any) -> Iterator[Market]:
    """Serve an emulator with ``settings`` and give a sandbox that knows it."""
    with Emulator(**settings) as emulator:
        one = Market(folder)
        one.emulator = emulator
        one.variables |= {**emulator.environ, **KEYS}
        (folder / "config.toml").write_text(QUICK)
        yield one
