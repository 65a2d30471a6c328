"""What the tests of the page share: Debian's Chromium by way of Playwright, and axe.

They are not part of a plain run, since they need Chromium and a package of npm: see `make clients`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.sample import Sample, whole

CLIENTS = Path(__file__).parent.parent / "clients"
MODULES = Path(os.environ.get("ASSETGEN_NODE_MODULES") or CLIENTS / "node_modules")
CHROMIUM = os.environ.get("ASSETGEN_CHROMIUM") or shutil.which("chromium") or "chromium"
WIDE, NARROW = (1440, 900), (390, 844)
PATIENCE = 10_000
"""Milliseconds until something that does not appear is missing."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Yield one Chromium for all tests."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@dataclass
class Watched:
    """A page, and all that it complained of."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    """Errors of scripts, warnings of the console, dialogs that opened, loads that failed."""


Opener = Callable[..., Watched]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Opener]:
    """Yield what opens an address in a fresh profile and waits for the page; nothing may go wrong.

    A test that expects a complaint takes it out of the list.
    """
    contexts: list[BrowserContext] = []
    opened: list[Watched] = []

    def open_one(
        address: str,
        *,
        size: tuple[int, int] = WIDE,
        scheme: Any = "light",
        ready: bool = True,
        **more: Any,
    ) -> Watched:
        viewport: Any = {"width": size[0], "height": size[1]}
        context = browser.new_context(viewport=viewport, color_scheme=scheme, **more)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        watched = Watched(context.new_page())
        opened.append(watched)
        _watch(watched)
        watched.page.goto(address)
        if ready:
            watched.page.wait_for_selector("html[data-ready=true]", state="attached")
        return watched

    yield open_one
    for context in contexts:
        context.close()
    assert [one.complaints for one in opened if one.complaints] == []


def _watch(watched: Watched) -> None:
    page, complaints = watched.page, watched.complaints
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))

    def console(said: Any) -> None:
        # That an action is refused is an answer like any other.
        if said.type in ("error", "warning") and "/act/" not in said.location["url"]:
            complaints.append(f"{said.type}: {said.text}")

    page.on("console", console)
    page.on("requestfailed", lambda request: complaints.append(f"not loaded: {request.url}"))

    def dialog(found: Any) -> None:
        complaints.append(f"dialog: {found.message}")
        found.dismiss()

    page.on("dialog", dialog)


@pytest.fixture(scope="session")
def sample() -> Sample:
    """Return a document with a target of every sort."""
    return whole()


@pytest.fixture(scope="session")
def gallery(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the address of a gallery in a folder."""
    return "file://" + sample.write(str(tmp_path_factory.mktemp("gallery") / "page"))


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], list[str]]:
    """Return what finds the serious violations on a page."""
    source = (MODULES / "axe-core" / "axe.min.js").read_text(encoding="utf-8")

    def check(page: Page) -> list[str]:
        page.evaluate(source)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations'], preload: false})")
        return [
            f"{one['id']}: {node['target']} {node['failureSummary']}"
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]

    return check
