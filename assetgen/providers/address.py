"""Where an address leads: its origin, its numbers, whether they are public; opens no connection."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from urllib.parse import urlsplit

_PORTS = {"https": 443, "http": 80}
_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def origin_of(url: str) -> tuple[str, str, int] | None:
    """Return (scheme, host, port) of a URL; None if it has none that can be trusted."""
    try:
        parts = urlsplit(url)
        port = _PORTS.get(parts.scheme, 0) if parts.port is None else parts.port
    except ValueError:
        return None
    if not parts.hostname or parts.username is not None or not port:
        return None
    return parts.scheme, parts.hostname.rstrip("."), port


def is_web(text: str) -> bool:
    """Whether a text is an http or https address with a host, and nothing else."""
    origin = origin_of(text)
    fit = text.isprintable() and " " not in text
    return fit and origin is not None and origin[0] in _PORTS


def is_loopback(url: str) -> bool:
    """Whether a URL's host is this machine, by name or by number."""
    origin = origin_of(url)
    if origin is None:
        return False
    if origin[1] == "localhost":
        return True
    try:
        return ipaddress.ip_address(origin[1]).is_loopback
    except ValueError:
        return False


def is_public(number: str) -> bool:
    """Whether an IP address is reachable by anybody: not private, local, shared or multicast."""
    try:
        address = ipaddress.ip_address(number.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = _inner(address)
        if inner is None:
            return address in _UNICAST and address.is_global
        address = inner
    return address.is_global and not address.is_multicast


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 one only wraps."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


async def numbers_of(host: str, port: int) -> tuple[str, ...]:
    """Return the IP addresses of a name. Raises OSError or UnicodeError if there are none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(str(entry[4][0]) for entry in found)
