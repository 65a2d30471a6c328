"""Crop, resize, flip and rotate over pictures in memory."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from assetgen.errors import ImageError
from assetgen.graph import Op
from assetgen.ops.geometry import crop, flip, largest, resize, rotate, scaled_size
from assetgen.ops.table import check

SIDES = st.integers(1, 4000)


def thirds() -> Image.Image:
    """Return 30 by 10 pixels: a red, a green and a blue square."""
    image = Image.new("RGB", (30, 10), "red")
    image.paste((0, 255, 0), (10, 0, 20, 10))
    image.paste((0, 0, 255), (20, 0, 30, 10))
    return image


def kind_of(run: Any, image: Image.Image, **args: Any) -> str:
    with pytest.raises(ImageError) as caught:
        run(image, **args)
    return caught.value.problems[0].kind.name


@given(SIDES, SIDES, st.integers(1, 3000), st.integers(1, 3000))
def test_the_largest_box_of_a_ratio(width: int, height: int, wide: int, high: int) -> None:
    """It lies inside, touches one pair of sides, and has the ratio within a pixel."""
    ratio = Fraction(wide, high)
    inner_width, inner_height = largest(width, height, ratio)
    assert 1 <= inner_width <= width
    assert 1 <= inner_height <= height
    assert inner_width == width or inner_height == height
    assert (
        abs(inner_width - inner_height * ratio) <= 1 or abs(inner_height - inner_width / ratio) <= 1
    )


@pytest.mark.parametrize(
    ("gravity", "colour"),
    [("left", (255, 0, 0)), ("center", (0, 255, 0)), ("right", (0, 0, 255))],
)
def test_gravity_says_which_part_stays(gravity: str, colour: tuple[int, int, int]) -> None:
    """A square out of a row of three squares is one of them."""
    cut = crop(thirds(), aspect_ratio="1:1", gravity=gravity)
    assert cut.getcolors() == [(100, colour)]


@pytest.mark.parametrize(
    ("gravity", "top"), [("top", 0), ("center", 45), ("bottom-left", 90), ("top-right", 0)]
)
def test_gravity_of_a_tall_picture(gravity: str, top: int) -> None:
    """The surplus of a tall picture is cut above and below."""
    tall = Image.linear_gradient("L").resize((10, 100)).convert("RGB")
    assert crop(tall, aspect_ratio="1:1", gravity=gravity) == tall.crop((0, top, 10, top + 10))


@pytest.mark.parametrize(
    ("size", "ratio"),
    [((1365, 768), "16:9"), ((695, 1507), "9:19.5"), ((10, 10), "1:1"), ((10, 11), "1:1")],
)
def test_a_picture_that_fits_is_left_alone(size: tuple[int, int], ratio: str) -> None:
    """Within one pixel of the ratio nothing is cut: the same object comes back."""
    image = Image.new("RGB", size)
    assert crop(image, aspect_ratio=ratio) is image


def test_a_box() -> None:
    """A box is left, top, width, height; numbers may come as text from a template."""
    assert crop(thirds(), box=[20, 2, 4, "5"]).getcolors() == [(20, (0, 0, 255))]
    image = thirds()
    assert crop(image, box=[0, 0, 30, 10]) is image


@pytest.mark.parametrize(
    ("args", "kind"),
    [
        ({}, "crop-what"),
        ({"aspect_ratio": "1:1", "box": [0, 0, 1, 1]}, "crop-what"),
        ({"box": [21, 0, 10, 10]}, "crop-outside"),
        ({"box": [0, 0, 10]}, "op-argument"),
        ({"box": [-1, 0, 10, 10]}, "op-argument"),
        ({"box": "0 0 1 1"}, "op-argument"),
        ({"aspect_ratio": "16x9"}, "op-argument"),
        ({"aspect_ratio": "0:9"}, "op-argument"),
        ({"aspect_ratio": 1.5}, "op-argument"),
        ({"aspect_ratio": "1:1", "gravity": "middle"}, "op-argument"),
    ],
)
def test_a_crop_that_makes_no_sense(args: dict[str, Any], kind: str) -> None:
    """Each mistake is an ImageError of its kind."""
    assert kind_of(crop, thirds(), **args) == kind


@pytest.mark.parametrize(
    ("args", "size"),
    [
        ({"width": 15}, (15, 5)),
        ({"height": 5}, (15, 5)),
        ({"height": 1}, (3, 1)),
        ({"width": 1}, (1, 1)),
        ({"width": 15, "height": 2}, (6, 2)),
        ({"width": 15, "height": 2, "fit": "cover"}, (15, 2)),
        ({"width": 15, "height": 2, "fit": "fill"}, (15, 2)),
        ({"width": "15", "filter": "nearest"}, (15, 5)),
        ({"width": 60, "upscale": True}, (60, 20)),
        ({"width": 60, "upscale": "true"}, (60, 20)),
    ],
)
def test_resize(args: dict[str, Any], size: tuple[int, int]) -> None:
    """One side leads the other; with two sides, `fit` decides."""
    assert resize(thirds(), **args).size == size


@pytest.mark.parametrize(
    ("args", "kind"),
    [
        ({}, "resize-what"),
        ({"width": 31}, "resize-enlarges"),
        ({"width": 10, "height": 11, "fit": "cover"}, "resize-enlarges"),
        ({"width": 60000, "upscale": True}, "resize-too-big"),
        ({"width": 0}, "op-argument"),
        ({"width": 1.5}, "op-argument"),
        ({"width": True}, "op-argument"),
        ({"width": "wide"}, "op-argument"),
        ({"width": 10, "fit": "crop"}, "op-argument"),
        ({"width": 10, "filter": "bicubic"}, "op-argument"),
        ({"width": 10, "upscale": "yes"}, "op-argument"),
    ],
)
def test_a_resize_that_makes_no_sense(args: dict[str, Any], kind: str) -> None:
    """Each mistake is an ImageError of its kind; enlarging needs to be asked for."""
    assert kind_of(resize, thirds(), **args) == kind


def test_a_resize_to_its_own_size() -> None:
    """It changes nothing: the same object comes back."""
    image = thirds()
    assert resize(image, width=30) is image
    assert resize(image, width=30, height=10, fit="cover") is image


@given(
    st.tuples(SIDES, SIDES), SIDES | st.none(), SIDES, st.sampled_from(["contain", "cover", "fill"])
)
def test_the_size_that_is_scaled_to(
    size: tuple[int, int], width: int | None, height: int, fit: str
) -> None:
    """Contain lies inside what was asked for, cover reaches over it, fill is it exactly."""
    scaled = scaled_size(size, width, height, fit)
    assert min(scaled) >= 1
    if width is None:
        assert scaled[1] == height
    elif fit == "fill":
        assert scaled == (width, height)
    elif fit == "cover":
        assert scaled[0] >= width and scaled[1] >= height
    else:
        assert scaled[0] <= width and scaled[1] <= height


@given(
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.integers(1, 60) | st.none(),
    st.integers(1, 60) | st.none(),
    st.sampled_from(["contain", "cover", "fill"]),
)
def test_resize_never_enlarges_unasked(
    size: tuple[int, int], width: int | None, height: int | None, fit: str
) -> None:
    """Without `upscale` the result is no wider and no higher than the picture, or an error."""
    try:
        smaller = resize(Image.new("RGB", size), width=width, height=height, fit=fit)
    except ImageError:
        return
    assert smaller.width <= size[0] and smaller.height <= size[1]


def test_transparent_pixels_lend_no_colour() -> None:
    """What is see-through leaves no dark rim around what is not."""
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    image.paste((255, 120, 0, 255), (16, 16, 48, 48))
    small = resize(image, width=21)
    seen = [p for p in small.get_flattened_data() if isinstance(p, tuple) and p[3] > 60]
    assert seen
    assert all(p[0] == 255 and abs(p[1] - 120) <= 15 for p in seen)


def test_gravity_by_saliency() -> None:
    """What stands out stays; a picture of the ratio is left alone all the same."""
    image = Image.new("RGB", (300, 100), "white")
    image.paste((200, 0, 0), (220, 30, 260, 70))
    cut = crop(image, aspect_ratio="1:1", gravity="saliency")
    assert (1600, (200, 0, 0)) in (cut.getcolors() or [])
    assert crop(image, aspect_ratio="3:1", gravity="saliency") is image


def test_flip() -> None:
    """Left and right change places, or top and bottom; twice is not at all."""
    assert flip(thirds()).getpixel((0, 0)) == (0, 0, 255)
    tall = thirds().transpose(Image.Transpose.ROTATE_270)
    assert flip(tall, axis="vertical").getpixel((0, 0)) == (0, 0, 255)
    assert flip(flip(thirds())) == thirds()
    assert kind_of(flip, thirds(), axis="diagonal") == "op-argument"


@pytest.mark.parametrize(
    ("degrees", "size", "first"),
    [
        (90, (10, 30), (255, 0, 0)),
        ("-90", (10, 30), (0, 0, 255)),
        (180.0, (30, 10), (0, 0, 255)),
        (-270, (10, 30), (255, 0, 0)),
    ],
)
def test_quarter_turns(degrees: Any, size: tuple[int, int], first: tuple[int, int, int]) -> None:
    """Clockwise, without a new colour, and no alpha comes of it."""
    turned = rotate(thirds(), degrees=degrees, color="white")
    assert (turned.mode, turned.size) == ("RGB", size)
    assert turned.getpixel((0, 0)) == first
    assert sorted(turned.getcolors() or []) == sorted(thirds().getcolors() or [])


def test_a_turn_by_nothing() -> None:
    """It changes nothing: the same object comes back."""
    image = thirds()
    assert rotate(image, degrees=0) is image
    assert rotate(image, degrees=-360) is image


@given(st.integers(8, 80), st.integers(8, 80), st.floats(-360, 360).map(lambda d: round(d, 2)))
def test_the_canvas_of_a_turn_holds_all_of_it(width: int, height: int, degrees: float) -> None:
    """As much is to be seen as before: the alphas add up to the picture's pixels."""
    turned = rotate(Image.new("RGB", (width, height), "red"), degrees=degrees)
    if turned.mode == "RGB":
        assert {width, height} == {*turned.size}
        return
    area = sum(turned.getchannel("A").tobytes()) / 255
    assert area == pytest.approx(width * height, rel=0.05)


