"""The loop of a person with pictures: look, compare, pick, reroll, reject, adopt, accept, pin."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Opener
from tests.e2e.served import TARGETS, Review, review, shop_with_pictures, stranger, until

DROP = """([selector, name, data]) => {
  const bytes = Uint8Array.from(atob(data), one => one.charCodeAt(0));
  const given = new DataTransfer();
  given.items.add(new File([bytes], name, {type: "image/png"}));
  const place = document.querySelector(selector);
  for (const type of ["dragover", "drop"]) {
    const event = new DragEvent(type, {dataTransfer: given, bubbles: true, cancelable: true});
    place.dispatchEvent(event);
  }
}"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Review]:
    """A review of a project whose pictures are bought."""
    with shop_with_pictures(tmp_path) as shop, review(shop) as one:
        yield one


def open_target(page: Page, name: str) -> None:
    """Open a target from the grid, with the keyboard."""
    page.locator(f'.tile[data-name="{name}"] a.open').focus()
    page.keyboard.press("Enter")
    expect(page.locator("#detail-name")).to_have_text(name)


def drop(page: Page, selector: str, name: str, data: bytes) -> None:
    """Drop a file somewhere on the page."""
    page.evaluate(DROP, [selector, name, base64.b64encode(data).decode()])


def said(page: Page, words: str) -> None:
    """Wait for a message."""
    expect(page.locator("#said")).to_contain_text(words)


def test_the_whole_loop(served: Review, open_page: Opener) -> None:
    """By keys and one drop; every charge is one that was shown and agreed to."""
    shop = served.shop
    bought = len(shop.charges)
    page = open_page(served.address).page
    assert page.url == f"{served.origin}/"

    # compare two takes, and pick one
    before = served.file("art/sword.png"), served.file("art/icon.webp")
    open_target(page, "sword")
    page.keyboard.press("c")
    expect(page.locator(".stage.two figure")).to_have_count(2)
    page.keyboard.press("2")
    page.keyboard.press("p")
    said(page, "take 2 is picked")
    until(lambda: served.shown("sword") == 2, "the pick")
    until(lambda: served.file("art/sword.png") != before[0], "the new file")
    until(lambda: served.file("art/icon.webp") != before[1], "the new icon")
    expect(page.locator(".item[aria-label='Take 2, in use']")).to_be_visible()
    page.keyboard.press("Escape")

    # reroll two: the price is shown, and nothing is bought before one agrees
    for name in ("sword", "shield"):
        page.locator(f'.tile[data-name="{name}"] a.open').focus()
        page.keyboard.press("m")
    page.keyboard.press("r")
    button = page.get_by_role("button", name="Buy for $")
    expect(button).to_be_enabled()
    expect(page.locator("dialog .priced")).to_contain_text("2 pictures")
    page.locator("dialog textarea").fill("more heft")
    assert len(shop.charges) == bought
    button.click()
    expect(page.locator("#running progress")).to_be_visible()
    until(lambda: len(shop.charges) == bought + 2, "the reroll")
    until(lambda: len(served.lines["sword"]["takes"]) == 3, "the third take")
    assert served.shown("sword") == 2
    expect(page.locator("#running")).to_be_hidden()

    # reject one of them, with a note
    open_target(page, "sword")
    page.keyboard.press("3")
    page.keyboard.press("x")
    page.locator("dialog textarea").fill("blurry")
    page.keyboard.press("Control+Enter")
    said(page, "take 3 is rejected")
    take = served.lines["sword"]["takes"][2]
    assert (take["rejected"], take["note"]) == (True, "blurry")
    page.keyboard.press("Escape")

    # adopt a file that is dropped on a tile
    mine = served.file("art/crown.png")
    drop(page, '.tile[data-name="shield"]', "mine.png", mine)
    page.get_by_role("button", name="Adopt", exact=True).click()
    said(page, "shield is mine.png now")
    assert served.lines["shield"]["state"] == "adopted"
    until(lambda: served.file("art/shield.png") == mine, "the adoption")

    # the recipe changes in an editor; the picture is accepted as it is
    spec = shop.root / "assetgen.yaml"
    spec.write_text(spec.read_text().replace("a golden crown", "a silver crown"))
    crown = page.locator('.tile[data-name="crown"]')
    expect(crown.locator(".pill")).to_have_text("to make")
    open_target(page, "crown")
    page.keyboard.press("a")
    page.locator("dialog textarea").fill("silver enough")
    page.keyboard.press("Control+Enter")
    said(page, "crown is accepted as it is")
    page.keyboard.press("i")
    said(page, "crown is pinned")
    line = served.lines["crown"]
    assert line["pinned"]
    assert line["note"] == "silver enough"
    page.keyboard.press("Escape")

    # what was agreed to is what was charged, and everything fits together
    assert len(shop.charges) == bought + 2
    expect(page.locator("#running")).to_be_hidden()
    assert served.stop() == 0
    shop.ok("verify")
    assert set(shop.verdicts().values()) <= {"up_to_date", "kept"}
    assert shop.emulator.leaks == []


