"""Where a picture draws the eye, found cheaply on a small copy; knows no argument and no op.

What counts most is colour: how far one is from all others, weighed by how much of the picture those
cover, unless it is one of the colours along the picture's edge, which are taken for background.
Beside that, and instead where every colour is background, counts how much changes from pixel to
pixel. All sums are of whole numbers, so that the same picture gives the same answer everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageFilter

SIDE = 128
"""The longer side of the small copy, in pixels."""

COLORS = 48
"""Colours that the small copy is told apart in."""

NEAR = 96
"""How far apart, red, green and blue added up, colours may be to be somewhat alike."""

BACKGROUND = 4
"""A colour that is like one part in so many of the edge is background."""

RARITY_WEIGHT = 3
"""How much more rarity counts than detail does, all of it against all of that."""


@dataclass(frozen=True, slots=True)
class SmallMap:
    """How much each pixel of a small copy stands out, as mode L, 255 being most.

    Attributes:
        rarity: for its colour.
        detail: for what changes around it.
    """

    rarity: Image.Image
    detail: Image.Image


def shares(image: Image.Image, width: int, height: int) -> tuple[float, float]:
    """Return where the window of ``width`` by ``height`` stands that holds most of what stands out.

    Takes RGB or RGBA. The two numbers are the shares (0 to 1) of the surplus that lie to the left
    of it and above it. Where no window is better than others it is the centre.
    """
    seen = small_map(image)
    rare, detail = _profiles(seen.rarity), _profiles(seen.detail)
    rare_weight, detail_weight = RARITY_WEIGHT * max(1, sum(detail[0])), max(1, sum(rare[0]))
    across, down = (
        [a * rare_weight + b * detail_weight for a, b in zip(*pair, strict=True)]
        for pair in zip(rare, detail, strict=True)
    )
    return _share(across, width / image.width), _share(down, height / image.height)


def small_map(image: Image.Image) -> SmallMap:
    """Return what stands out in an RGB or RGBA picture; what is transparent does not."""
    scale = max(1, -(-max(image.size) // SIDE))
    small = image.reduce(scale).convert("RGBA")
    alpha = small.getchannel("A")
    rgb = small.convert("RGB")
    if alpha.getextrema() != (255, 255):
        # On the mean colour, so that what is not there makes no contour of its own.
        mean = Image.new("RGB", rgb.size, _mean(rgb, alpha))
        rgb = Image.composite(rgb, mean, alpha)
    calm = rgb.filter(ImageFilter.GaussianBlur(1))
    return SmallMap(
        ImageChops.multiply(_rarity(calm, alpha), alpha),
        ImageChops.multiply(_detail(calm), alpha),
    )


def _rarity(rgb: Image.Image, alpha: Image.Image) -> Image.Image:
    """Return how far each pixel's colour is from those of the others, and from the edge's."""
    reduced = rgb.quantize(COLORS, Image.Quantize.MEDIANCUT)
    seen = alpha.point([0] * 128 + [255] * 128)
    palette = reduced.getpalette() or []
    colors = [tuple(palette[at : at + 3]) for at in range(0, len(palette), 3)]
    counts = reduced.histogram(seen)[: len(colors)]
    edge = Image.new("L", rgb.size, 255)
    edge.paste(0, (1, 1, max(1, rgb.width - 1), max(1, rgb.height - 1)))
    along = reduced.histogram(edge)[: len(colors)]
    values = []
    for color in colors:
        gaps = [sum(abs(a - b) for a, b in zip(color, other, strict=True)) for other in colors]
        far = sum(gap * count for gap, count in zip(gaps, counts, strict=True))
        alike = sum(max(0, NEAR - gap) * n for gap, n in zip(gaps, along, strict=True))
        apart = max(0, NEAR * sum(along) - BACKGROUND * alike)
        values.append(far * apart)
    # The scale is that of the colours that are there.
    highest = max(1, *(value for value, count in zip(values, counts, strict=True) if count), 1)
    table = [min(255, value * 255 // highest) for value in values]
    indexes = Image.frombytes("L", rgb.size, reduced.tobytes())
    found = indexes.point(table + [0] * (256 - len(table)))
    # Where two colours meet there is a thin line of a third, which is nobody's subject.
    return found.filter(ImageFilter.MinFilter(3)).filter(ImageFilter.MaxFilter(3))


def _detail(rgb: Image.Image) -> Image.Image:
    """Return how much the colour changes at each pixel, smoothed, the most of it being 255."""
    edges = ImageChops.lighter(
        ImageChops.difference(rgb, ImageChops.offset(rgb, 1, 0)),
        ImageChops.difference(rgb, ImageChops.offset(rgb, 0, 1)),
    )
    # offset() wraps around: the first row and column are compared with the last
    edges.paste(0, (0, 0, edges.width, 1))
    edges.paste(0, (0, 0, 1, edges.height))
    red, green, blue = edges.split()
    most = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    smooth = most.filter(ImageFilter.GaussianBlur(SIDE / 32))
    highest = max(1, *smooth.tobytes())
    return smooth.point([min(255, value * 255 // highest) for value in range(256)])


def _mean(rgb: Image.Image, alpha: Image.Image) -> tuple[int, int, int]:
    weights = list(alpha.tobytes())
    total = max(1, sum(weights))
    red, green, blue = (
        sum(value * weight for value, weight in zip(band.tobytes(), weights, strict=True)) // total
        for band in rgb.split()
    )
    return red, green, blue


def _profiles(seen: Image.Image) -> tuple[list[int], list[int]]:
    """Return the sum of each column, and that of each row."""
    data, width = seen.tobytes(), seen.width
    across = [sum(data[at::width]) for at in range(width)]
    return across, [sum(data[at : at + width]) for at in range(0, len(data), width)]


def _share(profile: Sequence[int], part: float) -> float:
    """Return where in ``profile`` its best window stands that is ``part`` of it long.

    What is in the middle of the window counts up to twice as much as what is at its ends, so that
    a subject does not end up at an edge.
    """
    length = max(1, min(len(profile), round(len(profile) * part)))
    spare = len(profile) - length
    if spare == 0:
        return 0.5
    weights = [2 * length - abs(2 * at + 1 - length) for at in range(length)]
    scores = [
        sum(weight * value for weight, value in zip(weights, profile[start:], strict=False))
        for start in range(spare + 1)
    ]
    highest = max(scores)
    best = [start for start, score in enumerate(scores) if score == highest]
    nearest = min(best, key=lambda start: abs(2 * start - spare))
    return 0.5 if abs(2 * nearest - spare) <= 1 else nearest / spare
