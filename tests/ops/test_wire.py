"""Messages between a build and its workers."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetgen.errors import Kind, Problem
from assetgen.ops.wire import Message, problem_data, problems_of, read_message, write_message

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.text().filter(lambda name: name != "blobs"), VALUES, max_size=4),
    st.lists(st.binary(max_size=50), max_size=4),
)
def test_a_message_arrives_as_it_was_sent(head: dict[str, object], blobs: list[bytes]) -> None:
    """And so does the next one."""
    stream = io.BytesIO()
    message = Message(head, blobs)
    write_message(stream, message)
    write_message(stream, message)
    stream.seek(0)
    assert [read_message(stream) for _ in range(3)] == [message, message, None]


@given(st.integers(0, 60))
def test_a_message_that_breaks_off_is_none(length: int) -> None:
    """Whoever sent it has ended."""
    stream = io.BytesIO()
    write_message(stream, Message({"n": 1}, [b"x" * 40]))
    whole = stream.getvalue()
    assert len(whole) > 60
    assert read_message(io.BytesIO(whole[:length])) is None


def test_a_message_that_claims_too_much_is_none() -> None:
    """No memory is taken for it."""
    assert read_message(io.BytesIO(b"\xff\xff\xff\xff{}")) is None
    head = b'{"blobs":[99999999999999]}'
    assert read_message(io.BytesIO(len(head).to_bytes(4) + head)) is None


def test_a_problem_keeps_its_words() -> None:
    """Its sentence is a text by then, whatever braces or control characters are in it."""
    kind = Kind("some-kind", "{what} is not {wanted}", "write {step}")
    problem = Problem(kind, facts={"what": "{0.__class__}\x1b[2J", "wanted": "é", "step": "{}"})
    (there,) = problems_of([problem_data(problem)])
    assert (there.kind.name, there.cause, there.step) == ("some-kind", problem.cause, problem.step)
    (spoilt,) = problems_of([{"name": "n", "cause": "\x1b[2J{a.b}", "step": ""}])
    assert spoilt.cause == "\\x1b[2J{a.b}"


@pytest.mark.parametrize(
    "head",
    [
        b'"text"',
        b"null",
        b"[]",
        b"{}",
        b"\xff{",
        b"[" * 100_000,
        b'{"blobs":3}',
        b'{"blobs":["1"]}',
        b'{"blobs":[1.0]}',
        b'{"blobs":[true]}',
        b'{"blobs":[-1]}',
    ],
)
def test_a_message_without_sense_is_none(head: bytes) -> None:
    """Nothing of it ends whoever reads it."""
    assert read_message(io.BytesIO(len(head).to_bytes(4) + head + b"more")) is None


@pytest.mark.parametrize(
    "data",
    [
        None,
        5,
        {},
        [],
        [None],
        [{"name": "n", "cause": "c"}],
        [{"name": "n", "cause": 1, "step": ""}],
        [{"name": "n", "cause": "c", "step": ""}, {}],
        [{"name": "\x1b[31m", "cause": "c", "step": ""}],
    ],
)
def test_problems_without_sense_are_none(data: object) -> None:
    """Whatever stands where problems should, none of it is shown."""
    assert problems_of(data) == ()
