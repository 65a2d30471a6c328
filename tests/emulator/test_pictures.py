"""Pictures are whole files of the size and format asked for, and say what was asked."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from assetgen.emulator.pictures import FORMATS, MAX_NOTE_TEXT, draw, note_of
from assetgen.emulator.sizes import NEWER, PAIRS, following, size_of

NOTE = {"service": "pixazo", "model": "grok", "prompt": "a sword", "ratio": "1:1", "job": "j"}


def opened(data: bytes) -> Image.Image:
    """Return a picture, decoded to its last byte."""
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


@pytest.mark.parametrize("image_format", FORMATS)
@pytest.mark.parametrize("size", [(64, 64), (1280, 896), (576, 1248), (2048, 2048), (16, 4096)])
def test_a_picture_has_the_size_and_format_asked_for(
    image_format: str, size: tuple[int, int]
) -> None:
    """It decodes completely, whatever its shape."""
    picture = opened(draw(size, image_format, NOTE))
    assert picture.size == size
    assert picture.format == image_format.upper()


@pytest.mark.parametrize("image_format", FORMATS)
def test_the_note_comes_back(image_format: str) -> None:
    """What was asked can be read from the file, in any script."""
    note = {**NOTE, "prompt": "ein Schwert \N{SNOWMAN} 剣 \N{DRAGON}", "references": ["ab"]}
    assert note_of(draw((64, 64), image_format, note)) == note


@pytest.mark.parametrize("image_format", FORMATS)
def test_a_long_prompt_is_cut_in_the_note(image_format: str) -> None:
    """The longest text still fits into the smallest place for it."""
    note = note_of(draw((64, 64), image_format, {**NOTE, "prompt": "\N{DRAGON}" * 30_000}))
    assert note["prompt"] == "\N{DRAGON}" * MAX_NOTE_TEXT


def test_a_lone_surrogate_is_drawn() -> None:
    """JSON can bring text that is no Unicode; the picture is made all the same."""
    assert opened(draw((64, 64), "png", {**NOTE, "prompt": "\ud800"})).size == (64, 64)


@pytest.mark.parametrize("image_format", FORMATS)
def test_pictures_differ_and_repeat(image_format: str) -> None:
    """Equal notes give equal bytes, another number gives others."""
    first = draw((64, 64), image_format, {**NOTE, "number": 1})
    assert draw((64, 64), image_format, {**NOTE, "number": 1}) == first
    assert draw((64, 64), image_format, {**NOTE, "number": 2}) != first


@pytest.mark.parametrize("image_format", ["png", "webp"])
def test_a_clear_ground_is_transparent(image_format: str) -> None:
    """The corners can be seen through, the panel cannot."""
    picture = opened(draw((256, 256), image_format, NOTE, clear=True)).convert("RGBA")
    assert [picture.getchannel("A").getpixel(place) for place in ((0, 0), (128, 70))] == [0, 255]


def test_the_ground_around_the_panel_is_flat() -> None:
    """A picture can be cut out by the colour of its corner."""
    picture = opened(draw((512, 512), "png", NOTE)).convert("RGB")
    edge = {picture.getpixel((x, y)) for x in (0, 255, 511) for y in (0, 511)}
    assert len(edge) == 1


def test_a_foreign_picture_has_no_note() -> None:
    """Files that the emulator did not make say nothing."""
    file = io.BytesIO()
    Image.new("RGB", (4, 4)).save(file, "PNG")
    assert note_of(file.getvalue()) == {}


def test_every_ratio_has_a_size_that_is_near_it() -> None:
    """As on the services, pixels fit their label to within 8 %."""
    for ratio in (*PAIRS, *NEWER):
        width, height = size_of(ratio, "1k")
        wide, high = map(float, ratio.split(":"))
        assert abs(width / height / (wide / high) - 1) < 0.08
        assert size_of(ratio, "2k") == (2 * width, 2 * height)


def test_a_size_follows_a_picture() -> None:
    """The ratio is the picture's, the area the tier's."""
    assert following(300, 300, "1k") == (1024, 1024)
    width, height = following(1920, 1080, "2k")
    assert abs(width / height - 16 / 9) < 0.02
    assert abs(width * height / 2048**2 - 1) < 0.02
