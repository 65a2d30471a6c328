"""A lock that is damaged, hostile or left by a merge: nothing is bought on its word."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from tests.e2e.refusal import refused
from tests.e2e.sandbox import Sandbox

SPEC = "targets: {a: a sword, b: an axe}\n"
PAINTED = "targets: {a: a sword, b: {from: ./art/painted.png}}\n"
TAKE_LINE = "  take the line from version control"


def png(format: str = "PNG") -> bytes:
    """Return a small picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(buffer, format)
    return buffer.getvalue()


def built(box: Sandbox, spec: str = SPEC) -> str:
    """Build and return the lock's text."""
    box.spec(spec)
    box.build()
    return read(box)


def read(box: Sandbox) -> str:
    """Return the lock's text."""
    return (box.root / "assetgen.lock").read_text()


def first(text: str) -> dict[str, Any]:
    """Return the first target's line as data."""
    line: dict[str, Any] = json.loads(text.splitlines()[1])
    return line


def conflicted(text: str, other: str) -> str:
    """Return the lock as git leaves it where both sides changed the first target's line."""
    header, line, *rest = text.splitlines(keepends=True)
    return "".join([header, "<<<<<<< ours\n", line, "=======\n", other, ">>>>>>> theirs\n", *rest])


@pytest.mark.parametrize("command", ["build", "plan", "verify", "status"])
def test_conflict_markers(box: Sandbox, command: str) -> None:
    """Every command that needs the lock says how to settle it."""
    text = built(box)
    box.write("assetgen.lock", conflicted(text, text.splitlines(keepends=True)[1]))
    refused(
        box,
        "assetgen.lock:2:1: the lock has conflict markers of a merge",
        "  run 'assetgen lock resolve'",
        command=(command,),
    )


def test_conflict_markers_resolved(box: Sandbox) -> None:
    """The side that the spec wants wins by itself, and nothing is bought."""
    text = built(box)
    line = text.splitlines(keepends=True)[1]
    box.write("assetgen.lock", conflicted(text, line.replace("a sword", "a blade")))
    assert box.ok("lock", "resolve").out == "1 target settled\n"
    assert read(box) == text
    assert box.ok("build").out == "2 targets up to date\n"
    assert box.jobs() == 2


@pytest.mark.parametrize(
    ("change", "problem", "step"),
    [
        (
            lambda text: text.replace('{"assetgen":1}', '{"assetgen":99}'),
            "1:1: this lock was written by a newer assetgen",
            "  upgrade assetgen; the older one must not change the file",
        ),
        (
            lambda text: text.replace('{"assetgen":1}\n', ""),
            "1:1: the lock does not begin with its header line",
            "  take the file from version control; "
            "without it assetgen does not know what was bought",
        ),
        (
            lambda text: "",
            "1:1: the lock does not begin with its header line",
            "  take the file from version control; "
            "without it assetgen does not know what was bought",
        ),
        (
            lambda text: text.replace('"recipe":{', '"recipe":{{', 1),
            "2:25: this line of the lock is not a JSON object",
            TAKE_LINE,
        ),
        (
            lambda text: text[:-40],
            "3:414: this line of the lock is not a JSON object",
            TAKE_LINE,
        ),
        (
            lambda text: text.replace('"target":"a"', '"target":"a","target":"c"'),
            "2:1: this line of the lock is not a JSON object",
            TAKE_LINE,
        ),
        (
            lambda text: text + '{"target":"z","note":' + "[" * 100_000 + "\n",
            "4:1: this line of the lock is not a JSON object",
            TAKE_LINE,
        ),
        (
            lambda text: text.replace(first(text)["takes"][0]["sha256"], "xyz"),
            "2:1: 'takes.sha256' in this line of the lock is not a sha256 in lower-case hex",
            TAKE_LINE,
        ),
        (
            lambda text: text.replace('"n":1', '"n":1e400', 1),
            "2:1: 'takes.n' in this line of the lock is not a whole number from 1",
            TAKE_LINE,
        ),
        (
            lambda text: text.replace("art/a.png", "../../etc/passwd"),
            "2:1: 'outputs' in this line of the lock names the path '../../etc/passwd', "
            "which has a component '..'",
            TAKE_LINE,
        ),
        (
            lambda text: text.replace("art/a.png", ".git/hooks/post-checkout"),
            "2:1: 'outputs' in this line of the lock names the path '.git/hooks/post-checkout', "
            "which leads into .git",
            TAKE_LINE,
        ),
    ],
    ids=[
        "newer",
        "headless",
        "empty",
        "json",
        "cut",
        "double",
        "nested",
        "digest",
        "number",
        "outside",
        "git",
    ],
)
@pytest.mark.parametrize("command", ["build", "verify"])
def test_a_damaged_lock(
    box: Sandbox, command: str, change: Callable[[str], str], problem: str, step: str
) -> None:
    """The line is named, the file is left as it is, and nothing is bought anew."""
    box.write("assetgen.lock", change(built(box)))
    refused(box, f"assetgen.lock:{problem}", step, command=(command,))


