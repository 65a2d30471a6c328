"""An emulator for the tests of each module, with nothing in it at the start of each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assetgen.emulator.emulator import Emulator
from tests.emulator.asking import Asking

LATENCY = 100.0
"""Seconds of a job; tests move the emulator's time on instead of waiting."""


@pytest.fixture(scope="module")
def running() -> Iterator[Emulator]:
    """An emulator that runs for a module; openai and xai answer at once."""
    with Emulator(latency=LATENCY, latencies={"xai": 0.0, "openai": 0.0}) as emulator:
        yield emulator


@pytest.fixture
def emulator(running: Emulator) -> Emulator:
    """The emulator, empty."""
    running.reset()
    return running


@pytest.fixture
def ask(emulator: Emulator) -> Iterator[Asking]:
    """A client of it."""
    asking = Asking(emulator)
    with asking.http:
        yield asking
