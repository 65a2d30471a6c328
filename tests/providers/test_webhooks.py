"""A webhook is a hint for whoever knows its token, and nothing at all from anybody else."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import pytest

from assetgen.errors import UsageError
from assetgen.providers.webhooks import (
    MAX_BODY,
    MAX_CALLS,
    MAX_DELIVERIES,
    Listener,
    job_ids,
    listen_place,
    webhook_url,
)

TOKEN = "t0ken-that_nobody-can-guess"  # noqa: S105 - a path, made for this file
Hints = list[tuple[str, tuple[str, ...]]]


def listening(act: Callable[[Listener, Hints], Awaitable[None]], *, seconds: float = 30.0) -> None:
    """Run ``act`` on a listener that expects TOKEN, and close it."""

    async def run() -> None:
        hints: Hints = []
        listener = Listener("", 0, lambda token, ids: hints.append((token, ids)), seconds)
        await listener.start()
        listener.expect(TOKEN)
        try:
            await act(listener, hints)
        finally:
            await listener.close()

    asyncio.run(run())


async def call(listener: Listener, path: str, method: str = "POST", **content: Any) -> int:
    """Return the status that a request to ``path`` is answered with."""
    async with httpx.AsyncClient(trust_env=False) as client:
        url = f"http://127.0.0.1:{listener.port}{path}"
        return (await client.request(method, url, **content)).status_code


@asynccontextmanager
async def connected(
    listener: Listener,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def raw(listener: Listener, text: bytes) -> bytes:
    """Return all that is answered to ``text``, without closing first."""
    async with connected(listener) as (reader, writer):
        writer.write(text)
        return await reader.read()


ITEM = {"taskType": "imageInference", "taskUUID": "7c1f", "imageUUID": "i", "imageURL": "https://x"}


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        ({"request_id": "grok_019d", "status": "COMPLETED", "output": {}}, ("grok_019d",)),
        (ITEM, ("7c1f",)),
        ({"data": ITEM}, ("7c1f",)),
        ({"data": [ITEM, ITEM | {"taskUUID": "8d2a"}]}, ("7c1f", "8d2a")),
        ([ITEM], ("7c1f",)),
        ({"code": 200, "data": {"taskId": "task_1", "state": "success"}}, ("task_1",)),
        ({"data": {"nested": {"taskId": "task_1"}}}, ()),
        ({"taskId": 7, "request_id": None, "data": "task_1"}, ()),
        ({"taskId": "with\nbreak", "request_id": "\u202eforged", "taskUUID": "x" * 201}, ()),
        ({"data": [{"taskId": str(n)} for n in range(999)]}, tuple(map(str, range(16)))),
        ("task_1", ()),
    ],
)
def test_bodies_of_each_service(body: Any, ids: tuple[str, ...]) -> None:
    """Trap 34: Pixazo's is flat, Runware's flat or wrapped, APIXO's wrapped: ids are found."""

    async def act(listener: Listener, hints: Hints) -> None:
        assert await call(listener, f"/{TOKEN}", json=body) == 200
        assert hints == [(TOKEN, ids)]

    listening(act)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"taskId": ' + b"9" * 10_000 + b"}",
        b'{"taskId": "\\ud800"}',
        b"NaN",
    ],
)
def test_a_body_that_says_nothing(body: bytes) -> None:
    """It is a hint all the same: the token alone says which attempt to ask for."""
    assert job_ids(body) == ()

    async def act(listener: Listener, hints: Hints) -> None:
        assert await call(listener, f"/{TOKEN}", content=body) == 200
        assert hints == [(TOKEN, ())]

    listening(act)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/hooks",
        f"/{TOKEN}x",
        f"/{TOKEN[:-1]}",
        f"/{TOKEN.upper()}",
        f"/{TOKEN}/more",
        f"/?{TOKEN}",
        "/%74" + TOKEN[1:],
        "/" + "x" * 5000,
    ],
)
def test_a_forged_call(path: str) -> None:
    """Without the token there is nothing there, and nobody is told."""

    async def act(listener: Listener, hints: Hints) -> None:
        assert await call(listener, path, json={"request_id": "forged"}) == 404
        assert hints == []

    listening(act)


@pytest.mark.parametrize("path", [f"/hooks/a/{TOKEN}", f"/{TOKEN}?x=1", f"//{TOKEN}"])
def test_what_a_tunnel_makes_of_the_path(path: str) -> None:
    """The folders of the public address and a query do not matter."""

    async def act(listener: Listener, hints: Hints) -> None:
        assert await call(listener, path, json={}) == 200
        assert hints == [(TOKEN, ())]

    listening(act)


def test_a_repeated_call() -> None:
    """Each is answered alike and hints alike, up to a number that no service needs."""

    async def act(listener: Listener, hints: Hints) -> None:
        statuses = [await call(listener, f"/{TOKEN}", json=ITEM) for _ in range(MAX_DELIVERIES)]
        assert set(statuses) == {200}
        assert await call(listener, f"/{TOKEN}", json=ITEM) == 404
        listener.expect(TOKEN)
        assert await call(listener, f"/{TOKEN}", json=ITEM) == 404
        assert hints == [(TOKEN, ("7c1f",))] * MAX_DELIVERIES

    listening(act)


