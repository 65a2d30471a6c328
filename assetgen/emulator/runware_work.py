"""What Runware does with a task: jobs, results, uploads; knows not how tasks come and go.

Source: Runware's pages of authentication, task polling, image upload, account and errors. Where
they are silent: tasks are answered last one first, a refused task gives HTTP 400 if no other task
succeeds, and a task that failed while it ran stands in `errors` of an HTTP 200.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, ClassVar

from assetgen.emulator.faults import Fault
from assetgen.emulator.jobs import Failure, Job, Order, Phase
from assetgen.emulator.outbound import is_reachable
from assetgen.emulator.pictures import MEDIA_TYPES
from assetgen.emulator.references import (
    Reference,
    data_uri,
    decoded,
    from_base64,
    from_data_uri,
    shrunk,
)
from assetgen.emulator.runware_tasks import (
    ACCOUNT,
    POLL,
    STORAGE,
    UPLOAD,
    UUID_TEXT,
    Inference,
    TaskProblem,
    checked,
    inference_of,
    uuid_of,
)
from assetgen.emulator.serving import Reply, Service
from assetgen.emulator.webhooks import Patience, noted

FORMATS = {"JPG": "jpeg", "PNG": "png", "WEBP": "webp"}
CODES = {401: "invalidApiKey", 402: "insufficientCredits", 403: "forbidden", 404: "notFound"}
LONGEST_UPLOAD = 2048

Item = dict[str, Any]
Task = Mapping[str, Any]


class RunwareWork(Service):
    """What the service does with one task, however it came."""

    name: ClassVar[str] = "runware"
    prefix: ClassVar[str] = "/runware/v1"
    # About 5 s to answer; the waits double up to 8 s. How many attempts there are is unknown.
    patience: ClassVar[Patience] = Patience(5.0, (0.25, 0.5, 1.0, 2.0, 4.0, 8.0))

    def problem(self, status: int, message: str, code: str = "") -> Reply:
        """Return an error that concerns no single task."""
        usual = {429: "rateLimitExceeded", 500: "internalServerError", 503: "serviceUnavailable"}
        code = code or (CODES | usual).get(status, "invalidRequest")
        return Reply(status, {"errors": [{"code": code, "message": message}]})

    def failure(self, fault: Fault) -> Failure:
        """Return a failure with a code of the families that the official client knows."""
        charged = fault.charged is not False
        usual = "contentPolicyViolation" if fault.kind == "moderate" else "inferenceError"
        message = fault.message or "The task could not be completed"
        return Failure(fault.code or usual, message, charged, fault.place)

    async def outcome(self, account: str, task: Task) -> tuple[list[Item], list[Item], int]:
        """Return data, errors and the HTTP status that the errors would have alone."""
        try:
            data, errors = await self._do(account, task)
        except TaskProblem as problem:
            about = {"taskType": task.get("taskType"), "taskUUID": task.get("taskUUID")}
            error = {"code": problem.code, "message": problem.message, **about}
            if problem.parameter:
                error["parameter"] = problem.parameter
            return [], [error], problem.status
        return data, errors, 200

    async def _do(self, account: str, task: Task) -> tuple[list[Item], list[Item]]:
        match task.get("taskType"):
            case "imageInference":
                return await self._inference(account, inference_of(task))
            case "getResponse":
                return await self._response(account, task)
            case "getTaskDetails":
                return await self._details(account, task)
            case "imageUpload":
                return [await self._upload(account, task)], []
            case "mediaStorage":
                return [await self._storage(account, task)], []
            case "accountManagement":
                return [self._account(account, task)], []
            case "ping":
                return [{"taskType": "ping", "pong": True}], []
            case other:
                words = f"taskType '{other}' is not supported"
                raise TaskProblem("unsupportedTaskType", words, "taskType")

    async def _inference(self, account: str, asked: Inference) -> tuple[list[Item], list[Item]]:
        self._unused(account, asked.uuid)
        if asked.price is not None and self.world.ledger.balance(self.name, account) < asked.price:
            raise TaskProblem("insufficientCredits", "the balance is too low", status=402)
        for sent in asked.references:
            if not is_reachable(sent) and await self.reference(account, sent) is None:
                words = "inputs.referenceImages holds no picture that can be read"
                raise TaskProblem("invalidReferenceImages", words, "inputs.referenceImages")
        self._unused(account, asked.uuid)  # again: reading references took its time
        job = self.accept(self._order(account, asked), asked.uuid)
        self.world.images |= {
            (account, image_uuid(job, number)): (job, number)
            for number in range(1, job.results + 1)
        }
        self.read_references(job, Failure("downloadFailed", "A reference could not be loaded"))
        self.announce(job)
        if "uploadEndpoint" in asked.task:
            self.world.spawn(self._put(job, asked.task["uploadEndpoint"]))
        if asked.task.get("deliveryMethod", "sync") == "sync":
            await self.finish(job)
            return await self.items(job)
        return [{"taskType": "imageInference", "taskUUID": job.id}], []

    def _unused(self, account: str, uuid: str) -> None:
        if (self.name, account, uuid) in self.world.jobs:
            words = "a task with this taskUUID exists already"
            raise TaskProblem("conflictTaskUUID", words, "taskUUID")

    def _order(self, account: str, asked: Inference) -> Order:
        task = asked.task
        return Order(
            service=self.name,
            account=account,
            route=asked.model,
            model=asked.model,
            prompt=asked.prompt,
            ratio=asked.ratio,
            tier=asked.tier,
            format=FORMATS[task.get("outputFormat", "JPG")],
            count=task.get("numberResults", 1),
            size=asked.size,
            references=asked.references,
            price=asked.price,
            webhook=task.get("webhookURL", ""),
            extra=dict(task),
        )

    async def _response(self, account: str, task: Task) -> tuple[list[Item], list[Item]]:
        uuid_of(task)
        checked(task, POLL)
        job = self.job_of(account, task)
        if job is None or job.is_hidden():
            raise TaskProblem("taskFailedOrNotFound", "the task is unknown", "taskUUID", 404)
        return await self.items(job)

    async def _details(self, account: str, task: Task) -> tuple[list[Item], list[Item]]:
        uuid_of(task)
        job = self.job_of(account, task)
        if job is None:
            raise TaskProblem("taskNotFound", "the task is unknown", "taskUUID", 404)
        data, errors = await self.items(job)
        about = {"taskType": "getTaskDetails", "taskUUID": job.id}
        response = {"data": data, "errors": errors}
        return [{**about, "request": [dict(job.order.extra)], "response": response}], []

    async def items(self, job: Job) -> tuple[list[Item], list[Item]]:
        """Return the finished results so far, one more item while it runs, and its errors."""
        now = self.world.now()
        about: Item = {"taskType": "imageInference", "taskUUID": job.id}
        phase = job.phase(now)
        if phase is Phase.FAILED and job.failure:
            error = {"code": job.failure.code, "message": job.failure.message}
            if job.failure.place == "data":
                return [{**about, "status": "error", "error": error}], []
            return [], [{**error, **about}]
        word = job.said(now)
        if word is not None:
            return [{**about, "status": word}], []
        done = [await self.item(job, number) for number in range(1, job.finished(now) + 1)]
        if phase is not Phase.DONE:
            done.append({**about, "status": "processing"})
        return done, []

    async def item(self, job: Job, number: int) -> Item:
        """Return one finished result, which is also what a webhook carries."""
        task = job.order.extra
        uuid = image_uuid(job, number)
        item: Item = {
            "taskType": "imageInference",
            "taskUUID": job.id,
            "status": "success",
            "imageUUID": uuid,
            "seed": int(uuid[:8], 16) & 0x7FFFFFFF,
        }
        kind = task.get("outputType", "URL")
        if kind == "URL":
            name = f"{uuid}.{str(task.get('outputFormat', 'JPG')).lower()}"
            now, ttl = self.world.now(), task.get("ttl", 0)
            item["imageURL"] = self.world.files.result(job, number, now, name=name, ttl=ttl)
        else:
            data = await self.world.files.picture(job, number)
            address = data_uri(data, MEDIA_TYPES[job.order.format])
            if kind == "dataURI":
                item["imageDataURI"] = address
            else:
                item["imageBase64Data"] = address.partition(",")[2]
        if task.get("includeCost") and job.order.price is not None:
            item["cost"] = float(job.order.price / job.order.count)
        if task.get("safety", {}).get("checkContent"):
            item["NSFWContent"] = False
        return item

    async def callbacks(self, job: Job) -> AsyncIterator[Any]:
        """Yield each result by itself as it is ready, flat; or the error."""
        if job.reading is not None:
            await job.reading
        if job.failure:
            await self.finish(job)
            data, errors = await self.items(job)
            for error in data or errors:
                yield error
            return
        for number in range(1, job.results + 1):
            await self.world.timeline.until(job.ready(number))
            yield await self.item(job, number)

    def forged(self, job: Job) -> Any:
        """Return a result that is none."""
        about = {"taskType": "imageInference", "taskUUID": job.id, "status": "success"}
        return {**about, "imageUUID": image_uuid(job, 1), "imageURL": self.nowhere}

    async def _put(self, job: Job, url: str) -> None:
        """Send every result to the address that the client named for it."""
        await self.finish(job)
        headers = {"Content-Type": MEDIA_TYPES[job.order.format]}
        for number in range(1, job.finished(self.world.now()) + 1):
            data = await self.world.files.picture(job, number)
            status = await self.world.outbound.send("PUT", url, data, headers, 30.0)
            noted(self.world, job, "uploaded", "PUT", url, status)

    async def reference(self, account: str, sent: str) -> Reference | None:
        """Return the picture behind a UUID, an address, a data URI or base64."""
        if UUID_TEXT.fullmatch(sent):
            return await self._known(account, sent.lower())
        if sent.startswith(("http://", "https://")):
            return await self.world.fetched(sent)
        data = from_data_uri(sent) if sent.startswith("data:") else from_base64(sent)
        return None if data is None else await asyncio.to_thread(decoded, data)

    async def _known(self, account: str, uuid: str) -> Reference | None:
        result = self.world.images.get((account, uuid))
        if result is None:
            return self.world.uploads.get((self.name, account, uuid))
        job, number = result
        if job.finished(self.world.now()) < number:
            return None
        return decoded(await self.world.files.picture(job, number))

    async def _upload(self, account: str, task: Task) -> Item:
        uuid_of(task)
        checked(task, UPLOAD, "image")
        uuid, url = await self._store(account, task["image"], "image")
        about = {"taskType": "imageUpload", "taskUUID": task["taskUUID"]}
        return {**about, "imageUUID": uuid, "imageURL": url}

    async def _storage(self, account: str, task: Task) -> Item:
        uuid_of(task)
        checked(task, STORAGE, "operation", "media")
        uuid, url = await self._store(account, task["media"], "media")
        about = {"taskType": "mediaStorage", "taskUUID": task["taskUUID"]}
        return {**about, "mediaUUID": uuid, "mediaURL": url}

    async def _store(self, account: str, sent: str, parameter: str) -> tuple[str, str]:
        picture = await self.reference(account, sent)
        if picture is None:
            code = f"invalid{parameter.capitalize()}"
            raise TaskProblem(code, f"{parameter} is no picture that can be read", parameter)
        picture = await asyncio.to_thread(shrunk, picture, LONGEST_UPLOAD)
        uuid = self.world.new_uuid()
        self.world.uploads[self.name, account, uuid] = picture
        return uuid, self.world.files.upload(self.name, f"{uuid}.{picture.format}", picture)

    def _account(self, account: str, task: Task) -> Item:
        uuid_of(task)
        checked(task, ACCOUNT, "operation")
        balance = float(self.world.ledger.balance(self.name, account))
        about = {"taskType": "accountManagement", "taskUUID": task["taskUUID"]}
        return {**about, "operation": "getDetails", "balance": balance}

    def job_of(self, account: str, task: Task) -> Job | None:
        """Return the account's job that a task names; None if there is none."""
        uuid = str(task.get("taskUUID", "")).lower()
        return self.world.jobs.get((self.name, account, uuid))


def image_uuid(job: Job, number: int) -> str:
    """Return the id of a result: the task's, with other digits."""
    turn = int(job.id.replace("-", "")[:8], 16) ^ (0x5A5A5A5A + number)
    return f"{turn & 0xFFFFFFFF:08x}{job.id[8:]}"
