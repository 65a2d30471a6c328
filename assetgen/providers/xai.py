"""xAI: generations and edits, answered at once; knows the wire format and no price.

Sources: xAI's pages "Images" of the REST reference, "Image generation", "Debugging errors" and
the changelog of its Python package. What its errors look like in full is read from public clients:
`{"code": …, "error": …}`, where a picture that was made and then rejected comes as HTTP 400 with
the code `imagine:content-moderated` and, in `usage`, what it cost all the same.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from assetgen.errors import ProviderError
from assetgen.providers.base import Completed, Failed, Reference, Request
from assetgen.providers.http import Answer
from assetgen.providers.images_api import SECONDS, ImagesApi, said_in
from assetgen.providers.wire import at, data_uri, number_at, sentence, speaks_of_policy, text_at

_TICKS = 10_000_000_000
"""Ticks of one USD (xAI: `cost_in_usd_ticks`)."""
_BEARABLE = 10_000 * _TICKS
"""A larger cost of one call is no cost."""

_MODERATED = "imagine:content-moderated"
_BAD_KEY = ("incorrect api key", "invalid api key")
_EMPTY = ("used all available credits", "spending limit", "doesn't have any credits")


class Xai(ImagesApi):
    """One xAI account."""

    name = "xai"

    async def submit(self, request: Request, job_id: str) -> Completed | Failed:
        """Send one request and return what came of it; there are no job ids.

        A picture that xAI's moderation withholds is Failed, charged or not: asking again pays
        again. Raises NotSent, Busy, Refused, Ambiguous, AccountError.
        """
        path, body = call_of(request)
        answer = await self._api.post(path, body, paid=True, seconds=SECONDS)
        if not 200 <= answer.status < 300:
            return self._failed(answer)
        results = self._results(answer)
        if not results:
            return self._moderated(answer, _block_reason(answer.data))
        model = self._api.clean(text_at(answer.data, "model"))
        return Completed(results, _cost(answer.data), model)

    def _failed(self, answer: Answer) -> Failed:
        """Return what ended with a charge, or raise what else an error means."""
        said = said_in(answer)
        if _is_moderation(answer, said):
            return self._moderated(answer, said)
        if 400 <= answer.status < 500 and _ticks(answer.data):
            return Failed(self._api.clean(said) or f"HTTP {answer.status}", charged=True)
        raise self._error(answer)

    def _moderated(self, answer: Answer, reason: str) -> Failed:
        reason = self._api.clean(reason) or "the picture did not pass moderation"
        return Failed(reason, charged=True if _ticks(answer.data) else None, moderated=True)

    def _error(self, answer: Answer) -> ProviderError:
        """Return what an answer without success means.

        xAI says 400 to a wrong key, and 403 or 429 to an account without credits.
        """
        said = said_in(answer)
        words = said.lower()
        if answer.status == 400 and words.startswith(_BAD_KEY):
            return self._api.account(said)
        if answer.status in (403, 429) and any(phrase in words for phrase in _EMPTY):
            return self._api.account(said, balance=True)
        return self._api.error(answer, said)

    async def check(self) -> str:
        """Ask for the image models, which needs a key and costs nothing. Raises ProviderError."""
        answer = await self._api.get("/image-generation-models")
        models = at(answer.data, "models")
        if answer.status != 200:
            raise self._error(answer)
        if not isinstance(models, list):
            raise self._api.unreadable(answer)
        return f"the key is accepted, image models: {len(models)}"


def call_of(request: Request) -> tuple[str, dict[str, Any]]:
    """Return path and JSON body of the call that buys one picture.

    xAI, "Image generation": an edit is JSON too, of `image` or of `images`; that of one picture
    keeps its ratio.
    """
    pictures = request.references
    body: dict[str, Any] = {"model": request.name, "prompt": request.prompt, "n": 1}
    if len(pictures) == 1:
        body["image"] = {"type": "image_url", "url": _address(pictures[0])}
    elif pictures:
        body["images"] = [{"url": _address(picture)} for picture in pictures]
    if request.aspect_ratio and len(pictures) != 1:
        body["aspect_ratio"] = request.aspect_ratio
    body["resolution"] = request.resolution.lower()
    if request.quality:
        body["quality"] = request.quality
    body["response_format"] = "b64_json"
    return ("/images/edits" if pictures else "/images/generations"), body


def _address(picture: Reference) -> str:
    return picture.address or data_uri(picture.data)


def _block_reason(data: Any) -> str:
    """Return why a picture was withheld, which stands at the top under a name nobody documents."""
    reasons = (data[key] for key in data if "reason" in key) if isinstance(data, dict) else ()
    return sentence(*reasons)


def _is_moderation(answer: Answer, said: str) -> bool:
    """Whether an error is about what was asked for; a 403 is about the account otherwise."""
    if answer.status == 403:
        return said.lower().startswith("content violates")
    code = text_at(answer.data, "code")
    return answer.status == 400 and (code == _MODERATED or speaks_of_policy(said))


def _ticks(data: Any) -> float | None:
    return number_at(data, "usage", "cost_in_usd_ticks")


def _cost(data: Any) -> float | None:
    ticks = _ticks(data)
    if ticks is None or ticks > _BEARABLE:
        return None
    return float(round(Decimal(ticks) / _TICKS, 6))
