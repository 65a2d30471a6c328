"""What files say of themselves, after encoding and after cleaning."""

from __future__ import annotations

import io
import struct
import xml.etree.ElementTree as ET
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

from assetgen.ops.container import measure
from assetgen.ops.encode import encode
from assetgen.ops.metadata import SourceType, clean, is_plain, provenance

PLUGINS = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP"}
XMP = provenance(SourceType.TRAINED, "sha256:0123")
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
LAB = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()


def drawn(mode: str = "RGB") -> Image.Image:
    image = Image.new("RGBA", (40, 30), (10, 80, 160, 255))
    draw = ImageDraw.Draw(image)
    draw.ellipse((4, 4, 30, 24), fill=(220, 90, 30, 255))
    draw.rectangle((20, 0, 39, 9), fill=(0, 0, 0, 0))
    return image.convert(mode)


def saved(format: str, mode: str = "RGB", **settings: Any) -> bytes:
    buffer = io.BytesIO()
    drawn(mode).save(buffer, PLUGINS[format], **settings)
    return buffer.getvalue()


def turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "a secret place"
    return exif.tobytes()


def pixels(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGBA").tobytes()


def info(data: bytes) -> dict[Any, Any]:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return dict(image.info)


def chatty(format: str, mode: str, **settings: Any) -> bytes:
    """Return a file that says all that its format can hold."""
    if format == "png":
        said = PngImagePlugin.PngInfo()
        said.add_text("prompt", "a secret place")
        said.add_text("packed", "a secret place" * 50, zip=True)
        said.add_itxt("XML:com.adobe.xmp", "<x>a secret place</x>")
        settings |= {"pnginfo": said, "dpi": (72, 72)}
    else:
        settings |= {"xmp": b"<x>a secret place</x>"}
    data = saved(format, mode, exif=turned(1), icc_profile=SRGB, **settings)
    if format == "jpg":
        jumbf = b"JP\x00\x01 a secret place"
        note = b"a secret place"
        extra = b"".join(
            bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2) + body
            for marker, body in ((0xEB, jumbf), (0xFE, note), (0xED, note), (0xE0, b"JFXX\0\x10"))
        )
        data = data[:2] + extra + data[2:] + b"a secret place after the end"
    if format == "png":
        body = b"a secret place"
        chunk = len(body).to_bytes(4) + b"caBX" + body + zlib.crc32(b"caBX" + body).to_bytes(4)
        data = data[:33] + chunk + data[33:] + body
    return data


FILES = [
    ("png", "RGB", {}),
    ("png", "RGBA", {}),
    ("png", "P", {"transparency": 3}),
    ("png", "L", {}),
    ("jpg", "RGB", {}),
    ("jpg", "RGB", {"progressive": True, "subsampling": 0, "restart_marker_blocks": 2}),
    ("jpg", "RGB", {"keep_rgb": True}),
    ("jpg", "L", {}),
    ("webp", "RGB", {}),
    ("webp", "RGBA", {}),
    ("webp", "RGB", {"lossless": True}),
    ("webp", "RGBA", {"lossless": True}),
]


@pytest.mark.parametrize(("format", "mode", "settings"), FILES)
@pytest.mark.parametrize("xmp", [None, XMP], ids=["bare", "provenance"])
def test_cleaned(format: str, mode: str, settings: dict[str, Any], xmp: bytes | None) -> None:
    """No pixel changes, nothing that the file said is left, and what we say can be read."""
    data = chatty(format, mode, **settings)
    made = clean(data, format, xmp)
    assert measure(made, format, "it") == (40, 30)
    assert pixels(made) == pixels(data)
    assert b"secret" in data
    assert b"secret" not in made
    left = info(made)
    assert left.get("xmp") == xmp
    assert not {"exif", "icc_profile", "comment", "prompt", "packed", "mp"} & left.keys()
    assert clean(made, format, xmp) == made
    assert clean(made, format, None) == clean(data, format, None)


@pytest.mark.parametrize(("format", "mode", "settings"), FILES)
def test_a_plain_file(format: str, mode: str, settings: dict[str, Any]) -> None:
    """Upright and in sRGB: with or without saying so."""
    assert is_plain(chatty(format, mode, **settings), format)
    assert is_plain(saved(format, mode, **settings), format)


