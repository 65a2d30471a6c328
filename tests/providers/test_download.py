"""Where results are fetched from, where they are not, and what does not count as a picture."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest

from assetgen.errors import ProviderError
from assetgen.providers.address import is_public, numbers_of
from assetgen.providers.base import Refused
from assetgen.providers.download import download
from assetgen.providers.http import Http
from tests.providers.ends import (
    KEY,
    Server,
    Wire,
    answer,
    cutting,
    do,
    dripping,
    reaching,
    saying,
    serving,
)

PNG = b"\x89PNG\r\n\x1a\n and so on"
PUBLIC = "93.184.216.34"
ADDRESS = "https://files.example/a/b.png?sig=1"


@dataclass
class Names:
    """Says what a name stands for, and remembers who was asked for."""

    table: dict[str, tuple[str, ...]] = field(
        default_factory=lambda: {"files.example": (PUBLIC,), "other.example": ("2606:4700::1",)}
    )
    asked: list[str] = field(default_factory=list)

    async def __call__(self, host: str, port: int) -> tuple[str, ...]:
        self.asked.append(host)
        if host not in self.table:
            raise OSError("no such name")
        return self.table[host]


def fetch(
    wire: Wire, address: str = ADDRESS, *, names: Names | None = None, most: int = 99
) -> bytes:
    http = Http(httpx.MockTransport(wire), names or Names())
    return do(download(http, address, most=most))


def picture() -> httpx.Response:
    return answer(200, PNG, {"content-type": "image/png"})


def moved(location: str) -> httpx.Response:
    return answer(302, b"", {"location": location})


@asynccontextmanager
async def client() -> AsyncIterator[Http]:
    http = Http()
    try:
        yield http
    finally:
        await http.close()


# Who is asked


def test_a_picture_is_fetched_from_the_number_that_was_checked() -> None:
    """The connection goes to that number, in the name of the host, with nothing secret."""
    wire = Wire([picture()])
    assert fetch(wire) == PNG
    (request,) = wire.requests
    assert str(request.url) == f"https://{PUBLIC}/a/b.png?sig=1"
    assert request.headers["host"] == "files.example"
    assert request.extensions["sni_hostname"] == "files.example"
    assert request.headers["accept-encoding"] == "identity"
    assert {"authorization", "cookie", "ocp-apim-subscription-key"}.isdisjoint(request.headers)


def test_a_name_is_looked_up_once_for_a_connection() -> None:
    """A second look-up could say something else than the one that was checked."""
    names = Names()
    fetch(Wire([picture()]), names=names)
    assert names.asked == ["files.example"]


def test_a_port_and_a_foreign_alphabet() -> None:
    """Both are kept in the name of the host."""
    wire = Wire([picture()])
    names = Names({"bücher.example": (PUBLIC,)})
    fetch(wire, "https://bücher.example:8443/x", names=names)
    assert wire.requests[0].headers["host"] == "xn--bcher-kva.example:8443"
    assert wire.requests[0].url.port == 8443


PRIVATE = [
    "10.0.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - the point is that it is refused
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1%eth0",
    "fc00::1",
    "ff02::1",
    "::ffff:10.0.0.1",
    "::10.0.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::",
    "no number",
]


@pytest.mark.parametrize("number", PRIVATE)
def test_a_name_of_a_private_place(number: str) -> None:
    """Trap 21: only what anybody could reach is asked for a result."""
    wire = Wire([picture()])
    assert not is_public(number)
    with pytest.raises(ProviderError, match="not a public address"):
        fetch(wire, names=Names({"files.example": (number,)}))
    assert wire.requests == []


@pytest.mark.parametrize("number", [PUBLIC, "2606:4700::1", "64:ff9b::5db8:d822"])
def test_a_name_of_a_public_place(number: str) -> None:
    """Also behind the wrapping of a network that speaks only IPv6."""
    assert fetch(Wire([picture()]), names=Names({"files.example": (number,)})) == PNG


@pytest.mark.parametrize("numbers", [(PUBLIC, "10.0.0.1"), ("10.0.0.1", PUBLIC), ()])
def test_a_name_of_two_places(numbers: tuple[str, ...]) -> None:
    """One private number among public ones is how a name is turned against its reader."""
    wire = Wire([picture()])
    with pytest.raises(ProviderError, match="not a public address"):
        fetch(wire, names=Names({"files.example": numbers}))
    assert wire.requests == []


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "2130706433", "0x7f.1", "localhost", "[::ffff:127.0.0.1]"]
)
def test_this_machine_by_any_spelling(host: str) -> None:
    """The system's own look-up decides what a spelling stands for."""
    wire = Wire([picture()])
    http = Http(httpx.MockTransport(wire), numbers_of)
    with pytest.raises(ProviderError, match=r"not a public address|not known"):
        do(download(http, f"https://{host}/a.png"))
    assert wire.requests == []


