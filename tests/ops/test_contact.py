"""Contact sheets: what stands where, and what cannot go wrong with names and sizes."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from assetgen.action import local
from assetgen.digest import Digest, canonical_json, sha256
from assetgen.ops.contact import CELL, Pair, Sheet, sheet_of, write_contact
from assetgen.ops.render import perform
from assetgen.optable import CONTENTS

RED, BLUE, CLEAR = (200, 0, 0, 255), (0, 0, 200, 255), (0, 0, 0, 0)
LEFT, RIGHT = 20, 20 + CELL + 20
TOP = 44 + 6 + 24 + 20
WORDS = {"words": "not made yet"}


def thumb(size: tuple[int, int], color: tuple[int, int, int, int]) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGBA", size, color).save(buffer, "WEBP", lossless=True)
    return buffer.getvalue()


def drawn(*pairs: Pair, thumbs: tuple[bytes, ...] = (), page: str = "") -> Image.Image:
    held = {sha256(data): data for data in thumbs}
    data = write_contact(Sheet(("before: v1", "after: working tree"), pairs, page), held)
    return Image.open(io.BytesIO(data)).convert("RGB")


def side(data: bytes) -> dict[str, str]:
    return {"sha256": sha256(data)}


def test_the_older_picture_stands_left_and_the_newer_right() -> None:
    """Each at the top of its cell."""
    old, new = thumb((384, 200), RED), thumb((200, 384), BLUE)
    sheet = drawn(Pair("a", "", side(old), side(new)), thumbs=(old, new))
    assert sheet.getpixel((LEFT + 5, TOP + 5)) == RED[:3]
    assert sheet.getpixel((RIGHT + 5, TOP + 5)) == BLUE[:3]
    assert sheet.size == (2 * 20 + 2 * CELL + 20, TOP + 384 + 26 + 20)


def test_a_checkerboard_is_behind_what_is_clear() -> None:
    """Two greys take turns."""
    old = thumb((100, 100), CLEAR)
    sheet = drawn(Pair("a", "", side(old), WORDS), thumbs=(old,))
    row = [sheet.getpixel((LEFT + x, TOP + 2)) for x in (2, 10, 18)]
    assert row[0] == row[2] != row[1]


def test_words_stand_in_a_grey_box_as_large_as_the_picture_beside_it() -> None:
    """So that rows do not jump."""
    new = thumb((300, 250), BLUE)
    sheet = drawn(Pair("a", "", {"words": "not kept here"}, side(new)), thumbs=(new,))
    grey = sheet.getpixel((LEFT + 2, TOP + 2))
    assert sheet.getpixel((LEFT + 297, TOP + 247)) == grey != sheet.getpixel((LEFT + 302, TOP + 2))
    inside = sheet.crop((LEFT, TOP, LEFT + 300, TOP + 250)).getcolors()
    assert inside is not None
    assert len(inside) > 1


def test_small_pictures_are_enlarged_alike() -> None:
    """An icon that became twice as large looks twice as large."""
    old, new = thumb((16, 16), RED), thumb((32, 32), RED)
    sheet = drawn(Pair("icon", "", side(old), side(new)), thumbs=(old, new))
    assert sheet.getpixel((LEFT + 47, TOP + 47)) == RED[:3]
    assert sheet.getpixel((LEFT + 49, TOP + 49)) != RED[:3]
    assert sheet.getpixel((RIGHT + 95, TOP + 95)) == RED[:3]


def test_rows_follow_each_other() -> None:
    """The second begins below the first."""
    old = thumb((100, 100), RED)
    one = drawn(Pair("a", "", side(old), WORDS), thumbs=(old,))
    two = drawn(*[Pair("a", "", side(old), WORDS)] * 2, thumbs=(old,))
    assert two.height - one.height == 6 + 24 + 20 + 100 + 26


@pytest.mark.parametrize("name", ["x" * 5000, "\x1b[2J\u202eevil", "名前/アイコン", "é\n\t", ""])
def test_any_name_can_be_written(name: str) -> None:
    """Long names are cut, odd ones escaped, and none makes the sheet wider."""
    sheet = drawn(Pair(name, name, WORDS, WORDS), page="1 of 2")
    assert sheet.width == 828
    margin = sheet.crop((sheet.width - 19, 50, sheet.width, sheet.height)).getcolors()
    assert margin is not None
    assert len(margin) == 1


def test_a_sheet_is_made_of_its_manifest() -> None:
    """A worker gets the text and the thumbnails, and makes the same bytes."""
    old = thumb((50, 50), RED)
    sheet = Sheet(("l", "r"), [Pair("a", "b", side(old), WORDS)], "2 of 3")
    arguments = sheet.arguments
    text = canonical_json(arguments)
    work = local(op="contact", version=CONTENTS["contact"], arguments=text, inputs=())
    blobs: dict[Digest, bytes] = {sha256(old): old}
    assert sheet_of(arguments) == sheet
    assert perform([work.text], blobs) == [write_contact(sheet, blobs)]
