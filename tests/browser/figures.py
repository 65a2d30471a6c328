"""A small knight, a lantern, a sword and a key, in flat shapes; knows no prompt."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tests.browser.brush import DARK, FLAME, Brush, Frame, mixed

SKIN = "#f2c6a0"
TIN, SHADE, SHINE = "#b9c2cf", "#8e99aa", "#e3e9f0"
BRASS, BRASS_DARK = "#d9a441", "#8f6424"


@dataclass(frozen=True, slots=True)
class Knight:
    """What the small knight looks like: colours of clothes and plume, garment, face."""

    coat: str = "#4b6c8c"
    trim: str = "#e5d9b6"
    plume: str = "#c8443f"
    garment: str = "tabard"
    face: str = "calm"
    odd: bool = False


def knight(brush: Brush, frame: Frame, who: Knight) -> None:
    """Draw the knight: feet at the frame's origin, one unit tall, the lantern to the right."""
    _legs(brush, frame)
    if who.garment == "cloak":
        _cloak(brush, frame, who)
    _body(brush, frame, who)
    _arms(brush, frame, who)
    light = Frame(*frame.at(0.335, -0.315), frame.unit * 0.25)
    brush.glow(light, 0.0, 0.0, 1.25, FLAME)
    lantern(brush, light)
    brush.oval(frame, 0.335, -0.42, 0.036, 0.036, SHADE)
    _head(brush, frame, who)
    if who.garment == "scarf":
        _scarf(brush, frame, who)


def _legs(brush: Brush, frame: Frame) -> None:
    for x in (-0.085, 0.085):
        brush.line(frame, [(x, -0.2), (x, -0.07)], 0.085, SHADE)
        brush.curve(
            frame,
            [
                (x - 0.07, -0.085),
                (x + 0.05, -0.085),
                (x + 0.1, -0.02),
                (x + 0.02, 0.005),
                (x - 0.07, 0.0),
            ],
            "#5a4036",
        )


def _cloak(brush: Brush, frame: Frame, who: Knight) -> None:
    brush.curve(
        frame,
        [
            (-0.15, -0.56),
            (0.15, -0.56),
            (0.27, -0.25),
            (0.3, -0.06),
            (0.0, -0.1),
            (-0.3, -0.06),
            (-0.27, -0.25),
        ],
        mixed(who.coat, DARK, 0.35),
    )


def _body(brush: Brush, frame: Frame, who: Knight) -> None:
    low = -0.1 if who.garment == "coat" else -0.16
    shape = [
        (-0.13, -0.56),
        (0.13, -0.56),
        (0.185, -0.33),
        (0.21, low),
        (0.0, low + 0.03),
        (-0.21, low),
        (-0.185, -0.33),
    ]
    brush.curve(frame, shape, who.coat)
    shade = [(0.03, -0.55), (0.13, -0.56), (0.185, -0.33), (0.21, low), (0.07, low + 0.025)]
    brush.curve(frame, shade, mixed(who.coat, DARK, 0.18))
    if who.garment == "coat":
        brush.line(frame, [(0.0, -0.54), (0.0, low + 0.03)], 0.012, mixed(who.coat, DARK, 0.45))
        for y in (-0.46, -0.36, -0.26):
            brush.oval(frame, -0.03, y, 0.014, 0.014, who.trim)
    else:
        brush.polygon(
            frame, [(-0.2, low - 0.04), (0.2, low - 0.04), (0.207, low), (-0.207, low)], who.trim
        )
        brush.oval(frame, 0.0, -0.39, 0.058, 0.058, who.trim)
        brush.oval(frame, 0.0, -0.39, 0.03, 0.03, who.coat)
    brush.line(frame, [(-0.178, -0.275), (0.178, -0.275)], 0.035, "#6b4a33")
    brush.oval(frame, 0.0, -0.275, 0.026, 0.022, BRASS)


