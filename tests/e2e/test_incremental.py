"""Exactly what changed is made again, and nothing is bought twice."""

from __future__ import annotations

import shutil

from tests.e2e.sandbox import Sandbox

CHAIN = """
targets:
  base: a knight, neutral pose
  armor: {edit: base, prompt: in scratched plate armour}
  smile: {edit: armor, prompt: "{{ 'smiling' }}"}
  other: a dragon
"""


def test_a_first_build_makes_every_picture(box: Sandbox) -> None:
    """Outputs, a lock and one job for each target come of it."""
    box.spec(CHAIN)
    summary = box.build()
    assert (summary["bought"], summary["failed"], summary["cost"]) == (4, 0, 0)
    for name in ("base", "armor", "smile", "other"):
        assert (box.root / f"art/{name}.png").read_bytes().startswith(b"\x89PNG")
    assert (box.root / "assetgen.lock").exists()
    assert box.jobs() == 4


def test_a_second_build_has_nothing_to_do(box: Sandbox) -> None:
    """It says so in one line, at once and every time, and touches nothing."""
    box.spec(CHAIN)
    box.build()
    lock = box.root / "assetgen.lock"
    before = lock.stat().st_mtime_ns
    for _ in range(3):
        assert box.ok("build").out == "4 targets up to date\n"
    assert lock.stat().st_mtime_ns == before
    assert box.jobs() == 4


def test_the_snapshot_and_the_full_plan_say_the_same(box: Sandbox) -> None:
    """Whether the project is recognised by its stats or looked at whole makes no difference."""
    box.spec(CHAIN)
    box.build()
    quick = box.ok("build").out
    shutil.rmtree(box.base / "cache" / "projects")
    assert box.ok("build").out == quick


def test_a_changed_word_rebuilds_its_target_and_what_reads_it(box: Sandbox) -> None:
    """The base's dependants follow; a stranger stays."""
    box.spec(CHAIN)
    box.build()
    other = (box.root / "art/other.png").stat().st_mtime_ns
    box.spec(CHAIN.replace("a knight", "an old knight"))
    assert box.verdicts() == {
        "base": "run",
        "armor": "pending",
        "smile": "pending",
        "other": "up_to_date",
    }
    summary = box.build()
    assert (summary["bought"], summary["up_to_date"]) == (3, 1)
    assert (box.root / "art/other.png").stat().st_mtime_ns == other


def test_a_changed_leaf_rebuilds_the_leaf(box: Sandbox) -> None:
    """What it reads is not touched."""
    box.spec(CHAIN)
    box.build()
    box.spec(CHAIN.replace("smiling", "laughing"))
    assert box.build()["bought"] == 1


def test_going_back_costs_nothing(box: Sandbox) -> None:
    """The old pictures of the whole chain are still there."""
    box.spec(CHAIN)
    box.build()
    before = (box.root / "art/smile.png").read_bytes()
    box.spec(CHAIN.replace("a knight", "an old knight"))
    box.build()
    box.spec(CHAIN)
    summary = box.build()
    assert (summary["bought"], summary["restored"]) == (0, 3)
    assert (box.root / "art/smile.png").read_bytes() == before


def test_a_changed_resize_costs_nothing(box: Sandbox) -> None:
    """Local work is made again of the bought picture."""
    box.spec("targets: {hero: {prompt: a hero, ops: [{resize: {width: 100}}]}}")
    box.build()
    box.spec("targets: {hero: {prompt: a hero, ops: [{resize: {width: 50}}]}}")
    summary = box.build()
    assert (summary["bought"], summary["restored"]) == (0, 1)
    assert (box.root / "art/hero.png").read_bytes()[16:20] == (50).to_bytes(4, "big")


def test_equal_bytes_stop_the_wave(box: Sandbox) -> None:
    """A source that comes out as it was leaves what is derived of it alone."""
    text = """
targets:
  base: {prompt: a knight, ops: [{resize: {width: 64}}]}
  small: {from: base, ops: [{resize: {width: 32}}]}
"""
    box.spec(text)
    box.build()
    written = (box.root / "art/small.png").stat().st_mtime_ns
    box.spec(text.replace("{width: 64}", "{width: 64, fit: contain}"))
    assert box.verdicts()["small"] == "pending"
    summary = box.build()
    assert (summary["restored"], summary["derived"], summary["up_to_date"]) == (1, 0, 1)
    assert (box.root / "art/small.png").stat().st_mtime_ns == written


