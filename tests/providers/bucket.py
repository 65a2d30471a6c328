"""An object store on this machine that checks what real ones check: signatures, their age, leave.

It works signatures out by the rules that Amazon publishes (Signature Version 4: header and query),
from the request as it came over the wire.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote, unquote, urlsplit

KEY, SECRET = "AKCANARY0001", "canary-secret-5b1f"
REGION = "eu-test-1"


@dataclass
class Bucket:
    """What the store holds, how it behaves, and what it was asked.

    Attributes:
        objects: (bytes, content type) by path; requests: method and path of each.
        signed: whether signatures are checked; the other clouds' are taken as they are.
        ahead: seconds by which its clock is ahead.
        conditions: whether it knows a conditional put.
        refusal: (status, code) of every put, instead of doing it.
        page: (bytes, content type) that every read gives instead of the object.
    """

    name: str = "art"
    signed: bool = True
    ahead: float = 0.0
    conditions: bool = True
    refusal: tuple[int, str] | None = None
    page: tuple[bytes, str] | None = None
    objects: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    endpoint: str = ""

    @property
    def uploads(self) -> list[str]:
        """The paths that bytes were sent to."""
        return [line[4:] for line in self.requests if line.startswith("PUT ")]

    def put(self, ask: Ask, body: bytes) -> tuple[int, str]:
        """Return the status and the code of an upload."""
        self.requests.append(f"PUT {ask.object}")
        if self.refusal:
            return self.refusal
        refusal = self._check_header(ask) if self.signed else None
        if refusal:
            return refusal
        if not ask.object.startswith(f"/{self.name}/"):
            return 404, "NoSuchBucket"
        wants_new = "*" in ask.headers.get("if-none-match", "") or (
            "x-goog-if-generation-match" in ask.headers
        )
        if wants_new and not self.conditions:
            return 501, "NotImplemented"
        if wants_new and ask.object in self.objects:
            return 412, "PreconditionFailed"
        kind = ask.headers.get("x-ms-blob-content-type") or ask.headers.get("content-type", "")
        self.objects[ask.object] = body, kind
        return 200, ""

    def get(self, ask: Ask) -> tuple[int, bytes, str]:
        """Return the status, the bytes and the content type of a read."""
        self.requests.append(f"GET {ask.object}")
        if self.page is not None:
            return 200, *self.page
        if not ask.query or (self.signed and not self._check_query(ask)):
            return 403, b"<Error><Code>AccessDenied</Code></Error>", "application/xml"
        data, kind = self.objects.get(ask.object, (b"", ""))
        return (200, data, kind) if kind else (404, b"", "application/xml")

    def _check_header(self, ask: Ask) -> tuple[int, str] | None:
        _, _, text = ask.headers.get("authorization", "").partition(" ")
        parts = dict(part.strip().split("=", 1) for part in text.split(",") if part)
        if not parts:
            return 403, "AccessDenied"
        credential, names = parts["Credential"], parts["SignedHeaders"].split(";")
        if credential.partition("/")[0] != KEY:
            return 403, "InvalidAccessKeyId"
        payload = ask.headers["x-amz-content-sha256"]
        wanted = _signature(ask, ask.query, names, payload, credential, ask.headers["x-amz-date"])
        return None if parts["Signature"] == wanted else (403, "SignatureDoesNotMatch")

    def _check_query(self, ask: Ask) -> bool:
        query = dict(ask.query)
        given = query.pop("X-Amz-Signature", "")
        names = query.get("X-Amz-SignedHeaders", "").split(";")
        credential, date = query.get("X-Amz-Credential", ""), query.get("X-Amz-Date", "")
        if not given or credential.partition("/")[0] != KEY:
            return False
        wanted = _signature(ask, list(query.items()), names, "UNSIGNED-PAYLOAD", credential, date)
        made = datetime.strptime(date + "+0000", "%Y%m%dT%H%M%SZ%z").timestamp()
        late = time.time() + self.ahead > made + int(query["X-Amz-Expires"])
        return given == wanted and not late


@dataclass
class Ask:
    """A request as it came: raw path, decoded query, headers in lower case."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]

    @property
    def object(self) -> str:
        """The path of what is asked for, as people write it."""
        return unquote(self.path)


def _signature(
    ask: Ask, query: list[tuple[str, str]], names: list[str], payload: str, scope: str, date: str
) -> str:
    pairs = sorted((quote(key, safe="-_.~"), quote(value, safe="-_.~")) for key, value in query)
    canonical = "\n".join(
        [
            ask.method,
            quote(unquote(ask.path), safe="/-_.~"),
            "&".join(f"{key}={value}" for key, value in pairs),
            *(f"{name}:{ask.headers.get(name, '').strip()}" for name in names),
            "",
            ";".join(names),
            payload,
        ]
    )
    scope = scope.partition("/")[2]
    text = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{SECRET}".encode()
    for part in (*scope.split("/"), text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key.hex()


@contextmanager
def open_bucket(bucket: Bucket) -> Iterator[Bucket]:
    """Serve ``bucket`` on a free port of this machine; its ``endpoint`` says where."""

    class Handler(BaseHTTPRequestHandler):
        def _ask(self) -> Ask:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = parse_qsl(parts.query, keep_blank_values=True)
            return Ask(self.command, parts.path, query, headers)

        def _reply(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Type", kind)
            self.send_header("ETag", '"1"')
            self.end_headers()
            self.wfile.write(body)

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, code = bucket.put(self._ask(), body)
            text = f"<Error><Code>{code}</Code></Error>" if code else ""
            self._reply(status, text.encode(), "application/xml")

        def do_GET(self) -> None:
            self._reply(*bucket.get(self._ask()))

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        bucket.endpoint = f"http://127.0.0.1:{server.server_port}"
        try:
            yield bucket
        finally:
            server.shutdown()
            thread.join()