def test_a_price_that_is_not_agreed_to_buys_nothing(served: Review, open_page: Opener) -> None:
    """Closing the question, or building free work alone, sends no paid request."""
    bought = len(served.shop.charges)
    spec = served.shop.root / "assetgen.yaml"
    spec.write_text(spec.read_text().replace("a round shield", "a square shield"))
    page = open_page(served.address).page
    shield = page.locator('.tile[data-name="shield"]')
    expect(shield).to_contain_text("to make")
    open_target(page, "sword")
    page.keyboard.press("r")
    expect(page.get_by_role("button", name="Buy for $")).to_be_enabled()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.get_by_role("button", name="Free work only").click()
    said(page, "over the cap")
    assert len(served.shop.charges) == bought
    page.keyboard.press("g")
    page.get_by_role("button", name="Buy for $").click()
    until(lambda: len(served.shop.charges) == bought + 1, "the build")
    expect(shield).to_contain_text("up to date")


def test_two_tabs_do_not_disagree(served: Review, browser: Browser) -> None:
    """What one tab decides the other one shows; a decision on an old sight is refused."""
    context = browser.new_context()
    try:
        first, second = context.new_page(), context.new_page()
        for page in (first, second):
            page.goto(served.address)
            page.wait_for_selector("html[data-ready=true]", state="attached")
            open_target(page, "sword")
        old = second.evaluate("assetgen.page.detail.target.version")
        first.keyboard.press("2")
        first.keyboard.press("p")
        expect(second.locator(".item[aria-label='Take 2, in use']")).to_be_visible()
        done = second.evaluate(
            "seen => assetgen.act('pick', {target: 'sword', take: 1, seen})", old
        )
        assert done["status"] == 409
        said(second, "nothing was changed")
        assert served.shown("sword") == 2
        second.keyboard.press("1")
        second.keyboard.press("p")
        expect(first.locator(".item[aria-label='Take 1, in use']")).to_be_visible()
        until(lambda: served.shown("sword") == 1, "the second pick")
    finally:
        context.close()


def test_a_build_in_another_terminal_appears(served: Review, open_page: Opener) -> None:
    """New targets, new pictures and edits by hand come to the page by themselves."""
    shop = served.shop
    page = open_page(served.address).page
    shop.shelf("runware", TARGETS + "  ring: {prompt: a ring, output: art/ring.png}\n")
    ring = page.locator('.tile[data-name="ring"]')
    expect(ring).to_contain_text("to make")
    shop.build("ring", "--max-images", "1")
    expect(ring.locator("img")).to_have_js_property("complete", True)
    expect(ring).to_contain_text("up to date")
    (shop.root / "art/crown.png").write_bytes(served.file("art/crown.png") + b"mine")
    expect(page.locator('.tile[data-name="crown"]')).to_contain_text("modified")


def test_ctrl_c_stops_a_build_in_good_order(tmp_path: Path, open_page: Opener) -> None:
    """What was sent is in the ledger, and the next build collects it without paying again."""
    with shop_with_pictures(tmp_path, latency=3.0) as shop, review(shop) as served:
        bought = len(shop.charges)
        watched = open_page(served.address)
        page = watched.page
        open_target(page, "sword")
        page.keyboard.press("r")
        page.get_by_role("button", name="Buy for $").click()
        until(lambda: len(shop.charges) == bought + 1, "the submit")
        assert served.stop() == 130
        expect(page.locator("#lost")).to_be_visible()
        page.close()
        watched.complaints.clear()  # the server is gone, and the page says so
        shop.build("--max-images", "0")
        assert len(shop.charges) == bought + 1
        assert len(served.lines["sword"]["takes"]) == 3


