"""Pictures that stand in for bought ones."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from assetgen.errors import ImageError
from assetgen.ops.picture import decode, inspect
from assetgen.providers.base import Reference, Request
from assetgen.providers.draft_picture import STEEPEST, draw, size_of
from assetgen.providers.draft_text import cut, fit, length, wrap

WORDS = "a rusty iron sword, side view"
RATIOS = ["1:1", "16:9", "9:19.5", "11:19", "20:9", "1:16", "16:1"]


def asked(prompt: str = WORDS, **fields: Any) -> Request:
    facts = fields.pop("facts", {"target": "items/sword"})
    return Request("generate", "draft", prompt, facts=facts, **fields)


def photo(size: tuple[int, int] = (60, 40), plugin: str = "JPEG") -> bytes:
    buffer = io.BytesIO()
    Image.radial_gradient("L").resize(size).convert("RGB").save(buffer, plugin)
    return buffer.getvalue()


def edited(*pictures: bytes, **fields: Any) -> Request:
    references = tuple(Reference("image", picture) for picture in pictures)
    facts = fields.pop("facts", {"target": "items/sword"})
    return Request("edit", "draft", WORDS, references=references, facts=facts, **fields)


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize(("tier", "side"), [("1k", 1024), ("2k", 2048)])
def test_size(ratio: str, tier: str, side: int) -> None:
    """The ratio holds within a pixel, and the area is that of the tier's square."""
    width, height = size_of(asked(aspect_ratio=ratio, resolution=tier))
    wide, high = (Fraction(part) for part in ratio.split(":"))
    assert abs(width - height * wide / high) <= 1 or abs(height - width * high / wide) <= 1
    assert abs(width * height - side * side) < 0.02 * side * side


@pytest.mark.parametrize("ratio", RATIOS)
def test_a_picture_of_each_ratio(ratio: str) -> None:
    """The PNG is whole, opaque and of the size that was said."""
    request = asked(aspect_ratio=ratio)
    info = inspect(draw(request))
    assert (info.format, info.width, info.height) == ("png", *size_of(request))
    assert not info.has_alpha


def test_the_same_request_gives_the_same_bytes() -> None:
    """A picture is a function of its request."""
    assert draw(asked()) == draw(asked())
    assert draw(edited(photo())) == draw(edited(photo()))


@pytest.mark.parametrize(
    "other",
    [
        asked("a rusty iron axe, side view"),
        asked(aspect_ratio="4:3"),
        asked(facts={"target": "items/blade"}),
        asked(facts={"target": "items/sword", "alpha": True}),
        asked(facts={"target": "items/sword", "take": 2}),
        edited(photo(), aspect_ratio="1:1"),
    ],
)
def test_another_request_looks_different(other: Request) -> None:
    """What is asked for can be seen."""
    assert decode(draw(other)) != decode(draw(asked()))


@pytest.mark.parametrize("request_", [asked, lambda **f: edited(photo(), **f)])
def test_alpha(request_: Any) -> None:
    """Where alpha is expected the corners can be seen through and the subject cannot."""
    image = decode(draw(request_(facts={"target": "sword", "alpha": True})))
    assert image.mode == "RGBA"
    assert image.getchannel("A").getextrema() == (0, 255)
    corners = [(0, 0), (image.width - 1, image.height - 1)]
    assert all(image.getchannel("A").getpixel(corner) == 0 for corner in corners)


def test_an_edit_follows_its_input() -> None:
    """Without a ratio of its own an edit keeps the first input's."""
    info = inspect(draw(edited(photo((60, 40)))))
    assert abs(info.width - info.height * 1.5) <= 1


def test_an_edit_shows_its_inputs() -> None:
    """Each input picture changes what is drawn; an edit can be edited again."""
    one = draw(edited(photo()))
    two = draw(edited(photo(), photo((40, 60), "PNG")))
    three = draw(edited(photo((40, 60), "WEBP")))
    assert len({one, two, three}) == 3
    assert inspect(draw(edited(one, two))).format == "png"


def test_an_input_that_is_no_picture() -> None:
    """It is said which one."""
    with pytest.raises(ImageError, match="input 2 of the edit"):
        draw(edited(photo(), b"<html>"))


@pytest.mark.parametrize(
    "fields",
    [
        {"aspect_ratio": "wide"},
        {"aspect_ratio": "0:1"},
        {"aspect_ratio": f"{STEEPEST + 1}:1"},
        {"resolution": "3k"},
    ],
)
def test_a_size_that_cannot_be_drawn(fields: dict[str, str]) -> None:
    """It is refused, naming the field."""
    with pytest.raises(ImageError, match=next(iter(fields))):
        draw(asked(**fields))


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=60), st.text(max_size=20), st.sampled_from(RATIOS))
@example("鎧を着た戦士 " * 20, "日本/戦士", "1:1")
@example("x" * 20_000, "a" * 300, "1:16")
@example("one\n\n\x1b[31m\u202etwo\ud800", "///", "16:1")
@example("", "", "1:1")
def test_any_text_can_be_drawn(prompt: str, target: str, ratio: str) -> None:
    """No prompt and no name is too long, too empty or too strange."""
    request = asked(prompt, aspect_ratio=ratio, facts={"target": target})
    assert inspect(draw(request)).format == "png"


@given(st.text("ab cd-/\n", max_size=80), st.integers(60, 400), st.integers(0, 300))
def test_text_stays_in_its_box(text: str, width: int, height: int) -> None:
    """No line is wider and all lines are no higher than the box; a cut is marked."""
    fitted = fit(text, width, height, (30, 20))
    assert all(length(line, fitted.size) <= width * 1.01 for line in fitted.lines)
    assert fitted.height <= max(height, 1)
    whole = wrap(text, width, fitted.size)
    if fitted.lines != whole and fitted.lines:
        assert fitted.lines[-1].endswith("…")


def test_a_line_that_is_cut() -> None:
    """A short line stays; a long one ends with one ellipsis and no stray stop before it."""
    assert cut("sword", 400, 20) == "sword"
    assert cut("a sword. and more", 90, 20).endswith("sword…")
