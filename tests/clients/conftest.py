"""What the tests with real clients share: a site on loopback, and a browser that looks at it.

They are not part of a plain run, since they need Chromium, Node and the packages of package.json:
see `make clients`.
"""

from __future__ import annotations

import functools
import http.server
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

HERE = Path(__file__).parent
MODULES = Path(os.environ.get("ASSETGEN_NODE_MODULES") or HERE / "node_modules")
CHROMIUM = os.environ.get("ASSETGEN_CHROMIUM") or shutil.which("chromium") or "chromium"
LIBRARIES = {
    "phaser.js": MODULES / "phaser" / "dist" / "phaser.min.js",
    "pixi.js": MODULES / "pixi.js" / "dist" / "pixi.min.js",
}


@dataclass(frozen=True, slots=True)
class Look:
    """What a page came to: its picture, what it reported, and its warnings and errors."""

    picture: Image.Image
    report: Any
    messages: list[str]


class Browser:
    """Chromium, by way of shoot.mjs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self._process = subprocess.Popen(
            ["node", str(HERE / "shoot.mjs"), str(MODULES), CHROMIUM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def look(self, url: str, size: tuple[int, int]) -> Look:
        """Open a page and return what it shows."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._count += 1
        path = self._folder / f"{self._count}.png"
        asked = {"url": url, "width": size[0], "height": size[1], "path": str(path)}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the browser did not start"
        answer = json.loads(line)
        assert path.exists(), answer["messages"]
        with Image.open(path) as image:
            return Look(image.convert("RGB"), answer["report"], answer["messages"])

    def close(self) -> None:
        """Let the browser go."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(30)


class _Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def translate_path(self, path: str) -> str:
        """Return where a file is: of the site, or of a library."""
        library = LIBRARIES.get(path.removeprefix("/lib/"))
        return str(library) if library else super().translate_path(path)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Yield one browser for all tests."""
    found = Browser(tmp_path_factory.mktemp("pictures"))
    yield found
    found.close()


@dataclass(frozen=True, slots=True)
class Site:
    """A folder, and the address at which the browser sees it."""

    folder: Path
    url: str


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Yield an empty site on loopback."""
    handler = functools.partial(_Handler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Site(tmp_path, f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
        thread.join()
