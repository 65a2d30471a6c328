"""The gallery as a person meets it: a folder opened in a browser, without a server."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NARROW, WIDE, Opener
from tests.browser.sample import HOSTILE, LONG, Sample, output, take

Axe = Callable[[Page], list[str]]
EVIL = "#t=evil%2F%3C%2Fscript%3E%3Cimg+src%3Dx+onerror%3Dalert%281%29%3E"


def tiles(page: Page) -> list[str]:
    """Return the names of the targets that are shown, in their order."""
    names: list[str] = page.eval_on_selector_all(
        ".tile",
        "all => all.sort((a, b) => a.ariaPosInSet - b.ariaPosInSet).map(one => one.dataset.name)",
    )
    return names


def focused(page: Page) -> str:
    """Return the name of the target whose tile has the focus."""
    name = page.evaluate("(document.activeElement.closest('.tile') || {dataset: {}}).dataset.name")
    return str(name)


def test_a_folder_shows_every_target_with_its_picture(
    gallery: str, sample: Sample, open_page: Opener
) -> None:
    """All targets are there, with pictures, a checkerboard behind alpha and words for verdicts."""
    page = open_page(gallery).page
    assert tiles(page) == [target["name"] for target in sample.targets]
    expect(page.locator("#summary")).to_have_text("15 targets · 1 to make: $0.05 · $0.70 spent")
    base = page.locator('.tile[data-name="hero/base"]')
    expect(base.locator(".frame.clear img")).to_have_js_property("complete", True)
    expect(base.locator(".pill")).to_have_text("waits for a pick")
    assert base.locator("img").evaluate("image => image.naturalWidth") > 100
    expect(page.locator('.tile[data-name="npc/failed"] .frame.empty')).to_have_text(
        "a tavern brawl"
    )


def test_a_target_without_a_file_shows_what_it_is_made_from(
    gallery: str, open_page: Opener
) -> None:
    """Its tile has the source's picture, and its own page says why there is none."""
    page = open_page(gallery).page
    tile = page.locator('.tile[data-name="site/crop"]')
    source = page.locator('.tile[data-name="site/hero"] img').get_attribute("src")
    assert tile.locator("img").get_attribute("src") == source
    tile.click()
    expect(page.locator(".nothing")).to_contain_text("no file of its own")


def test_search_and_filters_narrow_the_grid(gallery: str, open_page: Opener) -> None:
    """Words, a verdict, a tag, a provider and a cost each leave what fits; clearing brings all."""
    page = open_page(gallery).page
    page.keyboard.press("/")
    page.keyboard.type("leather blue")
    assert tiles(page) == ["outfit/casual"]
    page.keyboard.press("Escape")
    assert len(tiles(page)) == 15
    page.get_by_role("button", name="to make").click()
    assert tiles(page) == ["outfit/armor"]
    page.get_by_role("button", name="modified").click()
    assert tiles(page) == ["outfit/armor", "site/hero"]
    page.locator("#tag").select_option("site")
    assert tiles(page) == ["site/hero"]
    page.get_by_role("button", name="changed").click()
    page.get_by_role("button", name="modified").click()
    assert tiles(page) == ["site/hero"]
    page.locator("#cost").select_option("low")
    expect(page.locator("#none-words")).to_have_text("No target fits the search and the filters.")
    page.get_by_role("button", name="Clear search and filters").click()
    assert len(tiles(page)) == 15
    page.locator("#cost").select_option("buys")
    assert tiles(page) == ["outfit/armor"]


def test_targets_are_sorted_as_asked(gallery: str, open_page: Opener) -> None:
    """By name, by cost and by what needs somebody first."""
    page = open_page(gallery).page
    page.locator("#sort").select_option("name")
    assert tiles(page)[1] == f"evil/{HOSTILE}"
    page.locator("#sort").select_option("cost")
    assert tiles(page)[:2] == ["site/hero", "hero/base"]
    page.locator("#sort").select_option("urgent")
    assert tiles(page)[:3] == ["site/hero", "npc/failed", "npc/lost"]


def test_the_address_keeps_what_is_looked_at(gallery: str, open_page: Opener) -> None:
    """A copied address opens with the same filters, order and target; nonsense opens the grid."""
    page = open_page(gallery).page
    page.locator("#tag").select_option("hero")
    page.locator("#sort").select_option("name")
    page.locator('.tile[data-name="outfit/casual"]').click()
    again = open_page(page.url).page
    expect(again.locator("#detail h2")).to_have_text("outfit/casual")
    again.keyboard.press("Escape")
    assert tiles(again) == ["hero/base", "outfit/armor", "outfit/casual"]
    page.go_back()
    expect(page.locator("#detail")).to_be_hidden()
    other = open_page(f"{gallery}#t=no/such&v=nothing&sort=up&q=").page
    expect(other.locator("#none")).to_be_visible()


