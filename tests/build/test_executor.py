"""Local actions off the loop."""

from __future__ import annotations

import asyncio
import io

import pytest
from PIL import Image

from assetgen.build.executor import InlineExecutor, ThreadExecutor
from assetgen.errors import ImageError
from assetgen.graph import Op
from assetgen.ops.picture import inspect

HALF = (Op("resize", {"width": 8}),)


def png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16)).save(buffer, "PNG")
    return buffer.getvalue()


def test_threads_and_the_fake_agree() -> None:
    """Both give the same bytes; several actions may run at once."""

    async def run() -> None:
        threads, inline = ThreadExecutor(2), InlineExecutor()
        made = await asyncio.gather(*(threads.render(png(), HALF, "webp") for _ in range(5)))
        assert set(made) == {await inline.render(png(), HALF, "webp")}
        assert inspect(made[0]).width == 8
        assert inline.rendered == [(HALF, "webp")]
        await threads.close()
        await inline.close()

    asyncio.run(run())


def test_a_mistake_comes_back_as_it_is() -> None:
    """An ImageError of a worker reaches whoever asked."""

    async def run() -> None:
        threads = ThreadExecutor(1)
        with pytest.raises(ImageError):
            await threads.render(b"", (), "png")
        await threads.close()

    asyncio.run(run())
