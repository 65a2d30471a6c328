"""APIXO: tasks by model, asked after until they are done; knows the wire format and no price.

Sources: APIXO's page of the model `grok-image` (bodies, states, `resultJson`, failure codes, HTTP
errors) and its API reference (`code` in the body, older failure codes, `current-balance`). It has
no upload and says neither cost nor what a failed task costs: `costTime` is milliseconds.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote

from assetgen.errors import ProviderError
from assetgen.providers.address import is_loopback
from assetgen.providers.base import (
    Accepted,
    Completed,
    Failed,
    NotFound,
    Progress,
    Request,
    Running,
)
from assetgen.providers.download import download
from assetgen.providers.http import Answer, Api
from assetgen.providers.references import public_addresses
from assetgen.providers.wire import (
    at,
    id_at,
    is_blank,
    number_at,
    parsed,
    pictures_at,
    sentence,
    speaks_of_balance,
    speaks_of_policy,
    text_at,
)

HEADER = ("Authorization", "Bearer ")
"""The header of the key, and the text before it."""

_MODERATION = frozenset(
    {
        "sensitivecontent",
        "sensitivecontentdetected",
        "inputimagesensitivecontentdetected",
        "inputoutputsensitivecontentdetected",
        "prohibitedcontentdetected",
        "contentviolation",
        "nsfw",
        "nsfwdetected",
    }
)
"""Failure codes of both naming styles that refuse the content, without case and underscores."""


class Apixo:
    """One APIXO account. Job ids are the service's; a submit without an answer stays unknown."""

    name = "apixo"
    derives_ids = False

    def __init__(self, api: Api, concurrency: int) -> None:
        """Send everything to the base URL of ``api``, with at most ``concurrency`` jobs."""
        self.concurrency = concurrency
        self._api = api

    async def submit(self, request: Request, job_id: str) -> Accepted | Completed | Failed:
        """Send one task to the model ``request.name``.

        Raises NotSent, Busy, Refused, Moderated, Ambiguous, AccountError.
        """
        body = body_of(request, self._api.title)
        path = f"/generateTask/{_quoted(request.name)}"
        answer = await self._api.post(path, body, paid=True)
        chosen = id_at(self._read(answer), "taskId")
        if not chosen:
            raise self._api.unreadable(answer)
        return Accepted(chosen)

    async def poll(self, job_id: str, name: str) -> Progress:
        """Ask how a task stands; ``name`` is the model that it was sent to.

        Raises NotSent, Busy, Refused, Moderated, Ambiguous, AccountError.
        """
        path = f"/statusTask/{_quoted(name)}?taskId={_quoted(job_id)}"
        answer = await self._api.get(path)
        if _status(answer) == 404:
            return NotFound()
        progress = self._progress(self._read(answer))
        if progress is None:
            raise self._api.unreadable(answer)
        return progress

    async def fetch(self, result: str) -> bytes:
        """Return the bytes at a result's address, which is another host's. Raises ProviderError."""
        return await download(self._api.http, result, loopback=is_loopback(self._api.base_url))

    async def check(self) -> str:
        """Return the key's balance in USD, which is free to ask for. Raises ProviderError."""
        answer = await self._api.get("/apikeys/current-balance")
        balance = number_at(self._read(answer), least=float("-inf"))
        if balance is None:
            raise self._api.unreadable(answer)
        return f"balance ${balance:.2f}"

    async def close(self) -> None:
        """Hold nothing: the connections are shared by all services."""

    def _read(self, answer: Answer) -> Any:
        """Return the `data` of a success, which HTTP and the body's `code` must both say."""
        body = answer.data
        status = _status(answer)
        if 200 <= status < 300 and at(body, "code") == 200:
            return at(body, "data")
        said = sentence(at(body, "message"), at(body, "error"))
        more = sentence(at(body, "data", "error"), at(body, "data", "message"))
        raise self._error(replace(answer, status=status), ": ".join(filter(None, (said, more))))

    def _error(self, answer: Answer, said: str) -> ProviderError:
        if answer.status in (400, 403) and speaks_of_policy(said):
            return self._api.moderated(said)
        if answer.status == 400 and speaks_of_balance(said):
            return self._api.account(said, balance=True)
        return self._api.error(answer, said)

    def _progress(self, data: Any) -> Progress | None:
        """Return how a task stands; None for what cannot be read."""
        state = text_at(data, "state").strip().lower()
        if state == "success":
            return _completed(data)
        if state == "failed":
            return self._failed(data)
        return Running() if state else None

    def _failed(self, data: Any) -> Failed:
        """Return the end of a task; even the codes that may be retried are nowhere said free."""
        code, words = sentence(at(data, "failCode")), sentence(at(data, "failMsg"))
        reason = self._api.clean(": ".join(filter(None, (code, words)))) or "it gives no reason"
        plain = "".join(filter(str.isalnum, code)).lower()
        return Failed(reason, moderated=plain in _MODERATION)


def body_of(request: Request, service: str) -> dict[str, Any]:
    """Return the JSON of a request. Raises Refused for an input picture without an address."""
    edit = request.kind == "edit"
    wanted: dict[str, Any] = {
        "mode": "image-to-image" if edit else "text-to-image",
        "prompt": request.prompt,
    }
    if edit:
        wanted["image_urls"] = public_addresses(request, service)
    elif request.aspect_ratio is not None:
        wanted["aspect_ratio"] = request.aspect_ratio
    if request.webhook:
        return {"request_type": "callback", "callback_url": request.webhook, "input": wanted}
    return {"request_type": "async", "input": wanted}


def _quoted(text: str) -> str:
    return quote(text, "", errors="replace")


def _status(answer: Answer) -> int:
    """Return the error that the body's `code` names, if it is one; else what HTTP says.

    After a 5xx no body proves that nothing was begun.
    """
    code = number_at(answer.data, "code")
    named = code is not None and 400 <= code < 600 and answer.status < 500
    return int(code) if code is not None and named else answer.status


def _completed(data: Any) -> Progress | None:
    """Return the pictures of `resultJson`, which is JSON in a text; None if it cannot be read."""
    said = at(data, "resultJson")
    if isinstance(said, str):
        text = said.strip()
        said = parsed(text)
        if said is None and text not in ("", "null"):
            return None
    found = pictures_at(said, "resultUrls") or pictures_at(said)
    if found:
        return Completed(found, took=_took(data))
    inner = isinstance(said, dict) and "resultUrls" in said
    empty = is_blank(at(said, "resultUrls") if inner else said)
    return Failed("it was completed without a picture") if empty else None


def _took(data: Any) -> float | None:
    """Return the seconds that a task took; APIXO counts in milliseconds."""
    spent = number_at(data, "costTime")
    if spent is None:
        start, end = number_at(data, "createTime"), number_at(data, "completeTime")
        spent = end - start if start is not None and end is not None and end >= start else None
    return None if spent is None else spent / 1000
