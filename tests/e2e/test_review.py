"""`assetgen review` as a program: what it says, what it answers on its socket, how it ends."""

from __future__ import annotations

import json
import os
import pty
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from tests.e2e.emulated import KEYS, Market
from tests.e2e.sandbox import ASSETGEN, Sandbox
from tests.e2e.served import SECONDS, Review, review, shop_with_pictures, until


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    """A project whose pictures are bought, which no test here changes."""
    with shop_with_pictures(tmp_path_factory.mktemp("shop")) as one:
        yield one


@pytest.fixture(scope="module")
def served(shop: Market) -> Iterator[Review]:
    """A review of it."""
    with review(shop) as one:
        yield one


@contextmanager
def let_in(served: Review) -> Iterator[tuple[httpx.Client, dict[str, str]]]:
    """Give a client with the cookie, and the headers of its actions."""
    with httpx.Client(base_url=served.origin) as client:
        answer = client.get(served.address)
        token = answer.headers["location"].removeprefix("/#token=")
        headers = {"origin": served.origin, "x-assetgen-token": token}
        yield client, {**headers, "content-type": "application/json"}


def port_of(served: Review) -> int:
    """Return the port that is served."""
    return int(served.origin.rpartition(":")[2])


def raw(served: Review, data: bytes) -> bytes:
    """Return what comes back for these bytes, until the server closes or says no more."""
    with closing(socket.create_connection(("127.0.0.1", port_of(served)), 10)) as line:
        line.settimeout(1)
        line.sendall(data)
        found = b""
        try:
            while piece := line.recv(65536):
                found += piece
        except TimeoutError:
            pass
        return found


def test_no_key_is_anywhere(served: Review) -> None:
    """Not in the page, not in what it loads, not in its data, not in an error."""
    with let_in(served) as (client, headers):
        names = ["", "data.json", "static/page.js", "static/actions.js", "static/page.css"]
        texts = [client.get(f"/{name}").text for name in names]
        texts.append(client.post("/act/pick", headers=headers, content="{}").text)
        body = json.dumps({"targets": ["sword"], "takes": 1})
        texts.append(client.post("/act/price", headers=headers, content=body).text)
    assert all(len(text) > 20 for text in texts)
    found = [key for key in KEYS.values() for text in texts if key in text]
    assert found == []


def test_the_page_is_served_to_this_machine_alone(served: Review) -> None:
    """On another address of the machine nobody answers."""
    with closing(socket.socket()) as other:
        other.settimeout(5)
        assert other.connect_ex(("127.0.0.2", port_of(served))) != 0


def test_events_come_while_one_listens(served: Review) -> None:
    """The first one says which document one should have; a stranger hears none."""
    with let_in(served) as (client, _), client.stream("GET", "/events") as stream:
        lines = stream.iter_lines()
        assert next(lines) == "event: hello"
        at = json.loads(next(lines).removeprefix("data: "))["version"]
        assert client.get("/data.json").json()["at"] == at
    assert httpx.get(f"{served.origin}/events").status_code == 403


