"""The texts that tell a game or a page where the frames of a sheet are; knows no pixels.

- `phaser-hash`, `phaser-array`: JSON that Phaser 3 loads (`load.atlas`, or `load.multiatlas` for
  one file of several pages). Its `anims` are what `anims.create` takes, but for the texture's key.
- `pixi`: JSON that PixiJS loads as a spritesheet, one file for each page.
- `css`: one class for each frame, as large as the sprite was.
- `tres`: a SpriteFrames resource of Godot 4.

Frames and animations keep their order, so equal input gives equal text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from assetgen.errors import ImageError, Kind, Problem, did_you_mean
from assetgen.ops.frames_css import css
from assetgen.ops.frames_json import phaser_array, phaser_hash, pixi
from assetgen.ops.frames_tres import tres
from assetgen.ops.sheets import (
    Animation,
    DataFile,
    Frame,
    SheetFile,
    check_names,
    read_animations,
)

DEFAULT_FORMAT = "phaser-hash"
FORMATS: Mapping[str, Callable[[DataFile], str]] = {
    "phaser-hash": phaser_hash,
    "phaser-array": phaser_array,
    "pixi": pixi,
}
"""Formats of an atlas's `json` file."""
KINDS: Mapping[str, Callable[[DataFile], str]] = {**FORMATS, "css": css, "tres": tres}

UNKNOWN_FORMAT = Kind("atlas-format-unknown", "there is no format '{format}'", "{step}")
SPLIT = Kind(
    "atlas-animation-split",
    "the animation '{animation}' has frames on several pages, and this file is about one page",
    "{step}",
)


def frames_text(
    kind: str,
    sheets: Sequence[SheetFile],
    frames: Sequence[Frame],
    animations: Mapping[str, Mapping[str, Any]] | None = None,
    page: int | None = None,
    siblings: Sequence[str] = (),
) -> str:
    """Return the text of a data file.

    Args:
        kind: one of `KINDS`.
        sheets: the files of all pages.
        frames: all frames of the atlas; names are unique.
        animations: name to a map of `frames` (names), `fps` and `loop`.
        page: the number, from 0, of the only page that the file is about; None for all.
        siblings: the data files of all pages, as seen from this one; `pixi` names the others.

    Raises ImageError.
    """
    write = KINDS.get(kind)
    if write is None:
        raise ImageError(unknown_format(kind, KINDS))
    problems = check_names([frame.name for frame in frames], animations)
    if problems:
        raise ImageError(*problems)
    moves = read_animations(animations) if write is not css else ()
    if page is not None:
        moves = tuple(_on_page(moves, frames, page, kind))
    data = DataFile(
        {n: sheet for n, sheet in enumerate(sheets) if page in (None, n)},
        [frame for frame in frames if page in (None, frame.page)],
        moves,
        [path for n, path in enumerate(siblings) if n != page],
    )
    # Half of a surrogate pair, which YAML can write, has no bytes.
    return write(data).encode("utf-8", "replace").decode("utf-8")


def unknown_format(format: str, known: Mapping[str, object] = FORMATS) -> Problem:
    """Return the problem of a format that there is not."""
    facts = {"format": format, "step": did_you_mean(format, known)}
    return Problem(UNKNOWN_FORMAT, facts=facts)


def _on_page(
    animations: Sequence[Animation], frames: Sequence[Frame], page: int, kind: str
) -> Iterator[Animation]:
    """Yield the animations of a page. Raises ImageError for one that other pages are part of."""
    page_of = {frame.name: frame.page for frame in frames}
    for animation in animations:
        pages = {page_of[name] for name in animation.frames}
        if page in pages and len(pages) > 1:
            step = "write one file for all pages: leave {{ page }} out of its path"
            if kind == "pixi":
                step = "lower `pages` and raise `max_size`, or list its sprites one after another"
            raise ImageError(Problem(SPLIT, facts={"animation": animation.name, "step": step}))
        if pages == {page}:
            yield animation
