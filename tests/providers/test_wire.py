"""Reading what somebody else wrote: nothing is taken for what it is not, and nothing raises."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetgen.providers.wire import (
    MAX_ID,
    at,
    data_uri,
    id_at,
    is_blank,
    items_at,
    number_at,
    parsed,
    picture_bytes,
    pictures_at,
    seconds_between,
    sentence,
    speaks_of_balance,
    speaks_of_policy,
    text_at,
    texts_at,
)

HALF = "half of a pair \ud83d"
DATA = {"a": {"b": [{"c": "text"}, 7]}, "n": None, "t": True}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((), DATA),
        (("a", "b", 0, "c"), "text"),
        (("a", "b", -1), 7),
        (("a", "b", 2), None),
        (("a", "b", "c"), None),
        (("a", 0), None),
        (("x", "y"), None),
        (("n", "y"), None),
    ],
)
def test_a_place_in_data(path: tuple[str | int, ...], value: Any) -> None:
    """What stands there, or nothing where there is no such place."""
    assert at(DATA, *path) == value


def test_texts() -> None:
    """Only texts are texts, and only those that can be written down."""
    assert text_at({"a": "b"}, "a") == "b"
    assert [text_at({"a": value}, "a") for value in (7, None, ["b"], HALF)] == [""] * 4
    assert texts_at({"a": ["b", 7, "", HALF, "c"]}, "a") == ("b", "c")
    assert texts_at({"a": "b"}, "a") == ("b",)
    assert texts_at({}, "a") == ()


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("task_1", "task_1"),
        (" a ", " a "),
        (12345678901234567890, "12345678901234567890"),
        (0, "0"),
        (True, ""),
        (1.5, ""),
        (-1, ""),
        (1 << 64, ""),
        ("", ""),
        ("  ", ""),
        (HALF, ""),
        ("x" * MAX_ID, "x" * MAX_ID),
        ("x" * (MAX_ID + 1), ""),
        (["a"], ""),
        (None, ""),
    ],
)
def test_ids(value: Any, name: str) -> None:
    """An id is opaque: kept as it is, also where a service writes a number."""
    assert id_at({"id": value}, "id") == name


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (7, 7.0),
        (0.5, 0.5),
        (0, 0.0),
        (-0.5, None),
        (True, None),
        ("7", None),
        (float("nan"), None),
        (float("inf"), None),
        (10**400, None),
    ],
)
def test_numbers(value: Any, number: float | None) -> None:
    """Only finite ones, not negative unless that is asked for."""
    assert number_at({"n": value}, "n") == number


def test_a_number_below_zero() -> None:
    """A balance may be one."""
    assert number_at(-0.5, least=float("-inf")) == -0.5
    assert number_at(float("-inf"), least=float("-inf")) is None


def test_objects_of_a_list() -> None:
    """A list's objects, or the one that stands there itself."""
    assert list(items_at({"a": [{"b": 1}, 7, {}]}, "a")) == [{"b": 1}, {}]
    assert list(items_at({"a": {"b": 1}}, "a")) == [{"b": 1}]
    assert list(items_at([{"b": 1}])) == [{"b": 1}]
    assert list(items_at({}, "a")) == []


WEB = "https://files.example/a.png"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ([WEB, "http://127.0.0.1:8000/b"], (WEB, "http://127.0.0.1:8000/b")),
        (WEB, (WEB,)),
        ({"url": WEB}, (WEB,)),
        ([{"url": WEB}, {"image": WEB}], (WEB,)),
        ([WEB, None, 7, [WEB], WEB], (WEB, WEB)),
        ("data:image/png;base64,AAEC", (b"\x00\x01\x02",)),
        (["DATA:image/png;base64,AAEC", "data:image/png;base64,", "data:,***"], (b"\x00\x01\x02",)),
        (["", " ", "a.png", "file:///a.png", "ftp://a/b", "https://", "//a/b"], ()),
        (["https://files.example/a b", " " + WEB, WEB + "\n", WEB + HALF], ()),
        (["https://user@files.example/a", "https://[::1/a"], ()),
        (None, ()),
    ],
)
def test_pictures(value: Any, found: tuple[str | bytes, ...]) -> None:
    """Traps 23, 24: as many as there are, in order, each an address or the bytes themselves."""
    assert pictures_at({"p": value}, "p") == found


@pytest.mark.parametrize("value", [None, "", " ", [], {}, [None, "", {}, []]])
def test_what_says_nothing(value: Any) -> None:
    """Empty in one way or another."""
    assert is_blank(value)


@pytest.mark.parametrize("value", [0, False, "a", [0], {"a": None}, [[None]], ["", "x"]])
def test_what_says_something(value: Any) -> None:
    """Even if nobody can tell what."""
    assert not is_blank(value)


