"""What is known of an atlas beside its pixels: frames, files, animations; draws and packs nothing.

Names come from the spec and are not trusted: whoever writes them escapes them for its format.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assetgen.errors import ImageError, Kind, Problem, did_you_mean
from assetgen.ops import arguments
from assetgen.quick import quick

DEFAULT_FPS = 12
MAX_FPS = 1000

SAME_NAME = Kind(
    "atlas-frame-twice",
    "{count} frames are called '{name}'",
    "let `frame` tell them apart, such as frame: '{{{{ name }}}}'",
)
NO_NAME = Kind("atlas-frame-unnamed", "a frame has no name", "let `frame` give every sprite one")
UNKNOWN_FRAME = Kind(
    "atlas-animation-frame",
    "the animation '{animation}' shows '{name}', which is no frame",
    "{step}",
)
NO_FRAMES = Kind(
    "atlas-animation-empty",
    "the animation '{animation}' has no frames",
    "write them as a list: frames: ['walk/*']",
)


@quick
@dataclass(frozen=True, slots=True)
class Frame:
    """One sprite on a sheet, in pixels.

    Attributes:
        name: what a game calls it; page: the number of its sheet, from 0.
        x, y, width, height: where it lies on the sheet, without margins.
        source_width, source_height: what it was before transparent borders were cut off.
        offset_x, offset_y: how much of that was at the left and at the top.
    """

    name: str
    page: int
    x: int
    y: int
    width: int
    height: int
    source_width: int
    source_height: int
    offset_x: int
    offset_y: int

    @property
    def trimmed(self) -> bool:
        """Whether something was cut off."""
        return (self.width, self.height) != (self.source_width, self.source_height)


@dataclass(frozen=True, slots=True)
class SheetFile:
    """One page: its path as seen from the data file, with `/`, and its size in pixels."""

    path: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Animation:
    """Frames by name in the order in which they are shown, ``fps`` of them in a second."""

    name: str
    frames: tuple[str, ...]
    fps: float = DEFAULT_FPS
    loop: bool = True


@dataclass(frozen=True, slots=True)
class DataFile:
    """What one data file is about.

    Attributes:
        pages: the sheets by the number of their page.
        frames: those of these pages, in order; names are unique.
        animations: those of these frames.
        siblings: the data files of the other pages, as seen from this one.
    """

    pages: Mapping[int, SheetFile]
    frames: Sequence[Frame]
    animations: Sequence[Animation] = ()
    siblings: Sequence[str] = ()


def free(name: str, taken: set[str]) -> str:
    """Return ``name``, or with the first number from 2 that makes it a new one, and note it."""
    result, number = name, 2
    while result in taken:
        result, number = f"{name}-{number}", number + 1
    taken.add(result)
    return result


def read_animations(given: Mapping[str, Mapping[str, Any]] | None) -> tuple[Animation, ...]:
    """Return animations from their maps of `frames`, `fps` and `loop`. Raises ImageError."""
    return tuple(_animation(str(name), value) for name, value in (given or {}).items())


def check_animations(given: Mapping[str, Mapping[str, Any]] | None) -> Iterator[Problem]:
    """Yield what is wrong with animations, whatever frames there are."""
    for name, value in (given or {}).items():
        try:
            _animation(str(name), value)
        except ImageError as error:
            yield from error.problems


def check_names(
    names: Sequence[str], animations: Mapping[str, Mapping[str, Any]] | None = None
) -> tuple[Problem, ...]:
    """Return what is wrong with the names of all frames, and with animations that show them."""
    found = [Problem(NO_NAME)] if not all(names) else []
    for name, count in Counter(filter(None, names)).items():
        if count > 1:
            found.append(Problem(SAME_NAME, facts={"name": name, "count": count}))
    for name, value in (animations or {}).items():
        found += _unknown(str(name), value.get("frames") or (), set(names))
    return tuple(found)


def _unknown(animation: str, frames: Iterable[Any], known: set[str]) -> Iterator[Problem]:
    for frame in dict.fromkeys(map(str, frames)):
        if frame not in known:
            facts = {"animation": animation, "name": frame, "step": did_you_mean(frame, known)}
            yield Problem(UNKNOWN_FRAME, facts=facts)


def _animation(name: str, value: Mapping[str, Any]) -> Animation:
    frames = value.get("frames")
    if isinstance(frames, str) or not frames:
        raise ImageError(Problem(NO_FRAMES, facts={"animation": name}))
    fps, loop = value.get("fps"), value.get("loop")
    return Animation(
        name,
        tuple(map(str, frames)),
        arguments.number("fps", DEFAULT_FPS if fps is None else fps, 0.01, MAX_FPS),
        arguments.flag("loop", True if loop is None else loop),
    )
