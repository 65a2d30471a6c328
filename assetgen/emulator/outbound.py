"""The requests that the emulator itself sends: reading references, delivering; knows no service.

Public https addresses and loopback ones only; redirects are not followed, and no key is sent.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx

AGENT = "assetgen-emulator"
MAX_BYTES = 32 << 20
SECONDS = 30.0


def is_reachable(url: str) -> bool:
    """Whether an address is one that a service would accept: https, or http to this machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme == "https":
        return bool(host)
    return parts.scheme == "http" and is_loopback(host)


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Outbound:
    """One HTTP client for all of them; made lazily, in the loop that uses it."""

    def __init__(self) -> None:
        self._client: httpx.AsyncClient | None = None

    async def read(self, url: str) -> bytes | None:
        """Return the bytes at an address; None if it cannot be read or holds too many."""
        if not is_reachable(url):
            return None
        try:
            async with self._http().stream("GET", url) as answer:
                if answer.status_code != httpx.codes.OK:
                    return None
                data = bytearray()
                async for piece in answer.aiter_bytes():
                    data += piece
                    if len(data) > MAX_BYTES:
                        return None
                return bytes(data)
        except (httpx.HTTPError, httpx.InvalidURL):
            return None

    async def send(
        self, method: str, url: str, content: bytes, headers: Mapping[str, str], seconds: float
    ) -> int:
        """Send bytes and return the HTTP status; 0 if there was no answer in time."""
        try:
            answer = await self._http().request(
                method, url, content=content, headers=headers, timeout=seconds
            )
        except (httpx.HTTPError, httpx.InvalidURL):
            return 0
        return answer.status_code

    async def close(self) -> None:
        """Close what is open."""
        if self._client is not None:
            await self._client.aclose()

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(
                timeout=SECONDS,
                trust_env=False,
                follow_redirects=False,
                headers={"User-Agent": AGENT},
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
            )
        return self._client
