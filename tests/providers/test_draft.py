"""The built-in provider, as a service that keeps jobs."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest

from assetgen.clock import FakeClock
from assetgen.errors import ProviderError
from assetgen.ops.picture import inspect
from assetgen.providers.base import (
    Accepted,
    Completed,
    Duplicate,
    Failed,
    NotFound,
    Progress,
    Reference,
    Refused,
    Request,
    Running,
)
from assetgen.providers.draft import Draft
from assetgen.providers.draft_picture import draw

REQUEST = Request("generate", "draft", "a sword", "1:1", facts={"target": "sword"})
DAY = 86_400.0
T = TypeVar("T")


def run(folder: Path, work: Callable[[Draft], Awaitable[None]], **settings: object) -> None:
    """Do ``work`` with a provider of its own, as one process would."""

    async def session() -> None:
        draft = Draft(str(folder), **settings)  # type: ignore[arg-type]
        await work(draft)
        await draft.close()

    asyncio.run(session())


async def settled(draft: Draft, job_id: str) -> Progress:
    """Poll without latency until a job is drawn."""
    while True:
        progress = await draft.poll(job_id, "draft")
        if not isinstance(progress, Running):
            return progress


def test_a_job_from_submit_to_fetch(tmp_path: Path) -> None:
    """The picture is the one that the request determines, for nothing, as often as asked."""

    async def work(draft: Draft) -> None:
        assert await draft.submit(REQUEST, "one") == Accepted("one", poll_after=0.0)
        assert await settled(draft, "one") == Completed(("one",), 0.0, "draft")
        assert await draft.fetch("one") == await draft.fetch("one") == draw(REQUEST)

    run(tmp_path, work)


def test_latency(tmp_path: Path) -> None:
    """A poll says exactly how long there is to wait, and then it is done."""
    clock = FakeClock()

    async def work(draft: Draft) -> None:
        assert (await draft.submit(REQUEST, "one")).poll_after == 2.0
        await clock.sleep(0.5)
        assert await draft.poll("one", "draft") == Running(poll_after=1.5)
        clock.time -= DAY
        assert await draft.poll("one", "draft") == Running(poll_after=2.0)
        clock.time += DAY + 1.5
        assert isinstance(await settled(draft, "one"), Completed)

    run(tmp_path, work, latency=2.0, clock=clock)


class Watched(ThreadPoolExecutor):
    """A pool of one thread that remembers what was given to it, by name."""

    def __init__(self) -> None:
        super().__init__(1)
        self.given: list[str] = []

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        self.given.append(fn.__name__)
        return super().submit(fn, *args, **kwargs)


def test_it_draws_within_its_latency(tmp_path: Path) -> None:
    """Drawing begins with the submit, not with the first poll, and is done once."""
    clock = FakeClock()
    with Watched() as workers:

        async def work(draft: Draft) -> None:
            await draft.submit(REQUEST, "one")
            assert workers.given == ["prune", "add", "_drawn"]
            await clock.sleep(60)
            assert isinstance(await settled(draft, "one"), Completed)
            await draft.fetch("one")
            assert workers.given == ["prune", "add", "_drawn"]

        run(tmp_path, work, latency=60.0, workers=workers, clock=clock)


def test_a_known_id(tmp_path: Path) -> None:
    """A derived id is accepted once, also by another process."""

    async def work(draft: Draft) -> None:
        await draft.submit(REQUEST, "one")

    run(tmp_path, work)
    with pytest.raises(Duplicate, match="one"):
        run(tmp_path, work)


def test_ids_that_the_service_chooses(tmp_path: Path) -> None:
    """Without derived ids each submit is a job of its own, and no id can be foretold."""

    async def work(draft: Draft) -> None:
        first = await draft.submit(REQUEST, "one")
        second = await draft.submit(REQUEST, "one")
        assert len({first.job_id, second.job_id, "one"}) == 3
        assert await draft.poll("one", "draft") == NotFound()
        assert isinstance(await settled(draft, first.job_id), Completed)

    run(tmp_path, work, derives_ids=False)


def test_another_process_goes_on(tmp_path: Path) -> None:
    """After a restart jobs are found and drawn to the same bytes, input pictures included."""
    edit = Request(
        "edit",
        "draft",
        "add frost",
        references=(Reference("image", draw(REQUEST)), Reference("reference", draw(REQUEST), "x")),
        facts={"target": "frost", "alpha": True},
    )

    async def before(draft: Draft) -> None:
        await draft.submit(edit, "one")

    async def after(draft: Draft) -> None:
        assert isinstance(await settled(draft, "one"), Completed)
        assert await draft.fetch("one") == draw(edit)

    run(tmp_path, before)
    run(tmp_path, after)


def test_unknown_jobs(tmp_path: Path) -> None:
    """An id that nobody submitted is not found; ids never are paths."""

    async def work(draft: Draft) -> None:
        for job_id in ("one", "", "../../etc/passwd", "\0", "\ud800"):
            assert await draft.poll(job_id, "draft") == NotFound()
            with pytest.raises(ProviderError, match="no job"):
                await draft.fetch(job_id)

    run(tmp_path, work)


def test_a_job_torn_by_a_power_cut(tmp_path: Path) -> None:
    """Half a job was never accepted: it is not found, and its id may be submitted again."""

    async def work(draft: Draft) -> None:
        await draft.submit(REQUEST, "one")

    async def again(draft: Draft) -> None:
        assert await draft.poll("one", "draft") == NotFound()
        await draft.submit(REQUEST, "one")
        assert isinstance(await settled(draft, "one"), Completed)

    run(tmp_path, work)
    [file] = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-9])
    run(tmp_path, again)


def test_an_input_picture_that_is_damaged(tmp_path: Path) -> None:
    """A job without its input is not drawn wrongly; the same submit again makes it whole."""
    edit = Request("edit", "draft", "x", references=(Reference("image", draw(REQUEST)),))

    async def work(draft: Draft) -> None:
        await draft.submit(edit, "one")

    async def again(draft: Draft) -> None:
        assert await draft.poll("one", "draft") == NotFound()
        with pytest.raises(Duplicate):
            await draft.submit(edit, "one")
        assert await draft.fetch("one") == draw(edit)

    run(tmp_path, work)
    [picture] = tmp_path.glob("*.input")
    picture.write_bytes(b"\x89PNG")
    run(tmp_path, again)


def test_files_are_private_and_do_not_stay_for_ever(tmp_path: Path) -> None:
    """Jobs are readable by their user alone, and are gone after two days."""
    folder = tmp_path / "draft"
    clock = FakeClock()

    async def work(draft: Draft) -> None:
        await draft.submit(REQUEST, f"at {clock.now()}")

    run(folder, work, clock=clock)
    [file] = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    os.utime(file, (clock.now(), clock.now()))
    clock.time += DAY
    run(folder, work, clock=clock)
    assert file.exists()
    clock.time += 1.5 * DAY
    run(folder, work, clock=clock)
    assert not file.exists()


def test_a_request_that_cannot_be_drawn(tmp_path: Path) -> None:
    """An impossible size is refused at once; a bad input ends the job, uncharged."""
    impossible = Request("generate", "draft", "x", "wide")
    blind = Request("edit", "draft", "x", references=(Reference("image", b"GIF89a"),))

    async def work(draft: Draft) -> None:
        with pytest.raises(Refused, match="wide"):
            await draft.submit(impossible, "one")
        assert await draft.poll("one", "draft") == NotFound()
        await draft.submit(blind, "two")
        ended = await settled(draft, "two")
        assert isinstance(ended, Failed) and ended.charged is False
        assert "input 1" in ended.reason
        with pytest.raises(ProviderError, match="input 1"):
            await draft.fetch("two")

    run(tmp_path, work)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """Without a place for its jobs it accepts none."""
    (tmp_path / "file").write_text("")

    async def work(draft: Draft) -> None:
        with pytest.raises(Refused, match="cannot keep its job"):
            await draft.submit(REQUEST, "one")

    run(tmp_path / "file" / "draft", work)


def test_many_jobs_at_once(tmp_path: Path) -> None:
    """Jobs that are in flight together do not mix up their pictures."""

    async def one(draft: Draft, number: int) -> bytes:
        request = Request("generate", "draft", f"sword {number}", "1:1")
        await draft.submit(request, str(number))
        assert isinstance(await settled(draft, str(number)), Completed)
        return await draft.fetch(str(number))

    async def work(draft: Draft) -> None:
        pictures = await asyncio.gather(*(one(draft, number) for number in range(20)))
        assert all(inspect(picture).width == 1024 for picture in pictures)
        wanted = [draw(Request("generate", "draft", f"sword {n}", "1:1")) for n in range(20)]
        assert pictures == wanted

    run(tmp_path, work)
