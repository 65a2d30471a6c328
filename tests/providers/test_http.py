"""What the one HTTP client sends, to whom, and what it makes of every way to fail."""

from __future__ import annotations

import asyncio
import gzip
import logging
import ssl
import time
import traceback
import zlib
from datetime import UTC, datetime
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetgen.errors import AccountError, AssetgenError, ProviderError
from assetgen.providers.base import Ambiguous, Busy, Moderated, NotSent, Refused
from assetgen.providers.http import AGENT, Answer, Api, Http, retry_after
from tests.providers.ends import (
    BASE,
    KEY,
    Answerer,
    Server,
    Wire,
    answer,
    cutting,
    do,
    dripping,
    nobody,
    packed,
    reaching,
    reset,
    saying,
    serving,
    silence,
)

PROMPT = {"prompt": "a sword"}


def kinds(error: AssetgenError) -> list[str]:
    return [problem.kind.name for problem in error.problems]


# What is sent


def test_a_request_carries_the_key_and_says_who_asks() -> None:
    """The key's header, our agent, and JSON as the services read it."""
    wire = Wire([answer(200, {"a": 1})])
    got = do(wire.api().post("/jobs", PROMPT, headers={"X-More": "1"}, paid=True))
    (request,) = wire.requests
    assert (got.status, got.data) == (200, {"a": 1})
    assert (request.method, str(request.url)) == ("POST", f"{BASE}/jobs")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["user-agent"] == AGENT
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-more"] == "1"
    assert wire.body == PROMPT


def test_a_service_without_a_key_gets_no_header() -> None:
    """A local server needs none."""
    wire = Wire([answer(200, {})])
    do(wire.api(key=None).get("/models"))
    assert "authorization" not in wire.requests[0].headers


def test_a_form_with_a_file() -> None:
    """Files go as multipart, with the fields of a form beside them."""
    wire = Wire([answer(200, {})])
    do(wire.api().post("/edits", files={"image": ("a.png", b"\x89PNG")}, form=PROMPT, paid=True))
    (request,) = wire.requests
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b"a sword" in request.content
    assert b"\x89PNG" in request.content


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("", BASE),
        ("/jobs", f"{BASE}/jobs"),
        ("jobs?id=1", f"{BASE}/jobs?id=1"),
        (f"{BASE}/jobs/1", f"{BASE}/jobs/1"),
        ("https://API.service.example:443/x", "https://api.service.example/x"),
    ],
)
def test_paths_belong_to_the_base_url(path: str, url: str) -> None:
    """A path is put behind the base URL; a whole URL of its origin is taken as it is."""
    wire = Wire([answer(200, {})])
    do(wire.api().get(path))
    assert str(wire.requests[0].url) == url


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/v1",
        "https://api.service.example.evil.example/v1",
        "http://api.service.example/v1",
        "https://api.service.example:444/v1",
        "https://user@api.service.example/v1",
        "https://api.service.example@evil.example/v1",
        "https://api.service.example\\@evil.example/v1",
        "https://evil.example\\.api.service.example/v1",
        "https://evil.example#://api.service.example/v1",
        "https://[::1/v1",
        "https://api.service.example:99999/v1",
        "https://api.service.example:0/v1",
        "ftp://api.service.example/v1",
        "://api.service.example/v1",
        "https://api.\tservice.example/v1",
        "https://",
        "://",
    ],
)
def test_the_key_goes_to_no_other_origin(url: str) -> None:
    """Trap 39: an address that a service names is asked only if it is of the key's own origin."""
    wire = Wire([answer(200, {})])
    with pytest.raises(Refused) as caught:
        do(wire.api().get(url))
    assert kinds(caught.value) == ["foreign-origin"]
    assert wire.requests == []


@pytest.mark.parametrize("path", ["@evil.example/", ".evil.example/", "//evil.example", ":1/x"])
def test_a_path_cannot_change_the_host(path: str) -> None:
    """Whatever follows the base URL, it follows after a slash."""
    wire = Wire([answer(200, {})])
    do(wire.api(base_url="https://api.service.example").get(path))
    assert wire.requests[0].url.host == "api.service.example"
    assert wire.requests[0].url.port is None


def test_cookies_are_not_kept() -> None:
    """What a service sets is not sent back: a request says all that it has to say."""
    wire = Wire([answer(200, {}, {"set-cookie": "id=1; Path=/"})])
    api = wire.api()
    do(api.get("/a"))
    do(api.get("/b"))
    assert "cookie" not in wire.requests[1].headers