def test_a_token_whose_attempt_has_ended() -> None:
    """It is as unknown as any other."""

    async def act(listener: Listener, hints: Hints) -> None:
        listener.forget(TOKEN)
        listener.forget("never-expected")
        assert await call(listener, f"/{TOKEN}", json=ITEM) == 404
        assert hints == []

    listening(act)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_another_method(method: str) -> None:
    """It changes nothing, whatever the path."""

    async def act(listener: Listener, hints: Hints) -> None:
        assert await call(listener, f"/{TOKEN}", method) == 405
        assert await call(listener, "/", method) == 405
        assert hints == []

    listening(act)


def in_pieces(size: int) -> AsyncIterator[bytes]:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(size >> 16):
            yield b" " * (1 << 16)
        yield b" " * (size % (1 << 16))

    return pieces()


@pytest.mark.parametrize("path", [f"/{TOKEN}", "/unknown"])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_long(path: str, chunked: bool) -> None:
    """It is refused alike with and without a token, announced or not."""

    async def act(listener: Listener, hints: Hints) -> None:
        size = MAX_BODY + 1
        content = in_pieces(size) if chunked else b" " * size
        assert await call(listener, path, content=content) == 413
        assert hints == []

    listening(act)


def test_the_longest_body() -> None:
    """A body of just the limit is taken, also in pieces."""

    async def act(listener: Listener, hints: Hints) -> None:
        body = json.dumps({"taskId": "task_1"}).encode().ljust(MAX_BODY)
        assert await call(listener, f"/{TOKEN}", content=body) == 200
        assert await call(listener, f"/{TOKEN}", content=in_pieces(MAX_BODY)) == 200
        assert hints == [(TOKEN, ("task_1",)), (TOKEN, ())]

    listening(act)


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"POST /",
        b"POST /" + TOKEN.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
    ],
)
def test_a_slow_call(start: bytes) -> None:
    """What has not come in time is dropped without an answer."""

    async def act(listener: Listener, hints: Hints) -> None:
        assert await raw(listener, start) == b""
        assert hints == []

    listening(act, seconds=0.2)


def test_a_call_beside_a_slow_one() -> None:
    """Nobody waits for another."""

    async def act(listener: Listener, hints: Hints) -> None:
        async with connected(listener) as (_, writer):
            writer.write(b"POST /")
            assert await call(listener, f"/{TOKEN}", json={}) == 200
        assert hints == [(TOKEN, ())]

    listening(act)


def test_a_call_that_breaks_off() -> None:
    """Half a body is no hint, and the next call works."""

    async def act(listener: Listener, hints: Hints) -> None:
        head = f"POST /{TOKEN} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n".encode()
        async with connected(listener) as (reader, writer):
            writer.write(head + b"{")
            writer.write_eof()
            assert (await reader.read()).startswith(b"HTTP/1.1 400")
        assert await call(listener, f"/{TOKEN}", json={}) == 200
        assert hints == [(TOKEN, ())]

    listening(act)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (f"POST /{TOKEN} HTTP/1.0\r\nContent-Length: 2\r\n\r\n{{}}", 200),
        (f"POST http://h.example/{TOKEN} HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", 200),
        (f"POST /{TOKEN} HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", 200),
        ("CONNECT h.example:443 HTTP/1.1\r\nHost: h\r\n\r\n", 405),
        ("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 405),
        ("POST * HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", 404),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\nGET / HTTP/1.1\r\n\r\n", 404),
    ],
)
def test_other_ways_to_ask(text: str, status: int) -> None:
    """Old, absolute, upgrading and pipelined requests get one answer each, and no more."""

    async def act(listener: Listener, hints: Hints) -> None:
        said = await raw(listener, text.encode())
        assert said.startswith(f"HTTP/1.1 {status} ".encode()) and said.count(b"HTTP/1.1") == 1
        assert hints == ([(TOKEN, ())] if status == 200 else [])

    listening(act)


def test_an_answer_comes_at_once() -> None:
    """It is a plain 200 without a body, sent while the caller still holds the connection."""

    async def act(listener: Listener, hints: Hints) -> None:
        head = f"POST /{TOKEN} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
        said = await raw(listener, f"{head}\r\n{{}}".encode())
        assert said.startswith(b"HTTP/1.1 200 \r\n") and said.endswith(b"\r\n\r\n")
        said = await raw(listener, f"{head}Expect: 100-continue\r\n\r\n{{}}".encode())
        assert said.endswith(b"\r\n\r\n") and b"HTTP/1.1 200 \r\n" in said
        assert hints == [(TOKEN, ())] * 2

    listening(act)


