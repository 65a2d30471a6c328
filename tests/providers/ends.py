"""The other end of a service's wire: in memory, or a real socket on this machine."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

from assetgen.providers.http import Api, Http
from assetgen.secret import Secret

KEY = "canary-7f3a9c51"
BASE = "https://api.service.example/v1"

_T = TypeVar("_T")


def do(call: Coroutine[Any, Any, _T]) -> _T:
    return asyncio.run(call)


def answer(
    status: int, data: Any = None, headers: Mapping[str, str] | None = None
) -> httpx.Response:
    """Return a response: text and bytes as they are, anything else as JSON."""
    body = data if isinstance(data, str | bytes) else json.dumps(data)
    return httpx.Response(status, content=body, headers=headers)


@dataclass
class Wire:
    """Answers in turn (the last one again and again), and remembers every request."""

    answers: list[httpx.Response | Exception] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        given = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(given, Exception):
            raise given
        # A response is read once; the next request needs one of its own.
        return httpx.Response(given.status_code, headers=given.headers, stream=Chunks(given))

    def http(self) -> Http:
        """Return a client whose every request comes here."""
        return Http(httpx.MockTransport(self))

    def api(
        self,
        header: tuple[str, str] = ("Authorization", "Bearer "),
        *,
        base_url: str = BASE,
        key: str | None = KEY,
        name: str = "service",
    ) -> Api:
        """Return the interface of a service that answers here."""
        secret = None if key is None else Secret(key)
        return Api(self.http(), name, name.title(), base_url, secret, header)

    @property
    def body(self) -> Any:
        """The JSON of the last request."""
        return json.loads(self.requests[-1].content)


class Chunks(httpx.AsyncByteStream):
    """The bytes of a response as the network gives them, still packed."""

    def __init__(self, response: httpx.Response) -> None:
        self._body: bytes = response.extensions.get("raw") or response.content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body


def packed(body: bytes, coding: str) -> httpx.Response:
    """Return a response whose body is packed already."""
    response = httpx.Response(200, headers={"content-encoding": coding})
    response.extensions["raw"] = body
    return response


@dataclass(frozen=True)
class Asked:
    """One request as it came over a socket, on which connection."""

    connection: int
    head: str
    body: bytes


Answerer = Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    """A server on loopback: every request of a connection goes to ``answerer``, until it closes.

    Attributes:
        greeting: what it says before anybody asked.
    """

    answerer: Answerer
    greeting: bytes = b""
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.connections += 1
        connection = self.connections
        writer.write(self.greeting)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                while not writer.is_closing():
                    asked = await _read(reader, connection)
                    self.asked.append(asked)
                    await self.answerer(asked, writer)
                    await writer.drain()
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader, connection: int) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    lengths = [line for line in head.lower().splitlines() if line.startswith("content-length:")]
    size = int(lengths[0].partition(":")[2]) if lengths else 0
    return Asked(connection, head, await reader.readexactly(size))


@asynccontextmanager
async def serving(answerer: Answerer, greeting: bytes = b"") -> AsyncIterator[Server]:
    """Serve on loopback for the time of a block."""
    end = Server(answerer, greeting)
    server = await asyncio.start_server(end.serve, "127.0.0.1", 0)
    end.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield end
    finally:
        server.close()


@contextmanager
def nobody() -> Iterator[str]:
    """Give the base URL of a port that is taken, but answers to nobody."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@asynccontextmanager
async def reaching(
    url: str, *, key: str = KEY, seconds: float = 20.0, most: int = 1 << 20
) -> AsyncIterator[Api]:
    """Give an interface whose connections are closed after the block."""
    http = Http()
    try:
        yield Api(http, "service", "Service", url, Secret(key), seconds=seconds, most=most)
    finally:
        await http.close()


def saying(body: bytes, status: str = "200 OK", *headers: str) -> Answerer:
    """Return an answerer that says the same to everybody, and keeps the connection."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]

    async def say(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)

    return say


def cutting(said: bytes) -> Answerer:
    """Return an answerer that says just these bytes and closes."""

    async def cut(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        writer.close()

    return cut


async def reset(asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Answer a request by resetting its connection."""
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.close()


async def silence(asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Never answer."""
    await asyncio.Event().wait()


def dripping(said: bytes, pause: float) -> Answerer:
    """Return an answerer that says one byte at a time, with a pause (seconds) before each."""

    async def drip(asked: Asked, writer: asyncio.StreamWriter) -> None:
        for byte in said:
            await asyncio.sleep(pause)
            writer.write(bytes([byte]))
            await writer.drain()

    return drip
