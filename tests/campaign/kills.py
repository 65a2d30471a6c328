"""When a builder is to die, drawn at random, and the hand that does it; judges nothing."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from assetgen.emulator.emulator import Emulator
from assetgen.emulator.journal import Call
from tests.campaign.nursery import Child

KINDS = ("submit", "submit", "poll", "file")
LONGEST = 0.5
"""Seconds of the machine's clock in which a build of the campaign's project has mostly ended."""


@dataclass(frozen=True, slots=True)
class Kill:
    """How one builder is to die.

    Attributes:
        how: `step` (before a durable step), `moment` (seconds after the first step), `answer`
            (when the service has done its work and is about to answer), `flight` (when a request
            is with the service, which will not answer it) or `none`.
        number: of the step, or of the request of the kind `request`, counted from 1.
        accepted: `flight` only: whether the service took the request.
    """

    how: str = "none"
    number: int = 0
    request: str = "submit"
    seconds: float = 0.0
    accepted: bool = False


def draw(rng: random.Random) -> Kill:
    """Return a kill at random."""
    how = rng.choices(("step", "moment", "answer", "flight"), (45, 20, 20, 15))[0]
    return Kill(
        how,
        number=rng.randint(1, 40) if how == "step" else rng.randint(1, 4),
        request=rng.choice(KINDS),
        seconds=rng.uniform(0.0, LONGEST),
        accepted=rng.random() < 0.6,
    )


@dataclass
class Killer:
    """Watches an emulator's requests and kills builders as planned."""

    emulator: Emulator
    _hunted: list[tuple[Kill, Child]] = field(default_factory=list)
    _heard: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.emulator.listen(self._hear)

    def prepare(self, kills: Sequence[Kill]) -> None:
        """Make ready for a round in which builders are to die so."""
        self._hunted = []
        self._heard = {}
        for kill in kills:
            if kill.how == "flight":
                self.emulator.fault(
                    "drop", on=kill.request, nth=kill.number, accepted=kill.accepted
                )

    def hunt(self, kill: Kill, child: Child) -> None:
        """Take on a builder that was started."""
        self._hunted.append((kill, child))

    def begun(self, kill: Kill, child: Child) -> None:
        """A builder's first durable step is here."""
        if kill.how == "moment":
            threading.Timer(kill.seconds, child.kill).start()

    def _hear(self, call: Call) -> None:
        """Kill who waits for an answer, as planned."""
        heard = self._heard[call.kind] = self._heard.get(call.kind, 0) + 1
        for kill, child in tuple(self._hunted):
            answered = kill.how == "answer" and (kill.request, kill.number) == (call.kind, heard)
            lost = kill.how == "flight" and (kill.request, "drop") == (call.kind, call.fault)
            if answered or lost:
                child.kill()
