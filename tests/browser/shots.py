"""Walks through docs/review.md in Chromium, and takes its screenshots: `make shots`.

The project is the page's own spec, the service an emulator that paints. Each step does what the
page tells its reader, and waits until it is to be seen; tests walk the same steps and look at what
came of them.
"""

from __future__ import annotations

import base64
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from assetgen.emulator.emulator import Emulator
from tests.browser.conftest import CHROMIUM, PATIENCE
from tests.browser.painter import Painter, retouched
from tests.e2e.doctext import DOCS, blocks, edited
from tests.e2e.emulated import QUICK, Market
from tests.e2e.served import Review, review, until

PAGE = DOCS / "review.md"
PICTURES = DOCS / "pictures" / "review"
NAME = "lamplighter"
LATENCY = 3.0
"""Seconds: long enough for a build to be seen."""
SIZE, PHONE = (1440, 780), (390, 844)
PALETTE = 256
MOST_BYTES = 150_000
"""Of a screenshot."""
LOADED = """Promise.all([...document.images].map(one => one.decode()))
  .then(() => true, () => false)"""
HUSH = "document.querySelectorAll('#said button').forEach(one => one.click())"
DROP = """([selector, name, data]) => {
  const bytes = Uint8Array.from(atob(data), one => one.charCodeAt(0));
  const given = new DataTransfer();
  given.items.add(new File([bytes], name, {type: "image/png"}));
  const place = document.querySelector(selector);
  for (const type of ["dragover", "drop"]) {
    place.dispatchEvent(
      new DragEvent(type, {dataTransfer: given, bubbles: true, cancelable: true}));
  }
}"""


@dataclass
class Tour:
    """A project, the review that serves it, and the page that is looked at.

    ``keep`` is given each screenshot as a PNG file, with its name.
    """

    served: Review
    page: Page
    keep: Callable[[str, bytes], None]

    @property
    def shop(self) -> Market:
        """The project and its service."""
        return self.served.shop

    @property
    def dialog(self) -> Locator:
        """The question that is open."""
        return self.page.locator("dialog")

    def tile(self, name: str) -> Locator:
        """Return a target's tile in the grid."""
        return self.page.locator(f'.tile[data-name="{name}"]')

    def open(self, name: str) -> None:
        """Open a target by its tile."""
        self.close()
        self.tile(name).locator("a.open").focus()
        self.page.keyboard.press("Enter")
        expect(self.page.locator("#detail-name")).to_have_text(name)

    def close(self) -> None:
        """Go back to the grid, where a target is open."""
        if self.page.locator("#detail").is_visible():
            self.page.keyboard.press("Escape")
            expect(self.page.locator("#detail")).to_be_hidden()

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def answer(self, words: str, button: str) -> None:
        """Write into the open question, and answer it."""
        self.dialog.locator("textarea").fill(words)
        self.dialog.get_by_role("button", name=button).click()

    def said(self, words: str) -> None:
        """Wait for a message."""
        expect(self.page.locator("#said")).to_contain_text(words)

    def built(self, name: str) -> None:
        """Wait until a target's files are as it was decided."""
        expect(self.tile(name)).to_contain_text(re.compile("up to date|kept"))
        self.quiet()

    def quiet(self) -> None:
        """Wait until no build runs, and take away what was said of it."""
        expect(self.page.locator("#running")).to_be_hidden()
        self.page.evaluate(HUSH)

    def shot(self, name: str) -> None:
        """Take a screenshot, when all pictures of the page are there."""
        self.page.mouse.move(0, 0)
        until(lambda: self.page.evaluate(LOADED), "pictures")
        self.keep(name, self.page.screenshot(animations="disabled", caret="hide"))

    def edit(self, number: int) -> None:
        """Make one of the page's changes to the spec, counted from 0."""
        changes = [block.text for block in blocks(PAGE.read_text(encoding="utf-8"), "diff")]
        spec = self.shop.root / "assetgen.yaml"
        spec.write_text(edited(spec.read_text(encoding="utf-8"), changes[number]))


