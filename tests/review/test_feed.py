"""What pages hear while they are open."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from assetgen.review.feed import MAX_BEHIND, Feed, as_event
from tests.review.fakes import doc


def document(*targets: dict[str, Any], **summary: Any) -> dict[str, Any]:
    """Return a document of these targets."""
    return {"version": 1, "targets": list(targets), "summary": summary}


def parsed(event: bytes) -> tuple[str, Any]:
    """Return an event's name and data."""
    head, data = event.decode().removesuffix("\n\n").split("\n")
    return head.removeprefix("event: "), json.loads(data.removeprefix("data: "))


async def heard(page: AsyncIterator[bytes]) -> tuple[str, Any]:
    """Return the next event that a page hears."""
    return parsed(await asyncio.wait_for(anext(page), 5))


def run(story: Callable[[Feed], Awaitable[None]]) -> None:
    """Let a story happen to a feed."""

    async def whole() -> None:
        await story(Feed())

    asyncio.run(whole())


def test_a_page_hears_what_changed_and_only_that() -> None:
    """Of a thousand targets, those that are another now; and those that are gone."""

    async def story(feed: Feed) -> None:
        feed.show(document(doc("a", x=1), doc("b", x=1), doc("c")))
        page = feed.follow()
        assert await heard(page) == ("hello", {"version": 1})
        feed.show(document(doc("a", x=1), doc("b", x=2)))
        name, data = await heard(page)
        assert name == "targets"
        assert [one["name"] for one in data["targets"]] == ["b"]
        assert data["removed"] == ["c"]
        assert data["at"] == feed.at == 2

    run(story)


def test_nothing_new_is_not_told() -> None:
    """A document that is the same moves no counter."""

    async def story(feed: Feed) -> None:
        feed.show(document(doc("a")))
        feed.show(document(doc("a")))
        assert feed.at == 1
        feed.show(document(doc("a"), spent=1))
        assert feed.at == 2

    run(story)


def test_all_pages_hear_the_same() -> None:
    """Two tabs are told the same things in the same order."""

    async def story(feed: Feed) -> None:
        pages = [feed.follow(), feed.follow()]
        for page in pages:
            await heard(page)
        feed.show(document(doc("a")))
        feed.tell("build", {"state": "running"})
        heards = [[await heard(page), await heard(page)] for page in pages]
        assert heards[0] == heards[1]
        assert [name for name, _ in heards[0]] == ["targets", "build"]

    run(story)


def test_a_page_that_comes_back_knows_that_it_missed_something() -> None:
    """The counter of `hello` is another than the one of the document that it has."""

    async def story(feed: Feed) -> None:
        feed.show(document(doc("a")))
        page = feed.follow()
        assert await heard(page) == ("hello", {"version": 1})
        await page.aclose()  # type: ignore[attr-defined]
        assert len(feed) == 0
        feed.show(document(doc("a", x=1)))
        assert await heard(feed.follow()) == ("hello", {"version": 2})

    run(story)


def test_a_page_that_does_not_listen_is_let_go() -> None:
    """It costs no memory without end; it may connect again."""

    async def story(feed: Feed) -> None:
        page = feed.follow()
        await heard(page)
        for _ in range(65):
            feed.tell("build", {"said": "x" * (MAX_BEHIND // 64)})
        assert len(feed) == 0
        assert [event async for event in page] == []

    run(story)


def test_the_end_lets_all_pages_go() -> None:
    """A server that ends leaves nobody hanging."""

    async def story(feed: Feed) -> None:
        page = feed.follow()
        await heard(page)
        feed.close()
        assert [event async for event in page] == []
        assert [event async for event in feed.follow()] == []

    run(story)


def test_no_text_begins_an_event_of_its_own() -> None:
    """Line ends and separators of a prompt stay inside the JSON text."""
    nasty = "a\n\nevent: build\ndata: {}\r\rdata: x\u2028\u0000</script>"
    event = as_event("targets", {"prompt": nasty})
    assert event.count(b"\n") == 3
    assert b"\r" not in event
    assert parsed(event)[1] == {"prompt": nasty}
