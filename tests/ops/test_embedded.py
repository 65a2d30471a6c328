"""What a file says beside its pixels, read without decoding it, however it was written."""

from __future__ import annotations

import io
import zlib

from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from assetgen.ops.embedded import MAX_TEXT, USER_COMMENT, texts

SMALL = Image.new("RGB", (4, 4), "teal")


def png(add: PngInfo | None = None) -> bytes:
    """Return a small PNG with these texts."""
    buffer = io.BytesIO()
    SMALL.save(buffer, "PNG", pnginfo=add)
    return buffer.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    """Return a PNG chunk."""
    return len(body).to_bytes(4) + name + body + zlib.crc32(name + body).to_bytes(4)


def with_chunk(name: bytes, body: bytes) -> bytes:
    """Return a small PNG with one more chunk before its pixels."""
    data = png()
    at = data.index(b"IDAT") - 4
    return data[:at] + chunk(name, body) + data[at:]


def with_comment(comment: bytes, format: str) -> bytes:
    """Return a small picture with an Exif comment."""
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = comment
    buffer = io.BytesIO()
    SMALL.save(buffer, format, exif=exif.tobytes())
    return buffer.getvalue()


def test_plain_packed_and_international_texts() -> None:
    """tEXt, zTXt and iTXt, packed or not, are all read."""
    info = PngInfo()
    info.add_text("plain", "a cat")
    info.add_text("packed", "a dog", zip=True)
    info.add_itxt("wide", "ein Käfer \u2603")
    info.add_itxt("wide packed", "ein Bär \u2603", zip=True)
    assert texts(png(info)) == {
        "plain": "a cat",
        "packed": "a dog",
        "wide": "ein Käfer \u2603",
        "wide packed": "ein Bär \u2603",
    }


def test_text_that_should_be_latin_is_often_utf8() -> None:
    """Both are understood in a tEXt chunk."""
    assert texts(with_chunk(b"tEXt", "a\0Käse".encode()))["a"] == "Käse"
    assert texts(with_chunk(b"tEXt", "a\0Käse".encode("latin-1")))["a"] == "Käse"


def test_the_first_text_of_a_name_counts() -> None:
    """A second one does not replace it."""
    info = PngInfo()
    info.add_text("prompt", "first")
    info.add_text("prompt", "second")
    assert texts(png(info)) == {"prompt": "first"}


def test_exif_comments_in_either_order_of_bytes() -> None:
    """JPEG, WebP and PNG carry comments as UTF-16 of either order, or as ASCII."""
    said = "a fox\nSteps: 20, Sampler: Euler"
    for code in ("utf-16-be", "utf-16-le"):
        for format in ("JPEG", "WEBP", "PNG"):
            data = with_comment(b"UNICODE\0" + said.encode(code), format)
            assert texts(data)[USER_COMMENT] == said
    assert texts(with_comment(b"ASCII\0\0\0a fox", "JPEG"))[USER_COMMENT] == "a fox"
    assert texts(with_comment(b"a bare fox", "JPEG"))[USER_COMMENT] == "a bare fox"


def test_fields_of_webp_that_stand_for_text_chunks() -> None:
    """Savers of WebP put `name:text` into maker and model."""
    exif = Image.Exif()
    exif[ExifTags.Base.Model] = 'prompt:{"1": {}}'
    exif[ExifTags.Base.Make] = "workflow:{}"
    buffer = io.BytesIO()
    SMALL.save(buffer, "WEBP", exif=exif)
    assert texts(buffer.getvalue()) == {"prompt": '{"1": {}}', "workflow": "{}"}


def test_a_bomb_is_not_unpacked() -> None:
    """A text that would be larger than a text may be counts as absent."""
    bomb = zlib.compress(bytes(MAX_TEXT * 20), 9)
    assert texts(with_chunk(b"zTXt", b"prompt\0\0" + bomb)) == {}
    assert texts(with_chunk(b"iTXt", b"prompt\0\1\0\0\0" + bomb)) == {}


def test_too_many_texts_are_not_kept() -> None:
    """The rest of a file full of texts is left."""
    data = png()
    at = data.index(b"IDAT") - 4
    many = b"".join(chunk(b"tEXt", b"t%d\0x" % number) for number in range(500))
    assert len(texts(data[:at] + many + data[at:])) == 64


@given(st.binary(max_size=300), st.sampled_from([b"tEXt", b"zTXt", b"iTXt", b"eXIf"]))
def test_nothing_is_raised_for_damaged_texts(body: bytes, name: bytes) -> None:
    """Whatever a chunk holds, texts or none come of it."""
    assert isinstance(texts(with_chunk(name, body)), dict)


@given(st.binary(max_size=200), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8"]))
def test_nothing_is_raised_for_damaged_files(data: bytes, head: bytes) -> None:
    """A file that is no picture has no texts."""
    assert isinstance(texts(head + data), dict)
    assert isinstance(texts(b"RIFF\0\0\0\0WEBP" + data), dict)
    assert isinstance(texts(b"\xff\xd8\xff\xe1\0\x80Exif\0\0II*\0" + data), dict)
    assert isinstance(texts(b"\xff\xd8\xff\xe1\0\x80Exif\0\0MM\0*\0\0\0\x08" + data), dict)
