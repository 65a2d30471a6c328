"""Hears that a service says it is done, and believes nothing else of it; knows no job and no build.

No service here signs what it sends (Pixazo `X-Webhook-URL`, Runware `webhookURL`, APIXO
`callback_url`), so each attempt has an address of its own with an unguessable token. A call to it
is a hint to ask the service now, under its key, as a poll would have done later; forged, repeated
or lost calls change nothing but the time of that question.

It is plain asyncio around h11, the parser that httpx brings along: one kind of request, an answer
without a body, a time and a size that hold for the whole connection. A web server would add
routes, access logs that show tokens, signal handlers, and waits without a limit.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from urllib.parse import urlsplit

import h11

from assetgen.errors import Kind, Problem, UsageError
from assetgen.providers.address import is_loopback, origin_of
from assetgen.providers.wire import items_at, text_at

MAX_BODY = 1 << 20
MAX_HEAD = 16 << 10
SECONDS = 5.0
"""For a whole call, from its connection on: Runware waits no longer for an answer."""
MAX_CALLS = 64
"""Connections at once; more are dropped, and polls find what they had to say."""
MAX_DELIVERIES = 16
"""Calls that one token may get: a service that tells of each state, or repeats itself."""
LOOPBACK = "127.0.0.1"

BAD_URL = Kind(
    "bad-webhook-url",
    "--webhook-url cannot be used: {what}",
    "name the https address under which services reach this machine, such as a tunnel's",
)
BAD_LISTEN = Kind(
    "bad-webhook-listen",
    "--webhook-listen takes an address and a port, not '{text}'",
    "write 127.0.0.1:8787, or a port alone",
)
CANNOT_LISTEN = Kind(
    "cannot-listen",
    "no webhooks can be received at {where}: {what}",
    "choose another port, or build without --webhook-listen",
)

Hint = Callable[[str, tuple[str, ...]], None]
"""Takes a token and the ids of jobs that the body named, which nobody has vouched for."""

_IDS = ("request_id", "taskUUID", "taskId")
"""Where bodies name their job: Pixazo, Runware, APIXO."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22,200}")
"""At least 128 bits in base64 (or hexadecimal) for URLs."""
_MAX_ID = 200
_MAX_IDS = 16


def webhook_url(text: str) -> str:
    """Return ``text`` without a slash at its end, ready for `/` and a token.

    Raises UsageError unless it is https, or http on this machine, without a query.
    """
    origin = origin_of(text)
    if origin is None:
        what = "it is no address of a server, or it holds a user name"
    elif origin[0] != "https" and not (origin[0] == "http" and is_loopback(text)):
        what = f"{origin[0]} is not https"
    elif urlsplit(text)[3:] != ("", "") or text.endswith(("?", "#")):
        what = "a token cannot follow a '?' or '#'"
    else:
        return text.rstrip("/")
    raise UsageError(Problem(BAD_URL, facts={"what": what}))


def listen_place(text: str) -> tuple[str, int]:
    """Return host and port of `HOST:PORT`; a port alone is one of this machine only.

    Whoever types another host, such as `0.0.0.0`, means it. Raises UsageError.
    """
    host, _, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        port = ""
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and int(port) < 1 << 16):
        raise UsageError(Problem(BAD_LISTEN, facts={"text": text}))
    return host or LOOPBACK, int(port)


def job_ids(body: bytes) -> tuple[str, ...]:
    """Return what may be the ids of jobs in a body: flat, in a list, or wrapped in `data`."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return ()
    found: dict[str, None] = {}
    for items in (items_at(data), items_at(data, "data"), items_at(data, "errors")):
        for item in islice(items, _MAX_IDS):
            for text in (text_at(item, name) for name in _IDS):
                if 0 < len(text) <= _MAX_ID and text.isascii() and text.isprintable():
                    found[text] = None
    return tuple(islice(found, _MAX_IDS))


class Listener:
    """Receives webhooks while it is started.

    Attributes:
        host, port: where; the port that was chosen, if 0 was asked for.
    """

    def __init__(self, host: str, port: int, hint: Hint, seconds: float = SECONDS) -> None:
        self.host = host or LOOPBACK
        self.port = port
        self._seconds = seconds
        self._hint = hint
        self._left: dict[bytes, int] = {}
        self._server: asyncio.Server | None = None
        self._calls: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen. Raises UsageError if the place is taken or not this machine's."""
        try:
            self._server = await asyncio.start_server(self._connected, self.host, self.port)
        except (OSError, UnicodeError, OverflowError) as error:
            what = error.strerror if isinstance(error, OSError) else None
            facts = {"where": f"{self.host}:{self.port}", "what": what or "no such address"}
            raise UsageError(Problem(CANNOT_LISTEN, facts=facts)) from None
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and drop what is half received; safe to repeat."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        calls = list(self._calls)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        await server.wait_closed()

    def expect(self, token: str) -> None:
        """Take calls to `/token` from now on. Raises ValueError for one that could be guessed."""
        if not _TOKEN.fullmatch(token):
            raise ValueError("a token needs 128 bits in letters of a URL")
        self._left.setdefault(_key(token.encode()), MAX_DELIVERIES)

    def forget(self, token: str) -> None:
        """Take no more calls to `/token`: its attempt has ended."""
        self._left.pop(_key(token.encode()), None)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._calls) >= MAX_CALLS:
            writer.transport.abort()
            return
        call = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                await self._talk(reader, writer)
            writer.close()
        except (TimeoutError, OSError):
            pass
        finally:
            if not writer.is_closing():
                writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read one request, answer it, and pass its hint on."""
        wire = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD)
        token, body = "", b""
        try:
            status, token, body = await self._request(wire, reader, writer)
        except h11.RemoteProtocolError:
            status = 400
        if wire.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            headers = [("Content-Length", "0"), ("Connection", "close")]
            headers += [("Allow", "POST")] if status == 405 else []
            answer = h11.Response(status_code=status, headers=headers)
            writer.write(wire.send(answer) or b"")
        if token:
            self._hint(token, job_ids(body))
        await writer.drain()
        # A close with bytes unread would tear the answer out of the sender's hands.
        with suppress(NotImplementedError):
            writer.write_eof()
        while await reader.read(1 << 16):
            pass

    async def _request(
        self, wire: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> tuple[int, str, bytes]:
        """Return the status to answer; with 200 the token and the body."""
        target, body = b"", bytearray()
        while True:
            event = wire.next_event()
            if event is h11.NEED_DATA:
                if wire.they_are_waiting_for_100_continue:
                    go_on = h11.InformationalResponse(status_code=100, headers=[])
                    writer.write(wire.send(go_on) or b"")
                wire.receive_data(await reader.read(1 << 16))
            elif isinstance(event, h11.Request):
                target = event.target
                if event.method != b"POST":
                    return 405, "", b""
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > MAX_BODY:
                    return 413, "", b""
            elif isinstance(event, h11.EndOfMessage):
                token = self._used(target)
                return (200, token, bytes(body)) if token else (404, "", b"")
            else:
                raise OSError("closed before a request")

    def _used(self, target: bytes) -> str:
        """Return the expected token that a path ends in, counted; else an empty text.

        Folders before it are what a tunnel left of the public address. Tokens are compared by
        their hashes, so that the time says nothing of how near a guess is.
        """
        token = target.partition(b"?")[0].rpartition(b"/")[2]
        key = _key(token)
        left = self._left.get(key, 0)
        if not left:
            return ""
        self._left[key] = left - 1
        return token.decode("ascii")


def _key(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()
