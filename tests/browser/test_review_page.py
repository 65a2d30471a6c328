"""The review page as a person steers it: what each key and button asks of the server, and shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NARROW, WIDE, Opener
from tests.browser.fake_review import TOKEN, FakeReview
from tests.browser.sample import HOSTILE, Sample, take

Axe = Callable[[Page], list[str]]
PRICE = {
    "images": {"min": 2, "max": 2},
    "cost": {"min": 0.1, "max": 0.1, "unknown": False},
    "targets": [{"name": "hero/base", "images": 2, "cost": {"min": 0.1, "max": 0.1}}],
    "problems": [],
}


@pytest.fixture
def review(sample: Sample) -> Iterator[FakeReview]:
    """Yield a server with the usual document."""
    found = FakeReview(Sample([dict(one) for one in sample.targets], sample.files))
    yield found
    found.close()


@pytest.fixture
def page(review: FakeReview, open_page: Opener) -> Page:
    """Return the page, let in and connected."""
    return opened(review, open_page)


def opened(review: FakeReview, open_page: Opener, **more: Any) -> Page:
    """Return a page that is let in and connected."""
    found = open_page(review.entry, **more).page
    until(found, lambda: len(review.streams) > 0)
    return found


def until(page: Page, holds: Callable[[], bool]) -> None:
    """Wait until something holds, while the page lives on."""
    for _ in range(400):
        if holds():
            return
        page.wait_for_timeout(25)
    raise AssertionError("it never came to hold")


def open_target(page: Page, name: str) -> None:
    """Open a target by its tile."""
    page.locator(f'.tile[data-name="{name}"] a').click()
    expect(page.locator("#detail h2")).to_have_text(name)


def test_a_take_is_picked_by_key(page: Page, review: FakeReview) -> None:
    """4 shows take 4 and p picks it, with what the page had seen; the answer is shown."""
    open_target(page, "hero/base")
    seen = review.target("hero/base")["version"]
    takes = [{**one, "shown": one["n"] == 4} for one in review.target("hero/base")["takes"]]
    new = review.target("hero/base", takes=takes, waits=False, state="picked", version="v2")
    review.answers["pick"] = (200, {"ok": True, "targets": [new]})
    page.keyboard.press("4")
    page.keyboard.press("p")
    expect(page.locator("#said")).to_contain_text("take 4 is picked")
    asked = review.last("pick")
    assert asked.body == {"target": "hero/base", "take": 4, "seen": seen}
    assert asked.token == TOKEN
    expect(page.locator(".head .word")).to_have_text("up to date")
    expect(page.locator("button[aria-label='Take 4, in use']")).to_be_visible()
    page.keyboard.press("x")
    page.keyboard.press("Escape")
    page.keyboard.press("i")
    until(page, lambda: "pin" in review.verbs())
    assert review.last("pin").body == {"target": "hero/base", "pinned": True, "seen": "v2"}
    assert review.verbs() == ["pick", "pin"]


def test_the_token_is_not_left_in_the_address(page: Page) -> None:
    """What lets a page act is taken out of the address, so that nobody shares it by accident."""
    assert "token" not in page.url


def test_a_page_without_the_token_says_so(review: FakeReview, open_page: Opener) -> None:
    """Whoever opens the bare address is told which address to open."""
    page = open_page(review.url).page
    expect(page.locator("#said")).to_contain_text("opened without its token")


def test_a_rejection_asks_why(page: Page, review: FakeReview) -> None:
    """x asks for a note; Escape sends nothing; x on a rejected take takes it back."""
    open_target(page, "hero/base")
    page.keyboard.press("3")
    page.keyboard.press("x")
    page.keyboard.press("Escape")
    assert review.verbs() == []
    page.keyboard.press("x")
    page.keyboard.type("six fingers")
    page.get_by_role("button", name="Reject", exact=True).click()
    until(page, lambda: len(review.verbs()) == 1)
    body = review.last("reject").body
    assert (body["take"], body["note"], body["rejected"]) == (3, "six fingers", True)
    page.keyboard.press("1")
    page.keyboard.press("x")
    until(page, lambda: len(review.verbs()) == 2)
    assert review.last("reject").body["rejected"] is False


def test_notes_and_acceptance_are_words(page: Page, review: FakeReview) -> None:
    """n keeps a note of a take; a wants a reason before it accepts."""
    open_target(page, "hero/base")
    page.keyboard.press("4")
    page.keyboard.press("n")
    page.keyboard.press("End")
    page.keyboard.type(", warm light")
    page.keyboard.press("Control+Enter")
    until(page, lambda: review.verbs() == ["remark"])
    assert review.last("remark").body["note"] == "best hands, warm light"
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.keyboard.press("Control+Enter")
    expect(page.locator("dialog")).to_be_visible()
    page.keyboard.type("the old jacket is fine")
    page.keyboard.press("Control+Enter")
    until(page, lambda: review.verbs() == ["remark", "accept"])
    assert review.last("accept").body["reason"] == "the old jacket is fine"


def test_a_reroll_shows_its_price_first(page: Page, review: FakeReview) -> None:
    """The button that buys names the price, and what is sent is bounded by what was shown."""
    review.answers["price"] = (200, PRICE)
    open_target(page, "hero/base")
    page.keyboard.press("r")
    buy = page.get_by_role("button", name="Buy for $0.10")
    expect(buy).to_be_enabled()
    expect(page.locator(".priced")).to_have_text("2 pictures, $0.10")
    assert review.verbs() == []
    page.get_by_label("More takes").fill("2")
    until(page, lambda: review.last("price").body["takes"] == 2)
    page.locator("dialog textarea").fill("hands visible")
    expect(buy).to_be_enabled()
    buy.click()
    until(page, lambda: review.verbs() == ["reroll"])
    assert review.last("reroll").body == {
        "targets": ["hero/base"],
        "takes": 2,
        "note": "hands visible",
        "max_images": 2,
        "max_cost": 0.1,
    }


def test_nothing_is_bought_while_the_price_is_unknown_or_refused(
    page: Page, review: FakeReview
) -> None:
    """A mistake in place of a price is shown, and there is no button to press."""
    review.answers["price"] = (400, {"error": "nobody serves it", "next": "name another model"})
    open_target(page, "hero/base")
    page.keyboard.press("r")
    expect(page.locator("dialog")).to_contain_text("nobody serves it")
    expect(page.locator("dialog button[value=buy]")).to_be_disabled()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert review.verbs() == []


def test_two_marked_targets_are_rerolled_together(page: Page, review: FakeReview) -> None:
    """m marks, r asks for both at once, and the marks are gone afterwards."""
    review.answers["price"] = (200, PRICE)
    page.keyboard.press("j")
    page.keyboard.press("m")
    page.keyboard.press("j")
    page.keyboard.press("m")
    expect(page.locator("#marked")).to_contain_text("2 targets marked")
    page.keyboard.press("r")
    page.get_by_role("button", name="Buy for $0.10").click()
    until(page, lambda: review.verbs() == ["reroll"])
    assert review.last("reroll").body["targets"] == ["hero/base", "outfit/casual"]
    expect(page.locator("#marked")).to_be_hidden()


def test_a_build_is_free_or_agreed_to(page: Page, review: FakeReview) -> None:
    """The dialog has both: free work alone, or up to the pictures and the cost that it names."""
    page.get_by_role("button", name="Build").click()
    expect(page.locator(".priced")).to_have_text("at most 1 picture, $0.05")
    page.get_by_role("button", name="Free work only").click()
    until(page, lambda: review.verbs() == ["build"])
    assert review.last("build").body == {"targets": [], "max_images": 0, "max_cost": 0}
    page.keyboard.press("g")
    page.get_by_role("button", name="Buy for $0.05").click()
    until(page, lambda: review.verbs() == ["build", "build"])
    assert review.last("build").body == {"targets": [], "max_images": 1, "max_cost": 0.05}


def test_what_moved_on_is_shown_as_it_is_now(page: Page, review: FakeReview) -> None:
    """A decision on something that another window changed is refused, and the page catches up."""
    new = review.target("hero/base", takes=[take(1, None, shown=True)], version="v9")
    review.answers["pick"] = (409, {"error": "it changed", "next": "look again", "targets": [new]})
    open_target(page, "hero/base")
    page.keyboard.press("2")
    page.keyboard.press("p")
    expect(page.locator("#said")).to_contain_text("nothing was changed: it changed")
    page.keyboard.press("i")
    until(page, lambda: "pin" in review.verbs())
    assert review.last("pin").body["seen"] == "v9"


def test_a_decision_during_a_build_is_queued(page: Page, review: FakeReview) -> None:
    """202 is said in words, and how it ended is said when it is known."""
    review.answers["pin"] = (202, {"queued": 7})
    open_target(page, "items/potion")
    page.keyboard.press("i")
    expect(page.locator("#said")).to_contain_text("queued: a build is running")
    review.tell("decision", {"id": 7, "ok": True, "what": "pinned items/potion"})
    expect(page.locator("#said")).to_contain_text("pinned items/potion")
    failed = {"id": 8, "ok": False, "what": "pick", "error": "it moved", "next": "look again"}
    review.tell("decision", failed)
    expect(page.locator("#said .bad")).to_contain_text("it moved")


def test_a_file_is_adopted_by_dropping_it(page: Page, review: FakeReview) -> None:
    """Dropped on a target it is shown and asked about, then sent as it is."""
    page.evaluate(
        """() => {
          const data = new DataTransfer();
          data.items.add(new File(['the bytes'], 'mine.png', {type: 'image/png'}));
          const tile = document.querySelector('.tile[data-name="items/coin"] .frame');
          for (const name of ['dragover', 'drop']) {
            tile.dispatchEvent(new DragEvent(name, {dataTransfer: data, bubbles: true,
                                                    cancelable: true}));
          }
        }"""
    )
    expect(page.locator("dialog h2")).to_have_text("Adopt mine.png for items/coin")
    page.get_by_label("Do this target's ops on it").check()
    page.get_by_role("button", name="Adopt", exact=True).click()
    until(page, lambda: review.verbs() == ["adopt"])
    asked = review.last("adopt")
    seen = review.target("items/coin")["version"]
    assert asked.query == {"target": "items/coin", "seen": seen, "with_ops": "1"}
    assert (asked.body, asked.token) == (b"the bytes", TOKEN)


def test_a_file_is_adopted_by_choosing_it(page: Page, review: FakeReview) -> None:
    """Who cannot drop has a button."""
    open_target(page, "items/coin")
    png = next(iter(review.sample.files.values()))
    page.locator("input[type=file]").set_input_files(
        {"name": "mine.png", "mimeType": "image/png", "buffer": png}
    )
    page.get_by_role("button", name="Adopt", exact=True).click()
    until(page, lambda: review.verbs() == ["adopt"])
    assert review.last("adopt").query["with_ops"] == "0"
    assert review.last("adopt").body == png


def test_a_running_build_is_followed_and_stopped(page: Page, review: FakeReview) -> None:
    """Progress, the latest words and a log; Stop asks the server; the end is said."""
    review.tell("build", {"id": 1, "state": "running", "what": "reroll hero/base", "event": None})
    bar = page.locator("#running")
    expect(bar).to_contain_text("running: reroll hero/base")
    events: list[dict[str, Any]] = [
        {"event": "build_started", "targets": 3, "up_to_date": 1, "images": {"min": 2, "max": 2}},
        {
            "event": "job_changed",
            "target": "x",
            "job": {"state": "accepted", "provider": "runware"},
        },
        {"event": "target_done", "target": HOSTILE, "work": "buy", "verdict": "run"},
    ]
    for event in events:
        review.tell("build", {"id": 1, "state": "running", "what": "reroll", "event": event})
    expect(bar).to_contain_text("1 of 2")
    expect(bar).to_contain_text(HOSTILE)
    page.get_by_role("button", name="Log").click()
    expect(page.get_by_role("log")).to_contain_text("x: being drawn at runware")
    expect(page.get_by_role("log")).to_contain_text(f"{HOSTILE}: bought")
    page.get_by_role("button", name="Stop").click()
    until(page, lambda: review.verbs() == ["stop"])
    review.tell("build", {"id": 1, "state": "done", "what": "reroll", "exit_code": 130})
    expect(page.locator("#said")).to_contain_text("reroll: stopped")
    page.locator("#running").get_by_role("button", name="Close").click()
    expect(bar).to_have_count(0)


def test_a_build_that_takes_no_time_is_not_shown(page: Page, review: FakeReview) -> None:
    """Free work after a decision needs no bar; its failure is said all the same."""
    review.tell("build", {"id": 1, "state": "running", "what": "files", "event": None})
    review.tell("build", {"id": 1, "state": "done", "what": "files", "exit_code": 0})
    review.tell("build", {"id": 2, "state": "running", "what": "files", "event": None})
    review.tell("build", {"id": 2, "state": "done", "what": "files", "exit_code": 1})
    expect(page.locator("#said")).to_have_text(re.compile("files: some targets failed"))
    page.wait_for_timeout(1000)
    expect(page.locator("#running")).to_have_count(0)


def test_changes_of_others_appear_without_losing_ones_place(page: Page, review: FakeReview) -> None:
    """What another window or a build changed is drawn where it stands; scroll and focus stay."""
    for _ in range(4):
        page.keyboard.press("j")
    changed = review.target("items/potion", verdict="failed")
    review.tell("targets", {"targets": [changed], "removed": ["npc/lost"], "at": 2})
    expect(page.locator('.tile[data-name="items/potion"] .pill')).to_have_text("failed")
    expect(page.locator('.tile[data-name="npc/lost"]')).to_have_count(0)
    name = page.evaluate("document.activeElement.closest('.tile').dataset.name")
    assert name == "items/potion"


def test_a_note_that_is_being_written_survives_changes(page: Page, review: FakeReview) -> None:
    """A dialog that is open stays open, with its text, while the target behind it changes."""
    open_target(page, "hero/base")
    page.keyboard.press("n")
    page.keyboard.type("not yet do")
    review.tell("targets", {"targets": [review.target("hero/base", tags=["new"])], "removed": []})
    expect(page.locator(".facts")).to_contain_text("new")
    page.keyboard.type("ne")
    expect(page.locator("dialog textarea")).to_have_value(re.compile("not yet done$"))


def test_a_lost_connection_is_said_and_mended(review: FakeReview, open_page: Opener) -> None:
    """The page connects again by itself, and fetches what it missed."""
    watched = open_page(review.entry)
    page = watched.page
    until(page, lambda: len(review.streams) > 0)
    review.sample.targets[3] = review.target("items/potion", verdict="failed")
    review.at = 5
    review.hang_up()
    expect(page.locator("#lost")).to_be_visible()
    expect(page.locator('.tile[data-name="items/potion"] .pill')).to_have_text("failed")
    expect(page.locator("#lost")).to_be_hidden()
    watched.complaints.clear()


def test_a_spec_with_mistakes_is_told(page: Page, review: FakeReview) -> None:
    """While the spec cannot be read the page says why, and goes on when it can."""
    review.tell("problem", {"error": "assetgen.yaml:3: no such key", "next": "did you mean"})
    expect(page.locator("#lost")).to_contain_text("no such key")
    review.tell("problem", {"error": None})
    expect(page.locator("#lost")).to_be_hidden()


def test_no_get_is_more_than_a_look(page: Page, review: FakeReview) -> None:
    """Everything that changes something is a POST with the token."""
    open_target(page, "hero/base")
    for key in ("2", "c", "3", "z", "b", "j", "k"):
        page.keyboard.press(key)
    page.keyboard.press("Escape")
    assert not [path for path in review.gets if path.startswith("act")]
    assert review.asked == []


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(
    review: FakeReview, open_page: Opener, axe: Axe, size: tuple[int, int], scheme: str
) -> None:
    """The grid with marks, a target with its actions, each dialog, a running build, messages."""
    review.answers["price"] = (200, PRICE)
    page = opened(review, open_page, size=size, scheme=scheme)
    page.keyboard.press("j")
    page.keyboard.press("m")
    review.tell("build", {"id": 1, "state": "running", "what": "reroll hero/base", "event": None})
    review.tell("problem", {"error": "assetgen.yaml:3: no such key", "next": "did you mean"})
    expect(page.locator("#running")).to_be_visible()
    page.get_by_role("button", name="Log").click()
    assert axe(page) == []
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    open_target(page, "hero/base")
    page.keyboard.press("i")
    expect(page.locator("#said .good")).to_be_visible()
    assert axe(page) == []
    for key in ("r", "x", "n", "g", "?"):
        page.keyboard.press(key)
        expect(page.locator("dialog")).to_be_visible()
        assert axe(page) == []
        page.keyboard.press("Escape")
        expect(page.locator("dialog")).to_have_count(0)
