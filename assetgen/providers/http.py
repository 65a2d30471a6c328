"""The one HTTP client: what was sent for sure, what perhaps, and what came back; knows no service.

A request to an API goes only to the origin that its key belongs to, follows no redirect, and every
way to fail is told apart by one question: may the service have taken the request?
"""

from __future__ import annotations

import asyncio
import email.utils
import logging
import re
import ssl
import time
import zlib
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import cached_property
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from assetgen import __version__
from assetgen.errors import AccountError, Kind, Problem, ProviderError
from assetgen.providers.address import is_loopback, numbers_of, origin_of
from assetgen.providers.base import Ambiguous, Busy, Moderated, NotSent, Refused
from assetgen.providers.wire import parsed
from assetgen.secret import Secret, without

# httpx logs whole URLs, query included, at INFO.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

MAX_ANSWER = 96 << 20
"""Bytes of an API's answer: a picture of 64 MiB in base64, and some words around it."""
SECONDS = 60.0
CONNECT_SECONDS = 15.0
AGENT = f"assetgen/{__version__}"

NOT_REACHED = Kind("service-not-reached", "{what}", "check the network, then build again")
NO_ANSWER = Kind("service-no-answer", "{what}", "'assetgen jobs' lists the call")
REFUSED = Kind("service-refused", "{what}", "mend the request and build again")
MODERATED = Kind(
    "service-moderated",
    "{service} does not make what was asked for: {what}",
    "change the prompt or the input picture, then build again",
)
BUSY = Kind(
    "service-busy", "{service} takes no more requests just now: {what}", "build again later"
)
ACCOUNT = Kind("account-refused", "{service} refused the account: {what}", "{step}")
FOREIGN = Kind(
    "foreign-origin",
    "{service} named an address of another origin, {host}, for its own interface",
    "nothing was sent there; if the service has moved, set ASSETGEN_{name}_BASE_URL",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, headers in lower case, and the body."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def data(self) -> Any:
        """The body as JSON; None if it is none."""
        return parsed(self.body)


@dataclass
class Http:
    """The connections of one process, shared by all services.

    Attributes:
        transport: replaces the network in tests (`httpx.MockTransport`, `httpx.ASGITransport`).
        numbers: looks the name of a download's host up; raises OSError or UnicodeError.
    """

    transport: httpx.AsyncBaseTransport | None = None
    numbers: Callable[[str, int], Awaitable[tuple[str, ...]]] = numbers_of
    _clients: dict[tuple[bool, bool], httpx.AsyncClient] = field(default_factory=dict)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return httpx.create_ssl_context()

    def client(self, *, fresh: bool, direct: bool) -> httpx.AsyncClient:
        """Return a client; ``fresh`` never reuses a connection, ``direct`` asks no proxy.

        A paid request on a kept connection may meet its idle close, and then nobody can say
        whether it arrived.
        """
        client = self._clients.get((fresh, direct))
        if client is None:
            client = self._clients[fresh, direct] = httpx.AsyncClient(
                verify=True if self.transport else self._tls,
                transport=self.transport,
                # No service needs cookies, and what one host sets is not for another to read.
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
                trust_env=not direct,
                follow_redirects=False,
                headers={"User-Agent": AGENT, "Accept-Encoding": "identity"},
                # More idle connections than this cost httpx seconds of search (500 polls: 132 s).
                limits=httpx.Limits(
                    max_connections=None, max_keepalive_connections=0 if fresh else 20
                ),
            )
        return client

    async def close(self) -> None:
        """Close every connection."""
        async with AsyncExitStack() as stack:
            for client in self._clients.values():
                stack.push_async_callback(client.aclose)
        self._clients.clear()


@dataclass(frozen=True)
class Api:
    """One service's interface: its base URL, its title, and the key that only this origin gets.

    Attributes:
        name: as in the spec's `providers`; title: as people write it.
        header: name and text before the key, such as ``("Authorization", "Bearer ")``.
        seconds: how long one answer may take in all; most: bytes that it may have.
    """

    http: Http
    name: str
    title: str
    base_url: str
    key: Secret | None = None
    header: tuple[str, str] = ("Authorization", "Bearer ")
    seconds: float = SECONDS
    most: int = MAX_ANSWER

    async def get(self, path: str, *, seconds: float | None = None) -> Answer:
        """Ask for ``path`` (or for a whole URL of this origin).

        Raises NotSent, Ambiguous, and Refused for an address of another origin.
        """
        return await self._send("GET", path, {}, {}, fresh=False, seconds=seconds)

    async def post(
        self,
        path: str,
        data: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        files: Any = None,
        form: Mapping[str, str] | None = None,
        paid: bool = False,
        seconds: float | None = None,
    ) -> Answer:
        """Send ``data`` as JSON, or ``files`` and ``form`` as multipart.

        ``paid`` sends it on a connection of its own. Raises NotSent if it surely did not arrive,
        Ambiguous if nobody can say.
        """
        content: dict[str, Any] = {"files": files, "data": form} if files else {"json": data}
        return await self._send("POST", path, content, headers or {}, fresh=paid, seconds=seconds)

    async def _send(
        self,
        method: str,
        path: str,
        content: Mapping[str, Any],
        headers: Mapping[str, str],
        *,
        fresh: bool,
        seconds: float | None,
    ) -> Answer:
        url = self._url(path)
        sent = {**headers, **self._auth()}
        limit = seconds or self.seconds
        client = self.http.client(fresh=fresh, direct=is_loopback(url))
        connect = min(CONNECT_SECONDS, limit)
        timeout = httpx.Timeout(limit, connect=connect)
        try:
            request = client.build_request(method, url, headers=sent, timeout=timeout, **content)
        except (httpx.InvalidURL, ValueError):
            raise NotSent(self._problem(NOT_REACHED, UNFIT)) from None
        try:
            async with asyncio.timeout(limit + connect):
                return await _answer(client, request, self.most)
        except _NOT_SENT as error:
            raise NotSent(self._problem(NOT_REACHED, _words(error))) from None
        except _MAYBE_SENT as error:
            raise Ambiguous(self._problem(NO_ANSWER, _words(error))) from None

    def owns(self, url: str) -> bool:
        """Whether a whole URL is of the origin that the key belongs to."""
        return _origin(url) is not None and _origin(url) == _origin(self.base_url)

    def _url(self, path: str) -> str:
        url = path
        if "://" not in path:
            url = self.base_url.rstrip("/") + ("/" + path.lstrip("/") if path else "")
        if not self.owns(url):
            origin = _origin(url)
            host = origin[1] if origin else "?"
            facts = {"service": self.title, "host": host, "name": self.name.upper()}
            raise Refused(Problem(FOREIGN, facts=facts))
        return url

    def _auth(self) -> dict[str, str]:
        name, before = self.header
        return {name: before + self.key.reveal()} if self.key else {}

    def _problem(self, kind: Kind, what: str) -> Problem:
        return Problem(kind, facts={"service": self.title, "what": self.clean(what)})

    def clean(self, text: str) -> str:
        """Return a service's words without this key, on one line and not too long.

        Of an address that they repeat the query goes too: it may be the signature of an input's.
        """
        line = " ".join(text.encode("utf-8", "replace").decode().split())
        return _QUERY.sub(r"\1", without(line, [self.key] if self.key else []))[:500]

    # What a status means where the service's own body does not say more

    def error(self, answer: Answer, what: str) -> ProviderError:
        """Return what an answer without success means for a request that was sent.

        ``what`` is the service's own sentence. 401, 402 and 403 concern the account, 429 is for
        later, other 4xx refuse this request, and after a 5xx nobody knows.
        """
        status = answer.status
        said = self.clean(what) or f"HTTP {status}"
        if status in (401, 402, 403):
            return self.account(said, balance=status == 402)
        if status == 429:
            return self.busy(said, retry_after(answer.headers))
        if status == 408 or status >= 500 or status in (300, 303) or 200 <= status < 300:
            return Ambiguous(self._problem(NO_ANSWER, f"HTTP {status}: {said}"))
        if 300 <= status < 400:
            said = "it answers with a redirect, which is not followed"
        return self.refused(said)

    def account(self, what: str, *, balance: bool = False) -> AccountError:
        """Return the error of a key or a balance that no further request would survive."""
        variable = f"{self.name.upper()}_API_KEY"
        step = "top it up, then build again" if balance else f"check {variable}, then build again"
        facts = {"service": self.title, "what": self.clean(what), "step": step}
        return AccountError(Problem(ACCOUNT, facts=facts))

    def busy(self, what: str, after: float | None = None) -> Busy:
        """Return the error of a service that wants fewer requests."""
        return Busy(self._problem(BUSY, what), retry_after=after)

    def refused(self, what: str) -> Refused:
        """Return the error of a request that the service did not take."""
        return Refused(self._problem(REFUSED, what))

    def moderated(self, what: str) -> Moderated:
        """Return the error of a request that the service would refuse again."""
        return Moderated(self._problem(MODERATED, what))

    def unreadable(self, answer: Answer) -> Ambiguous:
        """Return the error of an answer that says success, but not what was asked."""
        what = f"HTTP {answer.status} with an answer that cannot be read"
        return Ambiguous(self._problem(NO_ANSWER, what))


_QUERY = re.compile(r"(https?://[^\s\"'<>?]{1,2000})\?[^\s\"'<>]*")

_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
"""What httpx raises before the first byte of a request has left."""


class _TooLong(Exception):
    """An answer exceeds what may be read."""


_MAYBE_SENT = (httpx.HTTPError, httpx.StreamError, OSError, ValueError, _TooLong)
"""Whatever else may be raised; an alert of TLS after the handshake comes as a bare OSError."""

UNFIT = "the request cannot be sent as it is"

_WORDS = (
    (httpx.ConnectTimeout, "no connection in time"),
    (httpx.PoolTimeout, "no connection in time"),
    (httpx.ConnectError, "no connection"),
    (httpx.ProxyError, "the proxy refused the connection"),
    (httpx.ReadTimeout, "no answer in time"),
    (httpx.WriteTimeout, "the request could not be sent in time"),
    (TimeoutError, "no answer in time"),
    (httpx.ReadError, "the connection broke before an answer"),
    (httpx.WriteError, "the connection broke while sending"),
    (httpx.RemoteProtocolError, "the connection was closed without an answer"),
    (httpx.LocalProtocolError, UNFIT),
    (httpx.UnsupportedProtocol, UNFIT),
    (httpx.DecodingError, "the answer cannot be unpacked"),
    (_TooLong, "the answer is too long"),
)


def _words(error: Exception) -> str:
    """Return our own words: an exception's may hold an address with a token, or a header."""
    found = (words for kind, words in _WORDS if isinstance(error, kind))
    return next(found, "the connection broke before an answer")


async def _answer(client: httpx.AsyncClient, request: httpx.Request, most: int) -> Answer:
    """Send a request; raises _TooLong for an answer of more than ``most`` bytes.

    An answer that is packed although nobody asked for it is unpacked: it may hold a job's only id.
    """
    response = await client.send(request, stream=True)
    try:
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > most:
                raise _TooLong
        headers = {name.lower(): value for name, value in response.headers.items()}
        coding = headers.get("content-encoding", "")
        return Answer(response.status_code, headers, _unpacked(bytes(body), coding, most))
    finally:
        await response.aclose()


def _unpacked(body: bytes, coding: str, most: int) -> bytes:
    """Return a body as it was before it was packed, at most once.

    httpx would undo any number of layers, and each in one go: 3 kB can be 3 GB then.
    """
    if coding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        return body
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)  # finds out whether it is gzip or zlib
    try:
        plain = unpacker.decompress(body, most + 1)
    except zlib.error as error:
        raise httpx.DecodingError(str(error)) from None
    if len(plain) > most:
        raise _TooLong
    return plain


def _origin(url: str) -> tuple[str, str, int] | None:
    """Return the origin of a URL if both parsers see the same: only httpx's is connected to."""
    origin = origin_of(url)
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError):
        return None
    return origin if origin and parsed.host == origin[1] else None


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Return the seconds of a Retry-After header, which may be a number or an HTTP date."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = email.utils.parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, moment - (time.time() if now is None else now))
