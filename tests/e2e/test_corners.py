"""Odd corners of money and files, each of which was once wrong."""

from __future__ import annotations

import shutil
import signal

from tests.e2e.sandbox import SECONDS, Sandbox

CHAIN = """
targets:
  base: {prompt: a knight, takes: 2}
  armor: {edit: base, prompt: in armour}
"""


def elsewhere(box: Sandbox, name: str = "clone") -> Sandbox:
    """Return a clone on a machine with empty stores."""
    clone = box.clone(name)
    clone.variables |= {
        "ASSETGEN_DATA_DIR": str(box.base / f"{name}-data"),
        "ASSETGEN_CACHE_DIR": str(box.base / f"{name}-cache"),
    }
    return clone


def test_a_failed_output_does_not_break_its_dependants(box: Sandbox) -> None:
    """The parent's picture is bought, its file cannot be written; the child is finished."""
    box.spec(
        "targets:\n"
        "  base: {prompt: a knight, expect: {max_bytes: 10}}\n"
        "  armor: {edit: base, prompt: in armour}\n"
    )
    ran = box.run("build", "--json")
    assert (ran.code, ran.summary["failed"], ran.summary["bought"]) == (1, 1, 2)
    assert (box.root / "art/armor.png").exists()


def test_a_pick_survives_a_detour_and_a_rename(box: Sandbox) -> None:
    """Going back to an old prompt shows what was picked, and children are not bought again."""
    box.spec(CHAIN)
    box.build()
    box.ok("pick", "base", "2")
    box.build()
    shown = (box.root / "art/base.png").read_bytes()
    jobs = box.jobs()
    box.spec(CHAIN.replace("a knight", "an old knight"))
    box.build()
    box.spec(CHAIN)
    after_detour = box.jobs()
    assert box.build()["bought"] == 0
    assert (box.root / "art/base.png").read_bytes() == shown
    box.spec(CHAIN.replace("base", "hero"))
    assert box.build()["bought"] == 0
    assert (box.root / "art/hero.png").read_bytes() == shown
    assert box.jobs() == after_detour > jobs


def test_an_interrupted_recovery_stops_the_build(box: Sandbox) -> None:
    """Ctrl-C while earlier calls are collected: nothing new is ordered, exit 130."""
    box.spec("targets: {a: a sword}")
    box.variables["ASSETGEN_DRAFT_LATENCY"] = "4"
    one = box.start("build", "--json")
    wait_for(one, '"state": "accepted"')
    one.send_signal(signal.SIGINT)
    one.communicate(timeout=SECONDS)
    assert one.returncode == 130
    box.spec("targets: {a: a sword, b: an axe}")
    two = box.start("build", "--json")
    wait_until_asked(box)
    two.send_signal(signal.SIGINT)
    two.communicate(timeout=SECONDS)
    assert (two.returncode, box.jobs()) == (130, 1)
    box.variables["ASSETGEN_DRAFT_LATENCY"] = "0"
    box.build()
    assert box.jobs() == 2


def wait_for(process: object, text: str) -> None:
    stdout = process.stdout  # type: ignore[attr-defined]
    for line in stdout:
        if text in line:
            return
    raise AssertionError(f"the build ended without {text}")


def wait_until_asked(box: Sandbox) -> None:
    """Wait until a second build holds the project: another one would say for whom it waits."""
    while True:
        probe = box.start("restore", "a")
        assert probe.stderr is not None
        said = probe.stderr.readline()
        probe.kill()
        probe.communicate(timeout=SECONDS)
        if "waiting for another build" in said:
            return


def test_takes_that_a_cap_left_out_follow_later(box: Sandbox) -> None:
    """Two of four are bought and kept; the next build buys the other two, and no more."""
    box.spec("targets: {a: {prompt: a sword, takes: 4}}")
    assert box.run("build", "--max-images", "2").code == 3
    assert box.jobs() == 2
    assert box.build()["bought"] == 2
    assert box.build()["up_to_date"] == 1
    assert box.jobs() == 4


def test_a_target_that_is_no_longer_paid_settles(box: Sandbox) -> None:
    """A bought target that becomes a derivation is up to date after one build."""
    box.spec("targets: {a: a sword, b: an axe}")
    box.build()
    box.spec("targets: {a: a sword, b: {from: a}}")
    box.build()
    assert box.verdicts() == {"a": "up_to_date", "b": "up_to_date"}


def test_renamed_with_the_same_file_on_a_clone(box: Sandbox) -> None:
    """The file is the old target's own, so it is no edit by hand."""
    box.spec("targets: {sword: {prompt: a rusty sword, output: art/x.png}}")
    box.build()
    clone = elsewhere(box)
    clone.spec("targets: {blade: {prompt: a rusty sword, output: art/x.png}}")
    assert clone.build()["bought"] == 0


def test_swapped_recipes_on_a_clone_lose_no_picture(box: Sandbox) -> None:
    """Two targets exchange their prompts; the files are the only copies, and both survive."""
    box.spec("targets: {a: a sword, b: an axe}")
    box.build()
    sword, axe = (box.root / "art/a.png").read_bytes(), (box.root / "art/b.png").read_bytes()
    clone = elsewhere(box)
    clone.spec("targets: {a: an axe, b: a sword}")
    assert clone.build()["bought"] == 0
    assert (clone.root / "art/a.png").read_bytes() == axe
    assert (clone.root / "art/b.png").read_bytes() == sword


def test_evicted_drafts_are_drawn_again_for_their_dependants(box: Sandbox) -> None:
    """Drafts are free: a changed edit of one that is gone needs no flag."""
    box.spec(CHAIN)
    box.build()
    shutil.rmtree(box.base / "cache")
    box.spec(CHAIN.replace("in armour", "in old armour"))
    ran = box.ok("build", "--json")
    assert ran.summary["failed"] == ran.summary["blocked"] == 0
    assert box.build()["up_to_date"] == 2


def test_force_on_a_clone_has_nothing_to_fail_on(box: Sandbox) -> None:
    """Local work cannot be repeated without its source, and need not be."""
    box.spec("targets: {a: {prompt: a sword, ops: [{resize: {width: 32}}]}}")
    box.build()
    clone = elsewhere(box)
    assert clone.build("--force")["up_to_date"] == 1


def test_two_lines_of_a_removed_target_are_merged(box: Sandbox) -> None:
    """Nothing that was bought leaves the lock by itself."""
    box.spec("targets: {a: a sword, b: an axe}")
    box.build()
    lock = box.root / "assetgen.lock"
    lines = lock.read_text().splitlines()
    (b,) = [line for line in lines if '"target":"b"' in line]
    lock.write_text("\n".join([*lines, b.replace('"state":"draft"', '"state":"picked"'), ""]))
    box.spec("targets: {a: a sword}")
    box.ok("build")
    assert '"target":"b"' in lock.read_text()


def test_a_pick_during_a_build_waits_for_it(box: Sandbox) -> None:
    """Neither of the two overwrites what the other one wrote."""
    box.spec("targets: {a: {prompt: a sword, takes: 2}}")
    box.build()
    box.spec("targets: {a: {prompt: a sword, takes: 2}, b: an axe}")
    box.variables["ASSETGEN_DRAFT_LATENCY"] = "3"
    building = box.start("build", "--json")
    wait_for(building, '"state": "accepted"')
    ran = box.run("pick", "a", "2")
    building.communicate(timeout=SECONDS)
    assert ran.code == 0
    assert "waiting for another build" in ran.err
    assert '"shown":2' in (box.root / "assetgen.lock").read_text()
    assert box.verdicts() == {"a": "up_to_date", "b": "up_to_date"}
