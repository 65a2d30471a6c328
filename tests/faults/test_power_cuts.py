"""A build that is killed at any durable step loses nothing, repeats nothing and tears nothing."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from assetgen.app.asked import Hands, Options
from assetgen.app.building import build
from assetgen.app.project import open_project
from assetgen.events import Summary
from assetgen.ops.picture import inspect
from assetgen.state import JobState
from assetgen.store.fs import DiskFs, Fs, KillingFs, RecordingFs
from assetgen.store.ledger import Ledger
from assetgen.store.lock import read

SPEC = """\
version: 1
targets:
  base: {prompt: a knight, ops: [{resize: {width: 64}}]}
  armor: {edit: base, prompt: in armour, ops: [{resize: {width: 64}}]}
  smile: {edit: armor, prompt: smiling, ops: [{resize: {width: 64}}]}
"""
OUTPUTS = ("base", "armor", "smile")


def environment(base: Path, *, server_ids: bool = False) -> dict[str, str]:
    return {
        "ASSETGEN_DATA_DIR": str(base / "data"),
        "ASSETGEN_CACHE_DIR": str(base / "cache"),
        "ASSETGEN_CONFIG": str(base / "config.toml"),
        "ASSETGEN_DRAFT_IDS": "server" if server_ids else "derived",
    }


def start(base: Path) -> Path:
    root = base / "project"
    root.mkdir(parents=True)
    (root / "assetgen.yaml").write_text(SPEC)
    return root


def run(base: Path, fs: Fs, *, server_ids: bool = False) -> Summary:
    project = open_project(str(base / "project"), environment(base, server_ids=server_ids), fs=fs)
    return build(project, Options(), Hands(emit=lambda event: None))


def killed(base: Path, at: int, *, server_ids: bool = False) -> bool:
    """Build in a process of its own that dies at step ``at``; whether it came to that."""
    child = os.fork()
    if not child:
        try:
            run(base, KillingFs(at), server_ids=server_ids)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def accepted(base: Path) -> int:
    """Return how many jobs the service ever took: what would have been charged."""
    return len(list((base / "data" / "draft").glob("*.json")))


def check_whole(base: Path) -> None:
    """Every output that is there is a whole picture, and every line of the lock is readable."""
    root = base / "project"
    for picture in (root / "art").glob("*.png") if (root / "art").exists() else ():
        inspect(picture.read_bytes())
    read(str(root / "assetgen.lock"))


def steps_of(base: Path) -> list[str]:
    start(base)
    recorder = RecordingFs()
    run(base, recorder)
    return recorder.steps


STEPS = 90
"""More than a build of three targets takes; the sweep says so if it is not."""


def test_the_sweep_covers_every_step(tmp_path: Path) -> None:
    """Ledger, blobs, outputs and lock are among the steps, in the order of the promise."""
    steps = steps_of(tmp_path)
    assert 30 < len(steps) < STEPS
    for expected in ("ledger intent before", "ledger fetched after", "rename assetgen.lock"):
        assert expected in steps
    assert steps.index("ledger intent after") < steps.index("ledger accepted before")
    assert steps.index("ledger fetched after") < steps.index("rename base.png")
    assert steps.index("rename base.png") < steps.index("rename assetgen.lock")


@pytest.mark.parametrize("part", range(6))
def test_killed_at_any_step_nothing_is_submitted_twice(tmp_path: Path, part: int) -> None:
    """The next build finishes the rest: three jobs in all, whole outputs, exit 0."""
    for at in range(1 + part, STEPS, 6):
        base = tmp_path / str(at)
        start(base)
        died = killed(base, at)
        check_whole(base)
        summary = run(base, DiskFs())
        check_whole(base)
        assert (at, summary.exit_code, summary.failed, summary.held) == (at, 0, 0, 0)
        assert (at, accepted(base)) == (at, 3)
        for name in OUTPUTS:
            assert (base / "project" / "art" / f"{name}.png").exists()
        assert run(base, DiskFs()).up_to_date == 3
        if not died:
            return


def test_killed_twice_in_a_row_nothing_is_submitted_twice(tmp_path: Path) -> None:
    """A recovery that is itself killed is as safe as a first build."""
    for at in range(2, STEPS, 7):
        base = tmp_path / str(at)
        start(base)
        killed(base, at)
        killed(base, at // 2 + 1)
        assert run(base, DiskFs()).exit_code == 0
        assert (at, accepted(base)) == (at, 3)


def test_an_intent_without_an_answer_is_held_where_the_server_names_jobs(tmp_path: Path) -> None:
    """Killed between intent and answer, nobody can ask: nothing is sent again, exit 75."""
    base = tmp_path / "reference"
    step = steps_of(base).index("ledger intent after") + 1
    base = tmp_path / "held"
    start(base)
    assert killed(base, step, server_ids=True)
    summary = run(base, DiskFs(), server_ids=True)
    assert (summary.exit_code, summary.held, summary.blocked) == (75, 1, 2)
    assert accepted(base) == 0
    ledger = Ledger(str(base / "data" / "ledger.sqlite3"))
    (job,) = ledger.unsettled()
    assert job.state is JobState.AMBIGUOUS


@pytest.mark.parametrize("part", range(3))
def test_with_server_ids_doubt_is_held_and_never_paid_twice(tmp_path: Path, part: int) -> None:
    """At any step: either the chain is finished with three jobs, or the doubt is held."""
    for at in range(1 + part, STEPS, 3):
        base = tmp_path / str(at)
        start(base)
        died = killed(base, at, server_ids=True)
        summary = run(base, DiskFs(), server_ids=True)
        assert (at, summary.exit_code in (0, 75)) == (at, True)
        assert accepted(base) <= 3
        assert (summary.exit_code == 0) == (accepted(base) == 3 and not summary.held)
        if not died:
            return


if sys.platform == "win32":
    pytest.skip("a process is forked and killed by signal", allow_module_level=True)
