"""What YAML becomes, and what is refused with which words at which place."""

from __future__ import annotations

import pytest

from assetgen.errors import Loc, Problem, SpecError
from assetgen.spec import load as module
from assetgen.spec.load import load, load_value
from assetgen.spec.model import Map, Seq


def refused(text: str | bytes) -> tuple[Problem, ...]:
    """Return the problems of a text that cannot be loaded."""
    data = text.encode() if isinstance(text, str) else text
    with pytest.raises(SpecError) as caught:
        load(data, "f.yaml")
    return caught.value.problems


def kinds(text: str | bytes) -> list[str]:
    """Return kind and place of each problem."""
    return [f"{p.kind.name} {p.loc.line}:{p.loc.column}" for p in refused(text) if p.loc]


def test_every_key_value_and_item_knows_its_place() -> None:
    """Places count lines and columns from 1, in characters."""
    doc = load("ä: é\nb:\n  - 1\n  - {c: 2}\n".encode(), "f.yaml")
    assert doc == {"ä": "é", "b": [1, {"c": 2}]}
    assert isinstance(doc, Map)
    assert (doc.loc, doc.keys_at["b"], doc.values_at["ä"]) == (
        Loc("f.yaml", 1, 1),
        Loc("f.yaml", 2, 1),
        Loc("f.yaml", 1, 4),
    )
    items = doc["b"]
    assert isinstance(items, Seq)
    assert items.items_at == [Loc("f.yaml", 3, 5), Loc("f.yaml", 4, 5)]
    assert items[1].values_at["c"] == Loc("f.yaml", 4, 9)


def test_quotes_make_text() -> None:
    """Only plain scalars are looked at for numbers and words."""
    doc = load(b"a: '1'\nb: \"true\"\nc: |\n  3\nd: >-\n  null\ne: 16:9", "f")
    assert doc == {"a": "1", "b": "true", "c": "3\n", "d": "null", "e": "16:9"}


def test_keys_are_texts_as_written() -> None:
    """A key that looks like a number or null keeps its letters."""
    assert list(load(b"1k: a\n014: b\nnull: c\ntrue: d\n1.50: e", "f")) == [
        "1k",
        "014",
        "null",
        "true",
        "1.50",
    ]


