"""The ico container: one picture in several sizes; knows no encoder and no file.

Its pictures are PNG, which Windows reads in icons since Vista and every browser of today does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PIL import Image

from assetgen.errors import ImageError, Kind, Problem
from assetgen.ops import arguments

ICON_TOO_SMALL = Kind(
    "icon-too-small",
    "an icon of {size} pixels cannot be made of a picture of {width} by {height} without blurring",
    "give fewer 'sizes', or a larger picture",
)

SIZES = (16, 32, 48)
LARGEST = 256
_HEADER, _ENTRY = 6, 16


def read_sizes(name: str, value: Any) -> tuple[int, ...]:
    """Return sides of 1 to 256 pixels, in order, of a list or of one number. Raises ImageError."""
    items = value if isinstance(value, list | tuple) else [value]
    sizes = {arguments.whole(name, item, 1, LARGEST) for item in items}
    if not sizes or len(sizes) != len(items):
        arguments.refuse(name, value, "a list of sizes", "write each once, such as [16, 32, 48]")
    return tuple(sorted(sizes))


def frames(image: Image.Image, sizes: Sequence[int] | None = None) -> list[Image.Image]:
    """Return ``image`` in each size; one that is not square stands in the middle of its square.

    Without ``sizes``, those of 16, 32 and 48 that it is large enough for, or else its own. Raises
    ImageError where one would enlarge it.
    """
    side = max(image.size)
    if sizes is None:
        sizes = [size for size in SIZES if size <= side] or [side]
    if sizes[-1] > side:
        facts = {"size": sizes[-1], "width": image.width, "height": image.height}
        raise ImageError(Problem(ICON_TOO_SMALL, facts=facts))
    return [_scaled(image, size) for size in sizes]


def _scaled(image: Image.Image, size: int) -> Image.Image:
    scale = size / max(image.size)
    width, height = (max(1, round(length * scale)) for length in image.size)
    if (width, height) != image.size:
        image = image.resize((width, height), Image.Resampling.LANCZOS)
    if width == height:
        return image
    square = Image.new("RGBA", (size, size), (0, 0, 0, 0))
    square.paste(image, ((size - width) // 2, (size - height) // 2))
    return square


def container(pictures: Sequence[tuple[int, bytes]]) -> bytes:
    """Return the ico of PNG files, each with its side in pixels."""
    head = bytearray(_number(0, 2) + _number(1, 2) + _number(len(pictures), 2))
    at = _HEADER + _ENTRY * len(pictures)
    for side, data in pictures:
        # Sides of one byte, where 0 is 256; no palette; one plane of 32 bits.
        head += bytes([side % 256, side % 256, 0, 0]) + _number(1, 2) + _number(32, 2)
        head += _number(len(data), 4) + _number(at, 4)
        at += len(data)
    return bytes(head) + b"".join(data for _, data in pictures)


def entries(data: bytes) -> list[bytes]:
    """Return the pictures in an ico, the largest last, each a PNG or a headless BMP (a DIB).

    Raises ValueError if the directory points outside of the file.
    """
    count = int.from_bytes(data[4:6], "little")
    if data[:4] != b"\x00\x00\x01\x00" or not count or len(data) < _HEADER + _ENTRY * count:
        raise ValueError("it has no directory of pictures")
    found = []
    for start in range(_HEADER, _HEADER + _ENTRY * count, _ENTRY):
        length, at = (int.from_bytes(data[n : n + 4], "little") for n in (start + 8, start + 12))
        if not length or at + length > len(data):
            raise ValueError("a picture in it is cut short")
        found.append(((data[start] or 256) * (data[start + 1] or 256), data[at : at + length]))
    return [picture for _, picture in sorted(found, key=lambda entry: entry[0])]


def _number(value: int, length: int) -> bytes:
    return value.to_bytes(length, "little")