def test_an_unknown_name() -> None:
    """The message names the host, not the address, which may hold a token."""
    with pytest.raises(ProviderError, match=r"gone\.example .* the name is not known") as caught:
        fetch(Wire([picture()]), "https://gone.example/?token=x")
    assert "token" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "http://files.example/a.png",
        "http://127.0.0.1/a.png",
        "ftp://files.example/a.png",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "//files.example/a.png",
        "https://user:word@files.example/a.png",
        "https://files.example@other.example/a.png",
        "https://[::1/a.png",
        "https:///a.png",
        "https://files.example:99999/",
        "https://files.example:0/",
        "a.png",
        "",
    ],
)
def test_an_address_that_is_not_fit(address: str) -> None:
    """Only https, only a plain host; nothing else is even looked up."""
    wire, names = Wire([picture()]), Names()
    with pytest.raises(ProviderError) as caught:
        fetch(wire, address, names=names)
    assert caught.value.problems[0].kind.name == "result-address"
    assert wire.requests == []
    assert names.asked == []


def test_odd_letters_in_an_address() -> None:
    """A path that no request line can carry is an error like another."""
    with pytest.raises(ProviderError):
        fetch(Wire([picture()]), "https://files.example/a\nb\x00")


# Redirects


def test_a_redirect_to_another_public_place() -> None:
    """It is followed, and looked at like the first."""
    wire, names = Wire([moved("https://other.example/c.png"), picture()]), Names()
    assert fetch(wire, names=names) == PNG
    assert names.asked == ["files.example", "other.example"]
    assert [request.headers["host"] for request in wire.requests] == names.asked


def test_a_redirect_within_a_host() -> None:
    """A relative address belongs to the name, not to the number that was asked."""
    wire = Wire([moved("../c.png"), picture()])
    assert fetch(wire) == PNG
    assert str(wire.requests[1].url) == f"https://{PUBLIC}/c.png"
    assert wire.requests[1].headers["host"] == "files.example"


@pytest.mark.parametrize(
    "location",
    [
        "https://inside.example/",
        "https://169.254.169.254/latest/meta-data",
        "http://files.example/a.png",
        "http://127.0.0.1:8080/",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "https://[::1",
        "https://gone.example/",
    ],
)
def test_a_redirect_to_where_nothing_is_fetched(location: str) -> None:
    """Trap 21: what a first address may not be, a second may not be either."""
    wire = Wire([moved(location), picture()])
    table = {"inside.example": ("10.0.0.1",), "169.254.169.254": ("169.254.169.254",)}
    with pytest.raises(ProviderError):
        fetch(wire, names=Names({**Names().table, **table}))
    assert len(wire.requests) == 1


def test_redirects_without_end() -> None:
    """After a few it is given up."""
    wire = Wire([moved(ADDRESS)])
    with pytest.raises(ProviderError, match="too many redirects"):
        fetch(wire)
    assert len(wire.requests) == 4


@pytest.mark.parametrize("status", [300, 302, 304])
def test_a_redirect_that_says_not_where(status: int) -> None:
    """It is an answer without a picture."""
    with pytest.raises(ProviderError, match=f"HTTP {status}"):
        fetch(Wire([answer(status, b"")]))


# What comes back


@pytest.mark.parametrize("status", [204, 206, 403, 404, 410, 500])
def test_an_answer_without_the_picture(status: int) -> None:
    """Trap 22: an expired or failing address is an error of the download alone."""
    with pytest.raises(ProviderError, match=f"HTTP {status}") as caught:
        fetch(Wire([answer(status, PNG)]))
    assert caught.value.problems[0].kind.name == "result-not-fetched"


@pytest.mark.parametrize(
    "kind", ["text/html", "Text/HTML; charset=utf-8", "application/json", "application/xml"]
)
def test_a_page_instead_of_a_picture(kind: str) -> None:
    """Trap 21: a login page with status 200 is no picture."""
    with pytest.raises(ProviderError, match="not with a picture"):
        fetch(Wire([answer(200, b"<html>sign in</html>", {"content-type": kind})]))


@pytest.mark.parametrize("kind", ["image/jpeg", "application/octet-stream", ""])
def test_a_type_that_lies_or_says_nothing(kind: str) -> None:
    """Trap 20: the bytes count; who stores them looks at them."""
    assert fetch(Wire([answer(200, PNG, {"content-type": kind} if kind else {})])) == PNG


def test_a_packed_picture() -> None:
    """Nobody asked for it, and unpacked it could be of any size."""
    with pytest.raises(ProviderError, match="packed"):
        fetch(Wire([answer(200, b"", {"content-encoding": "gzip"})]))


