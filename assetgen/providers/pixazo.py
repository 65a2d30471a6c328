"""Pixazo: a route for each model, one queue for all; knows the wire format and no price.

Sources: Pixazo's page of the model `grok-imagine-image` (bodies, headers, states, what is charged,
`X-Webhook-URL`), and for answers of its other models its public client. It has no upload, no call
that is free to prove a key, and says no cost.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote, urlsplit

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
    pictures_at,
    seconds_between,
    sentence,
    speaks_of_policy,
    text_at,
)

HEADER = ("Ocp-Apim-Subscription-Key", "")
"""The header of the key, and the text before it."""

STATUS_PATH = "/v2/requests/status/"


class Pixazo:
    """One Pixazo account. Job ids are the service's; a submit without an answer stays unknown."""

    name = "pixazo"
    derives_ids = False

    def __init__(self, api: Api, concurrency: int) -> None:
        """Send everything to the base URL of ``api``, with at most ``concurrency`` jobs."""
        self.concurrency = concurrency
        self._api = api
        self._status_urls: dict[str, str] = {}

    async def submit(self, request: Request, job_id: str) -> Accepted | Completed | Failed:
        """Send one request for one picture to the path ``request.name``.

        Raises NotSent, Busy, Refused, Ambiguous, AccountError.
        """
        body = body_of(request, self._api.title)
        headers = {"Cache-Control": "no-cache"}
        if request.webhook:
            headers["X-Webhook-URL"] = request.webhook
        path = quote(request.name, errors="replace")
        answer = await self._api.post(path, body, headers=headers, paid=True)
        data = self._read(answer)
        chosen = self._chosen(data)
        if chosen:
            return Accepted(chosen)
        # Its public client knows models that answer with the picture at once.
        progress = self._progress(data)
        if isinstance(progress, Completed | Failed):
            return progress
        raise self._api.unreadable(answer)

    async def poll(self, job_id: str, name: str) -> Progress:
        """Ask how a job stands, at the address that all models share, whatever its route.

        Raises NotSent, Busy, Refused, Ambiguous, AccountError.
        """
        url = self._status_urls.get(job_id) or STATUS_PATH + quote(job_id, "", errors="replace")
        answer = await self._api.get(url)
        if answer.status == 404:
            return NotFound()
        progress = self._progress(self._read(answer))
        if progress is None:
            raise self._api.unreadable(answer)
        if not isinstance(progress, Running):
            self._status_urls.pop(job_id, None)
        return progress

    async def fetch(self, result: str) -> bytes:
        """Return the bytes at a result's address, which is another host's. Raises ProviderError."""
        return await download(self._api.http, result, loopback=is_loopback(self._api.base_url))

    async def check(self) -> str:
        """Return nothing: there is no call that proves a key for free."""
        return ""

    async def close(self) -> None:
        """Hold nothing: the connections are shared by all services."""

    def _chosen(self, data: Any) -> str:
        """Return the id of an accepted job, and remember where the service says to ask for it.

        The key goes to its own origin alone; a later process asks at the documented address.
        """
        url = text_at(data, "polling_url")
        if not self._api.owns(url):
            return id_at(data, "request_id")
        last = urlsplit(url).path.rpartition("/")[2]
        chosen = id_at(data, "request_id") or unquote(last)
        if unquote(last) == chosen:
            self._status_urls[chosen] = url
        return chosen

    def _read(self, answer: Answer) -> Any:
        data = answer.data
        if 200 <= answer.status < 300:
            return data
        raise self._api.error(answer, _reason(data))

    def _progress(self, data: Any) -> Progress | None:
        """Return how a job stands; None for what cannot be read."""
        state = text_at(data, "status").strip().upper()
        found = _pictures(data)
        if state == "COMPLETED" or (found and not state):
            if found:
                took = seconds_between(text_at(data, "created_at"), text_at(data, "completed_at"))
                model = self._api.clean(text_at(data, "model_id"))
                return Completed(found, model=model, took=took)
            return Failed("it was completed without a picture") if _is_empty(data) else None
        reason = self._api.clean(_reason(data)) or f"its state is {state}"
        if state == "ERROR":  # "System error — not charged"
            return Failed(reason, charged=False)
        if state == "FAILED":  # whether that is charged is said nowhere
            return Failed(reason, moderated=speaks_of_policy(reason))
        return Running() if state else None


def body_of(request: Request, service: str) -> dict[str, Any]:
    """Return the JSON of a request. Raises Refused for an input picture without an address."""
    body: dict[str, Any] = {"prompt": request.prompt}
    if request.kind == "edit":
        body["image_urls"] = public_addresses(request, service)
    body["num_images"] = 1
    if request.kind == "edit" or request.aspect_ratio is not None:
        body["aspect_ratio"] = request.aspect_ratio or "auto"
    body["resolution"] = request.resolution
    if request.quality is not None:
        body["quality"] = request.quality
    if request.format:
        body["output_format"] = request.format
    return body


def _reason(data: Any) -> str:
    message, error = at(data, "message"), at(data, "error")
    return sentence(message, error, at(error, "message"), at(data, "detail"))


def _pictures(data: Any) -> tuple[str | bytes, ...]:
    """Return the pictures from where the page or other models of the service put them."""
    places = (("output", "media_url"), ("output",), ("output", "images"), ("images",))
    return next((found for place in places if (found := pictures_at(data, *place))), ())


def _is_empty(data: Any) -> bool:
    """Whether the place of the pictures is there to be read, and nothing is in it."""
    output = at(data, "output")
    inner = isinstance(output, dict) and "media_url" in output
    return is_blank(at(output, "media_url") if inner else output)
