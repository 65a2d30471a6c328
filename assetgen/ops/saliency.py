"""Where a picture draws the eye, found cheaply on a small copy; knows no argument and no op.

What counts is how far a colour is from all others of the picture, weighed by how much of the
picture those cover, and how much changes from pixel to pixel. All sums are of whole numbers, so
that the same picture gives the same answer everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageChops, ImageFilter

SIDE = 128
"""The longer side of the small copy, in pixels."""

COLORS = 48
"""Colours that the small copy is told apart in."""


def shares(image: Image.Image, width: int, height: int) -> tuple[float, float]:
    """Return where the window of ``width`` by ``height`` stands that holds most of what stands out.

    Takes RGB or RGBA. The two numbers are the shares (0 to 1) of the surplus that lie to the left
    of it and above it. Where no window is better than others it is the centre.
    """
    seen = small_map(image)
    rows = list(_rows(seen))
    across = [sum(column) for column in zip(*rows, strict=True)]
    down = [sum(row) for row in rows]
    return _share(across, width / image.width), _share(down, height / image.height)


def small_map(image: Image.Image) -> Image.Image:
    """Return how much each pixel of a small copy stands out: mode L, 255 is most.

    What is transparent does not stand out.
    """
    scale = max(1, -(-max(image.size) // SIDE))
    small = image.reduce(scale).convert("RGBA")
    alpha = small.getchannel("A")
    rgb = small.convert("RGB")
    if alpha.getextrema() != (255, 255):
        # Whatever the mean colour is, what is not there should not make a contour of its own.
        mean = Image.new("RGB", rgb.size, _mean(rgb, alpha))
        rgb = Image.composite(rgb, mean, alpha)
    calm = rgb.filter(ImageFilter.GaussianBlur(1))
    both = ImageChops.add(_rarity(calm, alpha), _detail(calm), scale=2)
    return ImageChops.multiply(both, alpha)


def _rarity(rgb: Image.Image, alpha: Image.Image) -> Image.Image:
    """Return how far each pixel's colour is from those of the others, on average."""
    reduced = rgb.quantize(COLORS, Image.Quantize.MEDIANCUT)
    counts = reduced.histogram(alpha.point([0] * 128 + [255] * 128))
    palette = reduced.getpalette() or []
    colors = [tuple(palette[at : at + 3]) for at in range(0, len(palette), 3)]
    apart = [
        sum(
            count * sum(abs(a - b) for a, b in zip(color, other, strict=True))
            for other, count in zip(colors, counts, strict=False)
        )
        for color in colors
    ]
    present = [far for far, count in zip(apart, counts, strict=False) if count]
    low, high = min(present, default=0), max(present, default=0)
    span = max(1, high - low)
    # Squared, since half of most pictures is somewhat different from the other half.
    table = [max(0, far - low) ** 2 * 255 // span**2 for far in apart]
    return Image.frombytes("L", rgb.size, reduced.tobytes()).point(
        [min(255, value) for value in table] + [0] * (256 - len(table))
    )


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


def _rows(seen: Image.Image) -> list[bytes]:
    data = seen.tobytes()
    return [data[at : at + seen.width] for at in range(0, len(data), seen.width)]


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
    return min(best, key=lambda start: abs(2 * start - spare)) / spare
