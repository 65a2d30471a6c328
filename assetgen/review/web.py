"""The review server's routes: bytes in, bytes out; decides nothing, and knows no project.

What is done is done by :class:`Actions`, which is handed in. :class:`~assetgen.review.guard.Guard`
stands before all of it.
"""

from __future__ import annotations

import asyncio
import json
import os
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from assetgen.errors import AssetgenError, Kind, Problem, UsageError
from assetgen.review.asked import NO_VERB, VERBS, Asked, read, read_adopt
from assetgen.review.feed import Feed
from assetgen.review.guard import Guard, Words

MAX_BODY = 1 << 20
MAX_FILE = 64 << 20
MAX_PAGES = 32
"""Pages that may be open at once."""
BODY_SECONDS = 60.0

TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "avif": "image/avif",
}
PICTURES = ("png", "jpg", "webp", "avif")
"""What is served as a picture; all else is bytes to be saved."""

TOO_LARGE = Kind(
    "review-too-large", "this is more than {limit} MiB", "adopt it with 'assetgen adopt' instead"
)
TOO_SLOW = Kind("review-too-slow", "the rest of what was sent did not arrive", "try again")
BAD_TYPE = Kind(
    "review-bad-type", "a body of type '{type}' is not taken", "send {wanted}, as the page does"
)
TOO_MANY = Kind("review-too-many-pages", "{limit} pages are open already", "close some of them")
BUG = Kind(
    "review-bug",
    "assetgen has a bug: {error} in {place}",
    "nothing bought is lost; run it again with ASSETGEN_DEBUG=1 and report what it prints",
)
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
"""What any page can make a browser send."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of something: an HTTP status and a JSON object."""

    status: int
    body: Mapping[str, Any]


class Actions(Protocol):
    """What the server can do; the only way from it to a project.

    Attributes:
        feed: the document and who follows it.
        files: the page and what it loads, by name; `index.html` is the page.
    """

    feed: Feed
    files: Mapping[str, bytes]

    async def act(self, asked: Asked) -> Answer:
        """Do what is asked, or say why not. Raises AssetgenError."""

    async def thumb(self, digest: str) -> bytes | None:
        """Return the WebP of a picture's thumbnail; None unless the document names the picture."""

    async def picture(self, digest: str, extension: str) -> bytes | None:
        """Return a picture's bytes; None unless the document names it, with that extension."""


def application(actions: Actions, port: int, words: Words) -> ASGIApp:
    """Return the application that serves ``actions`` on ``port`` of this machine."""
    routes = _Routes(actions)
    app = Starlette(
        routes=[
            Route("/", routes.page, methods=["GET"]),
            Route("/static/{name}", routes.static, methods=["GET"]),
            Route("/data.json", routes.data, methods=["GET"]),
            Route("/events", routes.events, methods=["GET"]),
            Route("/thumbs/{digest}.webp", routes.thumb, methods=["GET"]),
            Route("/pictures/{digest}.{extension}", routes.picture, methods=["GET"]),
            Route("/act/{verb}", routes.act, methods=["POST"]),
        ],
        exception_handlers={HTTPException: _lost, Exception: _bug},
    )
    app.router.redirect_slashes = False
    return Guard(app, port, words)


