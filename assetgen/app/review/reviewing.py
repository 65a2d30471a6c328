"""A review under way: decisions and builds in one queue, and pages that see what comes of them.

Only the files are true. Decisions write the lock under the project's own lock, builds are processes
of their own, and whatever changed, here or in another terminal, is read anew and told to all pages.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from assetgen.app.page.pictures import Pictures
from assetgen.app.planning import Selection
from assetgen.app.project import Project
from assetgen.app.review.builds import Builds, words_of
from assetgen.app.review.noticing import Noticer
from assetgen.app.review.ruling import Busy, Ruling, Seen, free_work
from assetgen.app.steer.deciding import MOVED, Moved
from assetgen.build.executor import ProcessExecutor
from assetgen.digest import Digest, sha256
from assetgen.errors import AssetgenError, Kind, Problem, UsageError
from assetgen.ops.thumb import thumb_action
from assetgen.plan.model import Mode
from assetgen.review.asked import Adopt, Asked, Build, Decision, Price, Reroll, Stop
from assetgen.review.feed import Feed
from assetgen.review.queue import Job, Queue
from assetgen.review.web import Answer

PATIENCE, SHORT_PATIENCE = 2.0, 0.2
"""Seconds for which a decision is waited for; then it is said to be queued. The short one is for
when a build is known to take its time."""
BUSY_SECONDS = 0.15
SETTLE_SECONDS = 0.05
REST = 1.5
"""How long nothing is read anew after it was, in times of what that took."""
MAX_REST = 5.0

NO_TARGET = Kind("review-no-target", "this review has no target {target}", "reload the page")
FULL = Kind("review-queue-full", "too much waits to be done", "wait a little, then decide again")
ENDING = Kind(
    "review-ending", "the review ends, and this was not done", "start 'assetgen review' again"
)

T = TypeVar("T")


class Review:
    """What the server of a review can do; see :class:`assetgen.review.web.Actions`.

    ``files`` are the page and what it loads. :meth:`run` does the work; :meth:`stop` ends it.
    """

    def __init__(
        self, project: Project, selection: Selection, mode: Mode, files: Mapping[str, bytes]
    ) -> None:
        self.feed = Feed()
        self.files = files
        self._project = project
        self._executor = ProcessExecutor(2)
        self._pictures = Pictures(project, self._executor)
        self._ruling = Ruling(project, selection, mode, self._pictures)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="assetgen-review")
        self._queue: Queue[Answer] = Queue()
        self._dirty = asyncio.Event()
        self._noticer = Noticer(self._dirty.set)
        self._builds = Builds(
            project, selection, mode, self.feed, self._queue, self._refresh, self._dirty.set
        )
        self._pictures_named: frozenset[str] = frozenset()
        self._is_busy = False
        self._is_ending = False

    async def open(self) -> None:
        """Look at the project for the first time. Raises AssetgenError if it cannot be read."""
        seen = await self._in_thread(self._ruling.look)
        if seen.wrong is not None:
            raise seen.wrong
        self._show(seen)

    async def run(self) -> None:
        """Do what is asked for and tell what changes, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._queue.run())
            group.create_task(self._noticer.run())
            group.create_task(self._keep_fresh())

    async def stop(self) -> None:
        """Stop a build in good order, and return when nothing is under way any more."""
        self._is_ending = True
        self._builds.stop()
        jobs = self._queue.jobs
        if jobs:
            await asyncio.wait([job.done for job in jobs])

    @property
    def is_building(self) -> bool:
        """Whether a build of this review runs."""
        return self._builds.is_running

    def kill(self) -> None:
        """End a build that was asked to stop before, at once."""
        self._builds.kill()

    async def close(self) -> None:
        """Let all pages go, and close what was opened."""
        self.feed.close()
        await self._executor.close()
        await self._in_thread(self._ruling.close)
        self._thread.shutdown()

    async def thumb(self, digest: str) -> bytes | None:
        """Return the WebP of a picture that the document names, made by a worker, else None.

        Raises StoreError, ImageError.
        """
        if f"thumbs/{digest}.webp" not in self._pictures_named:
            return None
        return await self._pictures.thumb(Digest(digest))

    async def picture(self, digest: str, extension: str) -> bytes | None:
        """Return the bytes of a picture that the document names, else None. Raises StoreError."""
        if f"pictures/{digest}.{extension}" not in self._pictures_named:
            return None
        return await asyncio.to_thread(self._pictures.read, Digest(digest))

    async def act(self, asked: Asked) -> Answer:
        """Do what is asked, or let it be done. Raises AssetgenError."""
        match asked:
            case Stop():
                self._builds.stop()
                return Answer(200, {"ok": True, "targets": []})
            case Price():
                self._check_known(asked.targets)
                return Answer(200, await self._in_thread(partial(self._ruling.price, asked)))
            case Reroll() | Build():
                self._check_known(asked.targets)
                return self._builds.order(asked)
            case _:
                self._check_known((asked.target,))
                docs = self.feed.targets([asked.target])
                if docs[0]["version"] != asked.seen:
                    # The page has an old sight of it, whatever becomes of what waits.
                    words = words_of(Problem(MOVED, facts={"target": asked.target}))
                    return Answer(409, {**words, "targets": docs})
                return await self._decided(asked)

    def _check_known(self, names: Sequence[str]) -> None:
        if self._is_ending:
            raise UsageError(Problem(ENDING))
        for name in names:
            if name not in self.feed:
                raise UsageError(Problem(NO_TARGET, facts={"target": name}))
        if self._queue.is_full:
            raise UsageError(Problem(FULL))

    async def _decided(self, asked: Decision) -> Answer:
        if isinstance(asked, Adopt):
            await self._look_at(asked.data)
        what = f"{type(asked).__name__.lower()} {asked.target}"
        job = self._queue.add(what, (asked.target,), partial(self._decide, asked))
        await asyncio.wait([job.done], timeout=SHORT_PATIENCE if self._is_held else PATIENCE)
        if job.done.done():
            return job.done.result()
        job.done.add_done_callback(partial(self._tell_decided, job))
        return Answer(202, {"queued": job.id})

    @property
    def _is_held(self) -> bool:
        """Whether a build that buys, or another terminal's, keeps decisions waiting."""
        return self._is_busy or self._builds.is_buying

    async def _look_at(self, data: bytes) -> None:
        """Let a worker decode a given file first; what does harm there harms nothing else.

        Raises ImageError.
        """
        digest = sha256(data)
        action = thumb_action(digest)
        (made,) = await self._executor.make([action.text], {digest: data})
        self._project.derived.put(action.key, made)

    async def _decide(self, asked: Decision) -> Answer:
        while True:
            try:
                await self._in_thread(partial(self._ruling.decide, asked))
                self._is_busy = False
                break
            except Busy:
                self._is_busy = True
                if self._is_ending:
                    return _refused(Problem(ENDING))
                await asyncio.sleep(BUSY_SECONDS)
            except Moved as error:
                self._is_busy = False
                await self._refresh()
                docs = self.feed.targets([asked.target])
                return Answer(409, {**words_of(error.problems[0]), "targets": docs})
            except AssetgenError as error:
                return _refused(error.problems[0])
        await self._refresh()
        if not self._is_ending:
            self._builds.tidy(free_work(self.feed.document, asked.target))
        return Answer(200, {"ok": True, "targets": self.feed.targets([asked.target])})

    def _tell_decided(self, job: Job[Answer], done: asyncio.Future[Answer]) -> None:
        """Tell all pages how a decision ended for which nobody waited."""
        said: dict[str, Any] = {"id": job.id, "what": job.what, "ok": False}
        if done.cancelled() or done.exception():
            said |= words_of(Problem(ENDING))
        elif done.result().status == 200:
            said["ok"] = True
        else:
            said |= {key: done.result().body[key] for key in ("error", "next")}
        self.feed.tell("decision", said)

    async def _keep_fresh(self) -> None:
        """Read the project anew whenever something of it changed, without doing only that."""
        while True:
            await self._dirty.wait()
            await asyncio.sleep(SETTLE_SECONDS)
            began = time.monotonic()
            await self._refresh()
            await asyncio.sleep(min(MAX_REST, REST * (time.monotonic() - began)))

    async def _refresh(self) -> None:
        self._dirty.clear()
        self._show(await self._in_thread(self._ruling.look))

    def _show(self, seen: Seen) -> None:
        self._noticer.follow(seen.interest)
        if seen.document is None:
            problem = seen.wrong.problems[0] if seen.wrong else Problem(ENDING)
            self.feed.warn({**words_of(problem), "error": str(problem)})
            return
        self.feed.warn(None)
        self._pictures_named = frozenset(_addresses(seen.document))
        self.feed.show(seen.document)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _addresses(value: Any) -> Any:
    """Yield the address of every picture in a document."""
    if isinstance(value, dict):
        if "thumb" in value and "full" in value:
            yield from (value["thumb"], value["full"])
        for one in value.values():
            yield from _addresses(one)
    elif isinstance(value, list):
        for one in value:
            yield from _addresses(one)


def _refused(problem: Problem) -> Answer:
    return Answer(400, words_of(problem))
