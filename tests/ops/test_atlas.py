"""Sprites on sheets: every pixel where its frame says, and nothing else there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from assetgen.errors import ImageError
from assetgen.ops.atlas import Sheets, Sprite, check, compose, cut, fits, place, read_layout
from assetgen.ops.sheets import Frame

PIXELS = st.binary(min_size=4, max_size=4).map(tuple)


@st.composite
def sprites(draw: st.DrawFn) -> list[Sprite]:
    """Draw up to eight small pictures; many of their pixels are transparent, with a colour."""
    found = []
    for n in range(draw(st.integers(1, 8))):
        width, height = draw(st.integers(1, 6)), draw(st.integers(1, 6))
        image = Image.new("RGBA", (width, height), (255, 0, 255, 0))
        for _ in range(draw(st.integers(0, 6))):
            at = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
            image.putpixel(at, draw(PIXELS))
        found.append(Sprite(f"s{n}", image))
    return found


def shown(sheets: Sheets, frame: Frame) -> Image.Image:
    """Return what a game shows of a frame: its source, put together again."""
    box = (frame.x, frame.y, frame.x + frame.width, frame.y + frame.height)
    result = Image.new("RGBA", (frame.source_width, frame.source_height))
    result.paste(sheets.images[frame.page].crop(box), (frame.offset_x, frame.offset_y))
    return result


def plain(image: Image.Image) -> Image.Image:
    """Return a picture as RGBA whose transparent pixels have no colour."""
    image = image.convert("RGBA")
    visible = image.getchannel("A").point(lambda alpha: 255 if alpha else 0)
    return Image.composite(image, Image.new("RGBA", image.size), visible)


def same(one: Image.Image, other: Image.Image) -> bool:
    return one.size == other.size and one.tobytes() == other.tobytes()


def wrong_with(sheets: Sheets, given: list[Sprite], padding: int, extrude: int) -> Iterator[str]:
    """Yield every way in which sheets do not show their sprites."""
    alpha = [image.getchannel("A") for image in sheets.images]
    for frame, sprite in zip(sheets.frames, given, strict=True):
        if not same(shown(sheets, frame), plain(sprite.image)):
            yield f"{frame.name} is not what its frame shows"
        margin = padding + extrude
        right, bottom = frame.x + frame.width + margin, frame.y + frame.height + margin
        if min(frame.x, frame.y) < margin or (right, bottom) > sheets.images[frame.page].size:
            yield f"{frame.name} has no margin"
        around = (frame.x - extrude, frame.y - extrude, right - padding, bottom - padding)
        alpha[frame.page].paste(0, around)
    if any(one.getbbox() for one in alpha):
        yield "something is drawn between the sprites"
    for image in sheets.images:
        if not same(image, plain(image)):
            yield "a transparent pixel has a colour"


@given(
    sprites(),
    st.sampled_from(["packed", "grid"]),
    st.integers(0, 3),
    st.integers(0, 2),
    st.booleans(),
    st.integers(1, 3),
)
def test_any_sheet_shows_its_sprites(
    drawn: list[Sprite], layout: str, padding: int, extrude: int, trim: bool, pages: int
) -> None:
    """Every frame gives its source back, has its margins, and nothing lies in between."""
    sheets = compose(
        drawn,
        {
            "layout": layout,
            "padding": padding,
            "extrude": extrude,
            "trim": trim,
            "pages": min(pages, len(drawn)),
        },
    )
    assert list(wrong_with(sheets, drawn, padding, extrude)) == []
    assert {image.mode for image in sheets.images} == {"RGBA"}


def test_a_wrong_sheet_is_found() -> None:
    """A frame off by one, a lost offset, a pixel in between and a hidden colour are all seen."""
    drawn = [disc("a"), disc("b")]
    sheets = compose(drawn, {"trim": True})
    assert list(wrong_with(sheets, drawn, 2, 0)) == []
    first, second = sheets.frames
    for broken in (replace(first, x=first.x + 1), replace(first, offset_y=0)):
        assert list(wrong_with(Sheets(sheets.images, (broken, second)), drawn, 2, 0))
    for pixel in ((255, 255, 255, 255), (255, 0, 0, 0)):
        image = sheets.images[0].copy()
        image.putpixel((0, 0), pixel)
        assert list(wrong_with(Sheets((image,), sheets.frames), drawn, 2, 0))


def disc(name: str, size: tuple[int, int] = (12, 10)) -> Sprite:
    """Return a sprite with wide transparent borders that are magenta."""
    image = Image.new("RGBA", size, (255, 0, 255, 0))
    image.paste((10, 200, 30, 255), (3, 2, size[0] - 4, size[1] - 3))
    return Sprite(name, image)


def test_trimmed_sprites_know_where_they_were() -> None:
    """Transparent borders are cut off, and the frame says how much of them was where."""
    (frame,) = compose([disc("a")], {"trim": True}).frames
    assert frame == Frame("a", 0, 2, 2, 5, 5, 12, 10, 3, 2)
    assert frame.trimmed


def test_a_sprite_without_a_visible_pixel() -> None:
    """One pixel of it is kept, so that its frame exists."""
    empty = Sprite("none", Image.new("RGBA", (9, 9), (50, 60, 70, 0)))
    sheets = compose([empty], {"trim": True, "padding": 0})
    assert sheets.images[0].size == (1, 1)
    assert sheets.images[0].getpixel((0, 0)) == (0, 0, 0, 0)
    assert sheets.frames[0] == Frame("none", 0, 0, 0, 1, 1, 9, 9, 0, 0)


def test_opaque_pictures_have_nothing_to_trim() -> None:
    """A picture without an alpha channel is taken whole."""
    sheets = compose([Sprite("a", Image.new("RGB", (4, 3), "red"))], {"trim": True, "padding": 0})
    assert sheets.images[0].getcolors() == [(12, (255, 0, 0, 255))]


def test_extruded_edges() -> None:
    """Each edge pixel is repeated outwards, those of the corners into the corners."""
    image = Image.new("RGB", (2, 2))
    image.putdata([(1, 1, 1), (2, 2, 2), (3, 3, 3), (4, 4, 4)])
    sheet = compose([Sprite("a", image)], {"padding": 1, "extrude": 2}).images[0]
    assert sheet.size == (8, 8)
    red = sheet.getchannel("R")
    rows = [[red.getpixel((x, y)) for x in range(8)] for y in range(8)]
    upper, lower = [0, 1, 1, 1, 2, 2, 2, 0], [0, 3, 3, 3, 4, 4, 4, 0]
    assert rows == [[0] * 8, upper, upper, upper, lower, lower, lower, [0] * 8]


def test_padding_is_shared() -> None:
    """Two neighbours have `padding` pixels between them, as many as at the edges, not twice."""
    drawn = [Sprite(name, Image.new("RGB", (10, 10), "red")) for name in "ab"]
    sheets = compose(drawn, {"layout": "grid", "columns": 2, "padding": 3})
    assert sheets.images[0].size == (3 + 10 + 3 + 10 + 3, 16)
    assert [(frame.x, frame.y) for frame in sheets.frames] == [(3, 3), (16, 3)]


def test_sides_that_are_powers_of_two() -> None:
    """The margins are part of such a sheet."""
    drawn = [Sprite("a", Image.new("RGB", (60, 63), "red"))]
    sheets = compose(drawn, {"power_of_two": True, "padding": 2})
    assert sheets.images[0].size == (64, 128)


def test_sheets_are_the_same_again() -> None:
    """The same sprites give the same pixels, and none of them is changed."""
    drawn = [disc(str(n), (10 + n, 20 - n)) for n in range(9)]
    before = [sprite.image.copy() for sprite in drawn]
    given = {"trim": True, "extrude": 1, "pages": 2}
    first, second = compose(drawn, given), compose(drawn, given)
    assert first.frames == second.frames
    assert all(same(one, two) for one, two in zip(first.images, second.images, strict=True))
    assert not any(
        ImageChops.difference(sprite.image, image).getbbox(alpha_only=False)
        for sprite, image in zip(drawn, before, strict=True)
    )


def test_placing_without_drawing() -> None:
    """What a data file needs is known from the cuts alone, and is what is drawn."""
    drawn = [disc(str(n), (10 + n, 20 - n)) for n in range(9)]
    given = {"trim": True, "pages": 2}
    layout = read_layout(given)
    placed = place([cut(sprite, layout) for sprite in drawn], layout)
    sheets = compose(drawn, given)
    assert placed.frames == sheets.frames
    assert placed.sizes == tuple(image.size for image in sheets.images)


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"layout": "packt"}, "op-argument"),
        ({"padding": -1}, "op-argument"),
        ({"extrude": 65}, "op-argument"),
        ({"trim": "maybe"}, "op-argument"),
        ({"max_size": 0}, "op-argument"),
        ({"pages": "two"}, "op-argument"),
        ({"columns": 3}, "atlas-columns"),
        ({"padding": 8, "extrude": 4, "max_size": 24}, "atlas-no-room"),
        ({"format": "phaser"}, "atlas-format-unknown"),
        ({"animations": {"walk": {"frames": []}}}, "atlas-animation-empty"),
        ({"animations": {"walk": {"frames": ["a"], "fps": 0}}}, "op-argument"),
        ({"animations": {"walk": {"frames": ["a"], "loop": 3}}}, "op-argument"),
    ],
)
def test_arguments_that_make_no_sense(given: dict[str, Any], kind: str) -> None:
    """Each is found before there is any picture."""
    assert [problem.kind.name for problem in check(given)] == [kind]


def test_arguments_that_make_sense() -> None:
    """Numbers may be texts, since templates give texts, and what is not given has a default."""
    assert check({}) == ()
    given = {"layout": "grid", "columns": "3", "padding": "4", "trim": "true", "format": "pixi"}
    assert check(given) == ()
    layout = read_layout(given)
    assert (layout.columns, layout.padding, layout.trim, layout.max_size) == (3, 4, True, 4096)


def test_a_misspelt_format() -> None:
    """The nearest one is named."""
    (problem,) = check({"format": "phaser-has"})
    assert problem.step == "did you mean 'phaser-hash'?"


def test_all_mistakes_are_told_at_once() -> None:
    """Reading a layout says everything that is wrong with it."""
    with pytest.raises(ImageError) as caught:
        read_layout({"padding": -1, "pages": 0})
    assert len(caught.value.problems) == 2


def test_sprites_that_cannot_fit_are_known_before() -> None:
    """Sizes alone tell that a pack fails, which sprite is too large, and what pages stay empty."""
    small = {"max_size": 100}
    assert fits([(40, 40)] * 4, small) == ()
    assert [p.kind.name for p in fits([(40, 40)] * 5, small)] == ["atlas-too-small"]
    (large,) = fits([(40, 40), (97, 5)], small, ["hero", "bar"])
    assert large.cause == (
        "'bar' needs at least 101 by 9 pixels with its margins, and a sheet has at most 100"
    )
    assert [p.kind.name for p in fits([(4, 4)], {"pages": 2})] == ["atlas-too-many-pages"]
    grid = {"layout": "grid", "columns": 5, "max_size": 100}
    assert [p.kind.name for p in fits([(40, 40)], grid)] == ["atlas-too-many-columns"]


def test_trimmed_sprites_may_turn_out_small() -> None:
    """Of sprites that will be trimmed only their number is known."""
    assert fits([(400, 400)] * 4, {"max_size": 100, "trim": True}) == ()
    assert fits([(1, 1)] * 2000, {"max_size": 100, "trim": True})[0].kind.name == "atlas-too-small"


def test_a_sprite_too_large_is_named_when_it_is_there() -> None:
    """A sprite whose size nobody knew before is named with what it needs."""
    with pytest.raises(ImageError) as caught:
        compose([disc("hero", (120, 20)), disc("b")], {"max_size": 100})
    assert "'hero' needs 124 by 24 pixels" in str(caught.value)


def test_two_sprites_of_one_name() -> None:
    """They are refused, since only one of them could be shown."""
    with pytest.raises(ImageError) as caught:
        compose([disc("a"), disc("a")], {})
    assert caught.value.problems[0].kind.name == "atlas-frame-twice"


def test_more_pixels_than_a_picture_may_have() -> None:
    """A sheet that no reader of ours would open is not drawn."""
    layout = read_layout({"max_size": 16384, "padding": 0})
    sprite = cut(Sprite("a", Image.new("L", (1, 1))), layout)
    wide = replace(sprite, source=(16000, 16000), box=(0, 0, 16000, 16000))
    with pytest.raises(ImageError) as caught:
        place([wide], layout)
    assert caught.value.problems[0].kind.name == "atlas-too-many-pixels"
