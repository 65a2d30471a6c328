"""Where local actions run: a small seam; knows bytes and manifests, and no graph or target.

Pictures are decoded and changed in processes of their own, which have no API key: they use all
cores, and what hostile bytes do to a decoder ends one of them and not the build.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from assetgen.build.room import Room
from assetgen.digest import Digest
from assetgen.errors import ImageError, Kind, Problem
from assetgen.graph import NOTHING
from assetgen.ops.expect import check_expect
from assetgen.ops.picture import MAX_PIXELS, claimed_pixels
from assetgen.ops.render import perform
from assetgen.ops.wire import Message, problems_of, read_message, write_message

LIMIT = 3600.0
"""Seconds after which a worker that does not answer is taken to be stuck: a lower one would make
slow machines fail for good."""

PATIENCE = 0.25
"""Seconds that work waits for a process that is busy before another one is started, which takes as
long."""

PIXELS_AT_ONCE = 2 * MAX_PIXELS
"""How many pixels of sources may be in work at once, which bounds the memory on many cores."""

WORKER_DIED = Kind(
    "worker-died",
    "the process that worked on this picture ended ({how})",
    "the machine may be out of memory: build again, with a smaller -j if it stays so",
)
WORKER_STUCK = Kind(
    "worker-stuck",
    "the process that worked on this picture was ended after {limit} without an answer",
    "leave out what takes so long, or do it on a smaller picture",
)
NO_WORKER = Kind(
    "no-worker",
    "no process for local work could be started: {reason}",
    "close other programs, then build again",
)

# -P: nothing is imported from the project's folder, which is where a worker runs.
_WORKER = (sys.executable, "-P", "-m", "assetgen.ops.worker")

_KEPT = ("PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
_KEPT_PREFIXES = ("PYTHON", "LC_", "LANG", "DYLD_")


@dataclass(frozen=True, slots=True)
class Expected:
    """A finished file, and what must hold of it; ``path`` is for messages."""

    data: bytes
    format: str
    expect: Mapping[str, Any]
    path: str


class Executor(Protocol):
    """Performs local work for several callers at once."""

    async def make(
        self,
        texts: Sequence[str],
        blobs: Mapping[Digest, bytes],
        ready: Mapping[str, bytes] = NOTHING,
    ) -> list[bytes]:
        """Return the file of each manifest, made of ``blobs`` and of parts that are ``ready``.

        Raises ImageError.
        """

    async def check(self, files: Sequence[Expected]) -> None:
        """Raise ImageError with everything that does not hold of ``files``."""

    async def close(self) -> None:
        """Drop what has not begun and wait for what has."""


class ProcessExecutor:
    """Runs actions in up to ``workers`` processes, each started when it is first needed.

    ``begin`` is run by each thread that waits for one of them; ``plugins`` are the ops of other
    packages that the user enables; ``program`` is what is started, with those as arguments, and
    ended if it has not answered after ``limit`` seconds.
    """

    def __init__(
        self,
        workers: int,
        begin: Callable[[], None] | None = None,
        plugins: Sequence[str] = (),
        program: Sequence[str] = _WORKER,
        limit: float = LIMIT,
    ) -> None:
        self._threads = ThreadPoolExecutor(
            workers, thread_name_prefix="assetgen-ops", initializer=begin
        )
        self._command = (*program, *plugins)
        self._limit = limit
        self._idle: SimpleQueue[_Worker] = SimpleQueue()
        self.processes: set[int] = set()
        """Numbers of the processes that were started and have not ended."""
        self._room = Room(PIXELS_AT_ONCE)
        self._lock = threading.Lock()
        self._has_begun = False

    async def make(
        self,
        texts: Sequence[str],
        blobs: Mapping[Digest, bytes],
        ready: Mapping[str, bytes] = NOTHING,
    ) -> list[bytes]:
        """Return the file of each manifest, made of ``blobs`` and of parts that are ``ready``.

        Raises ImageError.
        """
        head = {"manifests": list(texts), "ready": list(ready), "digests": list(blobs)}
        question = Message(head, [*ready.values(), *blobs.values()])
        answer = await self._answer(question)
        return list(answer.blobs)

    async def check(self, files: Sequence[Expected]) -> None:
        """Raise ImageError with everything that does not hold of ``files``."""
        asked = [[file.format, file.expect, file.path] for file in files]
        await self._answer(Message({"expected": asked}, [file.data for file in files]))

    async def close(self) -> None:
        """Drop what has not begun, wait for what has, and end the processes."""
        await asyncio.to_thread(self._threads.shutdown, wait=True, cancel_futures=True)
        while not self._idle.empty():
            self._idle.get().end()

    async def _answer(self, question: Message) -> Message:
        loop = asyncio.get_running_loop()
        async with self._room.taken(sum(map(claimed_pixels, question.blobs))):
            answer = await loop.run_in_executor(self._threads, self._ask, question)
        if "problems" in answer.head:
            raise ImageError(*problems_of(answer.head["problems"]))
        return answer

    def _ask(self, question: Message) -> Message:
        worker = self._worker()
        try:
            answer = worker.ask(question)
        except ImageError:
            self.processes.discard(worker.number)
            raise
        self._idle.put(worker)
        return answer

    def _worker(self) -> _Worker:
        """Return an idle process, or a new one; small work rather waits than starts a second."""
        with self._lock:
            patience = PATIENCE if self._has_begun else 0.0
            self._has_begun = True
        try:
            return self._idle.get(timeout=patience)
        except Empty:
            worker = _Worker(self._command, self._limit)
            self.processes.add(worker.number)
            return worker


class _Worker:
    """One process; it is asked by one thread at a time."""

    def __init__(self, command: Sequence[str], limit: float) -> None:
        self._limit = limit
        try:
            self._process = subprocess.Popen(  # noqa: S603 # this very program, no shell
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment(),
            )
        except OSError as error:
            raise ImageError(Problem(NO_WORKER, facts={"reason": str(error)})) from error

    @property
    def number(self) -> int:
        """The process's number."""
        return self._process.pid

    def ask(self, question: Message) -> Message:
        """Return the answer. Raises ImageError, after which the process is gone."""
        asked, answers = self._process.stdin, self._process.stdout
        if asked is None or answers is None:
            raise AssertionError("both ends are pipes")
        began = time.monotonic()
        late = threading.Timer(self._limit, self._process.kill)
        late.daemon = True
        late.start()
        try:
            write_message(asked, question)
            answer = read_message(answers)
        except OSError:
            answer = None  # it is gone
        finally:
            late.cancel()
        if answer is None or not _fits(question, answer):
            self._process.kill()
            how = _how_it_ended(self._process.wait())
            self._close()
            kind = WORKER_STUCK if time.monotonic() - began >= self._limit else WORKER_DIED
            limit = f"{self._limit:g} seconds"
            raise ImageError(Problem(kind, facts={"how": how, "limit": limit}))
        return answer

    def end(self) -> None:
        """Let the process come to its end, which it does when it is asked no more."""
        self._close()
        self._process.wait()

    def _close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what could not be written is not wanted any more
                    pipe.close()


