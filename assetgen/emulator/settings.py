"""How an emulator behaves, as one value; knows no server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from assetgen.emulator.faults import Fault
from assetgen.emulator.pictures import Paint, draw


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be chosen.

    Attributes:
        latency: seconds that a job takes.
        latencies: the same for single services, by name.
        jitter: share of the latency by which a job takes longer or shorter, 0 … 1.
        seed: decides every random number.
        expire: seconds after which the address of a result is gone; None for never.
        balance: USD that each account begins with.
        faults: in force from the start, and again after each reset.
        retry_pace: what the documented waits between attempts at a webhook are multiplied by.
        paint: draws the pictures; called in a thread, for several at once.
    """

    latency: float = 0.0
    latencies: Mapping[str, float] = field(default_factory=dict)
    jitter: float = 0.0
    seed: int = 0
    expire: float | None = None
    balance: Decimal | float = Decimal(1000)
    faults: tuple[Fault, ...] = ()
    retry_pace: float = 1.0
    paint: Paint = draw

    def latency_of(self, service: str) -> float:
        """Return the seconds that a job of this service takes, without jitter."""
        return self.latencies.get(service, self.latency)