def test_a_byte_order_mark_and_windows_line_ends_are_fine() -> None:
    """What Windows editors write is read."""
    assert load(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n", "f") == {"a": 1, "b": 2}


def test_an_alias_stands_for_its_anchor() -> None:
    """The value is that of the anchor, the place that of the alias."""
    doc = load(b"a: &x {b: [1]}\nc: *x\n", "f")
    assert doc["c"] == {"b": [1]}
    assert doc.values_at["c"] == Loc("f", 2, 4)
    assert doc["c"].keys_at["b"] == Loc("f", 1, 8)


def test_an_anchor_on_a_key_or_scalar_works() -> None:
    """Scalars may be anchored too, keys included."""
    assert load(b"&k key: &v 3\nb: *k\nc: *v", "f") == {"key": 3, "b": "key", "c": 3}


def test_merge_keys_bring_entries_below_own_ones() -> None:
    """Own keys win, then the first mapping of the list; merged ones come first."""
    doc = load(
        b"x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz: {c: 3, <<: [*x, *y], d: 3}\nw: {<<: *x}", "f"
    )
    assert doc["z"] == {"a": 1, "b": 1, "c": 3, "d": 3}
    assert list(doc["w"].items()) == [("a", 1), ("b", 1)]
    assert doc["z"].keys_at["a"] == Loc("f", 1, 8)
    assert doc["z"].keys_at["c"] == Loc("f", 3, 5)


def test_a_quoted_merge_key_is_an_ordinary_key() -> None:
    """Quotes take the special meaning away."""
    assert load(b"'<<': 3", "f") == {"<<": 3}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: 1\nb: 2\na: 3", ["duplicate-key 3:1"]),
        ("a: {<<: {}, <<: {}}", ["duplicate-key 1:13"]),
        ("a: !!python/object:os.system x", ["tag 1:4"]),
        ("a: !!str 3", ["tag 1:4"]),
        ("a: ! 3", ["tag 1:4"]),
        ("a: !x {b: 1}", ["tag 1:4"]),
        ("!x a: 1", ["tag 1:1"]),
        ("a: 1\n---\nb: 2", ["many-documents 2:1"]),
        ("a: &x [*x]", ["recursive-anchor 1:8"]),
        ("a: &x {b: {c: *x}}", ["recursive-anchor 1:15"]),
        ("a: *b", ["unknown-anchor 1:4"]),
        ("? [a]\n: 1", ["bad-key 1:3"]),
        ("? {a: 1}\n: 1", ["bad-key 1:3"]),
        ("a: &x 1\n*x : 2", ["bad-key 2:1"]),
        ("? \n: 1", ["no-key 1:2"]),
        ("<<: 3", ["bad-merge 1:5"]),
        ("<<: [{a: 1}, 3]", ["bad-merge 1:5"]),
        ("a: .inf", ["bad-number 1:4"]),
        ('a: "\\0"', ["control-character 1:4"]),
        ('"\\0": a', ["control-character 1:1"]),
        ("- a", ["not-a-mapping 1:1"]),
        ("just text", ["not-a-mapping 1:1"]),
        ("", ["empty-file 1:1"]),
        ("# only a comment\n", ["empty-file 1:1"]),
        ("---", ["not-a-mapping 1:1"]),
    ],
)
def test_what_is_not_allowed_is_named_with_its_place(text: str, found: list[str]) -> None:
    """Each refusal points at the offending characters."""
    assert kinds(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: b: c", "unexpected-colon 1:5"),
        ("a: b\n c: d", "unexpected-colon 2:3"),
        ("a:\n\tb: c", "tab-indent 2:1"),
        ("a: @x", "unquoted-start 1:4"),
        ("a: `x`", "unquoted-start 1:4"),
        ("a: %x", "unquoted-start 1:4"),
        ("a: **bold**", "unquoted-start 1:4"),
        ("a: 'x", "unclosed-quote 1:4"),
        ("a: [1, 2", "unclosed-bracket 1:4"),
        ("a: {b: c", "unclosed-bracket 1:4"),
        ("a: ['1' x]\nb: c", "no-comma 1:9"),
        ("a: [\n", "no-value 2:1"),
        ("a: [b, c]]", "misplaced 1:10"),
        ("a: 'it's'", "misplaced 1:8"),
        ("a:\n    b: 1\n  c: 2", "misplaced 3:3"),
        ("a: 1\nb", "no-colon 2:1"),
        ("a: - b", "misplaced-item 1:4"),
        ("- a\nb: c", "not-an-item 2:1"),
        ('a: "\\q"', "bad-escape 1:5"),
        ('a: "\\ud800"', "bad-escape 1:7"),
        ("%TAG ! x\n---\na: b", "directive 1:1"),
        ("%FOO\n---\na: b", "directive 1:5"),
    ],
)
def test_a_syntax_error_is_said_in_words(text: str, found: str) -> None:
    """The parser's own jargon is replaced where the cause is known."""
    assert kinds(text) == [found]


def test_an_unknown_syntax_error_still_has_a_place() -> None:
    """What has no sentence of its own shows the parser's."""
    (problem,) = refused("a: !<x")
    assert problem.kind.name == "bad-yaml"
    assert str(problem).startswith("f.yaml:1:")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: {{ b }}", "1:4"),
        ("a: {{ b }}.png\nc: d", "1:4"),
        ("a: {{ b }} text", "1:4"),
        ("a: {{ 'x' ~ b }}", "1:4"),
        ("a: {% if b %}c{% endif %}", "1:4"),
        ("a: 1\nb:\n  - {{ c }}", "3:5"),
        ("a: [{{ b }}]", "1:5"),
        ("{{ a }}: b", "1:1"),
    ],
)
def test_an_unquoted_template_is_told_to_be_quoted(text: str, place: str) -> None:
    """YAML takes `{{` for mappings; whatever follows from it is not reported."""
    assert kinds(text) == [f"unquoted-template {place}"]
    assert refused(text)[0].step == 'put the whole value in quotes: "{{ name }}"'


def test_a_template_inside_broken_quotes_is_not_blamed() -> None:
    """A line with quotes has another mistake."""
    assert kinds('a: "x: {{ b }}" c') == ["misplaced 1:17"]


def test_a_quoted_template_is_text() -> None:
    """Inside quotes, or after other words, braces are ordinary."""
    assert load(b'a: "{{ b }}"\nc: x {{ b }}', "f") == {"a": "{{ b }}", "c": "x {{ b }}"}


def test_a_duplicate_names_both_places() -> None:
    """The first one is the other place."""
    (problem,) = refused("a: 1\nb: 2\na: 3")
    assert problem.also == Loc("f.yaml", 1, 1)
    assert problem.cause == "the key 'a' stands twice, first on line 1"


