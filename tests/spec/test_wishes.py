"""Tables of pictures as people keep them: what each row wants, and what is not understood."""

from __future__ import annotations

import json

import pytest

from assetgen.errors import Loc
from assetgen.spec.data import read_rows
from assetgen.spec.wishes import Wish, ratio_of, wishes


def read(text: str, file: str) -> list[Wish]:
    """Return what the rows of a file want."""
    return wishes(read_rows(text.encode(), file, None, Loc(file)))[0]


def test_a_table() -> None:
    """Columns are found by their usual names, in any case."""
    text = 'Name,Prompt,Size,Negative Prompt\nhero,"a knight, standing",1024x1536,blur\n'
    assert read(text, "a.csv") == [
        Wish(1, name="hero", prompt="a knight, standing", negative="blur", aspect_ratio="2:3")
    ]


def test_a_list_of_objects() -> None:
    """File names, ids, sides and ratios."""
    rows = [
        {"filename": "a.png", "prompt": "one", "width": 1920, "height": 1080, "seed": 4},
        {"id": 7, "prompt": "two", "aspect_ratio": "3/4", "resolution": "2K"},
        {"name": "c", "prompt": "three", "size": "16:9"},
    ]
    found, unused = wishes(read_rows(json.dumps(rows).encode(), "a.json", None, Loc("a.json")))
    assert found == [
        Wish(1, file="a.png", prompt="one", aspect_ratio="16:9"),
        Wish(2, name="7", prompt="two", aspect_ratio="3:4", resolution="2k"),
        Wish(3, name="c", prompt="three", aspect_ratio="16:9"),
    ]
    assert unused == ["seed"]


def test_a_map_of_prompts() -> None:
    """Names with their prompts, or with fields."""
    assert read('{"moon": "a moon", "sun": {"prompt": "a sun"}}', "a.json") == [
        Wish(1, name="moon", prompt="a moon"),
        Wish(2, name="sun", prompt="a sun"),
    ]


def test_a_list_inside_of_a_file() -> None:
    """What stands beside it is not a row."""
    text = '{"deck": "Duat", "more": {"a": 1}, "cards": [{"name": "Truth", "prompt": "a feather"}]}'
    found, unused = wishes(read_rows(text.encode(), "a.json", None, Loc("a.json")))
    assert found == [Wish(1, name="Truth", prompt="a feather")]
    assert unused == ["more"]


def test_prompts_alone_are_named_by_their_words() -> None:
    """The first six of them."""
    text = '["A red fox, asleep under an old oak", "A moth"]'
    assert [(one.name, one.prompt[:9]) for one in read(text, "a.json")] == [
        ("a-red-fox-asleep-under-an", "A red fox"),
        ("a-moth", "A moth"),
    ]


@pytest.mark.parametrize("size", ["huge", "1024", "0x5", "999999x1"])
def test_a_size_that_is_not_understood_is_told(size: str) -> None:
    """It is not guessed."""
    assert read(f'[{{"name": "a", "prompt": "b", "size": "{size}"}}]', "a.json")[0].odd == size


def test_ratios_in_lowest_terms() -> None:
    """Of pixels; none where one side is a hundred times the other."""
    assert ratio_of(1016, 1530) == "508:765"
    assert ratio_of(0, 0) == ""
    assert ratio_of(10_100, 100) == ""
