"""xAI's wire format of images: generations and edits, both JSON, both waited for; knows no time.

Source: xAI's REST reference of images, its release notes and its page of retired models. Deferred
requests, the Files API and storage options are not emulated: their answers are not documented.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from assetgen.emulator.faults import Fault
from assetgen.emulator.fields import Check, anything, mistakes, one_of, text, whole
from assetgen.emulator.jobs import Failure, Job, Order
from assetgen.emulator.outbound import is_reachable
from assetgen.emulator.pictures import MEDIA_TYPES
from assetgen.emulator.references import Reference, decoded, from_data_uri
from assetgen.emulator.serving import Reply, Service, note
from assetgen.emulator.sizes import NEWER, PAIRS, size_of

TICKS = 10_000_000_000
"""Ticks of a dollar in `usage.cost_in_usd_ticks`."""

NEWEST = "grok-imagine-image-2.0"
LONGEST_PROMPT = 8000


@dataclass(frozen=True, slots=True)
class Model:
    """What a model takes and costs, in USD: by quality and resolution, and per input image."""

    prices: Mapping[tuple[str, str], Decimal]
    per_input: Decimal
    most_inputs: int = 3

    def price(self, quality: str, tier: str, count: int, inputs: int) -> Decimal | None:
        """Return what a request costs; None for what nobody has said."""
        each = self.prices.get((quality, tier))
        return None if each is None else each * count + self.per_input * inputs


MODELS: Mapping[str, Model] = {
    "grok-imagine-image": Model(
        {("", "1k"): Decimal("0.02"), ("", "2k"): Decimal("0.02")}, Decimal("0.002")
    ),
    NEWEST: Model(
        {
            ("low", "1k"): Decimal("0.04"),
            ("low", "2k"): Decimal("0.06"),
            ("medium", "1k"): Decimal("0.06"),
            ("medium", "2k"): Decimal("0.08"),
        },
        Decimal("0.01"),
        most_inputs=5,
    ),
}
RETIRED = ("grok-imagine-image-quality", "grok-imagine-image-pro")
"""Names that still work and are served by the newest model at low quality."""


class Xai(Service):
    """The service as its pages describe it."""

    name: ClassVar[str] = "xai"
    prefix: ClassVar[str] = "/xai/v1"

    def routes(self) -> list[BaseRoute]:
        """Return the routes under the prefix."""
        return [
            Route("/images/generations", self.endpoint(self.generate, "submit"), methods=["POST"]),
            Route("/images/edits", self.endpoint(self.edit, "submit"), methods=["POST"]),
            Route(
                "/image-generation-models", self.endpoint(self.models, "balance"), methods=["GET"]
            ),
        ]

    def problem(self, status: int, message: str, code: str = "") -> Reply:
        """Return an error: `code` and `error` are both sentences."""
        usual = {400: "Client specified an invalid argument", 401: "Unauthenticated"}
        return Reply(status, {"code": code or usual.get(status, "Error"), "error": message})

    def failure(self, fault: Fault) -> Failure:
        """Return a failure; a moderated request has an empty answer instead of words."""
        charged = fault.charged is not False
        return Failure(fault.code, fault.message or "Internal error", charged, fault.kind)

    async def models(self, request: Request) -> Response:
        """Answer with the models; free."""
        self.account(request, self.bearer(request))
        rows = [{"id": name, "max_prompt_length": LONGEST_PROMPT} for name in MODELS]

        async def act() -> Reply:
            return Reply(200, {"models": rows})

        return await self.answer(request, "balance", "", act)

    async def generate(self, request: Request) -> Response:
        """Answer a request for pictures from a prompt."""
        return await self._make(request, edits=False)

    async def edit(self, request: Request) -> Response:
        """Answer a request for pictures from pictures."""
        return await self._make(request, edits=True)

    async def _make(self, request: Request, *, edits: bool) -> Response:
        account = self.account(request, self.bearer(request))
        body = await self.json(request, status=415)
        order = self._order(account, body, edits=edits)
        pictures = tuple([await self._readable(url) for url in order.references])

        async def act() -> Reply:
            self.pay(account, order.price)
            job = self.accept(order, self.world.new_uuid())
            note(request).jobs.append(job.id)
            self.world.read_in(job, pictures)
            await self.finish(job)
            return await self._result(job)

        return await self.answer(request, "submit", order.prompt, act)

    async def _result(self, job: Job) -> Reply:
        if job.failure and job.failure.place != "moderate":
            return self.problem(500, job.failure.message, job.failure.code)
        now, files = self.world.now(), self.world.files
        media_type = MEDIA_TYPES[job.order.format]
        data = []
        for number in range(1, 1 if job.failure else job.results + 1):
            item = {"mime_type": media_type}
            if job.order.extra["b64_json"]:
                picture = await files.picture(job, number)
                item["b64_json"] = base64.b64encode(picture).decode("ascii")
            else:
                item["url"] = files.result(job, number, now)
            data.append(item)
        body: dict[str, Any] = {"data": data, "model": job.order.model}
        if job.order.price is not None:
            body["usage"] = {"cost_in_usd_ticks": int(job.order.price * TICKS)}
        return Reply(200, body)

    def _order(self, account: str, body: Any, *, edits: bool) -> Order:
        if not isinstance(body, dict):
            raise self.refuse(400, "the request body must be a JSON object")
        asked, served = self._model(body)
        self._check(body, asked, edits=edits)
        urls = self._urls(body, MODELS[served]) if edits else ()
        tier = body.get("resolution", "1k")
        quality = body.get("quality", "auto") if asked == NEWEST else "low"
        if quality == "auto":
            quality = "medium" if edits else "low"
        count, ratio = body.get("n", 1), body.get("aspect_ratio", "auto")
        return Order(
            service=self.name,
            account=account,
            route="images/edits" if edits else "images/generations",
            model=served,
            prompt=body["prompt"],
            ratio=ratio,
            tier=tier,
            format="png" if quality == "medium" else "jpeg",
            count=count,
            size=_size(ratio, tier, len(urls)),
            references=urls,
            price=MODELS[served].price(quality if served == NEWEST else "", tier, count, len(urls)),
            extra={"b64_json": body.get("response_format") == "b64_json"},
        )

    def _model(self, body: Mapping[str, Any]) -> tuple[str, str]:
        """Return the model asked for and the one that serves it. Raises Refusal."""
        asked = body.get("model")
        if not isinstance(asked, str):
            raise self.refuse(422, "missing field `model`")
        if asked not in MODELS and asked not in RETIRED:
            raise self.refuse(404, f"The model {asked} does not exist")
        return asked, NEWEST if asked in RETIRED else asked

    def _check(self, body: Mapping[str, Any], model: str, *, edits: bool) -> None:
        newest = model == NEWEST
        ratios = ("auto", *PAIRS, *(NEWER if newest else ()))
        fields: dict[str, Check] = {
            "model": text(),
            "prompt": text(1, LONGEST_PROMPT),
            "n": whole(1, 10),
            "aspect_ratio": one_of(*ratios),
            "resolution": one_of("1k", *(("1.5k",) if newest else ()), "2k"),
            "response_format": one_of("url", "b64_json"),
            "user": text(0),
        }
        if newest:
            fields["quality"] = one_of("low", "medium", "auto")
        if edits:
            fields |= {"image": anything, "images": anything}
        for wrong in mistakes(body, fields, ("prompt",)):
            if wrong.sort == "unknown":
                raise self.refuse(400, f"Argument not supported: {wrong.name}")
            if wrong.name == "quality":
                raise self.refuse(400, f"{wrong.name} {wrong.why}")
            raise self.refuse(422, f"{wrong.name} {wrong.why}")

    def _urls(self, body: Mapping[str, Any], model: Model) -> tuple[str, ...]:
        if ("image" in body) == ("images" in body):
            raise self.refuse(400, "give either image or images")
        images = body["images"] if "images" in body else [body["image"]]
        if not isinstance(images, list) or not 1 <= len(images) <= model.most_inputs:
            raise self.refuse(422, f"images must have between 1 and {model.most_inputs} items")
        return tuple(map(self._url, images))

    def _url(self, image: Any) -> str:
        if not isinstance(image, dict) or not set(image) <= {"type", "url", "file_id"}:
            raise self.refuse(422, "an image must be an object with url or file_id")
        if image.get("type", "image_url") != "image_url":
            raise self.refuse(422, "an image's type must be image_url")
        if "file_id" in image:
            raise self.refuse(404, "file not found")
        url = image.get("url")
        if not isinstance(url, str) or not (url.startswith("data:") or is_reachable(url)):
            raise self.refuse(422, "an image's url must be a public URL or a data URI")
        return url

    async def _readable(self, url: str) -> Reference:
        picture: Reference | None
        if url.startswith("data:"):
            data = from_data_uri(url)
            picture = None if data is None else await asyncio.to_thread(decoded, data)
        else:
            picture = await self.world.fetched(url)
        if picture is None:
            raise self.refuse(400, "an input image could not be read")
        return picture


def _size(ratio: str, tier: str, inputs: int) -> tuple[int, int] | None:
    """Return the pixels; None where they follow the first input, as a single one always does."""
    if inputs == 1 or (inputs and ratio == "auto"):
        return None
    return size_of("1:1" if ratio == "auto" else ratio, tier)
