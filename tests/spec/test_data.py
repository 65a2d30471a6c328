"""Which rows a data file gives, and how broken or hostile files are refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assetgen.errors import Loc, SpecError
from assetgen.spec.data import MAX_ROWS, read_rows

AT = Loc("assetgen.yaml", 7, 9)


def rows(data: str | bytes, file: str, path: str | None = None) -> list[Any]:
    """Return the rows of a file."""
    return read_rows(data.encode() if isinstance(data, str) else data, file, path, AT)


def refused(data: str | bytes, file: str, path: str | None = None) -> list[str]:
    """Return kind and place of each problem of a file."""
    with pytest.raises(SpecError) as caught:
        rows(data, file, path)
    return [f"{problem.kind.name} {problem.loc}" for problem in caught.value.problems]


def test_a_table_gives_a_mapping_for_each_line() -> None:
    """Cells are texts; quotes, a byte order mark, Windows line ends and blank lines are fine."""
    text = '\ufeffsku, name\r\n01,"Cup, ""blue"""\r\n\r\n02,"two\r\nlines"\r\n'
    assert rows(text, "p.csv") == [
        {"sku": "01", "name": 'Cup, "blue"'},
        {"sku": "02", "name": "two\r\nlines"},
    ]


def test_tabs_separate_a_tsv() -> None:
    """Commas are ordinary there."""
    assert rows("a\tb\n1,5\t2\n", "p.TSV") == [{"a": "1,5", "b": "2"}]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["no-header p.csv:1:1"]),
        ("\n\n", ["no-header p.csv:1:1"]),
        ("a,b\n", ["no-rows assetgen.yaml:7:9"]),
        ("a,,a\n1,2,3", ["empty-column p.csv:1:1", "same-column p.csv:1:1"]),
        ("a;b\n1;2", ["semicolons p.csv:1:1"]),
        ('a,b\n1\n\n"x\ny",2\n1,2,3', ["ragged-row p.csv:2:1", "ragged-row p.csv:6:1"]),
        ('a,b\n1,2\n"x', ["bad-table p.csv:3:1"]),
        ('a,b\n"x"y,2', ["bad-table p.csv:2:1"]),
        ("a\n" + "x" * 200_000, ["bad-table p.csv:2:1"]),
        ("a\nb\x00", ["control-character p.csv:2:2"]),
    ],
)
def test_a_broken_table_names_the_line(text: str, found: list[str]) -> None:
    """Header, width and quotes are checked."""
    assert refused(text, "p.csv") == found


def test_a_table_in_another_encoding_is_refused() -> None:
    """What old spreadsheets save is named with its place."""
    assert refused("a\nKäse".encode("latin-1"), "p.csv") == ["not-utf8 p.csv:2:2"]


def test_json_and_yaml_rows_are_mappings_or_scalars() -> None:
    """A list is taken as it stands."""
    want = [{"a": 1, "b": [1, {"c": None}]}, "x", 2.5, True]
    assert rows(json.dumps(want), "p.json") == want
    assert rows("- {a: 1, b: [1, {c: null}]}\n- x\n- 2.5\n- true", "p.yml") == want


def test_yaml_data_follows_the_same_scalars_as_the_spec() -> None:
    """`no` and `16:9` are texts in data too."""
    assert rows("- no\n- 16:9\n- 014", "p.yaml") == ["no", "16:9", 14]


def test_an_entry_of_a_mapping_becomes_a_row_with_its_key() -> None:
    """Fields stand beside the key, a scalar stands as value; an own `key` wins."""
    text = '{"a": {"n": 1}, "b": 2, "c": {"key": "own"}}'
    assert rows(text, "p.json") == [{"key": "a", "n": 1}, {"key": "b", "value": 2}, {"key": "own"}]


def test_a_path_selects_rows() -> None:
    """Filters, slices, projections and sorting of JMESPath work on json and yaml alike."""
    text = "cards:\n- {id: b, suit: x}\n- {id: a, suit: x}\n- {id: c, suit: y}"
    assert rows(text, "p.yaml", "sort_by(cards[?suit=='x'], &id)[].{id: id}") == [
        {"id": "a"},
        {"id": "b"},
    ]
    assert rows('{"d": {"k": {"v": 1}}}', "p.json", "d") == [{"key": "k", "v": 1}]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("", "bad-path"),
        ("cards[", "bad-path"),
        ("(" * 400, "bad-path"),
        ("nope(cards)", "path-function"),
        ("join(cards, cards)", "path-function"),
        ("sort_by(@, &a)", "path-fails"),
        ("cards[::0]", "path-fails"),
        ("length(cards, cards)", "path-fails"),
        ("cards.missing", "path-without-rows"),
        ("length(cards)", "path-without-rows"),
        ("[cards]", "bad-row"),
        ("a" * 501, "path-too-big"),
    ],
)
def test_a_path_that_gives_no_rows_is_blamed_where_it_stands(path: str, kind: str) -> None:
    """The place is that of the spec that asked."""
    assert refused('{"cards": [1, 2]}', "p.json", path) == [f"{kind} {AT}"]


