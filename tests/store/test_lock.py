"""The lock file: what is read, what is refused with a place, and how duplicates are settled."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assetgen.action import Input, action, paid
from assetgen.digest import Digest, sha256
from assetgen.errors import Loc, LockError, StoreError
from assetgen.state import MAX_NAME, MAX_NOTE, LineState, LockLine, OutputRecord, Take
from assetgen.store import lock
from assetgen.store.fs import DiskFs, RecordingFs

HEADER = '{"assetgen":1}\n'


def digest(word: str) -> Digest:
    return sha256(word.encode())


def bought(target: str, prompt: str = "a sword", take: str = "one") -> LockLine:
    made = paid(kind="edit", model="m", prompt=prompt, inputs=[Input("image", digest("i"))])
    record = OutputRecord(digest("k"), digest("o"))
    takes = (Take(1, digest(take), "runware", "m-1", 0.05),)
    return LockLine(target, made.manifest, made.key, takes, outputs={f"{target}.png": record})


def derived(target: str, output: str) -> LockLine:
    record = OutputRecord(digest("k" + output), digest(output))
    return LockLine(target, outputs={f"{target}.png": record})


FULL = replace(
    bought("hero/ünï", 'say "hi"\nstyle: \\ ink \x07'),
    takes=(Take(1, digest("a"), cost=0.0), Take(3, digest("b"), "apixo", "m", 1.25)),
    shown=3,
    outputs={
        "b.png": OutputRecord(digest("x"), digest("y")),
        "a.webp": OutputRecord(digest("v"), digest("w")),
    },
    state=LineState.PICKED,
    epoch=2,
    pinned=True,
    accepted_key=digest("accepted"),
    note="the good one",
)


def test_every_field_survives_the_way_to_text_and_back() -> None:
    """All fields of a line are read as they were written."""
    assert lock.parse(lock.render([FULL])).lines == {FULL.target: FULL}


def test_the_text_is_compact_sorted_and_without_defaults() -> None:
    """A line says only what is not at its default, and nothing that changes by itself."""
    text = lock.render([derived("z", "1"), LockLine("a"), LockLine("b", pinned=True)])
    record = json.dumps({"key": digest("k1"), "sha256": digest("1")}, separators=(",", ":"))
    assert text == (
        f'{HEADER}{{"target":"a"}}\n{{"target":"b","pinned":true}}\n'
        f'{{"target":"z","outputs":{{"z.png":{record}}}}}\n'
    )


def test_the_key_is_computed_from_the_recipe_in_any_order_of_fields() -> None:
    """A recipe whose fields were shuffled by hand has the same key."""
    line = bought("hero")
    shuffled = dict(reversed(list((line.recipe or {}).items())))
    text = HEADER + json.dumps({"recipe": shuffled, "target": "hero"}) + "\n"
    read = lock.parse(text).lines["hero"]
    assert read.key == line.key == action(shuffled).key
    assert read.recipe == line.recipe


def test_a_recipe_reads_as_the_manifest_it_was() -> None:
    """What the plan reads of a recipe is the manifest itself."""
    line = bought("hero")
    recipe = lock.parse(lock.render([line])).lines["hero"].recipe
    assert recipe is not None
    assert dict(recipe) == dict(line.recipe or {})
    assert recipe != {**recipe, "prompt": "another"}
    other: object = "a sword"
    assert recipe != other


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\r\n"])
def test_line_ends_and_blank_lines_do_not_matter(end: str) -> None:
    """A checkout on Windows, a blank line or a missing last line end change nothing."""
    text = "\ufeff" + lock.render([bought("a"), derived("b", "1")]).rstrip("\n") + end
    if "\r" in end:
        text = text.replace("\r\n", "\n").replace("\n", "\r\n")
    assert list(lock.parse(text).lines) == ["a", "b"]


def test_fields_for_others_are_ignored() -> None:
    """A field that begins with x- is somebody else's."""
    assert lock.parse(HEADER + '{"target":"a","x-tool":[1]}').lines == {"a": LockLine("a")}


LINE = json.loads(lock.render([bought("hero")]).splitlines()[1])
D = digest("d")


