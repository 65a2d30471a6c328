"""Answers that went wrong on their way: what each fault does to one; knows no wire format."""

from __future__ import annotations

import asyncio
import json
import random
from email.utils import formatdate
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from assetgen.emulator.faults import Fault
from assetgen.emulator.world import World

OVERSIZED = 80 << 20
PAGE = b"<!DOCTYPE html>\n<html><head><title>Just a moment</title></head><body>...</body></html>\n"


async def spoilt(fault: Fault, world: World, request: Request, usual: Response) -> Response:
    """Return what is sent in the place of the ``usual`` answer."""
    match fault.kind:
        case "drop":
            return Dropped()
        case "hang":
            return Hanging()
        case "redirect":
            return _redirect(fault, world, request)
        case "slow":
            return Dribbling(usual, fault.seconds)
        case "cut":
            return Cut(usual)
        case "oversized":
            return Oversized(usual, fault.size or OVERSIZED)
        case "garbage":
            return Response(PAGE, fault.status or usual.status_code, media_type="text/html")
        case "mutate":
            return _mutated(usual, world)
        case _:
            text = json.dumps(fault.body).encode("ascii")
            return Response(text, fault.status or 200, media_type="application/json")


def retry_headers(fault: Fault, now: float) -> dict[str, str]:
    """Return the Retry-After header that a fault asks for."""
    if fault.retry_date is not None:
        return {"Retry-After": formatdate(now + fault.retry_date, usegmt=True)}
    if fault.retry_after is None:
        return {}
    text = fault.retry_after
    return {"Retry-After": text if isinstance(text, str) else f"{text:g}"}


class Dropped(Response):
    """Closes the connection without a word."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer nothing."""
        scope["emulator"].write(0)
        scope["emulator"].cut()
        await _gone(receive)


class Hanging(Response):
    """Never answers; ends when the other side does, or the emulator."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait."""
        scope["emulator"].write(0)
        await _gone(receive)


class Dribbling(Response):
    """Sends a body in pieces, over a while."""

    PIECES = 20

    def __init__(self, usual: Response, seconds: float) -> None:
        super().__init__(usual.body, usual.status_code, dict(usual.headers))
        self._pause = seconds / self.PIECES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it bit by bit."""
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        body = bytes(self.body)
        step = max(1, len(body) // self.PIECES)
        for start in range(0, len(body), step):
            await asyncio.sleep(self._pause)
            piece = body[start : start + step]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class Cut(Response):
    """Announces a whole body and closes the connection in the middle of it."""

    def __init__(self, usual: Response) -> None:
        super().__init__(usual.body, usual.status_code, dict(usual.headers))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the first half."""
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await asyncio.sleep(0.01)  # let the half go out before the end
        scope["emulator"].cut()
        await _gone(receive)


class Oversized(Response):
    """Sends a body and then blanks without end in sight, as if compressed or streamed."""

    BLANKS = b" " * (1 << 16)

    def __init__(self, usual: Response, size: int) -> None:
        super().__init__(usual.body, usual.status_code, dict(usual.headers))
        self._left = size
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until all is sent or nobody listens."""
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        await send({"type": "http.response.body", "body": bytes(self.body), "more_body": True})
        while self._left > 0:
            piece = self.BLANKS[: self._left]
            self._left -= len(piece)
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.sleep(0)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


def _redirect(fault: Fault, world: World, request: Request) -> Response:
    base = world.api_base if fault.to == "same" else world.files_base
    place = f"{base}/redirected{request.url.path}"
    return Response(status_code=fault.status or 307, headers={"Location": place})


def _mutated(usual: Response, world: World) -> Response:
    chance = world.faults.chance()
    try:
        value = json.loads(bytes(usual.body))
    except ValueError:
        return usual
    text = json.dumps(mutated(value, chance)).encode("ascii")
    return Response(text, usual.status_code, media_type="application/json")


ODD: tuple[Any, ...] = (
    None, True, -1, 1e300, "", "\u202e\x1b[31m", "https://[", [], {}, [[]], {"": None},
)  # fmt: skip
"""What a field may turn into: other types, empty ones, text that disturbs a terminal."""


def mutated(value: Any, chance: random.Random) -> Any:
    """Return a JSON value with one place of it lost, doubled or turned into something odd."""
    if isinstance(value, dict) and value and chance.random() < 0.8:
        key = chance.choice(sorted(value))
        if chance.random() < 0.25:
            return {name: part for name, part in value.items() if name != key}
        return {**value, key: mutated(value[key], chance)}
    if isinstance(value, list) and value and chance.random() < 0.8:
        place = chance.randrange(len(value))
        if chance.random() < 0.25:
            return [*value, value[place]]
        return [*value[:place], mutated(value[place], chance), *value[place + 1 :]]
    return chance.choice(ODD)
