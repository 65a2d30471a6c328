"""What happens where somebody sits at a terminal: they are asked, and may leave."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time

from tests.e2e.emulated import Market
from tests.e2e.sandbox import ASSETGEN

SECONDS = 20.0


class Terminal:
    """An `assetgen` that believes that somebody is there."""

    def __init__(self, shop: Market, *arguments: str) -> None:
        self.seen = b""
        self._pid, self._screen = pty.fork()
        if self._pid == 0:
            os.chdir(shop.root)
            os.execve(ASSETGEN, [ASSETGEN, *arguments], {**shop.env, "TERM": "dumb"})  # noqa: S606

    def until(self, text: str) -> None:
        """Read until ``text`` is on the screen."""
        end = time.monotonic() + SECONDS
        while text.encode() not in self.seen:
            assert time.monotonic() < end, self.seen
            assert self._read(), self.seen

    def until_it_waits(self) -> None:
        """Return when it sleeps, as far as several looks can tell: it waits for a key."""
        end = time.monotonic() + SECONDS
        looks = 0
        while looks < 5:
            assert time.monotonic() < end, self.seen
            ps = ["ps", "-o", "stat=", "-p", str(self._pid)]
            state = subprocess.run(ps, capture_output=True, text=True, check=True).stdout
            looks = looks + 1 if state.startswith("S") else 0

    def type(self, text: str) -> None:
        """Press these keys."""
        os.write(self._screen, text.encode())

    def exit_code(self) -> int:
        """Wait for its end."""
        end = time.monotonic() + SECONDS
        while self._read():
            assert time.monotonic() < end, self.seen
        _, status = os.waitpid(self._pid, 0)
        os.close(self._screen)
        return os.waitstatus_to_exitcode(status)

    def _read(self) -> bool:
        assert select.select([self._screen], [], [], SECONDS)[0], self.seen
        try:
            text = os.read(self._screen, 1 << 16)
        except OSError:  # how Linux says that nobody is at the other end
            return False
        self.seen += text
        return bool(text)


def test_ctrl_c_at_the_question_is_ctrl_c(shop: Market) -> None:
    """Pressed once, it ends the build with 130, and nothing was sent."""
    shop.shelf("runware", "targets: {a: a sword}\n")
    terminal = Terminal(shop, "build")
    terminal.until("Buy these pictures?")
    terminal.until_it_waits()
    terminal.type("\x03")
    assert terminal.exit_code() == 130
    assert shop.submits == []


def test_a_no_buys_nothing_and_is_not_called_a_cap(shop: Market) -> None:
    """The last line says how to go on."""
    shop.shelf("runware", "targets: {a: a sword}\n")
    terminal = Terminal(shop, "build")
    terminal.until("Buy these pictures?")
    terminal.type("n\n")
    assert terminal.exit_code() == 3
    assert b"1 not bought: build again and agree" in terminal.seen
    assert shop.submits == []


def test_a_yes_buys(shop: Market) -> None:
    """The person's word is all that is needed."""
    shop.shelf("runware", "targets: {a: a sword}\n")
    terminal = Terminal(shop, "build")
    terminal.until("Buy these pictures?")
    terminal.type("y\n")
    assert terminal.exit_code() == 0
    assert len(shop.charges) == 1