def test_a_lock_that_is_no_text(box: Sandbox) -> None:
    """It is not guessed at."""
    built(box)
    box.write("assetgen.lock", b"\xff\xfe\0")
    refused(box, "assetgen.lock:1:1: the lock is not UTF-8 text")


def test_a_lock_that_is_a_folder(box: Sandbox) -> None:
    """It is told what stands there."""
    box.spec(SPEC)
    (box.root / "assetgen.lock").mkdir()
    refused(box, "assetgen.lock is a folder, not a regular file", code=1)


def test_a_wrong_digest_of_an_output(box: Sandbox) -> None:
    """Digests count only if bytes hash to them: the picture is put back and its line mended."""
    text = built(box)
    digest = first(text)["outputs"]["art/a.png"]["sha256"]
    head, _, tail = text.partition(f'"sha256":"{digest}"}}}}')
    box.write("assetgen.lock", f'{head}"sha256":"{"0" * 64}"}}}}{tail}')
    ran = box.run("verify")
    assert (ran.code, "art/a.png is not what the lock records" in ran.err) == (1, True)
    summary = box.build()
    assert (summary["bought"], summary["restored"]) == (0, 1)
    assert read(box) == text
    assert box.jobs() == 2


def test_a_digest_of_bytes_that_nobody_has(box: Sandbox) -> None:
    """It is not believed: the draft is drawn anew, and the lock says again what is so."""
    text = built(box, "targets: {a: {prompt: a sword, ops: [{resize: {width: 64}}]}}\n")
    picture = (box.root / "art/a.png").read_bytes()
    box.write("assetgen.lock", text.replace(first(text)["takes"][0]["sha256"], "0" * 64))
    box.build()
    assert (box.root / "art/a.png").read_bytes() == picture
    assert first(read(box))["takes"] == first(text)["takes"]
    assert box.ok("verify").out == "1 target verified\n"


def test_a_union_merge_where_one_line_fits(box: Sandbox) -> None:
    """`merge=union` left both lines; the one that the spec wants is right, without a word."""
    one = built(box, "targets: {a: a sword}\n")
    two = built(box, "targets: {a: a blade}\n")
    box.write("assetgen.lock", one + two.splitlines(keepends=True)[1])
    assert box.ok("build").out == "1 target up to date\n"
    assert box.ok("verify").out == "1 target verified\n"
    assert box.jobs() == 2


def test_a_union_merge_with_two_headers(box: Sandbox) -> None:
    """A second header is no mistake."""
    text = built(box)
    box.write("assetgen.lock", text + text)
    assert box.ok("build").out == "2 targets up to date\n"


def test_a_tie(box: Sandbox) -> None:
    """Both sides bought the same key: nothing is built until one is chosen; no take is lost."""
    text = built(box, "targets: {a: a sword}\n")
    theirs = first(text)
    theirs["takes"][0]["sha256"] = "1" * 64
    box.write("assetgen.lock", text + json.dumps(theirs, separators=(",", ":")) + "\n")
    for command in ("build", "plan", "verify", "status"):
        refused(
            box,
            "assetgen.lock:3:1: the lock has several lines for a, "
            "and the spec does not tell which one is wanted",
            "  first given at assetgen.lock:2:1",
            "  run 'assetgen lock resolve', "
            "with --ours or --theirs where nobody is there to choose",
            command=(command,),
        )
    refused(
        box,
        "both sides bought a",
        "  choose with --ours or --theirs; the other picture stays as a take",
        command=("lock", "resolve"),
    )
    assert box.ok("lock", "resolve", "--ours").out == "1 target settled\n"
    takes = [take["sha256"] for take in first(read(box))["takes"]]
    assert takes == [first(text)["takes"][0]["sha256"], "1" * 64]
    assert box.ok("build").out == "1 target up to date\n"
    assert box.jobs() == 1