def test_the_grid_is_walked_by_keys(gallery: str, open_page: Opener) -> None:
    """j and k go from one to the next, arrows in all directions; Esc returns to the same tile."""
    page = open_page(gallery).page
    page.keyboard.press("j")
    assert focused(page) == "hero/base"
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert focused(page) == "outfit/casual"
    page.keyboard.press("ArrowDown")
    assert focused(page) == "items/scroll"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator("#detail h2")).to_have_text("outfit/casual")
    expect(page.locator("#detail h2")).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator("#detail h2")).to_have_text("outfit/armor")
    page.keyboard.press("Escape")
    assert focused(page) == "outfit/armor"
    page.keyboard.press("End")
    assert focused(page).startswith("=cmd")


def test_what_is_behind_an_open_target_cannot_be_reached(gallery: str, open_page: Opener) -> None:
    """While a target is open, Tab stays in it."""
    page = open_page(f"{gallery}#t=hero/base").page
    inside = "document.getElementById('detail').contains(document.activeElement)"
    for _ in range(40):
        page.keyboard.press("Tab")
        assert page.evaluate(f"{inside} || document.activeElement === document.body")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_two_takes_hide_nothing_that_is_below_them(
    gallery: str, open_page: Opener, size: tuple[int, int]
) -> None:
    """Both pictures are seen whole, above the row of takes."""
    page = open_page(gallery + "#t=hero%2Fbase", size=size).page
    page.keyboard.press("c")
    pictures = page.locator(".stage.two .mat img")
    expect(pictures).to_have_count(2)
    for number in range(2):
        expect(pictures.nth(number)).to_have_js_property("complete", True)
    top = page.locator(".strip").bounding_box()
    boxes = [pictures.nth(number).bounding_box() for number in range(2)]
    captions = [page.locator(".stage.two figcaption").nth(n).bounding_box() for n in range(2)]
    for box, caption in zip(boxes, captions, strict=True):
        assert top and box and caption
        assert box["y"] + box["height"] <= caption["y"] + 1
        assert caption["y"] + caption["height"] <= top["y"] + 1


def test_takes_are_compared_by_their_numbers(gallery: str, open_page: Opener) -> None:
    """A digit shows a take; c puts two side by side, where Shift and a digit choose the left."""
    page = open_page(f"{gallery}#t=hero/base").page
    captions = page.locator("figcaption b")
    expect(captions).to_have_text(["take 2"])
    page.keyboard.press("4")
    expect(captions).to_have_text(["take 4"])
    page.keyboard.press("c")
    expect(captions).to_have_text(["take 4", "take 1"])
    page.keyboard.press("3")
    expect(captions).to_have_text(["take 4", "take 3"])
    page.keyboard.press("Shift+Digit2")
    expect(captions).to_have_text(["take 2", "take 3"])
    assert page.locator(".mat img").evaluate_all("all => all.every(one => one.complete)")
    page.keyboard.press("9")
    expect(captions).to_have_text(["take 2", "take 3"])
    page.keyboard.press("c")
    expect(captions).to_have_text(["take 3"])


def test_a_change_is_shown_with_a_slider_and_in_words(gallery: str, open_page: Opener) -> None:
    """Before and after lie under a slider that keys move; the prompt's words are marked."""
    page = open_page(f"{gallery}#t=outfit/casual").page
    slider = page.locator("#detail").get_by_role("slider")
    slider.focus()
    page.keyboard.press("Home")
    expect(page.locator(".slider")).to_have_css("--at", "0%")
    page.keyboard.press("End")
    expect(page.locator(".slider")).to_have_css("--at", "100%")
    expect(page.locator(".change ins")).to_have_text(["blue", "closed to the neck"])
    expect(page.locator(".change del")).to_have_text(["open"])
    page.keyboard.press("b")
    expect(page.locator("figure")).to_have_count(1)


def test_targets_lead_to_what_they_are_made_from_and_used_by(
    gallery: str, open_page: Opener
) -> None:
    """Inputs and dependants are links with pictures; a file is named, and is no link."""
    page = open_page(f"{gallery}#t=outfit/armor").page
    expect(page.locator(".plain-link")).to_contain_text("./refs/armour.png")
    links = page.locator("#detail")
    links.get_by_role("link", name="hero/base").click()
    expect(page.locator("#detail h2")).to_have_text("hero/base")
    links.get_by_role("link", name="outfit/casual").click()
    expect(page.locator("#detail h2")).to_have_text("outfit/casual")


def test_provenance_and_files_are_told(gallery: str, open_page: Opener) -> None:
    """Who made a take for how much, what was said of it, and each file with its size."""
    page = open_page(f"{gallery}#t=hero/base").page
    facts = page.locator(".facts")
    for words in (
        "runware",
        "$0.05",
        "rejected",
        "eyes look away",
        "best hands",
        "540 \N{MULTIPLICATION SIGN} 720",
        "48 kB",
    ):
        expect(facts).to_contain_text(words)
    expect(facts).to_contain_text("assetgen.yaml:12")


