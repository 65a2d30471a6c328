"""Who may read a review, and who may change something."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from assetgen.review.guard import HEADERS, Words
from tests.review.fakes import (
    COOKIE,
    DIGEST,
    HERE,
    PORT,
    POST,
    PROMPT,
    WORDS,
    FakeActions,
    app_of,
    browser,
)

READS = (
    "/",
    "/static/page.js",
    "/data.json",
    "/events",
    f"/thumbs/{DIGEST}.webp",
    f"/pictures/{DIGEST}.png",
    "/nothing",
)
ACTS = ("pick", "pin", "reject", "remark", "accept", "price", "reroll", "build", "stop", "adopt")
PICK = '{"target": "sword", "take": 1, "seen": ""}'


def ask(method: str, path: str, headers: Any = None, body: Any = None) -> httpx.Response:
    """Return the answer to one request."""
    return asked(FakeActions(), method, path, headers, body)


def asked(
    actions: FakeActions, method: str, path: str, headers: Any = None, body: Any = None
) -> httpx.Response:
    """Return the answer to one request, of a server whose doings are looked at."""

    async def one() -> httpx.Response:
        async with browser(actions) as client:
            return await client.request(method, path, headers=headers, content=body)

    return asyncio.run(one())


@pytest.mark.parametrize("path", READS)
def test_nothing_is_read_without_a_cookie(path: str) -> None:
    """Whoever knows only the port learns nothing, not even what exists."""
    answer = ask("GET", path)
    assert answer.status_code == 403
    assert answer.text == ask("GET", "/").text
    assert PROMPT not in answer.text


@pytest.mark.parametrize("path", READS[:3] + READS[4:6])
def test_with_the_cookie_one_reads(path: str) -> None:
    """The page and all that it loads come to the browser that was let in."""
    assert ask("GET", path, COOKIE).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        f"evil.example:{PORT}",
        "evil.example",
        "127.0.0.1",
        "localhost",
        f"127.0.0.1:{PORT + 1}",
        f"127.0.0.2:{PORT}",
        f"0.0.0.0:{PORT}",
        f"[::1]:{PORT}",
        f"127.0.0.1.evil.example:{PORT}",
        f"localhost.:{PORT}",
        f"user@127.0.0.1:{PORT}",
        "",
    ],
)
@pytest.mark.parametrize("path", ["/", f"/?token={WORDS.entry}", "/data.json"])
def test_another_host_name_is_refused(host: str, path: str) -> None:
    """A name that was pointed at this machine is no way in, with whatever secrets."""
    answer = ask("GET", path, {**COOKIE, "host": host})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_two_hosts_are_none() -> None:
    """A request that names two hosts is refused, whichever comes first."""
    here = f"127.0.0.1:{PORT}"
    for hosts in ([here, "evil.example"], ["evil.example", here], [here, here]):
        headers = [("host", host) for host in hosts] + list(COOKIE.items())
        assert ask("GET", "/data.json", headers).status_code == 403


def test_localhost_is_this_machine() -> None:
    """The other name of this machine works too, for reading and for doing."""
    here = f"localhost:{PORT}"
    assert ask("GET", "/data.json", {**COOKIE, "host": here}).status_code == 200
    headers = {**POST, "host": here, "origin": f"http://{here}", "content-type": JSON}
    assert ask("POST", "/act/pick", headers, PICK).status_code == 200


JSON = "application/json"


def test_the_printed_address_lets_in() -> None:
    """It sets a cookie that scripts cannot read and other sites do not send, and hands on."""
    answer = ask("GET", f"/?token={WORDS.entry}")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/#token={WORDS.token}"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"assetgen-{PORT}={WORDS.cookie};")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert WORDS.entry not in str(answer.headers)


def test_a_link_of_another_site_lets_in_too() -> None:
    """A terminal in a browser opens the address; a page, not a redirect, goes on from there."""
    answer = ask("GET", f"/?token={WORDS.entry}", {"sec-fetch-site": "cross-site"})
    assert answer.status_code == 200
    assert f'content="0;url=/#token={WORDS.token}"' in answer.text
    assert "set-cookie" in answer.headers


@pytest.mark.parametrize(
    "query",
    [
        "token=",
        "token=wrong",
        f"token={WORDS.cookie}",
        f"token={WORDS.token}",
        f"token={WORDS.entry}x",
        f"token={WORDS.entry[:-1]}",
        f"token=wrong&token={WORDS.entry}",
        f"other={WORDS.entry}",
        "token=%ff%00%f0",
        "token=ä",
    ],
)
def test_a_wrong_word_lets_nobody_in(query: str) -> None:
    """Only the printed word opens; the other secrets are none in its place."""
    answer = ask("GET", f"/?{query}")
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_the_word_opens_only_the_page() -> None:
    """It stands in the address bar, and so opens nothing else."""
    for path in READS[1:]:
        assert ask("GET", f"{path}?token={WORDS.entry}").status_code == 403
    assert ask("POST", f"/?token={WORDS.entry}").status_code == 403


@pytest.mark.parametrize(
    "cookie",
    [
        f"assetgen={WORDS.cookie}",
        f"assetgen-{PORT + 1}={WORDS.cookie}",
        f"assetgen-{PORT}={WORDS.token}",
        f"assetgen-{PORT}={WORDS.entry}",
        f"assetgen-{PORT}={WORDS.cookie}x",
        f"assetgen-{PORT}=",
        "",
        "=;;=",
    ],
)
def test_a_wrong_cookie_is_none(cookie: str) -> None:
    """The cookie of another port's server, or another secret in its place, does not help."""
    assert ask("GET", "/data.json", {"cookie": cookie}).status_code == 403


