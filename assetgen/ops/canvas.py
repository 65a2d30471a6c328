"""A picture on a larger canvas, and how large one may get; knows no op and no argument."""

from __future__ import annotations

from PIL import Image

from assetgen.errors import ImageError, Kind, Problem
from assetgen.ops.picture import MAX_PIXELS

Color = tuple[int, int, int, int]
"""Red, green, blue and alpha, 0 to 255 each."""

CLEAR: Color = (0, 0, 0, 0)

TOO_BIG = Kind(
    "op-too-big",
    "{op} would give {width} by {height} pixels, and no picture has more than {limit} million",
    "ask for less, or put a resize before it",
)


def check_size(op: str, width: int, height: int) -> None:
    """Raise ImageError if a picture of so many pixels is more than ``op`` may make."""
    if width * height > MAX_PIXELS:
        facts = {
            "op": op,
            "width": width,
            "height": height,
            "limit": MAX_PIXELS // 1_000_000,
        }
        raise ImageError(Problem(TOO_BIG, facts=facts))


def place(
    image: Image.Image, size: tuple[int, int], at: tuple[int, int], color: Color
) -> Image.Image:
    """Return a canvas of ``size`` and ``color`` with ``image`` at ``at`` (left, top).

    What reaches outside is cut; a negative ``at`` is allowed. The pixels of ``image`` replace those
    of the canvas, alpha and all. RGB stays RGB if the canvas is opaque or wholly covered.
    """
    left, top = at
    covered = left <= 0 and top <= 0
    covered = covered and left + image.width >= size[0] and top + image.height >= size[1]
    if covered:
        return (
            image
            if size == image.size
            else image.crop((-left, -top, size[0] - left, size[1] - top))
        )
    if image.mode == "RGB" and color[3] == 255:
        canvas = Image.new("RGB", size, color[:3])
    else:
        canvas = Image.new("RGBA", size, color)
        image = image if image.mode == "RGBA" else image.convert("RGBA")
    canvas.paste(image, at)
    return canvas
