"""docs/review.md in Chromium: what its screenshots show is so, in page, lock and files."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, expect

from tests.browser import shots
from tests.browser.shots import MOST_BYTES, PAGE, PICTURES, Tour


def charged(tour: Tour) -> float:
    """Return what the service charged so far, in USD."""
    return round(float(sum(charge.price for charge in tour.shop.charges)), 3)


def test_the_tour_of_the_review_page(tmp_path: Path, browser: Browser) -> None:
    """Step by step as the page tells it; what was agreed to is what was charged."""
    taken: list[str] = []
    with shots.walk(tmp_path, browser, lambda name, data: taken.append(name)) as tour:
        lock = tour.served

        shots.look(tour)
        expect(tour.page.locator(".tile")).to_have_count(12)
        expect(tour.tile("pip/base")).to_contain_text("waits for a pick")
        expect(tour.tile("pip/rain")).to_contain_text("blocked")
        assert charged(tour) == 0.18

        first = lock.file("art/pip/base.png")
        shots.choose(tour)
        base = lock.lines["pip/base"]
        assert (base["shown"], base["state"]) == (3, "picked")
        assert base["takes"][2]["note"] == "the best light"
        assert lock.file("art/pip/base.png") != first
        assert charged(tour) == 0.18

        shots.buy_what_waited(tour)
        for name in ("winter", "rain", "face/happy", "face/brave", "face/sleepy"):
            (sent,) = lock.lines[f"pip/{name}"]["recipe"]["inputs"]
            assert sent["sha256"] == base["takes"][2]["sha256"]
        assert charged(tour) == 0.29

        odd = lock.file("art/pip/face/sleepy.png")
        shots.refuse(tour)
        (take,) = lock.lines["pip/face/sleepy"]["takes"]
        assert (take["rejected"], take["note"]) == (True, "three eyes")
        assert lock.file("art/pip/face/sleepy.png") == odd

        lane = lock.file("art/place/lane.png")
        shots.reroll(tour)
        assert lock.shown("pip/face/sleepy") == 2
        assert lock.file("art/pip/face/sleepy.png") != odd
        assert lock.shown("place/lane") == 1
        assert lock.file("art/place/lane.png") == lane
        assert charged(tour) == 0.332

        shots.adopt(tour)
        assert lock.lines["place/forest"]["state"] == "adopted"

        shots.change_a_word(tour)
        assert "green oilskin" in lock.lines["pip/rain"]["recipe"]["prompt"]
        assert charged(tour) == 0.354

        shots.keep_as_it_is(tour)
        sword = lock.lines["item/sword"]
        assert "a rusty sword" in sword["recipe"]["prompt"]
        assert sword["note"] == "rusty or rusted, it is the same sword"
        assert lock.lines["place/lighthouse"]["pinned"]

        shots.at_night(tour)
        wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        assert tour.page.evaluate(wide)

        assert charged(tour) == 0.354
        assert lock.stop() == 0
        tour.shop.ok("verify")
        assert set(tour.shop.verdicts().values()) == {"up_to_date", "kept"}
        assert tour.shop.emulator.leaks == []
    assert sorted(taken) == sorted(path.stem for path in PICTURES.iterdir())


def test_every_screenshot_is_shown_described_and_small() -> None:
    """The page shows each one, with words for those who do not see it."""
    shown = re.findall(r"!\[([^\]]+)\]\(pictures/review/([\w-]+\.png)\)", PAGE.read_text("utf-8"))
    assert sorted(name for _, name in shown) == sorted(path.name for path in PICTURES.iterdir())
    for words, name in shown:
        assert len(words) > 15, name
        assert (PICTURES / name).stat().st_size < MOST_BYTES
        with Image.open(PICTURES / name) as picture:
            assert picture.width in (shots.SIZE[0], shots.PHONE[0])
