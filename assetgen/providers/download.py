"""Fetches a result's bytes from wherever a service put them; carries no key and trusts no address.

The name is looked up here, and the connection is made to a number that was checked, so that no
second look-up can lead elsewhere ("DNS rebinding"). Connections are not kept: one that was opened
to a number in the name of one host would serve another host behind the same number.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import ipaddress
import os
from collections.abc import Mapping
from urllib.parse import urljoin

import httpx

from assetgen.errors import Kind, Problem, ProviderError
from assetgen.providers.address import is_loopback, is_public, origin_of
from assetgen.providers.http import Http

MAX_PICTURE = 64 << 20
MAX_HOPS = 3
SECONDS = 120.0
CONNECT_SECONDS = 15.0

BAD_ADDRESS = Kind(
    "result-address", "the result's address is not fit to fetch: {what}", "nothing was fetched"
)
NOT_FETCHED = Kind(
    "result-not-fetched", "{host} did not give the picture: {what}", "build again to fetch it"
)


async def download(
    http: Http,
    address: str,
    *,
    loopback: bool = False,
    seconds: float = SECONDS,
    most: int = MAX_PICTURE,
) -> bytes:
    """Return the body at ``address``, within ``seconds`` and ``most`` bytes.

    Only public https hosts are asked, and this machine if ``loopback``; each redirect is checked
    alike. Raises ProviderError.
    """
    if address.startswith("data:"):
        return _inline(address, most)
    try:
        async with asyncio.timeout(seconds):
            for _ in range(MAX_HOPS + 1):
                body, onward = await _hop(http, address, most, loopback=loopback)
                if onward is None:
                    return body
                address = _joined(address, onward)
    except TimeoutError:
        raise _failed(address, f"no end within {seconds:.0f} s") from None
    raise _failed(address, "too many redirects")


async def _hop(http: Http, address: str, most: int, *, loopback: bool) -> tuple[bytes, str | None]:
    """Return the body, or where a redirect leads."""
    origin = origin_of(address)
    if origin is None:
        raise _bad("it cannot be read as an address")
    scheme, host, port = origin
    local = loopback and is_loopback(address)
    if scheme != "https" and not (local and scheme == "http"):
        raise _bad(f"{scheme} is not https")
    proxied = not local and _has_proxy(os.environ)
    number = await _checked(http, host, port, local=local)
    client = http.client(fresh=True, direct=not proxied)
    try:
        url = httpx.URL(address)
        request = client.build_request(
            "GET",
            url if proxied else url.copy_with(host=number),
            headers={"Host": url.netloc.decode("ascii"), "Accept": "image/*"},
            extensions={"sni_hostname": host},
            timeout=httpx.Timeout(SECONDS, connect=CONNECT_SECONDS),
        )
        response = await client.send(request, stream=True)
        try:
            return await _body(response, host, most)
        finally:
            await response.aclose()
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
        raise _failed(address, f"the connection failed ({type(error).__name__})") from None


async def _body(response: httpx.Response, host: str, most: int) -> tuple[bytes, str | None]:
    if response.has_redirect_location:
        return b"", response.headers["location"]
    if response.status_code != 200:
        raise _failed_at(host, f"HTTP {response.status_code}")
    if response.headers.get("content-encoding", "identity") != "identity":
        raise _failed_at(host, "it is packed in a way that was not asked for")
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("text/html", "application/json", "text/xml", "application/xml"):
        raise _failed_at(host, f"it answers with {kind}, not with a picture")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > most:
            raise _failed_at(host, f"it is larger than {most >> 20} MiB")
    announced = response.headers.get("content-length", "")
    if announced.isdigit() and int(announced) != len(body):
        raise _failed_at(host, f"{len(body)} of {announced} bytes came")
    return bytes(body), None


async def _checked(http: Http, host: str, port: int, *, local: bool) -> str:
    """Return an address of ``host`` that may be connected to. Raises ProviderError."""
    try:
        numbers = await http.numbers(host, port)
    except (OSError, UnicodeError):
        raise _failed_at(host, "the name is not known") from None
    fit = [n for n in numbers if is_public(n) or (local and _is_own(n))]
    # One private number among public ones is how a name is turned against its reader.
    if not fit or len(fit) != len(numbers):
        raise _bad(f"{host} is not a public address")
    return fit[0]


def _is_own(number: str) -> bool:
    return ipaddress.ip_address(number.partition("%")[0]).is_loopback


def _joined(address: str, onward: str) -> str:
    try:
        return urljoin(address, onward)
    except ValueError:
        raise _failed(address, "it redirects to what is no address") from None


def _has_proxy(environ: Mapping[str, str]) -> bool:
    return any(environ.get(name) for name in ("https_proxy", "HTTPS_PROXY", "ALL_PROXY"))


def _inline(address: str, most: int) -> bytes:
    """Return the bytes of a `data:` address (Pixazo: `sync_mode`). Raises ProviderError."""
    head, comma, text = address.partition(",")
    if not comma or not head.endswith(";base64") or len(text) > most * 4 // 3 + 4:
        raise _bad("a data address that is not base64, or too long")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise _bad("a data address that is not base64") from None


def _bad(what: str) -> ProviderError:
    return ProviderError(Problem(BAD_ADDRESS, facts={"what": what}))


def _failed(address: str, what: str) -> ProviderError:
    origin = origin_of(address)
    return _failed_at(origin[1] if origin else "the service", what)


def _failed_at(host: str, what: str) -> ProviderError:
    return ProviderError(Problem(NOT_FETCHED, facts={"host": host, "what": what}))
