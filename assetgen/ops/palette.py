"""Quantize: a picture in few colours; knows no file, nor how a format stores a palette."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from assetgen.ops import arguments
from assetgen.ops.picture import has_alpha
from assetgen.ops.runner import Runner

Floats = npt.NDArray[np.float64]

BITS = 5
"""Colours that agree in so many bits of each channel are chosen for as one: their mean."""

ROUNDS = 4
"""How often the colours are moved to the means of what is nearest to them (Lloyd)."""


def quantize(image: Image.Image, *, colors: Any = 256, dither: Any = False) -> Image.Image:
    """Return ``image`` in at most ``colors`` colours, chosen by what is not fully transparent.

    Alpha stays as it is and counts for nothing; fully transparent pixels become transparent black.
    ``dither`` scatters the difference (Floyd-Steinberg) instead of making bands. Raises ImageError.
    """
    most = _colors("colors", colors)
    scatter = arguments.flag("dither", dither)
    pixels = np.asarray(image)
    if not has_alpha(image):
        return _reduced(image.convert("RGB"), pixels[..., :3], most, scatter) or image
    seen = pixels[..., 3] > 0
    if not seen.any():
        return image
    row = pixels[..., :3][seen][np.newaxis]
    # What is not seen is of the first colour that is: it takes none, and passes no error on.
    base = Image.new("RGB", image.size, tuple(int(value) for value in row[0, 0]))
    base.paste(image.convert("RGB"), mask=Image.fromarray(seen))
    made = np.array(_reduced(base, row, most, scatter) or base)
    made[~seen] = 0
    made = np.dstack([made, pixels[..., 3]])
    return image if np.array_equal(made, pixels) else Image.fromarray(made)


def _reduced(
    image: Image.Image, pixels: npt.NDArray[np.uint8], most: int, scatter: bool
) -> Image.Image | None:
    """Return RGB in ``most`` colours chosen for ``pixels``, or None if those have no more."""
    if Image.fromarray(np.ascontiguousarray(pixels)).getcolors(most) is not None:
        return None
    chosen = np.rint(best_colors(pixels, most)).astype(np.uint8)
    # A palette is of 256 colours, and those that nobody chose must not be taken.
    full = np.concatenate([chosen, np.repeat(chosen[-1:], 256 - len(chosen), axis=0)])
    palette = Image.new("P", (1, 1))
    palette.putpalette(full.tobytes())
    how = Image.Dither.FLOYDSTEINBERG if scatter else Image.Dither.NONE
    return image.quantize(palette=palette, dither=how).convert("RGB")


def best_colors(pixels: npt.NDArray[np.uint8], most: int) -> Floats:
    """Return at most ``most`` colours (rows of red, green, blue) that ``pixels`` differ least from.

    The set that differs most from its own mean is cut in two where that gains most, until there
    are enough: small parts of a colour of their own keep it, which cuts by count take from them.
    """
    colors, weights = _histogram(pixels)
    sets = [np.arange(len(weights))]
    spreads = [_spread(colors, weights)]
    while len(sets) < most:
        widest = max(range(len(sets)), key=lambda at: float(spreads[at].sum()))
        axis = int(spreads[widest].argmax())
        if spreads[widest][axis] <= 1e-6:
            break
        parts = _halves(sets[widest], colors[sets[widest], axis], weights[sets[widest]])
        sets[widest : widest + 1] = parts
        spreads[widest : widest + 1] = [_spread(colors[part], weights[part]) for part in parts]
    chosen = np.stack([np.average(colors[part], axis=0, weights=weights[part]) for part in sets])
    for _ in range(ROUNDS):
        nearest = _nearest(colors, chosen)
        total = np.bincount(nearest, weights, len(chosen))
        taken = total > 0
        for channel in range(3):
            sums = np.bincount(nearest, weights * colors[:, channel], len(chosen))
            chosen[taken, channel] = sums[taken] / total[taken]
    return chosen


def _histogram(pixels: npt.NDArray[np.uint8]) -> tuple[Floats, Floats]:
    """Return the mean colours of what is alike in its upper bits, and how many pixels each has."""
    flat = pixels.reshape(-1, 3)
    cells = np.zeros(len(flat), np.intp)
    for channel in range(3):
        cells = (cells << BITS) | (flat[:, channel] >> (8 - BITS))
    size = 1 << 3 * BITS
    counts = np.bincount(cells, minlength=size)
    used = counts > 0
    sums = [np.bincount(cells, flat[:, channel], size)[used] for channel in range(3)]
    weights = counts[used].astype(np.float64)
    return np.stack(sums, axis=1) / weights[:, np.newaxis], weights


def _spread(colors: Floats, weights: Floats) -> Floats:
    """Return the sum of squares by which each channel is off the mean."""
    mean = np.average(colors, axis=0, weights=weights)
    found: Floats = ((colors - mean) ** 2 * weights[:, np.newaxis]).sum(axis=0)
    return found


def _halves(
    part: npt.NDArray[np.intp], values: Floats, weights: Floats
) -> list[npt.NDArray[np.intp]]:
    """Return the two parts of ``part``, by value, whose own sums of squares are least."""
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order])
    sums = np.cumsum(weights[order] * values[order])
    gain = sums[:-1] ** 2 / below[:-1] + (sums[-1] - sums[:-1]) ** 2 / (below[-1] - below[:-1])
    cut = int(gain.argmax()) + 1
    return [part[order[:cut]], part[order[cut:]]]


def _nearest(colors: Floats, chosen: Floats) -> npt.NDArray[np.intp]:
    """Return for each colour the number of the chosen one that is nearest to it."""
    apart = np.zeros((len(colors), len(chosen)), np.float32)
    for channel in range(3):
        across = colors[:, channel, np.newaxis] - chosen[np.newaxis, :, channel]
        apart += across.astype(np.float32) ** 2
    found: npt.NDArray[np.intp] = apart.argmin(axis=1)
    return found


def _colors(name: str, value: Any) -> int:
    return arguments.whole(name, value, 2, 256)


RUNNERS: Mapping[str, Runner] = {
    "quantize": Runner(quantize, {"colors": _colors, "dither": arguments.flag}),
}
