"""The wire format of OpenAI's Images API: generations in JSON, edits in multipart; knows no time.

Models called `gpt-image…` and `dall-e…` take what OpenAI's reference lists. Any other name stands
for a local server of the same shape, which takes every size and a few fields more. No key is
needed, as on such servers. Streaming is not emulated.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from assetgen.emulator.faults import Fault
from assetgen.emulator.fields import Check, anything, mistakes, one_of, text, whole
from assetgen.emulator.jobs import Failure, Job, Order
from assetgen.emulator.ledger import account_of
from assetgen.emulator.references import Reference, decoded
from assetgen.emulator.serving import Reply, Service, note

GPT_SIZES = ("1024x1024", "1536x1024", "1024x1536")
SIZES = {
    "gpt-image": ("auto", *GPT_SIZES),
    "dall-e-3": ("1024x1024", "1792x1024", "1024x1792"),
    "dall-e-2": ("256x256", "512x512", "1024x1024"),
}
FREE_SIZES = "gpt-image-2"
"""Models from this one on take every size within bounds."""
DEFAULT = "dall-e-2"
WHOLE_NUMBERS = ("n", "output_compression")
LOCAL_EXTRAS = ("step", "mode", "negative_prompt", "seed", "background", "output_format")


@dataclass(frozen=True, slots=True)
class Asked:
    """The fields of a request, from JSON or from a form, and its pictures."""

    fields: Mapping[str, Any]
    pictures: tuple[Reference, ...] = ()


class OpenAi(Service):
    """The API as OpenAI's reference describes it."""

    name: ClassVar[str] = "openai"
    prefix: ClassVar[str] = "/openai/v1"

    def routes(self) -> list[BaseRoute]:
        """Return the routes under the prefix."""
        return [
            Route("/images/generations", self.endpoint(self.generate, "submit"), methods=["POST"]),
            Route("/images/edits", self.endpoint(self.edit, "submit"), methods=["POST"]),
            Route("/models", self.endpoint(self.models, "balance"), methods=["GET"]),
        ]

    def problem(self, status: int, message: str, code: str = "") -> Reply:
        """Return an error object."""
        kind = "server_error" if status >= 500 else "invalid_request_error"
        error = {"message": message, "type": kind, "param": None, "code": code or None}
        return Reply(status, {"error": error})

    def failure(self, fault: Fault) -> Failure:
        """Return a failure; a moderated request is a refusal that costs nothing here."""
        if fault.kind == "moderate":
            message = fault.message or "Your request was rejected by the safety system."
            return Failure("moderation_blocked", message, fault.charged is True, "400")
        message = fault.message or "The server had an error while processing your request"
        return Failure(fault.code, message, fault.charged is not False, "500")

    async def models(self, request: Request) -> Response:
        """Answer with the models; free."""
        rows = [{"id": name, "object": "model"} for name in ("gpt-image-1", "dall-e-3", "dall-e-2")]

        async def act() -> Reply:
            return Reply(200, {"object": "list", "data": rows})

        return await self.answer(request, "balance", "", act)

    async def generate(self, request: Request) -> Response:
        """Answer a request for pictures from a prompt."""
        body = await self.json(request)
        if not isinstance(body, dict):
            raise self.refuse(400, "the request body must be a JSON object")
        return await self._make(request, Asked(body))

    async def edit(self, request: Request) -> Response:
        """Answer a request for pictures from pictures."""
        return await self._make(request, await self._form(request))

    async def _make(self, request: Request, asked: Asked) -> Response:
        key = self.bearer(request)
        account = note(request).account = account_of(key) if key else ""
        order = self._order(account, asked)

        async def act() -> Reply:
            job = self.accept(order, self.world.new_uuid())
            note(request).jobs.append(job.id)
            self.world.read_in(job, asked.pictures)
            await self.finish(job)
            return await self._result(job)

        return await self.answer(request, "submit", order.prompt, act)

    async def _result(self, job: Job) -> Reply:
        if job.failure:
            return self.problem(int(job.failure.place), job.failure.message, job.failure.code)
        data = []
        for number in range(1, job.results + 1):
            if job.order.extra["response_format"] == "url":
                data.append({"url": self.world.files.result(job, number, self.world.now())})
            else:
                picture = await self.world.files.picture(job, number)
                data.append({"b64_json": base64.b64encode(picture).decode("ascii")})
        body: dict[str, Any] = {"created": int(job.accepted), "data": data}
        if family(job.order.model) == "gpt-image":
            width, height = job.size()
            body |= {
                "background": "transparent" if job.order.clear else "opaque",
                "output_format": job.order.format,
                "quality": job.order.extra["quality"],
                "size": f"{width}x{height}",
                "usage": _usage(job),
            }
        return Reply(200, body)

    async def _form(self, request: Request) -> Asked:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "multipart/form-data":
            raise self.refuse(400, "Content-Type must be multipart/form-data")
        fields: dict[str, Any] = {}
        sent: list[bytes] = []
        try:
            async with request.form(max_files=32) as form:
                for name, value in form.multi_items():
                    if not isinstance(value, UploadFile):
                        fields[name] = _number(value) if name in WHOLE_NUMBERS else value
                    elif name in ("image", "image[]"):
                        sent.append(await value.read())
                    elif name != "mask":
                        raise self.refuse(400, f"Unknown parameter: '{name}'.")
        except MultiPartException as error:
            raise self.refuse(400, f"the form cannot be read: {error.message}") from None
        most = 1 if family(str(fields.get("model", DEFAULT))) == "dall-e-2" else 16
        if not 1 <= len(sent) <= most:
            raise self.refuse(400, f"'image' must hold between 1 and {most} files")
        pictures = [await asyncio.to_thread(decoded, data) for data in sent]
        whole = tuple(picture for picture in pictures if picture)
        if len(whole) < len(pictures):
            raise self.refuse(400, "Invalid image file or mode", "invalid_image_file")
        return Asked(fields, whole)

    def _order(self, account: str, asked: Asked) -> Order:
        fields = asked.fields
        model = fields.get("model", DEFAULT)
        if not isinstance(model, str) or not model:
            raise self.refuse(400, "'model' must be a string")
        edits = bool(asked.pictures)
        for wrong in mistakes(fields, fields_of(model, edits=edits), ("prompt",)):
            if wrong.sort == "unknown":
                raise self.refuse(400, f"Unknown parameter: '{wrong.name}'.", "unknown_parameter")
            raise self.refuse(400, f"'{wrong.name}' {wrong.why}")
        image_format = fields.get("output_format", "png")
        clear = fields.get("background") == "transparent"
        if clear and image_format == "jpeg":
            raise self.refuse(400, "a transparent background needs png or webp")
        is_gpt = family(model) == "gpt-image"
        size = str(fields.get("size", "auto" if is_gpt else "1024x1024"))
        return Order(
            service=self.name,
            account=account,
            route="images/edits" if edits else "images/generations",
            model=model,
            prompt=fields["prompt"],
            ratio=size,
            format=image_format,
            count=fields.get("n", 1),
            size=_pixels(size, asked.pictures),
            references=tuple(picture.sha256 for picture in asked.pictures),
            clear=clear,
            extra={
                "response_format": "b64_json" if is_gpt else fields.get("response_format", "url"),
                "quality": fields.get("quality", "auto"),
            },
        )