def _arms(brush: Brush, frame: Frame, who: Knight) -> None:
    sleeve = mixed(who.coat, DARK, 0.12) if who.garment == "coat" else TIN
    brush.line(frame, [(-0.14, -0.5), (-0.23, -0.4), (-0.225, -0.3)], 0.085, sleeve)
    brush.oval(frame, -0.225, -0.275, 0.046, 0.046, SHADE)
    brush.line(frame, [(0.14, -0.5), (0.25, -0.45), (0.33, -0.43)], 0.08, sleeve)
    for x in (-0.15, 0.15):
        brush.oval(frame, x, -0.52, 0.07, 0.06, who.coat if who.garment == "coat" else SHINE)


def _head(brush: Brush, frame: Frame, who: Knight) -> None:
    brush.curve(
        frame,
        [
            (-0.03, -0.95),
            (0.06, -1.02),
            (-0.06, -1.07),
            (-0.22, -1.0),
            (-0.27, -0.84),
            (-0.15, -0.9),
        ],
        who.plume,
    )
    brush.oval(frame, 0.0, -0.72, 0.19, 0.185, SKIN)
    _face(brush, frame, who)
    top = [
        (0.215 * math.cos(math.radians(turn)), -0.745 - 0.235 * math.sin(math.radians(turn)))
        for turn in range(0, 181, 6)
    ]
    brush.polygon(frame, [*top, (-0.215, -0.76), (0.215, -0.76)], TIN)
    brush.polygon(frame, [*top[: len(top) // 3 + 1], (0.1, -0.78), (0.215, -0.76)], SHADE)
    brush.oval(frame, -0.09, -0.885, 0.05, 0.035, SHINE)
    brush.line(frame, [(-0.212, -0.775), (0.212, -0.775)], 0.05, SHADE)
    for x in (-0.17, -0.057, 0.057, 0.17):
        brush.oval(frame, x, -0.775, 0.012, 0.012, DARK)
    for x in (-0.195, 0.195):
        brush.curve(
            frame,
            [(x - 0.03, -0.76), (x + 0.03, -0.76), (x + 0.025, -0.62), (x - 0.025, -0.62)],
            SHADE,
        )


def _face(brush: Brush, frame: Frame, who: Knight) -> None:
    for x in (-0.12, 0.12):
        brush.oval(frame, x, -0.645, 0.035, 0.025, "#e8a48a")
    if who.odd:
        for x, y, size in ((-0.09, -0.69, 0.042), (0.02, -0.7, 0.03), (0.11, -0.68, 0.055)):
            brush.oval(frame, x, y, size, size, "#ffffff")
            brush.oval(frame, x + 0.012, y + 0.008, size * 0.45, size * 0.45, DARK)
        brush.line(
            frame, [(-0.1, -0.61), (-0.03, -0.585), (0.05, -0.615), (0.11, -0.59)], 0.018, DARK
        )
        return
    eyes = {"sleepy": (0.028, 0.006), "surprised": (0.028, 0.038)}.get(who.face, (0.021, 0.028))
    for x in (-0.075, 0.075):
        if who.face == "happy":
            brush.arc(frame, x, -0.675, 0.032, 0.032, (190, 350), (0.016, 1))
        else:
            brush.oval(frame, x, -0.69, *eyes, DARK)
            if who.face != "sleepy":
                brush.oval(frame, x + 0.007, -0.7, 0.008, 0.009, "#ffffff")
        if who.face == "brave":
            inner = x * 0.35
            brush.line(frame, [(x * 1.5, -0.742), (inner, -0.722)], 0.016, DARK)
    _mouth(brush, frame, who.face)


def _mouth(brush: Brush, frame: Frame, face: str) -> None:
    if face == "surprised":
        brush.oval(frame, 0.0, -0.6, 0.026, 0.034, "#8d3a36")
    elif face == "happy":
        brush.curve(
            frame, [(-0.065, -0.635), (0.0, -0.625), (0.065, -0.635), (0.0, -0.565)], "#8d3a36"
        )
    elif face == "sleepy":
        brush.oval(frame, 0.02, -0.605, 0.036, 0.022, "#8d3a36")
    elif face == "brave":
        brush.line(frame, [(-0.045, -0.605), (0.05, -0.615)], 0.016, DARK)
    else:
        brush.arc(frame, 0.0, -0.635, 0.05, 0.035, (25, 155), (0.014, 1))


def _scarf(brush: Brush, frame: Frame, who: Knight) -> None:
    brush.curve(
        frame,
        [
            (-0.19, -0.585),
            (0.0, -0.555),
            (0.19, -0.585),
            (0.18, -0.5),
            (0.0, -0.465),
            (-0.18, -0.5),
        ],
        who.trim,
    )
    brush.curve(
        frame,
        [(-0.13, -0.52), (-0.05, -0.5), (-0.08, -0.3), (-0.16, -0.31)],
        mixed(who.trim, DARK, 0.18),
    )


def lantern(brush: Brush, frame: Frame) -> None:
    """Draw a lantern: its middle at the frame's origin, one unit tall."""
    brush.arc(frame, 0.0, -0.36, 0.16, 0.16, (180, 360), (0.05, 0.8))
    brush.curve(frame, [(-0.2, -0.24), (0.0, -0.42), (0.2, -0.24), (0.0, -0.2)], BRASS)
    brush.polygon(frame, [(-0.19, -0.23), (0.19, -0.23), (0.24, 0.34), (-0.24, 0.34)], "#f7c65c")
    brush.curve(
        frame, [(0.0, -0.14), (0.09, 0.1), (0.06, 0.24), (-0.06, 0.24), (-0.09, 0.1)], FLAME
    )
    brush.oval(frame, 0.0, 0.17, 0.04, 0.07, "#ffffff")
    for x in (-0.205, 0.0, 0.205):
        brush.line(frame, [(x * 0.95, -0.22), (x * 1.1, 0.34)], 0.035, BRASS_DARK)
    brush.polygon(frame, [(-0.27, 0.32), (0.27, 0.32), (0.3, 0.44), (-0.3, 0.44)], BRASS)
    brush.polygon(frame, [(-0.3, 0.42), (0.3, 0.42), (0.31, 0.47), (-0.31, 0.47)], BRASS_DARK)


def sword(brush: Brush, frame: Frame) -> None:
    """Draw a sword that stands on its point: one unit tall, its middle at the frame's origin."""
    brush.polygon(
        frame, [(-0.06, -0.2), (0.06, -0.2), (0.05, 0.38), (0.0, 0.5), (-0.05, 0.38)], SHINE
    )
    brush.polygon(frame, [(0.0, -0.2), (0.06, -0.2), (0.05, 0.38), (0.0, 0.5)], TIN)
    brush.line(frame, [(-0.19, -0.2), (0.19, -0.2)], 0.055, BRASS)
    brush.line(frame, [(0.0, -0.24), (0.0, -0.42)], 0.05, "#7c4a35")
    brush.oval(frame, 0.0, -0.45, 0.045, 0.045, BRASS)
    for x, y in ((-0.02, 0.0), (0.03, 0.16), (-0.015, 0.28)):
        brush.oval(frame, x, y, 0.016, 0.024, "#a5623f")


def key(brush: Brush, frame: Frame, ground: str) -> None:
    """Draw a key: one unit tall, its middle at the frame's origin, on a ground that shows."""
    brush.line(frame, [(0.0, -0.1), (0.0, 0.42)], 0.07, BRASS)
    for x in (-0.11, 0.11):
        brush.oval(frame, x, -0.27, 0.13, 0.13, BRASS)
    brush.oval(frame, 0.0, -0.15, 0.11, 0.1, BRASS)
    for x, y in ((-0.11, -0.27), (0.11, -0.27), (0.0, -0.15)):
        brush.oval(frame, x, y, 0.05, 0.05, ground)
    for y in (0.24, 0.36):
        brush.line(frame, [(0.02, y), (0.15, y)], 0.06, BRASS_DARK)
    brush.line(frame, [(-0.022, -0.02), (-0.022, 0.4)], 0.016, "#f3cf84")
