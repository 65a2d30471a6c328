"""Pixels to bytes, in the formats of output files; knows no operation and no path.

The same picture always gives the same bytes, without EXIF, profiles, text or times.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from PIL import Image

from assetgen.errors import ImageError, Kind, Problem
from assetgen.ops.picture import has_alpha

ALPHA_LOST = Kind(
    "alpha-lost",
    "a {format} file has no transparency, and this picture is partly transparent",
    "write png, webp or avif; this release cannot lay it on a colour",
)
CANNOT_WRITE = Kind(
    "format-not-run",
    "this release does not write {format} files yet",
    "write one of: {known}",
)
NOT_ENCODED = Kind(
    "encode-failed",
    "a picture of {width} by {height} pixels cannot be written as {format}: {reason}",
    "make it smaller, or choose another format",
)

# jpg: full colour resolution, as generated art is full of hard coloured edges.
# avif: one thread, since its tiling, and so its bytes, follow the number of threads.
_SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "png": {"format": "PNG", "compress_level": 6},
    "jpg": {
        "format": "JPEG",
        "quality": 90,
        "subsampling": "4:4:4",
        "progressive": True,
        "optimize": True,
    },
    "webp": {"format": "WEBP", "quality": 90, "method": 4},
    "avif": {"format": "AVIF", "quality": 75, "speed": 6, "max_threads": 1, "autotiling": False},
}
WRITABLE = tuple(_SETTINGS)
"""The formats that this release writes."""


def encode(image: Image.Image, format: str) -> bytes:
    """Return the file of an RGB or RGBA picture: png and lossy jpg, webp, avif.

    An alpha channel without a transparent pixel is left out. Raises ImageError.
    """
    settings = _SETTINGS.get(format)
    if settings is None:
        facts = {"format": format, "known": ", ".join(WRITABLE)}
        raise ImageError(Problem(CANNOT_WRITE, facts=facts))
    if image.mode == "RGBA" and not has_alpha(image):
        image = image.convert("RGB")
    if image.mode == "RGBA" and format == "jpg":
        raise ImageError(Problem(ALPHA_LOST, facts={"format": format}))
    buffer = io.BytesIO()
    try:
        image.save(buffer, **settings)
    except (OSError, ValueError, RuntimeError) as error:
        facts = {
            "format": format,
            "width": str(image.width),
            "height": str(image.height),
            "reason": str(error),
        }
        raise ImageError(Problem(NOT_ENCODED, facts=facts)) from error
    return buffer.getvalue()
