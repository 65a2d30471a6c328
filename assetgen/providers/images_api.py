"""What services share that answer a request with its picture; knows no service's own words.

There is no job to ask after: an answer that is lost is lost, so a submit waits long for it.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urljoin

from assetgen.providers.address import is_loopback, is_web
from assetgen.providers.base import NotFound, Progress
from assetgen.providers.download import download
from assetgen.providers.http import Answer, Api
from assetgen.providers.wire import is_blank, items_at, picture_bytes, sentence, text_at

SECONDS = 300.0
"""How long a submit waits for its picture: the best qualities take minutes."""

_MAX_ADDRESS = 8192
_MAX_SAID = 20_000
_PART = r"[\w%~+-][\w.%~+-]*"
_PATH = re.compile(rf"(?=.*/)/?{_PART}(/{_PART})*(\?[\w.%~+&=-]*)?", re.ASCII)
"""A path with at least one slash: a lone word is a word. It leads neither up nor elsewhere."""
_ENCODED = re.compile(r"data:[^,\s]{0,100},\S*|[A-Za-z0-9+/_-]{60,}={0,2}")
"""Base64 that a service gives back out of a request: no words, and perhaps a private picture."""


class ImagesApi:
    """One account of a service in the shape of OpenAI's Images API."""

    derives_ids = False

    def __init__(self, api: Api, concurrency: int) -> None:
        """Send everything to the base URL of ``api``, with at most ``concurrency`` requests."""
        self.concurrency = concurrency
        self._api = api

    async def poll(self, job_id: str, name: str) -> Progress:
        """Return NotFound: the only answer to a request came with it."""
        return NotFound()

    async def fetch(self, result: str) -> bytes:
        """Return the picture at an address that the service gave. Raises ProviderError."""
        local = is_loopback(self._api.base_url)
        return await download(self._api.http, result, loopback=local)

    async def close(self) -> None:
        """Release nothing: the connections belong to whoever made the client."""

    def _results(self, answer: Answer) -> tuple[str | bytes, ...]:
        """Return what an answer of success holds: bytes, addresses, or nothing.

        Raises Ambiguous for an answer that is none, or that holds what cannot be read: a picture
        was made then, and paid for.
        """
        found = results_of(answer.data, self._api.base_url)
        if found is None:
            raise self._api.unreadable(answer)
        return found


def results_of(data: Any, base_url: str) -> tuple[str | bytes, ...] | None:
    """Return the pictures in the `data` of an answer, in order, however many there are.

    Base64 goes before an address beside it; an address without a host is resolved against
    ``base_url``. None if there is no `data`, or if there is something in it that is neither.
    """
    if not isinstance(data, dict) or not isinstance(data.get("data"), list | dict):
        return None
    found: list[str | bytes] = []
    filled = False
    for item in items_at(data, "data"):
        encoded, address = text_at(item, "b64_json"), text_at(item, "url")
        result = _result(encoded, address, base_url)
        if result:
            found.append(result)
        filled = filled or not is_blank([item.get("b64_json"), item.get("url")])
    return tuple(found) if found or not filled else None


def _result(encoded: str, address: str, base_url: str) -> str | bytes | None:
    inline = address[:5].lower() == "data:"
    picture = picture_bytes(encoded) or (picture_bytes(address) if inline else None)
    if picture or inline or len(address) > _MAX_ADDRESS:
        return picture
    return address if is_web(address) else _resolved(address, base_url)


def _resolved(path: str, base_url: str) -> str | None:
    """Return the address that a path of the service's own stands for; None if it is no path."""
    if not _PATH.fullmatch(path):
        return None
    whole = urljoin(base_url.rstrip("/") + "/", path)
    return whole if is_web(whole) else None


def said_in(answer: Answer) -> str:
    """Return a service's own sentence about an error, without what it repeats of a request."""
    data = answer.data
    plain = answer.headers.get("content-type", "").startswith("text/plain")
    texts = (
        text_at(data, "error", "message"),
        text_at(data, "message"),
        text_at(data, "error"),
        text_at(data, "detail"),
        text_at(data, "error", "code"),
        text_at(data, "code"),
        answer.body[:_MAX_SAID].decode("utf-8", "replace") if plain else "",
    )
    return sentence(*(_ENCODED.sub("…", text[:_MAX_SAID]) for text in texts))
