"""Crops that look for what stands out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from assetgen.ops.geometry import crop
from assetgen.ops.saliency import shares, small_map


def meadow(size: tuple[int, int], at: tuple[int, int], radius: int) -> Image.Image:
    """Return a sky over a meadow, with a red ball."""
    image = Image.new("RGB", size, (150, 190, 230))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, size[1] * 2 // 3, *size), (90, 150, 70))
    draw.ellipse(
        (at[0] - radius, at[1] - radius, at[0] + radius, at[1] + radius), (200, 40, 30), "black"
    )
    return image


def red(image: Image.Image) -> int:
    """Return how many pixels are the ball's."""
    return sum(count for count, color in image.getcolors(1 << 24) or [] if color == (200, 40, 30))


@settings(deadline=None, max_examples=40)
@given(
    st.integers(60, 580),
    st.integers(60, 300),
    st.integers(12, 50),
    st.sampled_from(["1:1", "3:4", "9:16"]),
)
def test_the_subject_of_a_wide_picture_stays(x: int, y: int, radius: int, ratio: str) -> None:
    """Wherever it is, no crop that is wide enough for it cuts it."""
    image = meadow((640, 360), (x, y), radius)
    assert red(crop(image, aspect_ratio=ratio, gravity="saliency")) == red(image)


@settings(deadline=None, max_examples=40)
@given(st.integers(60, 580), st.integers(12, 50))
def test_the_subject_of_a_tall_picture_stays(y: int, radius: int) -> None:
    """Above and below too."""
    image = meadow((360, 640), (200, y), radius)
    assert red(crop(image, aspect_ratio="3:2", gravity="saliency")) == red(image)


def test_a_subject_far_from_the_middle_is_not_at_the_edge() -> None:
    """Where there is room for it, it stands about in the middle of the crop."""
    image = meadow((1280, 360), (400, 200), 30)
    cut = crop(image, aspect_ratio="1:1", gravity="saliency")
    alone = cut.point(lambda value: value).getchannel("B").point([255] * 40 + [0] * 216)
    box = alone.getbbox()
    assert box
    assert abs((box[0] + box[2]) / 2 - cut.width / 2) < cut.width / 8


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_picture_where_nothing_stands_out(mode: str) -> None:
    """Its middle stays, whatever its colour."""
    plain = Image.new(mode, (300, 100), (120, 40, 90))
    assert shares(plain, 100, 100) == (0.5, 0.5)
    assert shares(Image.new("RGBA", (300, 100)), 100, 100) == (0.5, 0.5)


def test_what_is_transparent_does_not_stand_out() -> None:
    """Colours under an alpha of nothing count for nothing."""
    image = meadow((640, 360), (560, 180), 40).convert("RGBA")
    image.putalpha(0)
    figure = meadow((640, 360), (80, 180), 40).crop((40, 140, 121, 221))
    image.paste(figure, (40, 140))
    assert shares(image, 200, 360)[0] < 0.2


def test_the_small_map() -> None:
    """It is small, and the subject is the brightest there is."""
    seen = small_map(meadow((2048, 1024), (512, 300), 60)).rarity
    assert max(seen.size) <= 128
    brightest = max(seen.tobytes())
    at = seen.tobytes().index(brightest)
    assert abs(at % seen.width / seen.width - 0.25) < 0.06
    assert abs(at // seen.width / seen.height - 0.29) < 0.1


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (2, 3), (129, 127)])
def test_pictures_of_any_size(size: tuple[int, int]) -> None:
    """The shares lie between 0 and 1, and the same picture gives the same ones."""
    image = Image.radial_gradient("L").resize(size).convert("RGB")
    found = shares(image, max(1, size[0] // 2), max(1, size[1] // 2))
    assert all(0 <= share <= 1 for share in found)
    assert shares(image.copy(), max(1, size[0] // 2), max(1, size[1] // 2)) == found
