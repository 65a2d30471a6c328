"""Job ids that the client derives, so that a repeated submit cannot make a second job."""

from __future__ import annotations

import hashlib
import hmac
import uuid

from assetgen.digest import Digest


def derived_id(secret: bytes, key: Digest, take: int, epoch: int) -> str:
    """Return the id of one call, shaped as a version 4 UUID (Runware: `taskUUID` is a UUID v4)."""
    message = f"{key}:{take}:{epoch}".encode()
    return str(uuid.UUID(bytes=hmac.digest(secret, message, hashlib.sha256)[:16], version=4))