def test_hostile_text_is_only_text(gallery: str, open_page: Opener) -> None:
    """Markup in names, prompts and notes is shown as it is; control signs are made visible."""
    page = open_page(gallery + EVIL).page
    prompt = page.locator(".facts section .prompt").last
    expect(prompt).to_contain_text(HOSTILE)
    expect(prompt).to_contain_text("\\x1b[31mred")
    expect(prompt).to_contain_text("\\u202egnp.exe")
    assert page.locator("img:not([src^='thumbs/']):not([src^='pictures/'])").count() == 0
    text = page.evaluate("document.documentElement.outerHTML")
    assert not re.search("[\x00-\x08\x1b\u200b\u202a-\u202e]", text)
    page.keyboard.press("Escape")
    expect(page.locator(f'.tile[data-name="evil/{HOSTILE}"]')).to_be_visible()
    page.locator("#tag").select_option(HOSTILE)
    assert tiles(page) == [f"evil/{HOSTILE}"]


def test_scripts_cannot_make_markup_of_text(gallery: str, open_page: Opener) -> None:
    """The page's own policy refuses text as markup, scripts from elsewhere and any connection."""
    watched = open_page(gallery)
    made = watched.page.evaluate(
        """() => {
          try { document.body.innerHTML = '<p>'; } catch (error) { return error.name; }
          return 'made';
        }"""
    )
    assert made == "TypeError"
    sent = watched.page.evaluate(
        "fetch('https://example.com/').then(() => 'sent', () => 'refused')"
    )
    assert sent == "refused"
    assert watched.complaints
    watched.complaints.clear()


def test_a_long_prompt_is_folded(gallery: str, open_page: Opener) -> None:
    """5,000 characters are there when asked for, and not in the way before."""
    page = open_page(f"{gallery}#t=%3Dcmd%7C'+%2FC+calc'!A0").page
    prompt = page.locator(".prompt")
    assert len(prompt.inner_text()) < 1000
    page.get_by_role("button", name=re.compile("Show all")).click()
    assert prompt.inner_text().strip() == LONG.strip()
    page.get_by_role("button", name="Fold").click()
    assert len(prompt.inner_text()) < 1000


@pytest.mark.parametrize("look", ["", "#t=hero/base", "#t=outfit/casual", EVIL])
def test_nothing_is_wider_than_a_telephone(gallery: str, open_page: Opener, look: str) -> None:
    """At 390 pixels nothing has to be scrolled sideways."""
    page = open_page(gallery + look, size=NARROW).page
    if look == "#t=hero/base":
        page.get_by_role("button", name="Compare").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
    assert page.evaluate("document.getElementById('detail').scrollWidth") <= NARROW[0]
    assert page.evaluate(
        "[...document.querySelectorAll('.stage')].every(one => one.clientHeight > 200)"
    )


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(
    gallery: str, open_page: Opener, axe: Axe, size: tuple[int, int], scheme: str
) -> None:
    """The grid, a target, two takes, before and after, the list of keys and an empty grid."""
    page = open_page(gallery, size=size, scheme=scheme).page
    assert axe(page) == []
    if size == NARROW:
        page.get_by_role("button", name="Filters").click()
        assert axe(page) == []
    page.keyboard.press("?")
    assert axe(page) == []
    page.keyboard.press("Escape")
    for look in ("#t=hero/base", "#t=outfit/casual", EVIL):
        page.goto(gallery + look)
        page.wait_for_selector("#detail h2")
        assert axe(page) == []
    page.goto(f"{gallery}#t=hero/base")
    page.keyboard.press("c")
    page.keyboard.press("z")
    assert axe(page) == []
    page.goto(f"{gallery}#q=nothing-has-this")
    expect(page.locator("#none")).to_be_visible()
    assert axe(page) == []


def test_only_tiles_near_the_window_exist(tmp_path: Path, open_page: Opener) -> None:
    """Of 2,000 targets some dozens are in the page, wherever one scrolls; keys reach the last."""
    sample = Sample()
    pictures = [sample.picture(seed, (96, 96)) for seed in range(8)]
    for number in range(2000):
        shown = pictures[number % 8]
        name = f"item/{number:04}"
        sample.add(name, takes=[take(1, shown)], outputs=[output(f"art/{name}.png", shown)])
    page = open_page("file://" + sample.write(str(tmp_path / "page"))).page
    assert 20 < page.locator(".tile").count() < 120
    page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
    expect(page.locator('.tile[data-name="item/1999"]')).to_be_visible()
    assert page.locator(".tile").count() < 120
    page.evaluate("window.scrollTo(0, 0)")
    page.keyboard.press("j")
    page.keyboard.press("End")
    assert focused(page) == "item/1999"
    expect(page.locator('.tile[data-name="item/1999"] img')).to_have_js_property("complete", True)


def test_a_page_without_its_data_says_so(gallery: str, tmp_path: Path, open_page: Opener) -> None:
    """A folder whose data.js is missing tells what is missing."""
    folder = tmp_path / "page"
    Sample().write(str(folder))
    (folder / "data.js").unlink()
    watched = open_page(f"file://{folder}/index.html", ready=False)
    expect(watched.page.locator("#none-words")).to_contain_text("data.js")
    watched.complaints.clear()


def test_a_project_without_targets_says_so(tmp_path: Path, open_page: Opener) -> None:
    """An empty document is no mistake."""
    page = open_page("file://" + Sample().write(str(tmp_path / "page"))).page
    expect(page.locator("#none-words")).to_have_text("This project has no targets yet.")
