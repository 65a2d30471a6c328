"""One thing after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from assetgen.review.queue import Queue


def run(story: Callable[[Queue[str]], Awaitable[None]]) -> None:
    """Let a story happen to a queue that is at work."""

    async def whole() -> None:
        queue: Queue[str] = Queue()
        worker = asyncio.create_task(queue.run())
        try:
            await story(queue)
        finally:
            worker.cancel()
            await asyncio.gather(worker, return_exceptions=True)

    asyncio.run(whole())


def test_things_are_done_in_order_and_never_at_once() -> None:
    """The second one begins when the first one has ended, however long that takes."""
    log: list[str] = []

    def work(name: str) -> Callable[[], Awaitable[str]]:
        async def one() -> str:
            log.append(f"{name} begins")
            for _ in range(10):
                await asyncio.sleep(0)
            log.append(f"{name} ends")
            return name

        return one

    async def story(queue: Queue[str]) -> None:
        jobs = [queue.add(name, (name,), work(name)) for name in "abc"]
        assert [job.id for job in jobs] == [1, 2, 3]
        assert await asyncio.gather(*(job.done for job in jobs)) == ["a", "b", "c"]

    run(story)
    assert log == [f"{name} {what}" for name in "abc" for what in ("begins", "ends")]


def test_what_fails_stops_nothing() -> None:
    """The next thing is done all the same."""

    async def bad() -> str:
        raise KeyError("x")

    async def good() -> str:
        return "done"

    async def story(queue: Queue[str]) -> None:
        first, second = queue.add("bad", (), bad), queue.add("good", (), good)
        assert await second.done == "done"
        with pytest.raises(KeyError):
            await first.done

    run(story)


def test_what_waits_can_be_dropped() -> None:
    """What has begun goes on; what waits is cancelled, and what comes later is done."""

    async def story(queue: Queue[str]) -> None:
        gate = asyncio.Event()

        async def slow() -> str:
            await gate.wait()
            return "slow"

        async def quick() -> str:
            return "quick"

        begun = queue.add("slow", (), slow)
        while queue.current is not begun:
            await asyncio.sleep(0)
        waiting, other = queue.add("quick", (), quick), queue.add("other", (), quick)
        assert queue.jobs == [begun, waiting, other]
        assert queue.drop(lambda job: job.what == "quick") == [waiting]
        gate.set()
        assert await begun.done == "slow"
        assert await other.done == "quick"
        assert waiting.done.cancelled()
        assert await queue.add("quick", (), quick).done == "quick"

    run(story)