def _fits(question: Message, answer: Message) -> bool:
    """Whether an answer is one: problems, or as many files as were asked for."""
    if "problems" in answer.head:
        return bool(problems_of(answer.head["problems"]))
    return len(answer.blobs) == len(question.head.get("manifests", ()))


def _environment() -> dict[str, str]:
    """Return what a worker may know of the environment: no key is among it."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.upper() in _KEPT or name.upper().startswith(_KEPT_PREFIXES)
    }
    # One picture to a core: libraries that start threads of their own would only be in the way.
    return {**kept, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def _how_it_ended(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


class InlineExecutor:
    """Runs actions on the spot and remembers the manifests of each call."""

    def __init__(self) -> None:
        self.made: list[tuple[str, ...]] = []

    async def make(
        self,
        texts: Sequence[str],
        blobs: Mapping[Digest, bytes],
        ready: Mapping[str, bytes] = NOTHING,
    ) -> list[bytes]:
        """Return the file of each manifest, made of ``blobs`` and of parts that are ``ready``.

        Raises ImageError.
        """
        self.made.append(tuple(texts))
        return perform(texts, blobs, ready)

    async def check(self, files: Sequence[Expected]) -> None:
        """Raise ImageError with everything that does not hold of ``files``."""
        problems = [p for f in files for p in check_expect(f.data, f.format, f.expect, f.path)]
        if problems:
            raise ImageError(*problems)

    async def close(self) -> None:
        """Hold nothing, so release nothing."""
