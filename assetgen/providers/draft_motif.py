"""A mosaic of simple shapes in a few colours, chosen by a seed; knows no request and no text."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw

Colour = tuple[int, int, int]

_PALETTES = (
    "1f2a44 3d5a80 98c1d9 ee6c4d e9f1f7",
    "2d1e2f 7b2d5b d1608f f2c14e fbeff4",
    "16302b 3a7d6b 9fd8b4 f4a259 eef8f1",
    "2b2118 8a5a44 d9a066 5b8e7d fbf3e6",
    "241b3a 5b4b9a a79ae0 f7b267 f1eefb",
    "0f2f3f 1f7a8c 8fd0d6 ffb703 e8f6f7",
    "3a1518 a63d40 e9b872 6494aa fcefe8",
    "1c2e1e 5d8a3a bcd979 e76f51 f4f8e6",
    "2a2438 6b5b95 d6a2c7 88b04b f7f0f6",
    "122b4a 2a6fbb 7fb7ea f25f5c eaf2fb",
    "33261d c0562b f0a868 2f6f73 fdf2e7",
    "222831 4e6e81 a7bbc7 da7f8f eff2f5",
    "1b3a2f 2e8b57 a8d5ba e4b363 edf7f0",
    "31203f 8e4585 d99ac5 4aa3a2 f8eef6",
    "2f2a1a a58b2a e3cf7a 52688f faf6e3",
    "102a43 486581 9fb3c8 f0b429 eef3f7",
)
_OVERSAMPLE = 4
_STEPS = 24
_SHAPES = ("quarter", "quarter", "half", "leaf", "ring", "disc", "triangle", "arcs", "dots")


@dataclass(frozen=True, slots=True)
class Palette:
    """Five colours that go together, from dark to light but for the accent."""

    deep: Colour
    main: Colour
    soft: Colour
    accent: Colour
    paper: Colour


class Chance:
    """A stream of choices that a seed determines, the same on every machine."""

    def __init__(self, seed: str) -> None:
        self._bytes = _stream(seed)

    def below(self, limit: int) -> int:
        """Return a number of 0 to ``limit`` - 1; ``limit`` is at most 256."""
        return next(self._bytes) * limit // 256


def palette(chance: Chance) -> Palette:
    """Return one of the palettes."""
    words = _PALETTES[chance.below(len(_PALETTES))].split()
    deep, main, soft, accent, paper = (_colour(word) for word in words)
    return Palette(deep, main, soft, accent, paper)


@lru_cache(maxsize=len(_PALETTES))
def ramps(colours: Palette) -> Image.Image:
    """Return a palette picture (P) of the colours and the steps between each two of them."""
    five = (colours.deep, colours.main, colours.soft, colours.accent, colours.paper)
    found = dict.fromkeys(five)
    for one, other in itertools.combinations(five, 2):
        for step in range(1, _STEPS):
            mixed = [
                (a * (_STEPS - step) + b * step) // _STEPS for a, b in zip(one, other, strict=True)
            ]
            found[(mixed[0], mixed[1], mixed[2])] = None
    image = Image.new("P", (1, 1))
    image.putpalette([channel for colour in found for channel in colour])
    return image


def mosaic(chance: Chance, colours: Palette, columns: int, rows: int, side: int) -> Image.Image:
    """Return ``columns`` by ``rows`` square tiles of ``side`` pixels as an RGB picture."""
    image = Image.new("RGB", (columns * side, rows * side), colours.main)
    shapes = [_SHAPES[chance.below(len(_SHAPES))] for _ in range(3)]
    grounds = (colours.deep, colours.main, colours.main, colours.soft)
    for row in range(rows):
        for column in range(columns):
            at = (column * side, row * side)
            ground = grounds[chance.below(len(grounds))]
            image.paste(ground, (*at, at[0] + side, at[1] + side))
            figures = (colours.soft, colours.accent, colours.paper, colours.deep, colours.main)
            figure = figures[chance.below(len(figures))]
            if figure != ground:
                shape = shapes[chance.below(len(shapes))]
                image.paste(figure, at, _mask(shape, chance.below(4), side))
    return image


def disc(side: int) -> Image.Image:
    """Return the mask of a circle that fills a square of ``side`` pixels."""
    return _mask("disc", 0, side)


@lru_cache(maxsize=128)
def _mask(shape: str, turns: int, side: int) -> Image.Image:
    """Return a shape as coverage (L), turned by quarters; drawn large and reduced, so smooth."""
    big = side * _OVERSAMPLE
    mask = Image.new("L", (big, big), 0)
    _draw_shape(ImageDraw.Draw(mask), shape, big)
    return mask.reduce(_OVERSAMPLE).rotate(90 * turns)


def _draw_shape(draw: ImageDraw.ImageDraw, shape: str, big: int) -> None:
    last, half, quarter = big - 1, big // 2, big // 4
    if shape == "quarter":
        draw.ellipse((-big, 0, last, 2 * big), fill=255)
    elif shape == "half":
        draw.ellipse((-half, 0, half, last), fill=255)
    elif shape == "leaf":
        draw.rounded_rectangle(
            (0, 0, last, last), big * 3 // 5, fill=255, corners=(True, False, True, False)
        )
    elif shape == "ring":
        draw.ellipse((big // 8, big // 8, last - big // 8, last - big // 8), fill=255)
        draw.ellipse((big * 5 // 16,) * 2 + (big * 11 // 16,) * 2, fill=0)
    elif shape == "disc":
        draw.ellipse((0, 0, last, last), fill=255)
    elif shape == "triangle":
        draw.polygon(((0, last), (last, last), (0, 0)), fill=255)
    elif shape == "arcs":
        for step, fill in ((4, 255), (3, 0), (2, 255), (1, 0)):
            reach = quarter * step
            draw.ellipse((-reach, big - reach, reach, big + reach), fill=fill)
    else:
        for x in (quarter, 3 * quarter):
            for y in (quarter, 3 * quarter):
                radius = big // 10
                draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)


def _stream(seed: str) -> Iterator[int]:
    number = 0
    while True:
        yield from hashlib.sha256(f"{number}:{seed}".encode("utf-8", "replace")).digest()
        number += 1


def _colour(word: str) -> Colour:
    red, green, blue = bytes.fromhex(word)
    return red, green, blue