def look(tour: Tour) -> None:
    """The grid: what was bought is there, and what needs a decision says so."""
    expect(tour.tile("pip/base").locator(".pill")).to_be_visible()
    tour.shot("grid")


def choose(tour: Tour) -> None:
    """Two takes side by side; the better one is picked, with a word why."""
    tour.open("pip/base")
    tour.press("2", "c", "3")
    expect(tour.page.locator(".stage.two figure")).to_have_count(2)
    tour.shot("compare")
    tour.press("n")
    tour.answer("the best light", "Save")
    tour.said("the note is kept")
    tour.press("p")
    tour.said("take 3 is picked")
    tour.close()
    tour.built("pip/base")
    tour.built("pip/icon")


def buy_what_waited(tour: Tour) -> None:
    """The price is shown, agreed to, and the build is followed."""
    expect(tour.tile("pip/rain")).to_contain_text("to make")
    tour.press("g")
    expect(tour.dialog.get_by_role("button", name="Buy for $")).to_be_enabled()
    tour.shot("price")
    tour.dialog.get_by_role("button", name="Buy for $").click()
    expect(tour.page.locator("#running progress")).to_be_visible()
    until(lambda: len(tour.shop.charges) == 14, "the orders")
    until(lambda: tour.page.locator(".tile img").count() > 8, "some picture")
    tour.shot("progress")
    expect(tour.page.locator(".tile .pill")).to_have_count(0)
    tour.quiet()


def refuse(tour: Tour) -> None:
    """One face is odd: it is rejected with a reason."""
    tour.open("pip/face/sleepy")
    tour.press("1", "x")
    tour.answer("three eyes", "Reject")
    tour.said("take 1 is rejected")
    expect(tour.page.locator(".takes .rejected")).to_be_visible()
    tour.quiet()
    tour.shot("reject")
    tour.close()


def reroll(tour: Tour) -> None:
    """Two are rerolled together, and the new takes are picked."""
    for name in ("pip/face/sleepy", "place/lane"):
        tour.tile(name).locator("a.open").focus()
        tour.press("m")
    tour.press("r")
    tour.dialog.locator("textarea").fill("two eyes; a longer lane")
    expect(tour.dialog.get_by_role("button", name="Buy for $")).to_be_enabled()
    tour.shot("reroll")
    tour.dialog.get_by_role("button", name="Buy for $").click()
    until(lambda: len(tour.shop.charges) == 16, "the orders")
    until(lambda: len(tour.served.lines["place/lane"]["takes"]) == 2, "the new takes")
    tour.quiet()
    tour.open("pip/face/sleepy")
    tour.press("2", "p")
    tour.said("take 2 is picked")
    tour.close()
    tour.built("pip/face/sleepy")


def adopt(tour: Tour) -> None:
    """A file comes back from a paint program, and is dropped on its target."""
    mine = retouched((tour.shop.root / "art/place/forest.png").read_bytes())
    data = base64.b64encode(mine).decode()
    tour.page.evaluate(DROP, ['.tile[data-name="place/forest"]', "forest-warm.png", data])
    expect(tour.dialog.locator("img")).to_have_js_property("complete", True)
    tour.shot("adopt")
    tour.dialog.get_by_role("button", name="Adopt").click()
    tour.said("place/forest is forest-warm.png now")
    tour.built("place/forest")
    assert tour.served.file("art/place/forest.png") == mine


def change_a_word(tour: Tour) -> None:
    """Another coat: why it is to be made anew, and what came of it."""
    tour.edit(0)
    expect(tour.tile("pip/rain")).to_contain_text("to make")
    tour.open("pip/rain")
    expect(tour.page.locator(".change ins")).to_have_text("green")
    tour.shot("why")
    tour.press("g")
    tour.dialog.get_by_role("button", name="Buy for $").click()
    expect(tour.page.locator(".head .word")).to_have_text("up to date")
    tour.quiet()
    tour.press("b")
    expect(tour.page.locator(".slider")).to_be_visible()
    tour.shot("slider")
    tour.close()


