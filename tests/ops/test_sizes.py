"""What is known of a picture's size before there is a picture."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from assetgen.errors import ImageError, Problem
from assetgen.graph import Op
from assetgen.ops.sizes import ANY, Bounds, exactly, follow
from assetgen.ops.table import runner

SQUARE = exactly(100, 100)


def after(*ops: Op, start: Bounds = SQUARE) -> tuple[Bounds, list[str]]:
    """Return the bounds after ``ops`` and the kinds of what is sure to fail."""
    problems: list[Problem] = []
    bounds = follow(ops, start, problems)
    return bounds, [problem.kind.name for problem in problems]


def op(name: str, **args: Any) -> Op:
    return Op(name, args)


@pytest.mark.parametrize(
    ("ops", "size"),
    [
        ([op("crop", aspect_ratio="2:1")], (100, 50)),
        ([op("crop", box=[10, 10, 30, 20])], (30, 20)),
        ([op("resize", width=50)], (50, 50)),
        ([op("resize", width=50, height=20)], (20, 20)),
        ([op("resize", width=50, height=20, fit="cover")], (50, 20)),
        ([op("rotate", degrees=90), op("pad", width=300)], (300, 100)),
        ([op("border", width=4)], (108, 108)),
        ([op("key"), op("grayscale"), op("flip")], (100, 100)),
    ],
)
def test_a_known_size_is_followed(ops: list[Op], size: tuple[int, int]) -> None:
    """Each op says what becomes of it."""
    bounds, problems = after(*ops)
    assert (bounds.exact, problems) == (size, [])


@pytest.mark.parametrize(
    ("ops", "kind"),
    [
        ([op("resize", width=50), op("resize", width=51)], "resize-would-enlarge"),
        ([op("resize", width=50), op("crop", box=[0, 0, 51, 10])], "crop-outside"),
        ([op("trim"), op("resize", height=101)], "resize-would-enlarge"),
        ([op("resize", width=101, height=101)], "resize-would-enlarge"),
        ([op("resize", width=101, height=50, fit="fill")], "resize-would-enlarge"),
    ],
)
def test_what_is_sure_to_fail_is_told(ops: list[Op], kind: str) -> None:
    """Whatever the picture will show."""
    assert after(*ops)[1] == [kind]


@pytest.mark.parametrize(
    "ops",
    [
        [op("resize", width=101, upscale=True)],
        [op("resize", width=101, height=50)],
        [op("rotate", degrees=30), op("resize", width=120)],
        [op("plugin", op="x"), op("resize", width=9999)],
        [op("pad", pixels="50%"), op("resize", width=150)],
    ],
)
def test_what_may_go_well_is_let_pass(ops: list[Op]) -> None:
    """Only the picture can tell."""
    assert after(*ops)[1] == []


def test_nothing_is_known_of_an_unknown_picture() -> None:
    """Then only what ops do to each other counts."""
    assert after(op("resize", width=4000), start=ANY)[1] == []
    assert after(op("resize", width=40), op("resize", width=41), start=ANY)[1] == [
        "resize-would-enlarge"
    ]


OPS = st.one_of(
    st.builds(lambda r: op("crop", aspect_ratio=r), st.sampled_from(["1:1", "16:9", "3:4", "9:1"])),
    st.builds(
        lambda box: op("crop", box=box),
        st.lists(st.integers(0, 60), min_size=4, max_size=4),
    ),
    st.builds(
        lambda w, h, fit, up: op("resize", width=w, height=h, fit=fit, upscale=up),
        st.none() | st.integers(1, 120),
        st.none() | st.integers(1, 120),
        st.sampled_from(["contain", "cover", "fill"]),
        st.booleans(),
    ),
    st.builds(lambda d: op("rotate", degrees=d), st.sampled_from([0, 90, 180, 270, 33])),
    st.builds(lambda w: op("border", width=w), st.integers(1, 9) | st.just("10%")),
    st.builds(lambda p: op("pad", pixels=p), st.integers(0, 9) | st.just("20%")),
    st.builds(lambda w, h: op("pad", width=w, height=h), st.integers(1, 200), st.integers(1, 200)),
    st.builds(lambda p: op("trim", pad=p), st.integers(0, 9)),
)


@given(st.lists(OPS, max_size=5), st.integers(1, 100), st.integers(1, 100), st.booleans())
def test_the_bounds_hold(ops: list[Op], width: int, height: int, known: bool) -> None:
    """A picture that gets through is within them, and what they refuse never does."""
    start = exactly(width, height) if known else Bounds(1, width, 1, height)
    image = Image.radial_gradient("L").resize((width, height)).convert("RGB")
    bounds, problems = after(*ops, start=start)
    try:
        for one in ops:
            image = runner(one.name).run(image, **one.args)
    except ImageError:
        return
    assert problems == []
    assert bounds.least_width <= image.width <= bounds.most_width
    assert bounds.least_height <= image.height <= bounds.most_height
