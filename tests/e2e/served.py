"""`assetgen review` as a user starts it, beside emulated services."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

from tests.e2e.emulated import Market, market

T = TypeVar("T")
SECONDS = 20.0
TARGETS = """\
targets:
  sword: {prompt: a rusty sword, takes: 2, output: art/sword.png}
  shield: {prompt: a round shield, output: art/shield.png}
  crown: {prompt: a golden crown, output: art/crown.png}
  icon: {from: sword, ops: [{resize: {width: 64}}], output: art/icon.webp}
"""


def until(holds: Callable[[], T], what: str = "it") -> T:
    """Return what ``holds`` gives once that is true; fail after a while."""
    end = time.monotonic() + SECONDS
    while not (found := holds()):
        assert time.monotonic() < end, f"{what} did not happen"
        time.sleep(0.02)
    return found


@dataclass
class Review:
    """A running review of a project: where it is, and what became of the project."""

    shop: Market
    process: subprocess.Popen[str]
    address: str = ""
    said: list[str] = field(default_factory=list)

    @property
    def origin(self) -> str:
        """The address without its token."""
        return self.address.partition("/?")[0]

    @property
    def lines(self) -> dict[str, Any]:
        """The lines of the lock by target."""
        text = (self.shop.root / "assetgen.lock").read_text()
        return {line["target"]: line for line in map(json.loads, text.splitlines()[1:])}

    def shown(self, name: str) -> int:
        """Return which take the lock shows of a target."""
        return int(self.lines[name].get("shown", 1))

    def file(self, path: str) -> bytes:
        """Return the bytes of a file of the project."""
        return (self.shop.root / path).read_bytes()

    def stop(self) -> int:
        """Press Ctrl-C, and return the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(SECONDS)


@contextmanager
def review(shop: Market, *arguments: str) -> Iterator[Review]:
    """Start `assetgen review` and end it afterwards, whatever happens."""
    process = shop.start("review", *arguments)
    found = Review(shop, process)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("review: http://127.0.0.1:"), (line, process.communicate())
        found.address = line.removeprefix("review: ").strip()
        yield found
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@contextmanager
def shop_with_pictures(folder: Path, latency: float = 0.3) -> Iterator[Market]:
    """Give a project whose pictures are bought: two takes of a sword, a shield, a crown."""
    with market(folder, latency=latency) as shop:
        shop.only("runware")
        shop.shelf("runware", TARGETS)
        shop.build("--max-images", "9")
        yield shop


@contextmanager
def stranger(html: str) -> Iterator[tuple[str, list[Any]]]:
    """Serve a page on another port; gives its address, and the headers of each visit."""
    visits: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            visits.append(dict(self.headers))
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/", visits
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
