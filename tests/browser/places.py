"""Hills under a sky, a village, a wood and a lighthouse, in flat shapes; knows no prompt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.browser.brush import DARK, FLAME, WHOLE, Brush, Frame, mixed, wave


@dataclass(frozen=True, slots=True)
class Light:
    """The colours of an hour: the sky from top to horizon, the moon or sun, the hills."""

    sky: tuple[str, str]
    orb: str
    hills: tuple[str, str, str]
    stars: bool = False


LIGHTS: Mapping[str, Light] = {
    "night": Light(("#16213f", "#3d5687"), "#f6efd0", ("#2c4468", "#223654", "#182742"), True),
    "teal": Light(("#0f2f3d", "#3f8a8a"), "#f3f0d0", ("#26636b", "#1c4c55", "#12363f"), True),
    "plum": Light(("#2b1b41", "#9a5a86"), "#fbe3cd", ("#5f3b66", "#492d54", "#321f3e"), True),
    "dusk": Light(("#41406f", "#f2a07b"), "#ffe2b0", ("#8a5573", "#684262", "#463050")),
    "dawn": Light(("#7fb2c9", "#fbdcae"), "#fff6dc", ("#7fa08c", "#5f8676", "#47695f")),
    "wood": Light(("#254a43", "#9cc08a"), "#f8f3c9", ("#3f7560", "#2f5d4f", "#20443d")),
    "storm": Light(("#39424f", "#8796a3"), "#e6ebef", ("#56646c", "#434f57", "#323c44")),
}


def landscape(brush: Brush, light: Light, seed: bytes) -> None:
    """Draw sky, stars, moon and three rows of hills, placed by the bytes of ``seed``."""
    bands = 9
    for band in range(bands):
        color = mixed(*light.sky, band / (bands - 1))
        top, low = (0.8 * (band + more) / bands for more in (0, 1.1))
        brush.polygon(WHOLE, [(0, top), (brush.aspect, top), (brush.aspect, low), (0, low)], color)
    if light.stars:
        for number in range(26):
            x = brush.aspect * ((seed[number % 20] * 7 + number * 53) % 256) / 256
            y = 0.5 * ((seed[(number + 7) % 20] * 3 + number * 31) % 256) / 256
            brush.oval(WHOLE, x, y, 0.0025, 0.0025, "#fff8e0")
    x, y = brush.aspect * (0.16 + 0.68 * seed[1] / 255), 0.14 + 0.14 * seed[2] / 255
    brush.glow(WHOLE, x, y, 0.2, light.orb)
    brush.oval(WHOLE, x, y, 0.062, 0.062, light.orb)
    if light.stars:
        brush.oval(WHOLE, x - 0.018, y - 0.012, 0.014, 0.012, mixed(light.orb, light.sky[1], 0.25))
        brush.oval(WHOLE, x + 0.02, y + 0.016, 0.01, 0.009, mixed(light.orb, light.sky[1], 0.2))
    for row, color in enumerate(light.hills):
        height, swell = 0.6 + 0.12 * row, 0.035 - 0.006 * row
        outline = wave(brush.aspect, height, swell, seed[3 + row] / 20)
        brush.polygon(WHOLE, outline, color)


def village(brush: Brush, light: Light, seed: bytes) -> None:
    """Draw houses with lit windows along a lane."""
    wall, roof = mixed(light.hills[1], "#d8b48c", 0.35), mixed(light.hills[2], "#7a3b36", 0.5)
    lane = brush.aspect * 0.5
    path = mixed(light.hills[0], "#e0c8a0", 0.5)
    brush.curve(
        WHOLE,
        [
            (lane - 0.03, 0.66),
            (lane + 0.03, 0.66),
            (lane + 0.1, 0.8),
            (lane + 0.3, 1.03),
            (lane - 0.3, 1.03),
            (lane - 0.02, 0.8),
        ],
        path,
    )
    for number, place in enumerate((0.06, 0.2, 0.34, 0.66, 0.8, 0.94)):
        near = abs(place - 0.5)
        size = 0.17 + 0.42 * near + 0.03 * (seed[number + 8] / 255)
        house = Frame(brush.aspect * place, 0.66 + 0.42 * near, size)
        shade = mixed(wall, DARK, 0.1 * (number % 2))
        brush.polygon(house, [(-0.34, 0), (0.34, 0), (0.34, -0.52), (-0.34, -0.52)], shade)
        brush.polygon(house, [(-0.44, -0.5), (0.44, -0.5), (0.0, -1.0)], roof)
        brush.polygon(
            house,
            [(0.14, -0.72), (0.26, -0.6), (0.26, -0.96), (0.14, -0.96)],
            mixed(roof, DARK, 0.3),
        )
        for x in (-0.17, 0.13):
            brush.polygon(
                house, [(x, -0.24), (x + 0.12, -0.24), (x + 0.12, -0.4), (x, -0.4)], "#ffd97a"
            )


def wood(brush: Brush, light: Light, seed: bytes) -> None:
    """Draw firs in three rows."""
    for row in range(3):
        color = mixed(light.hills[row], "#0e2b25", 0.15 + 0.15 * row)
        for number in range(9):
            shift = seed[(row * 9 + number) % 20] / 255
            x = brush.aspect * (number + 0.35 + 0.5 * shift + 0.2 * row) / 9
            tree = Frame(x, 0.74 + 0.13 * row, 0.2 + 0.13 * row + 0.1 * shift)
            brush.line(tree, [(0.0, 0.0), (0.0, -0.2)], 0.07, "#4a352c")
            for low, wide in ((-0.12, 0.27), (-0.38, 0.22), (-0.62, 0.16)):
                brush.polygon(tree, [(-wide, low), (wide, low), (0.0, low - 0.42)], color)


def tower(brush: Brush, light: Light, seed: bytes) -> None:
    """Draw a lighthouse on a rock, and its beam."""
    place = Frame(brush.aspect * (0.6 + 0.15 * seed[9] / 255), 0.8, 0.62)
    brush.polygon(place, [(0.0, -0.9), (-1.9, -1.2), (-1.9, -0.72)], f"{FLAME}38")
    brush.curve(
        place,
        [(-0.4, 0.1), (-0.2, -0.1), (0.2, -0.12), (0.45, 0.12), (0.0, 0.2)],
        mixed(light.hills[2], DARK, 0.4),
    )
    brush.polygon(place, [(-0.15, -0.04), (0.15, -0.04), (0.09, -0.8), (-0.09, -0.8)], "#e8e2d4")
    for low, high in ((-0.16, -0.32), (-0.48, -0.64)):
        a, b = 0.15 + 0.06 * (low + 0.04) / 0.76, 0.15 + 0.06 * (high + 0.04) / 0.76
        brush.polygon(place, [(-a, low), (a, low), (b, high), (-b, high)], "#b8453f")
    brush.polygon(place, [(-0.12, -0.8), (0.12, -0.8), (0.12, -0.84), (-0.12, -0.84)], DARK)
    brush.polygon(place, [(-0.075, -0.84), (0.075, -0.84), (0.075, -0.96), (-0.075, -0.96)], FLAME)
    brush.polygon(place, [(-0.1, -0.96), (0.1, -0.96), (0.0, -1.08)], "#7a2f2f")
