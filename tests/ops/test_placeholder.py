"""Placeholders: tiny pictures and blurhashes."""

from __future__ import annotations

import base64
import io
import random

import pytest
from PIL import Image, ImageDraw

from assetgen.ops.placeholder import LQIP_BYTES, blurhash, encode_blurhash, lqip


def ramp() -> Image.Image:
    image = Image.new("RGB", (24, 16))
    for x in range(24):
        for y in range(16):
            image.putpixel((x, y), (x * 10, y * 16, x * y % 256))
    return image


def corner() -> Image.Image:
    image = Image.new("RGB", (16, 16), "white")
    ImageDraw.Draw(image).rectangle((0, 0, 7, 7), fill="black")
    return image


@pytest.mark.parametrize(
    ("image", "across", "down", "wanted"),
    [
        (ramp(), 4, 3, "LsF?H}2kwubcqJWGjwe-gGfmfNfl"),
        (ramp(), 3, 4, "TsF?H}2kwuqJWGjwgGfmfNs;Wmjv"),
        (ramp(), 1, 4, "RsF?H}qJgGs;"),
        (ramp(), 1, 1, "00F?H}"),
        (Image.new("RGB", (8, 8), (200, 30, 60)), 4, 3, "LNM^#R|yfQ|y|ysVfQsVfQfQfQfQ"),
        (Image.new("RGB", (8, 8), (200, 30, 60)), 1, 1, "00M^#R"),
        (corner(), 4, 3, "LcP?:h00IU_30000M{xuIUM{WBof"),
        (corner(), 1, 4, "RaP?:h00IU_3"),
    ],
)
def test_blurhashes_of_the_reference_encoder(
    image: Image.Image, across: int, down: int, wanted: str
) -> None:
    """The C encoder of woltapp/blurhash (as in PyPI's blurhash-python 1.2.2) gives the same."""
    assert encode_blurhash(image, across, down) == wanted


def test_waves_follow_the_shape() -> None:
    """A wide picture has 4 across and 3 down, a tall one 3 and 4."""
    assert blurhash(Image.new("RGB", (400, 200), "red"))[0] == "L"
    assert blurhash(Image.new("RGB", (200, 400), "red"))[0] == "T"


def test_a_large_picture_is_as_its_small_self() -> None:
    """Its mean colour does not change when it is made smaller first."""
    large = corner().resize((1600, 1600), Image.Resampling.NEAREST)
    assert blurhash(large)[2:6] == blurhash(corner())[2:6]


def test_what_is_not_seen_does_not_darken() -> None:
    """The clear part of a red sprite counts as red."""
    sprite = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    ImageDraw.Draw(sprite).rectangle((16, 16, 47, 47), fill=(255, 0, 0, 255))
    assert blurhash(sprite) == blurhash(Image.new("RGB", (64, 64), (255, 0, 0)))


def test_lqip_is_tiny_whatever_the_picture() -> None:
    """Noise is the worst that can come."""
    source = random.Random(1)  # noqa: S311 # nothing secret
    for size in ((900, 700), (20, 2000), (1, 1), (3000, 3000)):
        image = Image.frombytes("RGB", (40, 40), source.randbytes(4800)).resize(size)
        text = lqip(image)
        assert len(text) <= LQIP_BYTES
        assert text == lqip(image)


def test_lqip_looks_like_the_picture() -> None:
    """It decodes to a small picture of the same ratio and colours."""
    image = Image.new("RGB", (800, 400), (200, 30, 60))
    kind, _, data = lqip(image).partition(",")
    assert kind == "data:image/webp;base64"
    with Image.open(io.BytesIO(base64.b64decode(data))) as tiny:
        assert tiny.size == (20, 10)
        red, green, blue = tiny.convert("RGB").resize((1, 1)).tobytes()
    assert abs(red - 200) < 8
    assert abs(green - 30) < 8
    assert abs(blue - 60) < 8


def test_no_lqip_behind_holes() -> None:
    """It would be seen through them for ever."""
    assert lqip(Image.new("RGBA", (40, 40), (255, 0, 0, 128))) == ""
    assert lqip(Image.new("RGBA", (40, 40), (255, 0, 0, 255))) != ""