def keep_as_it_is(tour: Tour) -> None:
    """A word that does not matter is accepted, and a favourite pinned."""
    tour.edit(1)
    expect(tour.tile("item/sword")).to_contain_text("to make")
    tour.open("item/sword")
    tour.press("a")
    tour.dialog.locator("textarea").fill("rusty or rusted, it is the same sword")
    tour.shot("accept")
    tour.dialog.get_by_role("button", name="Accept").click()
    tour.said("item/sword is accepted as it is")
    tour.close()
    tour.tile("place/lighthouse").locator("a.open").focus()
    tour.press("i")
    tour.said("place/lighthouse is pinned")
    tour.quiet()


def at_night(tour: Tour) -> None:
    """The same in dark, and on a phone."""
    tour.page.emulate_media(color_scheme="dark")
    tour.open("pip/base")
    tour.shot("dark")
    tour.close()
    tour.page.emulate_media(color_scheme="light")
    tour.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    tour.shot("phone-grid")
    tour.open("pip/base")
    tour.shot("phone-target")
    tour.close()
    tour.page.set_viewport_size({"width": SIZE[0], "height": SIZE[1]})


STEPS = (
    look,
    choose,
    buy_what_waited,
    refuse,
    reroll,
    adopt,
    change_a_word,
    keep_as_it_is,
    at_night,
)


@contextmanager
def project(folder: Path) -> Iterator[Market]:
    """Give the page's project after its first build, beside a service that paints."""
    painter = Painter(odd_once="sleepy")
    with Emulator(latency=LATENCY, jitter=0.9, seed=3, paint=painter) as emulator:
        shop = Market(folder, {**emulator.environ, "RUNWARE_API_KEY": "any"}, NAME)
        shop.emulator = emulator
        (folder / "config.toml").write_text(QUICK)
        spec = blocks(PAGE.read_text(encoding="utf-8"), "yaml")[0]
        shop.write("assetgen.yaml", spec.text)
        ran = shop.run("build", "--max-images", "9")
        assert ran.code == 75, f"{ran.out}\n{ran.err}"
        yield shop


@contextmanager
def walk(folder: Path, browser: Browser, keep: Callable[[str, bytes], None]) -> Iterator[Tour]:
    """Give a tour at its beginning: the page is open."""
    with project(folder) as shop, review(shop) as served:
        size = {"width": SIZE[0], "height": SIZE[1]}
        context = browser.new_context(viewport=size, color_scheme="light")  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        page = context.new_page()
        page.goto(served.address)
        page.wait_for_selector("html[data-ready=true]", state="attached")
        yield Tour(served, page, keep)
        context.close()


def small(data: bytes) -> bytes:
    """Return a screenshot as a smaller PNG file: with all its colours, or with a palette."""
    with Image.open(BytesIO(data), formats=["PNG"]) as opened:
        picture = opened.convert("RGB")
    whole = _png(picture)
    if len(whole) < MOST_BYTES:
        return whole
    palette = picture.quantize(PALETTE, Image.Quantize.MEDIANCUT)
    return _png(picture.quantize(PALETTE, palette=palette, dither=Image.Dither.NONE))


def _png(picture: Image.Image) -> bytes:
    file = BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


def main() -> None:
    """Take all screenshots anew."""
    PICTURES.mkdir(parents=True, exist_ok=True)

    def keep(name: str, data: bytes) -> None:
        made = small(data)
        (PICTURES / f"{name}.png").write_bytes(made)
        print(f"{name}.png  {len(made) // 1024} KiB")

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        with walk(Path(folder), browser, keep) as tour:
            for step in STEPS:
                step(tour)
        browser.close()


if __name__ == "__main__":
    main()
