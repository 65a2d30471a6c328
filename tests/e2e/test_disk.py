"""Disks without room and folders that are none: nothing bought is lost, nothing is bought twice.

A limit on the size of files (`ulimit -f`) makes every larger write fail, on any machine and for any
user; `test_full_disk.py` fills real disks where that is allowed.
"""

from __future__ import annotations

import subprocess

import pytest

from tests.e2e.refusal import refused
from tests.e2e.sandbox import ASSETGEN, SECONDS, Ran, Sandbox

SPEC = "targets:\n  a: a sword\n  b: an axe\n"
LARGE = (
    "targets:\n"
    "  a: a sword\n"
    "  b: {prompt: an axe, ops: [{resize: {width: 3000, height: 3000, upscale: true}}]}\n"
)


def run_limited(box: Sandbox, limit: int, *arguments: str) -> Ran:
    """Run `assetgen` where no file can become larger than ``limit`` bytes."""
    done = subprocess.run(
        ["sh", "-c", 'ulimit -f "$0" && exec "$@"', str(limit // 512), ASSETGEN, *arguments],
        cwd=box.root,
        env=box.env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def test_no_room_for_an_output(box: Sandbox) -> None:
    """What fits is done and locked, the rest is kept: with room it is put in place for nothing."""
    box.spec(LARGE)
    ran = run_limited(box, 300_000, "build")
    assert ran.code == 1
    assert (
        "b  failed: assetgen.yaml:4:3: no file as large as art/b.png may be written here\n"
        "    raise the limit (ulimit -f) and run the command again; "
        "nothing that was bought is lost\n"
    ) in ran.out
    assert [path.name for path in (box.root / "art").iterdir()] == ["a.png"]
    assert box.jobs() == 2
    summary = box.build()
    assert (summary["bought"], summary["restored"], summary["up_to_date"]) == (0, 1, 1)
    assert box.jobs() == 2


def test_no_room_for_a_new_version_of_an_output(box: Sandbox) -> None:
    """The old picture stays whole, and no temporary file is left beside it."""
    box.spec(LARGE.replace("3000", "30"))
    box.build()
    old = (box.root / "art/b.png").read_bytes()
    box.spec(LARGE)
    assert run_limited(box, 300_000, "build").code == 1
    assert (box.root / "art/b.png").read_bytes() == old
    assert sorted(path.name for path in (box.root / "art").iterdir()) == ["a.png", "b.png"]
    assert box.build()["bought"] == 0


def test_no_room_for_the_lock(box: Sandbox) -> None:
    """The last lock that fitted stays, and the ledger covers the gap."""
    names = ", ".join(f"v{number}{'x' * 180}" for number in range(600))
    box.spec(
        f"targets: {{t: {{prompt: a sword, matrix: {{n: [{names}]}}, "
        'output: "art/{{ n }}.png"}}\n'
    )
    ran = run_limited(box, 300_000, "build")
    assert ran.code == 1
    assert ran.err == (
        "no file as large as assetgen.lock may be written here\n"
        "  raise the limit (ulimit -f) and run the command again; "
        "nothing that was bought is lost\n"
    )
    names_left = {path.name for path in box.root.iterdir()}
    assert names_left <= {"art", "assetgen.yaml", "assetgen.lock"}
    summary = box.build()
    assert (summary["bought"], summary["failed"], box.jobs()) == (0, 0, 1)
    assert box.ok("build").out == "600 targets up to date\n"


def test_no_room_for_the_ledger(box: Sandbox) -> None:
    """What cannot be written down is not ordered."""
    box.spec(SPEC)
    ran = run_limited(box, 512, "build")
    assert ran.code == 1
    assert ran.out.count(f"the ledger {box.base}/data/ledger.sqlite3 cannot be used") == 2
    assert box.jobs() == 0
    assert box.build()["bought"] == 2


def test_no_room_for_a_bought_picture(box: Sandbox) -> None:
    """The job is known, so the next build collects it instead of ordering again."""
    box.spec(SPEC)
    blocker = box.base / "cache/drafts"
    blocker.parent.mkdir()
    blocker.write_text("in the way")
    ran = box.run("build")
    assert ran.code == 1
    assert f"needs a folder where {blocker} is a file\n" in ran.out
    assert box.jobs() == 2
    blocker.unlink()
    summary = box.build()
    assert (summary["restored"], summary["failed"]) == (2, 0)
    assert box.jobs() == 2


@pytest.mark.parametrize("folder", ["data", "cache"])
def test_a_store_that_is_no_folder(box: Sandbox, folder: str) -> None:
    """What is in the way is named, nothing is ordered, and looking still works."""
    (box.base / folder).write_text("in the way")
    box.spec(SPEC)
    ran = refused(
        box,
        "  move that file away, or name another folder in ASSETGEN_DATA_DIR or ASSETGEN_CACHE_DIR",
        code=1,
    )
    assert f"needs a folder where {box.base}/{folder} is a file\n" in ran.err
    assert box.verdicts() == {"a": "run", "b": "run"}
    assert box.ok("jobs").out == "no paid calls\n"
    assert (box.base / folder).read_text() == "in the way"


@pytest.mark.parametrize("home", ["file", "nowhere"])
def test_a_home_that_cannot_be_written(box: Sandbox, home: str) -> None:
    """The folders below it cannot be made: a build says so, a plan works."""
    place = str(box.base / "home") if home == "file" else "/proc/nowhere"
    (box.base / "home").write_text("no folder")
    names = ("ASSETGEN_DATA_DIR", "ASSETGEN_CACHE_DIR", "ASSETGEN_CONFIG")
    box.variables.update({"HOME": place, **dict.fromkeys(names, "")})
    box.spec(SPEC)
    ran = refused(box, code=1)
    assert ran.err.startswith(place)
    assert box.verdicts() == {"a": "run", "b": "run"}


@pytest.mark.parametrize("command", ["plan", "build", "--version"])
def test_an_output_that_nobody_can_take(box: Sandbox, command: str) -> None:
    """A full disk behind `>` is told of in two lines, and what was made is there."""
    box.spec(SPEC)
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [ASSETGEN, command], cwd=box.root, env=box.env, stdout=full, stderr=subprocess.PIPE
        )
    assert done.returncode == 1
    assert done.stderr.decode().endswith(
        "the output cannot be written: No space left on device\n"
        "  send it elsewhere, or make room, and run the command again; "
        "nothing that was bought is lost\n"
    )
    box.ok("build")
    assert box.jobs() == 2


@pytest.mark.parametrize("streams", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_standard_streams_that_are_closed(box: Sandbox, streams: str) -> None:
    """A build works without anybody to talk to."""
    box.spec(SPEC)
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" build {streams}', ASSETGEN],
        cwd=box.root,
        env=box.env,
        capture_output=True,
    )
    assert done.returncode == 0
    assert box.verdicts() == {"a": "up_to_date", "b": "up_to_date"}
