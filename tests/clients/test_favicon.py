"""A favicon's files in Chromium: the manifest as it parses it, the icons as it decodes them."""

from __future__ import annotations

import json
import subprocess

import pytest
from PIL import Image, ImageDraw

from assetgen.ops.encode import encode
from assetgen.ops.table import runner
from assetgen.ops.web import IconLink, favicon_html, webmanifest
from assetgen.presets import favicon_files
from tests.clients.conftest import CHROMIUM, HERE, MODULES, Site


def write(site: Site, preset: str) -> list[IconLink]:
    """Write a favicon and a page that has it; return what the page links to."""
    picture = Image.new("RGBA", (1024, 1024), (0, 0, 0, 0))
    ImageDraw.Draw(picture).ellipse((40, 40, 983, 983), fill=(200, 40, 90, 255))
    links, shown = [], []
    for file in favicon_files(preset, background="#fefefe"):
        links.append(IconLink(file.name, file.use, file.sizes, file.format))
        if file.sides:
            image = picture
            for name, args in file.ops:
                image = runner(name).run(image, **args)
            (site.folder / file.name).write_bytes(encode(image, file.format, file.encode))
            shown.append(f"<img src='{file.name}'>")
    text = webmanifest(
        links, name='The "Lighthouse"', theme_color="#123456", background_color="#fefefe"
    )
    (site.folder / "manifest.webmanifest").write_text(text, encoding="utf-8")
    links = [link for link in links if link.use != "html"]
    head = "<!doctype html><meta charset='utf-8'>" + favicon_html(links, theme_color="#123456")
    (site.folder / "index.html").write_text(head + "".join(shown), encoding="utf-8")
    return links


@pytest.mark.parametrize("preset", ["modern", "full"])
def test_a_favicon(site: Site, preset: str) -> None:
    """Chromium finds no mistake in the manifest, sees all icons in it, and decodes each file."""
    links = write(site, preset)
    url = f"{site.url}/index.html"
    done = subprocess.run(
        ["node", str(HERE / "manifest.mjs"), str(MODULES), CHROMIUM, url],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["manifest"]["url"] == f"{site.url}/manifest.webmanifest"
    assert seen["manifest"]["errors"] == []
    assert seen["messages"] == []
    parsed = seen["manifest"].get("manifest", {})
    assert parsed.get("name") == 'The "Lighthouse"'
    icons = [link for link in links if link.use in ("any", "maskable")]
    assert [icon["url"] for icon in parsed["icons"]] == [f"{site.url}/{i.url}" for i in icons]
    assert [icon["sizes"] for icon in parsed["icons"]] == [i.sizes for i in icons]
    # Whether a page is an app is for its author to say, and so is where it starts: what icons
    # can be wrong with, however, is nothing.
    wrong = {error["errorId"] for error in seen["problems"]["installabilityErrors"]}
    assert not {problem for problem in wrong if "icon" in problem}
    largest = [int(link.sizes.split()[-1].split("x")[0]) for link in links if link.sizes]
    assert seen["widths"] == largest
