"""The record of requests and of keys that went astray; knows no job and no fault.

A *leak* is a key where it does not belong: on the port that serves files, which stands for
another company's host, or on a path that no service has.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

KEY_HEADERS = ("authorization", "ocp-apim-subscription-key", "x-api-key", "api-key")
MOST = 200_000
"""Requests that are remembered one by one; the counts go on."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it was answered.

    Attributes:
        time: seconds since the epoch.
        service: whose prefix or file; "" for a path that no service has.
        kind: `submit`, `poll`, `file`, `upload`, `balance`, `webhook` (sent by the emulator),
            `reference` (read by the emulator), `redirected` or `unknown`.
        method, path: of the request; the path without its query.
        status: HTTP status; 0 where no answer was given.
        jobs: ids of the jobs that the request is about.
        account: a digest of the key.
        fault: the kind of the scripted fault that shaped the answer, or "".
        said: a few words about it, such as the beginning of the prompt.
    """

    time: float
    service: str
    kind: str
    method: str
    path: str
    status: int
    jobs: tuple[str, ...] = ()
    account: str = ""
    fault: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Leak:
    """A key header where none belongs; the key itself is not kept."""

    time: float
    origin: str
    path: str
    header: str
    account: str


@dataclass(slots=True)
class Note:
    """What a handler has to say about the request that it answers, and the server's hands.

    ``write(status)`` records the request now; ``cut()`` closes its connection at once.
    """

    service: str = ""
    kind: str = "unknown"
    jobs: list[str] = field(default_factory=list)
    account: str = ""
    fault: str = ""
    said: str = ""
    write: Callable[[int], None] = lambda status: None
    cut: Callable[[], None] = lambda: None


class Journal:
    """Requests and leaks, oldest first, and who wants to hear of each request."""

    def __init__(self) -> None:
        self.calls: deque[Call] = deque(maxlen=MOST)
        self.counts: Counter[tuple[str, str]] = Counter()
        self.leaks: list[Leak] = []
        self.listeners: list[Callable[[Call], None]] = []

    def add(self, call: Call) -> None:
        """Remember a request."""
        self.calls.append(call)
        self.counts[call.service, call.kind] += 1
        for listener in self.listeners:
            listener(call)

    def counted(self) -> dict[str, dict[str, int]]:
        """Return how many requests there were, by service and kind."""
        result: dict[str, dict[str, int]] = {}
        for (service, kind), number in sorted(self.counts.items()):
            result.setdefault(service, {})[kind] = number
        return result


def key_headers(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    """Return the headers that carry a key, as (name in lower case, value)."""
    return [
        (name.decode("latin-1").lower(), value.decode("latin-1"))
        for name, value in headers
        if name.decode("latin-1").lower() in KEY_HEADERS
    ]


def as_json(value: Call | Leak) -> dict[str, Any]:
    """Return a record as JSON values."""
    return {name: getattr(value, name) for name in value.__dataclass_fields__}