def test_a_union_merge_where_no_line_fits(box: Sandbox) -> None:
    """The merged prompt is neither side's: a choice settles it, and only then it is made."""
    one = built(box, "targets: {a: a sword}\n")
    two = built(box, "targets: {a: a blade}\n")
    box.write("assetgen.lock", one + two.splitlines(keepends=True)[1])
    box.spec("targets: {a: an axe}\n")
    refused(
        box,
        "assetgen.lock:3:1: the lock has several lines for a, "
        "and the spec does not tell which one is wanted",
    )
    box.ok("lock", "resolve", "--theirs")
    assert read(box) == two
    assert box.verdicts() == {"a": "run"}


def test_a_hostile_name_in_the_lock(box: Sandbox) -> None:
    """It is a removed target like any other, printed with escapes."""
    text = built(box)
    box.write("assetgen.lock", text.replace('"target":"b"', '"target":"b\\u001b[31m\u202e"'))
    ran = box.ok("plan")
    assert r"b\x1b[31m\u202e" in ran.out
    assert not set("\x1b\u202e") & set(ran.out + ran.err)
    ran = box.run("clean")
    assert not set("\x1b\u202e") & set(ran.out + ran.err)


def test_a_mistake_in_the_spec_is_told_before_one_in_the_lock(box: Sandbox) -> None:
    """The spec is what somebody is writing; the lock is told once the spec makes sense."""
    (box.root / "assetgen.lock").write_text("no lock\n")
    box.spec("targets: {a: {edit: b}}\n")
    assert "lock" not in box.run("plan").err
    box.spec(SPEC)
    assert "the lock does not begin with its header line" in box.run("plan").err


SCRIPT = b"#!/bin/sh\necho mine\n"


@pytest.mark.parametrize("said", [True, False])
@pytest.mark.parametrize(
    ("data", "told"),
    [
        (SCRIPT, "the adopted file is not a picture: it is text"),
        (png()[:-8], "the adopted file is cut short: the PNG has no IEND chunk at its end"),
        (png("WEBP"), "the adopted file is webp, and not the png that it was adopted as"),
    ],
    ids=["a script", "half a picture", "another format"],
)
def test_bytes_that_a_line_calls_an_adopted_picture(
    box: Sandbox, data: bytes, told: str, said: bool
) -> None:
    """They lie where bought pictures are kept: only a whole picture of its format goes out."""
    text = built(box, "keep: kept\ntargets: {a: a sword}\n")
    (box.root / "art/a.png").unlink()
    digest = hashlib.sha256(data).hexdigest()
    box.write(f"kept/{digest}.png", data)
    line = first(text)
    line["takes"] = [{"n": 1, "sha256": digest, "adopted": True, "finished": "png"}]
    line["state"] = "adopted"
    if said:
        line["outputs"]["art/a.png"]["sha256"] = digest
    else:
        del line["outputs"]
    header = text.splitlines(keepends=True)[0]
    box.write("assetgen.lock", header + json.dumps(line, separators=(",", ":")) + "\n")
    ran = refused(box, code=1)
    assert told in ran.out + ran.err
    refused(box, command=("restore", "a"), code=1 if said else 0)


@pytest.mark.parametrize("path", [".env", "src/main.c", "art/painted.png"])
def test_a_file_that_is_no_output(box: Sandbox, path: str) -> None:
    """A line may name any file of the project: neither `restore` nor `clean` touches it."""
    box.write("art/painted.png", png())
    text = built(box, PAINTED)
    record = dict(next(iter(first(text)["outputs"].values())))
    mine = png() if path.endswith(".png") else b"mine\n"
    box.write(path, mine)
    box.write("assetgen.lock", _with_output(text, path, record))
    ran = box.run("restore", "a")
    assert ran.code == 1
    assert f"the lock names {path} as a file of a, and no output can be there" in ran.err
    assert (box.root / path).read_bytes() == mine
    digest = hashlib.sha256(mine).hexdigest()
    box.write("assetgen.lock", _with_output(text, path, {**record, "sha256": digest}))
    assert box.ok("clean", "--yes").out == "nothing to clean\n"
    assert (box.root / path).read_bytes() == mine


def _with_output(text: str, path: str, record: dict[str, str]) -> str:
    header, line, *rest = text.splitlines()
    data = json.loads(line)
    data["outputs"][path] = record
    return "\n".join([header, json.dumps(data), *rest]) + "\n"
