"""Overlay: one picture on top of another; knows no file, and not where the other one comes from.

Images are of mode RGB or RGBA. An operation that changes nothing returns the same object.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from PIL import Image

from assetgen.errors import ImageError, Kind, Problem
from assetgen.ops import arguments
from assetgen.ops.arguments import Length
from assetgen.ops.runner import Runner

OVERLAY_WHAT = Kind(
    "overlay-what",
    "overlay needs the picture to lay on top",
    "name a target, or a file as ./path: 'overlay: ./logo.png'",
)
MARGIN = Kind(
    "overlay-margin",
    "overlay: a margin says nothing beside a position of two lengths",
    "add it to the position, or name a side, such as 'position: bottom-right'",
)
OUTSIDE = Kind(
    "overlay-outside",
    "overlay: {over_width} by {over_height} pixels {where} reach outside the picture, which is "
    "{width} by {height}",
    "make what is laid on top smaller (a resize in its target), or move it",
)


def overlay(
    picture: Image.Image,
    *,
    image: Image.Image | None = None,
    position: Any = "center",
    margin: Any = None,
    opacity: Any = 1,
) -> Image.Image:
    """Return ``picture`` with ``image`` on top.

    ``position`` is a side or corner (a gravity word), to which ``margin`` is kept (a length; a
    share is of the shorter side of ``picture``), or where the upper left corner comes to stand:
    [x, y], lengths of its width and height. Raises ImageError.
    """
    if not isinstance(image, Image.Image):
        raise ImageError(Problem(OVERLAY_WHAT))
    at = _spot("position", position)
    if margin is not None and isinstance(at[0], Length):
        raise ImageError(Problem(MARGIN))
    away = arguments.length("margin", margin or 0).of(min(picture.size))
    strength = _opacity("opacity", opacity)
    left, top = _place(picture, image, at, away)
    if strength == 0:
        return picture
    over = image.convert("RGBA")
    if strength < 1:
        over.putalpha(over.getchannel("A").point([round(a * strength) for a in range(256)]))
    box = (left, top, left + over.width, top + over.height)
    under = picture.crop(box).convert("RGBA")
    made = picture.copy()
    made.paste(Image.alpha_composite(under, over).convert(picture.mode), box)
    return made


Spot = tuple[float, float] | tuple[Length, Length]
"""Shares of what is free, at the left and above; or the place of the upper left corner."""


def _spot(name: str, value: Any) -> Spot:
    if isinstance(value, str):
        return arguments.gravity(name, value)
    if not isinstance(value, list | tuple) or len(value) != 2:
        step = "write a side or corner such as bottom-right, or [x, y]"
        arguments.refuse(name, value, "a position", step)
    return arguments.length(name, value[0]), arguments.length(name, value[1])


def _place(picture: Image.Image, image: Image.Image, at: Spot, away: int) -> tuple[int, int]:
    """Return where the upper left corner of ``image`` comes to stand. Raises ImageError."""
    across, down = at
    if isinstance(across, Length) and isinstance(down, Length):
        left, top = across.of(picture.width), down.of(picture.height)
        where = f"at {left}, {top}"
        inside = left + image.width <= picture.width and top + image.height <= picture.height
    else:
        free_across = picture.width - image.width - 2 * away
        free_down = picture.height - image.height - 2 * away
        left = away + round(free_across * float(across))  # type: ignore[arg-type]
        top = away + round(free_down * float(down))  # type: ignore[arg-type]
        where = f"with a margin of {away}" if away else "on top"
        inside = free_across >= 0 and free_down >= 0
    if not inside:
        facts = {
            "over_width": image.width,
            "over_height": image.height,
            "where": where,
            "width": picture.width,
            "height": picture.height,
        }
        raise ImageError(Problem(OUTSIDE, facts=facts))
    return left, top


def _opacity(name: str, value: Any) -> float:
    return arguments.number(name, value, 0, 1)


def _check_overlay(args: Mapping[str, Any]) -> Iterable[Problem]:
    if "image" not in args:
        yield Problem(OVERLAY_WHAT)
    if "margin" in args and isinstance(args.get("position"), list | tuple):
        yield Problem(MARGIN)


RUNNERS: Mapping[str, Runner] = {
    "overlay": Runner(
        overlay,
        {"position": _spot, "margin": arguments.length, "opacity": _opacity},
        _check_overlay,
    ),
}
