"""Pictures to try ops on, drawn by code: a figure on a flat backdrop, a landscape, a badge."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from PIL import Image, ImageDraw, ImageFilter

BACKDROP = (38, 196, 92)
INK = (44, 30, 56)
FINE = 4
"""How many times larger everything is drawn, for smooth edges."""

Color = tuple[int, ...]
Points = Sequence[tuple[float, float]]


class Pen:
    """Draws in coordinates of the finished picture, with outlines in ink."""

    def __init__(self, size: tuple[int, int], mode: str, ground: Color) -> None:
        self.size = size
        self.canvas = Image.new(mode, (size[0] * FINE, size[1] * FINE), ground)
        self._draw = ImageDraw.Draw(self.canvas)

    def shape(self, points: Points, fill: Color, line: float = 2.5) -> None:
        """Fill a polygon, and go around it."""
        scaled = [(x * FINE, y * FINE) for x, y in points]
        self._draw.polygon(scaled, fill=fill)
        if line:
            closed = [*scaled, *scaled[:2]]
            self._draw.line(closed, fill=INK, width=round(line * FINE), joint="curve")

    def disc(
        self, x: float, y: float, across: float, down: float, fill: Color, line: float
    ) -> None:
        """Fill an ellipse about a place, and go around it."""
        box = tuple(FINE * v for v in (x - across, y - down, x + across, y + down))
        self._draw.ellipse(box, fill=fill, outline=INK if line else None, width=round(line * FINE))

    def stroke(self, points: Points, fill: Color, width: float) -> None:
        """Draw a line."""
        scaled = [(x * FINE, y * FINE) for x, y in points]
        self._draw.line(scaled, fill=fill, width=round(width * FINE), joint="curve")

    def finished(self) -> Image.Image:
        """Return the picture at its own size."""
        return self.canvas.reduce(FINE)


def figure() -> Image.Image:
    """Return a small mage with a staff: 220 by 260 opaque pixels, much of them backdrop."""
    return _mage(Pen((220, 260), "RGB", BACKDROP)).finished()


def cutout() -> Image.Image:
    """Return the mage on nothing."""
    return _mage(Pen((220, 260), "RGBA", (*INK, 0))).finished()


def _mage(pen: Pen) -> Pen:
    robe, dark, gold = (108, 74, 182, 255), (78, 48, 142, 255), (246, 190, 70, 255)
    skin, beard = (244, 200, 164, 255), (236, 232, 240, 255)
    pen.stroke([(160, 78), (152, 224)], INK, 9)
    pen.stroke([(160, 78), (152, 224)], (150, 100, 62, 255), 5)
    pen.disc(161, 66, 15, 15, (90, 214, 240, 255), 2.5)
    pen.disc(157, 61, 5, 5, (226, 250, 255, 255), 0)
    pen.shape([(92, 136), (126, 136), (150, 222), (60, 222)], robe)
    pen.shape([(106, 150), (124, 222), (92, 222)], dark, 0)
    pen.shape([(120, 142), (154, 158), (154, 176), (122, 166)], robe)
    pen.shape([(94, 142), (74, 176), (84, 186), (102, 162)], robe)
    pen.disc(154, 167, 8, 8, skin, 2.5)
    pen.disc(78, 183, 8, 8, skin, 2.5)
    pen.stroke([(72, 204), (141, 204)], gold, 5)
    pen.disc(108, 112, 27, 26, skin, 2.5)
    pen.shape([(84, 118), (108, 126), (132, 118), (126, 146), (108, 168), (92, 146)], beard)
    pen.disc(98, 108, 3.4, 4.4, INK, 0)
    pen.disc(119, 108, 3.4, 4.4, INK, 0)
    pen.disc(109, 117, 5, 4, (232, 160, 130, 255), 0)
    pen.shape([(70, 98), (146, 98), (120, 82), (98, 26), (86, 84)], robe)
    pen.stroke([(86, 86), (121, 86)], gold, 7)
    pen.shape(star(103, 62, 9), gold, 0)
    return pen


def star(x: float, y: float, radius: float) -> Points:
    """Return the corners of a star of five points."""
    return [
        (
            x + math.sin(math.pi * at / 5) * radius * (1 if at % 2 == 0 else 0.45),
            y - math.cos(math.pi * at / 5) * radius * (1 if at % 2 == 0 else 0.45),
        )
        for at in range(10)
    ]


def landscape() -> Image.Image:
    """Return a lake among mountains in the evening, with a boat to the right: 300 by 200."""
    pen = Pen((300, 200), "RGB", (0, 0, 0))
    for y in range(200 * FINE):
        pen.stroke([(0, y / FINE), (300, y / FINE)], _sky(y / FINE / 130), 1 / FINE)
    pen.disc(92, 62, 20, 20, (255, 244, 214), 0)
    for number, ridge in enumerate([(166, 132, 160), (112, 98, 140), (66, 70, 108)]):
        pen.shape([(0, 200), *_ridge(number), (300, 200)], ridge, 0)
    for y in range(132 * FINE, 200 * FINE):
        share = (y / FINE - 132) / 68
        color = _mix((196, 150, 152), (42, 62, 104), min(1, share * 1.3))
        pen.stroke([(0, y / FINE), (300, y / FINE)], color, 1 / FINE)
    for number in range(12):
        y = 138 + number * 5
        half = 22 - number * 1.2 + 5 * math.sin(number * 2.3)
        x = 92 + 4 * math.sin(number * 1.7)
        pen.stroke([(x - half, y), (x + half, y)], (250, 214, 176), 1.2)
    _boat(pen, 236, 156)
    return pen.finished().filter(ImageFilter.GaussianBlur(0.4))


def _boat(pen: Pen, x: float, y: float) -> None:
    pen.shape([(x - 2, y - 4), (x - 2, y - 58), (x + 26, y - 8)], (214, 58, 48), 0)
    pen.shape([(x - 5, y - 8), (x - 5, y - 48), (x - 22, y - 10)], (240, 226, 206), 0)
    pen.stroke([(x - 3.5, y), (x - 3.5, y - 62)], (70, 46, 40), 2)
    pen.shape([(x - 30, y - 5), (x + 32, y - 5), (x + 22, y + 8), (x - 22, y + 8)], (84, 48, 42), 0)
    for number in range(4):
        half = 26 - number * 5
        below = y + 12 + number * 5
        pen.stroke([(x - half, below), (x + half, below)], (116, 62, 76), 1.4)


def _ridge(number: int) -> Points:
    level, size = 92 + number * 16, 26 - number * 7
    return [
        (
            x,
            level
            - size * math.sin(x / (46 - number * 6) + number * 2.1)
            - size * 0.35 * math.sin(x / 13 + number)
            - size * 0.12 * math.sin(x / 4.1 + number * 3),
        )
        for x in range(0, 301, 2)
    ]


def _sky(share: float) -> Color:
    if share < 0.55:
        return _mix((72, 96, 168), (232, 160, 150), share / 0.55)
    return _mix((232, 160, 150), (255, 214, 160), min(1.0, (share - 0.55) / 0.45))


def _mix(first: Color, second: Color, share: float) -> Color:
    return tuple(round(a + (b - a) * share) for a, b in zip(first, second, strict=True))


def badge() -> Image.Image:
    """Return a round badge with a star, 56 by 56, on nothing."""
    pen = Pen((56, 56), "RGBA", (255, 255, 255, 0))
    pen.disc(28, 28, 26, 26, (255, 255, 255, 255), 0)
    pen.disc(28, 28, 22.5, 22.5, (214, 58, 48, 255), 0)
    pen.shape(star(28, 28.5, 17), (255, 255, 255, 255), 0)
    return pen.finished()


def soft() -> Image.Image:
    """Return the landscape out of focus."""
    return landscape().filter(ImageFilter.GaussianBlur(1.1))


SCENES: Mapping[str, Callable[[], Image.Image]] = {
    "figure": figure,
    "cutout": cutout,
    "landscape": landscape,
    "soft": soft,
}


def sheet(before: Image.Image, after: Image.Image) -> Image.Image:
    """Return both side by side on white, with a checkerboard where they are transparent."""
    gap = 16
    size = before.width + gap + after.width, max(before.height, after.height)
    page = Image.new("RGB", size, "white")
    for image, left in ((before, 0), (after, before.width + gap)):
        board = checkerboard(image.size)
        board.paste(image, mask=image if image.mode == "RGBA" else None)
        page.paste(board, (left, (size[1] - image.height) // 2))
    return page


def checkerboard(size: tuple[int, int], side: int = 8) -> Image.Image:
    """Return squares of two light greys."""
    board = Image.new("RGB", size, (250, 250, 250))
    draw = ImageDraw.Draw(board)
    for top in range(0, size[1], side):
        for left in range(top // side % 2 * side, size[0], 2 * side):
            draw.rectangle((left, top, left + side - 1, top + side - 1), fill=(216, 216, 216))
    return board
