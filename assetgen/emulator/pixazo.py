"""Pixazo's wire format: submit routes per model and mode, one status route; knows no time.

Source: Pixazo's page of the model grok-imagine-image. What that page leaves open is decided for
the stricter side: a field or value that it does not list is refused.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from assetgen.emulator.faults import Fault
from assetgen.emulator.fields import Check, flag, mistakes, one_of, text, texts, whole
from assetgen.emulator.jobs import Failure, Job, Order, Phase
from assetgen.emulator.outbound import is_reachable
from assetgen.emulator.pictures import MEDIA_TYPES
from assetgen.emulator.references import data_uri
from assetgen.emulator.serving import Reply, Service, note
from assetgen.emulator.sizes import PAIRS, size_of

AUTO = "auto"
FORMATS = ("jpeg", "png", "webp")
TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    402: "Insufficient Balance",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    429: "Too Many Requests",
    500: "Internal Server Error",
}


@dataclass(frozen=True, slots=True)
class Model:
    """One route for submitting: whether it edits, and how many images it makes at most."""

    edits: bool
    most: int
    has_quality: bool = False

    @property
    def fields(self) -> Mapping[str, Check]:
        """The fields of a request and their checks."""
        ratios = (AUTO, *PAIRS) if self.edits else tuple(PAIRS)
        fields: dict[str, Check] = {
            "prompt": text(),
            "num_images": whole(1, self.most),
            "aspect_ratio": one_of(*ratios),
            "resolution": one_of("1k", "2k"),
            "output_format": one_of(*FORMATS),
            "sync_mode": flag,
        }
        if self.edits:
            fields["image_urls"] = texts(1, 3)
        if self.has_quality:
            fields["quality"] = one_of("low", "medium")
        return fields


MODELS: Mapping[tuple[str, str], Model] = {
    (
        "grok-imagine-pro-text-to-image-quality",
        "grok-imagine-pro-text-to-image-quality-request",
    ): Model(edits=False, most=4),
    ("grok-imagine-pro-edit-quality", "grok-imagine-pro-edit-quality-request"): Model(
        edits=True, most=5
    ),
    ("grok-imagine-image-v2", "text-to-image"): Model(edits=False, most=4, has_quality=True),
    ("grok-imagine-image-v2", "edit"): Model(edits=True, most=4, has_quality=True),
}


class Pixazo(Service):
    """The gateway as its page describes it."""

    name: ClassVar[str] = "pixazo"
    prefix: ClassVar[str] = "/pixazo"

    def routes(self) -> list[BaseRoute]:
        """Return the routes under the prefix."""
        return [
            Route("/v2/requests/status/{id}", self.endpoint(self.status, "poll"), methods=["GET"]),
            Route("/{api}/v1/{operation}", self.endpoint(self.submit, "submit"), methods=["POST"]),
        ]

    def problem(self, status: int, message: str, code: str = "") -> Reply:
        """Return an error: `error` and `message`."""
        return Reply(status, {"error": code or TITLES.get(status, "Error"), "message": message})

    def failure(self, fault: Fault) -> Failure:
        """Return ERROR for a failure that is free, FAILED for the others."""
        if fault.kind == "moderate":
            message = fault.message or "Content violates usage policy"
            return Failure("FAILED", message, fault.charged is not False)
        free = fault.charged is False
        return Failure(
            "ERROR" if free else "FAILED", fault.message or "Generation failed", not free
        )

    async def submit(self, request: Request) -> Response:
        """Answer a request for pictures."""
        account = self._account(request)
        api, operation = request.path_params["api"], request.path_params["operation"]
        model = MODELS.get((api, operation))
        if model is None:
            message = f"Model '{api}' not found or is disabled"
            raise self.refuse(400, message, "Model not found")
        body = await self.json(request)
        order = self._order(request, account, model, body)

        async def act() -> Reply:
            self.pay(account, order.price)
            job = self.accept(order, f"{api}_{self.world.new_uuid(7)}")
            note(request).jobs.append(job.id)
            self.read_references(job, Failure("FAILED", "Could not load an input image"))
            self.announce(job)
            url = f"{self.world.api_base}{self.prefix}/v2/requests/status/{job.id}"
            body = {"request_id": job.id, "status": "QUEUED", "polling_url": url}
            return Reply(202, body)

        return await self.answer(request, "submit", order.prompt, act)

    async def status(self, request: Request) -> Response:
        """Answer a poll."""
        account = self._account(request)
        job = self.world.jobs.get((self.name, account, request.path_params["id"]))
        if job is None:
            raise self.refuse(404, "Request not found")
        note(request).jobs.append(job.id)

        async def act() -> Reply:
            if job.is_hidden():
                return self.problem(404, "Request not found")
            return Reply(200, await self.report(job))

        return await self.answer(request, "poll", job.order.prompt, act)

    async def callbacks(self, job: Job) -> AsyncIterator[Any]:
        """Yield the status object at the end of the job; once, for no retries are documented."""
        await self.finish(job)
        yield await self.report(job)

    def forged(self, job: Job) -> Any:
        """Return a status object that claims to be completed."""
        output = {"media_url": [self.nowhere], "media_type": "image/png"}
        return {"request_id": job.id, "status": "COMPLETED", "error": None, "output": output}

    async def report(self, job: Job) -> dict[str, Any]:
        """Return the status object of a job, which is also what a webhook carries."""
        now = self.world.now()
        phase = job.phase(now)
        state = {
            Phase.QUEUED: "QUEUED",
            Phase.RUNNING: "PROCESSING",
            Phase.DONE: "COMPLETED",
            Phase.FAILED: job.failure.code if job.failure else "",
        }[phase]
        ended = phase in (Phase.DONE, Phase.FAILED)
        body = {
            "request_id": job.id,
            "status": job.said(now) or state,
            "model_id": job.order.route,
            "error": job.failure.message if job.failure and phase is Phase.FAILED else None,
            "output": await self._output(job) if phase is Phase.DONE else None,
            "created_at": _iso(job.accepted),
            "updated_at": _iso(job.end if ended else now),
        }
        if ended:
            body["completed_at"] = _iso(job.end)
        return body

    async def _output(self, job: Job) -> dict[str, Any]:
        now, files = self.world.now(), self.world.files
        media_type = MEDIA_TYPES[job.order.format]
        inline = job.order.extra.get("sync_mode") or job.fault("data-uri")
        urls = []
        for number in range(1, job.results + 1):
            if inline:
                urls.append(data_uri(await files.picture(job, number), media_type))
            else:
                name = "output" if number == 1 else f"output_{number}"
                urls.append(files.result(job, number, now, name=f"{name}.{job.order.format}"))
        return {"media_url": urls, "media_type": media_type}

    def _account(self, request: Request) -> str:
        return self.account(request, request.headers.get("ocp-apim-subscription-key", "").strip())

    def _order(self, request: Request, account: str, model: Model, body: Any) -> Order:
        if not isinstance(body, dict):
            raise self.refuse(400, "the request body must be a JSON object")
        required = ("prompt", "image_urls") if model.edits else ("prompt",)
        for wrong in mistakes(body, model.fields, required):
            raise self.refuse(400, f"'{wrong.name}' {wrong.why}")
        references = tuple(body.get("image_urls", ()))
        if not all(map(is_reachable, references)):
            raise self.refuse(400, "'image_urls' must hold public URLs")
        webhook = request.headers.get("x-webhook-url", "")
        if webhook and not is_reachable(webhook):
            raise self.refuse(400, "X-Webhook-URL must be a public https URL")
        ratio = body.get("aspect_ratio", AUTO if model.edits else "1:1")
        tier = body.get("resolution", "1k")
        return Order(
            service=self.name,
            account=account,
            route=request.path_params["api"],
            model=request.path_params["api"],
            prompt=body["prompt"],
            ratio=ratio,
            tier=tier,
            format=body.get("output_format", "jpeg"),
            count=body.get("num_images", 1),
            size=None if ratio == AUTO else size_of(ratio, tier),
            references=references,
            webhook=webhook,
            extra={"sync_mode": body.get("sync_mode", False)},
        )


def _iso(moment: float) -> str:
    text = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
