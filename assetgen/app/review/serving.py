"""Serves a review until somebody ends it; knows neither its routes nor what it decides."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from assetgen.app.planning import Selection
from assetgen.app.project import Project
from assetgen.app.review.builds import INTERRUPTED
from assetgen.app.review.reviewing import Review
from assetgen.plan.model import Mode
from assetgen.review.guard import Words
from assetgen.review.page import page_html, static_files
from assetgen.review.serving import ADDRESS, listening, serving
from assetgen.review.web import application

LAST_SECONDS = 5.0
"""For a build that was asked twice to end."""


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told of what.

    Attributes:
        address: once, where the page is; whoever knows it may read and decide.
        stopping: a build runs, and is being stopped.
    """

    address: Callable[[str], None]
    stopping: Callable[[], None]


def serve(project: Project, selection: Selection, mode: Mode, port: int, told: Told) -> int:
    """Serve a review on ``port`` of this machine (0: any) until it is ended; returns an exit code.

    Raises UsageError, also for a port that is taken; SpecError, LockError, StoreError if the
    project cannot be read at first.
    """
    place = listening(port)
    with contextlib.closing(place):
        return asyncio.run(_serve(project, selection, mode, place, told))


async def _serve(
    project: Project, selection: Selection, mode: Mode, place: socket.socket, told: Told
) -> int:
    words, port = Words(), place.getsockname()[1]
    page = page_html(mode="review", title=os.path.basename(project.root))
    files = {**static_files(), "index.html": page.encode()}
    review = Review(project, selection, mode, files)
    try:
        await review.open()
        async with serving(application(review, port, words), place):
            with _asked_to_end() as (once, twice):
                told.address(f"http://{ADDRESS}:{port}/?token={words.entry}")
                try:
                    return await _until_ended(review, told, once, twice)
                finally:
                    review.feed.close()
    finally:
        await review.close()


async def _until_ended(
    review: Review, told: Told, once: asyncio.Event, twice: asyncio.Event
) -> int:
    work = asyncio.create_task(review.run())
    try:
        await _first(work, asyncio.create_task(once.wait()))
        if work.done():
            await work
        was_building = review.is_building
        if was_building:
            told.stopping()
        stopping = asyncio.create_task(review.stop())
        await _first(stopping, work, asyncio.create_task(twice.wait()))
        if not stopping.done():
            review.kill()
            await asyncio.wait([stopping], timeout=LAST_SECONDS)
            stopping.cancel()
        return INTERRUPTED if was_building else 0
    finally:
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work


async def _first(*tasks: asyncio.Task[object]) -> None:
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


@contextlib.contextmanager
def _asked_to_end() -> Iterator[tuple[asyncio.Event, asyncio.Event]]:
    """Give two events: the first Ctrl-C (or SIGTERM, or a terminal that closes), and the second."""
    once, twice = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask() -> None:
        (twice if once.is_set() else once).set()

    def handle(number: int, frame: object) -> None:
        loop.call_soon_threadsafe(ask)

    numbers = [signal.SIGINT, signal.SIGTERM]
    if os.name != "nt":
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield once, twice
    finally:
        for number, old in before.items():
            signal.signal(number, old)
