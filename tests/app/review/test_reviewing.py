"""A review under way: what is decided, what is built, and what all pages see of it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from assetgen.app.planning import ALL, Selection
from assetgen.app.project import open_project
from assetgen.app.review.children import MAX_LINE, Child
from assetgen.app.review.reviewing import Review
from assetgen.errors import AssetgenError, StoreError, UsageError
from assetgen.plan.model import Mode
from assetgen.review.asked import (
    Accept,
    Adopt,
    Asked,
    Build,
    Pick,
    Pin,
    Price,
    Reject,
    Reroll,
    Stop,
)
from assetgen.review.web import Answer
from assetgen.store.sessions import ProjectLock
from tests.e2e.emulated import Market, market
from tests.e2e.sandbox import Sandbox

SPEC = """\
targets:
  sword: {prompt: a rusty sword, takes: 2, output: sword.png}
  shield: {prompt: a round shield, takes: 2, output: shield.png}
  icon: {from: sword, ops: [{resize: {width: 16}}], output: icon.png}
"""
SECONDS = 30.0


@pytest.fixture
def box(tmp_path: Path) -> Sandbox:
    """A project whose drafts are built, with two takes each."""
    one = Sandbox(tmp_path)
    one.spec(SPEC)
    one.build("--max-images", "9")
    return one


class Page:
    """A page that is open: what it heard, by name of event."""

    def __init__(self, review: Review) -> None:
        self.heard: list[tuple[str, Any]] = []
        self.review = review

    async def listen(self) -> None:
        """Hear everything until cancelled."""
        async for event in self.review.feed.follow():
            head, _, data = event.decode().partition("\ndata: ")
            if data:
                self.heard.append((head.removeprefix("event: "), json.loads(data)))

    def of(self, name: str) -> list[Any]:
        """Return the data of all events of this name."""
        return [data for heard, data in self.heard if heard == name]

    async def until(self, holds: Callable[[], Any]) -> Any:
        """Return what ``holds`` gives once that is true; fail after a while."""
        async with asyncio.timeout(SECONDS):
            while not (found := holds()):
                await asyncio.sleep(0.01)
        return found

    async def built(self) -> list[Any]:
        """Return the builds that ended, once none is queued or runs."""

        def ids(state: str) -> set[int]:
            return {build["id"] for build in self.of("build") if build["state"] == state}

        feed = self.review.feed
        await self.until(lambda: feed.build is None and ids("queued") == ids("done"))
        return [build for build in self.of("build") if build["state"] == "done"]


@asynccontextmanager
async def reviewing(box: Sandbox, selection: Selection = ALL) -> AsyncIterator[Page]:
    """Review the project of a sandbox, with one page open."""
    project = open_project(str(box.root), box.env)
    review = Review(project, selection, Mode(), {})
    await review.open()
    page = Page(review)
    tasks = [asyncio.create_task(review.run()), asyncio.create_task(page.listen())]
    await page.until(lambda: page.of("hello"))
    try:
        yield page
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await review.close()


def play(box: Sandbox, story: Callable[[Page], Awaitable[None]]) -> None:
    """Let a story happen in a review."""

    async def whole() -> None:
        async with reviewing(box) as page:
            await story(page)

    asyncio.run(whole())


def seen(page: Page, name: str) -> Any:
    """Return what the document says of a target."""
    (doc,) = page.review.feed.targets([name])
    return doc


def lines(box: Sandbox) -> dict[str, Any]:
    """Return the lines of the lock by target."""
    text = (box.root / "assetgen.lock").read_text()
    return {line["target"]: line for line in map(json.loads, text.splitlines()[1:])}


async def act(page: Page, asked: Asked) -> Answer:
    """Let a review do something, however long it takes."""
    answer = await page.review.act(asked)
    assert answer.status in (200, 202, 409), answer
    return answer


def test_a_pick_changes_lock_and_files_and_what_is_made_of_them(box: Sandbox) -> None:
    """The answer holds the new line; the files follow by a free build, and all pages hear it."""
    before = (box.root / "sword.png").read_bytes(), (box.root / "icon.png").read_bytes()

    async def story(page: Page) -> None:
        doc = seen(page, "sword")
        answer = await act(page, Pick("sword", 2, "sharper", doc["version"]))
        assert answer.status == 200
        (new,) = answer.body["targets"]
        assert [take["n"] for take in new["takes"] if take["shown"]] == [2]
        assert new["version"] != doc["version"]
        await page.until(lambda: page.of("build"))
        (done,) = await page.built()
        assert done["exit_code"] == 0
        told = {one["name"] for event in page.of("targets") for one in event["targets"]}
        assert {"sword", "icon"} <= told
        assert "shield" not in told

    play(box, story)
    after = (box.root / "sword.png").read_bytes(), (box.root / "icon.png").read_bytes()
    assert before[0] != after[0]
    assert before[1] != after[1]
    assert lines(box)["sword"]["shown"] == 2
    assert box.verdicts() == dict.fromkeys(("sword", "shield", "icon"), "up_to_date")


def test_of_two_decisions_about_one_line_the_second_is_refused(box: Sandbox) -> None:
    """Two tabs that saw the same line: the one that comes first counts, the other sees it."""

    async def story(page: Page) -> None:
        version = seen(page, "sword")["version"]
        answers = await asyncio.gather(
            act(page, Pick("sword", 2, "", version)),
            act(page, Reject("sword", 1, "", True, version)),
        )
        assert [answer.status for answer in answers] == [200, 409]
        (doc,) = answers[1].body["targets"]
        assert [take["n"] for take in doc["takes"] if take["shown"]] == [2]
        assert set(answers[1].body) == {"error", "next", "targets"}
        await page.built()

    play(box, story)
    line = lines(box)["sword"]
    assert line["shown"] == 2
    assert not any(take.get("rejected") for take in line["takes"])


def test_a_decision_during_another_build_is_done_afterwards(box: Sandbox) -> None:
    """Whoever builds in another terminal holds the lock: decisions wait, in order."""

    async def story(page: Page) -> None:
        project = open_project(str(box.root), box.env)
        other = ProjectLock(os.path.join(project.folder, "build"))
        other.acquire(lambda holder: None)
        first = await act(page, Pick("sword", 2, "", seen(page, "sword")["version"]))
        second = await act(page, Pick("shield", 2, "", seen(page, "shield")["version"]))
        assert [first.status, second.status] == [202, 202]
        assert lines(box)["sword"].get("shown", 1) == 1
        assert page.of("decision") == []
        other.release()
        told = await page.until(lambda: page.of("decision")[1:] and page.of("decision"))
        assert [one["id"] for one in told] == [first.body["queued"], second.body["queued"]]
        assert all(one["ok"] for one in told)
        await page.built()

    play(box, story)
    assert lines(box)["sword"]["shown"] == lines(box)["shield"]["shown"] == 2


def test_a_queued_decision_that_came_too_late_is_told(box: Sandbox) -> None:
    """Its line was changed by the build that it waited for: nothing is overwritten."""

    async def story(page: Page) -> None:
        project = open_project(str(box.root), box.env)
        other = ProjectLock(os.path.join(project.folder, "build"))
        other.acquire(lambda holder: None)
        version = seen(page, "sword")["version"]
        answer = await act(page, Pick("sword", 2, "", version))
        path = box.root / "assetgen.lock"
        path.write_text(path.read_text().replace('"n":2,', '"n":2,"note":"theirs",', 1))
        assert lines(box)["shield"] or lines(box)["sword"]
        changed = next(n for n, line in lines(box).items() if "theirs" in str(line))
        other.release()
        (told,) = await page.until(lambda: page.of("decision"))
        assert told["id"] == answer.body["queued"]
        assert told["ok"] is (changed != "sword")

    text = (box.root / "assetgen.lock").read_text().splitlines()
    assert text[1].startswith('{"target":"icon"')
    play(box, story)


def test_what_another_terminal_does_appears(box: Sandbox) -> None:
    """A pick, and an edit by hand, and an edit of the spec: all pages hear of each."""

    async def story(page: Page) -> None:
        await asyncio.to_thread(box.ok, "pick", "sword", "2")
        await page.until(
            lambda: [t["shown"] for t in seen(page, "sword")["takes"]] == [False, True]
        )
        (box.root / "shield.png").write_bytes(b"mine")
        await page.until(lambda: seen(page, "shield")["verdict"] == "modified")
        box.spec(SPEC.replace("a rusty sword", "a golden sword"))
        await page.until(lambda: seen(page, "sword")["prompt"].startswith("a golden"))
        box.spec(SPEC.replace("  icon:", "  icons:"))
        await page.until(lambda: "icon" not in page.review.feed and "icons" in page.review.feed)
        await page.until(lambda: ["icon"] in [one["removed"] for one in page.of("targets")])

    play(box, story)


def test_a_broken_spec_is_told_and_the_page_stays(box: Sandbox) -> None:
    """While somebody types, the last good document stands."""

    async def story(page: Page) -> None:
        box.write("assetgen.yaml", "version: 1\ntargets: {sword: {promt: x}}\n")
        (told,) = await page.until(lambda: page.of("problem"))
        assert "assetgen.yaml:2" in told["error"]
        assert seen(page, "sword")["prompt"].startswith("a rusty")
        with pytest.raises(AssetgenError):
            await page.review.act(Price(("sword",), 1))
        box.spec(SPEC)
        assert (await page.until(lambda: page.of("problem")[1:])) == [{"error": None}]

    play(box, story)


def test_a_reroll_says_its_price_and_adds_takes(box: Sandbox) -> None:
    """Progress is told; the shown take stays; the document has the new ones."""

    async def story(page: Page) -> None:
        priced = (await act(page, Price(("sword", "icon"), 2))).body
        assert priced["images"] == {"min": 2, "max": 2}
        assert [one["name"] for one in priced["targets"]] == ["sword"]
        assert len(lines(box)["sword"]["takes"]) == 2
        answer = await act(page, Reroll(("sword",), 2, "too rusty", 2, None))
        assert answer.status == 202
        again = await act(page, Reroll(("sword", "shield"), 1, "", 2, None))
        assert again.status == 409
        (done,) = await page.built()
        assert done["id"] == answer.body["queued"]
        assert done["exit_code"] == 0
        events = [one["event"]["event"] for one in page.of("build") if one["event"]]
        assert events[0] == "build_started"
        assert events[-1] == "summary"
        takes = seen(page, "sword")["takes"]
        assert [take["n"] for take in takes] == [1, 2, 3, 4]
        assert [take["shown"] for take in takes] == [True, False, False, False]
        assert takes[0]["note"] == "too rusty"

    play(box, story)


def test_a_file_is_adopted_and_pinned_and_followed_again(box: Sandbox) -> None:
    """A retouched picture is kept as it is, whatever the recipe becomes, until let go."""
    given = (box.root / "shield.png").read_bytes()

    async def story(page: Page) -> None:
        version = seen(page, "sword")["version"]
        answer = await act(page, Adopt("sword", version, False, given))
        (doc,) = answer.body["targets"] if answer.status == 200 else (seen(page, "sword"),)
        assert answer.status == 200
        assert doc["state"] == "adopted"
        await page.built()
        assert (box.root / "sword.png").read_bytes() == given
        answer = await act(page, Pin("sword", False, seen(page, "sword")["version"]))
        assert answer.body["targets"][0]["state"] == "picked"

    play(box, story)


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"\x89PNG\r\n\x1a\n" + b"\0" * 100])
def test_what_is_no_picture_is_not_adopted(box: Sandbox, data: bytes) -> None:
    """A worker finds out; the lock is as it was."""
    before = lines(box)

    async def story(page: Page) -> None:
        with pytest.raises(AssetgenError):
            await page.review.act(Adopt("sword", seen(page, "sword")["version"], False, data))

    play(box, story)
    assert lines(box) == before


def test_what_makes_no_sense_is_refused_with_a_next_step(box: Sandbox) -> None:
    """An unknown target, a take that is not there, an acceptance without a reason."""

    async def story(page: Page) -> None:
        with pytest.raises(UsageError, match="no target swrod"):
            await page.review.act(Pick("swrod", 1, "", ""))
        with pytest.raises(UsageError, match=r"no target \*"):
            await page.review.act(Reroll(("*",), 1, "", 9, None))
        version = seen(page, "sword")["version"]
        for asked in (Pick("sword", 9, "", version), Accept("sword", " ", version)):
            answer = await page.review.act(asked)
            assert answer.status == 400
            assert answer.body["error"]
            assert answer.body["next"]

    play(box, story)


def test_pictures_are_those_that_the_document_names(box: Sandbox) -> None:
    """By their address there; the digest of any other file of the stores opens nothing."""

    async def story(page: Page) -> None:
        review = page.review
        picture = seen(page, "sword")["takes"][1]["picture"]
        folder, _, name = picture["full"].partition("/")
        digest, _, extension = name.partition(".")
        assert folder == "pictures"
        assert (await review.picture(digest, extension) or b"")[:4] == b"\x89PNG"
        assert (await review.thumb(digest) or b"")[:4] == b"RIFF"
        assert await review.picture(digest, "html") is None
        assert await review.picture(digest.upper(), extension) is None
        for other in ("0" * 64, "", "../assetgen", f"../pictures/{digest}"):
            assert await review.picture(other, "png") is None
            assert await review.thumb(other) is None

    play(box, story)


def test_what_is_made_anew_can_be_compared_with_what_was_there(box: Sandbox) -> None:
    """Another prompt: before and after. Another take: no."""

    async def story(page: Page) -> None:
        assert seen(page, "sword")["before"] is None
        first = seen(page, "sword")["takes"][0]["sha256"]
        box.spec(SPEC.replace("a rusty sword", "a golden sword"))
        await page.until(lambda: seen(page, "sword")["verdict"] == "run")
        await act(page, Build(("sword",), 2, None))
        await page.built()
        doc = seen(page, "sword")
        assert doc["verdict"] == "up_to_date"
        assert first in doc["before"]["full"]
        assert doc["takes"][0]["sha256"] in doc["after"]["full"]
        assert first != doc["takes"][0]["sha256"]
        await act(page, Pick("shield", 2, "", seen(page, "shield")["version"]))
        await page.built()
        assert seen(page, "shield")["before"] is None

    play(box, story)


@pytest.fixture
def shop(tmp_path: Path) -> Any:
    """Two targets of a service that takes its time."""
    with market(tmp_path, latency=1.5) as one:
        one.only("runware")
        one.shelf("runware", "targets:\n  sword: {prompt: a sword}\n  shield: {prompt: a shield}\n")
        yield one


def test_money_is_spent_only_within_what_was_agreed(shop: Market) -> None:
    """Zero pictures: none is bought. One: one is. A price below what it costs: none is."""

    async def story(page: Page) -> None:
        for asked, charges in (
            (Build((), 0, None), 0),
            (Build((), 5, 0.0001), 0),
            (Build(("sword",), 1, None), 1),
            (Build((), 0, None), 1),
            (Reroll(("sword",), 3, "", 2, None), 3),
        ):
            await act(page, asked)
            await page.built()
            assert len(shop.charges) == charges

    play(shop, story)


def test_a_build_is_stopped_in_good_order(shop: Market) -> None:
    """What was sent stays in the ledger and is collected later, not paid again."""

    async def story(page: Page) -> None:
        await act(page, Build(("sword",), 1, None))
        await act(page, Build(("shield",), 1, None))
        await page.until(lambda: shop.submits)
        await act(page, Stop())
        await act(page, Stop())
        done = await page.built()
        assert [one["exit_code"] for one in done] == [130, 130]

    play(shop, story)
    assert len(shop.charges) == 1
    shop.build("sword", "--max-images", "1")
    assert len(shop.charges) == 1
    assert "shield" not in lines(shop)


def test_an_equal_build_that_waits_is_not_queued_again(shop: Market) -> None:
    """A hundred clicks are one more build after the one that runs; another cap is another build."""

    async def story(page: Page) -> None:
        first = await act(page, Build(("sword",), 1, None))
        await page.until(lambda: shop.submits)
        answers = [await act(page, Build(("sword",), 1, None)) for _ in range(100)]
        other = await act(page, Build(("sword",), 2, None))
        (second,) = {answer.body["queued"] for answer in answers}
        ids = [first.body["queued"], second, other.body["queued"]]
        assert [answer.status for answer in (first, *answers, other)] == [202] * 102
        assert sorted(set(ids)) == ids
        assert [one["id"] for one in await page.built()] == ids
        again = await act(page, Build(("sword",), 1, None))
        assert again.body["queued"] > ids[-1]
        assert len(await page.built()) == 4

    play(shop, story)
    assert len(shop.charges) == 1


def test_the_end_of_a_review_is_that_of_its_build(shop: Market) -> None:
    """What waits is not begun, and nothing more is taken on."""

    async def story(page: Page) -> None:
        await act(page, Build(("sword",), 1, None))
        await act(page, Build(("shield",), 1, None))
        await page.until(lambda: shop.submits)
        await page.review.stop()
        assert not page.review.is_building
        with pytest.raises(UsageError, match="ends"):
            await page.review.act(Build((), 1, None))

    play(shop, story)
    assert len(shop.charges) == 1


def script(text: str) -> list[str]:
    """Return the command of a child that is no build."""
    return [sys.executable, "-c", text]


def ran(tmp_path: Path, text: str, arguments: list[str] | None = None) -> tuple[Any, list[Any]]:
    """Return how a child ended, and what it told."""
    told: list[Any] = []
    child = Child(str(tmp_path), dict(os.environ), script(text))
    return asyncio.run(child.run(arguments or [], told.append)), told


def test_only_events_are_taken_from_a_child(tmp_path: Path) -> None:
    """Other lines, other JSON, too long a line and bytes that are no text are passed over."""
    text = f"""\
