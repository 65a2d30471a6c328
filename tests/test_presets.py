"""The tables of favicons and cards, drawn by the ops that they name."""

from __future__ import annotations

import math

import pytest
from PIL import Image, ImageDraw

from assetgen.graph import Op
from assetgen.ops.encode import check_settings, encode
from assetgen.ops.icon import entries
from assetgen.ops.picture import decode, has_alpha
from assetgen.ops.table import check, runner
from assetgen.optable import FORMATS
from assetgen.presets import FaviconFile, OpArgs, favicon_files, og_ops

PICTURES = {
    "square": Image.new("RGB", (1024, 1024), (200, 40, 90)),
    "wide": Image.new("RGB", (1024, 600), (200, 40, 90)),
    "clear": Image.new("RGBA", (1024, 1024), (0, 0, 0, 0)),
}
ImageDraw.Draw(PICTURES["clear"]).ellipse((0, 0, 1023, 1023), fill=(200, 40, 90, 255))


def made(image: Image.Image, ops: tuple[OpArgs, ...]) -> Image.Image:
    for name, args in ops:
        image = runner(name).run(image, **args)
    return image


def drawings(preset: str) -> list[FaviconFile]:
    return [file for file in favicon_files(preset, background="#0a0b0c") if file.sides]


def test_the_modern_preset() -> None:
    """Six icons, the manifest and the tags."""
    assert [file.name for file in favicon_files("modern")] == [
        "favicon.ico",
        "apple-touch-icon.png",
        "icon-192.png",
        "icon-512.png",
        "icon-maskable-192.png",
        "icon-maskable-512.png",
        "manifest.webmanifest",
        "favicon.html",
    ]


def test_the_full_preset_is_more() -> None:
    """It has all of the modern one, and no name twice."""
    modern, full = (favicon_files(preset) for preset in ("modern", "full"))
    assert {file.name for file in modern} < {file.name for file in full}
    assert len({file.name for file in full}) == len(full) == 17


@pytest.mark.parametrize("preset", ["modern", "full"])
@pytest.mark.parametrize("name", PICTURES)
def test_every_icon(preset: str, name: str) -> None:
    """Each is of its size, and opaque where masks and iOS want that."""
    for file in drawings(preset):
        assert file.format in FORMATS
        assert not [check(Op(*op)) for op in file.ops if check(Op(*op))]
        assert check_settings(file.format, file.encode) == ()
        image = made(PICTURES[name], file.ops)
        data = encode(image, file.format, file.encode)
        pictures = entries(data) if file.format == "ico" else [data]
        assert tuple(decode(picture).width for picture in pictures) == file.sides
        assert tuple(decode(picture).height for picture in pictures) == file.sides
        if file.use in ("apple", "maskable"):
            assert not has_alpha(decode(data))
        if file.use == "any" and name != "square":
            assert has_alpha(decode(data))


@pytest.mark.parametrize("file", [file for file in drawings("modern") if file.use == "maskable"])
def test_masks_cut_nothing(file: FaviconFile) -> None:
    """Every pixel of a full square is in the circle of 0.8 sides that all masks leave."""
    image = made(PICTURES["square"], file.ops)
    side = image.width
    drawn = [
        (x, y)
        for x in range(side)
        for y in range(side)
        if image.getpixel((x, y)) != (0x0A, 0x0B, 0x0C)
    ]
    farthest = max(math.hypot(x + 0.5 - side / 2, y + 0.5 - side / 2) for x, y in drawn)
    assert 0.38 * side < farthest <= 0.4 * side


def test_padding_of_ones_own() -> None:
    """None lets the picture fill the mask."""
    maskable = next(file for file in favicon_files("modern", padding=0) if file.use == "maskable")
    assert made(PICTURES["square"], maskable.ops).getpixel((0, 0)) == (200, 40, 90)


@pytest.mark.parametrize("size", [(2048, 1152), (1400, 1400), (1201, 5000)])
def test_the_card(size: tuple[int, int]) -> None:
    """It is of 1200 by 630 pixels, whatever the picture."""
    assert made(Image.new("RGB", size), og_ops("top")).size == (1200, 630)
