"""Specs with one value changed; the spec that was given stays."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from assetgen.spec.expand import expand
from assetgen.spec.model import Spec
from assetgen.spec.perturb import others, row_fields, with_rows, with_style, with_var
from tests.spec.build import make_spec

SECTIONS: dict[str, Any] = {
    "vars": {"game": "Ashfall", "size": 3},
    "styles": {"ink": "bold ink", "flat": {"text": "flat", "avoid": "shine"}},
    "axes": {"product": {"file": "products.csv", "id": "{{ sku }}"}},
    "targets": {
        "a": {"prompt": "a knight of {{ game }}", "style": ["ink"]},
        "b": {"prompt": "a hat", "style": ["flat"]},
        "c": {
            "name": "shop/{{ product }}",
            "matrix": {"product": "product"},
            "prompt": "a {{ product.title }}",
        },
    },
}
ROWS = {"product": [{"sku": "x1", "title": "hat", "size": "12"}, {"sku": "x2", "title": "coat"}]}


def spec() -> Spec:
    return make_spec(ROWS, **SECTIONS)


def prompts(one: Spec) -> dict[str, str]:
    graph = expand(one, file_exists=lambda _: False)
    return {target.name: target.prompt for target in graph}


BEFORE = {
    "a": "a knight of Ashfall\nbold ink",
    "b": "a hat\nflat\nAvoid: shine",
    "shop/x1": "a hat",
    "shop/x2": "a coat",
}


def test_a_style_in_its_short_form() -> None:
    """Its users have the other text."""
    given = spec()
    assert prompts(with_style(given, "ink", "NEW")) == {**BEFORE, "a": "a knight of Ashfall\nNEW"}
    assert prompts(given) == BEFORE


def test_a_style_with_things_to_avoid() -> None:
    """What it avoids stays."""
    assert prompts(with_style(spec(), "flat", "NEW"))["b"] == "a hat\nNEW\nAvoid: shine"


def test_a_variable() -> None:
    """Whoever prints it has the other value."""
    assert prompts(with_var(spec(), "game", "NEW")) == {**BEFORE, "a": "a knight of NEW\nbold ink"}


def test_the_rows_of_a_data_file() -> None:
    """All fields but those that decide the id, or one field alone."""
    given = spec()
    assert row_fields(given, "product") == ["title", "size"]
    changed = with_rows(given, ["product"], None, lambda value: f"{value}!")
    assert changed.rows["product"][0] == {"sku": "x1", "title": "hat!", "size": "12!"}
    assert prompts(changed)["shop/x2"] == "a coat!"
    one = with_rows(given, ["product"], "size", lambda _: "13")
    assert prompts(one) == BEFORE


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("red", ["red changed", "red-changed"]),
        ("", ["changed", "-changed"]),
        ("3:4", ["3:4 changed", "301:401"]),
        ("1.91:1", ["1.91:1 changed", "192:101"]),
        ("2k", ["2k changed", "1k"]),
        ("#fff", ["#fff changed", "#123456"]),
        ("12", ["12 changed", "13"]),
        (True, [False]),
        (3, [4, 2]),
        (0.5, [1.5]),
        (None, ["changed"]),
        ({"a": 1, "b": ["x"]}, [{"a": 2, "b": ["x changed"]}]),
    ],
)
def test_other_values_are_of_the_same_form(value: Any, found: list[Any]) -> None:
    """So that a ratio stays a ratio where nothing else is accepted."""
    assert list(others(value)) == found


def test_rows_that_are_no_mappings_stay() -> None:
    """Their value is their id."""
    given = make_spec({"n": [1, 2]}, axes={"n": {"file": "n.json"}}, targets={"a": "x"})
    assert with_rows(given, ["n"], None, partial(str)).rows["n"] == [1, 2]
