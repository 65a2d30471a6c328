"""Pictures that come with a request: what their bytes are; knows no service and no job."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
from dataclasses import dataclass

from PIL import Image

_FORMATS = ("PNG", "JPEG", "WEBP")
MAX_PIXELS = 100_000_000


@dataclass(frozen=True, slots=True)
class Reference:
    """A picture that was read and decoded: digest of the bytes as sent, format, size in pixels."""

    sha256: str
    format: str
    width: int
    height: int
    data: bytes


def decoded(data: bytes) -> Reference | None:
    """Return the picture that ``data`` is; None if it is no whole PNG, JPEG or WebP."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            width, height = picture.size
            if width * height > MAX_PIXELS:
                return None
            picture.load()
            name = str(picture.format).lower()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    return Reference(hashlib.sha256(data).hexdigest(), name, width, height, data)


def from_data_uri(text: str) -> bytes | None:
    """Return the bytes of a `data:image/…;base64,…` address; None if it is none."""
    head, comma, body = text.partition(",")
    if not comma or not head.startswith("data:image/") or not head.endswith(";base64"):
        return None
    return from_base64(body)


def from_base64(text: str) -> bytes | None:
    """Return the bytes of base64 text; None if it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def data_uri(data: bytes, media_type: str) -> str:
    """Return bytes as a data address."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"


def shrunk(picture: Reference, longest: int) -> Reference:
    """Return a picture with neither side above ``longest``, as PNG if it had to be made smaller."""
    if max(picture.width, picture.height) <= longest:
        return picture
    with Image.open(io.BytesIO(picture.data), formats=_FORMATS) as image:
        image.thumbnail((longest, longest))
        file = io.BytesIO()
        image.save(file, "PNG", compress_level=1)
        width, height = image.size
    data = file.getvalue()
    return Reference(hashlib.sha256(data).hexdigest(), "png", width, height, data)
