"""The port that serves results, which stands for another company's host; knows no API."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from assetgen.emulator.faults import Fault
from assetgen.emulator.files import Address
from assetgen.emulator.mishaps import PAGE, retry_headers, spoilt
from assetgen.emulator.outbound import AGENT
from assetgen.emulator.pictures import MEDIA_TYPES
from assetgen.emulator.references import Reference
from assetgen.emulator.serving import note
from assetgen.emulator.world import World

OTHER_FORMAT = {"png": "jpeg", "jpeg": "png", "webp": "jpeg"}


class Host:
    """Serves pictures by address; an expired address is as unknown as one that never was."""

    def __init__(self, world: World) -> None:
        self.world = world

    def app(self) -> Starlette:
        """Return the application of this port."""
        return Starlette(
            routes=[
                Route("/redirected/{service}/{token}/{name}", self.file),
                Route("/{service}/{token}/{name}", self.file),
            ]
        )

    async def file(self, request: Request) -> Response:
        """Answer with a picture."""
        place: dict[str, Any] = request.path_params
        address = self.world.files.find(place["token"], place["name"])
        said = note(request)
        said.service = place["service"]
        said.kind = "file"
        if request.headers.get("user-agent") == AGENT:
            said.kind = "reference"
        if address is None:
            return Response("Not Found", 404, media_type="text/plain")
        subject = self._noted(request, address)
        fault = None
        if said.kind == "file":
            fault = self.world.faults.answer(place["service"], "file", subject)
        if fault:
            said.fault = fault.kind
            return await self._spoilt(fault, request, address)
        if address.expires <= self.world.now():
            return Response("Not Found", 404, media_type="text/plain")
        return await self._usual(address)

    def _noted(self, request: Request, address: Address) -> str:
        if isinstance(address.source, Reference):
            return ""
        note(request).jobs.append(address.source.id)
        note(request).said = address.source.order.prompt[:80]
        return address.source.order.prompt

    async def _usual(self, address: Address) -> Response:
        source = address.source
        if isinstance(source, Reference):
            return Response(source.data, media_type=MEDIA_TYPES[source.format])
        data = await self.world.files.picture(source, address.number)
        return Response(data, media_type=MEDIA_TYPES[source.order.format])

    async def _spoilt(self, fault: Fault, request: Request, address: Address) -> Response:
        usual = await self._usual(address)
        match fault.kind:
            case "status":
                headers = retry_headers(fault, self.world.now())
                words = fault.message or "scripted fault"
                return Response(words, fault.status or 404, headers, "text/plain")
            case "truncate":
                data = bytes(usual.body)
                kept = data[: fault.size or len(data) // 2]
                return Response(kept, media_type=usual.headers["content-type"])
            case "html":
                return Response(PAGE, 200, media_type="text/html")
            case "mislabel":
                return await self._mislabelled(address, usual)
            case "redirect":
                base = self.world.files_base if fault.to == "same" else self.world.api_base
                parts = request.url.path.removeprefix("/redirected")
                return RedirectResponse(f"{base}/redirected{parts}", fault.status or 302)
            case _:
                return await spoilt(fault, self.world, request, usual)

    async def _mislabelled(self, address: Address, usual: Response) -> Response:
        """Return the picture in another format, under the usual media type and name."""
        if isinstance(address.source, Reference):
            return usual
        other = OTHER_FORMAT[address.source.order.format]
        data = address.source.picture(address.number, image_format=other)
        return Response(data, media_type=usual.headers["content-type"])