@pytest.mark.parametrize("format", PLUGINS)
def test_a_turned_file(format: str) -> None:
    """It would lie on its side without its metadata."""
    assert not is_plain(saved(format, exif=turned(6)), format)
    packet = b'<rdf:Description tiff:Orientation="6"/>'
    if format == "png":
        said = PngImagePlugin.PngInfo()
        said.add_itxt("XML:com.adobe.xmp", packet.decode())
        assert not is_plain(saved(format, pnginfo=said), format)
    else:
        assert not is_plain(saved(format, xmp=packet), format)


@pytest.mark.parametrize("format", PLUGINS)
def test_other_colours(format: str) -> None:
    """A profile that is not sRGB counts; one that no reader can use does not."""
    assert not is_plain(saved(format, icc_profile=LAB), format)
    assert is_plain(saved(format, icc_profile=b"not a profile"), format)


def test_other_colours_of_a_png() -> None:
    """Gamma and primaries count where they differ from sRGB's, if it does not say that it is."""

    def with_chunk(*chunks: tuple[bytes, bytes]) -> bytes:
        data = saved("png")
        extra = b"".join(
            len(body).to_bytes(4) + name + body + zlib.crc32(name + body).to_bytes(4)
            for name, body in chunks
        )
        return data[:33] + extra + data[33:]

    linear = (b"gAMA", struct.pack(">I", 100_000))
    usual = (b"gAMA", struct.pack(">I", 45_455))
    wide = (b"cHRM", struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000))
    own = (b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000))
    assert not is_plain(with_chunk(linear), "png")
    assert not is_plain(with_chunk(usual, wide), "png")
    assert not is_plain(with_chunk((b"cICP", bytes([9, 16, 0, 1]))), "png")
    assert is_plain(with_chunk(usual, own), "png")
    assert is_plain(with_chunk(linear, (b"sRGB", b"\x00")), "png")


def test_four_inks() -> None:
    """A jpg for print is not in sRGB."""
    buffer = io.BytesIO()
    drawn().convert("CMYK").save(buffer, "JPEG")
    assert not is_plain(buffer.getvalue(), "jpg")


@pytest.mark.parametrize("format", ["png", "jpg", "webp", "avif"])
def test_provenance_in_an_encoded_file(format: str) -> None:
    """The packet comes back byte for byte, and it changes no pixel."""
    image = drawn("RGB" if format == "jpg" else "RGBA")
    made = encode(image, format, xmp=XMP)
    assert info(made)["xmp"] == XMP
    assert pixels(made) == pixels(encode(image, format))
    assert 0 < len(made) - len(encode(image, format)) < 800


def test_an_icon_says_nothing() -> None:
    """An ico has no place for it."""
    assert encode(drawn(), "ico", xmp=XMP) == encode(drawn(), "ico")


@pytest.mark.parametrize("source", SourceType)
def test_the_packet(source: SourceType) -> None:
    """It is XMP with the type's address, the reference and the tool, and small."""
    packet = provenance(source, "key:abc")
    root = ET.fromstring(packet.decode())  # noqa: S314 # our own text
    (said,) = root.iter("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description")
    assert {child.tag: child.text for child in said} == {
        "{http://ns.adobe.com/xap/1.0/}CreatorTool": "assetgen",
        "{http://purl.org/dc/elements/1.1/}source": "key:abc",
        "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType": (
            f"http://cv.iptc.org/newscodes/digitalsourcetype/{source}"
        ),
    }
    assert len(packet) < 700


@given(st.text(max_size=300))
def test_any_reference(text: str) -> None:
    """Whatever it is, the packet is well formed and says no more than it."""
    root = ET.fromstring(provenance(SourceType.TRAINED, text).decode())  # noqa: S314 # our own text
    found = [one.text or "" for one in root.iter("{http://purl.org/dc/elements/1.1/}source")]
    assert len(found) == bool(text)
    assert "".join(found) == "".join(c for c in text if c.isprintable())[:200]