def test_a_path_without_rows_says_what_there_is() -> None:
    """The next step lists the names at the top of the file."""
    with pytest.raises(SpecError) as caught:
        rows('{"major": [], "minor": []}', "p.json", "cards")
    assert caught.value.problems[0].step == "at the top the file has: major, minor"


@pytest.mark.parametrize(
    "path",
    [
        " | ".join(["[@,@][]"] * 30),
        " | ".join(["{a:@,b:@}.values(@)"] * 25),
        "map(&[@,@,@,@,@,@,@,@,@][], [@,@,@,@,@,@,@,@][])",
    ],
)
def test_a_path_that_multiplies_the_data_is_refused(path: str) -> None:
    """An expression cannot build what the file does not hold."""
    assert refused("[1]", "p.json", path) == [f"path-too-big {AT}"]


def test_a_table_has_no_path() -> None:
    """The field is refused and not ignored."""
    assert refused("a\n1", "p.csv", "x") == [f"path-of-table {AT}"]


def test_an_unknown_ending_is_refused() -> None:
    """The format is told by the name."""
    assert refused("a", "p.xlsx") == [f"unknown-data-format {AT}"]
    assert refused("a", "csv.d/p") == [f"unknown-data-format {AT}"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[1,", "bad-json p.json:1:4"),
        ('{"a": 1,\n "a": 2}', "duplicate-key p.json:2:2"),
        ('[{"b": "}\\"", "c": [{"a": {}, "\\u0061": 1}]}]', "duplicate-key p.json:1:31"),
        ("[NaN]", "bad-number p.json:1:1"),
        ("[-Infinity]", "bad-number p.json:1:1"),
        ("[1e999]", "bad-number p.json:1:1"),
        ("[" + "9" * 5000 + "]", "bad-number p.json:1:1"),
        ("[" * 100_000, "too-deep p.json:1:1"),
        ("[" * 33 + "]" * 33, "too-deep p.json:1:1"),
        ('["\\ud800"]', "half-character p.json:1:3"),
        ('["\\ud800\\ud800"]', "half-character p.json:1:3"),
        ('["\\udc00"]', "half-character p.json:1:3"),
        ('["\\\\\\ud83dx"]', "half-character p.json:1:5"),
        ('["\\u0000"]', "half-character p.json:1:3"),
        ("3", "not-rows p.json:1:1"),
        ("[]", "no-rows assetgen.yaml:7:9"),
        ("{}", "no-rows assetgen.yaml:7:9"),
        ("[null]", "bad-row assetgen.yaml:7:9"),
        ("[[1]]", "bad-row assetgen.yaml:7:9"),
    ],
)
def test_json_that_cannot_be_trusted_is_refused(text: str, found: str) -> None:
    """Duplicates, odd numbers, half characters and depth are named."""
    assert refused(text, "p.json") == [found]


def test_whole_characters_in_json_escapes_are_fine() -> None:
    """Pairs, escaped backslashes and 32 levels pass."""
    assert rows('["\\ud83d\\ude00", "\\\\ud800", "\\u00e4"]', "p.json") == ["😀", "\\ud800", "ä"]
    assert rows('[{"a":' + "[" * 30 + "]" * 30 + "}]", "p.json")


def test_hostile_yaml_data_is_refused_like_a_hostile_spec() -> None:
    """Tags and aliases are guarded by the same loader."""
    assert refused("- !!python/object:os.system x", "p.yaml") == ["tag p.yaml:1:3"]


def test_more_rows_than_the_limit_are_refused() -> None:
    """The limit itself is allowed."""
    assert len(rows("a\n" + "1\n" * MAX_ROWS, "p.csv")) == MAX_ROWS
    assert refused("a\n" + "1\n" * (MAX_ROWS + 1), "p.csv") == [f"too-many-rows {AT}"]


def test_a_hundred_thousand_rows_are_read_at_once() -> None:
    """A large table is no reason to wait."""
    text = "sku,name,price\n" + "".join(f"s{n},Name {n},{n}\n" for n in range(100_000))
    assert rows(text, "p.csv")[-1] == {"sku": "s99999", "name": "Name 99999", "price": "99999"}
