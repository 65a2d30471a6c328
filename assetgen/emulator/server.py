"""The two ports of an emulator and what stands before every request; knows no wire format."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import traceback
from collections.abc import AsyncIterator, Sequence
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assetgen.emulator.admin import Admin
from assetgen.emulator.apixo import Apixo
from assetgen.emulator.host import Host
from assetgen.emulator.journal import Call, Leak, Note, key_headers
from assetgen.emulator.ledger import account_of
from assetgen.emulator.openai import OpenAi
from assetgen.emulator.outbound import is_loopback
from assetgen.emulator.pixazo import Pixazo
from assetgen.emulator.runware import Runware
from assetgen.emulator.serving import MAX_BODY, Service
from assetgen.emulator.settings import Settings
from assetgen.emulator.world import World
from assetgen.emulator.xai import Xai
from assetgen.errors import Kind, Problem, UsageError

ADMIN = "/_emulator"
OWN_KEY = {"pixazo": "ocp-apim-subscription-key"}
BEARER = "authorization"
ADDRESS = "127.0.0.1"
PORT_TAKEN = Kind("port-taken", "port {port} cannot be used", "choose another one with --port")


def listening(port: int = 0) -> socket.socket:
    """Return a socket that is bound on loopback. Raises UsageError if the port is taken."""
    # asyncio turns Nagle's delay off only where the protocol is named
    place = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        place.bind((ADDRESS, port))
    except (OSError, OverflowError):
        place.close()
        raise UsageError(Problem(PORT_TAKEN, None, {"port": port})) from None
    return place


def base_of(place: socket.socket) -> str:
    """Return the address of a listening socket."""
    return f"http://{ADDRESS}:{place.getsockname()[1]}"


class Server:
    """Both ports in one event loop.

    Attributes:
        world: what it remembers.
        services: the emulated services.
    """

    def __init__(self, settings: Settings, api: socket.socket, files: socket.socket) -> None:
        self.world = World(settings, base_of(api), base_of(files))
        self.services: Sequence[Service] = [
            kind(self.world) for kind in (Pixazo, Runware, Apixo, Xai, OpenAi)
        ]
        self._sockets = [api, files]
        self._files_port: int = files.getsockname()[1]
        self._api = self._api_app()
        self._files = Host(self.world).app()
        self._uvicorn = uvicorn.Server(
            uvicorn.Config(
                self._front,
                log_config=None,
                log_level=logging.CRITICAL + 1,
                access_log=False,
                lifespan="off",
                proxy_headers=False,
                server_header=False,
                interface="asgi3",
                ws_max_size=MAX_BODY,
            )
        )

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Serve until the block ends; what is under way then is cut off."""
        task = asyncio.create_task(self._uvicorn.serve(self._sockets))
        while not self._uvicorn.started and not task.done():
            await asyncio.sleep(0.001)
        try:
            yield
        finally:
            self._uvicorn.should_exit = self._uvicorn.force_exit = True
            for connection in tuple(self._uvicorn.server_state.connections):
                if connection.transport is not None:
                    connection.transport.abort()
            await task
            await self.world.close()

    def _api_app(self) -> Starlette:
        routes: list[BaseRoute] = []
        for service in self.services:
            own = service.routes()
            whole = any(getattr(route, "path", "") == service.prefix for route in own)
            routes += own if whole else [Mount(service.prefix, routes=own)]
        routes.append(Mount(ADMIN, routes=Admin(self.world).routes()))
        app = Starlette(routes=routes, exception_handlers={HTTPException: self._lost})
        app.router.redirect_slashes = False
        return app

    async def _lost(self, request: Request, error: Exception) -> Response:
        """Answer a request that no route takes, in the words of the service it was meant for."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        service = self._service(request.url.path)
        if service is None:
            return PlainTextResponse(str(error), status)
        return service.problem(status, "no such address, or not for this method").response()

    def _service(self, path: str) -> Service | None:
        for service in self.services:
            if path == service.prefix or path.startswith(service.prefix + "/"):
                return service
        return None

    async def _front(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stand before both ports: find leaks, keep the journal, hand over."""
        on_files = scope["server"][1] == self._files_port
        if not _is_local(scope):
            if scope["type"] == "http":
                await PlainTextResponse("for this machine only", 421)(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008})
            return
        path = scope["path"]
        if not on_files and path.startswith(ADMIN + "/"):
            scope["emulator"] = Note()
            await self._api(scope, receive, send)
            return
        said = self._note(scope, on_files)
        self._watch(scope, on_files, said)
        app: ASGIApp = self._files if on_files else self._api
        if not on_files and path.startswith("/redirected/"):
            said.kind = "redirected"
            app = self._files

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                said.write(message["status"])
            await send(message)

        try:
            await app(scope, receive, sending)
        except ClientDisconnect:
            said.write(0)
        except Exception as bug:  # it was answered with 500; whose fault it was must be seen
            traceback.print_exception(bug)

    def _note(self, scope: Scope, on_files: bool) -> Note:
        service = None if on_files else self._service(scope["path"])
        said = Note(service=service.name if service else "")
        written = False

        def write(status: int) -> None:
            nonlocal written
            if not written:
                self._record(scope, said, status)
            written = True

        said.write = write
        said.cut = lambda: self._cut(scope)
        scope["emulator"] = said
        return said

    def _record(self, scope: Scope, said: Note, status: int) -> None:
        self.world.journal.add(
            Call(
                time=self.world.now(),
                service=said.service,
                kind=said.kind,
                method=scope.get("method", "WS"),
                path=scope["path"],
                status=status,
                jobs=tuple(said.jobs),
                account=said.account,
                fault=said.fault,
                said=said.said,
            )
        )

    def _watch(self, scope: Scope, on_files: bool, said: Note) -> None:
        """Note every key that this port or path has no business with."""
        own = OWN_KEY.get(said.service, BEARER) if said.service else ""
        for name, value in key_headers(scope["headers"]):
            if not on_files and name == own:
                continue
            key = value.partition(" ")[2].strip() or value.strip()
            origin = self.world.files_base if on_files else self.world.api_base
            self.world.journal.leaks.append(
                Leak(self.world.now(), origin, scope["path"], name, account_of(key))
            )

    def _cut(self, scope: Scope) -> None:
        for connection in tuple(self._uvicorn.server_state.connections):
            ends: Any = connection
            if (ends.client, ends.server) == (scope["client"], scope["server"]):
                ends.transport.abort()


def _is_local(scope: Scope) -> bool:
    """Whether a request names this machine; a web page elsewhere cannot make a browser do so."""
    host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
    return is_loopback(host.rsplit(":", 1)[0] if not host.endswith("]") else host)
