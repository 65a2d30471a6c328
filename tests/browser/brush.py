"""Flat shapes on a large canvas that is made smaller at the end; knows no scene and no prompt.

Coordinates are shares of the picture's height, from its top left corner.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

FINER = 2
"""Pixels of the canvas for one of the picture, in each direction."""

DARK, FLAME = "#2a1e24", "#ffe9a3"

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a figure's own unit square lies: its origin, and the length of its unit."""

    x: float
    y: float
    unit: float
    mirrored: bool = False

    def at(self, x: float, y: float) -> Point:
        """Return a point of the figure as a point of the canvas."""
        return self.x + (-x if self.mirrored else x) * self.unit, self.y + y * self.unit


class Brush:
    """Draws on a canvas of a size in pixels (width, height)."""

    def __init__(self, size: tuple[int, int], ground: str) -> None:
        self._size = size
        self.aspect = size[0] / size[1]
        large = (size[0] * FINER, size[1] * FINER)
        self._canvas = Image.new("RGB", large, ground)
        self._pen = ImageDraw.Draw(self._canvas, "RGBA")

    def picture(self) -> Image.Image:
        """Return what was drawn, at the size that was asked for."""
        return self._canvas.resize(self._size, Image.Resampling.BOX)

    def polygon(self, frame: Frame, points: Sequence[Point], color: str) -> None:
        """Fill what lies between points of a frame."""
        self._pen.polygon([self._pixel(frame.at(*point)) for point in points], _rgba(color))

    def curve(self, frame: Frame, points: Sequence[Point], color: str) -> None:
        """Fill what lies within a closed soft curve through points of a frame."""
        self.polygon(frame, _smooth(points), color)

    def oval(self, frame: Frame, x: float, y: float, rx: float, ry: float, color: str) -> None:
        """Fill an ellipse around a point of a frame."""
        (left, top), (right, bottom) = self._box(frame, x, y, rx, ry)
        self._pen.ellipse((left, top, right, bottom), _rgba(color))

    def arc(
        self, frame: Frame, x: float, y: float, rx: float, ry: float, turn: Point, look: Point
    ) -> None:
        """Draw a dark line along an ellipse; ``turn`` is from and to in degrees.

        ``look`` is the line's width in units, and how much of the ellipse's colour is black.
        """
        (left, top), (right, bottom) = self._box(frame, x, y, rx, ry)
        width = max(1, round(look[0] * frame.unit * self._size[1] * FINER))
        color = (42, 30, 36, round(255 * look[1]))
        self._pen.arc((left, top, right, bottom), turn[0], turn[1], color, width)

    def line(self, frame: Frame, points: Sequence[Point], width: float, color: str) -> None:
        """Draw a line with round ends through points of a frame."""
        thick = max(1, round(width * frame.unit * self._size[1] * FINER))
        pixels = [self._pixel(frame.at(*point)) for point in points]
        self._pen.line(pixels, _rgba(color), thick, joint="curve")
        for x, y in (pixels[0], pixels[-1]):
            half = thick / 2
            self._pen.ellipse((x - half, y - half, x + half, y + half), _rgba(color))

    def glow(self, frame: Frame, x: float, y: float, radius: float, color: str) -> None:
        """Lighten around a point, in rings."""
        for ring in range(5, 0, -1):
            self.oval(frame, x, y, radius * ring / 5, radius * ring / 5, f"{color}1c")

    def _box(self, frame: Frame, x: float, y: float, rx: float, ry: float) -> tuple[Point, Point]:
        center, height = frame.at(x, y), self._size[1] * FINER
        wide, high = rx * frame.unit * height, ry * frame.unit * height
        px, py = self._pixel(center)
        return (px - wide, py - high), (px + wide, py + high)

    def _pixel(self, point: Point) -> Point:
        height = self._size[1] * FINER
        return point[0] * height, point[1] * height


WHOLE = Frame(0.0, 0.0, 1.0)
"""The canvas itself."""


def mixed(first: str, second: str, share: float) -> str:
    """Return a colour between two, ``share`` of the way from the first to the second."""
    pairs = zip(_rgba(first)[:3], _rgba(second)[:3], strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _rgba(color: str) -> tuple[int, ...]:
    values = bytes.fromhex(color.removeprefix("#"))
    return (*values, 255) if len(values) == 3 else tuple(values)


def _smooth(points: Sequence[Point], steps: int = 12) -> list[Point]:
    """Return a closed Catmull-Rom curve through points."""
    found: list[Point] = []
    count = len(points)
    for number in range(count):
        a, b, c, d = (points[(number + shift) % count] for shift in (-1, 0, 1, 2))
        found.extend(_between(a, b, c, d, step / steps) for step in range(steps))
    return found


def _between(a: Point, b: Point, c: Point, d: Point, t: float) -> Point:
    def one(i: int) -> float:
        return 0.5 * (
            2 * b[i]
            + (c[i] - a[i]) * t
            + (2 * a[i] - 5 * b[i] + 4 * c[i] - d[i]) * t**2
            + (3 * b[i] - a[i] - 3 * c[i] + d[i]) * t**3
        )

    return one(0), one(1)


def wave(aspect: float, height: float, swell: float, phase: float) -> list[Point]:
    """Return the outline of a hill over the whole width, down to the bottom."""
    steps = 48
    top = [
        (
            aspect * step / steps,
            height
            + swell * math.sin(phase + 5.0 * step / steps)
            + swell * 0.4 * math.sin(2.1 * phase + 11.0 * step / steps),
        )
        for step in range(steps + 1)
    ]
    return [*top, (aspect, 1.01), (0.0, 1.01)]
