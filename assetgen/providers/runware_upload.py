"""Brings input pictures to Runware before a request is paid; knows nothing of that request.

Source: Runware's pages "Image upload" and "Image inference" (a reference is a UUID, an address, a
data URI or base64).
"""

from __future__ import annotations

import asyncio
import dataclasses
import io
import uuid
from collections.abc import Iterable

from PIL import Image

from assetgen.digest import Digest, sha256
from assetgen.errors import Kind, Problem
from assetgen.providers.base import Ambiguous, NotSent, Reference
from assetgen.providers.http import Answer, Api
from assetgen.providers.runware_answer import read, refusal
from assetgen.providers.wire import data_uri, text_at

MAX_SIDE = 2048
"""Pixels: what is stored is shrunk to this without a word, so a larger picture is not uploaded."""
INLINE = 64 << 10
"""Bytes up to which a picture goes with the request: less than the upload's round trip costs, no
second call that can fail, and nothing left on the service for 30 days."""
SLOWEST = 128 << 10
"""Bytes a second of the slowest line that is waited for."""

NOT_UPLOADED = Kind(
    "reference-not-uploaded",
    "{service} did not get an input picture: {what}",
    "nothing was charged; build again",
)


class Uploads:
    """The pictures that this process uploaded, each once."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._known: dict[Digest, str] = {}
        self._turns: dict[Digest, asyncio.Lock] = {}

    async def place(self, reference: Reference) -> str:
        """Return how a request names ``reference``: its address, a data URI or a stored UUID.

        Raises NotSent, Busy, Refused, AccountError, of which none leaves doubt about the request
        that the picture was for: it was not sent.
        """
        if reference.address:
            return reference.address
        data = reference.data
        if len(data) <= INLINE or not _is_kept_whole(data):
            return data_uri(data)
        digest = sha256(data)
        async with self._turns.setdefault(digest, asyncio.Lock()):
            if digest not in self._known:
                self._known[digest] = await self._upload(data)
            return self._known[digest]

    def forget(self, references: Iterable[Reference]) -> None:
        """Upload these again when they are needed next: the service may have dropped them."""
        for reference in references:
            self._known.pop(sha256(reference.data), None)

    async def _upload(self, data: bytes) -> str:
        # The id is random: an upload is free, and a repeated one must not meet the first.
        task = str(uuid.uuid4())
        body = {"taskType": "imageUpload", "taskUUID": task, "image": data_uri(data)}
        try:
            answer = await self._api.post("", [body], seconds=patience(self._api, len(data)))
            return self._stored(answer, task)
        except (NotSent, Ambiguous) as error:
            facts = {"service": self._api.title, "what": str(error)}
            raise NotSent(Problem(NOT_UPLOADED, facts=facts)) from None

    def _stored(self, answer: Answer, task: str) -> str:
        reading = read(answer.data, task)
        for item in reading.items:
            name = text_at(item, "imageUUID")
            if name and 200 <= answer.status < 300:
                return name
        for fault in reading.faults:
            said = f"an input picture was refused: {fault.said}"
            raise refusal(self._api, answer, dataclasses.replace(fault, said=said))
        raise self._api.error(answer, "")


def patience(api: Api, size: int) -> float:
    """Return the seconds within which a request of ``size`` bytes should have its answer."""
    return api.seconds + size / SLOWEST


def _is_kept_whole(data: bytes) -> bool:
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as image:
            return max(image.size) <= MAX_SIDE
    except (OSError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return False
