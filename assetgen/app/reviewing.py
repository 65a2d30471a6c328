"""A review under way: decisions and builds in one queue, and pages that see what comes of them.

Only the files are true. Decisions write the lock under the project's own lock, builds are processes
of their own, and whatever changed, here or in another terminal, is read anew and told to all pages.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from assetgen.app.children import Child, Ended
from assetgen.app.deciding import MOVED, Moved
from assetgen.app.noticing import Noticer
from assetgen.app.pictures import Pictures
from assetgen.app.planning import Selection
from assetgen.app.project import Project
from assetgen.app.ruling import Busy, Ruling, Seen, free_work
from assetgen.build.executor import ProcessExecutor
from assetgen.digest import Digest, sha256
from assetgen.errors import AssetgenError, Kind, Problem, UsageError
from assetgen.ops.thumb import thumb_action
from assetgen.plan.model import Mode
from assetgen.review.asked import Adopt, Asked, Build, Decision, Price, Reroll, Stop
from assetgen.review.feed import Feed
from assetgen.review.queue import Job, Queue
from assetgen.review.web import Answer

PATIENCE = 1.0
"""Seconds for which a decision is waited for; then it is said to be queued."""
BUSY_SECONDS = 0.15
SETTLE_SECONDS = 0.05
REST = 1.5
"""How long nothing is read anew after it was, in times of what that took."""
MAX_REST = 5.0
INTERRUPTED = 130

NO_TARGET = Kind("review-no-target", "this review has no target {target}", "reload the page")
UNDER_WAY = Kind(
    "review-under-way",
    "more takes of {target} are being bought already",
    "wait until they are there, then look at them",
)
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
        self._selection = selection
        self._mode = mode
        self._executor = ProcessExecutor(2)
        self._pictures = Pictures(project, self._executor)
        self._ruling = Ruling(project, selection, mode, self._pictures)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="assetgen-review")
        self._queue: Queue[Answer] = Queue()
        self._noticer = Noticer(self._notice)
        self._dirty = asyncio.Event()
        self._child: Child | None = None
        self._builds: set[Job[Answer]] = set()
        self._untidy: dict[str, None] = {}
        self._pictures_named: frozenset[str] = frozenset()
        self._is_wrong = False
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
        self._drop_builds()
        if self._child is not None:
            self._child.interrupt()
        jobs = self._queue.jobs
        if jobs:
            await asyncio.wait([job.done for job in jobs])

    @property
    def is_building(self) -> bool:
        """Whether a build of this review runs."""
        return self._child is not None

    def kill(self) -> None:
        """End a build that was asked to stop before, at once."""
        if self._child is not None:
            self._child.interrupt()

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
                return self._stop()
            case Price():
                self._check_known(asked.targets)
                return Answer(200, await self._in_thread(partial(self._ruling.price, asked)))
            case Reroll() | Build():
                self._check_known(asked.targets)
                return self._ordered(asked)
            case _:
                self._check_known((asked.target,))
                docs = self.feed.targets([asked.target])
                if docs[0]["version"] != asked.seen:
                    # The page has an old sight of it, whatever becomes of what waits.
                    words = _words(Problem(MOVED, facts={"target": asked.target}))
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
        await asyncio.wait([job.done], timeout=PATIENCE)
        if job.done.done():
            return job.done.result()
        job.done.add_done_callback(partial(self._tell_decided, job))
        return Answer(202, {"queued": job.id})

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
                break
            except Busy:
                if self._is_ending:
                    return _refused(Problem(ENDING))
                await asyncio.sleep(BUSY_SECONDS)
            except Moved as error:
                await self._refresh()
                docs = self.feed.targets([asked.target])
                return Answer(409, {**_words(error.problems[0]), "targets": docs})
            except AssetgenError as error:
                return _refused(error.problems[0])
        await self._refresh()
        self._tidy(free_work(self.feed.document, asked.target))
        return Answer(200, {"ok": True, "targets": self.feed.targets([asked.target])})

    def _tell_decided(self, job: Job[Answer], done: asyncio.Future[Answer]) -> None:
        """Tell all pages how a decision ended for which nobody waited."""
        said: dict[str, Any] = {"id": job.id, "what": job.what, "ok": False}
        if done.cancelled() or done.exception():
            said |= _words(Problem(ENDING))
        elif done.result().status == 200:
            said["ok"] = True
        else:
            said |= {key: done.result().body[key] for key in ("error", "next")}
        self.feed.tell("decision", said)

    def _tidy(self, names: Sequence[str]) -> None:
        """Let the files of targets be brought in line, for nothing; all that wait at once."""
        if not names or self._is_ending:
            return
        waits = bool(self._untidy)
        self._untidy |= dict.fromkeys(names)
        if not waits:
            self._add_build("files", (), self._run_tidy)

    async def _run_tidy(self, job: Job[Answer]) -> Answer:
        names = tuple(self._untidy)
        self._untidy.clear()
        return await self._run_build(
            job, ["build", "--json", "--offline", *self._drafted, "--", *names]
        )

    def _ordered(self, asked: Reroll | Build) -> Answer:
        """Queue a build that may buy, within what was agreed to."""
        again = self._under_way(asked)
        if again:
            docs = self.feed.targets(again)
            said = _words(Problem(UNDER_WAY, facts={"target": again[0]}))
            return Answer(409, {**said, "targets": docs})
        words = ["--json", "--yes", *_limits(asked), *self._drafted]
        if isinstance(asked, Reroll):
            takes = [f"--takes={asked.takes}", f"--note={asked.note}"]
            arguments = ["reroll", *words, *takes, "--", *asked.targets]
            job = self._add_build("reroll", asked.targets, partial(self._run_words, arguments))
        else:
            names = asked.targets or tuple(self._selection.patterns)
            left_out = [f"--exclude={name}" for name in self._selection.exclude]
            arguments = ["build", *words, *left_out, "--", *names]
            job = self._add_build("build", asked.targets, partial(self._run_words, arguments))
        return Answer(202, {"queued": job.id})

    def _under_way(self, asked: Reroll | Build) -> list[str]:
        """Return what another page, or a second click, is having rerolled already."""
        rerolls = [job.targets for job in self._builds if job.what == "reroll"]
        known = {name for targets in rerolls for name in targets}
        return sorted(known & set(asked.targets)) if isinstance(asked, Reroll) else []

    @property
    def _drafted(self) -> list[str]:
        return ["--draft"] if self._mode.draft else []

    def _add_build(
        self,
        what: str,
        targets: tuple[str, ...],
        work: Callable[[Job[Answer]], Awaitable[Answer]],
    ) -> Job[Answer]:
        async def run() -> Answer:
            return await work(job)

        job = self._queue.add(what, targets, run)
        self._builds.add(job)
        job.done.add_done_callback(lambda done: self._builds.discard(job))
        self._tell_build(job, "queued")
        return job

    async def _run_words(self, arguments: Sequence[str], job: Job[Answer]) -> Answer:
        return await self._run_build(job, arguments)

    async def _run_build(self, job: Job[Answer], arguments: Sequence[str]) -> Answer:
        def tell(event: Any) -> None:
            self._tell_build(job, "running", event)
            if event["event"] in ("target_done", "target_failed"):
                self._notice()

        self._tell_build(job, "running")
        child = self._child = Child(self._project.root, self._project.environ)
        try:
            ended = await child.run(arguments, tell)
        except AssetgenError as error:
            ended = Ended(1, error.problems[0].cause)
        finally:
            self._child = None
        await self._refresh()
        self._tell_build(job, "done", None, ended)
        return Answer(200, {"ok": not ended.code, "targets": []})

    def _tell_build(
        self, job: Job[Answer], state: str, event: Any = None, ended: Ended | None = None
    ) -> None:
        said = {
            "id": job.id,
            "state": state,
            "what": job.what,
            "targets": list(job.targets),
            "event": event,
            "exit_code": ended.code if ended else None,
        }
        if ended and ended.code:
            said["error"] = ended.said
        current = self.feed.build
        if state == "done":
            self.feed.build = None if current and current["id"] == job.id else current
        elif state == "running" or current is None:
            self.feed.build = said
        self.feed.tell("build", said)

    def _stop(self) -> Answer:
        """Interrupt the build that runs, once, and begin none that waits."""
        self._drop_builds()
        if self._child is not None and not self._child.is_stopped:
            self._child.interrupt()
        return Answer(200, {"ok": True, "targets": []})

    def _drop_builds(self) -> None:
        self._untidy.clear()
        for job in self._queue.drop(lambda job: job in self._builds):
            self._tell_build(job, "done", None, Ended(INTERRUPTED, ""))

    def _notice(self) -> None:
        self._dirty.set()

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
            self._is_wrong = True
            self.feed.tell("problem", {**_words(problem), "error": str(problem)})
            return
        if self._is_wrong:
            self._is_wrong = False
            self.feed.tell("problem", {"error": None})
        self._pictures_named = frozenset(_addresses(seen.document))
        self.feed.show(seen.document)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _limits(asked: Reroll | Build) -> list[str]:
    if isinstance(asked, Build) and not asked.max_images:
        return ["--offline"]
    cost = [] if asked.max_cost is None else [f"--max-cost={asked.max_cost!r}"]
    return [f"--max-images={asked.max_images}", *cost]


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


def _words(problem: Problem) -> dict[str, str]:
    return {"error": problem.cause, "next": problem.step}


def _refused(problem: Problem) -> Answer:
    return Answer(400, _words(problem))