class _Routes:
    def __init__(self, actions: Actions) -> None:
        self._actions = actions

    async def page(self, request: Request) -> Response:
        return Response(self._actions.files["index.html"], media_type=TYPES["html"])

    async def static(self, request: Request) -> Response:
        name = request.path_params["name"]
        data = self._actions.files.get(name)
        kind = TYPES.get(name.rpartition(".")[2])
        if data is None or kind is None:
            return _nothing()
        return Response(data, media_type=kind)

    async def data(self, request: Request) -> Response:
        # A large document takes its time to become text; the loop does other things meanwhile.
        data = await asyncio.to_thread(_as_json, self._actions.feed.document)
        return Response(data, media_type="application/json")

    async def events(self, request: Request) -> Response:
        feed = self._actions.feed
        if len(feed) >= MAX_PAGES:
            return _said(Problem(TOO_MANY, facts={"limit": MAX_PAGES}), 429)
        return StreamingResponse(feed.follow(), media_type="text/event-stream")

    async def thumb(self, request: Request) -> Response:
        return await self._picture(self._actions.thumb(request.path_params["digest"]), "webp")

    async def picture(self, request: Request) -> Response:
        digest, extension = (request.path_params[name] for name in ("digest", "extension"))
        return await self._picture(self._actions.picture(digest, extension), extension)

    async def _picture(self, reading: Any, extension: str) -> Response:
        try:
            data = await reading
        except AssetgenError:
            data = None
        if data is None:
            return _nothing()
        if extension not in PICTURES:
            headers = {"content-disposition": "attachment"}
            return Response(data, media_type="application/octet-stream", headers=headers)
        return Response(data, media_type=TYPES[extension])

    async def act(self, request: Request) -> Response:
        try:
            answer = await self._actions.act(await self._asked(request))
        except _Unread as unread:
            return _said(unread.problem, unread.status)
        except AssetgenError as error:
            return _said(error.problems[0], 400)
        except ClientDisconnect:
            return Response(status_code=400)
        return JSONResponse(dict(answer.body), answer.status)

    async def _asked(self, request: Request) -> Asked:
        verb = request.path_params["verb"]
        if verb not in VERBS:
            raise UsageError(Problem(NO_VERB, facts={"verb": verb}))
        sent = request.headers.get("content-type", "")
        kind = sent.partition(";")[0].strip().lower()
        if verb == "adopt":
            if kind in FORM_TYPES:
                raise _bad_type(kind, "application/octet-stream")
            return read_adopt(_once(request), await _body(request, MAX_FILE))
        if kind != "application/json":
            raise _bad_type(kind, "application/json")
        return read(verb, await _body(request, MAX_BODY))


class _Unread(Exception):
    """A body that is not looked at."""

    def __init__(self, problem: Problem, status: int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.status = status


def _bad_type(kind: str, wanted: str) -> _Unread:
    return _Unread(Problem(BAD_TYPE, facts={"type": kind, "wanted": wanted}), 415)


def _once(request: Request) -> Mapping[str, str]:
    """Return the query; of a field that is there twice, none."""
    pairs = request.query_params.multi_items()
    names = [name for name, _ in pairs]
    return {name: value for name, value in pairs if names.count(name) == 1}


async def _body(request: Request, limit: int) -> bytes:
    """Return the body. Raises _Unread if it is more than ``limit`` bytes, or does not come."""
    too_large = _Unread(Problem(TOO_LARGE, facts={"limit": limit >> 20}), 413)
    claimed = request.headers.get("content-length", "0")
    if not claimed.isdecimal() or int(claimed[:20]) > limit:
        raise too_large
    data = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for piece in request.stream():
                data += piece
                if len(data) > limit:
                    raise too_large
    except TimeoutError:
        raise _Unread(Problem(TOO_SLOW), 408) from None
    return bytes(data)


def _as_json(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data, allow_nan=False, separators=(",", ":")).encode()


def _nothing() -> Response:
    return PlainTextResponse("there is nothing here\n", 404)


def _said(problem: Problem, status: int) -> Response:
    return JSONResponse({"error": problem.cause, "next": problem.step}, status)


async def _lost(request: Request, error: Exception) -> Response:
    """Answer what no route takes."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    return PlainTextResponse("there is nothing here\n", status)


async def _bug(request: Request, error: Exception) -> Response:
    """Answer where the server itself is wrong, without what the mistake was about."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{os.path.basename(where.filename)}:{where.lineno}"
    facts = {"error": type(error).__name__, "place": place}
    if os.environ.get("ASSETGEN_DEBUG"):
        traceback.print_exception(error)
    return _said(Problem(BUG, facts=facts), 500)