def test_urls_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The library below would log each URL, with its query, at INFO."""
    with caplog.at_level(logging.INFO):
        do(Wire([answer(200, {})]).api().get("/a?token=x"))
    assert caplog.records == []


@pytest.mark.parametrize("key", ["line\nbreak", "snow☃man", "nul\x00", "half\ud800"])
def test_a_key_that_no_header_can_carry(key: str) -> None:
    """Nothing is sent, and neither message nor traceback shows the key."""

    async def ask() -> Server:
        async with serving(saying(b"{}")) as server, reaching(server.url, key=key) as api:
            with pytest.raises(NotSent) as caught:
                await api.post("/jobs", PROMPT, paid=True)
            shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
            assert key.encode("utf-8", "replace").decode() not in shown
            assert repr(key)[1:-1] not in shown
            return server

    assert do(ask()).asked == []


# What an answer means


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, AccountError),
        (402, AccountError),
        (403, AccountError),
        (429, Busy),
        (400, Refused),
        (404, Refused),
        (409, Refused),
        (413, Refused),
        (422, Refused),
        (302, Refused),
        (307, Refused),
        (308, Refused),
        (200, Ambiguous),
        (202, Ambiguous),
        (303, Ambiguous),
        (408, Ambiguous),
        (500, Ambiguous),
        (502, Ambiguous),
        (503, Ambiguous),
        (504, Ambiguous),
        (599, Ambiguous),
    ],
)
def test_what_a_status_means(status: int, kind: type[ProviderError]) -> None:
    """The account, for later, no for good, or nobody knows: each has a type of its own."""
    error = Wire().api().error(Answer(status), "its own words")
    assert type(error) is kind
    assert "Service" in str(error) or "own words" in str(error) or "redirect" in str(error)


def test_a_balance_and_a_key_have_different_next_steps() -> None:
    """402 is for the purse; 401 and 403 name the variable."""
    api = Wire().api()
    steps = {status: api.error(Answer(status), "").problems[0].step for status in (401, 402, 403)}
    assert steps[401] == steps[403] == "check SERVICE_API_KEY, then build again"
    assert steps[402] == "top it up, then build again"


def test_a_service_that_repeats_the_key() -> None:
    """A message may quote the header; what is shown does not."""
    for error in (
        Wire().api().error(Answer(401), f"no such key: {KEY}"),
        Wire().api().error(Answer(400), f"bad header Bearer {KEY}"),
        Wire().api().moderated(KEY),
    ):
        assert KEY not in str(error) + repr(error) + repr(error.problems)
        assert "[key]" in str(error)


def test_words_of_a_service_stay_on_one_line() -> None:
    """Line breaks, escapes and halves of characters cannot draw on a terminal."""
    said = str(Wire().api().refused("a\r\n::error::b\x1b[31m\ud800" + "x" * 9999))
    assert said.isprintable()
    assert len(said) < 600


def test_a_moderated_request_is_a_refused_one() -> None:
    """Whoever handles a refusal handles this, too."""
    error = Wire().api().moderated("violates policy")
    assert isinstance(error, Refused)
    assert isinstance(error, Moderated)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7.0), (" 0 ", 0.0), ("", None), ("soon", None), ("-1", None), ("²", None)],
)
def test_seconds_to_wait(text: str, seconds: float | None) -> None:
    """Trap 27: a 429 may say how long to wait, or nothing at all."""
    assert retry_after({"retry-after": text} if text else {}) == seconds
    error = Wire().api().error(Answer(429, {"retry-after": text}), "")
    assert isinstance(error, Busy)
    assert error.retry_after == seconds


def test_a_date_to_wait_for() -> None:
    """Retry-After may be a date; one that has passed means now."""
    now = datetime(2026, 3, 31, 10, 0, 0, tzinfo=UTC)
    later = {"retry-after": format_datetime(now.replace(second=30), usegmt=True)}
    assert retry_after(later, now.timestamp()) == 30.0
    assert retry_after(later, now.timestamp() + 99) == 0.0


@given(st.text() | st.text("0123456789 :,+-GMTadnJouFrisetW", max_size=40))
def test_any_retry_after_can_be_read(text: str) -> None:
    """Whatever stands there is seconds, or nothing."""
    seconds = retry_after({"retry-after": text}, 0.0)
    assert seconds is None or seconds >= 0


def test_an_answer_that_is_packed_all_the_same() -> None:
    """Nobody asked for it, but it may hold the only id of a job."""
    wire = Wire([packed(gzip.compress(b'{"id": 1}'), "gzip")])
    assert do(wire.api().get("/")).data == {"id": 1}
    assert wire.requests[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    "body", [b"not gzip at all", gzip.compress(b" " * (1 << 21))], ids=["broken", "bomb"]
)
def test_a_packed_answer_that_cannot_be_read(body: bytes) -> None:
    """Broken, or more than may be read once unpacked: nobody knows what it said."""
    wire = Wire([packed(body, "gzip")])
    api = Api(wire.http(), "service", "Service", BASE, most=1 << 20)
    with pytest.raises(Ambiguous):
        do(api.post("/", PROMPT, paid=True))


def test_layers_of_packing_are_not_undone() -> None:
    """Each could be a thousand times as large as the one around it."""
    bomb = gzip.compress(gzip.compress(b'{"id": 1}'))
    wire = Wire([packed(bomb, "gzip, gzip")])
    assert do(wire.api().get("/")).data is None


def test_an_answer_in_zlib_is_read_too() -> None:
    """Some servers call it deflate."""
    wire = Wire([packed(zlib.compress(b'{"id": 1}'), "deflate")])
    assert do(wire.api().get("/")).data == {"id": 1}


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe\x00", b"[" * 100_000, b"1" * 9999])
def test_an_answer_that_is_no_json(body: bytes) -> None:
    """It has no data, and raises nothing."""
    assert Answer(200, {}, body).data is None


# Every way to fail, by what the library below raises

NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)


def leaves(kind: type[Exception]) -> list[type[Exception]]:
    below = kind.__subclasses__()
    return [leaf for each in below for leaf in leaves(each)] if below else [kind]


RAISED = [
    kind
    for kind in leaves(httpx.HTTPError) + leaves(httpx.StreamError)
    if kind is not httpx.HTTPStatusError  # raised only by a method that nobody calls here
]


@pytest.mark.parametrize("kind", RAISED, ids=lambda kind: kind.__name__)
def test_no_lower_exception_escapes(kind: type[Exception]) -> None:
    """Each means that the request surely did not arrive, or that nobody knows."""
    raised = kind("token=x") if kind not in leaves(httpx.StreamError) else _stream_error(kind)
    with pytest.raises(NotSent if kind in NOT_SENT else Ambiguous) as caught:
        do(Wire([raised]).api().post("/", PROMPT, paid=True))
    assert "token=x" not in str(caught.value)


def _stream_error(kind: type[Exception]) -> Exception:
    return kind("token=x") if kind is httpx.StreamError else kind()


@pytest.mark.parametrize("raised", [ssl.SSLError(1, "alert"), OSError(5, "io"), ValueError("x")])
def test_an_exception_that_nobody_translated(raised: Exception) -> None:
    """An alert of TLS after the handshake is a bare OSError; the request may have arrived."""
    with pytest.raises(Ambiguous):
        do(Wire([raised]).api().post("/", PROMPT, paid=True))


# Real sockets


def test_a_refused_connection() -> None:
    """Nobody listens: the request surely did not arrive."""

    async def ask() -> None:
        with nobody() as url:
            async with reaching(url) as api:
                with pytest.raises(NotSent) as caught:
                    await api.post("/", PROMPT, paid=True)
                assert kinds(caught.value) == ["service-not-reached"]

    do(ask())


def test_a_server_that_speaks_no_tls() -> None:
    """The handshake fails before a byte of the request leaves."""

    async def ask() -> Server:
        async with serving(saying(b"{}"), b"220 mail.example ESMTP\r\n") as server:
            async with reaching(server.url.replace("http:", "https:")) as api:
                with pytest.raises(NotSent):
                    await api.post("/", PROMPT, paid=True)
            return server

    assert do(ask()).asked == []


LOST = {
    "reset": reset,
    "closed": cutting(b""),
    "cut in the head": cutting(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "cut in the body": cutting(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"id": '),
    "cut in a chunk": cutting(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{"),
    "not http": cutting(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"),
    "endless head": cutting(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000),
}


@pytest.mark.parametrize("answerer", LOST.values(), ids=LOST.keys())
def test_an_answer_that_is_lost(answerer: Answerer) -> None:
    """Trap 1: the request arrived once, nobody knows what came of it, and it is not sent again."""

    async def ask() -> Server:
        async with serving(answerer) as server, reaching(server.url) as api:
            with pytest.raises(Ambiguous) as caught:
                await api.post("/jobs", PROMPT, paid=True)
            assert kinds(caught.value) == ["service-no-answer"]
            return server

    assert len(do(ask()).asked) == 1


SLOW = {
    "silent": silence,
    "dripping": dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + b" " * 999, 0.05),
}


@pytest.mark.parametrize("answerer", SLOW.values(), ids=SLOW.keys())
def test_an_answer_that_takes_too_long(answerer: Answerer) -> None:
    """The whole answer has a time, also where each byte of it comes in time."""

    async def ask() -> Server:
        async with serving(answerer) as server, reaching(server.url, seconds=0.2) as api:
            with pytest.raises(Ambiguous, match="no answer in time"):
                await api.post("/jobs", PROMPT, paid=True)
            return server

    start = time.monotonic()
    assert len(do(ask()).asked) == 1
    assert time.monotonic() - start < 10


def test_one_call_may_take_longer_than_others() -> None:
    """A time given for one call counts instead of the service's own."""

    async def ask() -> Answer:
        slow = dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 0.01)
        async with serving(slow) as server, reaching(server.url, seconds=0.01) as api:
            return await api.post("/", PROMPT, seconds=30)

    assert do(ask()).data == {}


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"]
)
def test_an_answer_that_is_too_long(head: bytes) -> None:
    """It is not read to its end, whether or not it says how long it is."""

    async def ask() -> None:
        endless = cutting(head + b" " * 3_000_000)
        async with serving(endless) as server, reaching(server.url, most=1 << 16) as api:
            with pytest.raises(Ambiguous, match="too long"):
                await api.post("/", PROMPT, paid=True)

    do(ask())


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
@pytest.mark.parametrize("paid", [True, False], ids=["post", "get"])
def test_a_redirect_is_not_followed(status: str, paid: bool) -> None:
    """The other place sees neither the request nor the key."""

    async def ask() -> tuple[Server, Server]:
        async with serving(saying(b"{}")) as other:
            onward = f"Location: {other.url}/steal"
            moved = saying(b"", status, onward)
            async with serving(moved) as server, reaching(server.url) as api:
                got = await (api.post("/a", PROMPT, paid=True) if paid else api.get("/a"))
                assert isinstance(api.error(got, ""), Refused)
                return server, other

    server, other = do(ask())
    assert KEY in server.asked[0].head
    assert other.connections == 0