def with_recipe(**changes: Any) -> dict[str, Any]:
    return {"target": "hero", "recipe": {**LINE["recipe"], **changes}}


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("nonsense", "lock-not-json"),
        ("[]", "lock-not-json"),
        ('{"target":"a"', "lock-not-json"),
        ('{"target":"a"} {}', "lock-not-json"),
        ('{"target":"a","target":"b"}', "lock-not-json"),
        ('{"target":"a","epoch":NaN}', "lock-not-json"),
        ('{"target":"\\ud800"}', "lock-not-json"),
        ('{"target":"a","x-y":' + "[" * 100_000 + "]" * 100_000 + "}", "lock-not-json"),
        ('{"target":"a","x-y":' + "9" * 5000 + "}", "lock-not-json"),
        ({}, "lock-bad-field"),
        ({"target": ""}, "lock-bad-field"),
        ({"target": 3}, "lock-bad-field"),
        ({"target": "a", "take": []}, "lock-unknown-field"),
        ({"target": "a", "key": D}, "lock-unknown-field"),
        ({"target": "a", "recipe": []}, "lock-bad-field"),
        ({"target": "a", "recipe": {"schema": 1}}, "lock-bad-field"),
        (with_recipe(extra=1), "lock-bad-field"),
        (with_recipe(schema=True), "lock-bad-field"),
        (with_recipe(schema=2), "lock-newer"),
        (with_recipe(prompt=None), "lock-bad-field"),
        (with_recipe(quality=1), "lock-bad-field"),
        (with_recipe(inputs={}), "lock-bad-field"),
        (with_recipe(inputs=None), "lock-bad-field"),
        (with_recipe(inputs=["x"]), "lock-bad-field"),
        (with_recipe(inputs=[{"role": 1, "sha256": D}]), "lock-bad-field"),
        (with_recipe(inputs=[{"role": "image", "sha256": "x"}]), "lock-bad-field"),
        (with_recipe(inputs=[{"role": "image", "sha256": D, "x": 1}]), "lock-bad-field"),
        ({"target": "a", "takes": {}}, "lock-bad-field"),
        ({"target": "a", "takes": [1]}, "lock-bad-field"),
        ({"target": "a", "takes": [{"n": 1, "sha256": D, "note": 1}]}, "lock-bad-field"),
        ({"target": "a", "takes": [{"n": 1, "sha256": D, "rejected": 1}]}, "lock-bad-field"),
        ({"target": "a", "takes": [{"n": 1, "sha256": D, "adopted": "x"}]}, "lock-bad-field"),
        ({"target": "a", "takes": [{"n": 1, "sha256": D, "finished": "exe"}]}, "lock-bad-field"),
        ({"target": "a", "takes": [{"n": 0, "sha256": D}]}, "lock-bad-field"),
        ({"target": "a", "takes": [{"n": True, "sha256": D}]}, "lock-bad-field"),
        ({"target": "a", "takes": [{"n": 1, "sha256": D.upper()}]}, "lock-bad-field"),
        ({"target": "a", "takes": [{"n": 1, "sha256": D + "\n"}]}, "lock-bad-field"),
        ({"target": "a", "takes": [{"n": 1, "sha256": D, "cost": -1}]}, "lock-bad-field"),
        ({"target": "a", "takes": [{"n": 1, "sha256": D, "cost": 1e400}]}, "lock-not-json"),
        ({"target": "a", "takes": [{"n": 1, "sha256": D, "model": 1}]}, "lock-bad-field"),
        ({"target": "a", "takes": [{"n": 1, "sha256": D, "when": 1}]}, "lock-unknown-field"),
        ({"target": "a", "takes": [{"n": 1, "sha256": D}] * 2}, "lock-bad-field"),
        ({"target": "a", "takes": [{"n": 2, "sha256": D}]}, "lock-bad-field"),
        ({"target": "a", "outputs": []}, "lock-bad-field"),
        ({"target": "a", "outputs": {"a": {"key": D}}}, "lock-bad-field"),
        ({"target": "a", "outputs": {"a": {"key": D, "sha256": 1}}}, "lock-bad-field"),
        ({"target": "a", "outputs": {"../a": {"key": D, "sha256": D}}}, "lock-bad-field"),
        ({"target": "a", "outputs": {"a": {"key": D, "sha256": D, "b": 1}}}, "lock-unknown-field"),
        ({**LINE, "outputs": {".git/config": {"key": D, "sha256": D}}}, "lock-bad-field"),
        ({"target": "a", "state": "sold"}, "lock-bad-field"),
        ({"target": "a", "state": []}, "lock-bad-field"),
        ({"target": "a", "epoch": 2**40}, "lock-bad-field"),
        ({"target": "a", "pinned": 1}, "lock-bad-field"),
        ({"target": "a", "accepted_key": "x"}, "lock-bad-field"),
        ({"target": "a", "note": 1}, "lock-bad-field"),
        ({"target": "a", "note": "n" * (MAX_NOTE + 1)}, "lock-bad-field"),
        ({"target": "a", "takes": [{"n": 1, "sha256": D, "note": "n" * 2001}]}, "lock-bad-field"),
        ({"target": "a" * (MAX_NAME + 1)}, "lock-bad-field"),
        ({**LINE, "target": "a" * (MAX_NAME + 1)}, "lock-bad-field"),
    ],
)
def test_a_line_that_cannot_be_trusted_is_refused_with_its_place(
    line: str | dict[str, Any], name: str
) -> None:
    """Each mistake has a name and the line it stands in."""
    text = line if isinstance(line, str) else json.dumps(line, separators=(",", ":"))
    with pytest.raises(LockError) as caught:
        lock.parse(f"{HEADER}\n{text}\n")
    (problem,) = caught.value.problems
    assert problem.kind.name == name
    assert problem.loc is not None
    assert (problem.loc.file, problem.loc.line) == ("assetgen.lock", 3)
    assert problem.cause and problem.step


