"""Stands before every request of the review server; knows no route, no target and no picture.

What may talk to the server is the page that it served itself, on this machine. A page of another
origin, another program's server on another port (which browsers send the same cookies), a name that
was pointed at this machine, and a form that somebody was made to send are all refused here, before
a body is read.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assetgen.errors import Kind, Problem

WORD_BYTES = 32

CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)
HEADERS = (
    (b"content-security-policy", CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-embedder-policy", b"require-corp"),
)
"""On every answer, a refusal too; none of them can be set by a route."""

OWN_SITES = (b"same-origin", b"none")
"""What a browser says of requests that the page itself, or its user, makes."""

_LED = (
    "<!doctype html><title>assetgen review</title>"
    '<meta http-equiv="refresh" content="0;url={place}"><a href="{place}">Open the review</a>'
)
"""For who follows a link of another site (a terminal in a browser): a redirect would still be that
site's visit, and go without the cookie."""

WRONG_HOST = Kind(
    "review-wrong-host",
    "this server answers to 127.0.0.1 and localhost alone",
    "open the address that 'assetgen review' printed",
)
WRONG_METHOD = Kind(
    "review-wrong-method", "this server knows GET and POST alone", "use one of those"
)
OTHER_SITE = Kind(
    "review-other-site",
    "a page of another site may not read the review",
    "open the address that 'assetgen review' printed",
)
NO_COOKIE = Kind(
    "review-no-cookie",
    "this browser has not been let in",
    "open the address that 'assetgen review' printed, with its token",
)
WRONG_ORIGIN = Kind(
    "review-wrong-origin",
    "only the review's own page may change something",
    "open the address that 'assetgen review' printed",
)
NO_TOKEN = Kind(
    "review-no-token",
    "this page is of an earlier review, or was opened without its token",
    "open the address that 'assetgen review' printed",
)


@dataclass(frozen=True, slots=True)
class Words:
    """The secrets of one server: none of them is of use in the place of another.

    Attributes:
        entry: in the printed address; gives the other two.
        cookie: lets a browser read.
        token: what the page sends with each POST. Other ports of this machine never see it.
    """

    entry: str = field(default_factory=lambda: secrets.token_urlsafe(WORD_BYTES), repr=False)
    cookie: str = field(default_factory=lambda: secrets.token_urlsafe(WORD_BYTES), repr=False)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(WORD_BYTES), repr=False)


class Guard:
    """Lets requests of the server's own page through to ``app``, and refuses all others.

    ``port`` is the one that is listened on.
    """

    def __init__(self, app: ASGIApp, port: int, words: Words) -> None:
        self._app = app
        self._words = words
        self._hosts = {f"{name}:{port}".encode() for name in ("127.0.0.1", "localhost")}
        self.cookie = f"assetgen-{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": _with_ours(message.get("headers", ()))}
            await send(message)

        answer = self._refusal(scope) or self._entry(scope)
        await (answer or self._app)(scope, receive, sending)

    def _refusal(self, scope: Scope) -> Response | None:
        """Return why a request may not go on, or None."""
        host = _only(scope, b"host")
        if host is None or host.lower() not in self._hosts:
            return _refused(scope, WRONG_HOST)
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return _refused(scope, WRONG_METHOD, 405)
        if self._enters(scope):
            return None
        if _is_led(scope):
            return _refused(scope, OTHER_SITE)
        if not self._has_cookie(scope):
            return _refused(scope, NO_COOKIE)
        if scope["method"] == "POST":
            return self._unasked(scope, host)
        return None

    def _unasked(self, scope: Scope, host: bytes) -> Response | None:
        """Return why a request may not change something, or None."""
        if _only(scope, b"origin") != b"http://" + host:
            return _refused(scope, WRONG_ORIGIN)
        token = _only(scope, b"x-assetgen-token")
        if token is None or not _same(token, self._words.token):
            return _refused(scope, NO_TOKEN)
        return None

    def _enters(self, scope: Scope) -> bool:
        """Whether it is a visit with the word of the printed address."""
        if scope["path"] != "/" or scope["method"] != "GET":
            return False
        given = parse_qsl(scope["query_string"].decode("latin-1"), max_num_fields=None)
        words = [value for name, value in given[:2] if name == "token"]
        return len(words) == 1 and _same(words[0].encode("utf-8", "replace"), self._words.entry)

    def _entry(self, scope: Scope) -> Response | None:
        """Return what lets a browser in, if it has the word for it."""
        if not self._enters(scope):
            return None
        # What stands behind '#' is sent to nobody: the page alone reads it.
        place = f"/#token={self._words.token}"
        answer = Response(status_code=303, headers={"location": place})
        if _is_led(scope):
            answer = HTMLResponse(_LED.format(place=place))
        answer.set_cookie(self.cookie, self._words.cookie, httponly=True, samesite="strict")
        return answer

    def _has_cookie(self, scope: Scope) -> bool:
        # Another port may have set one of the same name, so that all of them are looked at.
        name = self.cookie.encode()
        found = [value for key, value in _cookies(_all(scope, b"cookie")) if key == name]
        return any(_same(value, self._words.cookie) for value in found)


def _is_led(scope: Scope) -> bool:
    return any(site not in OWN_SITES for site in _all(scope, b"sec-fetch-site"))


def _all(scope: Scope, name: bytes) -> list[bytes]:
    return [value for key, value in scope["headers"] if key == name]


def _only(scope: Scope, name: bytes) -> bytes | None:
    """Return the value of a header that is there once, else None."""
    values = _all(scope, name)
    return values[0] if len(values) == 1 else None


def _cookies(headers: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    for header in headers:
        for pair in header.split(b";"):
            name, _, value = pair.strip().partition(b"=")
            yield name, value


def _same(given: bytes, secret: str) -> bool:
    return hmac.compare_digest(given, secret.encode())


def _refused(scope: Scope, kind: Kind, status: int = 403) -> Response:
    problem = Problem(kind)
    if scope["path"].startswith("/act/"):
        return JSONResponse({"error": problem.cause, "next": problem.step}, status)
    return PlainTextResponse(f"{problem.cause}: {problem.step}\n", status)


def _with_ours(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    names = {name for name, _ in HEADERS}
    return [pair for pair in headers if pair[0].lower() not in names] + list(HEADERS)
