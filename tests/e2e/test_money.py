"""Caps hold, doubt is held until the user settles it, and nothing is ordered twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.sandbox import Sandbox

THREE = "targets: {a: a sword, b: an axe, c: a bow}"
CHAIN = """
targets:
  base: a knight
  armor: {edit: base, prompt: in armour}
"""
KILLED = """
import sys
from assetgen.app.asked import Hands, Options
from assetgen.app.building import build
from assetgen.app.project import open_project
from assetgen.store.fs import KillingFs
import os
project = open_project(".", os.environ, fs=KillingFs(int(sys.argv[1])))
build(project, Options(), Hands(emit=lambda event: None))
"""
STEPS = """
import os
from assetgen.app.asked import Hands, Options
from assetgen.app.building import build
from assetgen.app.project import open_project
from assetgen.store.fs import RecordingFs
fs = RecordingFs()
build(open_project(".", os.environ, fs=fs), Options(), Hands(emit=lambda event: None))
print("\\n".join(fs.steps))
"""


def test_a_cap_on_pictures_holds_and_the_next_build_goes_on(box: Sandbox) -> None:
    """Two of three are made, exit 3 says why; the third follows later."""
    box.spec(THREE)
    ran = box.run("build", "--max-images", "2")
    assert ran.code == 3
    assert "the cap of 2 pictures for this run is reached" in ran.out
    assert box.jobs() == 2
    assert box.build("--max-images", "2")["bought"] == 1


def test_locked_and_offline_builds_change_nothing_that_costs(box: Sandbox) -> None:
    """--locked refuses a stale lock with exit 3; --offline still draws, for that is free."""
    box.spec(THREE)
    ran = box.run("build", "--locked")
    assert (ran.code, box.jobs()) == (3, 0)
    assert "--locked forbids" in ran.out
    assert box.build("--offline")["bought"] == 3
    box.spec(THREE.replace("an axe", "an old axe"))
    assert box.run("build", "--locked").code == 3
    assert box.jobs() == 3


def test_locked_restores_what_the_lock_knows(box: Sandbox) -> None:
    """A deleted file is put back without a change of the lock."""
    box.spec(THREE)
    box.build()
    before = (box.root / "assetgen.lock").read_bytes()
    (box.root / "art/a.png").unlink()
    assert box.build("--locked")["restored"] == 1
    assert (box.root / "assetgen.lock").read_bytes() == before


def test_locked_refuses_changed_local_work(box: Sandbox) -> None:
    """A new size would change the lock, free or not."""
    box.spec("targets: {a: {prompt: a sword, ops: [{resize: {width: 64}}]}}")
    box.build()
    box.spec("targets: {a: {prompt: a sword, ops: [{resize: {width: 32}}]}}")
    assert box.run("build", "--locked").code == 3


def test_a_model_that_nobody_serves_is_never_bought(box: Sandbox) -> None:
    """Plan and build refuse to go on; --draft builds."""
    box.spec("targets: {a: {prompt: a sword, model: xai/grok-imagine-imagine}}")
    for ran in (box.run("plan"), box.run("build", "--yes")):
        assert ran.code == 2
        assert "unknown model 'xai/grok-imagine-imagine'" in ran.err
        assert "did you mean 'xai/grok-imagine-image'?" in ran.err
    assert box.build("--draft")["bought"] == 1


def test_drafts_are_drafts(box: Sandbox) -> None:
    """Up to date only under --draft; without it the plan wants the real picture."""
    box.spec("targets: {a: {prompt: a sword, model: xai/grok-imagine-image}}")
    box.build("--draft")
    assert box.verdicts("--draft") == {"a": "up_to_date"}
    assert box.verdicts() == {"a": "run"}
    assert '"state":"draft"' in (box.root / "assetgen.lock").read_text()


def held(box: Sandbox, step: str) -> None:
    """Let a build of a server that names its own jobs die at ``step``."""
    box.variables["ASSETGEN_DRAFT_IDS"] = "server"
    box.spec(CHAIN)
    other = box.clone("reference")
    other.variables |= {
        "ASSETGEN_DATA_DIR": str(box.base / "reference-data"),
        "ASSETGEN_CACHE_DIR": str(box.base / "reference-cache"),
    }
    steps = python(other, STEPS).stdout.splitlines()
    died = python(box, KILLED, str(steps.index(step) + 1))
    assert died.returncode == -9


def python(box: Sandbox, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=box.root,
        env=box.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_doubt_is_held_and_a_retry_settles_it(box: Sandbox) -> None:
    """No answer was recorded: exit 75 until the user says to send it again."""
    held(box, "ledger intent after")
    ran = box.run("build")
    assert ran.code == 75
    assert box.verdicts() == {"base": "held", "armor": "blocked"}
    assert "held" in box.ok("jobs").out
    (job,) = box.ok("jobs", "--json").json["jobs"]
    assert (job["state"], job["target"]) == ("ambiguous", "base")
    assert box.run("build").code == 75
    assert box.jobs() == 0
    assert box.run("jobs", "retry", str(job["id"])).code == 1
    box.ok("jobs", "retry", str(job["id"]), "--yes")
    assert box.build()["bought"] == 2
    assert box.jobs() == 2


def test_doubt_is_settled_by_the_services_own_id(box: Sandbox) -> None:
    """The answer was lost after acceptance: the user finds the job and adopts it, unpaid."""
    held(box, "ledger accepted before")
    assert box.run("build").code == 75
    assert box.jobs() == 1
    (job,) = box.ok("jobs", "--json").json["jobs"]
    box.ok("jobs", "adopt", str(job["id"]), service_id(box))
    summary = box.build()
    assert summary["exit_code"] == 0
    assert box.jobs() == 2


def service_id(box: Sandbox) -> str:
    (file,) = (Path(box.base) / "data" / "draft").glob("*.json")
    found: str = json.loads(file.read_text())["id"]
    return found


def test_an_abandoned_call_is_not_sent_again_by_itself(box: Sandbox) -> None:
    """It stays failed until the user asks for another try, which is a new call."""
    held(box, "ledger intent after")
    box.run("build")
    (job,) = box.ok("jobs", "--json").json["jobs"]
    box.ok("jobs", "abandon", str(job["id"]), "--yes")
    assert box.verdicts() == {"base": "failed", "armor": "blocked"}
    assert box.run("build").code == 1
    assert box.jobs() == 0
    box.ok("jobs", "retry", str(job["id"]), "--yes")
    assert box.build()["bought"] == 2


def test_settling_what_is_not_held_is_refused(box: Sandbox) -> None:
    """A typed number that means nothing changes nothing."""
    box.spec(CHAIN)
    box.build()
    assert box.run("jobs", "adopt", "1", "x").code == 2
    assert box.run("jobs", "retry", "99", "--yes").code != 0


def test_review_blocks_dependants_until_a_pick(box: Sandbox) -> None:
    """Drafts pass the gate; the plan of the real thing waits."""
    box.spec(CHAIN.replace("base: a knight", "base: {prompt: a knight, review: required}"))
    assert box.build()["bought"] == 2


@pytest.mark.parametrize("flag", ["--max-cost", "--max-images"])
def test_caps_of_the_environment_are_read(box: Sandbox, flag: str) -> None:
    """A cap that is no number is told, with the place to mend."""
    box.spec(THREE)
    box.variables["ASSETGEN_MAX_COST"] = "lots"
    ran = box.run("build", flag, "1")
    assert ran.code == 2
    assert "ASSETGEN_MAX_COST must be a number" in ran.err


if os.name == "nt":
    pytest.skip("a process is killed by signal", allow_module_level=True)
