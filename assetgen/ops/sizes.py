"""How large a picture can be after ops, told from their arguments alone; sees no picture.

What is sure to go wrong is known before anything is bought; what may go wrong is not told.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from assetgen.errors import ImageError, Kind, Problem
from assetgen.graph import Op
from assetgen.ops import arguments
from assetgen.ops.arguments import Length
from assetgen.ops.geometry import OUTSIDE, largest, scaled_size

WOULD_ENLARGE = Kind(
    "resize-would-enlarge",
    "resize to {wanted} would enlarge a picture of at most {most} pixels",
    "ask for a smaller size, buy a higher resolution, or say 'upscale: true'",
)
UNKNOWN = math.inf


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the most pixels that each side can have; ``inf`` where the most is unknown."""

    least_width: int = 1
    most_width: float = UNKNOWN
    least_height: int = 1
    most_height: float = UNKNOWN

    @property
    def exact(self) -> tuple[int, int] | None:
        """The size, where only one is possible."""
        if self.least_width == self.most_width and self.least_height == self.most_height:
            return self.least_width, self.least_height
        return None

    @property
    def most(self) -> str:
        """The most, in words."""
        sides = (self.most_width, self.most_height)
        return " by ".join("any" if side == UNKNOWN else str(int(side)) for side in sides)


ANY = Bounds()


def exactly(width: int, height: int) -> Bounds:
    """Return the bounds of a picture of known size."""
    return Bounds(width, width, height, height)


def follow(ops: Iterable[Op], bounds: Bounds, problems: list[Problem]) -> Bounds:
    """Return the bounds after ``ops``; what is sure to fail is added to ``problems``.

    Ops with arguments that are wrong by themselves are taken for anything.
    """
    for op in ops:
        step = _STEPS.get(op.name)
        if step is None:
            continue
        args = {name: value for name, value in op.args.items() if value is not None}
        try:
            bounds = step(args, bounds)
        except ImageError as error:
            problems.extend(error.problems)
            bounds = ANY
        except (ValueError, OverflowError):
            bounds = ANY
    return bounds


def _crop(args: Mapping[str, Any], bounds: Bounds) -> Bounds:
    if "box" in args:
        left, top, width, height = arguments.box("box", args["box"])
        if left + width > bounds.most_width or top + height > bounds.most_height:
            facts = {"box": str([left, top, width, height]), **_sides(bounds)}
            raise ImageError(Problem(OUTSIDE, facts=facts))
        return exactly(width, height)
    ratio = arguments.ratio("aspect_ratio", args.get("aspect_ratio"))
    size = bounds.exact
    if size is not None:
        return exactly(*largest(*size, ratio))
    share = float(ratio)
    # One pixel more: a picture so near to the ratio stays as it is.
    across = min(bounds.most_width, bounds.most_height * share + 1)
    down = min(bounds.most_height, bounds.most_width / share + 1)
    return Bounds(1, across, 1, down)


def _resize(args: Mapping[str, Any], bounds: Bounds) -> Bounds:
    wanted = [
        arguments.pixels(name, args[name]) if name in args else None for name in ("width", "height")
    ]
    width, height = wanted
    fit = str(args.get("fit", "contain"))
    upscale = arguments.flag("upscale", args.get("upscale", False))
    if not upscale:
        _check_enlarging(width, height, fit, bounds)
    if width and height and fit in ("cover", "fill"):
        return exactly(width, height)
    size = bounds.exact
    if size is not None:
        return exactly(*scaled_size(size, width, height, fit))
    most_width: float = width or (UNKNOWN if upscale else bounds.most_width)
    most_height: float = height or (UNKNOWN if upscale else bounds.most_height)
    if width and height:
        return Bounds(1, most_width, 1, most_height)
    return Bounds(width or 1, most_width, height or 1, most_height)


def _check_enlarging(width: int | None, height: int | None, fit: str, bounds: Bounds) -> None:
    over_width = width is not None and width > bounds.most_width
    over_height = height is not None and height > bounds.most_height
    both = width is not None and height is not None and fit == "contain"
    if (over_width and over_height) if both else (over_width or over_height):
        sides = {"width": width, "height": height}
        wanted = " and ".join(f"{name} {side}" for name, side in sides.items() if side)
        facts = {"wanted": wanted, "most": bounds.most}
        raise ImageError(Problem(WOULD_ENLARGE, facts=facts))


def _sides(bounds: Bounds) -> dict[str, Any]:
    sides = {"width": bounds.most_width, "height": bounds.most_height}
    return {name: "any" if side == UNKNOWN else int(side) for name, side in sides.items()}


def _trim(args: Mapping[str, Any], bounds: Bounds) -> Bounds:
    pad = arguments.length("pad", args.get("pad", 0))
    return Bounds(1, _plus(bounds.most_width, pad), 1, _plus(bounds.most_height, pad))


def _plus(side: float, pad: Length) -> float:
    return side if side == UNKNOWN else side + 2 * pad.of(int(side))


def _pad(args: Mapping[str, Any], bounds: Bounds) -> Bounds:
    if "width" not in args and "height" not in args:
        return Bounds(bounds.least_width, UNKNOWN, bounds.least_height, UNKNOWN)
    width = arguments.pixels("width", args["width"]) if "width" in args else None
    height = arguments.pixels("height", args["height"]) if "height" in args else None
    return Bounds(
        width or bounds.least_width,
        width or bounds.most_width,
        height or bounds.least_height,
        height or bounds.most_height,
    )


def _rotate(args: Mapping[str, Any], bounds: Bounds) -> Bounds:
    degrees = arguments.number("degrees", args.get("degrees"), -1e6, 1e6)
    if degrees % 180 == 0:
        return bounds
    if degrees % 90 == 0:
        return Bounds(
            bounds.least_height, bounds.most_height, bounds.least_width, bounds.most_width
        )
    return ANY


def _border(args: Mapping[str, Any], bounds: Bounds) -> Bounds:
    line = arguments.length("width", args.get("width", 1))
    if line.share:
        return Bounds(bounds.least_width, UNKNOWN, bounds.least_height, UNKNOWN)
    more = 2 * line.pixels
    return Bounds(
        bounds.least_width + more,
        bounds.most_width + more,
        bounds.least_height + more,
        bounds.most_height + more,
    )


def _anything(args: Mapping[str, Any], bounds: Bounds) -> Bounds:
    return ANY


_STEPS: Mapping[str, Callable[[Mapping[str, Any], Bounds], Bounds]] = {
    "crop": _crop,
    "resize": _resize,
    "trim": _trim,
    "pad": _pad,
    "rotate": _rotate,
    "border": _border,
    "plugin": _anything,
}
"""What becomes of the size; ops that are not here keep it."""
