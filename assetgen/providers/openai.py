"""OpenAI's Images API, and servers of the same shape; knows the wire format and OpenAI's tariff.

Sources: OpenAI's API reference "Images" (as in its Python package 2026-04), its pages "Error
codes", "Pricing" and of the models `gpt-image-2.6-…` (2026-11); for local servers the API page of
stable-diffusion.cpp's server and LocalAI's page "Image generation". A request that moderation
stops is HTTP 400 with `error.code` `moderation_blocked` (gpt-image) or `content_policy_violation`;
an empty account is 429 with `error.type` `insufficient_quota`, or 400 `billing_hard_limit_reached`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from assetgen.errors import ProviderError
from assetgen.providers.address import origin_of
from assetgen.providers.base import Completed, Failed, Moderated, Reference, Request
from assetgen.providers.http import Answer
from assetgen.providers.images_api import SECONDS, ImagesApi, said_in
from assetgen.providers.wire import at, media_type, number_at, speaks_of_policy, text_at

_MODERATED = frozenset(
    {"moderation_blocked", "content_policy_violation", "image_content_policy_violation"}
)
_EMPTY = frozenset(
    {
        "insufficient_quota",
        "billing_hard_limit_reached",
        "billing_not_active",
        "credit_balance_exhausted",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
    }
)
_FORMATS = {"jpg": "jpeg"}
_BYTES_ONLY = ("gpt-image", "chatgpt-image")
"""Models that answer with base64 alone, and refuse to be asked for it."""

_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")
_MANY = 10_000_000
"""More tokens than any picture takes."""


@dataclass(frozen=True, slots=True)
class Tariff:
    """USD for a million tokens of each kind."""

    text: int
    image: int
    output: int


_NOW = Tariff(text=5, image=8, output=30)
TARIFFS: Mapping[str, Tariff] = MappingProxyType(
    {
        "gpt-image-2": _NOW,
        "gpt-image-2.5-flare": _NOW,
        "gpt-image-2.5-sunburst": _NOW,
        "gpt-image-2.6-flare": _NOW,
        "gpt-image-2.6-sunburst": _NOW,
    }
)
"""What `usage` costs at OpenAI itself (OpenAI, "Pricing" and the models' pages, 2026-11)."""


class OpenAi(ImagesApi):
    """One OpenAI account, or a server that speaks alike, perhaps without a key."""

    name = "openai"

    async def submit(self, request: Request, job_id: str) -> Completed | Failed:
        """Send one request and return what came of it; there are no job ids.

        Raises NotSent, Busy, Refused, Moderated, Ambiguous, AccountError.
        """
        answer = await self._post(request)
        if not 200 <= answer.status < 300:
            raise self._error(answer)
        results = self._results(answer)
        if not results:
            return Failed("it answers without a picture")
        model = self._api.clean(text_at(answer.data, "model"))
        return Completed(results, self._cost(request.name, answer.data), model)

    async def _post(self, request: Request) -> Answer:
        fields = fields_of(request)
        if not request.references:
            path = "/images/generations"
            return await self._api.post(path, fields, paid=True, seconds=SECONDS)
        files = [_file(n, picture) for n, picture in enumerate(request.references, start=1)]
        form = {name: str(value) for name, value in fields.items()}
        path = "/images/edits"
        return await self._api.post(path, files=files, form=form, paid=True, seconds=SECONDS)

    def _error(self, answer: Answer) -> ProviderError:
        """Return what an answer without success means: 4xx by its code, else by its status."""
        said = said_in(answer)
        codes = {text_at(answer.data, "error", word) for word in ("code", "type")}
        refused = 400 <= answer.status < 500
        policy = answer.status == 400 and speaks_of_policy(said)
        if (refused and codes & _MODERATED) or policy:
            return Moderated(*self._api.refused(said).problems)
        if refused and codes & _EMPTY:
            return self._api.account(said or min(codes & _EMPTY), balance=True)
        return self._api.error(answer, said)

    def _cost(self, model: str, data: Any) -> float | None:
        """Return USD by the tokens that OpenAI counted; another server has its own prices."""
        origin = origin_of(self._api.base_url)
        tariff = TARIFFS.get(_SNAPSHOT.sub("", model))
        if tariff is None or origin is None or origin[1] != "api.openai.com":
            return None
        return _tokens_cost(data, tariff)

    async def check(self) -> str:
        """Ask for the list of models, which costs nothing. Raises ProviderError."""
        answer = await self._api.get("/models")
        models = at(answer.data, "data")
        if answer.status != 200:
            raise self._error(answer)
        if not isinstance(models, list):
            raise self._api.unreadable(answer)
        return f"{'the key is accepted' if self._api.key else 'it answers'}, models: {len(models)}"


def fields_of(request: Request) -> dict[str, Any]:
    """Return the fields of the request that buys one picture, without its input pictures.

    Without a size the service chooses (OpenAI: `auto`; LocalAI: 512x512).
    """
    fields: dict[str, Any] = {"model": request.name, "prompt": request.prompt, "n": 1}
    if request.size:
        fields["size"] = "{}x{}".format(*request.size)
    if request.quality:
        fields["quality"] = request.quality
    if request.format:
        fields["output_format"] = _FORMATS.get(request.format, request.format)
    if not any(word in request.name for word in _BYTES_ONLY):
        fields["response_format"] = "b64_json"
    return fields


def _file(number: int, picture: Reference) -> tuple[str, tuple[str, bytes, str]]:
    kind = media_type(picture.data)
    return "image[]", (f"{number}.{kind.rpartition('/')[2]}", picture.data, kind)


def _tokens_cost(data: Any, tariff: Tariff) -> float | None:
    text = number_at(data, "usage", "input_tokens_details", "text_tokens")
    image = number_at(data, "usage", "input_tokens_details", "image_tokens") or 0.0
    output = number_at(data, "usage", "output_tokens")
    if text is None or output is None or max(text, image, output) > _MANY:
        return None
    parts = ((text, tariff.text), (image, tariff.image), (output, tariff.output))
    millionths = sum((Decimal(tokens) * price for tokens, price in parts), Decimal(0))
    return float(round(millionths / 1_000_000, 6))
