"""What pages are told while they are open, and which document they should have; makes none.

A document is a dict with `targets`, each of which has a `name`. Every change raises a counter, so
that a page that missed something knows it, and fetches the document again.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Mapping
from typing import Any

MAX_BEHIND = 64 << 20
"""Bytes that a page may be behind; then it is let go, connects again and fetches all anew."""
HEARTBEAT = 15.0
"""Seconds after which a page that nothing happened for hears of the server."""

Doc = Mapping[str, Any]


def as_event(name: str, data: Mapping[str, Any]) -> bytes:
    """Return one server-sent event. JSON text has no line end, so nothing in it can begin one."""
    return f"event: {name}\ndata: {json.dumps(data, allow_nan=False)}\n\n".encode()


class Feed:
    """The current document, and the pages that follow it.

    Attributes:
        at: the counter of the document.
        build: what was last told of the build that runs, or waits; None for none.
    """

    def __init__(self) -> None:
        self.at = 0
        self.build: Doc | None = None
        self._problem: Doc | None = None
        self._document: dict[str, Any] = {"targets": []}
        self._targets: dict[str, Doc] = {}
        self._pages: set[_Page] = set()
        self._closed = False

    def __len__(self) -> int:
        return len(self._pages)

    @property
    def document(self) -> dict[str, Any]:
        """The document, with its counter as `at`, and how things stand: `build`, `problem`."""
        return {**self._document, "build": self.build, "problem": self._problem, "at": self.at}

    def targets(self, names: list[str]) -> list[Doc]:
        """Return what the document says of these targets, as far as it knows them."""
        return [self._targets[name] for name in names if name in self._targets]

    def __contains__(self, name: object) -> bool:
        return name in self._targets

    def show(self, document: Mapping[str, Any]) -> None:
        """Take a new document, and tell the pages what of it is another."""
        targets = {target["name"]: target for target in document["targets"]}
        before = self._targets
        changed = [doc for name, doc in targets.items() if before.get(name) != doc]
        removed = [name for name in before if name not in targets]
        summary = document.get("summary")
        same = not changed and not removed and summary == self._document.get("summary")
        self._document, self._targets = dict(document), targets
        if same:
            return
        self.at += 1
        data = {"targets": changed, "removed": removed, "summary": summary, "at": self.at}
        self.tell("targets", data)

    def warn(self, problem: Doc | None) -> None:
        """Tell why the document cannot be made anew (`error`, `next`), or that it can again."""
        if problem != self._problem:
            self._problem = problem
            self.tell("problem", problem or {"error": None})

    def tell(self, name: str, data: Mapping[str, Any]) -> None:
        """Send an event to all pages."""
        if not self._pages:
            return
        event = as_event(name, data)
        self._pages = {page for page in self._pages if page.put(event)}

    async def follow(self) -> AsyncIterator[bytes]:
        """Yield what one page is sent, beginning with where the document stands."""
        if self._closed:
            return
        page = _Page()
        self._pages.add(page)
        try:
            yield as_event("hello", {"version": self.at})
            while (event := await page.next()) is not None:
                yield event
        finally:
            self._pages.discard(page)

    def close(self) -> None:
        """Let all pages go."""
        self._closed = True
        for page in tuple(self._pages):
            self._pages.discard(page)
            page.let_go()


class _Page:
    """What one page has not heard yet."""

    def __init__(self) -> None:
        self._events: deque[bytes] = deque()
        self._behind = 0
        self._some = asyncio.Event()
        self._gone = False

    def put(self, event: bytes) -> bool:
        """Add an event; whether the page still follows."""
        if self._behind + len(event) > MAX_BEHIND:
            self.let_go()
            return False
        self._behind += len(event)
        self._events.append(event)
        self._some.set()
        return True

    def let_go(self) -> None:
        """Forget what it has not heard, and say no more."""
        self._gone = True
        self._events.clear()
        self._some.set()

    async def next(self) -> bytes | None:
        """Return the next event, or a sign of life; None for no more."""
        while not self._events:
            if self._gone:
                return None
            self._some.clear()
            try:
                async with asyncio.timeout(HEARTBEAT):
                    await self._some.wait()
            except TimeoutError:
                return b": still here\n\n"
        event = self._events.popleft()
        self._behind -= len(event)
        return event