ATTACK = """<!doctype html><title>another origin</title>
<img id="img"><script>
window.addEventListener("unhandledrejection", event => event.preventDefault());
const victim = location.hash.slice(1), found = [];
const tried = (name, promise) => promise.then(
  value => found.push([name, value]), () => found.push([name, "refused"]));
const loaded = (tag, path) => new Promise(done => {
  const one = document.createElement(tag);
  one.onload = () => done("loaded");
  one.onerror = () => done("refused");
  one[tag === "link" ? "href" : "src"] = victim + path;
  if (tag === "link") one.rel = "stylesheet";
  document.body.append(one);
});
const events = path => new Promise(done => {
  const source = new EventSource(victim + path, {withCredentials: true});
  source.onmessage = source.onopen = () => done("opened");
  source.onerror = () => done("refused");
  source.addEventListener("hello", () => done("opened"));
});
const text = JSON.stringify({target: "sword", take: 2, seen: SEEN});
const post = options => fetch(victim + "/act/pick",
  {method: "POST", credentials: "include", body: text, ...options}).then(a => String(a.status));
(async () => {
  await tried("read", fetch(victim + "/data.json", {credentials: "include"}).then(a => a.text()));
  await tried("read blind", fetch(victim + "/data.json", {credentials: "include", mode: "no-cors"})
    .then(a => a.text()).then(all => all || "refused"));
  await tried("image", loaded("img", PICTURE));
  await tried("script", loaded("script", "/data.json"));
  await tried("own script", loaded("script", "/static/page.js"));
  await tried("style", loaded("link", "/static/page.css"));
  await tried("events", events("/events"));
  await tried("post json", post({headers: {"content-type": "application/json"}}));
  await tried("post token", post({headers: {"content-type": "application/json",
    "x-assetgen-token": "guess"}}));
  await tried("post blind", post({mode: "no-cors"}).then(s => s === "0" ? "refused" : s));
  const frame = document.createElement("iframe");
  frame.src = victim + "/";
  await new Promise(done => { frame.onload = done; document.body.append(frame); });
  let inside = "refused";
  try { if (frame.contentDocument && frame.contentDocument.body.innerText) inside = "read"; }
  catch (error) { inside = "refused"; }
  found.push(["frame", inside]);
  document.title = JSON.stringify(found);
})();
</script><body><form id="form" method="post" enctype="text/plain">
<input name="x" value="y"></form>"""


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_page_of_another_origin_reads_and_changes_nothing(
    served: Review, browser: Browser, name: str
) -> None:
    """In the very browser that was let in, which sends such a page's requests with the cookie."""
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(served.address)
        page.wait_for_selector("html[data-ready=true]", state="attached")
        target = page.evaluate("assetgen.model.byName.get('sword')")
        picture = "/" + target["takes"][0]["picture"]["full"]
        html = ATTACK.replace("SEEN", repr(target["version"])).replace("PICTURE", repr(picture))
        before = served.lines
        with stranger(html) as (address, visits):
            evil = context.new_page()
            evil.goto(f"{address.replace('127.0.0.1', name)}#{served.origin}")
            evil.wait_for_function("document.title.startsWith('[')")
            found = dict(evil.evaluate("JSON.parse(document.title)"))
            assert set(found.values()) == {"refused"}, found
            assert len(found) == 11
            evil.evaluate(
                "to => { const f = document.getElementById('form'); f.action = to; f.submit(); }",
                f"{served.origin}/act/stop",
            )
            expect(evil.locator("body")).to_contain_text("error")
            # Other ports of this very name are sent the cookie, which therefore opens little.
            cookies = visits[0].get("Cookie", "")
            assert ("assetgen-" in cookies) is (name == "127.0.0.1")
            assert served.address.partition("token=")[2] not in str(visits)
        assert served.lines == before
        assert page.evaluate("localStorage.getItem('assetgen-token')") not in served.address
        page.reload()
        page.wait_for_selector("html[data-ready=true]", state="attached")
    finally:
        context.close()


def test_the_cookie_alone_changes_nothing(served: Review, browser: Browser) -> None:
    """Whoever serves on another port is sent it; with it one can look, and not decide."""
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(served.address)
        page.wait_for_selector("html[data-ready=true]", state="attached")
        token = page.evaluate("localStorage.getItem('assetgen-token')")
        shown = page.content() + str(context.request.get(f"{served.origin}/data.json").text())
        assert token
        assert token not in shown
        body = {"target": "sword", "take": 2, "seen": served.lines["sword"].get("version", "")}
        for headers in ({}, {"origin": served.origin}, {"x-assetgen-token": token}):
            answer = context.request.post(f"{served.origin}/act/pick", data=body, headers=headers)
            assert answer.status == 403
        assert served.shown("sword") == 1
    finally:
        context.close()


def test_the_token_goes_nowhere(served: Review, open_page: Opener) -> None:
    """Not to another site as a referrer, not into the address, not to a page that it opens."""
    with stranger("<title>elsewhere</title>") as (address, visits):
        watched = open_page(served.address)
        page = watched.page
        page.evaluate("to => { location.href = to; }", address)
        page.wait_for_url(address)
        watched.complaints.clear()  # what was being loaded is not wanted any more
        assert visits
        for name in ("Referer", "Origin"):
            assert name not in visits[0]
        assert page.evaluate("document.referrer") == ""
        page.go_back()
        page.wait_for_selector("html[data-ready=true]", state="attached")
        assert "token" not in page.url
