"""Whether a change of a file is noticed, with the system's help and without it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from assetgen.app.review.noticing import Noticer
from assetgen.app.watch.interest import Interest

SECONDS = 20.0


class Heard:
    """How often a change was told."""

    def __init__(self) -> None:
        self.event = asyncio.Event()

    def changed(self) -> None:
        """Something changed."""
        self.event.set()

    async def after(self, change: Callable[[], object]) -> None:
        """Make a change and wait until it is told."""
        self.event.clear()
        change()
        async with asyncio.timeout(SECONDS):
            await self.event.wait()


def interest(root: Path) -> Interest:
    """Return the interest in a project with one input and one output."""
    return Interest.of(str(root), read=["assetgen.yaml", "in/a.png"], made=["out/b.png"])


def play(root: Path, listens: bool, story: Callable[[Noticer, Heard], Awaitable[None]]) -> None:
    """Let a story happen to a project that is watched."""
    for name in ("assetgen.yaml", "in/a.png", "out/b.png"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(name)

    async def whole() -> None:
        heard = Heard()
        noticer = Noticer(heard.changed, listens=listens)
        noticer.follow(interest(root))
        task = asyncio.create_task(noticer.run())
        try:
            async with asyncio.timeout(SECONDS):
                await heard.event.wait()  # what it is may have changed before it was looked at
            await story(noticer, heard)
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    asyncio.run(whole())


@pytest.mark.parametrize("listens", [True, False], ids=["told", "looking"])
def test_every_sort_of_change_is_noticed(tmp_path: Path, listens: bool) -> None:
    """An edit, a replacement, a removal, a new file, a folder that is removed and made again."""

    async def story(noticer: Noticer, heard: Heard) -> None:
        await heard.after(lambda: (tmp_path / "assetgen.yaml").write_text("edited"))
        (tmp_path / "new").write_text("replaced")
        await heard.after(lambda: os.replace(tmp_path / "new", tmp_path / "in/a.png"))
        await heard.after(lambda: (tmp_path / "out/b.png").unlink())
        await heard.after(lambda: (tmp_path / "out/b.png").write_text("again"))
        await heard.after(lambda: shutil.rmtree(tmp_path / "out"))
        noticer.follow(interest(tmp_path))
        (tmp_path / "out").mkdir()
        await heard.after(lambda: (tmp_path / "out/b.png").write_text("and again"))

    play(tmp_path, listens, story)


def test_other_paths_are_looked_at_at_once(tmp_path: Path) -> None:
    """Whatever happened to them before is asked about, since nobody watched them."""

    async def story(noticer: Noticer, heard: Heard) -> None:
        more = Interest.of(str(tmp_path), read=["assetgen.yaml", "in/c.png"], made=["out/b.png"])
        await heard.after(lambda: noticer.follow(more))
        await heard.after(lambda: (tmp_path / "in/c.png").write_text("new"))

    play(tmp_path, True, story)