def test_a_picture_that_is_too_large() -> None:
    """It is not read beyond the limit; just the limit is fine."""
    assert fetch(Wire([picture()]), most=len(PNG)) == PNG
    with pytest.raises(ProviderError, match="larger than"):
        fetch(Wire([picture()]), most=len(PNG) - 1)


def test_a_lower_exception() -> None:
    """None escapes, and no message repeats an address."""
    for raised in (httpx.ConnectError("token"), httpx.ReadError("token"), OSError(5, "token")):
        with pytest.raises(ProviderError, match="the connection failed") as caught:
            fetch(Wire([raised]))
        assert "token" not in str(caught.value)


# Real sockets


def test_this_machine_if_the_service_is_on_it() -> None:
    """An emulator's results are on loopback, without https; else nothing is asked there."""

    async def ask() -> bytes:
        async with serving(saying(PNG)) as server, client() as http:
            with pytest.raises(ProviderError):
                await download(http, server.url)
            assert server.asked == []
            return await download(http, server.url.replace("127.0.0.1", "localhost"), loopback=True)

    assert do(ask()) == PNG


def test_loopback_opens_no_other_private_place() -> None:
    """Where results may be on this machine, the rest of the network stays closed."""
    wire = Wire([picture()])
    http = Http(httpx.MockTransport(wire), Names({"files.example": ("10.0.0.1",)}))
    with pytest.raises(ProviderError):
        do(download(http, ADDRESS, loopback=True))
    with pytest.raises(ProviderError):
        do(download(http, "http://10.0.0.1/", loopback=True))
    assert wire.requests == []


CUT = {
    "short": b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + PNG,
    "chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n99\r\n" + PNG,
    "nothing": b"",
}


@pytest.mark.parametrize("said", CUT.values(), ids=CUT.keys())
def test_a_truncated_picture(said: bytes) -> None:
    """Fewer bytes than were announced are no picture."""

    async def ask() -> None:
        async with serving(cutting(said)) as server, client() as http:
            with pytest.raises(ProviderError, match="the connection failed"):
                await download(http, server.url, loopback=True)

    do(ask())


def test_a_picture_that_takes_too_long() -> None:
    """The deadline is for all of it, also where each byte comes in time."""

    async def ask() -> None:
        slow = dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + b" " * 999, 0.05)
        async with serving(slow) as server, client() as http:
            with pytest.raises(ProviderError, match="no end within"):
                await download(http, server.url, loopback=True, seconds=0.2)

    start = time.monotonic()
    do(ask())
    assert time.monotonic() - start < 10


def test_a_picture_without_end() -> None:
    """A body that never ends is cut at the limit."""

    async def ask() -> None:
        endless = cutting(b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 3_000_000)
        async with serving(endless) as server, client() as http:
            with pytest.raises(ProviderError, match="larger than"):
                await download(http, server.url, loopback=True, most=1 << 16)

    do(ask())


def test_the_key_stays_with_the_service() -> None:
    """Trap 21: the client that carries a key to the service fetches results without it."""

    async def ask() -> tuple[Server, Server]:
        async with (
            serving(saying(b"{}")) as service,
            serving(saying(PNG)) as files,
            reaching(service.url) as api,
        ):
            await api.get("/jobs")
            await download(api.http, files.url, loopback=True)
            await download(api.http, service.url + "/result.png", loopback=True)
            return service, files

    service, files = do(ask())
    assert [KEY in asked.head for asked in service.asked] == [True, False]
    assert [KEY in asked.head for asked in files.asked] == [False]


def test_connections_are_not_kept() -> None:
    """One that was opened in the name of one host serves no other host of the same number."""

    async def ask() -> int:
        async with serving(saying(PNG)) as server, client() as http:
            async with asyncio.TaskGroup() as group:
                for _ in range(3):
                    group.create_task(download(http, server.url, loopback=True))
            await download(http, server.url, loopback=True)
            return server.connections

    assert do(ask()) == 4


# Results that are their own bytes


def test_a_data_address() -> None:
    """Trap 24: Pixazo's `sync_mode` gives the picture itself; nothing is asked for it."""
    wire = Wire([picture()])
    text = base64.b64encode(PNG).decode()
    assert fetch(wire, f"data:image/png;base64,{text}") == PNG
    assert wire.requests == []


@pytest.mark.parametrize(
    "address",
    [
        "data:",
        "data:image/png",
        "data:image/png,plain",
        "data:image/png;base64,***",
        "data:image/png;base64,AAA",
        "data:image/png;base64," + "A" * 4000,
    ],
)
def test_a_data_address_without_a_picture(address: str) -> None:
    """Not base64, or of more bytes than a picture may have."""
    with pytest.raises(ProviderError, match="data address") as caught:
        fetch(Wire([picture()]), address)
    assert not isinstance(caught.value, Refused)