def test_a_turn_is_clockwise_and_about_the_middle() -> None:
    """The right third points down after an eighth of a turn; the middle stays the middle."""
    turned = rotate(thirds().resize((300, 100)), degrees=45)
    width, height = turned.size
    assert (width, height) == (283, 283)
    assert turned.getpixel((width // 2, height // 2)) == (0, 255, 0, 255)
    assert turned.getpixel((width // 2 + 70, height // 2 + 70)) == (0, 0, 255, 255)
    assert turned.getpixel((0, 0)) == (0, 0, 0, 0)


def test_corners_of_a_turn() -> None:
    """On an opaque colour there is no alpha; a see-through colour shines through."""
    turned = rotate(thirds(), degrees=30, color="#102030")
    assert turned.mode == "RGB"
    assert turned.getpixel((0, 0)) == (16, 32, 48)
    glass = rotate(thirds(), degrees=30, color="#10203080")
    assert glass.getpixel((0, 0)) == (16, 32, 48, 128)


def test_a_turned_edge_is_smooth_and_clean() -> None:
    """Edges fade, and no colour of transparent pixels gets into them."""
    image = Image.new("RGBA", (60, 60), (0, 255, 0, 0))
    image.paste((250, 100, 0, 255), (10, 10, 50, 50))
    pixels = [p for p in rotate(image, degrees=20).get_flattened_data() if isinstance(p, tuple)]
    edge = [p for p in pixels if 64 < p[3] < 250]
    assert len(edge) > 40
    assert all(abs(p[0] - 250) <= 5 and abs(p[1] - 100) <= 5 and p[2] <= 5 for p in edge)


@pytest.mark.parametrize(
    ("args", "kind", "early"),
    [
        ({}, "rotate-what", True),
        ({"degrees": 361}, "op-argument", True),
        ({"degrees": "half"}, "op-argument", True),
        ({"degrees": 5, "color": "see-through"}, "op-argument", True),
        ({"degrees": 45}, "op-too-big", False),
    ],
)
def test_a_turn_that_cannot_be(args: dict[str, Any], kind: str, early: bool) -> None:
    """Each mistake is an ImageError of its kind, and seen in the spec where it can be."""
    assert kind_of(rotate, Image.new("RGB", (30_000, 3_000)), **args) == kind
    assert [problem.kind.name for problem in check(Op("rotate", args))] == [kind] * early
