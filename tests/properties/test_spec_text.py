"""Whatever the bytes, the spec's readers give data or a SpecError; the two validators agree."""

from __future__ import annotations

import json
from typing import Any

import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from assetgen.errors import Loc, SpecError
from assetgen.spec.data import read_rows
from assetgen.spec.load import load, load_value
from assetgen.spec.model import Map, Seq
from assetgen.spec.scalars import NumberError, resolve
from assetgen.spec.schema import schema
from assetgen.spec.validate import validate

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63) + 1, 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=12),
)
FIELDS = sorted(schema()["$defs"]["target_fields"]["properties"])
WORDS = ["trim", "resize", "16:9", "none", "{{ a }}", "x-y", "srcset", "output", "image", "file"]
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(SCALARS, st.sampled_from(WORDS)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(st.sampled_from(WORDS + FIELDS), st.text("abc")), inner, max_size=3
        ),
    ),
    max_leaves=8,
)
SNIPPETS = ["a", ": ", "- ", "\n", "  ", "{", "}", "[", "]", ",", "&x ", "*x", "<<", "!t ", "'"]
SNIPPETS += ['"', "#", "|", ">", "? ", "{{ b }}", "%", "---", "\t", "\\", "3", "é", "\r\n", "~"]


def _yaml(value: Any) -> bytes:
    text: str = yaml.safe_dump(value, allow_unicode=True, sort_keys=False)
    return text.encode()


@given(st.lists(st.sampled_from(SNIPPETS), max_size=25).map("".join))
def test_any_text_gives_data_or_problems_with_places(text: str) -> None:
    """No other exception, and every problem has a place and both its lines."""
    try:
        value = load_value(text.encode(), "f")
    except SpecError as error:
        for problem in error.problems:
            assert problem.loc is not None
            # an absent value at the end stands in the line after it
            assert problem.loc.line <= text.count("\n") + text.count("\r") + 2
            assert problem.cause
            assert problem.step
    else:
        assert_placed(value)


def assert_placed(value: Any) -> None:
    """Check that each entry and item has its place."""
    if isinstance(value, Map):
        assert set(value) == set(value.keys_at) == set(value.values_at)
    if isinstance(value, Seq):
        assert len(value) == len(value.items_at)
    if isinstance(value, Map | Seq):
        for item in value.values() if isinstance(value, Map) else value:
            assert_placed(item)


@given(st.binary(max_size=200))
def test_any_bytes_give_rows_or_problems(data: bytes) -> None:
    """No reader of data files lets another exception through."""
    for file in ("f.csv", "f.tsv", "f.json", "f.yaml"):
        try:
            assert read_rows(data, file, None, Loc("s"))
        except SpecError as error:
            assert error.problems


@given(st.recursive(SCALARS, lambda inner: st.dictionaries(st.text("ab: 1", max_size=4), inner)))
@example({"a": {"": 1}})
def test_json_is_yaml(value: Any) -> None:
    """A JSON text means the same to both readers."""
    text = json.dumps(value, ensure_ascii=False)
    assert load_value(text.encode(), "f") == json.loads(text)


@given(st.text("0123456789+-.eExo_:infatrulsyNTF~", max_size=8))
def test_a_plain_scalar_is_itself_or_a_scalar_of_the_core_schema(text: str) -> None:
    """A number is what Python reads, everything else is the text unchanged."""
    try:
        value = resolve(text)
    except NumberError:
        return
    if isinstance(value, bool) or value is None:
        assert text.lower() in ("true", "false", "null", "~", "")
    elif isinstance(value, int):
        assert value == int(text, 0 if text[:2] in ("0x", "0o") else 10)
    elif isinstance(value, float):
        assert value == float(text)
    else:
        assert value == text


@given(st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=4), VALUES)
def test_both_validators_agree_on_targets(target: dict[str, Any], axis: Any) -> None:
    """With the fast one before it or not, the same problems are found."""
    doc = load(_yaml({"version": 1, "targets": {"a": target}, "axes": {"b": axis}}), "f")
    found = validate(doc, gated=True)
    assert [str(problem) for problem in found] == [str(p) for p in validate(doc, gated=False)]
    for problem in found:
        assert problem.step


@given(st.dictionaries(st.sampled_from(sorted(schema()["properties"])), VALUES, max_size=4))
def test_both_validators_agree_on_the_head(head: dict[str, Any]) -> None:
    """The same for everything else in a file."""
    doc = load(_yaml({"version": 1, **head}), "f")
    found = [str(problem) for problem in validate(doc, gated=True)]
    assert found == [str(problem) for problem in validate(doc, gated=False)]
