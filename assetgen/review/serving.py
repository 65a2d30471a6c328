"""A port of this machine alone, and the server on it; knows no route and no signal."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Iterator

import uvicorn
from starlette.types import ASGIApp

from assetgen.errors import Kind, Problem, UsageError

ADDRESS = "127.0.0.1"
MAX_CONNECTIONS = 256
LAST_SECONDS = 2
"""For answers that are under way when the server ends."""

PORT_TAKEN = Kind(
    "review-port-taken", "port {port} cannot be used", "choose another one with --port"
)


def listening(port: int) -> socket.socket:
    """Return a socket that is bound on loopback, to any port for 0. Raises UsageError."""
    place = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        place.bind((ADDRESS, port))
    except (OSError, OverflowError):
        place.close()
        raise UsageError(Problem(PORT_TAKEN, facts={"port": port})) from None
    return place


class _Server(uvicorn.Server):
    """A server that leaves the signals to its caller."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


@contextlib.asynccontextmanager
async def serving(app: ASGIApp, place: socket.socket) -> AsyncIterator[None]:
    """Serve ``app`` until the block ends; whoever is being answered then gets two seconds."""
    server = _Server(
        uvicorn.Config(
            app,
            http="h11",
            ws="none",
            log_config=None,  # an address that is logged would hold the token
            log_level=logging.CRITICAL + 1,
            access_log=False,
            lifespan="off",
            proxy_headers=False,
            server_header=False,
            interface="asgi3",
            limit_concurrency=MAX_CONNECTIONS,
            timeout_graceful_shutdown=LAST_SECONDS,
        )
    )
    task = asyncio.create_task(server.serve([place]))
    while not server.started and not task.done():
        await asyncio.sleep(0.001)
    try:
        yield
    finally:
        server.should_exit = True
        await task
