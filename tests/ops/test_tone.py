"""Sharpen, grayscale and adjust over pictures in memory."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from assetgen.errors import ImageError
from assetgen.graph import Op
from assetgen.ops.table import check
from assetgen.ops.tone import adjust, grayscale, sharpen

Pixel = tuple[int, ...]


def ramp(mode: str = "RGB") -> Image.Image:
    """Return 64 by 64 pixels of many colours, with a soft disc for alpha if the mode has one."""
    bands = [
        Image.linear_gradient("L").resize((64, 64)),
        Image.linear_gradient("L").resize((64, 64)).transpose(Image.Transpose.ROTATE_90),
        Image.radial_gradient("L").resize((64, 64)),
        Image.radial_gradient("L").resize((64, 64)).point(lambda v: max(0, 255 - 2 * v)),
    ]
    return Image.merge(mode, bands[: len(mode)])


def one(color: Pixel, run: Any, **args: Any) -> Any:
    """Return what becomes of one pixel."""
    return run(Image.new("RGB" if len(color) == 3 else "RGBA", (3, 3), color), **args).getpixel(
        (1, 1)
    )


def kind_of(run: Any, **args: Any) -> str:
    with pytest.raises(ImageError) as caught:
        run(ramp(), **args)
    return caught.value.problems[0].kind.name


@pytest.mark.parametrize(
    ("run", "args"),
    [
        (sharpen, {}),
        (grayscale, {}),
        (adjust, {"saturation": 2, "gamma": 1.5, "hue": 40}),
    ],
)
def test_alpha_stays(run: Any, args: dict[str, Any]) -> None:
    """Mode, size and every alpha are those of before, and the picture itself is not touched."""
    for mode in ("RGB", "RGBA"):
        image = ramp(mode)
        made = run(image, **args)
        assert (made.mode, made.size) == (mode, image.size)
        assert made != image
        assert image == ramp(mode)
        if mode == "RGBA":
            assert made.getchannel("A") == image.getchannel("A")


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize(
    ("run", "args"),
    [
        (sharpen, {"amount": 0}),
        (adjust, {}),
        (adjust, {"brightness": 1.0, "contrast": "1", "saturation": 1, "gamma": 1}),
        (adjust, {"hue": 360}),
        (adjust, {"hue": -360, "saturation": 1}),
    ],
)
def test_nothing_to_change(run: Any, args: dict[str, Any], mode: str) -> None:
    """Neutral arguments give the same object back."""
    image = ramp(mode)
    assert run(image, **args) is image


def test_a_grey_picture_is_grey_already() -> None:
    """The same object comes back."""
    image = Image.linear_gradient("L").convert("RGB")
    assert grayscale(image) is image
    assert one((200, 100, 50), grayscale) == (124, 124, 124)


def test_sharpen_makes_edges_steeper() -> None:
    """Both sides of an edge move apart, more with a larger amount; flat parts stay."""
    image = Image.new("RGB", (40, 10), (100, 100, 100))
    image.paste((150, 150, 150), (20, 0, 40, 10))
    some, more = sharpen(image, amount=0.5), sharpen(image, amount="2", radius=2)
    assert some.getpixel((2, 5)) == (100, 100, 100)
    dark: list[Any] = [made.getpixel((19, 5)) for made in (image, some, more)]
    light: list[Any] = [made.getpixel((20, 5)) for made in (image, some, more)]
    assert dark[0] > dark[1] > dark[2]
    assert light[0] < light[1] < light[2]


def test_sharpening_sees_no_transparent_colour() -> None:
    """A sprite of one colour stays of that colour, whatever lies hidden around it."""
    image = Image.new("RGBA", (40, 40), (0, 255, 0, 0))
    image.paste((200, 80, 40, 255), (10, 10, 30, 30))
    sharp = sharpen(image, amount=3, radius=3)
    assert max(ImageChops.difference(sharp, image).tobytes()) <= 6


@pytest.mark.parametrize(
    ("color", "args", "expected"),
    [
        ((100, 50, 200), {"brightness": 1.5}, (150, 75, 255)),
        ((100, 50, 200), {"contrast": 0}, (128, 128, 128)),
        ((100, 50, 200), {"contrast": 2}, (72, 0, 255)),
        ((200, 100, 50), {"saturation": 0}, (118, 118, 118)),
        ((0, 128, 255), {"gamma": 2}, (0, 181, 255)),
        ((255, 0, 0), {"hue": 120}, (0, 113, 0)),
        ((255, 0, 0), {"hue": "-240"}, (0, 113, 0)),
        ((100, 100, 100), {"hue": 77, "saturation": 3}, (100, 100, 100)),
        ((200, 100, 50, 7), {"brightness": 0}, (0, 0, 0, 7)),
    ],
)
def test_adjust(color: Pixel, args: dict[str, Any], expected: Pixel) -> None:
    """What the CSS filters of those names give, within a rounding."""
    found = one(color, adjust, **args)
    assert all(abs(a - b) <= 1 for a, b in zip(found, expected, strict=True)), found


@given(st.floats(0, 4), st.floats(0, 4), st.floats(0, 4), st.floats(-360, 360), st.floats(0.1, 10))
@settings(deadline=None, max_examples=50)
def test_greys_stay_grey(
    brightness: float, contrast: float, saturation: float, hue: float, gamma: float
) -> None:
    """No adjustment brings colour into a grey picture."""
    made = adjust(
        Image.linear_gradient("L").convert("RGB"),
        brightness=brightness,
        contrast=contrast,
        saturation=saturation,
        hue=hue,
        gamma=gamma,
    )
    red, green, blue = (ImageStat.Stat(band).mean[0] for band in made.split())
    assert abs(red - green) <= 1 and abs(green - blue) <= 1


@pytest.mark.parametrize(
    ("op", "run", "args", "kind"),
    [
        ("sharpen", sharpen, {"amount": 11}, "op-argument"),
        ("sharpen", sharpen, {"amount": "much"}, "op-argument"),
        ("sharpen", sharpen, {"radius": 0}, "op-argument"),
        ("adjust", adjust, {"brightness": -1}, "op-argument"),
        ("adjust", adjust, {"gamma": 0}, "op-argument"),
        ("adjust", adjust, {"hue": 400}, "op-argument"),
        ("adjust", adjust, {"contrast": True}, "op-argument"),
        ("adjust", adjust, {"saturation": float("nan")}, "op-argument"),
    ],
)
def test_tones_that_cannot_be(op: str, run: Any, args: dict[str, Any], kind: str) -> None:
    """Each mistake is an ImageError of its kind, and seen in the spec."""
    assert kind_of(run, **args) == kind
    assert [problem.kind.name for problem in check(Op(op, args))] == [kind]


def test_an_adjust_without_a_word() -> None:
    """The spec's check asks for one."""
    assert [problem.kind.name for problem in check(Op("adjust"))] == ["adjust-what"]
    assert check(Op("adjust", {"hue": 20})) == ()
