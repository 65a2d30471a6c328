"""Thumbnails: small, with the facts of the whole picture, from bytes of any origin."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from assetgen.digest import sha256
from assetgen.errors import ImageError
from assetgen.ops.render import perform
from assetgen.ops.thumb import SIZE, Facts, claims, read_thumb, thumb_action


def encoded(image: Image.Image, format: str = "PNG") -> bytes:
    """Return a picture's file."""
    buffer = io.BytesIO()
    image.save(buffer, format)
    return buffer.getvalue()


def thumb_of(data: bytes) -> tuple[Facts, Image.Image]:
    """Return what local work makes of a picture."""
    digest = sha256(data)
    (made,) = perform([thumb_action(digest).text], {digest: data})
    facts, webp = read_thumb(made)
    return facts, Image.open(io.BytesIO(webp))


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_a_large_picture_becomes_a_small_one(format: str) -> None:
    """Its longer side has the usual size, its shape stays, and its facts are the large one's."""
    facts, small = thumb_of(encoded(Image.new("RGB", (1200, 600), "teal"), format))
    assert small.size == (SIZE, SIZE // 2)
    name = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}[format]
    assert facts == Facts(name, 1200, 600, False)


def test_a_tiny_picture_keeps_each_pixel() -> None:
    """Pixel art is neither enlarged nor blurred."""
    tiny = Image.new("RGBA", (16, 24), (0, 0, 0, 0))
    tiny.putpixel((3, 5), (255, 0, 0, 255))
    facts, small = thumb_of(encoded(tiny))
    assert (facts, small.size) == (Facts("png", 16, 24, True), (16, 24))
    assert small.convert("RGBA").getpixel((3, 5)) == (255, 0, 0, 255)
    assert small.convert("RGBA").getpixel((3, 6))[3] == 0  # type: ignore[index]


def test_a_line_of_pixels_has_a_thumbnail() -> None:
    """Whatever its shape, no side becomes nothing."""
    _, small = thumb_of(encoded(Image.new("RGB", (4000, 2), "teal")))
    assert small.size == (SIZE, 1)


def test_half_a_picture_has_none() -> None:
    """Bytes that are cut short are refused, as everywhere."""
    data = encoded(Image.effect_noise((600, 600), 50))
    with pytest.raises(ImageError):
        thumb_of(data[: len(data) // 2])


def test_what_is_cached_is_checked() -> None:
    """Bytes that are no thumbnail are not taken for one."""
    for data in (b"", b"RIFF", b"{}\nRIFF", b'{"alpha":1}\nRIFF', b"x" * 500 + b"\nRIFF"):
        with pytest.raises(ValueError, match=r".*"):
            read_thumb(data)


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_header_tells_the_same(format: str, mode: str) -> None:
    """Size and transparency are known without decoding; for no picture there is nothing."""
    image = Image.new(mode, (640, 360), (9, 9, 9, 0) if mode == "RGBA" else (9, 9, 9))
    facts = claims(encoded(image, format))
    assert facts == Facts(format.lower(), 640, 360, mode == "RGBA")


def test_a_palette_with_a_clear_colour_is_transparent() -> None:
    """A PNG without an alpha channel may still have holes."""
    image = Image.new("P", (8, 8))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", transparency=0)
    facts = claims(buffer.getvalue())
    assert facts is not None
    assert facts.alpha
    assert claims(b"not a picture") is None
