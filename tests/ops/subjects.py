"""Drawn pictures whose true alpha is known, laid on backdrops such as models paint; tests only.

Each subject is drawn four times as large with straight colours and scaled down, so that its edges
are anti-aliased like a rendered picture's.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

SIDE = 512
_SCALE = 4
Floats: TypeAlias = npt.NDArray[np.float64]
Color: TypeAlias = tuple[int, int, int]

GREEN, MAGENTA, BLUE, WHITE = (0, 177, 64), (236, 20, 232), (24, 66, 214), (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Subject:
    """A picture and what it is made of.

    Attributes:
        name: a word; title: what it shows, for a table.
        picture: the RGB picture, as a model might give it.
        truth: the subject alone, as straight RGBA.
        backdrop: the colour that the backdrop has, more or less.
    """

    name: str
    title: str
    picture: Image.Image
    truth: Image.Image
    backdrop: Color


class Canvas:
    """A large transparent picture to draw a subject on, in coordinates of the small one."""

    def __init__(self) -> None:
        self.image = Image.new("RGBA", (SIDE * _SCALE, SIDE * _SCALE))
        self.draw = ImageDraw.Draw(self.image)

    def disc(self, x: float, y: float, rx: float, ry: float, color: Any) -> None:
        """Draw an ellipse around (x, y); a colour with alpha replaces what is there."""
        box = [_SCALE * v for v in (x - rx, y - ry, x + rx, y + ry)]
        self.draw.ellipse(box, fill=color)

    def shape(self, points: list[tuple[float, float]], color: Any) -> None:
        """Draw a polygon."""
        self.draw.polygon([(x * _SCALE, y * _SCALE) for x, y in points], fill=color)

    def line(self, points: list[tuple[float, float]], width: float, color: Any) -> None:
        """Draw a line along points."""
        scaled = [(x * _SCALE, y * _SCALE) for x, y in points]
        self.draw.line(scaled, fill=color, width=max(1, round(width * _SCALE)), joint="curve")

    def small(self) -> Floats:
        """Return the subject at its size: (height, width, 4), 0 to 1, colours not premultiplied."""
        scaled = self.image.resize((SIDE, SIDE), Image.Resampling.BOX)
        return np.asarray(scaled, np.float64) / 255


def _grid() -> tuple[Floats, Floats]:
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float64) / SIDE
    return y, x


def _shaded(subject: Floats, amount: float = 0.25) -> Floats:
    """Return the subject lit from the upper left."""
    y, x = _grid()
    light = 1 + amount * (1 - 1.2 * (x + y))
    shaded = subject.copy()
    shaded[..., :3] = np.clip(subject[..., :3] * light[..., None], 0, 1)
    return shaded


def _over(subject: Floats, layer: Floats) -> Floats:
    """Return ``subject`` with ``layer`` on top, both straight."""
    alpha = layer[..., 3:] + subject[..., 3:] * (1 - layer[..., 3:])
    color = layer[..., :3] * layer[..., 3:] + subject[..., :3] * subject[..., 3:] * (
        1 - layer[..., 3:]
    )
    return np.concatenate((color / np.maximum(alpha, 1e-9), alpha), axis=2)


def _veil(alpha: Floats, color: Color) -> Floats:
    level = np.broadcast_to(np.array(color) / 255, (*alpha.shape, 3))
    return np.concatenate((level, alpha[..., None]), axis=2)


def _flat(color: Color) -> Floats:
    return np.broadcast_to(np.array(color) / 255, (SIDE, SIDE, 3))


def _noisy(backdrop: Floats, sigma: float, seed: int) -> Floats:
    grain = np.random.default_rng(seed).normal(0, sigma / 255, backdrop.shape)
    return np.clip(backdrop + grain, 0, 1)


def _strands() -> tuple[Floats, Floats]:
    canvas, dice = Canvas(), np.random.default_rng(7)
    for _ in range(150):
        angle = dice.uniform(-math.pi * 1.06, math.pi * 0.06)
        length, bend = dice.uniform(120, 190), dice.uniform(-0.5, 0.5)
        points = [
            (
                256 + math.cos(angle + bend * t * t) * (60 + length * t),
                270 + math.sin(angle + bend * t * t) * (60 + length * t),
            )
            for t in np.linspace(0, 1, 24).tolist()
        ]
        tone = int(dice.integers(0, 50))
        canvas.line(points, dice.uniform(0.8, 2.2), (96 + tone, 52 + tone // 2, 30, 255))
    canvas.disc(256, 270, 108, 112, (104, 58, 32, 255))
    canvas.disc(256, 300, 84, 100, (236, 188, 160, 255))
    for x in (226, 286):
        canvas.disc(x, 290, 11, 7, (250, 250, 250, 255))
        canvas.disc(x, 290, 5, 6, (60, 36, 24, 255))
    canvas.line([(232, 348), (256, 356), (280, 348)], 5, (170, 70, 70, 255))
    return _shaded(canvas.small()), _noisy(_flat(GREEN), 1.0, 1)


def _smoke() -> tuple[Floats, Floats]:
    canvas = Canvas()
    canvas.disc(256, 372, 84, 78, (150, 40, 120, 255))
    canvas.shape([(226, 250), (286, 250), (280, 320), (232, 320)], (172, 190, 205, 255))
    canvas.disc(228, 340, 18, 22, (240, 190, 232, 255))
    y, x = _grid()
    alpha = np.zeros((SIDE, SIDE))
    dice = np.random.default_rng(3)
    for step in range(26):
        rise = step / 26
        cx = 0.5 + 0.16 * math.sin(rise * 7) * rise + dice.normal(0, 0.02)
        spread = 0.022 + 0.055 * rise
        puff = np.exp(-((x - cx) ** 2 + (y - (0.50 - 0.36 * rise)) ** 2) / (2 * spread**2))
        alpha = 1 - (1 - alpha) * (1 - 0.30 * (1 - 0.5 * rise) * puff)
    alpha[alpha < 0.01] = 0
    smoke = _veil(alpha, (226, 226, 232))
    return _over(_shaded(canvas.small()), smoke), _noisy(_flat(GREEN), 1.0, 2)


def _patches() -> tuple[Floats, Floats]:
    canvas = Canvas()
    canvas.shape([(150, 190), (110, 60), (220, 140)], (206, 120, 40, 255))
    canvas.shape([(362, 190), (402, 60), (292, 140)], (206, 120, 40, 255))
    canvas.disc(256, 250, 130, 120, (222, 140, 52, 255))
    canvas.disc(256, 410, 96, 84, (222, 140, 52, 255))
    canvas.disc(256, 300, 60, 44, (250, 232, 210, 255))
    for x in (206, 306):
        canvas.disc(x, 230, 34, 28, (250, 250, 244, 255))
        canvas.disc(x, 230, 22, 24, (10, 168, 70, 255))
        canvas.disc(x, 230, 8, 18, (16, 18, 20, 255))
        canvas.disc(x + 7, 221, 5, 5, (255, 255, 255, 255))
    canvas.shape([(256, 372), (290, 404), (256, 446), (222, 404)], (4, 184, 74, 255))
    canvas.shape([(244, 282), (268, 282), (256, 298)], (120, 50, 40, 255))
    return _shaded(canvas.small(), 0.15), _noisy(_flat(GREEN), 1.0, 3)


def _vignette() -> tuple[Floats, Floats]:
    canvas = Canvas()
    canvas.disc(256, 250, 96, 120, (70, 130, 90, 255))
    canvas.shape([(150, 470), (200, 330), (312, 330), (362, 470)], (58, 104, 76, 255))
    for side in (-1, 1):
        canvas.shape(
            [(256 + side * 70, 160), (256 + side * 150, 90), (256 + side * 92, 220)],
            (92, 150, 108, 255),
        )
        canvas.disc(256 + side * 38, 240, 20, 14, (255, 220, 60, 255))
        canvas.disc(256 + side * 38, 240, 6, 12, (20, 20, 20, 255))
    canvas.line([(214, 310), (256, 322), (298, 310)], 7, (30, 50, 36, 255))
    y, x = _grid()
    fall = 1.02 - 0.42 * ((x - 0.5) ** 2 + (y - 0.5) ** 2) - 0.10 * y
    backdrop = _flat(MAGENTA) * fall[..., None] + 0.05 * (1 - y)[..., None] * x[..., None]
    return _shaded(canvas.small()), _noisy(np.clip(backdrop, 0, 1), 2.0, 4)


def _jpeg() -> tuple[Floats, Floats]:
    canvas = Canvas()
    points = []
    for n in range(10):
        angle, reach = math.pi * n / 5 - math.pi / 2, 205 if n % 2 == 0 else 92
        points.append((256 + math.cos(angle) * reach, 266 + math.sin(angle) * reach))
    canvas.shape(points, (250, 196, 30, 255))
    inner = [(256 + (x - 256) * 0.82, 266 + (y - 266) * 0.82) for x, y in points]
    canvas.shape(inner, (220, 52, 40, 255))
    canvas.disc(256, 266, 44, 44, (252, 248, 236, 255))
    return _shaded(canvas.small()), _flat(BLUE)


def _grey() -> tuple[Floats, Floats]:
    canvas = Canvas()
    canvas.line([(256, 96), (256, 50)], 5, (60, 64, 72, 255))
    canvas.disc(256, 46, 14, 14, (220, 60, 50, 255))
    canvas.shape([(160, 96), (352, 96), (352, 232), (160, 232)], (96, 116, 140, 255))
    for eye in (208, 304):
        canvas.disc(eye, 158, 26, 26, (34, 40, 48, 255))
        canvas.disc(eye, 158, 13, 13, (120, 230, 240, 255))
    canvas.shape([(136, 248), (376, 248), (346, 420), (166, 420)], (186, 92, 48, 255))
    for side in (-1, 1):
        canvas.line(
            [(256 + side * 124, 262), (256 + side * 176, 340), (256 + side * 150, 412)],
            20,
            (70, 84, 102, 255),
        )
        canvas.line([(256 + side * 50, 420), (256 + side * 50, 476)], 34, (56, 62, 72, 255))
    y, x = _grid()
    fall = 1 - 0.35 * ((x - 0.5) ** 2 + (y - 0.45) ** 2)
    return _shaded(canvas.small()), _flat((214, 216, 220)) * fall[..., None]


def _white() -> tuple[Floats, Floats]:
    canvas = Canvas()
    canvas.shape(
        [
            (190, 130),
            (256, 156),
            (322, 130),
            (420, 200),
            (384, 276),
            (340, 250),
            (344, 440),
            (168, 440),
            (172, 250),
            (128, 276),
            (92, 200),
        ],
        (238, 240, 244, 255),
    )
    canvas.shape([(190, 130), (256, 156), (322, 130), (300, 118), (212, 118)], (214, 217, 224, 255))
    for y in (210, 262, 314, 366):
        canvas.disc(256, y, 6, 6, (196, 150, 70, 255))
    canvas.shape([(292, 220), (330, 220), (330, 262), (292, 262)], (255, 255, 255, 255))
    canvas.line(
        [(292, 220), (330, 220), (330, 262), (292, 262), (292, 220)], 2, (206, 210, 218, 255)
    )
    canvas.line([(256, 156), (256, 440)], 2, (208, 212, 220, 255))
    return canvas.small(), _flat(WHITE)


def _shadow() -> tuple[Floats, Floats]:
    shade = Canvas()
    shade.disc(290, 424, 150, 30, (0, 0, 0, 255))
    blurred = shade.image.getchannel("A").resize((SIDE, SIDE), Image.Resampling.BOX)
    alpha = np.asarray(blurred.filter(ImageFilter.GaussianBlur(9)), np.float64) / 255 * 0.5
    canvas = Canvas()
    canvas.shape([(140, 410), (150, 250), (360, 250), (372, 410)], (150, 92, 50, 255))
    canvas.shape([(140, 250), (160, 180), (350, 180), (372, 250)], (184, 120, 66, 255))
    for x in (176, 256, 334):
        canvas.shape([(x - 9, 180), (x + 9, 180), (x + 11, 412), (x - 11, 412)], (86, 88, 96, 255))
    canvas.shape([(236, 262), (276, 262), (276, 312), (236, 312)], (232, 196, 70, 255))
    return _over(_veil(alpha, (0, 0, 0)), _shaded(canvas.small())), _noisy(_flat(GREEN), 1.0, 5)


def _ring() -> tuple[Floats, Floats]:
    canvas = Canvas()
    canvas.disc(256, 300, 150, 150, (226, 180, 52, 255))
    canvas.disc(250, 294, 128, 128, (250, 222, 120, 255))
    canvas.disc(256, 300, 112, 112, (0, 0, 0, 0))
    canvas.shape([(256, 60), (310, 110), (256, 184), (202, 110)], (70, 190, 240, 255))
    canvas.shape([(256, 60), (310, 110), (256, 110)], (168, 228, 252, 255))
    canvas.shape([(202, 110), (256, 110), (256, 184)], (34, 140, 210, 255))
    return _shaded(canvas.small()), _noisy(_flat(MAGENTA), 1.0, 6)


_DRAWN: Mapping[str, tuple[str, Callable[[], tuple[Floats, Floats]], Color]] = {
    "strands": ("thin strands of hair on green", _strands, GREEN),
    "smoke": ("smoke that fades out, on green", _smoke, GREEN),
    "patches": ("eyes and a jewel of the backdrop's green", _patches, GREEN),
    "vignette": ("magenta with a gradient, a vignette and noise", _vignette, MAGENTA),
    "jpeg": ("blue, saved as JPEG with quality 75", _jpeg, BLUE),
    "grey": ("light grey with a vignette, saved as JPEG with quality 85", _grey, (214, 216, 220)),
    "white": ("a white shirt on white", _white, WHITE),
    "shadow": ("a cast shadow on green", _shadow, GREEN),
    "ring": ("a ring with a hole, on magenta", _ring, MAGENTA),
}
NAMES = tuple(_DRAWN)
_QUALITY = {"jpeg": 75, "grey": 85}


@cache
def subject(name: str) -> Subject:
    """Return one of the pictures in ``NAMES``; always the same pixels."""
    title, draw, color = _DRAWN[name]
    own, backdrop = draw()
    mixed = own[..., :3] * own[..., 3:] + backdrop * (1 - own[..., 3:])
    picture = Image.fromarray(np.rint(mixed * 255).astype(np.uint8))
    if name in _QUALITY:
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=_QUALITY[name])
        picture = Image.open(buffer).convert("RGB")
    truth = Image.fromarray(np.rint(own * 255).astype(np.uint8))
    return Subject(name, title, picture, truth, color)