def test_what_a_line_may_say_at_most() -> None:
    """The longest name and notes that are written are read again; one character more is told."""
    long = "\N{DRAGON}" * MAX_NOTE
    full = LockLine("a" * MAX_NAME, takes=(Take(1, D, note=long),), note=long)
    text = lock.render([full])
    assert lock.parse(text).lines == {full.target: full}
    with pytest.raises(LockError) as caught:
        lock.parse(text.replace(long, long + "!"))
    assert [problem.cause for problem in caught.value.problems] == [
        "'takes.note' in this line of the lock has more than 2,000 characters"
    ]


def test_all_bad_lines_are_reported_together_up_to_a_limit() -> None:
    """Two mistakes are told at once; a thousand are not."""
    with pytest.raises(LockError) as caught:
        lock.parse(HEADER + "{\n{}\n")
    assert [p.loc for p in caught.value.problems] == [
        Loc("assetgen.lock", 2, 2),
        Loc("assetgen.lock", 3),
    ]
    with pytest.raises(LockError) as caught:
        lock.parse(HEADER + "{}\n" * 1000)
    assert len(caught.value.problems) == lock.MAX_PROBLEMS


@pytest.mark.parametrize(
    "text", ["", "\n\n", '{"target":"a"}\n', "garbage", '{"assetgen":"1"}', '{"assetgen":0}']
)
def test_a_file_without_its_header_is_refused(text: str) -> None:
    """An emptied or foreign file is not taken for a project in which nothing was bought."""
    with pytest.raises(LockError) as caught:
        lock.parse(text)
    assert caught.value.problems[0].kind is lock.NO_HEADER


def test_a_newer_format_is_refused_before_anything_else() -> None:
    """A format of the future says so, whatever its lines look like."""
    with pytest.raises(LockError) as caught:
        lock.parse('{"assetgen":2}\nwhat ever\n')
    assert [p.kind.name for p in caught.value.problems] == ["lock-newer"]


def test_a_line_beyond_the_limit_is_refused() -> None:
    """A line of megabytes is no target."""
    with pytest.raises(LockError) as caught:
        lock.parse(HEADER + '{"target":"' + "a" * lock.MAX_LINE + '"}')
    assert caught.value.problems[0].kind is lock.LINE_TOO_LONG


def test_a_repeated_header_and_equal_lines_count_once() -> None:
    """What a union merge repeats word for word is one line."""
    text = lock.render([bought("a")])
    assert lock.parse(text + text).lines == lock.parse(text).lines
    assert lock.parse(text + text).duplicates == {}


def conflict(ours: str, theirs: str, base: str | None = None) -> str:
    middle = "" if base is None else f"||||||| merged\n{base}\n"
    return f"{HEADER}<<<<<<< HEAD\n{ours}\n{middle}=======\n{theirs}\n>>>>>>> branch\n"


def test_conflict_markers_stop_with_their_line() -> None:
    """A half-merged lock is not read."""
    with pytest.raises(LockError) as caught:
        lock.parse(conflict('{"target":"a"}', '{"target":"b"}'))
    (problem,) = caught.value.problems
    assert (problem.kind, problem.loc) == (lock.CONFLICT, Loc("assetgen.lock", 2))
    assert "lock resolve" in problem.step


@pytest.mark.parametrize(
    "base", [None, '{"target":"a","note":"base"}', "<<<<<<<<< x\n=========\n>>>>>>>>> y"]
)
def test_both_sides_of_a_conflict_become_duplicates(base: str | None) -> None:
    """Sides are kept, the ancestor of diff3 is not, nested markers in it included."""
    text = conflict('{"target":"a","note":"ours"}', '{"target":"a","note":"theirs"}', base)
    found = lock.without_markers(text)
    assert found.lines == {}
    assert [p.line.note for p in found.duplicates["a"]] == ["ours", "theirs"]
    assert found.duplicates["a"][0].number == 3


