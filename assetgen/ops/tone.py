"""Sharpen, grayscale, adjust: other tones in the same places; knows no size and no file.

Images are of mode RGB or RGBA. No alpha is ever changed, and what is transparent lends no colour.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from PIL import Image, ImageChops, ImageFilter

from assetgen.errors import Kind, Problem
from assetgen.ops import arguments
from assetgen.ops.picture import has_alpha
from assetgen.ops.runner import Runner

ADJUST_WHAT = Kind(
    "adjust-what",
    "adjust says nothing to change",
    "give brightness, contrast, saturation, hue or gamma, such as 'adjust: {{saturation: 1.2}}'",
)

LUMA = (0.213, 0.715, 0.072)
"""How bright red, green and blue look: the weights of CSS filters (Filter Effects, saturate)."""

Row = tuple[float, float, float]
Matrix = tuple[Row, Row, Row]


def sharpen(image: Image.Image, *, amount: Any = 1, radius: Any = 1) -> Image.Image:
    """Return ``image`` with its differences to a blur of ``radius`` pixels made larger.

    ``amount`` 1 adds the whole difference; 0 changes nothing. Raises ImageError.
    """
    strength = _amount("amount", amount)
    blur = ImageFilter.GaussianBlur(_radius("radius", radius))
    if strength == 0:
        return image
    if not has_alpha(image):
        return _blend(image.filter(blur), image, strength)
    soft = image.convert("RGBa").filter(blur).convert("RGBA")
    alpha = image.getchannel("A")
    made = _blend(soft.convert("RGB"), image.convert("RGB"), strength).convert("RGBA")
    made.putalpha(alpha)
    # What cannot be seen has no colour of its own that could be sharpened.
    made.paste(image, mask=alpha.point([255] + [0] * 255))
    return made


def _blend(soft: Image.Image, image: Image.Image, strength: float) -> Image.Image:
    """Return ``image`` plus ``strength`` times what sets it apart from ``soft``, clipped."""
    return Image.blend(soft, image, 1 + strength)


def grayscale(image: Image.Image) -> Image.Image:
    """Return ``image`` without its colours, as bright as it looked (luma of Rec. 601)."""
    gray = image.convert("L")
    bands = [gray, gray, gray, *image.split()[3:]]
    made = Image.merge(image.mode, bands)
    return image if _same(made, image) else made


def adjust(
    image: Image.Image,
    *,
    brightness: Any = 1,
    contrast: Any = 1,
    saturation: Any = 1,
    hue: Any = 0,
    gamma: Any = 1,
) -> Image.Image:
    """Return ``image`` with other tones: gamma first, then brightness, contrast, saturation, hue.

    The factors mean what the CSS filters of these names mean, so that a browser can show them
    (Filter Effects Module Level 1): brightness multiplies, contrast moves away from middle grey,
    saturation 0 is grey, ``hue`` turns by degrees. ``gamma`` above 1 lightens the darker tones.
    Raises ImageError.
    """
    light = _factor("brightness", brightness), _factor("contrast", contrast)
    power = 1 / _gamma("gamma", gamma)
    strength, angle = _factor("saturation", saturation), math.radians(_hue("hue", hue))
    rgb = image.convert("RGB")
    if (*light, power) != (1, 1, 1):
        rgb = rgb.point([_tone(value / 255, power, *light) for value in range(256)] * 3)
    if strength != 1 or angle % math.tau:
        turn = _product(_hue_matrix(angle), _saturation_matrix(strength))
        flat = [value for row in turn for value in (*row, 0.0)]
        rgb = rgb.convert("RGB", tuple(flat))
    made = Image.merge(image.mode, [*rgb.split(), *image.split()[3:]])
    return image if _same(made, image) else made


def _tone(value: float, power: float, brightness: float, contrast: float) -> int:
    value = min(1.0, value**power * brightness)
    value = (value - 0.5) * contrast + 0.5
    return round(255 * min(1.0, max(0.0, value)))


def _saturation_matrix(strength: float) -> Matrix:
    def row(own: int) -> Row:
        red, green, blue = (
            weight * (1 - strength) + (strength if at == own else 0)
            for at, weight in enumerate(LUMA)
        )
        return red, green, blue

    return row(0), row(1), row(2)


def _hue_matrix(angle: float) -> Matrix:
    """Return the matrix of CSS's hue-rotate (Filter Effects Module Level 1, feColorMatrix)."""
    cos, sin = math.cos(angle), math.sin(angle)
    red, green, blue = LUMA
    return (
        (
            red + cos * (1 - red) - sin * red,
            green - cos * green - sin * green,
            blue - cos * blue + sin * (1 - blue),
        ),
        (
            red - cos * red + sin * 0.143,
            green + cos * (1 - green) + sin * 0.140,
            blue - cos * blue - sin * 0.283,
        ),
        (
            red - cos * red - sin * (1 - red),
            green - cos * green + sin * green,
            blue + cos * (1 - blue) + sin * blue,
        ),
    )


def _product(left: Matrix, right: Matrix) -> Sequence[Sequence[float]]:
    columns = list(zip(*right, strict=True))
    return [
        [sum(a * b for a, b in zip(row, column, strict=True)) for column in columns] for row in left
    ]


def _same(made: Image.Image, image: Image.Image) -> bool:
    return ImageChops.difference(made, image).getbbox(alpha_only=False) is None


def _amount(name: str, value: Any) -> float:
    return arguments.number(name, value, 0, 10)


def _radius(name: str, value: Any) -> float:
    return arguments.number(name, value, 0.1, 100)


def _factor(name: str, value: Any) -> float:
    return arguments.number(name, value, 0, 10)


def _hue(name: str, value: Any) -> float:
    return arguments.number(name, value, -360, 360)


def _gamma(name: str, value: Any) -> float:
    return arguments.number(name, value, 0.1, 10)


def _check_adjust(args: Mapping[str, Any]) -> Iterable[Problem]:
    if not args:
        yield Problem(ADJUST_WHAT)


RUNNERS: Mapping[str, Runner] = {
    "sharpen": Runner(sharpen, {"amount": _amount, "radius": _radius}),
    "grayscale": Runner(grayscale),
    "adjust": Runner(
        adjust,
        {
            "brightness": _factor,
            "contrast": _factor,
            "saturation": _factor,
            "hue": _hue,
            "gamma": _gamma,
        },
        _check_adjust,
    ),
}
