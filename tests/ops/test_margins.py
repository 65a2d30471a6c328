"""Trim and pad over pictures in memory."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from assetgen.errors import ImageError
from assetgen.graph import Op
from assetgen.ops.margins import content_box, measured, pad, sides, trim
from assetgen.ops.table import check

RED = (200, 30, 30, 255)


def sprite(box: tuple[int, int, int, int], size: tuple[int, int] = (40, 30)) -> Image.Image:
    """Return a red box on nothing."""
    image = Image.new("RGBA", size)
    image.paste(RED, box)
    return image


def card(box: tuple[int, int, int, int], paper: str = "white") -> Image.Image:
    """Return a red box on paper: 40 by 30 opaque pixels."""
    image = Image.new("RGB", (40, 30), paper)
    image.paste(RED[:3], box)
    return image


def kind_of(run: Any, *args: Any, **named: Any) -> str:
    with pytest.raises(ImageError) as caught:
        run(*args, **named)
    return caught.value.problems[0].kind.name


@pytest.mark.parametrize("make", [sprite, card])
def test_the_empty_border_goes(make: Any) -> None:
    """What is transparent, or of the paper's colour, is cut away on all sides."""
    trimmed = trim(make((5, 6, 15, 20)))
    assert trimmed.size == (10, 14)
    assert trimmed.convert("RGBA").getcolors() == [(140, RED)]


@pytest.mark.parametrize("make", [sprite, card])
def test_a_picture_without_a_border(make: Any) -> None:
    """It is left alone: the same object comes back."""
    image = make((0, 5, 40, 25))
    image.paste(RED[: len(image.mode)], (5, 0, 35, 30))
    assert trim(image) is image


def test_some_of_the_border_stays() -> None:
    """Pad keeps as much of it, and makes up what is missing; a share is of what is left."""
    image = sprite((1, 6, 21, 16))
    padded = trim(image, pad=3)
    assert padded.size == (26, 16)
    assert padded.getchannel("A").getbbox() == (3, 3, 23, 13)
    assert trim(image, pad="10%").size == (24, 12)
    wide = trim(card((0, 6, 20, 16)), pad="4")
    assert wide.mode == "RGB"
    assert wide.size == (28, 18)
    assert content_box(wide, 8) == (4, 4, 24, 14)


def test_what_is_too_faint_to_see_is_empty() -> None:
    """Up to the threshold, in alpha or in difference from the paper; 0 takes every trace."""
    haze = sprite((5, 6, 15, 20))
    haze.putpixel((0, 0), (255, 255, 255, 8))
    assert trim(haze).size == (10, 14)
    assert trim(haze, threshold=0).size == (15, 20)
    noise = card((5, 6, 15, 20))
    noise.putpixel((39, 0), (250, 255, 250))
    assert trim(noise).size == (10, 14)
    assert trim(noise, threshold="4").size == (35, 20)


def test_a_corner_that_is_not_paper() -> None:
    """The paper is what most corners are like."""
    assert trim(card((0, 0, 10, 10))).size == (10, 10)


def test_frames_that_share_a_box_stay_aligned() -> None:
    """Each is cut to the box that holds them all, and empty frames to no other."""
    frames = [sprite((5, 6, 15, 20)), sprite((8, 2, 18, 16)), sprite((0, 0, 0, 0))]
    cut = [trim(frame, same_box=[measured(one) for one in frames], pad=1) for frame in frames]
    assert {frame.size for frame in cut} == {(15, 20)}
    assert [frame.getchannel("A").getbbox() for frame in cut] == [
        (1, 5, 11, 19),
        (4, 1, 14, 15),
        None,
    ]


def test_a_shared_box_never_cuts_what_is_there() -> None:
    """A picture that the glob does not name still keeps all of itself."""
    assert trim(sprite((5, 6, 15, 20)), same_box=[measured(sprite((7, 7, 8, 8)))]).size == (10, 14)


@pytest.mark.parametrize(
    ("image", "args", "kind"),
    [
        (sprite((0, 0, 0, 0)), {}, "trim-empty"),
        (card((0, 0, 0, 0)), {}, "trim-empty"),
        (
            sprite((1, 1, 2, 2)),
            {"same_box": [measured(sprite((1, 1, 2, 2), (41, 30)))]},
            "trim-other-size",
        ),
        (sprite((1, 1, 2, 2)), {"pad": 30_000}, "op-too-big"),
        (sprite((1, 1, 2, 2)), {"pad": -1}, "op-argument"),
        (sprite((1, 1, 2, 2)), {"threshold": 255}, "op-argument"),
    ],
)
def test_a_trim_that_cannot_be(image: Image.Image, args: dict[str, Any], kind: str) -> None:
    """Each mistake is an ImageError of its kind."""
    assert kind_of(trim, image, **args) == kind


