"""An emulator for tests in Python: served from a thread of this process; knows no wire format."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Any, Self, TypeVar

from assetgen.emulator.faults import SERVICES, Fault, fault_of
from assetgen.emulator.journal import Call, Leak
from assetgen.emulator.ledger import Charge
from assetgen.emulator.server import Server, listening
from assetgen.emulator.settings import Settings
from assetgen.emulator.world import World

T = TypeVar("T")
PATHS = {
    "pixazo": "/pixazo",
    "runware": "/runware/v1",
    "apixo": "/apixo/api/v1",
    "xai": "/xai/v1",
    "openai": "/openai/v1",
}


def environ_of(api_base: str) -> dict[str, str]:
    """Return the variables that send assetgen to an emulator instead of the services."""
    return {f"ASSETGEN_{name.upper()}_BASE_URL": api_base + PATHS[name] for name in SERVICES}


class Emulator:
    """The services on two free ports of this machine, while a `with` block lasts.

    ::

        with Emulator(latency=0.2) as emulator:
            run_my_build(env={**os.environ, **emulator.environ, "RUNWARE_API_KEY": "any"})
            assert len(emulator.charges) == 3
            assert emulator.leaks == []

    ``port`` is that of the services, 0 for any; files are served on the next one. The other
    keyword arguments are those of :class:`~assetgen.emulator.settings.Settings`. Entering raises
    UsageError (`port-taken`).
    """

    def __init__(self, settings: Settings | None = None, *, port: int = 0, **changes: Any) -> None:
        self._settings = replace(settings or Settings(), **changes)
        self._ports = (port, port + 1 if port else 0)
        self._running: _Running | None = None

    def __enter__(self) -> Self:
        self._running = _Running(self._settings, *self._ports)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._running is not None:
            self._running.stop()
        self._running = None

    @property
    def api_base(self) -> str:
        """The origin of the services."""
        return self._world.api_base

    @property
    def files_base(self) -> str:
        """The origin of the results: another port, as a service's CDN is another host."""
        return self._world.files_base

    @property
    def base_urls(self) -> Mapping[str, str]:
        """The base URL of each service, by name."""
        return {name: self.api_base + path for name, path in PATHS.items()}

    @property
    def environ(self) -> dict[str, str]:
        """The variables `ASSETGEN_<SERVICE>_BASE_URL`; keys are yours to set, to any text."""
        return environ_of(self.api_base)

    @property
    def charges(self) -> list[Charge]:
        """Every accepted job with its price, oldest first; refunds are marked."""
        return self._inside(lambda world: world.ledger.rows(world.now()))

    @property
    def requests(self) -> list[Call]:
        """Every request, oldest first."""
        return self._inside(lambda world: list(world.journal.calls))

    @property
    def leaks(self) -> list[Leak]:
        """Every key that was sent where it does not belong."""
        return self._inside(lambda world: list(world.journal.leaks))

    @property
    def state(self) -> Mapping[str, Any]:
        """Charges and jobs as JSON values."""
        return self._inside(lambda world: world.state())

    def count(self, kind: str, service: str = "") -> int:
        """Return how many requests of a kind there were, at one service or at all."""
        return sum(call.kind == kind and service in (call.service, "") for call in self.requests)

    def fault(self, kind: str, **options: Any) -> Fault:
        """Script a fault: see :class:`~assetgen.emulator.faults.Fault`. Raises UsageError."""
        fault = fault_of({"kind": kind, **options})
        self._inside(lambda world: world.faults.add(fault))
        return fault

    def advance(self, seconds: float) -> None:
        """Move the emulator's time on: jobs end and addresses expire without waiting for it."""
        self._inside(lambda world: world.timeline.advance(seconds))

    def listen(self, listener: Callable[[Call], None]) -> None:
        """Have every request told to ``listener``, in the emulator's thread."""
        self._inside(lambda world: world.journal.listeners.append(listener))

    def reset(self) -> None:
        """Forget jobs, charges, requests, leaks and faults, except those of the settings."""
        self._inside(lambda world: world.clear())

    @property
    def _world(self) -> World:
        if self._running is None:
            raise RuntimeError("enter the emulator first: with Emulator() as emulator")
        return self._running.server.world

    def _inside(self, work: Callable[[World], T]) -> T:
        """Do something in the loop that owns the state, and return what it returns."""
        world = self._world

        async def call() -> T:
            return work(world)

        if self._running is None:
            raise RuntimeError("the emulator has ended")
        return asyncio.run_coroutine_threadsafe(call(), self._running.loop).result(timeout=30)


class _Running:
    """A server in a thread with a loop of its own."""

    def __init__(self, settings: Settings, port: int, files_port: int) -> None:
        with contextlib.ExitStack() as opened:
            sockets = [opened.enter_context(listening(place)) for place in (port, files_port)]
            self.server = Server(settings, *sockets)
            opened.pop_all()  # the server closes them
        self.loop = asyncio.new_event_loop()
        self._end = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="assetgen-emulator", daemon=True)
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """End it and wait until it has."""
        self.loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
                runner.run(self._serve())
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        async with self.server.serving():
            self._ready.set()
            await self._end.wait()
