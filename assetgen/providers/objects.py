"""Puts pictures into an object store and signs addresses for them; knows no service that reads.

Objects are named after their bytes and never replaced. What credentials each kind of store needs
is said in :mod:`assetgen.providers.clouds`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    NotSupportedError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)

from assetgen.config import Hosting
from assetgen.errors import Kind, Problem, StoreError
from assetgen.graph import NOTHING
from assetgen.providers.clouds import Folder, check_address, guarded, open_folder

UPLOADS = 4
"""Pictures on their way at once."""

NOT_SIGNED = Kind(
    "hosting-not-signed",
    "no signed address can be made for {where}: the environment has no credentials that can sign",
    "{step}",
)
NOT_PUT = Kind("hosting-not-put", "the picture cannot be put at {where}: {what}", "{step}")

_CODE = re.compile(r"<Code>([A-Za-z0-9]{1,64})</Code>")
_STATUS = re.compile(r"status code: ([0-9]{3})")

_CREDENTIALS = {
    "AuthenticationFailed",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
}
"""Codes by which stores refuse a key, beside HTTP 401 (S3: error responses; Azure: the same)."""
_ELSEWHERE = {
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
    "PermanentRedirect",
    "TemporaryRedirect",
}
"""Codes by which S3 says that a bucket is in another region."""
_CLOCK = {"RequestExpired", "RequestTimeTooSkewed"}
"""Codes by which S3 says that a request was signed at another time."""


def open_objects(hosting: Hosting, settings: Mapping[str, Any] = NOTHING) -> Objects:
    """Return the store that ``hosting`` names, without asking it anything. Raises UsageError."""
    return Objects(open_folder(hosting, settings), timedelta(seconds=hosting.expires))


@dataclass
class Objects:
    """One folder of an object store, as a :class:`~assetgen.providers.hosting.Host`.

    Attributes:
        folder: where; life: how long a signed address can be read.
    """

    folder: Folder
    life: timedelta
    _placed: set[str] = field(default_factory=set, repr=False)
    _turns: dict[str, asyncio.Lock] = field(default_factory=dict, repr=False)
    _slots: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(UPLOADS), repr=False
    )
    _conditional: bool = True

    async def put(self, data: bytes, name: str) -> str:
        """Return a fresh signed address of ``data``; the first time in this process, upload it.

        It is not replaced where an object of that name exists already. Raises StoreError, and
        UsageError for a store that can only be read over plain http.
        """
        extension, kind = _type_of(data)
        key = f"{name}.{extension}"
        turn = self._turns.setdefault(key, asyncio.Lock())
        # The library's own coroutines may abort the interpreter at its end: their threads still
        # want to wake a loop that is gone. Its plain functions do not.
        async with turn, self._slots:
            return await asyncio.to_thread(self._place, key, data, kind)

    def _place(self, key: str, data: bytes, kind: str) -> str:
        address = guarded(
            lambda: obstore.sign(self.folder.store, "GET", key, self.life),
            lambda error: StoreError(
                Problem(NOT_SIGNED, facts={"where": self.folder.where, "step": self.folder.needs})
            ),
        )
        check_address(address)
        if key not in self._placed:
            guarded(lambda: self._upload(key, data, kind), lambda error: self._not_put(key, error))
            self._placed.add(key)
        return address

    def _upload(self, key: str, data: bytes, kind: str) -> None:
        attributes: obstore.Attributes = {"Content-Type": kind}
        if self._conditional:
            try:
                obstore.put(self.folder.store, key, data, attributes=attributes, mode="create")
                return
            except (AlreadyExistsError, PreconditionError):
                return
            except Exception as error:
                if not _unconditional(error):
                    raise
                self._conditional = False
        obstore.put(self.folder.store, key, data, attributes=attributes, use_multipart=False)

    def _not_put(self, key: str, error: BaseException) -> StoreError:
        what, step = _meaning(error, self.folder.needs)
        facts = {"where": f"{self.folder.where}/{key}", "what": what, "step": step}
        return StoreError(Problem(NOT_PUT, facts=facts))


def _unconditional(error: Exception) -> bool:
    """Whether a store says that it knows no conditional put (some copies of S3: HTTP 501)."""
    return isinstance(error, NotSupportedError) or _found(_STATUS, error) == "501"


def _meaning(error: BaseException, needs: str) -> tuple[str, str]:
    """Return what an upload's failure means and what to do, in our own words."""
    code, status = _found(_CODE, error), _found(_STATUS, error)
    said = f" ({code})" if code else ""
    if code in _CREDENTIALS or isinstance(error, UnauthenticatedError):
        return f"the credentials are refused{said}", needs
    if code in _CLOCK:
        return f"this machine's clock is not the store's{said}", "set the clock"
    if isinstance(error, PermissionDeniedError):
        step = "allow these credentials to put and to read objects there"
        return f"these credentials may not write there{said}", step
    if isinstance(error, FileNotFoundError):
        return f"there is no such bucket{said}", "create it, or mend store in [hosting]"
    if code in _ELSEWHERE or "BareRedirect" in str(error):
        return f"the bucket is in another region{said}", "set region in [hosting]"
    if status:
        return f"the store answers HTTP {status}{said}", "build again later, or ask its operator"
    return "the store cannot be reached", "check the network, and endpoint in [hosting]"


def _found(pattern: re.Pattern[str], error: BaseException) -> str:
    match = pattern.search(str(error))
    return match[1] if match else ""


def _type_of(data: bytes) -> tuple[str, str]:
    """Return the extension and the content type of a picture, by its first bytes."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png", "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg", "image/jpeg"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "webp", "image/webp"
    return "bin", "application/octet-stream"