def test_an_ancestor_without_end_is_refused() -> None:
    """A conflict that was cut off hides lines, so it is not guessed at."""
    with pytest.raises(LockError):
        lock.without_markers(HEADER + '<<<<<<< a\n||||||| b\n{"target":"a"}\n')


def test_the_duplicate_that_the_spec_wants_wins() -> None:
    """Of two lines for a target, the one with the wanted key is taken."""
    ours, theirs = bought("a", "one"), bought("a", "two")
    both = lock.parse(lock.render([ours, theirs, bought("b")]))
    assert set(both.lines) == {"b"}
    lines, ties = lock.settle(both, {"a": theirs.key, "b": None})
    assert lines == {"a": theirs, "b": bought("b")}
    assert ties == ()


def test_an_adopted_file_wins_over_one_that_was_made_here() -> None:
    """In whatever order a merge left them: what is made here can be made again."""
    adopted = replace(derived("a", "1"), state=LineState.ADOPTED)
    made = derived("a", "2")
    assert lock.choose([adopted, made], None) == lock.choose([made, adopted], None) == adopted
    assert lock.choose([made, derived("a", "3")], None) == made


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [
        (bought("a", "one"), bought("a", "two"), bought("a", "three").key),
        (bought("a", take="one"), bought("a", take="two"), bought("a").key),
        (
            bought("a", "one"),
            replace(bought("a", "two"), pinned=True),
            bought("a", "one").key,
        ),
        (
            bought("a", "one"),
            replace(bought("a", "two"), state=LineState.ADOPTED),
            bought("a", "one").key,
        ),
        (
            replace(derived("a", "1"), state=LineState.ADOPTED),
            replace(derived("a", "2"), state=LineState.ADOPTED),
            None,
        ),
    ],
)
def test_a_tie_names_both_lines(first: LockLine, second: LockLine, wanted: Digest | None) -> None:
    """Where the key of the spec does not decide, both places are told and neither is taken."""
    both = lock.parse(lock.render([first, second]))
    lines, ties = lock.settle(both, {"a": wanted})
    assert lines == {}
    (tie,) = ties
    assert (tie.loc, tie.also) == (Loc("assetgen.lock", 3), Loc("assetgen.lock", 2))
    assert "lock resolve" in tie.step


def test_no_file_is_an_empty_lock_and_no_lines_make_no_file(tmp_path: Path) -> None:
    """A new project has nothing bought, and stays without a lock until it has."""
    path = str(tmp_path / "assetgen.lock")
    assert lock.read(path).lines == {}
    assert not lock.write(DiskFs(), path, [])
    assert not os.path.exists(path)


def test_a_lock_is_written_only_if_its_text_changes(tmp_path: Path) -> None:
    """A no-op touches nothing on the disk."""
    path = tmp_path / "assetgen.lock"
    fs = RecordingFs()
    assert lock.write(fs, str(path), [bought("a")])
    assert lock.read(str(path)).lines == {"a": bought("a")}
    fs.steps.clear()
    assert not lock.write(fs, str(path), lock.read(str(path)).lines.values())
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert not lock.write(fs, str(path), [bought("a")])
    assert fs.steps == []
    assert lock.write(fs, str(path), [bought("b")])
    assert os.listdir(tmp_path) == ["assetgen.lock"]


@pytest.mark.parametrize("place", ["symlink", "folder", "pipe"])
def test_something_else_in_place_of_the_lock_is_refused(tmp_path: Path, place: str) -> None:
    """Neither reading nor writing follows a symlink or waits on a pipe."""
    path = tmp_path / "assetgen.lock"
    if place == "symlink":
        (tmp_path / "other").write_text(HEADER)
        path.symlink_to("other")
    elif place == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)
    before = stat.S_IFMT(path.lstat().st_mode)
    with pytest.raises(StoreError):
        lock.read(str(path))
    with pytest.raises(StoreError):
        lock.write(DiskFs(), str(path), [bought("a")])
    assert stat.S_IFMT(path.lstat().st_mode) == before


def test_a_lock_that_is_not_text_is_refused_with_its_line(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 have a place too."""
    path = tmp_path / "assetgen.lock"
    path.write_bytes(HEADER.encode() + b'{"target":"\xff"}')
    with pytest.raises(LockError) as caught:
        lock.read(str(path))
    assert caught.value.problems[0].loc == Loc("assetgen.lock", 2)
