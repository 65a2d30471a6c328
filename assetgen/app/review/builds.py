"""The builds that a review asks for, each a process of its own; decides nothing, draws no page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Any

from assetgen.app.planning import Selection
from assetgen.app.project import Project
from assetgen.app.review.children import Child, Ended
from assetgen.errors import AssetgenError, Kind, Problem
from assetgen.plan.model import Mode
from assetgen.review.asked import Build, Reroll
from assetgen.review.feed import Feed
from assetgen.review.queue import Job, Queue
from assetgen.review.web import Answer

INTERRUPTED = 130
FILES, BUILD, REROLL = "files", "build", "reroll"
"""What a build is for: files are brought in line for nothing after a decision."""

UNDER_WAY = Kind(
    "review-under-way",
    "more takes of {target} are being bought already",
    "wait until they are there, then look at them",
)

Work = Callable[[Job[Answer]], Awaitable[Answer]]


class Builds:
    """Builds of a project, in the queue where decisions wait too.

    ``refresh`` reads the project anew; ``notice`` says that it will have to be, soon. All pages of
    ``feed`` are told how a build goes.
    """

    def __init__(
        self,
        project: Project,
        selection: Selection,
        mode: Mode,
        feed: Feed,
        queue: Queue[Answer],
        refresh: Callable[[], Awaitable[None]],
        notice: Callable[[], None],
    ) -> None:
        self._project = project
        self._selection = selection
        self._draft = ["--draft"] if mode.draft else []
        self._feed = feed
        self._queue = queue
        self._refresh = refresh
        self._notice = notice
        self._child: Child | None = None
        self._jobs: dict[Job[Answer], tuple[str, ...]] = {}
        self._untidy: dict[str, None] = {}

    @property
    def is_running(self) -> bool:
        """Whether one of them runs."""
        return self._child is not None

    @property
    def is_buying(self) -> bool:
        """Whether one that may buy runs, which takes its time."""
        current = self._queue.current
        return current is not None and current.what in (BUILD, REROLL)

    def order(self, asked: Reroll | Build) -> Answer:
        """Queue a build that may buy, within what was agreed to, unless an equal one waits."""
        words = ["--json", "--yes", *_limits(asked), *self._draft]
        if isinstance(asked, Build):
            names = asked.targets or tuple(self._selection.patterns)
            left_out = [f"--exclude={name}" for name in self._selection.exclude]
            words = ["build", *words, *left_out, "--", *names]
            job = self._waiting(words) or self._add(BUILD, asked.targets, words)
            return Answer(202, {"queued": job.id})
        again = self._under_way(asked.targets)
        if again:
            said = words_of(Problem(UNDER_WAY, facts={"target": again[0]}))
            return Answer(409, {**said, "targets": self._feed.targets(again)})
        words += [f"--takes={asked.takes}", f"--note={asked.note}"]
        job = self._add(REROLL, asked.targets, ["reroll", *words, "--", *asked.targets])
        return Answer(202, {"queued": job.id})

    def _waiting(self, words: Sequence[str]) -> Job[Answer] | None:
        """Return the build with these words that has not begun: it does what is asked for again."""
        current = self._queue.current
        same = (job for job, said in self._jobs.items() if said == tuple(words))
        return next((job for job in same if job is not current and not job.done.done()), None)

    def _under_way(self, names: Iterable[str]) -> list[str]:
        """Return what another page, or a second click, is having rerolled already."""
        rerolls = [job.targets for job in self._jobs if job.what == REROLL]
        known = {name for targets in rerolls for name in targets}
        return sorted(known.intersection(names))

    def tidy(self, names: Sequence[str]) -> None:
        """Let the files of targets be brought in line, for nothing; all that wait at once."""
        waits = bool(self._untidy)
        self._untidy |= dict.fromkeys(names)
        if names and not waits:
            self._queued(FILES, (), (), self._run_tidy)

    async def _run_tidy(self, job: Job[Answer]) -> Answer:
        names = tuple(self._untidy)
        self._untidy.clear()
        return await self._run(["build", "--json", "--offline", *self._draft, "--", *names], job)

    def stop(self) -> None:
        """Interrupt the one that runs in good order, and begin none that waits."""
        self._untidy.clear()
        for job in self._queue.drop(lambda job: job in self._jobs):
            self._tell(job, "done", None, Ended(INTERRUPTED, ""))
        if self._child is not None and not self._child.is_stopped:
            self._child.interrupt()

    def kill(self) -> None:
        """End one that was asked to stop before, at once."""
        if self._child is not None:
            self._child.interrupt()

    def _add(self, what: str, targets: tuple[str, ...], words: Sequence[str]) -> Job[Answer]:
        return self._queued(what, targets, words, partial(self._run, words))

    def _queued(
        self, what: str, targets: tuple[str, ...], words: Sequence[str], work: Work
    ) -> Job[Answer]:
        async def run() -> Answer:
            return await work(job)

        job = self._queue.add(what, targets, run)
        self._jobs[job] = tuple(words)
        job.done.add_done_callback(lambda done: self._jobs.pop(job))
        self._tell(job, "queued")
        return job

    async def _run(self, words: Sequence[str], job: Job[Answer]) -> Answer:
        def tell(event: Any) -> None:
            self._tell(job, "running", event)
            if event["event"] in ("target_done", "target_failed"):
                self._notice()

        self._tell(job, "running")
        child = self._child = Child(self._project.root, self._project.environ)
        try:
            ended = await child.run(words, tell)
        except AssetgenError as error:
            ended = Ended(1, error.problems[0].cause)
        finally:
            self._child = None
        await self._refresh()
        self._tell(job, "done", None, ended)
        return Answer(200, {"ok": not ended.code, "targets": []})

    def _tell(
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
        current = self._feed.build
        if state == "done":
            self._feed.build = None if current and current["id"] == job.id else current
        elif state == "running" or current is None:
            self._feed.build = said
        self._feed.tell("build", said)


def _limits(asked: Reroll | Build) -> list[str]:
    if not asked.max_images:
        return ["--offline"]
    cost = [] if asked.max_cost is None else [f"--max-cost={asked.max_cost!r}"]
    return [f"--max-images={asked.max_images}", *cost]


def words_of(problem: Problem) -> dict[str, str]:
    """Return what an answer says of a problem."""
    return {"error": problem.cause, "next": problem.step}