def test_all_mistakes_of_a_file_are_reported_together() -> None:
    """What can be read on is read on."""
    text = "a: 1\na: 2\n? [x]\n: y\nc: !!int 3\nd: {{ x }}\ne: *f\ng: .nan\nh: [\n"
    assert [problem.kind.name for problem in refused(text)] == [
        "duplicate-key",
        "bad-key",
        "tag",
        "unquoted-template",
        "unknown-anchor",
        "bad-number",
        "no-value",
    ]


def test_reports_of_one_file_end_somewhere() -> None:
    """Nobody reads a hundred thousand sentences."""
    assert len(refused("a: !x 1\n" * 5000)) == module.MAX_PROBLEMS


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"a: 1\nb: \xff", "not-utf8 2:4"),
        (b"\xff\xfea\x00:\x00 \x001\x00", "not-utf8 1:1"),
        ("a: ä".encode("latin-1"), "not-utf8 1:4"),
        (b"a: 1\nb: x\x00", "control-character 2:5"),
        (b"a: \x1b[31m", "control-character 1:4"),
    ],
)
def test_bytes_that_are_no_clean_text_are_refused(data: bytes, found: str) -> None:
    """Other encodings and control characters are named where they begin."""
    assert kinds(data) == [found]


def test_a_file_over_the_limit_is_refused_unread() -> None:
    """Four MiB is a limit, and exactly four MiB is inside it."""
    fits = b"a: 1\n#" + b"x" * (module.MAX_BYTES - 6)
    assert load(fits, "f") == {"a": 1}
    assert kinds(fits + b"x") == ["file-too-large 1:1"]


def test_depth_is_limited_to_32_levels() -> None:
    """The mapping at the top counts as one; scalars do not count."""
    fits = "a: " + "[" * 31 + "]" * 31
    assert load(fits.encode(), "f")
    assert kinds("a: " + "[" * 32 + "]" * 32) == ["too-deep 1:35"]


def test_depth_counts_what_an_alias_brings() -> None:
    """Anchors cannot be stacked to go deeper."""
    tall = "a: &a " + "[" * 20 + "]" * 20 + "\nb: "
    assert load((tall + "[" * 11 + "*a" + "]" * 11).encode(), "f")
    assert kinds(tall + "[" * 12 + "*a" + "]" * 12) == ["too-deep 2:16"]


@pytest.mark.parametrize("text", ["[" * 50_000, "{" * 50_000, "[" * 4_000_000])
def test_brackets_without_end_are_refused_at_once(text: str) -> None:
    """The parser is stopped long before its stack matters."""
    assert [problem.kind.name for problem in refused(text)][-1] == "too-deep"


@pytest.mark.parametrize("mark", ["- ", "? "])
def test_block_nesting_without_end_is_refused_too(mark: str) -> None:
    """Depth is depth, with or without brackets."""
    assert [problem.kind.name for problem in refused(mark * 50_000)][-1] == "too-deep"


def test_exactly_the_allowed_number_of_values_is_read() -> None:
    """The mapping at the top, the list and its items count; keys do not."""
    fits = "a: [" + "1," * (module.MAX_NODES - 2) + "]"
    assert len(load(fits.encode(), "f")["a"]) == module.MAX_NODES - 2
    assert kinds("a: [" + "1," * (module.MAX_NODES + 1) + "]")[0].startswith("too-many-nodes")


def laughs(levels: int) -> str:
    """Return a text that stands for 9 ** levels texts."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines)


def test_billion_laughs_are_counted_and_not_built() -> None:
    """An alias counts as much as its anchor, and is refused where the sum is too much."""
    assert kinds(laughs(30)) == ["too-many-nodes 6:10"]


def test_billion_laughs_by_merge_keys_are_counted_too() -> None:
    """A merged mapping counts like any other alias."""
    lines = ["a0: &a0 {" + ", ".join(f"k{n}: x" for n in range(99)) + "}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 30)]
    assert kinds("\n".join(lines))[0].startswith("too-many-nodes")


def test_a_crowd_of_tag_directives_is_refused() -> None:
    """The parser compares each with all others; they are refused before it sees them."""
    assert kinds("".join(f"%TAG !a{n}! x\n" for n in range(200_000)) + "--- {}")


def test_a_value_may_be_anything_for_data_files() -> None:
    """Data may be a list or a scalar at the top."""
    assert load_value(b"- 1\n- a: 2", "f") == [1, {"a": 2}]
    assert load_value(b"3", "f") == 3
