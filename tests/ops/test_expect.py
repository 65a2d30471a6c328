"""Expectations: what holds of a file, what cannot, and files that lie."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from assetgen.ops.encode import WRITABLE, encode
from assetgen.ops.expect import check_expect, contradictions, unreachable
from assetgen.ops.icon import container
from assetgen.ops.sizes import ANY, Bounds, exactly


def sprite(size: tuple[int, int] = (64, 48)) -> Image.Image:
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((4, 4, size[0] - 5, size[1] - 5), fill=(200, 90, 30, 255))
    return image


def photo(size: tuple[int, int] = (64, 48)) -> Image.Image:
    image = Image.new("RGB", size, (30, 60, 90))
    ImageDraw.Draw(image).ellipse((4, 4, size[0] - 5, size[1] - 5), fill=(200, 90, 30))
    return image


def kinds(data: bytes, format: str, expect: dict[str, Any]) -> list[str]:
    return [problem.kind.name for problem in check_expect(data, format, expect, "art/a.x")]


@pytest.mark.parametrize("format", [format for format in WRITABLE if format != "ico"])
def test_all_holds(format: str) -> None:
    """A file that is as expected has no problem, in every format."""
    expect = {
        "size": "64x48",
        "min_size": "64x40",
        "max_bytes": 100_000,
        "opaque": True,
        "aspect_ratio": "4:3",
        "not_blank": True,
        "x-note": "why",
    }
    assert kinds(encode(photo(), format), format, expect) == []


@pytest.mark.parametrize("format", [format for format in WRITABLE if format != "ico"])
def test_nothing_holds(format: str) -> None:
    """All that is wrong is told at once."""
    data = encode(Image.new("RGB", (64, 48), (9, 9, 9)), format)
    expect = {
        "size": "64x47",
        "min_size": "65x48",
        "max_bytes": len(data) - 1,
        "alpha": True,
        "aspect_ratio": "16:9",
        "not_blank": True,
    }
    assert kinds(data, format, expect) == [
        "expect-max-bytes",
        "expect-size",
        "expect-min-size",
        "expect-aspect-ratio",
        "expect-alpha",
        "expect-not-blank",
    ]


@pytest.mark.parametrize("format", ["png", "webp", "avif", "ico"])
def test_transparency(format: str) -> None:
    """It is looked for in the pixels of the file."""
    data = encode(sprite(), format)
    assert kinds(data, format, {"alpha": True}) == []
    assert kinds(data, format, {"opaque": True}) == ["expect-opaque"]
    assert kinds(data, format, {"alpha": False, "opaque": False, "not_blank": False}) == []


def test_an_alpha_channel_that_hides_nothing() -> None:
    """A channel alone is no transparency."""
    buffer = io.BytesIO()
    photo().convert("RGBA").save(buffer, "PNG")
    assert kinds(buffer.getvalue(), "png", {"alpha": True}) == ["expect-alpha"]


def test_the_largest_of_an_icon_counts() -> None:
    """An ico is as large as its largest picture."""
    data = encode(sprite((256, 256)), "ico")
    assert kinds(data, "ico", {"size": "48x48", "alpha": True, "not_blank": True}) == []
    assert kinds(data, "ico", {"min_size": "64x64"}) == ["expect-min-size"]


def test_an_icon_of_bitmaps() -> None:
    """One that another program wrote is read too."""
    buffer = io.BytesIO()
    sprite((64, 64)).save(buffer, "ICO", sizes=[(16, 16), (32, 32)], bitmap_format="bmp")
    assert kinds(buffer.getvalue(), "ico", {"size": "32x32", "alpha": True}) == []


def test_words_say_what_was_found() -> None:
    """The message has the file, what it is and what it should be; the step is of use."""
    data = encode(photo(), "webp")
    (problem,) = check_expect(data, "webp", {"size": "512x512"}, "art/hero.webp")
    assert problem.cause == "art/hero.webp is 64 by 48 pixels; 512x512 is expected"
    (problem,) = check_expect(data, "webp", {"max_bytes": 10}, "art/hero.webp")
    assert f"has {len(data)} bytes; at most 10" in problem.cause
    assert "quality" in problem.step
    (problem,) = check_expect(data, "webp", {"aspect_ratio": "16:9"}, "art/hero.webp")
    assert problem.step == "add 'crop: 16:9', or change 'expect'"


@given(st.integers(1, 400), st.integers(1, 60), st.integers(1, 60))
def test_a_ratio_that_rounding_gives(height: int, across: int, down: int) -> None:
    """A width rounded to whole pixels is of the ratio; three pixels off it is not."""
    width = max(1, round(height * across / down))
    ratio = f"{across}:{down}"
    assert not contradictions({"size": f"{width}x{height}", "aspect_ratio": ratio}, "png")
    if across >= down:
        off = {"size": f"{width + 3}x{height}", "aspect_ratio": ratio}
        is_off = 3 * down / across > 1.5
        if is_off:
            assert contradictions(off, "png")


@pytest.mark.parametrize(
    ("name", "is_blank"),
    [
        ("white", True),
        ("clear", True),
        ("noisy", True),
        ("hidden", True),
        ("dot", False),
        ("shape", False),
        ("mist", False),
    ],
)
def test_blank(name: str, is_blank: bool) -> None:
    """What looks like one colour is blank; a small or a faint thing is not."""
    size = (200, 200)
    hidden = photo(size).convert("RGBA")
    hidden.putalpha(0)
    dot = Image.new("RGB", size, "white")
    ImageDraw.Draw(dot).rectangle((90, 90, 93, 93), fill="black")
    shape = Image.new("RGBA", size, (255, 255, 255, 0))
    ImageDraw.Draw(shape).ellipse((50, 50, 150, 150), fill=(255, 255, 255, 255))
    pictures = {
        "white": Image.new("RGB", size, "white"),
        "clear": Image.new("RGBA", size, (0, 0, 0, 0)),
        "noisy": Image.effect_noise(size, 2).filter(ImageFilter.GaussianBlur(1)).convert("RGB"),
        "hidden": hidden,
        "dot": dot,
        "shape": shape,
        "mist": Image.linear_gradient("L").point(lambda v: 200 + v // 8).convert("RGB"),
    }
    data = encode(pictures[name], "png")
    assert kinds(data, "png", {"not_blank": True}) == ["expect-not-blank"] * is_blank


def bomb_png(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4) + name + body + zlib.crc32(name + body).to_bytes(4)

    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    data = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [chunk(b"IHDR", head), chunk(b"IDAT", data), chunk(b"IEND", b"")]
    )


def bomb_avif() -> bytes:
    """Return an avif whose header claims 14,000 by 14,000 pixels."""
    data = encode(photo((64, 48)), "avif")
    old, new = (
        b"ispe" + bytes(4) + struct.pack(">II", *size) for size in ((64, 48), (14_000,) * 2)
    )
    assert old in data
    return data.replace(old, new)


def bomb_ico_bitmap() -> bytes:
    head = struct.pack("<IiiHHIIiiII", 40, 30_000, 60_000, 1, 32, 0, 0, 0, 0, 0, 0)
    return container([(32, head + bytes(64))])


@pytest.mark.parametrize(
    ("data", "format"),
    [
        (bomb_png(50_000, 50_000), "png"),
        (bomb_avif(), "avif"),
        (container([(32, bomb_png(50_000, 50_000))]), "ico"),
        (bomb_ico_bitmap(), "ico"),
    ],
    ids=["png", "avif", "png in ico", "bmp in ico"],
)
def test_bombs(data: bytes, format: str) -> None:
    """A file that claims to be huge is a problem, and is not decoded."""
    (problem,) = check_expect(data, format, {"not_blank": True}, "art/a.x")
    assert problem.kind.name in ("picture-too-large", "picture-damaged")


@pytest.mark.parametrize("format", WRITABLE)
def test_damaged_files(format: str) -> None:
    """A file cut short, or of another kind, is one problem and no crash."""
    data = encode(photo(), format)
    for broken in (data[: len(data) // 2], b"", b"<html>", data[:12], b"\x00" * 100):
        (problem,) = check_expect(broken, format, {"size": "64x48"}, "art/a.x")
        assert problem.kind.name.startswith(("picture-", "not-a-picture", "wrong-"))
        assert "art/a.x" in problem.cause


def test_bytes_alone_need_no_decoding() -> None:
    """A limit on bytes is checked of anything."""
    assert kinds(b"no picture", "png", {"max_bytes": 5}) == ["expect-max-bytes"]
    assert kinds(b"no picture", "png", {"max_bytes": "50"}) == []


@pytest.mark.parametrize(
    ("expect", "format", "kind"),
    [
        ({"alpha": True}, "jpg", "expect-alpha-format"),
        ({"alpha": True, "opaque": True}, "png", "expect-contradiction"),
        ({"size": "512x512", "aspect_ratio": "16:9"}, "png", "expect-contradiction"),
        ({"size": "512x512", "min_size": "256x600"}, "png", "expect-contradiction"),
        ({"size": "512x512"}, "ico", "expect-contradiction"),
        ({"size": "512"}, "png", "expect-value"),
        ({"size": "0x512"}, "png", "expect-value"),
        ({"min_size": "wide"}, "png", "expect-value"),
        ({"aspect_ratio": "16/9"}, "png", "expect-value"),
        ({"max_bytes": "20 kB"}, "png", "expect-value"),
        ({"max_bytes": 0}, "png", "expect-value"),
    ],
)
def test_contradictions(expect: dict[str, Any], format: str, kind: str) -> None:
    """They are known without a picture."""
    (problem,) = contradictions(expect, format)
    assert problem.kind.name == kind
    assert problem.cause
    assert problem.step


def test_what_does_not_contradict() -> None:
    """Expectations that can hold together, and ones that ask for nothing."""
    expect = {
        "size": "1000x563",
        "min_size": "1000x563",
        "aspect_ratio": "16:9",
        "max_bytes": "90000",
        "alpha": False,
        "opaque": True,
        "not_blank": True,
    }
    assert contradictions(expect, "jpg") == ()
    assert contradictions({"alpha": None, "size": None}, "jpg") == ()


@pytest.mark.parametrize(
    ("expect", "bounds", "kind"),
    [
        ({"size": "512x512"}, ANY, None),
        ({"size": "512x512"}, exactly(512, 512), None),
        ({"size": "512x512"}, exactly(511, 512), "expect-unreachable"),
        ({"size": "512x512"}, exactly(1024, 512), "expect-other-size"),
        ({"min_size": "512x512"}, exactly(1024, 512), None),
        ({"min_size": "512x512"}, Bounds(1, 2048, 1, 500), "expect-unreachable"),
        ({"aspect_ratio": "16:9"}, exactly(1920, 1080), None),
        ({"aspect_ratio": "16:9"}, exactly(1920, 1081), None),
        ({"aspect_ratio": "16:9"}, exactly(1920, 1200), "expect-other-size"),
        ({"aspect_ratio": "16:9"}, Bounds(1, 2048, 1, 500), None),
    ],
)
def test_what_no_picture_can_reach(
    expect: dict[str, Any], bounds: Bounds, kind: str | None
) -> None:
    """Only what is sure to fail is told."""
    assert [problem.kind.name for problem in unreachable(expect, bounds)] == [kind] * bool(kind)