def family(model: str) -> str:
    """Return whose rules a model follows: `gpt-image`, `dall-e-3`, `dall-e-2` or `local`."""
    return next((name for name in SIZES if model.startswith(name)), "local")


def fields_of(model: str, *, edits: bool) -> dict[str, Check]:
    """Return the fields of a request for a model."""
    kind = family(model)
    fields: dict[str, Check] = {
        "model": text(),
        "prompt": text(1, {"dall-e-2": 1000, "dall-e-3": 4000}.get(kind, 32_000)),
        "n": whole(1, 1 if kind == "dall-e-3" else 10),
        "size": _size(model, kind),
        "user": text(0),
    }
    if kind == "gpt-image":
        fields |= {
            "quality": one_of("auto", "low", "medium", "high", *_further_qualities(model)),
            "background": one_of("auto", "transparent", "opaque"),
            "output_format": one_of("png", "jpeg", "webp"),
            "output_compression": whole(0, 100),
        }
        fields["input_fidelity" if edits else "moderation"] = one_of("auto", "low", "high")
        return fields
    fields["response_format"] = one_of("url", "b64_json")
    if kind == "dall-e-3":
        fields |= {"quality": one_of("standard", "hd"), "style": one_of("vivid", "natural")}
    if kind == "local":
        fields |= dict.fromkeys(("quality", *LOCAL_EXTRAS), anything)
    return fields


def _size(model: str, kind: str) -> Check:
    if model.startswith(FREE_SIZES):
        return _free_size
    return one_of(*SIZES[kind]) if kind in SIZES else _any_size


def _further_qualities(model: str) -> tuple[str, ...]:
    return ("xhigh", "max") if model.startswith(("gpt-image-2.5", "gpt-image-2.6")) else ()


def _free_size(value: Any) -> str:
    """Say what is wrong with a size (OpenAI's reference of gpt-image-2), or nothing."""
    if value == "auto":
        return ""
    wrong = _any_size(value)
    if wrong:
        return wrong
    width, _, height = value.partition("x")
    sides = sorted((int(width), int(height)))
    if any(side % 16 for side in sides) or sides[1] > 3840 or sides[1] > 3 * sides[0]:
        return "must have sides that are multiples of 16, up to 3840, and at most 3:1"
    return "" if 655_360 <= sides[0] * sides[1] <= 8_294_400 else "has too few or too many pixels"


def _any_size(value: Any) -> str:
    found = (
        re.fullmatch(r"([1-9]\d{1,3})x([1-9]\d{1,3})", value) if isinstance(value, str) else None
    )
    return "" if found and max(map(int, found.groups())) <= 4096 else "must be WIDTHxHEIGHT"


def _pixels(size: str, pictures: tuple[Reference, ...]) -> tuple[int, int]:
    if size == "auto":
        first = pictures[0].width / pictures[0].height if pictures else 1.0
        size = min(GPT_SIZES, key=lambda one: abs(_ratio(one) - first))
    width, _, height = size.partition("x")
    return int(width), int(height)


def _ratio(size: str) -> float:
    width, _, height = size.partition("x")
    return int(width) / int(height)


def _number(value: str) -> Any:
    return int(value) if value.isdecimal() and len(value) < 10 else value


def _usage(job: Job) -> dict[str, Any]:
    """Return made-up numbers of tokens that add up."""
    words, images = len(job.order.prompt.split()), 300 * len(job.pictures)
    drawn = 1000 * job.results
    return {
        "input_tokens": words + images,
        "input_tokens_details": {"text_tokens": words, "image_tokens": images},
        "output_tokens": drawn,
        "total_tokens": words + images + drawn,
    }
