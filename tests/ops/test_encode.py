"""Encoders and their settings: what goes into the file, and what is refused before one is made."""

from __future__ import annotations

import io
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw

from assetgen.errors import ImageError
from assetgen.ops.encode import WRITABLE, check_settings, encode
from assetgen.ops.picture import decode
from assetgen.optable import FORMATS


def photo(mode: str = "RGB", size: tuple[int, int] = (64, 48)) -> Image.Image:
    """Return soft colours with hard edges, and a hole if there is alpha."""
    width, height = size
    ramp = Image.linear_gradient("L").resize(size)
    image = Image.merge("RGB", [ramp, ramp.transpose(Image.Transpose.ROTATE_180), ramp])
    draw = ImageDraw.Draw(image)
    draw.ellipse((width // 8, height // 8, width // 2, height // 2), fill=(220, 20, 60))
    draw.line((0, 0, width, height), fill=(20, 60, 220), width=2)
    if mode == "RGBA":
        alpha = Image.new("L", size, 255)
        ImageDraw.Draw(alpha).rectangle((width // 2, 0, width, height // 2), fill=0)
        image.putalpha(alpha)
    return image


def opened(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return image.convert("RGBA" if image.has_transparency_data else "RGB")


def loss(image: Image.Image, data: bytes) -> float:
    """Return the mean difference of all channels, in levels."""
    difference = ImageChops.difference(image.convert("RGB"), opened(data).convert("RGB"))
    counts = difference.histogram()
    return sum(count * (level % 256) for level, count in enumerate(counts)) / sum(counts)


@pytest.mark.parametrize("format", WRITABLE)
def test_the_same_bytes_each_time(format: str) -> None:
    """One picture and its settings give one file."""
    image = photo("RGBA" if FORMATS[format] else "RGB")
    assert encode(image, format) == encode(image.copy(), format)


@pytest.mark.parametrize("format", ["jpg", "webp", "avif"])
def test_less_quality(format: str) -> None:
    """It gives a smaller file that is further from the picture."""
    fine, coarse = (encode(photo(), format, {"quality": quality}) for quality in (95, 30))
    assert len(coarse) < len(fine)
    assert loss(photo(), coarse) > loss(photo(), fine)


@pytest.mark.parametrize("format", ["jpg", "avif"])
def test_chroma(format: str) -> None:
    """Hard coloured edges suffer from coarser colour, and only the file says so."""
    whole, half = (encode(photo(), format, {"chroma": c}) for c in ("4:4:4", "4:2:0"))
    assert loss(photo(), half) > loss(photo(), whole)
    assert encode(photo(), format, {"chroma": "4:2:2"}) not in (whole, half)


def test_lossless_webp() -> None:
    """Every pixel that is seen comes back; the usual webp loses some."""
    image = photo()
    assert loss(image, encode(image, "webp", {"lossless": True})) == 0
    assert loss(image, encode(image, "webp")) > 0


@pytest.mark.parametrize("format", ["png", "webp", "avif"])
def test_effort(format: str) -> None:
    """More of it gives another file, never a much larger one."""
    image = photo(size=(200, 150))
    little, much = (encode(image, format, {"effort": effort}) for effort in (0, 9))
    assert little != much
    assert len(much) <= len(little) * 1.05


@pytest.mark.parametrize(
    ("format", "settings", "kept"),
    [
        ("png", {}, True),
        ("png", {"exact": False}, False),
        ("webp", {"lossless": True}, False),
        ("webp", {"lossless": True, "exact": True}, True),
    ],
)
def test_colours_under_transparent_pixels(
    format: str, settings: dict[str, Any], kept: bool
) -> None:
    """They are kept or not, as `exact` says; what is seen stays the same."""
    image = photo("RGBA")
    before = image.tobytes()
    made = opened(encode(image, format, settings))
    assert (made.tobytes() == before) is kept
    assert made.convert("RGBa").tobytes() == image.convert("RGBa").tobytes()
    assert image.tobytes() == before


@given(st.integers(1, 300), st.booleans(), st.integers(0, 1000))
def test_few_colours(count: int, has_alpha: bool, seed: int) -> None:
    """However many colours there are and however near, a png holds each pixel exactly."""
    source = random.Random(seed)  # noqa: S311 # nothing secret
    channels = 4 if has_alpha else 3
    near = [tuple(source.randrange(100, 108) for _ in range(channels)) for _ in range(count)]
    image = Image.new("RGBA" if has_alpha else "RGB", (20, 15))
    image.putdata([source.choice(near) for _ in range(300)])
    assert opened(encode(image, "png")).convert("RGBA").tobytes() == image.convert("RGBA").tobytes()


def test_a_palette_where_it_pays() -> None:
    """A drawing of few colours has one, a picture of many has none."""
    flat = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    draw = ImageDraw.Draw(flat)
    for number in range(40):
        draw.ellipse((number * 5, 10, number * 5 + 60, 190), fill=(number * 6, 90, 200, 255))
    with Image.open(io.BytesIO(encode(flat, "png"))) as image:
        assert image.mode == "P"
    with Image.open(io.BytesIO(encode(photo(size=(300, 300)), "png"))) as image:
        assert image.mode == "RGB"


def test_settings_of_another_format() -> None:
    """Each says what to do instead, and none is taken silently."""
    wrong = {
        "png": ("quality", "lossless", "chroma", "sizes"),
        "jpg": ("lossless", "exact", "effort"),
        "webp": ("chroma",),
        "avif": ("lossless", "exact"),
        "ico": ("quality",),
    }
    for format, names in wrong.items():
        for name in names:
            (problem,) = check_settings(format, {name: "4:2:0" if name == "chroma" else 1})
            assert problem.kind.name == "encode-unknown-setting"
            assert name in problem.cause
            assert problem.step


@pytest.mark.parametrize(
    ("format", "settings", "said"),
    [
        ("webp", {"qualty": 80}, "did you mean 'quality'?"),
        ("webp", {"quality": 0}, "give one from 1 to 100"),
        ("webp", {"quality": 80.5}, "give one from 1 to 100"),
        ("avif", {"effort": 10}, "give one from 0 to 9"),
        ("jpg", {"chroma": "4:4:1"}, "did you mean '4:4:4'?"),
        ("webp", {"lossless": True, "quality": 80}, "leave out one of the two"),
        ("webp", {"lossless": "yes"}, "write true or false"),
        ("ico", {"sizes": [16, 512]}, "give one from 1 to 256"),
        ("ico", {"sizes": [16, 16]}, "write each once, such as [16, 32, 48]"),
        ("ico", {"sizes": []}, "write each once, such as [16, 32, 48]"),
        ("gif", {}, "write one of: png, jpg, webp, avif, ico"),
    ],
)
def test_settings_that_are_wrong(format: str, settings: dict[str, Any], said: str) -> None:
    """All is told before a picture is there, and an encoder given them raises the same."""
    problems = check_settings(format, settings)
    assert len(problems) == 1
    assert said in problems[0].step
    with pytest.raises(ImageError) as caught:
        encode(photo(), format, settings)
    assert caught.value.problems == problems


def test_settings_that_are_fine() -> None:
    """Digits in text count, null and `x-` keys say nothing, `lossless: false` goes with quality."""
    settings = {"quality": "80", "effort": None, "x-note": "why", "lossless": False}
    assert check_settings("webp", settings) == ()
    assert encode(photo(), "webp", settings) == encode(photo(), "webp", {"quality": 80})


def test_an_opaque_alpha_channel() -> None:
    """It is left out of the file, whatever the format."""
    image = photo().convert("RGBA")
    for format in WRITABLE:
        assert encode(image, format) == encode(photo(), format)


def test_transparency_in_a_jpg_names_the_op() -> None:
    """The next step is the op that helps."""
    with pytest.raises(ImageError) as caught:
        encode(photo("RGBA"), "jpg")
    assert "flatten" in caught.value.problems[0].step


def test_png_is_read_again() -> None:
    """Whatever is written as png, jpg or webp can be the source of another target."""
    for format in ("png", "jpg", "webp"):
        assert decode(encode(photo(), format, xmp=b"<x/>")).size == (64, 48)