def test_sentences() -> None:
    """The first that says something, on one line, not too long, fit to be written."""
    assert sentence(None, 7, " ", "a\r\n b", "c") == "a b"
    assert len(sentence("x" * 9999)) == 500
    assert sentence(HALF) == "half of a pair ?"
    assert sentence() == ""


@pytest.mark.parametrize(
    "text",
    [
        "Content violates provider policy, please adjust the prompt",
        "Request rejected: content policy violation",
        "flagged by moderation",
        "NSFW prompt",
        "Your prompt is against our usage guidelines",
        "blocked by the safety system",
        "sensitive content detected",
    ],
)
def test_words_about_what_was_asked_for(text: str) -> None:
    """Refusals of the content, as services word them."""
    assert speaks_of_policy(text)
    assert not speaks_of_balance(text)


@pytest.mark.parametrize(
    "text",
    ["Insufficient credits", "insufficient wallet balance", "Not enough quota", "NO CREDITS"],
)
def test_words_about_money(text: str) -> None:
    """Refusals of an empty purse, as services word them."""
    assert speaks_of_balance(text)
    assert not speaks_of_policy(text)


@pytest.mark.parametrize(
    "text",
    [
        "API key lacks permission",
        "Missing required field: input.prompt",
        "Model not found or is disabled",
        "Forbidden",
        "Invalid content-type header",
        "",
    ],
)
def test_words_about_neither(text: str) -> None:
    """Ordinary refusals are neither."""
    assert not speaks_of_policy(text)
    assert not speaks_of_balance(text)


@pytest.mark.parametrize(
    ("start", "end", "seconds"),
    [
        ("2026-03-31T10:00:00.000Z", "2026-03-31T10:00:15.500Z", 15.5),
        ("2026-03-31T10:00:00+00:00", "2026-03-31T12:00:01+02:00", 1.0),
        ("2026-03-31T10:00:15Z", "2026-03-31T10:00:00Z", None),
        ("2026-03-31T10:00:00", "2026-03-31T10:00:15Z", None),
        ("", "2026-03-31T10:00:15Z", None),
        ("yesterday", "today", None),
    ],
)
def test_seconds_between_moments(start: str, end: str, seconds: float | None) -> None:
    """Trap 26: moments in ISO-8601, with their zones."""
    assert seconds_between(start, end) == seconds


@pytest.mark.parametrize("text", ["", "{", b"\xff", "[" * 99_999, "1" * 9999, "\ufeff{}"])
def test_text_that_is_no_json(text: str | bytes) -> None:
    """It is nothing, and raises nothing."""
    assert parsed(text) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("AAEC", b"\x00\x01\x02"),
        ("AA\nEC ", b"\x00\x01\x02"),
        ("data:image/png;base64,AAEC", b"\x00\x01\x02"),
        ("data:image/png;base64,", None),
        ("***", None),
        ("AAE", None),
        ("ÄÖ", None),
        ("", None),
    ],
)
def test_bytes_of_base64(text: str, found: bytes | None) -> None:
    """With or without the head of a data URI."""
    assert picture_bytes(text) == found


@pytest.mark.parametrize(
    ("data", "kind"),
    [(b"\x89PNG\r\n", "png"), (b"RIFF....WEBP", "webp"), (b"\xff\xd8\xff\xe0", "jpeg")],
)
def test_a_picture_as_a_data_uri(data: bytes, kind: str) -> None:
    """Named after what its bytes are; read back, it is the same bytes."""
    text = data_uri(data)
    assert text == f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    assert picture_bytes(text) == data


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["a", "url", "0"]), inner),
    max_leaves=9,
)


@given(JSON, st.lists(st.sampled_from(["a", "url", 0, -1]), max_size=3))
def test_any_data_can_be_read(data: Any, path: list[str | int]) -> None:
    """No shape of data makes a reader raise, and what is read can be written down."""
    texts = [text_at(data, *path), id_at(data, *path), *texts_at(data, *path)]
    texts += [sentence(at(data, *path))]
    texts += [found for found in pictures_at(data, *path) if isinstance(found, str)]
    assert all(text.encode() or not text for text in texts)
    assert number_at(data, *path) is None or at(data, *path) is not None
    assert all(isinstance(item, dict) for item in items_at(data, *path))
    assert is_blank(at(data, *path)) in (True, False)


@given(st.text(st.characters()))
def test_any_text_can_be_read(text: str) -> None:
    """No text makes a reader raise."""
    assert picture_bytes(text) != b""
    assert seconds_between(text, text) in (None, 0.0)
    assert isinstance(speaks_of_policy(text) or speaks_of_balance(text), bool)
    parsed(text)
