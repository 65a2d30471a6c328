"""Decoding of bytes that may be anything."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageDraw

from assetgen.errors import ImageError
from assetgen.ops.picture import MAX_PIXELS, PictureInfo, decode, inspect, outline


def drawn(mode: str = "RGB", size: tuple[int, int] = (24, 16)) -> Image.Image:
    image = Image.new(mode, size)
    ImageDraw.Draw(image).ellipse((3, 2, 18, 13), fill=200 if mode == "L" else (200, 90, 30))
    return image


def saved(image: Image.Image, plugin: str, **settings: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, plugin, **settings)
    return buffer.getvalue()


def kind_of(data: bytes) -> str:
    with pytest.raises(ImageError) as caught:
        inspect(data)
    return caught.value.problems[0].kind.name


WHOLE = {
    "png": saved(drawn(), "PNG"),
    "palette": saved(drawn().quantize(8), "PNG"),
    "jpg": saved(drawn(), "JPEG", quality=80),
    "progressive": saved(drawn(), "JPEG", progressive=True),
    "webp": saved(drawn(), "WEBP"),
    "lossless": saved(drawn("RGBA"), "WEBP", lossless=True),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_picture(name: str) -> None:
    """Each of the three formats, in its varieties, is told by its bytes."""
    info = inspect(WHOLE[name])
    assert (info.width, info.height) == (24, 16)
    assert info.format in ("png", "jpg", "webp")
    assert info.has_alpha is (name == "lossless")


@pytest.mark.parametrize("name", WHOLE)
def test_cut_short_anywhere(name: str) -> None:
    """A picture that lacks even its last byte is refused, whatever the decoder would say."""
    data = WHOLE[name]
    for length in range(len(data)):
        with pytest.raises(ImageError):
            decode(data[:length])


@pytest.mark.parametrize("name", WHOLE)
def test_bytes_after_the_end(name: str) -> None:
    """What follows the trailer belongs to no picture and is tolerated."""
    assert decode(WHOLE[name] + b"\n<!-- served by -->") == decode(WHOLE[name])


@given(st.sampled_from(sorted(WHOLE)), st.data())
def test_flipped_bytes(name: str, data: st.DataObject) -> None:
    """Damage gives a picture or an ImageError, never the exception of a decoder."""
    hurt = bytearray(WHOLE[name])
    at = data.draw(st.integers(0, len(hurt) - 1))
    hurt[at] = data.draw(st.integers(0, 255))
    try:
        image = decode(bytes(hurt))
    except ImageError:
        return
    assert image.mode in ("RGB", "RGBA")


@given(st.binary(max_size=200))
@example(b"RIFF\x04\0\0\0WEBP")
@example(b"\xff\xd8\xff\xd9")
@example(b"\x89PNG\r\n\x1a\n\0\0\0\0IEND\xaeB`\x82")
def test_arbitrary_bytes(data: bytes) -> None:
    """Bytes of no meaning are an ImageError whose text is one line."""
    with pytest.raises(ImageError) as caught:
        decode(data)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "not-a-picture"),
        (b"\n<!DOCTYPE html><title>502</title>", "not-a-picture"),
        (b'{"error": "rate limited"}', "not-a-picture"),
        (b"plain words\nand more", "not-a-picture"),
        (b"\0\1\2\3", "not-a-picture"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "lfs-pointer"),
        (saved(drawn(), "GIF"), "wrong-picture-format"),
        (saved(drawn(), "BMP"), "wrong-picture-format"),
        (saved(drawn(), "TIFF"), "wrong-picture-format"),
        (saved(drawn(), "AVIF"), "wrong-picture-format"),
        (b'<?xml version="1.0"?>\n<svg xmlns="x"/>', "wrong-picture-format"),
        (b"\x89PNG\r", "picture-truncated"),
        (WHOLE["webp"][:-1], "picture-truncated"),
    ],
)
def test_what_else_it_may_be(data: bytes, kind: str) -> None:
    """The message says what came instead of a picture."""
    assert kind_of(data) == kind


def test_a_wrong_checksum() -> None:
    """A PNG whose pixels were changed on the way is damaged."""
    hurt = bytearray(WHOLE["png"])
    hurt[hurt.index(b"IDAT") + 9] ^= 1
    assert kind_of(bytes(hurt)) == "picture-damaged"


def test_a_bomb_is_not_decoded() -> None:
    """A header that claims too many pixels ends it, before memory is reserved for them."""
    side = int(MAX_PIXELS**0.5) + 1
    header = b"IHDR" + side.to_bytes(4) * 2 + b"\x08\x02\0\0\0"
    chunk = (13).to_bytes(4) + header + zlib.crc32(header).to_bytes(4)
    data = WHOLE["png"][:8] + chunk + WHOLE["png"][33:]
    assert kind_of(data) == "picture-too-large"


@pytest.mark.parametrize("plugin", ["PNG", "WEBP"])
def test_an_animation(plugin: str) -> None:
    """Nobody said which frame is wanted, so an animated picture is refused."""
    moving = saved(drawn(), plugin, save_all=True, append_images=[Image.new("RGB", (24, 16))])
    assert kind_of(moving) == "picture-animated"


def test_a_camera_held_upright() -> None:
    """EXIF orientation is applied: width and height are as seen."""
    exif = Image.Exif()
    exif[0x0112] = 6
    data = saved(drawn(), "JPEG", exif=exif)
    assert inspect(data) == PictureInfo("jpg", 16, 24, has_alpha=False)


@pytest.mark.parametrize(
    ("image", "settings", "pixel"),
    [
        (Image.new("1", (2, 2), 1), {}, (255, 255, 255)),
        (Image.new("L", (2, 2), 7), {}, (7, 7, 7)),
        (Image.new("I;16", (2, 2), 65535), {}, (255, 255, 255)),
        (Image.new("LA", (2, 2), (9, 8)), {}, (9, 9, 9, 8)),
        (Image.new("RGB", (2, 2), (1, 2, 3)), {"transparency": (1, 2, 3)}, (1, 2, 3, 0)),
        (Image.new("P", (2, 2)), {"transparency": 0}, (0, 0, 0, 0)),
    ],
)
def test_every_mode_becomes_rgb_or_rgba(
    image: Image.Image, settings: dict[str, Any], pixel: tuple[int, ...]
) -> None:
    """Grey, palettes, 16 bits and colour keys arrive as plain pixels."""
    assert decode(saved(image, "PNG", **settings)).getpixel((0, 0)) == pixel


def test_an_alpha_channel_without_transparency() -> None:
    """An alpha channel counts only where some pixel can be seen through."""
    assert not inspect(saved(Image.new("RGBA", (2, 2), (1, 2, 3, 255)), "PNG")).has_alpha
    assert inspect(saved(Image.new("RGBA", (2, 2), (1, 2, 3, 254)), "PNG")).has_alpha


def test_a_colour_profile_is_honoured() -> None:
    """Pixels of another colour space are converted, since outputs carry no profile."""
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain = drawn()
    assert decode(saved(plain, "PNG", icc_profile=srgb)) == plain
    assert decode(saved(plain, "PNG", icc_profile=lab)) == plain
    assert decode(saved(plain, "PNG", icc_profile=b"not a profile")) == plain


def test_nothing_that_the_file_says_of_itself_remains() -> None:
    """Text, resolution and profile end with decoding."""
    assert decode(saved(drawn(), "PNG", dpi=(300, 300))).info == {}


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_an_outline_is_as_the_picture_is_seen(format: str, orientation: int) -> None:
    """Its size is that of the decoded picture, whichever way the camera was held."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    Image.new("RGB", (12, 7), "red").save(buffer, format, exif=exif)
    assert outline(buffer.getvalue()) == decode(buffer.getvalue()).size


def test_an_outline_of_what_is_no_picture() -> None:
    """It is refused as it would be when it is decoded."""
    buffer = io.BytesIO()
    Image.new("RGB", (12, 7), "red").save(buffer, "PNG")
    for data in (b"", b"GIF89a", buffer.getvalue()[:-5]):
        with pytest.raises(ImageError) as one:
            outline(data)
        with pytest.raises(ImageError) as other:
            decode(data)
        assert one.value.problems == other.value.problems


@pytest.mark.parametrize("look", [decode, outline])
def test_what_no_decoder_knows_is_told_without_addresses(
    look: Callable[[bytes, str], object],
) -> None:
    """The same bytes give the same message in each run."""
    data = saved(drawn(), "PNG")
    header = b"IHDR" + bytes(4) + data[20:29]  # no pixel wide
    spoilt = data[:12] + header + zlib.crc32(header).to_bytes(4) + data[33:]
    with pytest.raises(ImageError) as caught:
        look(spoilt, "x.png")
    assert caught.value.problems[0].cause == "x.png is damaged: it cannot be decoded"
