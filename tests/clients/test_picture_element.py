"""Our `<picture>` snippets in Chromium: which file it takes at which width."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from PIL import Image, ImageDraw

from assetgen.ops.encode import encode
from assetgen.ops.placeholder import blurhash, lqip
from assetgen.ops.web import PictureFile, picture_html
from tests.clients.conftest import Browser, Look, Site

WIDTHS = (320, 640, 1280)
COLORS = {"avif": (200, 40, 40), "webp": (40, 160, 40), "jpg": (40, 40, 200)}
HEAD = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<style>body { margin: 0 } img { max-width: 100%; height: auto }</style>"""
REPORT = """<script>
const image = document.querySelector("img");
window.ready = image.decode().then(() => ({
  source: decodeURIComponent(new URL(image.currentSrc).pathname),
  alt: image.alt,
  style: image.style.backgroundImage,
  hash: image.dataset.blurhash,
}));
</script>"""


def files(site: Site, formats: Sequence[str]) -> list[PictureFile]:
    """Write a picture of its own colour for each format, in all widths, with awkward names."""
    found = []
    for format in formats:
        for width in WIDTHS:
            image = Image.new("RGB", (width, width // 2), COLORS[format])
            ImageDraw.Draw(image).rectangle((0, 0, width // 8, width // 8), fill="white")
            name = f'my hero, "50%" {width}.{format}'
            (site.folder / name).write_bytes(encode(image, format))
            found.append(PictureFile(name, width, width // 2, format))
    return found


def look(site: Site, browser: Browser, snippet: str, width: int) -> Look:
    (site.folder / "index.html").write_text(f"{HEAD}{snippet}{REPORT}", encoding="utf-8")
    return browser.look(f"{site.url}/index.html", (width, 400))


@pytest.mark.parametrize(
    ("formats", "wanted"),
    [
        (("jpg", "webp", "avif"), "avif"),
        (("jpg", "webp"), "webp"),
        (("jpg",), "jpg"),
        (("webp",), "webp"),
    ],
)
@pytest.mark.parametrize(("viewport", "width"), [(300, 320), (500, 640), (1000, 1280)])
def test_the_best_file(
    site: Site,
    browser: Browser,
    formats: tuple[str, ...],
    wanted: str,
    viewport: int,
    width: int,
) -> None:
    """The first format, in the least width that fills the page, and its colour is seen."""
    seen = look(site, browser, picture_html(files(site, formats), alt="A hero"), viewport)
    assert seen.report["source"] == f'/my hero, "50%" {width}.{wanted}'
    assert seen.report["alt"] == "A hero"
    assert seen.messages == []
    pixel = seen.picture.getpixel((viewport // 2, viewport // 3))
    assert isinstance(pixel, tuple)
    assert all(abs(a - b) < 8 for a, b in zip(pixel, COLORS[wanted], strict=True))


def test_sizes_are_believed(site: Site, browser: Browser) -> None:
    """A picture that is shown on a part of the page is of a smaller file."""
    seen = look(site, browser, picture_html(files(site, ("avif", "jpg")), sizes="25vw"), 1200)
    assert seen.report["source"].endswith("320.avif")
    assert seen.messages == []


def test_placeholders(site: Site, browser: Browser) -> None:
    """Chromium reads the tiny picture in the style, and hands on the hash as it is."""
    listed = files(site, ("jpg",))
    picture = Image.linear_gradient("L").convert("RGB")
    tiny, waves = lqip(picture), blurhash(picture)
    seen = look(site, browser, picture_html(listed, placeholder=tiny), 300)
    assert seen.report["style"] == f'url("{tiny}")'
    seen = look(site, browser, picture_html(listed, placeholder=waves), 300)
    assert seen.report["hash"] == waves
    assert seen.messages == []
