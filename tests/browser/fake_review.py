"""A server that answers the review page as a test says, and remembers what it was asked."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from assetgen.review.page import page_html, static_files
from tests.browser.sample import Sample

TOKEN = "t0ken-of-a-test"  # noqa: S105 (it opens nothing but this fake)
TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript",
    "css": "text/css",
    "svg": "image/svg+xml",
    "json": "application/json",
    "webp": "image/webp",
    "png": "image/png",
}


@dataclass(frozen=True)
class Asked:
    """One POST."""

    verb: str
    body: Any
    token: str | None
    query: Mapping[str, str]


@dataclass
class FakeReview:
    """What the page is served, and what came back.

    Attributes:
        at: counter of the document.
        answers: (status, body) by verb; 200 with nothing where there is none.
        asked: the POSTs, in order.
        gets: the paths of all GETs.
    """

    sample: Sample
    at: int = 1
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    gets: list[str] = field(default_factory=list)
    streams: list[queue.SimpleQueue[bytes | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    @property
    def entry(self) -> str:
        """The address that lets a page in."""
        return f"{self.url}#token={TOKEN}"

    def tell(self, name: str, data: Mapping[str, Any]) -> None:
        """Send an event to all pages."""
        event = f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()
        for stream in list(self.streams):
            stream.put(event)

    def hang_up(self) -> None:
        """End all connections for events."""
        for stream in list(self.streams):
            stream.put(None)

    def document(self) -> Any:
        """The document as it is served."""
        return {**self.sample.document, "mode": "review", "at": self.at}

    def target(self, name: str, **changes: Any) -> Any:
        """Return a target of the document with changes."""
        (found,) = [one for one in self.sample.targets if one["name"] == name]
        return {**found, **changes}

    def verbs(self) -> list[str]:
        """The verbs that were asked for, but for prices."""
        return [one.verb for one in self.asked if one.verb != "price"]

    def last(self, verb: str) -> Asked:
        """The latest POST of a verb."""
        return [one for one in self.asked if one.verb == verb][-1]

    def close(self) -> None:
        """End the server."""
        self.hang_up()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(review: FakeReview) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            path = urlsplit(self.path).path.removeprefix("/")
            review.gets.append(path)
            if path == "events":
                self._stream()
            elif path == "":
                self._send(page_html(mode="review", title="ashfall").encode(), "html")
            elif path == "data.json":
                self._send(json.dumps(review.document()).encode(), "json")
            else:
                name = path.removeprefix("static/")
                data = static_files().get(name) or review.sample.files.get(path)
                if data is None:
                    self.send_error(404)
                else:
                    self._send(data, path.rpartition(".")[2])

        def do_POST(self) -> None:
            parts = urlsplit(self.path)
            data = self.rfile.read(int(self.headers["Content-Length"]))
            is_json = self.headers["Content-Type"] == "application/json"
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            verb = parts.path.removeprefix("/act/")
            body = json.loads(data) if is_json else data
            review.asked.append(Asked(verb, body, self.headers["X-Assetgen-Token"], query))
            status, answer = review.answers.get(verb, (200, {"ok": True, "targets": []}))
            self._send(json.dumps(answer).encode(), "json", status)

        def _send(self, data: bytes, kind: str, status: int = 200) -> None:
            self.send_response(status)
            self.send_header("Content-Type", TYPES[kind])
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _stream(self) -> None:
            stream: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
            hello = json.dumps({"version": review.at})
            stream.put(f"event: hello\ndata: {hello}\n\n".encode())
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            review.streams.append(stream)
            try:
                while (event := stream.get()) is not None:
                    self.wfile.write(event)
                    self.wfile.flush()
            except OSError:
                pass  # the page has gone
            finally:
                review.streams.remove(stream)

    return Handler
