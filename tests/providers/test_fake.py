"""The scripted provider keeps the promises of a real one."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from assetgen.errors import ProviderError
from assetgen.providers.base import (
    Accepted,
    Ambiguous,
    Completed,
    Duplicate,
    Failed,
    NotFound,
    NotSent,
    Refused,
    Request,
    Running,
)
from assetgen.providers.fake import FakeProvider, Hang, Lost, problem

REQUEST = Request("generate", "m", "a sword")


def do(call: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(call)


def test_without_a_script() -> None:
    """It accepts, completes, charges once and gives bytes of its own for each job."""
    fake = FakeProvider(b"picture")
    assert do(fake.submit(REQUEST, "a")) == Accepted("a", 0.0)
    assert do(fake.submit(REQUEST, "b")) == Accepted("b", 0.0)
    assert do(fake.poll("a", "m")) == Completed(("a",), 0.02, "m")
    assert (do(fake.fetch("a")), do(fake.fetch("b"))) == (b"picture1", b"picture2")
    assert fake.charges == [0.02, 0.02]
    assert [job_id for _, job_id in fake.requests] == ["a", "b"]


def test_a_repeated_id() -> None:
    """A derived id makes one job and one charge; ids of the service never repeat."""
    derived, chosen = FakeProvider(b""), FakeProvider(b"", derives_ids=False)
    do(derived.submit(REQUEST, "a"))
    with pytest.raises(Duplicate):
        do(derived.submit(REQUEST, "a"))
    assert len(derived.charges) == 1
    assert do(chosen.submit(REQUEST, "")).job_id != do(chosen.submit(REQUEST, "")).job_id


@pytest.mark.parametrize(("accepted", "charges"), [(True, [0.02]), (False, [])])
def test_a_lost_answer(accepted: bool, charges: list[float]) -> None:
    """The caller cannot tell; the charges can."""
    fake = FakeProvider(b"", submits=[Lost(accepted)])
    with pytest.raises(Ambiguous):
        do(fake.submit(REQUEST, "a"))
    assert fake.charges == charges
    assert isinstance(do(fake.poll("a", "m")), Completed if accepted else NotFound)


def test_exceptions_of_a_script() -> None:
    """They are raised in turn; what was not sent is no request."""
    fake = FakeProvider(b"", submits=[NotSent(problem("dns")), Refused(problem("no")), None])
    with pytest.raises(NotSent, match="dns"):
        do(fake.submit(REQUEST, "a"))
    with pytest.raises(Refused, match="no"):
        do(fake.submit(REQUEST, "a"))
    do(fake.submit(REQUEST, "a"))
    assert len(fake.requests) == 2
    assert fake.charges == [0.02]


def test_progress_of_a_script() -> None:
    """Polls answer as scripted; a failure that is free takes its charge back."""
    free = Failed("moderated", charged=False, moderated=True)
    fake = FakeProvider(b"", polls=[Running(3.0), free])
    do(fake.submit(REQUEST, "a"))
    assert do(fake.poll("a", "m")) == Running(3.0)
    assert do(fake.poll("a", "m")) == free
    assert fake.charges == []
    assert fake.polled == ["a", "a"]


def test_a_fetch_that_fails_first() -> None:
    """Fetches answer as scripted, then as usual; an unknown result is an error."""
    fake = FakeProvider(b"p", fetches=[NotSent(problem("dns")), b"<html>"])
    do(fake.submit(REQUEST, "a"))
    with pytest.raises(NotSent):
        do(fake.fetch("a"))
    assert [do(fake.fetch("a")), do(fake.fetch("a"))] == [b"<html>", b"p1"]
    with pytest.raises(ProviderError, match="no result z"):
        do(fake.fetch("z"))


def test_a_call_that_hangs() -> None:
    """It never returns, though the request may have been taken."""
    fake = FakeProvider(b"", submits=[Hang(accepted=True)])
    with pytest.raises(TimeoutError):
        do(asyncio.wait_for(fake.submit(REQUEST, "a"), 0.01))
    assert list(fake.jobs) == ["a"]
    do(fake.close())
    assert fake.closed
