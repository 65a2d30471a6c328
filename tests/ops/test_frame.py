"""Border and round over pictures in memory."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from assetgen.errors import ImageError
from assetgen.graph import Op
from assetgen.ops.frame import border, round_corners
from assetgen.ops.table import check

GREEN = (0, 120, 40)


def plain(size: tuple[int, int] = (40, 20), mode: str = "RGB") -> Image.Image:
    return Image.new(mode, size, GREEN)


def kind_of(run: Any, image: Image.Image, **args: Any) -> str:
    with pytest.raises(ImageError) as caught:
        run(image, **args)
    return caught.value.problems[0].kind.name


def test_a_border_goes_around_the_canvas() -> None:
    """It grows by the width on each side, which may be a share of the shorter."""
    framed = border(plain(), width=3)
    assert (framed.mode, framed.size) == ("RGB", (46, 26))
    assert framed.crop((3, 3, 43, 23)) == plain()
    assert framed.getpixel((2, 10)) == framed.getpixel((45, 25)) == (0, 0, 0)
    assert border(plain()).size == (42, 22)
    assert border(plain(), width="10%", color="white").size == (44, 24)


def test_a_border_of_glass() -> None:
    """A see-through colour makes an alpha channel; transparent pixels within stay as they are."""
    framed = border(plain(), width=1, color="#ff000080")
    assert framed.getpixel((0, 0)) == (255, 0, 0, 128)
    assert framed.getpixel((1, 1)) == (*GREEN, 255)
    clear = Image.new("RGBA", (4, 4))
    assert border(clear, width=1, color="red").crop((1, 1, 5, 5)) == clear


def test_a_border_of_nothing() -> None:
    """The same object comes back."""
    image = plain()
    assert border(image, width=0) is image


def test_a_circle() -> None:
    """Half of a square's side makes a disc: its area is right, and its edge is smooth."""
    disc = round_corners(plain((101, 100)).resize((100, 100)), radius="50%")
    alpha = disc.getchannel("A")
    assert sum(alpha.tobytes()) / 255 == pytest.approx(math.pi * 50**2, rel=0.001)
    assert len(alpha.getcolors() or []) > 20
    assert alpha.getpixel((0, 0)) == 0
    assert alpha.crop((50, 0, 51, 1)).tobytes() >= bytes([250])
    assert alpha.getpixel((50, 50)) == 255


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 40))
@settings(deadline=None, max_examples=60)
def test_all_corners_alike(width: int, height: int, radius: int) -> None:
    """The outline is the same in a mirror, and only corners lose anything, as arcs do."""
    made = round_corners(plain((width, height)), radius=radius)
    if made.mode == "RGB":
        assert min(width, height) == 1
        return
    alpha = made.getchannel("A")
    assert alpha == alpha.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    assert alpha == alpha.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    bend = min(radius, width // 2, height // 2)
    lost = width * height - sum(alpha.tobytes()) / 255
    assert lost == pytest.approx((4 - math.pi) * bend**2, rel=0.1, abs=0.35)
    cross = Image.new("L", alpha.size)
    cross.paste(255, (bend, 0, width - bend, height))
    cross.paste(255, (0, bend, width, height - bend))
    assert ImageChops.lighter(cross, alpha) == alpha


def test_alpha_that_is_there_is_multiplied() -> None:
    """What was half transparent is so still, and less in the corners; colours stay."""
    image = Image.new("RGBA", (20, 20), (*GREEN, 128))
    made = round_corners(image, radius=5)
    assert made.getpixel((10, 10)) == (*GREEN, 128)
    corner: Any = made.getpixel((0, 0))
    assert corner[3] == 0
    assert made.convert("RGB") == image.convert("RGB")


def test_corners_of_nothing() -> None:
    """The same object comes back."""
    image = plain()
    assert round_corners(image, radius=0) is image
    assert round_corners(image, radius="0%") is image


@pytest.mark.parametrize(
    ("op", "run", "args", "kind", "early"),
    [
        ("border", border, {"width": "thick"}, "op-argument", True),
        ("border", border, {"width": 1, "color": "redd"}, "op-argument", True),
        ("border", border, {"width": 30_000}, "op-too-big", False),
        ("round", round_corners, {}, "round-what", True),
        ("round", round_corners, {"radius": "101%"}, "op-argument", True),
    ],
)
def test_a_frame_that_cannot_be(
    op: str, run: Any, args: dict[str, Any], kind: str, early: bool
) -> None:
    """Each mistake is an ImageError of its kind, and seen in the spec where it can be."""
    assert kind_of(run, plain(), **args) == kind
    assert [problem.kind.name for problem in check(Op(op, args))] == [kind] * early
