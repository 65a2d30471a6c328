"""Receives what services deliver and has what they read, on a port of this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Listener:
    """What was received, and what is answered.

    Attributes:
        statuses: answers to deliveries in order, the last one for ever.
        received: method, path and body of each delivery.
        files, moved: bytes and redirects by path.
    """

    def __init__(self) -> None:
        self.statuses = [200]
        self.received: list[tuple[str, str, bytes]] = []
        self.url = ""
        self.files: dict[str, bytes] = {}
        self.moved: dict[str, str] = {}

    def at(self, path: str) -> str:
        """Return the address of a path."""
        return self.url.partition("/hook")[0] + path

    @property
    def bodies(self) -> list[Any]:
        """The bodies as JSON."""
        return [json.loads(body) for _, _, body in self.received]


@contextmanager
def listening() -> Iterator[Listener]:
    """Yield a listener that listens while the block lasts."""
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302 if self.path in listener.moved else 200)
            self.send_header("Location", listener.moved.get(self.path, ""))
            data = listener.files.get(self.path, b"")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["Content-Length"]))
            turn = min(len(listener.received), len(listener.statuses) - 1)
            listener.received.append((self.command, self.path, data))
            self.send_response(listener.statuses[turn])
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_PUT = do_POST  # noqa: N815 the name that the base class looks for

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        listener.url = f"http://127.0.0.1:{server.server_port}/hook?token=abc"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield listener
        finally:
            server.shutdown()
            thread.join()
