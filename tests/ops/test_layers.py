"""One picture on top of another."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from assetgen.errors import ImageError
from assetgen.graph import Op
from assetgen.ops.layers import overlay
from assetgen.ops.table import check

BLUE = (0, 0, 200)


def ground(mode: str = "RGB") -> Image.Image:
    return Image.new(mode, (40, 30), BLUE)


def badge(alpha: int = 255) -> Image.Image:
    return Image.new("RGBA", (10, 6), (250, 200, 0, alpha))


def spot(made: Image.Image) -> tuple[int, int, int, int] | None:
    """Return where the badge is."""
    return made.getchannel("R").getbbox()


def kind_of(**args: Any) -> str:
    with pytest.raises(ImageError) as caught:
        overlay(ground(), **args)
    return caught.value.problems[0].kind.name


@pytest.mark.parametrize(
    ("args", "at"),
    [
        ({}, (15, 12)),
        ({"position": "top-left"}, (0, 0)),
        ({"position": "bottom-right"}, (30, 24)),
        ({"position": "bottom-right", "margin": 2}, (28, 22)),
        ({"position": "left", "margin": "10%"}, (3, 12)),
        ({"position": "center", "margin": 5}, (15, 12)),
        ({"position": [3, "4"]}, (3, 4)),
        ({"position": ["50%", 0]}, (20, 0)),
        ({"position": [30, 24]}, (30, 24)),
    ],
)
def test_where_it_stands(args: dict[str, Any], at: tuple[int, int]) -> None:
    """At a side or corner, off it by a margin, or at a place; nothing else changes."""
    image = ground()
    made = overlay(image, image=badge(), **args)
    assert spot(made) == (*at, at[0] + 10, at[1] + 6)
    assert (made.mode, made.size) == ("RGB", (40, 30))
    assert image == ground()


def test_how_much_shows_through() -> None:
    """Its alpha and the opacity multiply; at 0 the same object comes back."""
    image = ground()
    half: Any = overlay(image, image=badge(), opacity=0.5).getpixel((20, 15))
    assert half == overlay(image, image=badge(128)).getpixel((20, 15))
    assert all(abs(a - b) <= 1 for a, b in zip(half, (125, 100, 100), strict=True))
    quarter: Any = overlay(image, image=badge(128), opacity="0.5").getpixel((20, 15))
    assert all(abs(a - b) <= 1 for a, b in zip(quarter, (63, 50, 150), strict=True))
    assert overlay(image, image=badge(), opacity=0) is image


def test_on_something_transparent() -> None:
    """What lies on nothing keeps its own colour and alpha."""
    made = overlay(Image.new("RGBA", (40, 30)), image=badge(100), position="top-left")
    assert made.getpixel((5, 3)) == (250, 200, 0, 100)
    assert made.getpixel((20, 20)) == (0, 0, 0, 0)


channel = st.integers(0, 255)


@given(st.tuples(*[channel] * 4), st.tuples(*[channel] * 4))
@settings(deadline=None, max_examples=200)
def test_alpha_adds_up(under: tuple[int, int, int, int], over: tuple[int, int, int, int]) -> None:
    """Every pixel is what `over` of Porter and Duff gives, within a rounding."""
    found: Any = overlay(
        Image.new("RGBA", (1, 1), under), image=Image.new("RGBA", (1, 1), over)
    ).getpixel((0, 0))
    top, low = over[3] / 255, under[3] / 255
    alpha = top + low * (1 - top)
    assert abs(found[3] - 255 * alpha) <= 1
    if found[3] > 8:
        for at in range(3):
            color = (over[at] * top + under[at] * low * (1 - top)) / alpha
            assert abs(found[at] - color) <= 2


def test_an_opaque_picture_on_top() -> None:
    """RGB covers what is below it."""
    made = overlay(ground("RGBA"), image=badge().convert("RGB"), position="top")
    assert made.mode == "RGBA"
    assert made.getpixel((20, 2)) == (250, 200, 0, 255)


@pytest.mark.parametrize(
    ("args", "kind", "early"),
    [
        ({"position": "middle"}, "op-argument", True),
        ({"position": [1]}, "op-argument", True),
        ({"position": [1, -1]}, "op-argument", True),
        ({"position": [1, 1], "margin": 2}, "overlay-margin", True),
        ({"opacity": 1.5}, "op-argument", True),
        ({"opacity": "50%"}, "op-argument", True),
        ({"margin": "much"}, "op-argument", True),
        ({"position": [31, 0]}, "overlay-outside", False),
        ({"position": "top", "margin": 13}, "overlay-outside", False),
    ],
)
def test_an_overlay_that_cannot_be(args: dict[str, Any], kind: str, early: bool) -> None:
    """Each mistake is an ImageError of its kind, and seen in the spec where it can be."""
    assert kind_of(image=badge(), **args) == kind
    found = check(Op("overlay", {"image": "logo", **args}))
    assert [problem.kind.name for problem in found] == [kind] * early


def test_an_overlay_without_a_picture() -> None:
    """It is asked for."""
    assert kind_of() == "overlay-what"
    assert [problem.kind.name for problem in check(Op("overlay"))] == ["overlay-what"]


def test_an_overlay_that_is_larger_than_the_picture() -> None:
    """It would be cut, which nobody asked for; opacity 0 does not hide the mistake."""
    assert kind_of(image=Image.new("RGB", (41, 5))) == "overlay-outside"
    assert kind_of(image=Image.new("RGB", (41, 5)), opacity=0) == "overlay-outside"