def test_a_redirect_to_nowhere() -> None:
    """A Location that is no address is an answer that cannot be read."""

    async def ask() -> None:
        moved = saying(b"", "302 Found", "Location: https://[::1")
        async with serving(moved) as server, reaching(server.url) as api:
            with pytest.raises(Ambiguous):
                await api.post("/a", PROMPT, paid=True)

    do(ask())


def test_each_paid_request_has_a_connection_of_its_own() -> None:
    """On a kept connection, an idle close could meet the request and make it ambiguous."""

    async def ask() -> list[int]:
        async with serving(saying(b"{}")) as server, reaching(server.url) as api:
            await api.get("/poll")
            for _ in range(3):
                await api.post("/jobs", PROMPT, paid=True)
                await api.get("/poll")
            return [asked.connection for asked in server.asked if asked.head.startswith("POST")]

    assert do(ask()) == [2, 3, 4]


def test_paid_requests_at_once_share_no_connection() -> None:
    """Nor where one ends while another begins."""

    async def ask() -> list[int]:
        async with serving(saying(b"{}")) as server, reaching(server.url) as api:
            async with asyncio.TaskGroup() as group:
                for _ in range(20):
                    group.create_task(api.post("/jobs", PROMPT, paid=True))
            return sorted(asked.connection for asked in server.asked)

    assert do(ask()) == list(range(1, 21))


def test_polls_share_a_connection() -> None:
    """They are free and many."""

    async def ask() -> set[int]:
        async with serving(saying(b"{}")) as server, reaching(server.url) as api:
            for _ in range(5):
                await api.get("/poll")
            return {asked.connection for asked in server.asked}

    assert do(ask()) == {1}


def test_a_proxy_is_not_asked_for_this_machine() -> None:
    """A client for loopback reads no proxy from the environment; any other does."""
    http = Http()
    assert http.client(fresh=True, direct=True).trust_env is False
    assert http.client(fresh=True, direct=False).trust_env is True
    do(http.close())
