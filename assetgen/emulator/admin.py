"""The emulator's own routes: look at its state, script faults, reset; knows no wire format."""

from __future__ import annotations

import contextlib
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from assetgen.emulator.faults import faults_of
from assetgen.emulator.fields import parsed
from assetgen.emulator.journal import as_json
from assetgen.emulator.world import World
from assetgen.errors import UsageError

FAR = 1e10
"""Seconds by which the time can be moved at once."""


class Admin:
    """What tests in other languages, or in other processes, ask of an emulator."""

    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> list[BaseRoute]:
        """Return the routes under `/_emulator`."""
        return [
            Route("/state", self.state, methods=["GET"]),
            Route("/faults", self.faults, methods=["POST"]),
            Route("/reset", self.reset, methods=["POST"]),
            Route("/advance", self.advance, methods=["POST"]),
        ]

    async def state(self, request: Request) -> Response:
        """Answer with charges, jobs, requests and leaks."""
        journal = self.world.journal
        return JSONResponse(
            {
                **self.world.state(),
                "counts": journal.counted(),
                "requests": [as_json(call) for call in journal.calls],
                "leaks": [as_json(leak) for leak in journal.leaks],
            }
        )

    async def faults(self, request: Request) -> Response:
        """Put the faults of the body in force: one object or an array of them."""
        try:
            faults = faults_of(await request.body())
        except UsageError as error:
            return JSONResponse({"error": str(error)}, 400)
        self.world.faults.add(*faults)
        return JSONResponse({"added": len(faults)})

    async def reset(self, request: Request) -> Response:
        """Forget everything but the settings."""
        self.world.clear()
        return JSONResponse({})

    async def advance(self, request: Request) -> Response:
        """Move the time on by the `seconds` of the body."""
        seconds: Any = None
        with contextlib.suppress(ValueError, TypeError, KeyError):
            seconds = parsed(await request.body())["seconds"]
        if type(seconds) not in (int, float) or not 0 <= seconds < FAR:
            return JSONResponse({"error": 'give {"seconds": 3600}'}, 400)
        self.world.timeline.advance(seconds)
        return JSONResponse({"time": self.world.now()})
