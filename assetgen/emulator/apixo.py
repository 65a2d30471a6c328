"""APIXO's wire format: generateTask, statusTask, current-balance; knows no time.

Source: APIXO's pages of the model grok-image, of errors and of system endpoints. The HTTP status
says the same as the body's `code`, which no page states; the fault `in_body` makes it 200.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from assetgen.emulator.faults import Fault
from assetgen.emulator.fields import Check, anything, mistakes, one_of, text, texts
from assetgen.emulator.jobs import Failure, Job, Order, Phase
from assetgen.emulator.outbound import is_reachable
from assetgen.emulator.references import Reference, decoded
from assetgen.emulator.serving import Reply, Service, note
from assetgen.emulator.sizes import size_of
from assetgen.emulator.webhooks import Patience

MODEL = "grok-image"
PRICE = Decimal("0.10")
MAX_REFERENCE = 10 << 20
TEXT, IMAGE = "text-to-image", "image-to-image"

OUTER: dict[str, Check] = {
    "request_type": one_of("async", "callback"),
    "callback_url": text(),
    "input": anything,
}
INNER: dict[str, dict[str, Check]] = {
    TEXT: {
        "mode": one_of(TEXT, IMAGE),
        "prompt": text(1, 5000),
        "aspect_ratio": one_of("1:1", "3:2", "2:3"),
    },
    IMAGE: {
        "mode": one_of(TEXT, IMAGE),
        "prompt": text(1, 5000),
        "image_urls": texts(1, 1),
    },
}


class Apixo(Service):
    """The gateway as its pages describe it."""

    name: ClassVar[str] = "apixo"
    prefix: ClassVar[str] = "/apixo/api/v1"
    # 30 s to answer with 200, else three more attempts; only the first wait is documented.
    patience: ClassVar[Patience] = Patience(30.0, (30.0, 60.0, 120.0), exactly_200=True)

    def routes(self) -> list[BaseRoute]:
        """Return the routes under the prefix."""
        return [
            Route("/generateTask/{model}", self.endpoint(self.submit, "submit"), methods=["POST"]),
            Route("/statusTask/{model}", self.endpoint(self.status, "poll"), methods=["GET"]),
            Route(
                "/apikeys/current-balance", self.endpoint(self.balance, "balance"), methods=["GET"]
            ),
        ]

    def problem(self, status: int, message: str, code: str = "") -> Reply:
        """Return an error: `code` says what HTTP says."""
        return Reply(status, {"code": status, "message": message, "data": None})

    def failure(self, fault: Fault) -> Failure:
        """Return a failure with a `failCode` of the page."""
        charged = fault.charged is not False
        if fault.kind == "moderate":
            message = fault.message or "Content violates provider policy"
            return Failure(fault.code or "SensitiveContent", message, charged)
        message = fault.message or "The provider reported no reason"
        return Failure(fault.code or "Unknown error", message, charged)

    async def submit(self, request: Request) -> Response:
        """Answer a request for a picture."""
        account = self.account(request, self.bearer(request))
        if request.path_params["model"] != MODEL:
            raise self.refuse(404, "Model not found")
        order = self._order(account, await self.json(request))
        pictures = [await self._reference(url) for url in order.references]

        async def act() -> Reply:
            self.pay(account, order.price)
            job = self.accept(order, f"task_{self.world.new_uuid().replace('-', '')}")
            note(request).jobs.append(job.id)
            readable = tuple(picture for picture in pictures if picture)
            self.world.read_in(job, readable)
            if len(readable) < len(pictures):
                words = "Reference image format could not be processed"
                self.world.fail(job, Failure("ImageFormatIncorrect", words))
            self.announce(job)
            return self._success({"taskId": job.id})

        return await self.answer(request, "submit", order.prompt, act)

    async def status(self, request: Request) -> Response:
        """Answer a poll; the model in the path must be the job's."""
        account = self.account(request, self.bearer(request))
        job_id = request.query_params.get("taskId")
        if not job_id:
            raise self.refuse(400, "Missing required parameter: taskId")
        job = self.world.jobs.get((self.name, account, job_id))
        if job is None or request.path_params["model"] != job.order.model:
            raise self.refuse(404, "Task not found")
        note(request).jobs.append(job.id)

        async def act() -> Reply:
            if job.is_hidden():
                return self.problem(404, "Task not found")
            return self._success(self.report(job))

        return await self.answer(request, "poll", job.order.prompt, act)

    async def balance(self, request: Request) -> Response:
        """Answer the question for the key's balance: a bare number of USD."""
        account = self.account(request, self.bearer(request))

        async def act() -> Reply:
            return self._success(float(self.world.ledger.balance(self.name, account)))

        return await self.answer(request, "balance", "", act)

    async def callbacks(self, job: Job) -> AsyncIterator[Any]:
        """Yield the body of a status answer at the end of the job."""
        await self.finish(job)
        yield self._success(self.report(job)).body

    def forged(self, job: Job) -> Any:
        """Return a status answer that claims success."""
        results = json.dumps({"resultUrls": [self.nowhere]})
        data = {"taskId": job.id, "state": "success", "resultJson": results}
        return self._success(data).body

    def report(self, job: Job) -> dict[str, Any]:
        """Return the `data` of a status answer."""
        now = self.world.now()
        phase = job.phase(now)
        state = {Phase.QUEUED: "pending", Phase.RUNNING: "processing", Phase.DONE: "success"}
        data: dict[str, Any] = {
            "taskId": job.id,
            "state": job.said(now) or state.get(phase, "failed"),
            "createTime": int(job.accepted * 1000),
        }
        if phase is Phase.DONE:
            urls = [self.world.files.result(job, n, now) for n in range(1, job.results + 1)]
            data["resultJson"] = json.dumps({"resultUrls": urls}, separators=(",", ":"))
        elif phase is Phase.FAILED and job.failure:
            data |= {"failCode": job.failure.code, "failMsg": job.failure.message}
        if phase in (Phase.DONE, Phase.FAILED):
            data["completeTime"] = int(job.end * 1000)
            data["costTime"] = int((job.end - job.accepted) * 1000)
        return data

    def _success(self, data: Any) -> Reply:
        return Reply(200, {"code": 200, "message": "success", "data": data})

    def _order(self, account: str, body: Any) -> Order:
        if not isinstance(body, dict):
            raise self.refuse(400, "Invalid request body")
        for wrong in mistakes(body, OUTER, ("input",)):
            raise self.refuse(400, f"{wrong.name} {wrong.why}")
        asked = body["input"]
        mode = asked.get("mode") if isinstance(asked, dict) else None
        if mode not in (TEXT, IMAGE):
            raise self.refuse(400, f"input.mode must be {TEXT} or {IMAGE}")
        required = ("prompt", "image_urls") if mode == IMAGE else ("prompt",)
        for wrong in mistakes(asked, INNER[mode], required):
            raise self.refuse(400, f"input.{wrong.name} {wrong.why}")
        references = tuple(asked.get("image_urls", ()))
        if not all(map(is_reachable, references)):
            raise self.refuse(400, "input.image_urls must hold public URLs")
        ratio = asked.get("aspect_ratio", "1:1") if mode == TEXT else ""
        return Order(
            service=self.name,
            account=account,
            route=mode,
            model=MODEL,
            prompt=asked["prompt"],
            ratio=ratio,
            size=size_of(ratio, "1k") if ratio else None,
            references=references,
            price=PRICE,
            webhook=self._callback(body),
        )

    def _callback(self, body: dict[str, Any]) -> str:
        if body.get("request_type") != "callback":
            return ""
        url = str(body.get("callback_url", ""))
        if not is_reachable(url):
            raise self.refuse(400, "callback_url must be a public https URL")
        return url

    async def _reference(self, url: str) -> Reference | None:
        """Return the picture at an address, None if it is none. Raises Refusal if unreachable."""
        data = await self.world.outbound.read(url)
        if data is None or len(data) > MAX_REFERENCE:
            raise self.refuse(400, "inaccessible image URL")
        return decoded(data)
