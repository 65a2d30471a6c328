"""What holds for every lock, every text and every merge."""

from __future__ import annotations

import json
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from assetgen.action import Input, action, paid
from assetgen.digest import canonical_json, sha256
from assetgen.errors import LockError
from assetgen.graph import READ_FORMATS
from assetgen.paths import check_path
from assetgen.state import LineState, LockLine, OutputRecord, Take
from assetgen.store import lock
from assetgen.store.lockline import BadLine, checked_line, parse_line
from assetgen.store.locktext import recipe_text

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
names = words.filter(bool)
digests = st.binary(max_size=2).map(sha256)
maybe = st.none() | words
paths = st.text("ab/.é \n", min_size=1, max_size=6).filter(lambda p: check_path(p) is None)
costs = st.none() | st.floats(0, 1e6)
records = st.builds(OutputRecord, digests, digests)
recipes = st.builds(
    lambda **fields: paid(**fields).manifest,
    kind=st.sampled_from(["generate", "edit"]),
    model=words,
    prompt=words,
    inputs=st.lists(st.builds(Input, words, digests), max_size=3),
    aspect_ratio=maybe,
    resolution=maybe,
    quality=maybe,
    variant=maybe,
)


takes_of = st.one_of(
    st.tuples(digests, words, words, costs),
    st.tuples(
        digests,
        words,
        words,
        costs,
        words,
        st.booleans(),
        st.booleans(),
        st.sampled_from(["", *sorted(READ_FORMATS)]),
    ),
)


@st.composite
def lines(draw: st.DrawFn, target: st.SearchStrategy[str] = names) -> LockLine:
    recipe = draw(st.none() | recipes)
    numbers = sorted(draw(st.sets(st.integers(1, 9), max_size=3)))
    if draw(st.booleans()):
        numbers = [1]
    takes = tuple(Take(n, *draw(takes_of)) for n in numbers)
    return LockLine(
        draw(target),
        recipe,
        action(recipe).key if recipe else None,
        takes,
        draw(st.sampled_from(numbers)) if numbers else 1,
        draw(st.dictionaries(paths, records, max_size=2)),
        draw(st.sampled_from(LineState)),
        draw(st.integers(0, 3)),
        draw(st.booleans()),
        draw(st.none() | digests),
        draw(words),
    )


locks = st.lists(lines(), max_size=4, unique_by=lambda line: line.target)


@given(locks)
def test_lines_survive_the_way_to_text_and_back(some: list[LockLine]) -> None:
    """Reading gives the lines that were written, and writing them again the same text."""
    text = lock.render(some)
    found = lock.parse(text)
    assert found.lines == {line.target: line for line in some}
    assert found.duplicates == {}
    assert lock.render(found.lines.values()) == text


def _outcome(read: Any, text: str) -> Any:
    try:
        return read(text)
    except BadLine as bad:
        return bad.kind, dict(bad.facts), bad.column


@given(lines(), st.data())
def test_the_fast_way_to_read_a_line_agrees_with_the_careful_one(
    line: LockLine, data: st.DataObject
) -> None:
    """The two ways to read a line differ in nothing, for damaged lines too."""
    text = lock.render([line]).split("\n")[1]
    at = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 3))
    changed = text[:at] + data.draw(st.text('"\\,:{}[]0n1.\n', max_size=2)) + text[at + cut :]
    for one in (text, changed):
        assert _outcome(parse_line, one) == _outcome(checked_line, one)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)


@given(recipes, st.dictionaries(st.sampled_from(["inputs", "schema", "kind", "x"]), json_values))
def test_a_recipe_has_its_canonical_text(recipe: dict[str, Any], changes: dict[str, Any]) -> None:
    """The text that is written directly is the canonical one, whatever the recipe holds."""
    for one in (recipe, {**recipe, **changes}):
        assert recipe_text(one) == canonical_json(one)


pieces = st.sampled_from(
    [
        '{"assetgen":1}', '{"assetgen":2}', '{"target":"a"', ',"recipe":{', '"schema":1', "}", "{",
        "\n", "\r", "<<<<<<< a", "=======", ">>>>>>> b", "||||||| c", '"takes":[', "]", ",", ":",
        '"outputs":{', '"../x"', '"\\ud800"', "1e999", "NaN", '"', "\ufeff", "\ud800", "\x00",
    ]
)  # fmt: skip


@settings(max_examples=300)
@given(
    st.text(st.characters())
    | st.lists(pieces | st.text(st.characters(), max_size=3)).map("".join)
    | st.dictionaries(
        st.sampled_from(["target", "takes", "outputs", "recipe", "note"]), json_values
    ).map(lambda fields: '{"assetgen":1}\n' + json.dumps(fields))
)
@example('{"assetgen":1}\n{"target":"a","recipe":' + "[" * 5000)
@example("\ufeff")
def test_any_text_is_a_lock_or_a_lock_error(text: str) -> None:
    """Nothing but LockError comes out of a text, however broken it is."""
    for read in (lock.parse, lock.without_markers):
        with suppress(LockError):
            found = read(text)
            assert lock.render(found.lines.values())


few = st.lists(lines(st.sampled_from("abcd")), max_size=4, unique_by=lambda line: line.target)


@settings(max_examples=25, deadline=None)
@given(few, few, few, st.booleans())
def test_a_merge_of_two_edited_locks_can_be_read_and_settled(
    base: list[LockLine], ours: list[LockLine], theirs: list[LockLine], union: bool
) -> None:
    """After git's merge every line is from one side, and each wanted key that is there is found."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("ours", "base", "theirs")]
        for file, some in zip(files, (ours, base, theirs), strict=True):
            file.write_bytes(lock.render(some).encode())
        option = "--union" if union else "--diff3"
        command = ["git", "merge-file", "-p", option, *map(str, files)]
        merged = subprocess.run(command, capture_output=True, check=False).stdout.decode()
    found = lock.parse(merged) if union else lock.without_markers(merged)
    sides = [*ours, *theirs]
    placed = [one.line for several in found.duplicates.values() for one in several]
    assert all(line in sides for line in [*found.lines.values(), *placed])
    assert {line.target for line in ours} & {line.target for line in theirs} <= {
        *found.lines,
        *found.duplicates,
    }
    settled, ties = lock.settle(found, {line.target: line.key for line in theirs})
    assert len(settled) + len(ties) == len(found.lines) + len(found.duplicates)
    for target in found.duplicates.keys() & settled.keys():
        assert settled[target].key in {line.key for line in theirs if line.target == target}
