"""Three examples from the first build to a late change: what is made, and what it costs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.emulated import Market
from tests.e2e.sandbox import Sandbox
from tests.e2e.test_examples import change, copy, made

SERVICE = "defaults: {model: xai/grok-imagine-image, providers: [runware]}"


def bought(shop: Market, example: str) -> Market:
    """Put an example into the project, to be bought from a service."""
    copy(example, shop)
    spec = shop.root / "assetgen.yaml"
    spec.write_text(spec.read_text().replace("version: 1\n", f"version: 1\n{SERVICE}\n", 1))
    return shop


def stamps(box: Sandbox, folder: str) -> dict[str, int]:
    """Return when each file of a folder was written."""
    files = sorted((box.root / folder).rglob("*"))
    return {
        path.relative_to(box.root).as_posix(): path.stat().st_mtime_ns
        for path in files
        if path.is_file()
    }


def rewritten(before: dict[str, int], after: dict[str, int]) -> list[str]:
    """Return the files that are new or were written since."""
    return [path for path, stamp in after.items() if before.get(path) != stamp]


def test_the_sprites_of_a_game(shop: Market) -> None:
    """25 pictures are bought for 31 targets; another padding makes three sheets, for nothing."""
    bought(shop, "sprites")
    first = shop.build("--max-images", "99")
    assert (first["bought"], first["derived"], len(shop.charges)) == (25, 6, 25)
    assert sorted(stamps(shop, "art")) == [
        f"art/mira-{outfit}.{kind}"
        for outfit in ("armor", "casual", "festival")
        for kind in ("json", "webp")
    ]
    for outfit in ("armor", "casual", "festival"):
        frames = json.loads((shop.root / f"art/mira-{outfit}.json").read_text())["frames"]
        assert len(frames) == 8
    change(shop, "assetgen.yaml", "padding: 2", "padding: 6")
    assert made(shop) == {f"sheet/{o}": "derive" for o in ("casual", "armor", "festival")}
    assert len(shop.charges) == 25


def test_the_pictures_of_a_site(shop: Market) -> None:
    """Two pictures make twelve files, a card and six icons; a quality rewrites four files alone."""
    bought(shop, "site")
    # This model has one tier, whose pictures are smaller than the widest file of the example.
    change(shop, "assetgen.yaml", "resolution: 2k", "resolution: 1k")
    change(shop, "assetgen.yaml", "[480, 960, 1440, 1920]", "[320, 640, 960, 1280]")
    first = shop.build("--max-images", "9")
    assert (first["bought"], len(shop.charges)) == (2, 2)
    before = stamps(shop, "public")
    names = [Path(path).name for path in before]
    assert sum(name.startswith("hero-") for name in names) == 12
    assert "og.jpg" in names
    icons = {"favicon.ico", "apple-touch-icon.png"} | {n for n in names if n.startswith("icon-")}
    assert icons <= set(names) and len(icons) == 6
    change(shop, "assetgen.yaml", "webp: {quality: 80}", "webp: {quality: 60}")
    assert shop.build()["restored"] == 1
    assert len(shop.charges) == 2
    written = rewritten(before, stamps(shop, "public"))
    assert len(written) == 4 and all(path.endswith(".webp") for path in written)


def test_posters_in_six_languages(shop: Market) -> None:
    """64 files of 11 pictures; a corrected German line redraws three and buys nothing."""
    bought(shop, "posters")
    first = shop.build("--max-images", "99")
    assert (first["bought"], first["derived"], len(shop.charges)) == (11, 64, 11)
    before = stamps(shop, "posters")
    assert len(before) == 64
    assert "scene/clock-wide" not in (shop.root / "assetgen.lock").read_text()
    change(shop, "data/words.csv", "Nimm dir Zeit", "Lass dir Zeit")
    work = made(shop)
    assert work == {f"poster/de/mug-{shape}": "derive" for shape in ("wide", "square", "tall")}
    written = rewritten(before, stamps(shop, "posters"))
    assert written == [f"posters/de/mug-{shape}.jpg" for shape in ("square", "tall", "wide")]
    assert len(shop.charges) == 11


@pytest.mark.parametrize("word", ["Nimm 你 dir", "Nimm שלום dir"])
def test_a_letter_that_the_font_lacks(shop: Market, word: str) -> None:
    """It is told with its place before anything is bought."""
    bought(shop, "posters")
    change(shop, "data/words.csv", "Nimm dir", word)
    result = shop.run("build", "--max-images", "99")
    assert result.code == 2
    assert "the font has no " in result.err
    assert "take a font that has them" in result.err
    assert shop.charges == []
