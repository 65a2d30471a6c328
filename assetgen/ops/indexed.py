"""Pictures of few colours as a palette and indices, exactly; knows no file and no operation."""

from __future__ import annotations

import numpy as np
from PIL import Image


def indexed(image: Image.Image, most: int) -> Image.Image:
    """Return an RGB or RGBA picture as one of mode P with the very same colours.

    It must have at most ``most`` (256) colours; Pillow's own conversion does not keep near ones
    apart. Palettes begin with what is not opaque, so that their table of alphas is short.
    """
    found = image.getcolors(most)
    if found is None:
        raise ValueError(f"more than {most} colours")
    colors = [color for _, color in found if isinstance(color, tuple)]
    colors.sort(key=lambda color: (color[3:], color))
    pixels = np.asarray(image.convert("RGBA")).view("<u4")[..., 0]
    packed = np.array([(*color, 255)[:4] for color in colors], dtype=np.uint8).view("<u4")[:, 0]
    order = np.argsort(packed)
    places = order[np.searchsorted(packed, pixels, sorter=order)].astype(np.uint8)
    made = Image.fromarray(places)
    made.putpalette([channel for color in colors for channel in color[:3]])
    if image.mode == "RGBA":
        alphas = bytes(color[3] for color in colors)
        made.info["transparency"] = alphas.rstrip(b"\xff") or b"\xff"
    return made