def test_a_clean_checkout_spends_nothing(box: Sandbox) -> None:
    """`git clean -fdx` takes outputs and lock; the user's ledger and store have the rest."""
    box.spec(CHAIN)
    box.build()
    before = (box.root / "art/smile.png").read_bytes()
    shutil.rmtree(box.root / "art")
    (box.root / "assetgen.lock").unlink()
    summary = box.build()
    assert (summary["bought"], summary["restored"]) == (0, 4)
    assert (box.root / "art/smile.png").read_bytes() == before
    assert box.jobs() == 4


def test_a_clone_has_nothing_to_do(box: Sandbox) -> None:
    """Committed outputs and lock, empty stores, no key: `build --locked` is satisfied."""
    box.spec(CHAIN)
    box.build()
    clone = box.clone("clone")
    clone.variables["ASSETGEN_DATA_DIR"] = str(box.base / "other-data")
    clone.variables["ASSETGEN_CACHE_DIR"] = str(box.base / "other-cache")
    assert clone.ok("build", "--locked").out == "4 targets up to date\n"
    assert clone.ok("verify").out == "4 targets verified\n"
    assert not (box.base / "other-data" / "draft").exists()


def test_a_renamed_target_costs_nothing_even_on_a_clone(box: Sandbox) -> None:
    """Its key is known to the lock under the old name, and the old file has the bytes."""
    box.spec("targets: {sword: a rusty sword}")
    box.build()
    clone = box.clone("clone")
    clone.variables["ASSETGEN_DATA_DIR"] = str(box.base / "other-data")
    clone.variables["ASSETGEN_CACHE_DIR"] = str(box.base / "other-cache")
    clone.spec("targets: {blade: a rusty sword}")
    summary = clone.build()
    assert (summary["bought"], summary["restored"]) == (0, 1)
    assert (clone.root / "art/blade.png").read_bytes() == (box.root / "art/sword.png").read_bytes()


def test_targets_with_one_key_are_bought_once(box: Sandbox) -> None:
    """Two names, one picture, one job; a variant makes it two."""
    box.spec("targets: {a: a sword, b: a sword, c: {prompt: a sword, variant: two}}")
    assert box.build()["bought"] == 2
    same = (box.root / "art/a.png").read_bytes()
    assert (box.root / "art/b.png").read_bytes() == same
    assert (box.root / "art/c.png").read_bytes() != same


def test_shared_takes_are_bought_once_each(box: Sandbox) -> None:
    """One target wants one take, another three of the same key: three calls in all."""
    box.spec("targets: {a: a sword, b: {prompt: a sword, takes: 3}}")
    assert box.build()["bought"] == 3
    assert box.jobs() == 3
    assert box.build()["up_to_date"] == 2


def test_takes_are_bought_once_and_picked_for_free(box: Sandbox) -> None:
    """Four candidates are four calls; showing another one is none."""
    box.spec("targets: {hero: {prompt: a hero, takes: 4, ops: [{resize: {width: 64}}]}}")
    assert box.build()["bought"] == 4
    ran = box.ok("pick", "hero", "3")
    assert "hero" in ran.out
    assert box.build()["up_to_date"] == 1
    assert box.jobs() == 4


def test_selected_targets_bring_what_they_need(box: Sandbox) -> None:
    """A leaf builds its chain, and nothing beside it."""
    box.spec(CHAIN)
    assert box.build("armor")["bought"] == 2
    assert not (box.root / "art/other.png").exists()
    assert box.build("--exclude", "other")["bought"] == 1


def test_removed_targets_are_told_of_and_cleaned_on_demand(box: Sandbox) -> None:
    """Their files stay until `clean`, which takes only what is as the lock has it."""
    box.spec("targets: {a: a sword, b: an axe}")
    box.build()
    box.spec("targets: {a: a sword}")
    ran = box.ok("build")
    assert "in the lock, not in the spec" in ran.out + ran.err
    assert (box.root / "art/b.png").exists()
    cleaned = box.ok("clean", "--yes")
    assert "art/b.png" in cleaned.out
    assert not (box.root / "art/b.png").exists()
    assert box.ok("clean").out == "nothing to clean\n"


def test_a_link_is_an_input_where_an_output_once_was(box: Sandbox) -> None:
    """A path that the lock still has as an output may be a symlink once it is only read."""
    box.spec("targets: {a: {prompt: a sword, output: old.png}}\n")
    box.build()
    (box.root / "old.png").rename(box.root / "real.png")
    (box.root / "old.png").symlink_to("real.png")
    box.spec("targets: {b: {from: ./old.png}}\n")
    box.build()
    assert (box.root / "art/b.png").exists()
