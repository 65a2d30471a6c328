"""What every emulated service does around its own wire format; knows none of them.

A service reads a request into words, refuses it as its documents do, and hands over an *act*,
which accepts the job and says so. Scripted faults stand between the act and the answer.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from assetgen.emulator.faults import Fault
from assetgen.emulator.fields import parsed
from assetgen.emulator.jobs import Failure, Job, Order
from assetgen.emulator.journal import Note
from assetgen.emulator.ledger import account_of
from assetgen.emulator.mishaps import retry_headers, spoilt
from assetgen.emulator.references import Reference
from assetgen.emulator.webhooks import Patience, deliver
from assetgen.emulator.world import World

MAX_BODY = 64 << 20


@dataclass(frozen=True, slots=True)
class Reply:
    """A JSON answer: HTTP status, body and further headers."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        """Return it as bytes to send."""
        data = json.dumps(self.body, separators=(",", ":")).encode("ascii")
        return Response(data, self.status, dict(self.headers), "application/json")


class Refusal(Exception):
    """A request that the service does not accept, and what it says to it."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply)
        self.reply = reply


Act = Callable[[], Awaitable[Reply]]
Handler = Callable[[Request], Awaitable[Response]]


class Service(ABC):
    """One emulated service."""

    name: ClassVar[str]
    prefix: ClassVar[str]
    patience: ClassVar[Patience] = Patience(seconds=30.0)

    def __init__(self, world: World) -> None:
        self.world = world

    @abstractmethod
    def routes(self) -> list[BaseRoute]:
        """Return the routes under the service's prefix."""

    @abstractmethod
    def problem(self, status: int, message: str, code: str = "") -> Reply:
        """Return an error as this service words it."""

    def endpoint(self, handler: Handler, kind: str) -> Handler:
        """Return a handler of one kind of request, whose refusals are answers."""

        async def endpoint(request: Request) -> Response:
            said = note(request)
            said.service, said.kind = self.name, kind
            try:
                return await handler(request)
            except Refusal as refusal:
                return refusal.reply.response()

        return endpoint

    def refuse(self, status: int, message: str, code: str = "") -> Refusal:
        """Return a refusal in the service's words, to be raised."""
        return Refusal(self.problem(status, message, code))

    def bearer(self, request: Request) -> str:
        """Return the key of an `Authorization: Bearer` header; "" if there is none."""
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        return key.strip() if scheme.lower() == "bearer" else ""

    def account(self, request: Request, key: str) -> str:
        """Return the account of a key and note it. Raises Refusal (401) if there is none."""
        if not key:
            raise self.refuse(401, "Unauthorized: the API key is missing or invalid")
        account = account_of(key)
        note(request).account = account
        return account

    async def json(self, request: Request, *, status: int = 400) -> Any:
        """Return the JSON body. Raises Refusal: ``status`` for another media type, else 400."""
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json":
            raise self.refuse(status, "Content-Type must be application/json")
        try:
            return parsed(await self.body(request))
        except (ValueError, RecursionError):
            raise self.refuse(400, "the request body is not valid JSON") from None

    async def body(self, request: Request) -> bytes:
        """Return the bytes of the body. Raises Refusal (413) if there are too many."""
        data = bytearray()
        async for piece in request.stream():
            data += piece
            if len(data) > MAX_BODY:
                raise self.refuse(413, "the request body is too large")
        return bytes(data)

    async def answer(self, request: Request, kind: str, subject: str, act: Act) -> Response:
        """Do ``act`` and answer with what it says, unless a scripted fault has its way.

        ``kind`` is the kind of request, ``subject`` the prompt that it is about.
        """
        said = note(request)
        said.kind, said.said = kind, subject[:80]
        fault = self.world.faults.answer(self.name, kind, subject)
        if fault is None:
            return (await act()).response()
        said.fault = fault.kind
        if not fault.after_acceptance:
            return await self._spoilt(fault, request, None)
        return await self._spoilt(fault, request, await act())

    async def _spoilt(self, fault: Fault, request: Request, reply: Reply | None) -> Response:
        if fault.kind == "status":
            return self._status(fault).response()
        usual = (reply or Reply(200, {})).response()
        return await spoilt(fault, self.world, request, usual)

    def _status(self, fault: Fault) -> Reply:
        message = fault.message or f"scripted fault: {fault.status or 500}"
        reply = self.problem(fault.status or 500, message, fault.code)
        headers = retry_headers(fault, self.world.now())
        return Reply(200 if fault.in_body else reply.status, reply.body, headers)

    @abstractmethod
    def failure(self, fault: Fault) -> Failure:
        """Return how a job ends that a `fail` or `moderate` fault hits."""

    def accept(self, order: Order, job_id: str) -> Job:
        """Take a job in, charge for it, and let happen to it what was scripted."""
        job = self.world.accept(order, job_id)
        fault = job.fault("fail", "moderate")
        if fault:
            self.world.fail(job, self.failure(fault))
        return job

    async def callbacks(self, job: Job) -> AsyncIterator[Any]:
        """Yield what is sent to the webhook of a job, each when it is due."""
        return
        yield

    def forged(self, job: Job) -> Any:
        """Return a callback that claims a result which the job does not have."""
        return {}

    def announce(self, job: Job) -> None:
        """See to it that the webhook of a job, if it has one, hears of it."""
        if job.order.webhook:
            bodies, forged = self.callbacks(job), self.forged(job)
            self.world.spawn(deliver(self.world, job, self.patience, bodies, forged))

    @property
    def nowhere(self) -> str:
        """An address at which no result is, for forged callbacks."""
        return f"{self.world.files_base}/{self.name}/forged/output.png"

    def read_references(self, job: Job, unreadable: Failure) -> None:
        """Begin to read the references of a job, which fails if one is no picture."""
        if job.order.references:
            job.reading = self.world.spawn(self._read(job, unreadable))

    async def _read(self, job: Job, unreadable: Failure) -> None:
        pictures = []
        for sent in job.order.references:
            picture = await self.reference(job.order.account, sent)
            if picture is None:
                job.ended = self.world.now()
                self.world.fail(job, unreadable)
                return
            pictures.append(picture)
        self.world.read_in(job, tuple(pictures))

    async def finish(self, job: Job) -> None:
        """Return once a job has ended."""
        if job.reading is not None:
            await job.reading
        await self.world.timeline.until(job.end)

    async def reference(self, account: str, sent: str) -> Reference | None:
        """Return the picture that a reference of a request means; None if it is none."""
        return await self.world.fetched(sent)

    def pay(self, account: str, price: Any) -> None:
        """Raise Refusal (402) if the account has less than ``price`` left."""
        if price is not None and self.world.ledger.balance(self.name, account) < price:
            raise self.refuse(402, "Insufficient balance")


def note(request: Request) -> Note:
    """Return what is noted about a request."""
    found: Note = request.scope["emulator"]
    return found