import sys
out = sys.stdout.buffer
for line in (b"hello", b"[]", b'{{"event": 1}}', b"\\xff\\xfe", b"[" * 99999, b"9" * {MAX_LINE + 9},
             b'{{"event": "summary"}}'):
    out.write(line + b"\\n")
sys.stderr.write("x" * 9999 + "\\nwrong \\x1b[31m\\n")
sys.exit(3)
"""
    ended, told = ran(tmp_path, text)
    assert told == [{"event": "summary"}]
    assert ended.code == 3
    assert ended.said.endswith("wrong \\x1b[31m")
    assert len(ended.said) < 5000


def test_a_child_that_cannot_start_is_a_sentence(tmp_path: Path) -> None:
    """Too long a command line, or a program that is not there."""
    with pytest.raises(StoreError):
        ran(tmp_path, "", ["x" * 10_000_000])
    with pytest.raises(StoreError):
        asyncio.run(Child(str(tmp_path), {}, ["/nowhere/at/all"]).run([], print))


def test_a_child_has_a_group_of_its_own(tmp_path: Path) -> None:
    """Ctrl-C in the terminal reaches only who started it, which decides what becomes of it."""
    text = "import json, os; print(json.dumps({'event': str(os.getpgid(0) == os.getpid())}))"
    assert ran(tmp_path, text)[1] == [{"event": "True"}]


def test_a_child_stopped_before_it_began_does_nothing(tmp_path: Path) -> None:
    """And one that runs is sent what Ctrl-C sends."""

    async def stopped(*, early: bool) -> int:
        text = 'import signal, time; print(\'{"event": "x"}\', flush=True); time.sleep(60)'
        child = Child(str(tmp_path), dict(os.environ), script(text))
        if early:
            child.interrupt()
        return (await child.run([], lambda event: child.interrupt())).code

    async def abandoned() -> None:
        text = 'import time; print(\'{"event": "x"}\', flush=True); time.sleep(60)'
        begun = asyncio.Event()
        child = Child(str(tmp_path), dict(os.environ), script(text))
        task = asyncio.create_task(child.run([], lambda event: begun.set()))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(abandoned())
    assert asyncio.run(stopped(early=True)) == 130
    assert asyncio.run(stopped(early=False)) == -signal.SIGINT
