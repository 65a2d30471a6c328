"""Pictures in few colours."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from assetgen.errors import ImageError
from assetgen.graph import Op
from assetgen.ops.palette import quantize
from assetgen.ops.table import check
from tests.ops.test_tone import ramp


def colors_of(image: Image.Image) -> set[object]:
    """Return the colours of what is not fully transparent."""
    return {
        color[:3]
        for _, color in image.convert("RGBA").getcolors(1 << 20) or []
        if isinstance(color, tuple) and color[3]
    }


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("dither", [False, True])
@pytest.mark.parametrize("colors", [2, 7, "64", 256])
def test_no_more_colours_than_asked_for(mode: str, dither: bool, colors: Any) -> None:
    """Counted without what cannot be seen; alpha stays, and the same comes out each time."""
    image = ramp(mode)
    made = quantize(image, colors=colors, dither=dither)
    assert (made.mode, made.size) == (mode, image.size)
    assert 1 < len(colors_of(made)) <= int(colors)
    assert made == quantize(ramp(mode), colors=colors, dither=dither)
    if mode == "RGBA":
        assert made.getchannel("A") == image.getchannel("A")


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("dither", [False, True])
def test_a_picture_of_few_colours(mode: str, dither: bool) -> None:
    """It is left alone: the same object comes back, so twice is once."""
    once = quantize(ramp(mode), colors=16, dither=dither)
    assert quantize(once, colors=16, dither=dither) is once


def test_dithering_keeps_the_look_of_larger_parts() -> None:
    """In few colours, what it gives is nearer to the picture when seen from afar."""
    image = ramp().resize((256, 256))

    def off(made: Image.Image) -> float:
        apart = ImageChops.difference(made.reduce(16), image.reduce(16))
        return sum(ImageStat.Stat(apart).mean)

    assert off(quantize(image, colors=8, dither=True)) < off(quantize(image, colors=8)) * 0.7


@pytest.mark.parametrize("dither", [False, True])
def test_a_small_part_of_a_colour_of_its_own_keeps_it(dither: bool) -> None:
    """One pixel in a hundred is red, and so is one of eight colours."""
    image = ramp().convert("L").convert("RGB").resize((100, 100))
    image.paste((220, 20, 30), (45, 45, 55, 55))
    middle = quantize(image, colors=8, dither=dither).getpixel((50, 50))
    assert middle == (220, 20, 30)


@pytest.mark.parametrize("dither", [False, True])
def test_hidden_colours_take_no_place(dither: bool) -> None:
    """What is transparent is of no colour afterwards, and wins none for itself before."""
    image = ramp("RGBA")
    hidden = image.copy()
    hidden.paste(Image.effect_noise((64, 64), 200).convert("RGB"), (0, 0))
    hidden.putalpha(image.getchannel("A"))
    clear = hidden.getchannel("A").point([255] + [0] * 255)
    seen = Image.composite(hidden, ramp("RGBA"), clear)
    assert seen != image
    made = quantize(seen, colors=8, dither=dither)
    assert made == quantize(image, colors=8, dither=dither)
    assert made.getpixel((0, 0)) == (0, 0, 0, 0)


def test_a_picture_that_is_all_transparent() -> None:
    """It has no colours; the same object comes back."""
    image = Image.new("RGBA", (4, 4), (9, 9, 9, 0))
    assert quantize(image, colors=2) is image


@given(st.integers(2, 32), st.booleans(), st.sampled_from([(1, 1), (1, 9), (5, 3)]))
@settings(deadline=None, max_examples=30)
def test_pictures_of_any_size(colors: int, dither: bool, size: tuple[int, int]) -> None:
    """Down to a pixel, at most so many colours come out."""
    assert len(colors_of(quantize(ramp("RGBA").resize(size), colors=colors, dither=dither))) <= (
        colors
    )


@pytest.mark.parametrize("args", [{"colors": 1}, {"colors": 257}, {"colors": 8, "dither": "some"}])
def test_a_palette_that_cannot_be(args: dict[str, Any]) -> None:
    """An ImageError, and seen in the spec."""
    with pytest.raises(ImageError):
        quantize(ramp(), **args)
    assert [problem.kind.name for problem in check(Op("quantize", args))] == ["op-argument"]