@pytest.mark.parametrize(
    "text",
    [
        b"\x16\x03\x01 hello TLS \r\n\r\n",
        b"POST\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 200_000,
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_request(text: bytes) -> None:
    """It is refused, and the listener goes on."""

    async def act(listener: Listener, hints: Hints) -> None:
        assert (await raw(listener, text)).startswith(b"HTTP/1.1 400")
        assert await call(listener, f"/{TOKEN}", json={}) == 200
        assert hints == [(TOKEN, ())]

    listening(act)


def test_too_many_at_once() -> None:
    """More connections than fit are dropped; when the others have gone, calls work again."""

    async def act(listener: Listener, hints: Hints) -> None:
        idle = [await asyncio.open_connection("127.0.0.1", listener.port) for _ in range(MAX_CALLS)]
        assert await raw(listener, b"") == b""
        for _, writer in idle:
            writer.close()
        status = 0
        while not status:
            with suppress(httpx.HTTPError):
                status = await call(listener, f"/{TOKEN}", json={})
        assert status == 200
        assert hints == [(TOKEN, ())]

    listening(act)


def test_closing_in_the_middle_of_a_call() -> None:
    """What is half received is dropped; closing twice is harmless, and the port is free again."""

    async def act(listener: Listener, hints: Hints) -> None:
        async with connected(listener) as (reader, writer):
            writer.write(b"POST /x HTTP/1.1\r\n")
            assert await call(listener, f"/{TOKEN}", json={}) == 200
            await listener.close()
            await listener.close()
            assert await reader.read() == b""
        again = Listener("127.0.0.1", listener.port, lambda token, ids: None)
        await again.start()
        await again.close()

    listening(act)


def test_a_place_that_is_taken() -> None:
    """The error names it and says what to do."""

    async def act(listener: Listener, hints: Hints) -> None:
        for host, port in (("127.0.0.1", listener.port), ("192.0.2.1", 0), ("no such host", 0)):
            with pytest.raises(UsageError, match="no webhooks can be received at"):
                await Listener(host, port, lambda token, ids: None).start()

    listening(act)


def test_nothing_tells_a_token(caplog: pytest.LogCaptureFixture) -> None:
    """No log at any level holds the token or what was sent to it."""
    caplog.set_level(logging.DEBUG, "assetgen")
    caplog.set_level(logging.DEBUG, "asyncio")
    caplog.set_level(logging.DEBUG, "h11")

    async def act(listener: Listener, hints: Hints) -> None:
        await call(listener, f"/{TOKEN}", json=ITEM)
        await raw(listener, b"POST /" + TOKEN.encode() + b"\r\n\r\n")

    listening(act)
    assert TOKEN not in caplog.text and ITEM["taskUUID"] not in caplog.text


@pytest.mark.parametrize("token", ["", "short", "x" * 21, "x" * 30 + "/", "ü" * 30, "x" * 30 + "%"])
def test_a_token_that_could_be_guessed(token: str) -> None:
    """It is refused where it is made, not found out later."""
    with pytest.raises(ValueError, match="128 bits"):
        Listener("", 0, lambda token, ids: None).expect(token)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://hooks.example", "https://hooks.example"),
        ("https://hooks.example/a/b/", "https://hooks.example/a/b"),
        ("https://hooks.example:8443/", "https://hooks.example:8443"),
        ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
        ("http://[::1]:8787/x", "http://[::1]:8787/x"),
    ],
)
def test_a_public_address(text: str, url: str) -> None:
    """A token can be written behind it with a slash."""
    assert webhook_url(text) == url


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("http://hooks.example", "http is not https"),
        ("hooks.example", "it is no address of a server"),
        ("", "it is no address of a server"),
        ("https://me:canary@hooks.example", "it holds a user name"),
        ("https://hooks.example/?key=canary", "cannot follow a '?'"),
        ("https://hooks.example/#", "cannot follow a '?' or '#'"),
    ],
)
def test_an_address_for_no_webhook(text: str, said: str) -> None:
    """It is refused with the reason, without showing what it may hold."""
    with pytest.raises(UsageError) as error:
        webhook_url(text)
    assert said in str(error.value) and "canary" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("127.0.0.1:8787", ("127.0.0.1", 8787)),
        ("8787", ("127.0.0.1", 8787)),
        (":8787", ("127.0.0.1", 8787)),
        ("192.0.2.1:80", ("192.0.2.1", 80)),
        ("[::1]:0", ("::1", 0)),
        ("localhost:65535", ("localhost", 65535)),
    ],
)
def test_a_place_to_listen(text: str, place: tuple[str, int]) -> None:
    """A port alone stays on this machine; another host must be typed."""
    assert listen_place(text) == place


@pytest.mark.parametrize("text", ["", "127.0.0.1", "x:", "x:y", "x:65536", "::1:80", "x:-1", "x:²"])
def test_no_place_to_listen(text: str) -> None:
    """It is refused with an example."""
    with pytest.raises(UsageError) as error:
        listen_place(text)
    assert "127.0.0.1:8787" in error.value.problems[0].step
