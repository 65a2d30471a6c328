"""Runs this very program as another process, and reads what it says of itself; builds nothing.

A build in a process of its own holds the project's lock as any other build does, and outlives no
mistake of the page that asked for it. What it prints is read with limits, as anything from outside.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assetgen.errors import Kind, Problem, StoreError, printable

MAX_LINE = 1 << 20
"""Bytes of one event; a longer line is none."""
MAX_SAID = 4000
"""Bytes of what is kept of its complaints."""

LAST_SECONDS = 5.0
"""For a child to end that nobody waits for any more; whatever it sent is in the ledger."""

NO_CHILD = Kind(
    "no-child",
    "the build could not be started: {reason}",
    "close other programs or name fewer targets, then try again",
)

# -P: nothing is imported from the project's folder, where it runs.
PROGRAM = (sys.executable, "-P", "-m", "assetgen")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended: its exit code, and the last that it said to a person."""

    code: int
    said: str


class Child:
    """One run of the program in a folder, with an environment that holds the user's keys.

    ``program`` is what is started.

    Attributes:
        is_stopped: it was asked to stop.
    """

    def __init__(
        self, folder: str, environ: Mapping[str, str], program: Sequence[str] = PROGRAM
    ) -> None:
        self._folder = folder
        self._environ = dict(environ)
        self._program = program
        self._process: asyncio.subprocess.Process | None = None
        self.is_stopped = False

    async def run(self, arguments: Sequence[str], tell: Callable[[Any], None]) -> Ended:
        """Run it to its end; ``tell`` is given each event of its JSON Lines. Raises StoreError."""
        if self.is_stopped:
            return Ended(130, "")
        try:
            process = self._process = await asyncio.create_subprocess_exec(
                *self._program,
                *arguments,
                cwd=self._folder,
                env=self._environ,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=MAX_LINE,
                # Ctrl-C in the terminal is for whoever started it, which then asks it to stop.
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise StoreError(Problem(NO_CHILD, facts={"reason": str(error)})) from None
        if process.stdout is None or process.stderr is None:
            raise AssertionError("both are pipes")
        if self.is_stopped:
            self._signal()
        try:
            said, _ = await asyncio.gather(
                _last_of(process.stderr), _each_event(process.stdout, tell)
            )
            return Ended(await process.wait(), said)
        finally:
            if process.returncode is None:  # nobody reads it any more
                await self._end(process)

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        self._signal()
        try:
            async with asyncio.timeout(LAST_SECONDS):
                await process.communicate()
        except TimeoutError:
            process.kill()
            await process.communicate()

    def interrupt(self) -> None:
        """Ask it to stop, as Ctrl-C does: the first time in good order, then at once."""
        self.is_stopped = True
        self._signal()

    def _signal(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGINT if os.name != "nt" else signal.SIGTERM)


async def _each_event(stream: asyncio.StreamReader, tell: Callable[[Any], None]) -> None:
    async for line in _lines(stream):
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict) and isinstance(event.get("event"), str):
            tell(event)


async def _lines(stream: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while True:
        try:
            line = await stream.readline()
        except ValueError:  # longer than any event; what is left of it is no event either
            continue
        if not line:
            return
        yield line


async def _last_of(stream: asyncio.StreamReader) -> str:
    """Return the end of what a stream says, in printable characters."""
    kept = b""
    while data := await stream.read(MAX_SAID):
        kept = (kept + data)[-MAX_SAID:]
    lines = kept.decode(errors="replace").splitlines()
    return "\n".join(printable(line) for line in lines).strip()
