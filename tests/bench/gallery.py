"""Measures the gallery of many pictures: written, opened and scrolled; knows no other bench.

One project has drafts; the other has painted pictures of a megabyte, and is as on a clone: files
and lock are there, the bought pictures are not. What is measured of the page is measured in it, by
Chromium's own clock.
"""

from __future__ import annotations

import io
import os
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFilter
from playwright.sync_api import Browser, Page, sync_playwright

from assetgen.digest import sha256
from tests.bench.measure import table
from tests.bench.projects import fabricate, make

SIDE = 1024
PAINTED = 24
"""Pictures that are really painted; the others have their pixels, and bytes of their own."""
SIZE = {"width": 1440, "height": 900}
SCROLLED = 5.0
"""Seconds of a scroll."""
STEP = 30
"""Pixels for each frame: two windows in a second."""

READY = """
(() => {
  const look = () => {
    const tiles = [...document.querySelectorAll(".tile img")].filter((one) => {
      const box = one.getBoundingClientRect();
      return box.bottom > 0 && box.top < innerHeight;
    });
    if (tiles.length > 10 && tiles.every((one) => one.complete && one.naturalWidth)) {
      window.readyAfter = performance.now();
    } else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""
SCROLL = """
([seconds, step]) => new Promise((resolve) => {
  const times = [];
  const end = performance.now() + seconds * 1000;
  const tick = (now) => {
    times.push(now);
    window.scrollBy(0, step);
    if (now < end) requestAnimationFrame(tick);
    else resolve(times);
  };
  requestAnimationFrame(tick);
})
"""


@dataclass(frozen=True, slots=True)
class Looked:
    """What one visit came to: seconds until the first pictures are there, frames of a scroll."""

    opened: float
    frames: list[float]

    @property
    def rate(self) -> float:
        """Frames a second."""
        return (len(self.frames) - 1) / (self.frames[-1] - self.frames[0]) * 1000

    @property
    def worst(self) -> float:
        """Milliseconds of the frame that only one in a hundred takes longer than."""
        gaps = sorted(b - a for a, b in zip(self.frames, self.frames[1:], strict=False))
        return gaps[int(len(gaps) * 0.99)]


def gallery(assetgen: str, folder: str, count: int, rounds: int, env: Mapping[str, str]) -> str:
    """Return the table of galleries of ``count`` drafts, and of as many painted pictures.

    Both are kept in ``folder``, and used again.
    """
    drafts, painted = (os.path.join(folder, name) for name in ("drafts", "painted"))
    if not os.path.exists(drafts):
        make(drafts, count)
        at_once = {"ASSETGEN_DRAFT_CONCURRENCY": "100"}
        argv = [assetgen, "build", "--draft"]
        subprocess.run(argv, cwd=drafts, env={**env, **at_once}, check=True, capture_output=True)
    if not os.path.exists(painted):
        make(painted, count)
        paint = painter()
        fabricate(painted, count, env, lambda path: paint())
    columns = [_measured(assetgen, project, rounds, env) for project in (drafts, painted)]
    goals = ["", "20 s", "", "", "1 s", "50", ""]
    names = [
        "pictures and page, MB",
        "written, no thumbnail made before",
        "written, thumbnails made before",
        "written again, nothing changed",
        "opened, until the first pictures are seen",
        "scrolled, frames a second",
        "slowest frame of a hundred",
    ]
    rows = [list(row) for row in zip(names, *columns, goals, strict=True)]
    return table([f"gallery of {count:,}", "drafts", "painted", "goal"], rows)


def _measured(assetgen: str, project: str, rounds: int, env: Mapping[str, str]) -> list[str]:
    folder = os.path.join(project, "assetgen-gallery")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(os.path.join(env["ASSETGEN_CACHE_DIR"], "derived"), ignore_errors=True)
    first = _write(assetgen, project, env)
    shutil.rmtree(folder)
    made = _write(assetgen, project, env)
    again = _write(assetgen, project, env)
    visits = list(_visits(f"file://{folder}/index.html", rounds))
    return [
        f"{sum(_sizes(folder)) / 1e6:,.0f}",
        *(f"{seconds:.1f} s" for seconds in (first, made, again)),
        f"{statistics.median(one.opened for one in visits):.2f} s",
        f"{statistics.median(one.rate for one in visits):.0f}",
        f"{statistics.median(one.worst for one in visits):.0f} ms",
    ]


def _write(assetgen: str, project: str, env: Mapping[str, str]) -> float:
    begin = time.perf_counter()
    subprocess.run([assetgen, "gallery"], cwd=project, env=env, check=True, capture_output=True)
    return time.perf_counter() - begin


def _sizes(folder: str) -> Iterator[int]:
    for above, _, names in os.walk(folder):
        for name in names:
            yield os.path.getsize(os.path.join(above, name))


def _visits(address: str, rounds: int) -> Iterator[Looked]:
    program = os.environ.get("ASSETGEN_CHROMIUM") or shutil.which("chromium") or "chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for _ in range(rounds):
            yield _visit(browser, address)
        browser.close()


def _visit(browser: Browser, address: str) -> Looked:
    context = browser.new_context(viewport={"width": SIZE["width"], "height": SIZE["height"]})
    page: Page = context.new_page()
    page.add_init_script(READY)
    page.goto(address)
    page.wait_for_function("window.readyAfter")
    opened = float(page.evaluate("window.readyAfter")) / 1000
    frames: list[float] = page.evaluate(SCROLL, [SCROLLED, STEP])
    context.close()
    return Looked(opened, frames)


def painter() -> Callable[[], bytes]:
    """Return what gives another picture each time: as PNG, with shades, edges and grain."""
    painted = [_png(_painting(seed)) for seed in range(PAINTED)]
    count = 0

    def paint() -> bytes:
        nonlocal count
        count += 1
        # Bytes after the end of a PNG are read by nobody, and make another file of it.
        data = painted[count % PAINTED]
        return data + sha256(str(count).encode()).encode()

    return paint


def _painting(seed: int) -> Image.Image:
    noise = Image.effect_noise((SIDE, SIDE), 26).filter(ImageFilter.GaussianBlur(1.2))
    ground = Image.linear_gradient("L").resize((SIDE, SIDE)).rotate(seed * 15)
    hue = Image.new("L", (SIDE, SIDE), seed * 97 % 256)
    image = Image.merge("HSV", (hue, ground, Image.blend(ground, noise, 0.5))).convert("RGB")
    pen = ImageDraw.Draw(image)
    for step in range(12):
        left, top = (seed * 131 + step * 211) % SIDE, (seed * 57 + step * 173) % SIDE
        side = 60 + step * 17
        color = (step * 21 % 256, (seed * 40 + step * 9) % 256, 200 - step * 9)
        pen.ellipse((left, top, left + side, top + side), fill=color)
    return Image.blend(image, Image.merge("RGB", (noise, noise, noise)), 0.15)


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()
