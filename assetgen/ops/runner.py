"""How one op is called: its function and the readers of its arguments; knows no op by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from assetgen.errors import Problem

Reader = Callable[[str, Any], object]
"""Takes an argument's name and its value as the spec has it. Raises ImageError."""


def nothing_wrong(args: Mapping[str, Any]) -> Iterable[Problem]:
    """Find nothing."""
    return ()


@dataclass(frozen=True, slots=True)
class Runner:
    """One op.

    Attributes:
        run: takes the picture (RGB or RGBA, never changed in place) and the spec's arguments by
            keyword, and returns a picture of mode RGB or RGBA. Raises ImageError.
        readers: one for each argument that can be checked without a picture.
        check: finds what is wrong with the arguments as a whole; it sees only those that are
            not null.
    """

    run: Callable[..., Image.Image]
    readers: Mapping[str, Reader] = field(default_factory=dict)
    check: Callable[[Mapping[str, Any]], Iterable[Problem]] = nothing_wrong
