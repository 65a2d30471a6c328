"""Quantize: a picture in few colours; knows no file, nor how a format stores a palette."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image

from assetgen.ops import arguments
from assetgen.ops.picture import has_alpha
from assetgen.ops.runner import Runner


def quantize(image: Image.Image, *, colors: Any = 256, dither: Any = False) -> Image.Image:
    """Return ``image`` in at most ``colors`` colours, chosen by what is not fully transparent.

    Alpha stays as it is and counts for nothing; fully transparent pixels become transparent black.
    ``dither`` scatters the difference (Floyd-Steinberg) instead of making bands. Raises ImageError.
    """
    most = _colors("colors", colors)
    scatter = arguments.flag("dither", dither)
    if not has_alpha(image):
        few = _few_colors(image.convert("RGB"), most, scatter)
        return image if few is None else few
    pixels = np.asarray(image)
    seen = pixels[..., 3] > 0
    if not seen.any():
        return image
    row = Image.fromarray(np.ascontiguousarray(pixels[..., :3][seen][np.newaxis]))
    made = np.zeros_like(pixels)
    made[..., 3] = pixels[..., 3]
    if scatter:
        palette = row.quantize(most, Image.Quantize.MEDIANCUT)
        # What is not seen is of a colour that the palette has: it passes no error on.
        base = Image.new("RGB", image.size, tuple((palette.getpalette() or [])[:3]))
        base.paste(image.convert("RGB"), mask=Image.fromarray(seen))
        few = _few_colors(base, most, scatter, palette)
        made[..., :3][seen] = np.asarray(base if few is None else few)[seen]
    else:
        few = _few_colors(row, most, scatter)
        made[..., :3][seen] = np.asarray(row if few is None else few)[0]
    return image if np.array_equal(made, pixels) else Image.fromarray(made)


def _few_colors(
    image: Image.Image, most: int, scatter: bool, palette: Image.Image | None = None
) -> Image.Image | None:
    """Return an RGB picture in ``most`` colours, or None if it has no more than that."""
    if image.getcolors(most) is not None:
        return None
    nearest = palette or image.quantize(most, Image.Quantize.MEDIANCUT)
    if scatter:
        nearest = image.quantize(palette=nearest, dither=Image.Dither.FLOYDSTEINBERG)
    return nearest.convert("RGB")


def _colors(name: str, value: Any) -> int:
    return arguments.whole(name, value, 2, 256)


RUNNERS: Mapping[str, Runner] = {
    "quantize": Runner(quantize, {"colors": _colors, "dither": arguments.flag}),
}