@given(st.integers(0, 39), st.integers(0, 29), st.integers(1, 40), st.integers(1, 30))
def test_trimming_twice_is_trimming_once(left: int, top: int, width: int, height: int) -> None:
    """What was trimmed has no border that could go."""
    once = trim(sprite((left, top, min(40, left + width), min(30, top + height))))
    assert once.getchannel("A").getextrema() == (255, 255)
    if once.size != (1, 1):  # of one colour and opaque: all of it is like its corners
        assert kind_of(trim, once) == "trim-empty"


@pytest.mark.parametrize(
    ("args", "size", "box"),
    [
        ({"pixels": 2}, (44, 34), (2, 2, 42, 32)),
        ({"pixels": [1, "2"]}, (44, 32), (2, 1, 42, 31)),
        ({"pixels": [1, 2, 3, 4]}, (46, 34), (4, 1, 44, 31)),
        ({"pixels": "10%"}, (48, 36), (4, 3, 44, 33)),
        ({"width": 50}, (50, 30), (5, 0, 45, 30)),
        ({"width": 50, "height": 40, "gravity": "top"}, (50, 40), (5, 0, 45, 30)),
        ({"width": 50, "height": 40, "gravity": "bottom-right"}, (50, 40), (10, 10, 50, 40)),
    ],
)
def test_pad(args: dict[str, Any], size: tuple[int, int], box: tuple[int, int, int, int]) -> None:
    """The picture stands where it should, on nothing unless a colour is given."""
    image = sprite((0, 0, 40, 30)).convert("RGB")
    padded = pad(image, **args)
    assert (padded.mode, padded.size) == ("RGBA", size)
    assert padded.getchannel("A").getbbox() == box
    assert padded.crop(box).convert("RGB") == image
    blue = pad(image, color="#0000ff", **args)
    assert (blue.mode, blue.size) == ("RGB", size)
    assert blue.crop(box) == image


def test_pad_leaves_transparent_pixels_as_they_are() -> None:
    """The border is around the picture, not behind it."""
    image = sprite((5, 5, 6, 6))
    padded = pad(image, pixels=3, color="red")
    assert padded.crop((3, 3, 43, 33)) == image
    assert padded.getpixel((0, 0)) == (255, 0, 0, 255)


def test_a_pad_by_nothing() -> None:
    """It changes nothing: the same object comes back."""
    image = sprite((5, 5, 6, 6))
    assert pad(image, pixels=0) is image
    assert pad(image, width=40, height=30) is image


@pytest.mark.parametrize(
    ("args", "kind", "early"),
    [
        ({}, "pad-what", True),
        ({"pixels": 1, "width": 50}, "pad-what", True),
        ({"pixels": [1, 2, 3]}, "op-argument", True),
        ({"pixels": "1px"}, "op-argument", True),
        ({"width": 0}, "op-argument", True),
        ({"width": 50, "gravity": "saliency"}, "op-argument", True),
        ({"pixels": 1, "color": "reddish"}, "op-argument", True),
        ({"width": 39}, "pad-larger", False),
        ({"width": 60_000, "height": 60_000}, "op-too-big", False),
        ({"pixels": 30_000}, "op-too-big", False),
    ],
)
def test_a_pad_that_cannot_be(args: dict[str, Any], kind: str, early: bool) -> None:
    """Each mistake is an ImageError of its kind, and seen in the spec where it can be."""
    assert kind_of(pad, sprite((0, 0, 1, 1)), **args) == kind
    assert [problem.kind.name for problem in check(Op("pad", args))] == ([kind] if early else [])


def test_lengths_of_four_sides() -> None:
    """One, two and four lengths, as style sheets order them."""
    assert [side.pixels for side in sides("pixels", 7)] == [7, 7, 7, 7]
    assert [side.pixels for side in sides("pixels", [1, 2])] == [1, 2, 1, 2]
    assert [side.pixels for side in sides("pixels", [1, 2, 3, 4])] == [1, 2, 3, 4]
