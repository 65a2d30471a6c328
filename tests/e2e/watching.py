"""A running `assetgen watch --json`, and waiting for what it says."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from tests.e2e.sandbox import Sandbox

SECONDS = 30.0

Said = dict[str, Any]


class Watching:
    """A watch in a process of its own; leaving the context ends it, in whatever way."""

    def __init__(self, box: Sandbox, *arguments: str) -> None:
        self.said: list[Said] = []
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.process: subprocess.Popen[str] = box.start("watch", "--json", *arguments)
        self._stderr: list[str | None] = []
        ends = (
            (self.process.stdout, self._lines.put),
            (self.process.stderr, self._stderr.append),
        )
        self._readers = [threading.Thread(target=_pass_on, args=end, daemon=True) for end in ends]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Watching:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for reader in self._readers:
            reader.join(SECONDS)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def until(self, event: str, wanted: Callable[[Said], bool] = lambda said: True) -> Said:
        """Return the next event of this name that is wanted; what comes before it is passed by."""
        end = time.monotonic() + SECONDS
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                line = None
            assert line is not None, f"no {event}: {self.said}\n{self.err}"
            self.said.append(json.loads(line))
            if self.said[-1]["event"] == event and wanted(self.said[-1]):
                return self.said[-1]

    def changed(self, path: str) -> Said:
        """Return the build's end that a change of the path that ends so has caused."""
        self.until("changed", lambda said: any(name.endswith(path) for name in said["paths"]))
        return self.until("summary")

    def done(self) -> list[str]:
        """Return what was worked on so far, as `buy sword`."""
        return [
            f"{said['work']} {said['target']}"
            for said in self.said
            if said["event"] == "target_done" and said["work"]
        ]

    @property
    def err(self) -> str:
        """What stderr said so far."""
        return "".join(filter(None, self._stderr))

    def interrupt(self) -> int:
        """Press Ctrl-C and return the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(SECONDS)


def _pass_on(stream: Any, take: Callable[[str | None], object]) -> None:
    """Give each line, then None."""
    for line in stream:
        take(line)
    take(None)


@contextmanager
def settled(box: Sandbox, *arguments: str) -> Iterator[Watching]:
    """Start a watch, give it when its first build is over."""
    with Watching(box, *arguments) as watching:
        watching.until("summary")
        yield watching