def test_a_stranger_is_refused_before_his_body_is_read(served: Review) -> None:
    """He may claim a large one, and send nothing of it."""
    head = f"POST /act/adopt HTTP/1.1\r\nHost: 127.0.0.1:{port_of(served)}\r\n"
    answer = raw(served, f"{head}Content-Length: 60000000\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: HERE\r\n\r\n",
        b"GET /data.json HTTP/1.1\r\nHost: HERE\r\nHost: evil.example\r\n\r\n",
        b"GET /data.json HTTP/1.1\r\nHost: HERE\r\nX-Forwarded-Host: HERE\r\n\r\n",
        b"GET /data.json HTTP/1.1\r\nHost : HERE\r\n\r\n",
        b"GET /data.json\r\n HTTP/1.1\r\nHost: HERE\r\n\r\n",
        b"POST /act/stop HTTP/1.1\r\nHost: HERE\r\nContent-Length: 2\r\n"
        b"Content-Length: 3\r\n\r\n{}",
        b"POST /act/stop HTTP/1.1\r\nHost: HERE\r\nContent-Length: 2\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /events HTTP/1.1\r\nHost: HERE\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
        b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: HERE\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x00" * 1000,
    ],
)
def test_odd_requests_get_nothing_and_do_no_harm(served: Review, data: bytes) -> None:
    """No second host, no smuggled body, no web socket; the next one is answered as ever."""
    answer = raw(served, data.replace(b"HERE", f"127.0.0.1:{port_of(served)}".encode()))
    assert answer == b"" or answer[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 403", b"HTTP/1.0 403")
    assert b"sword" not in answer
    with let_in(served) as (client, _):
        assert client.get("/data.json").status_code == 200


def test_half_a_body_is_not_waited_for_by_others(served: Review) -> None:
    """Who sends slowly holds up only himself."""
    with let_in(served) as (client, headers):
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    lines = [
        "POST /act/pick HTTP/1.1",
        f"host: 127.0.0.1:{port_of(served)}",
        f"cookie: {cookie}",
        *(f"{name}: {value}" for name, value in headers.items()),
        "content-length: 1000",
    ]
    slow = [socket.create_connection(("127.0.0.1", port_of(served)), 10) for _ in range(20)]
    try:
        for one in slow:
            one.sendall("\r\n".join(lines).encode() + b"\r\n\r\n{")
        began = time.monotonic()
        with let_in(served) as (client, _):
            assert client.get("/data.json").status_code == 200
        assert time.monotonic() - began < 5
    finally:
        for one in slow:
            one.close()


def test_ctrl_c_ends_it_with_pages_open(shop: Market) -> None:
    """Nobody has to close a tab first; nothing is left behind."""
    with review(shop) as served:
        with let_in(served) as (client, _), client.stream("GET", "/events") as stream:
            next(stream.iter_lines())
            began = time.monotonic()
            assert served.stop() == 0
            assert time.monotonic() - began < 10
        assert "Traceback" not in served.process.communicate()[1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_terminal_that_closes_ends_it_too(shop: Market, number: int) -> None:
    """As Ctrl-C does."""
    with review(shop) as served:
        served.process.send_signal(number)
        assert served.process.wait(SECONDS) == 0


def test_the_second_ctrl_c_ends_a_build_at_once(tmp_path: Path) -> None:
    """What it had sent is in the ledger, and not paid again."""
    with shop_with_pictures(tmp_path, latency=2.0) as shop:
        bought = len(shop.charges)
        with review(shop) as served:
            asked = {"targets": ["crown"], "takes": 1, "note": "", "max_images": 1}
            body = json.dumps({**asked, "max_cost": None})
            with let_in(served) as (client, headers):
                assert client.post("/act/reroll", headers=headers, content=body).status_code == 202
                until(lambda: len(shop.charges) == bought + 1, "the submit")
                served.process.send_signal(signal.SIGINT)
                time.sleep(0.05)
                assert served.stop() == 130
            assert "stopping the build" in served.process.communicate()[1]
        until(lambda: shop.run("build", "--max-images", "0").code == 0, "the collection")
        assert len(shop.charges) == bought + 1


def test_a_review_of_some_targets_shows_those(shop: Market) -> None:
    """And knows no other."""
    with review(shop, "crown") as served, let_in(served) as (client, headers):
        data = client.get("/data.json").json()
        assert [one["name"] for one in data["targets"]] == ["crown"]
        body = json.dumps({"target": "sword", "take": 2, "seen": ""})
        answer = client.post("/act/pick", headers=headers, content=body)
        assert answer.status_code == 400


def test_a_port_can_be_chosen_and_may_be_taken(shop: Market) -> None:
    """One line says so."""
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ran = shop.run("review", "--port", port)
        assert ran.code == 2
        assert f"port {port} cannot be used" in ran.err
    with review(shop, "--port", port) as served:
        assert served.origin == f"http://127.0.0.1:{port}"


def test_a_project_that_cannot_be_read_is_not_served(box: Sandbox) -> None:
    """The mistake is told with its place, as by every command."""
    box.spec("targets: {a: {promt: x}}\n")
    ran = box.run("review")
    assert ran.code == 2
    assert "assetgen.yaml:2" in ran.err
    assert ran.out == ""


def test_a_missing_extra_is_named(box: Sandbox, tmp_path: Path) -> None:
    """Without the packages that serve, one line says how to get them."""
    box.spec("targets: {a: a picture}\n")
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    for name in ("starlette", "uvicorn"):
        text = f"raise ModuleNotFoundError('it is not here', name={name!r})\n"
        (hidden / f"{name}.py").write_text(text)
    path = os.pathsep.join([str(hidden), *filter(None, [os.environ.get("PYTHONPATH")])])
    box.variables["PYTHONPATH"] = path
    ran = box.run("review")
    assert ran.code == 2
    assert "pip install 'assetgen[serve]'" in ran.err
    assert len(ran.err.splitlines()) == 2


def test_the_printed_address_is_all_that_is_said(shop: Market) -> None:
    """No line about a request, so no token in a log."""
    with review(shop) as served:
        with let_in(served) as (client, _):
            client.get("/data.json")
            client.get("/nothing?token=x")
        assert served.stop() == 0
        assert served.process.stdout is not None
        assert served.process.stderr is not None
        out, err = served.process.stdout.read(), served.process.stderr.read()
    assert out.splitlines() == ["# whoever knows this address may read and decide; Ctrl-C ends it"]
    assert err == ""


def test_starting_twice_is_fine(shop: Market) -> None:
    """Two reviews of one project have other ports and other words; neither opens the other."""
    with review(shop) as one, review(shop) as other, let_in(one) as (first, _):
        word = next(iter(first.cookies.values()))
        name = f"assetgen-{port_of(other)}"
        answer = httpx.get(f"{other.origin}/data.json", headers={"cookie": f"{name}={word}"})
        assert answer.status_code == 403


def test_a_killed_review_leaves_no_build_that_nobody_sees(tmp_path: Path) -> None:
    """Its build ends or goes on, and what it bought is there afterwards, once."""
    with shop_with_pictures(tmp_path, latency=1.0) as shop:
        bought = len(shop.charges)
        with review(shop) as served:
            asked: dict[str, Any] = {"targets": ["crown"], "takes": 1, "note": ""}
            body = json.dumps({**asked, "max_images": 1, "max_cost": None})
            with let_in(served) as (client, headers):
                client.post("/act/reroll", headers=headers, content=body)
                until(lambda: len(shop.charges) == bought + 1, "the submit")
            served.process.kill()
            served.process.wait()
        shop.build("--max-images", "0")
        assert len(shop.charges) == bought + 1
        assert len(served.lines["crown"]["takes"]) == 2


def test_the_browser_is_opened_without_the_token(shop: Market, tmp_path: Path) -> None:
    """What a program is started with can be seen by all users: a private file leads on."""
    seen = tmp_path / "seen"
    script = tmp_path / "browser"
    script.write_text(f'#!/bin/sh\necho "$1" > {seen}\n')
    script.chmod(0o755)
    environ = {**shop.env, "BROWSER": str(script), "DISPLAY": ":0"}
    outer, inner = pty.openpty()
    process = subprocess.Popen(
        [ASSETGEN, "review"], cwd=shop.root, env=environ, stdin=inner, stdout=inner, stderr=inner
    )
    os.close(inner)
    try:
        until(lambda: seen.exists() and seen.read_text().endswith("\n"), "the browser")
        given = seen.read_text().strip()
        path = Path(unquote(given.removeprefix("file://")))
        assert path.stat().st_mode & 0o077 == 0
        said = os.read(outer, 4000).decode()
        address = said.partition("review: ")[2].split()[0]
        assert "token=" in address
        assert "token" not in given
        assert f'url={address}"' in path.read_text()
        with httpx.Client() as client:
            answer = client.get(address, headers={"sec-fetch-site": "cross-site"})
            assert answer.status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == 0
        assert not path.exists()
    finally:
        process.kill()
        process.wait()
        os.close(outer)
