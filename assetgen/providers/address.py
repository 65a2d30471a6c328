"""Where an address leads: its origin, and whether it is public; opens no connection."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

_PORTS = {"https": 443, "http": 80}


def origin_of(url: str) -> tuple[str, str, int] | None:
    """Return (scheme, host, port) of a URL; None if it has none that can be trusted."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return None
    if not parts.hostname or parts.username is not None or not port:
        return None
    return parts.scheme, parts.hostname.rstrip("."), port


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
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_global and not mapped.is_multicast)
