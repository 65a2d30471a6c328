"""A review without a project: remembers what it is asked to do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
from starlette.types import ASGIApp

from assetgen.review.asked import Asked
from assetgen.review.feed import Feed
from assetgen.review.guard import Words
from assetgen.review.web import Answer, application

PORT = 8123
HERE = f"http://127.0.0.1:{PORT}"
DIGEST = "ab" * 32
WORDS = Words("entry-word", "cookie-word", "token-word")
COOKIE = {"cookie": f"assetgen-{PORT}={WORDS.cookie}"}
POST = {**COOKIE, "origin": HERE, "x-assetgen-token": WORDS.token}
PROMPT = "a prompt that nobody else may read"


def doc(name: str, **more: Any) -> dict[str, Any]:
    """Return a target of a document."""
    return {"name": name, "prompt": PROMPT, **more}


class FakeActions:
    """Answers everything with 200, and keeps what was asked."""

    def __init__(self) -> None:
        self.feed = Feed()
        self.feed.show({"version": 1, "targets": [doc("sword")], "summary": {}})
        self.files: Mapping[str, bytes] = {"index.html": b"<p>hello", "page.js": b"1"}
        self.asked: list[Asked] = []

    async def act(self, asked: Asked) -> Answer:
        """Remember it."""
        self.asked.append(asked)
        return Answer(200, {"ok": True, "targets": []})

    async def thumb(self, digest: str) -> bytes | None:
        """Know one picture."""
        return b"RIFF" if digest == DIGEST else None

    async def picture(self, digest: str, extension: str) -> bytes | None:
        """Know one picture, as PNG."""
        return b"\x89PNG" if (digest, extension) == (DIGEST, "png") else None


def app_of(actions: FakeActions) -> ASGIApp:
    """Return the application over a fake."""
    return application(actions, PORT, WORDS)


@asynccontextmanager
async def browser(actions: FakeActions) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client that sends nothing by itself."""
    transport = httpx.ASGITransport(app_of(actions), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
        yield client
