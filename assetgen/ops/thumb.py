"""Small pictures for a page of many, with what they say of the large one; knows no file or page.

A thumbnail is one line of JSON, the facts of the whole picture, and then the bytes of a WebP: so
that who has it cached need not read the picture again to know how large that is.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass

from PIL import Image

from assetgen.action import Action, Input, local
from assetgen.digest import Digest, canonical_json
from assetgen.errors import ImageError
from assetgen.graph import READ_FORMATS
from assetgen.ops.container import sniff
from assetgen.ops.picture import has_alpha, outline
from assetgen.optable import CONTENTS

SIZE = 384
"""Pixels of the longer side: a tile of a grid on a screen with two pixels to a point."""
CRISP = 128
"""Up to this side pixels are kept exactly, since such pictures are drawn pixel by pixel."""
_QUALITY = 80
_METHOD = 1  # a quarter of the time of libwebp's usual 4, for a third more bytes
# Halved first, then a small filter: a quarter of Lanczos' time, and hardly a difference to the eye.
_FILTER, _GAP = Image.Resampling.HAMMING, 1.3
_MAX_FACTS = 200


@dataclass(frozen=True, slots=True)
class Facts:
    """What a page says of a picture.

    Attributes:
        format: png, jpg or webp.
        width, height: in pixels, as seen.
    """

    format: str
    width: int
    height: int
    alpha: bool


def thumb_action(digest: Digest) -> Action:
    """Return the local action that makes the thumbnail of a picture."""
    return local(
        op="thumb",
        version=CONTENTS["thumb"],
        arguments=canonical_json({"size": SIZE}),
        inputs=[Input("image", digest)],
    )


def write_thumb(image: Image.Image, format: str, size: int) -> bytes:
    """Return the thumbnail of an RGB or RGBA picture, at most ``size`` pixels wide and high.

    ``format`` is the whole picture's: png, jpg or webp.
    """
    see_through = has_alpha(image)
    facts = {
        "alpha": see_through,
        "format": format,
        "height": image.height,
        "width": image.width,
    }
    if image.mode == "RGBA" and not see_through:
        image = image.convert("RGB")
    longer = max(image.size)
    if longer > size:
        scaled = [max(1, round(side * size / longer)) for side in image.size]
        image = image.resize((scaled[0], scaled[1]), _FILTER, reducing_gap=_GAP)
    buffer = io.BytesIO()
    lossless = longer <= CRISP
    image.save(buffer, "WEBP", quality=_QUALITY, method=_METHOD, lossless=lossless)
    return canonical_json(facts).encode() + b"\n" + buffer.getvalue()


def read_thumb(data: bytes) -> tuple[Facts, bytes]:
    """Return the facts and the WebP of a thumbnail. Raises ValueError for what is none."""
    line, _, picture = data.partition(b"\n")
    if len(line) > _MAX_FACTS or picture[:4] != b"RIFF":
        raise ValueError("not a thumbnail")
    found = json.loads(line)
    try:
        facts = Facts(**found)
    except TypeError as error:
        raise ValueError("not a thumbnail") from error
    if facts.format not in READ_FORMATS:
        raise ValueError("not a thumbnail")
    return facts, picture


def claims(data: bytes) -> Facts | None:
    """Return what the header of a picture says of it; no pixel is decoded. None if it is none."""
    try:
        width, height = outline(data)
        return Facts(sniff(data, ""), width, height, _may_be_clear(data))
    except ImageError:
        return None


def _may_be_clear(data: bytes) -> bool:
    """Whether a picture has an alpha channel, or a colour that stands for none."""
    format = sniff(data, "")
    if format == "png":
        return data[25:26] in (b"\x04", b"\x06") or b"tRNS" in data[: data.find(b"IDAT")]
    if format == "webp":
        kind = data[12:16]
        if kind == b"VP8X":
            return bool(data[20] & 0x10)
        return kind == b"VP8L" and bool(data[24] & 0x10)
    return False
