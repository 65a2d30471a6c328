"""What a page shows until a picture is there: a tiny picture, or a blurhash; knows no page.

The blurhash is that of https://github.com/woltapp/blurhash (Algorithm.md).
"""

from __future__ import annotations

import base64
import io
import math

import numpy as np
from PIL import Image

from assetgen.ops.picture import has_alpha

LQIP_SIDE = 20
LQIP_BYTES = 400
_QUALITIES = (40, 20, 5)

BLURHASH_SIDE = 64
"""A blurhash holds no more than 9 waves across: more pixels than this change nothing in it."""
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"


def lqip(image: Image.Image) -> str:
    """Return a data URI of at most 400 characters: the picture in 20 pixels, as webp.

    It is empty for a picture with transparent pixels, which it would shine through for ever.
    """
    if has_alpha(image):
        return ""
    tiny = _reduced(image.convert("RGB"), LQIP_SIDE)
    while True:
        for quality in _QUALITIES:
            buffer = io.BytesIO()
            tiny.save(buffer, "WEBP", quality=quality, method=6)
            text = "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()
            if len(text) <= LQIP_BYTES:
                return text
        tiny = _reduced(tiny, max(tiny.size) // 2)


def blurhash(image: Image.Image) -> str:
    """Return the blurhash, with 4 waves along the longer side and 3 along the other.

    Transparent pixels count as the mean of the others.
    """
    across, down = (4, 3) if image.width >= image.height else (3, 4)
    return encode_blurhash(_filled(_reduced(image, BLURHASH_SIDE)), across, down)


def encode_blurhash(image: Image.Image, across: int, down: int) -> str:
    """Return the blurhash of an RGB picture with so many waves, 1 to 9 each."""
    linear = _linear(np.asarray(image, dtype=np.float64) / 255)
    height, width = linear.shape[:2]
    rows = np.cos(np.pi * np.outer(np.arange(down), np.arange(height)) / height)
    columns = np.cos(np.pi * np.outer(np.arange(across), np.arange(width)) / width)
    factors = np.einsum("jy,yxc,ix->jic", rows, linear, columns) / (width * height)
    waves = factors.reshape(-1, 3)
    # The first is the mean colour, the others swing around it.
    waves[1:] *= 2
    swing = float(np.abs(waves[1:]).max()) if len(waves) > 1 else 0.0
    steps = min(82, max(0, math.floor(swing * 166 - 0.5)))
    most = (steps + 1) / 166 if len(waves) > 1 else 1.0
    mean = [_srgb(float(channel)) for channel in waves[0]]
    return "".join(
        [
            _digits(across - 1 + (down - 1) * 9, 1),
            _digits(steps, 1),
            _digits((mean[0] << 16) + (mean[1] << 8) + mean[2], 4),
            *(_digits(_swing(wave / most), 2) for wave in waves[1:]),
        ]
    )


def _swing(wave: np.ndarray[tuple[int], np.dtype[np.float64]]) -> int:
    """Return three swings of -1 to 1 in one number, each in 19 steps, finer near zero."""
    rooted = np.sign(wave) * np.sqrt(np.abs(wave))
    steps = [min(18, max(0, math.floor(float(value) * 9 + 9.5))) for value in rooted]
    return (steps[0] * 19 + steps[1]) * 19 + steps[2]


def _linear(
    values: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def _srgb(value: float) -> int:
    value = min(1.0, max(0.0, value))
    curved = value * 12.92 if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055
    return int(curved * 255 + 0.5)


def _digits(number: int, length: int) -> str:
    return "".join(_DIGITS[number // 83**place % 83] for place in reversed(range(length)))


def _reduced(image: Image.Image, side: int) -> Image.Image:
    scale = side / max(image.size)
    if scale >= 1:
        return image
    width, height = (max(1, round(length * scale)) for length in image.size)
    return image.resize((width, height), Image.Resampling.BOX)


def _filled(image: Image.Image) -> Image.Image:
    if not has_alpha(image):
        return image.convert("RGB")
    mean = image.resize((1, 1), Image.Resampling.BOX).convert("RGB").getpixel((0, 0))
    ground = Image.new("RGBA", image.size, (*mean, 255) if isinstance(mean, tuple) else None)
    ground.alpha_composite(image)
    return ground.convert("RGB")
