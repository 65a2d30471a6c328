"""Ctrl-C during each wait: what is free is given up at once, what may be paid for is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from assetgen.clock import SystemClock
from assetgen.errors import Problem
from assetgen.paid.desk import Desk
from assetgen.paid.hooks import Hooks
from assetgen.paid.outcomes import Interrupted
from assetgen.providers.base import Accepted, Completed, Failed, Request
from assetgen.providers.fake import FakeProvider, Hang, Lost
from assetgen.state import JobState
from tests.paid.test_services import Street, busy, order, png

SOON = 5.0
"""Seconds within which a stopped build must have ended; it takes milliseconds."""


@dataclass
class Slow(FakeProvider):
    """A service whose submits wait for ``go``."""

    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def submit(self, request: Request, job_id: str) -> Accepted | Completed | Failed:
        await self.go.wait()
        return await super().submit(request, job_id)


def patient(near: FakeProvider, hooks: Hooks | None = None) -> Street:
    """Return a street with real time."""
    street = Street(near=near, hooks=hooks)
    street.near.derives_ids = False
    for counter in street.counters.values():
        counter.poll = 0.01
    return street


def stopped(street: Street, is_time: Callable[[], bool]) -> None:
    """Order and collect a picture, and stop as soon as ``is_time``."""

    async def run() -> None:
        desk = real(street)

        async def buy() -> None:
            await desk.collect(await desk.order(order()))

        buying = asyncio.ensure_future(buy())
        async with asyncio.timeout(SOON):
            while not is_time():
                await asyncio.sleep(0)
            await asyncio.sleep(0.01)
            desk.stop()
            await buying

    asyncio.run(run())


def real(street: Street, told: Callable[[Problem], None] = lambda problem: None) -> Desk:
    return Desk(
        street.counters,
        street.ledger,
        street.budget,
        SystemClock(),
        session="me",
        project="/project",
        is_alive=lambda session: False,
        changed=lambda job: None,
        hooks=street.hooks,
        notice=told,
    )


def test_a_question_that_is_not_answered() -> None:
    """The next build asks again."""
    street = patient(FakeProvider(png(), name="near", polls=[Hang()]))
    with pytest.raises(Interrupted):
        stopped(street, lambda: bool(street.near.polled))
    assert street.states() == [("near", JobState.ACCEPTED)]


def test_a_download_that_does_not_come() -> None:
    """The next build fetches it."""
    street = patient(FakeProvider(png(), name="near", fetches=[Hang()]))
    with pytest.raises(Interrupted):
        stopped(street, lambda: bool(street.near.fetched))
    assert street.states() == [("near", JobState.COMPLETED)]


def test_a_call_back_that_does_not_come() -> None:
    """The next build holds the call, as this one would have."""
    street = patient(
        FakeProvider(png(), name="near", submits=[Lost(accepted=False)]),
        Hooks("https://hooks.test", SystemClock()),
    )
    with pytest.raises(Interrupted):
        stopped(street, lambda: bool(street.near.requests))
    assert street.states() == [("near", JobState.INTENT)]


def test_a_service_that_is_busy() -> None:
    """Nothing was accepted, and nothing more is sent."""
    street = patient(FakeProvider(png(), name="near", submits=[busy(300)]))
    with pytest.raises(Interrupted):
        stopped(street, lambda: bool(street.near.requests))
    assert street.states() == [("near", JobState.REFUSED)]


def test_a_request_that_was_just_sent_is_waited_for() -> None:
    """Its answer may hold the only id of a paid job; who waits is told for what."""
    near = Slow(png(), name="near")
    street = patient(near)
    told: list[Problem] = []

    async def run() -> None:
        desk = real(street, told.append)
        buying = asyncio.ensure_future(desk.order(order()))
        while not street.jobs():
            await asyncio.sleep(0)
        await asyncio.sleep(0.01)
        desk.stop()
        await asyncio.sleep(0.05)
        assert not buying.done()
        near.go.set()
        async with asyncio.timeout(SOON):
            await buying

    with pytest.raises(Interrupted):
        asyncio.run(run())
    assert street.states() == [("near", JobState.ACCEPTED)]
    assert [problem.facts for problem in told] == [{"count": 1}]
