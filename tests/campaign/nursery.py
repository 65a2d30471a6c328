"""A process that has loaded everything and forks a builder for each task; knows no project.

Builders must not be forked by a process with threads, and starting Python for each of some thousand
builds would be most of a campaign. So one process without threads does nothing but fork. Tasks come
as lines of JSON, and what is said of them goes out so; a builder's death is said by the nursery.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.campaign.builder import Task, perform
from tests.campaign.twins import TWINS

SECONDS = 120.0
"""How long a builder may take; one that takes longer hangs."""


@dataclass
class Child:
    """One builder, as seen from outside.

    Attributes:
        pid: 0 until it is born.
        ended: what it said at its end, None if it was silent.
        status: as `os.waitpid` gives it, None while it lives.
    """

    pid: int = 0
    has_begun: bool = False
    ended: Mapping[str, Any] | None = None
    status: int | None = None
    hung: bool = False
    on_begun: Callable[[Child], None] = lambda child: None
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def kill(self) -> None:
        """Let it die as by a power cut, if it still lives."""
        with self._changed:
            self._changed.wait_for(lambda: self.pid, 1.0)
            if self.pid and self.status is None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.pid, signal.SIGKILL)

    @property
    def was_killed(self) -> bool:
        """Whether it died while it was building: begun, and not finished."""
        return self._has_signal and self.has_begun and self.ended is None

    @property
    def died_early(self) -> bool:
        """Whether it was killed before it had begun, or when it had ended."""
        return self._has_signal and not self.was_killed

    @property
    def _has_signal(self) -> bool:
        return self.status is not None and os.WIFSIGNALED(self.status)

    @property
    def code(self) -> int | None:
        """The exit code of its build or command; None if it has none."""
        if self.ended is not None and self.ended["said"] == "ended":
            return int(self.ended["code"])
        if self.status is not None and os.WIFEXITED(self.status):
            return os.WEXITSTATUS(self.status)
        return None

    def wait(self) -> None:
        """Return when it is dead; one that hangs is killed."""
        with self._changed:
            dead = self._changed.wait_for(lambda: self.status is not None, SECONDS)
            self.hung = not dead
        if not dead:
            self.kill()
            self.wait()

    def hear(self, said: Mapping[str, Any]) -> None:
        """Take note of what was said by it or of it."""
        with self._changed:
            match said["said"]:
                case "born":
                    self.pid = said["pid"]
                case "begun":
                    self.has_begun = True
                case "gone":
                    self.status = said["status"]
                case _:
                    self.ended = said
            self._changed.notify_all()
        if said["said"] == "begun":
            self.on_begun(self)


class Nursery:
    """The forking process, for the time of a block."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._children: dict[int, Child] = {}

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait()
        self._reader.join()
        if self._process.stdout:
            self._process.stdout.close()

    def start(self, task: Task, on_begun: Callable[[Child], None] = lambda child: None) -> Child:
        """Start a builder. ``on_begun`` is called, in another thread, at its first step."""
        number = next(self._numbers)
        child = self._children[number] = Child(on_begun=on_begun)
        if self._process.stdin:
            self._process.stdin.write(json.dumps({"id": number, "task": asdict(task)}) + "\n")
            self._process.stdin.flush()
        return child

    def run(self, task: Task) -> Child:
        """Let a builder do its work to the end."""
        child = self.start(task)
        child.wait()
        return child

    def _read(self) -> None:
        for line in self._process.stdout or ():
            said = json.loads(line)
            self._children[said["id"]].hear(said)


def _say(number: int, said: Mapping[str, Any]) -> None:
    # One write of less than a pipe's atomic size: lines of several processes do not mix.
    text = json.dumps({"id": number, **said}).encode()
    os.write(_OUT, text + b"\n")


_OUT = 1


def _nurse() -> None:
    """Fork builders until nobody gives tasks any more."""
    global _OUT
    _OUT = os.dup(1)  # builders may lead their own output elsewhere
    numbers: dict[int, int] = {}
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    orders = b""
    while True:
        for handle in _ready(0, woken):
            data = os.read(handle, 1 << 16)
            if handle == 0 and not data:
                for pid in numbers:
                    os.kill(pid, signal.SIGKILL)
                return
            if handle == 0:
                *lines, orders = (orders + data).split(b"\n")
                for line in lines:
                    _bear(json.loads(line), numbers, (woken, wake))
        _bury(numbers)


def _ready(*handles: int) -> list[int]:
    return select.select(handles, [], [])[0]


def _bear(order: Mapping[str, Any], numbers: dict[int, int], pipes: tuple[int, int]) -> None:
    number = order["id"]
    pid = os.fork()
    if pid:
        numbers[pid] = number
        _say(number, {"said": "born", "pid": pid})
        return
    code = 70
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for handle in (0, *pipes):
            os.close(handle)
        os.open(os.devnull, os.O_RDONLY)
        given = order["task"]
        task = Task(**{**given, "argv": tuple(given["argv"])})
        perform(task, TWINS[task.twin], lambda said: _say(number, said))
        code = 0
    finally:
        os._exit(code)


def _bury(numbers: dict[int, int]) -> None:
    while numbers:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        _say(numbers.pop(pid), {"said": "gone", "status": status})


if __name__ == "__main__":
    _nurse()