def test_a_planted_cookie_locks_nobody_out() -> None:
    """Another port can set a cookie of the same name; the right one beside it counts."""
    name = f"assetgen-{PORT}"
    for cookie in (f"{name}=evil; {name}={WORDS.cookie}", f"{name}={WORDS.cookie}; {name}=evil"):
        assert ask("GET", "/data.json", {"cookie": cookie}).status_code == 200


@pytest.mark.parametrize("site", ["same-site", "cross-site", "", "Same-Origin"])
@pytest.mark.parametrize("path", READS)
def test_a_page_elsewhere_can_embed_nothing(site: str, path: str) -> None:
    """Another port of this machine is the same site to a browser, which sends the cookie along."""
    answer = ask("GET", path, {**COOKIE, "sec-fetch-site": site})
    assert answer.status_code == 403
    assert PROMPT not in answer.text


@pytest.mark.parametrize("verb", ACTS)
@pytest.mark.parametrize(
    "missing",
    [
        ("cookie",),
        ("origin",),
        ("x-assetgen-token",),
        ("cookie", "origin", "x-assetgen-token"),
    ],
)
def test_a_post_needs_all_three(verb: str, missing: tuple[str, ...]) -> None:
    """Cookie, origin and token: any one alone, or any two, are not enough."""
    actions = FakeActions()
    headers = {name: value for name, value in POST.items() if name not in missing}
    answer = asked(actions, "POST", f"/act/{verb}", {**headers, "content-type": JSON}, PICK)
    assert answer.status_code == 403
    assert set(answer.json()) == {"error", "next"}
    assert actions.asked == []


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        f"https://127.0.0.1:{PORT}",
        f"http://127.0.0.1:{PORT + 1}",
        f"http://localhost:{PORT}",
        "http://127.0.0.1",
        f"http://evil.example:{PORT}",
        f"http://127.0.0.1:{PORT}/",
        f"http://127.0.0.1:{PORT}.evil.example",
    ],
)
def test_another_origin_changes_nothing(origin: str) -> None:
    """A page of another origin is refused even with cookie and token."""
    actions = FakeActions()
    headers = {**POST, "origin": origin, "content-type": JSON}
    assert asked(actions, "POST", "/act/pick", headers, PICK).status_code == 403
    assert actions.asked == []


@pytest.mark.parametrize("token", ["", "x", WORDS.cookie, WORDS.entry, WORDS.token + "x"])
def test_a_wrong_token_changes_nothing(token: str) -> None:
    """What another port learns, the cookie, is no token."""
    headers = {**POST, "x-assetgen-token": token, "content-type": JSON}
    assert ask("POST", "/act/pick", headers, PICK).status_code == 403


@pytest.mark.parametrize("path", ["/", "/data.json", *(f"/act/{verb}" for verb in ACTS)])
def test_reading_changes_nothing(path: str) -> None:
    """No GET and no HEAD reaches an action, however it is asked."""
    actions = FakeActions()
    for method in ("GET", "HEAD"):
        answer = asked(actions, method, path, {**POST, "content-type": JSON}, PICK)
        assert answer.status_code in (200, 405)
    assert actions.asked == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"])
def test_other_methods_are_not_known(method: str) -> None:
    """A preflight among them: no other origin is ever told that it may."""
    answer = ask(method, "/act/pick", POST)
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", [*READS[:3], f"/?token={WORDS.entry}", "/act/pick", "/%00"])
@pytest.mark.parametrize("headers", [{}, COOKIE], ids=["stranger", "page"])
def test_every_answer_carries_the_headers(path: str, headers: dict[str, str]) -> None:
    """Refusals and errors too: nothing is framed, cached, sniffed or told as a referrer."""
    answer = ask("GET", path, headers)
    for name, value in HEADERS:
        assert answer.headers.get_list(name.decode()) == [value.decode()]
    assert "server" not in answer.headers


def test_a_web_socket_is_closed() -> None:
    """There is none, and none is let in."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    scope = {"type": "websocket", "path": "/events", "headers": [], "query_string": b""}

    async def connect() -> None:
        await app_of(FakeActions())(scope, receive, send)

    asyncio.run(connect())
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_secrets_do_not_show_themselves() -> None:
    """Each server has its own, long and different ones, and prints none of them."""
    one, other = Words(), Words()
    found = {one.entry, one.cookie, one.token, other.entry, other.cookie, other.token}
    assert len(found) == 6
    assert min(map(len, found)) >= 43
    assert not any(word in repr(one) for word in found)


def test_the_address_of_this_machine_is_the_origin() -> None:
    """The fixtures are what a browser sends: cookie, origin and token let the page act."""
    assert ask("POST", "/act/pick", {**POST, "content-type": JSON}, PICK).status_code == 200
    assert POST["origin"] == HERE
