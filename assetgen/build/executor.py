"""Where local actions run: a seam of one method; knows bytes and ops, and no graph or target."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from assetgen.graph import Op
from assetgen.ops.render import render


class Executor(Protocol):
    """Performs one local action at a time for each caller, several at once."""

    async def render(self, source: bytes, ops: Sequence[Op], format: str) -> bytes:
        """Return ``source`` after ``ops`` as a file of ``format``. Raises ImageError."""

    async def close(self) -> None:
        """Drop what has not begun and wait for what has."""


class ThreadExecutor:
    """Runs actions in threads, which is enough: decoders, filters and encoders release the GIL.

    ``workers`` bounds the memory too: each holds one decoded picture and its result. ``begin`` is
    run by each thread before its work.
    """

    def __init__(self, workers: int, begin: Callable[[], None] | None = None) -> None:
        self._pool = ThreadPoolExecutor(
            workers, thread_name_prefix="assetgen-ops", initializer=begin
        )

    async def render(self, source: bytes, ops: Sequence[Op], format: str) -> bytes:
        """Return ``source`` after ``ops`` as a file of ``format``. Raises ImageError."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, render, source, ops, format)

    async def close(self) -> None:
        """Drop what has not begun and wait for what has."""
        await asyncio.to_thread(self._pool.shutdown, wait=True, cancel_futures=True)


class InlineExecutor:
    """Runs actions on the spot and remembers them: (ops, format) of each."""

    def __init__(self) -> None:
        self.rendered: list[tuple[tuple[Op, ...], str]] = []

    async def render(self, source: bytes, ops: Sequence[Op], format: str) -> bytes:
        """Return ``source`` after ``ops`` as a file of ``format``. Raises ImageError."""
        self.rendered.append((tuple(ops), format))
        return render(source, ops, format)

    async def close(self) -> None:
        """Hold nothing, so release nothing."""
