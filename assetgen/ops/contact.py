"""A contact sheet: pairs of small pictures below each other, with words; knows no file or target.

What is drawn is described by :class:`Sheet`; its pictures are thumbnails (:mod:`.thumb`), so that a
sheet takes as little memory for pictures of 4k as for icons.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from assetgen.digest import Digest
from assetgen.errors import printable
from assetgen.ops.picture import decode

CELL = 384
"""Pixels of the longer side of a thumbnail, and the width of a column."""
ROWS = 20
"""Pairs on one sheet: 10,000 pixels high at most, and 30 MB while it is drawn."""

_EDGE, _GAP = 20, 20
_WIDTH = 2 * _EDGE + 2 * CELL + _GAP
_HEAD, _TITLE, _NOTE, _BELOW = 44, 24, 20, 26
_EMPTY = (CELL, 160)
_ENLARGED = 96
_SQUARE = 8
_MOST_CHARS = 400

_PAPER, _INK, _DIM = (250, 250, 250), (24, 24, 27), (95, 99, 110)
_LINE, _GREY, _LIGHT, _DARK = (214, 216, 222), (228, 229, 233), (255, 255, 255), (222, 222, 226)


@dataclass(frozen=True, slots=True)
class Pair:
    """One row: a title, a note, and on each side the digest of a thumbnail or words instead."""

    title: str
    note: str
    old: Mapping[str, str]
    new: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: what stands over its columns, its pairs, and which page it is."""

    heads: tuple[str, str]
    pairs: Sequence[Pair]
    page: str = ""

    @property
    def arguments(self) -> dict[str, Any]:
        """The sheet as the arguments of a manifest."""
        pairs = [[one.title, one.note, dict(one.old), dict(one.new)] for one in self.pairs]
        return {"heads": list(self.heads), "page": self.page, "pairs": pairs}


def sheet_of(arguments: Mapping[str, Any]) -> Sheet:
    """Return the sheet that a manifest's arguments describe."""
    left, right = map(str, arguments["heads"])
    return Sheet((left, right), [Pair(*one) for one in arguments["pairs"]], arguments["page"])


def write_contact(sheet: Sheet, thumbs: Mapping[Digest, bytes]) -> bytes:
    """Return the PNG of a sheet; ``thumbs`` are its pictures by digest. Raises ImageError."""
    rows = [
        (one, *_alike(one, _cell(one.old, thumbs), _cell(one.new, thumbs))) for one in sheet.pairs
    ]
    height = _HEAD + sum(_row_height(old, new) for _, old, new in rows) + _EDGE
    image = Image.new("RGB", (_WIDTH, height), _PAPER)
    pencil = ImageDraw.Draw(image)
    _write(pencil, (_EDGE, 14), sheet.heads[0], 15, _DIM, CELL)
    page = sheet.page
    room = CELL - (_length(page, 13) + 12 if page else 0)
    _write(pencil, (_EDGE + CELL + _GAP, 14), sheet.heads[1], 15, _DIM, room)
    if page:
        _write(pencil, (_WIDTH - _EDGE - _length(page, 13), 15), page, 13, _DIM, CELL)
    top = _HEAD
    for pair, old, new in rows:
        pencil.line((_EDGE, top, _WIDTH - _EDGE, top), _LINE)
        _write(pencil, (_EDGE, top + 6), pair.title, 15, _INK, _WIDTH - 2 * _EDGE)
        _write(pencil, (_EDGE, top + 6 + _TITLE - 3), pair.note, 13, _DIM, _WIDTH - 2 * _EDGE)
        below = top + 6 + _TITLE + _NOTE
        image.paste(old, (_EDGE, below))
        image.paste(new, (_EDGE + CELL + _GAP, below))
        top += _row_height(old, new)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _row_height(old: Image.Image, new: Image.Image) -> int:
    return 6 + _TITLE + _NOTE + max(old.height, new.height) + _BELOW


def _cell(side: Mapping[str, str], thumbs: Mapping[Digest, bytes]) -> Image.Image | None:
    """Return a picture, or None where words stand for it."""
    digest = side.get("sha256")
    if digest is None:
        return None
    found = decode(thumbs[Digest(digest)])
    if max(found.size) > CELL:  # no thumbnail has that
        found.thumbnail((CELL, CELL))
    return found


def _alike(
    pair: Pair, old: Image.Image | None, new: Image.Image | None
) -> tuple[Image.Image, Image.Image]:
    """Return both sides on their grounds, small ones enlarged alike so that sizes compare.

    A grey box is as large as the picture beside it, where there is one.
    """
    found = [one for one in (old, new) if one is not None]
    longest = max((max(one.size) for one in found), default=CELL)
    factor = max(1, _ENLARGED // longest)
    shown = [_grounded(one, factor) for one in found]
    size = shown[0].size if shown else _EMPTY
    size = (max(size[0], 150), max(size[1], 60))
    left = shown[0] if old is not None else _box(size, pair.old["words"])
    right = shown[-1] if new is not None else _box(size, pair.new["words"])
    return left, right


def _grounded(image: Image.Image, factor: int) -> Image.Image:
    if factor > 1:
        size = (image.width * factor, image.height * factor)
        image = image.resize(size, Image.Resampling.NEAREST)
    if image.mode != "RGBA":
        return image.convert("RGB")
    ground = _checkerboard(image.size).copy()
    ground.paste(image, (0, 0), image)
    return ground


def _box(size: tuple[int, int], words: str) -> Image.Image:
    image = Image.new("RGB", size, _GREY)
    pencil = ImageDraw.Draw(image)
    width = min(_length(words, 15), size[0])
    place = ((size[0] - width) // 2, size[1] // 2 - 10)
    _write(pencil, place, words, 15, _DIM, size[0])
    return image


@lru_cache(maxsize=8)
def _checkerboard(size: tuple[int, int]) -> Image.Image:
    tile = Image.new("RGB", (2 * _SQUARE, 2 * _SQUARE), _LIGHT)
    for at in ((0, 0), (_SQUARE, _SQUARE)):
        tile.paste(_DARK, (*at, at[0] + _SQUARE, at[1] + _SQUARE))
    ground = Image.new("RGB", size)
    for top in range(0, size[1], 2 * _SQUARE):
        for left in range(0, size[0], 2 * _SQUARE):
            ground.paste(tile, (left, top))
    return ground


# Words


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont:
    found = ImageFont.load_default(size)
    if not isinstance(found, ImageFont.FreeTypeFont):  # Pillow without FreeType is no wheel
        raise OSError("this Pillow was built without FreeType")
    return found


def _length(text: str, size: int) -> int:
    return round(_font(size).getlength(_plain(text)))


def _plain(text: str) -> str:
    """Return a text as the font can show it: no accents and nothing that has no picture."""
    if text.isascii():
        return printable(text[:_MOST_CHARS])
    taken = unicodedata.normalize("NFKD", text[:_MOST_CHARS])
    return printable("".join(char for char in taken if not unicodedata.combining(char)))


def _write(
    pencil: ImageDraw.ImageDraw,
    place: tuple[int, int],
    text: str,
    size: int,
    color: tuple[int, int, int],
    room: int,
) -> None:
    """Write one line, its end left out where it is wider than ``room`` pixels."""
    shown, font = _plain(text), _font(size)
    if font.getlength(shown) > room:
        while shown and font.getlength(shown + "…") > room:
            shown = shown[:-1]
        shown += "…"
    pencil.text(place, shown, font=font, fill=color)
