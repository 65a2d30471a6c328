"""Runware: tasks under ids of our own, always asynchronous; knows the wire format and no price.

Sources: Runware's pages of the models `xai:grok-imagine@…`, "Task polling", "Webhooks", "Errors"
and "Account management". A task id that is in use is refused (`conflictTaskUUID`), which its
Python client takes as proof that the first submit of an asynchronous task was accepted.
"""

from __future__ import annotations

import uuid
from typing import Any

from assetgen.providers.address import is_loopback
from assetgen.providers.base import (
    Accepted,
    Ambiguous,
    Completed,
    Duplicate,
    Failed,
    NotFound,
    Progress,
    Refused,
    Request,
    Running,
)
from assetgen.providers.download import download
from assetgen.providers.http import Answer, Api, retry_after
from assetgen.providers.runware_answer import (
    Fault,
    Reading,
    holds_none,
    in_doubt,
    pictures,
    read,
    refusal,
)
from assetgen.providers.runware_codes import Family
from assetgen.providers.runware_upload import Uploads, patience
from assetgen.providers.wire import number_at

_MOST = 1e9
"""USD; beyond this a balance is none."""
_FORMATS = {"jpeg": "JPG", "jpg": "JPG", "png": "PNG", "webp": "WEBP"}


class Runware:
    """One Runware account.

    The job id of a call is its `taskUUID`, so a call without an answer can be asked for, or sent
    again under the same id.
    """

    name = "runware"
    derives_ids = True

    def __init__(self, api: Api, concurrency: int) -> None:
        """Send everything to the base URL of ``api``, with at most ``concurrency`` jobs."""
        self.concurrency = concurrency
        self._api = api
        self._uploads = Uploads(api)

    async def submit(self, request: Request, job_id: str) -> Accepted | Completed | Failed:
        """Upload the input pictures, then send one task under ``job_id``, a version 4 UUID.

        Raises NotSent, Busy, Refused, Moderated, Duplicate, Ambiguous, AccountError.
        """
        places = [await self._uploads.place(reference) for reference in request.references]
        task = task_of(request, job_id, places)
        try:
            size = sum(map(len, places))
            answer = await self._api.post("", [task], paid=True, seconds=patience(self._api, size))
            return self._submitted(answer, job_id)
        except Refused:
            self._uploads.forget(request.references)
            raise

    def _submitted(self, answer: Answer, job_id: str) -> Accepted | Completed | Failed:
        reading = read(answer.data, job_id)
        for fault in reading.faults:
            if fault.is_conflict:
                raise Duplicate(*self._api.refused(fault.said).problems)
        well = 200 <= answer.status < 300
        found, cost = pictures(reading)
        if found:
            return Completed(found, cost)
        if well and reading.statuses:
            return Accepted(job_id)
        for fault in reading.faults:
            error = refusal(self._api, answer, fault)
            if isinstance(error, Ambiguous) and well and fault.ended:
                return self._failed(fault)
            raise error
        if well and reading.is_empty:
            return Accepted(job_id)
        raise self._api.unreadable(answer) if well else self._api.error(answer, "")

    async def poll(self, job_id: str, name: str) -> Progress:
        """Ask how the task ``job_id`` stands; the route's ``name`` does not matter here.

        Raises NotSent, Busy, Ambiguous, AccountError.
        """
        question = {"taskType": "getResponse", "taskUUID": job_id}
        answer = await self._api.post("", [question])
        reading = read(answer.data, job_id)
        found, cost = pictures(reading)
        if found:
            return Completed(found, cost)
        well = 200 <= answer.status < 300
        if well and reading.is_running:
            return Running()
        if reading.faults:
            return self._ended(answer, reading.faults[0])
        if not well:
            return self._without_word(answer)
        if "success" in reading.statuses and holds_none(reading):
            return Failed("the service says success, but gives no picture")
        if reading.statuses - {"success"}:
            return Running()
        if reading.is_silent:
            # The service lists what it works on, but a task of a moment ago may be missing.
            return Running(is_known=False)
        raise self._api.unreadable(answer)

    def _ended(self, answer: Answer, fault: Fault) -> Failed | NotFound:
        """Return what an error says of the task, or raise what it says of the question."""
        if fault.is_unknown_task:
            return NotFound()
        if fault.is_outcome(well=200 <= answer.status < 300):
            return self._failed(fault)
        if fault.family in (Family.AUTH, Family.QUOTA) or answer.status in (401, 402, 403, 429):
            raise refusal(self._api, answer, fault)
        if fault.family is Family.RATE:
            raise self._api.busy(fault.said, retry_after(answer.headers))
        raise in_doubt(self._api, answer, fault.said)

    def _without_word(self, answer: Answer) -> NotFound:
        if answer.status == 404 and answer.data is not None:
            return NotFound()
        error = self._api.error(answer, "")
        raise in_doubt(self._api, answer, "") if isinstance(error, Refused) else error

    def _failed(self, fault: Fault) -> Failed:
        reason = self._api.clean(fault.said) or "the service gives no reason"
        return Failed(reason, moderated=fault.is_moderation)

    async def fetch(self, result: str) -> bytes:
        """Return the bytes at a result's address, asked for without the key.

        Raises ProviderError.
        """
        local = is_loopback(self._api.base_url)
        return await download(self._api.http, result, loopback=local)

    async def check(self) -> str:
        """Ask for the account's details, which is free, and say its balance.

        Runware, "Account management": `getDetails` gives `balance` beside the team and the keys.
        Raises ProviderError.
        """
        task = str(uuid.uuid4())
        details = {"taskType": "accountManagement", "taskUUID": task, "operation": "getDetails"}
        answer = await self._api.post("", [details])
        reading = read(answer.data, task)
        if 200 <= answer.status < 300 and reading.items:
            return _balance(reading)
        for fault in reading.faults:
            raise refusal(self._api, answer, fault)
        raise self._api.error(answer, "")

    async def close(self) -> None:
        """Hold nothing; the connections belong to all services."""


def task_of(request: Request, job_id: str, places: list[str]) -> dict[str, Any]:
    """Return the task that buys one picture; ``places`` name its input pictures.

    Runware, model pages: pixels and `resolution` exclude each other, and with input pictures and
    `resolution` the ratio follows the first.
    """
    task: dict[str, Any] = {
        "taskType": "imageInference",
        "taskUUID": job_id,
        "model": request.name,
        "positivePrompt": request.prompt,
        "outputType": "URL",
        # A synchronous task whose connection breaks goes on there and is billed.
        "deliveryMethod": "async",
        "numberResults": 1,
        "includeCost": True,
    }
    if places:
        task["inputs"] = {"referenceImages": places}
    if request.size and not places:
        task["width"], task["height"] = request.size
    else:
        task["resolution"] = request.resolution.upper()
    if request.quality:
        task["settings"] = {"quality": request.quality}
    if request.format:
        task["outputFormat"] = _FORMATS.get(request.format.lower(), request.format.upper())
    if request.webhook:
        task["webhookURL"] = request.webhook
    return task


def _balance(reading: Reading) -> str:
    balances = (number_at(item, "balance", least=-_MOST) for item in reading.items)
    known = next((balance for balance in balances if balance is not None), None)
    return "the key is accepted" if known is None else f"balance ${known:.2f}"
