"""Icons in several sizes."""

from __future__ import annotations

import io
import struct

import pytest
from PIL import Image, ImageDraw

from assetgen.errors import ImageError
from assetgen.ops.encode import encode
from assetgen.ops.icon import container, entries
from assetgen.ops.picture import decode


def badge(width: int = 512, height: int = 512) -> Image.Image:
    image = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    box = (width * 0.05, height * 0.05, width * 0.95, height * 0.95)
    ImageDraw.Draw(image).ellipse(box, fill=(200, 40, 90, 255))
    return image


def directory(data: bytes) -> list[tuple[int, int, int, int]]:
    """Return (width, height, length, offset) of each entry, read by the format's description."""
    reserved, kind, count = struct.unpack_from("<HHH", data)
    assert (reserved, kind) == (0, 1)
    found = []
    for number in range(count):
        width, height, colors, zero, planes, bits, length, offset = struct.unpack_from(
            "<BBBBHHII", data, 6 + 16 * number
        )
        assert (colors, zero, planes, bits) == (0, 0, 1, 32)
        found.append((width or 256, height or 256, length, offset))
    return found


def test_the_usual_sizes() -> None:
    """The directory lists them, each entry is a PNG of that size, and they lie end to end."""
    data = encode(badge(), "ico")
    listed = directory(data)
    assert [entry[:2] for entry in listed] == [(16, 16), (32, 32), (48, 48)]
    at = 6 + 16 * 3
    for width, height, length, offset in listed:
        assert offset == at
        assert decode(data[offset : offset + length]).size == (width, height)
        at += length
    assert at == len(data)


def test_sizes_of_ones_own() -> None:
    """They come in order, and 256 is told from 0."""
    data = encode(badge(), "ico", {"sizes": [256, 24, "64"]})
    assert [entry[0] for entry in directory(data)] == [24, 64, 256]
    with Image.open(io.BytesIO(data)) as image:
        assert image.info["sizes"] == {(24, 24), (64, 64), (256, 256)}


def test_each_size_is_of_the_whole_picture() -> None:
    """A small one looks like the large one: a disc in a clear square."""
    for picture in entries(encode(badge(), "ico")):
        image = decode(picture)
        side = image.width
        assert image.getpixel((0, 0)) == (0, 0, 0, 0)
        assert image.getpixel((side // 2, side // 2)) == (200, 40, 90, 255)
        # The rim is soft, and no darker than the disc: clear black has not bled in.
        row = [image.getpixel((x, side // 2)) for x in range(side)]
        assert all(isinstance(p, tuple) and (p[3] == 0 or p[0] >= 190) for p in row)


def test_a_picture_that_is_not_square() -> None:
    """It stands in the middle, and what is beside it is clear."""
    image = decode(entries(encode(badge(400, 200).convert("RGB"), "ico"))[-1])
    assert image.size == (48, 48)
    assert image.getpixel((24, 2)) == (0, 0, 0, 0)
    assert image.getpixel((24, 24)) == (200, 40, 90, 255)


def test_a_picture_that_is_too_small() -> None:
    """Sizes that were asked for are an error, the usual ones are only those that it has."""
    with pytest.raises(ImageError, match="icon of 48 pixels"):
        encode(badge(32, 32), "ico", {"sizes": [16, 48]})
    assert [entry[0] for entry in directory(encode(badge(40, 40), "ico"))] == [16, 32]
    assert [entry[0] for entry in directory(encode(badge(9, 9), "ico"))] == [9]


@pytest.mark.parametrize("cut", [0, 3, 5, 20, 60, -1])
def test_an_icon_cut_short(cut: int) -> None:
    """It is told by its directory."""
    with pytest.raises(ValueError, match=r"directory|cut short"):
        entries(encode(badge(), "ico")[:cut])


def test_the_largest_last() -> None:
    """Whatever the order in the file."""
    assert entries(container([(48, b"large"), (16, b"small")])) == [b"small", b"large"]
