"""Somebody looks at pictures and decides: more takes, another one, a retouch, or to keep it."""

from __future__ import annotations

import io
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from assetgen.digest import sha256
from tests.e2e.emulated import Market, market
from tests.e2e.refusal import refused
from tests.e2e.sandbox import Sandbox

CAP = ("--max-images", "99")
TOP = """\
defaults: {model: xai/grok-imagine-image, providers: [runware], output: "{{ name }}.png"}
"""
HERO = """\
targets:
  hero: {prompt: a knight, ops: [{resize: {width: 200}}]}
  face: {edit: hero, prompt: smiling}
  icon: {from: hero, ops: [{resize: {width: 64}}]}
"""


def line_of(box: Sandbox, name: str) -> dict[str, Any]:
    """Return a target's line of the lock."""
    lines = map(json.loads, (box.root / "assetgen.lock").read_text().splitlines())
    return next(line for line in lines if line.get("target") == name)


def png(color: str = "red", size: tuple[int, int] = (200, 200)) -> bytes:
    """Return a picture that no service made."""
    image = Image.new("RGB", size, color)
    ImageDraw.Draw(image).ellipse((10, 10, 60, 60), fill="white")
    file = io.BytesIO()
    image.save(file, "png")
    return file.getvalue()


def retouch(box: Sandbox, path: str) -> bytes:
    """Change a picture by hand, as a paint program would, and return its bytes."""
    with Image.open(box.root / path) as image:
        changed = image.convert("RGB")
    ImageDraw.Draw(changed).ellipse((5, 5, 40, 40), fill="red")
    changed.save(box.root / path)
    return (box.root / path).read_bytes()


@pytest.fixture
def hero(shop: Market) -> Market:
    """A knight, his smiling face and his icon, bought and built."""
    shop.spec(TOP + HERO)
    shop.build(*CAP)
    assert len(shop.charges) == 2
    return shop


# More takes


def test_a_reroll_buys_takes_and_keeps_all(hero: Market) -> None:
    """What is shown stays, dependants stay, and the next build has nothing to do."""
    before = (hero.root / "hero.png").read_bytes()
    ran = hero.ok("reroll", "hero", "--takes", "2", "--note", "the arm is odd", *CAP)
    assert ran.out.splitlines()[-1] == (
        "hero: takes 2-3 came in, take 1 is still shown; 'assetgen pick hero 2' chooses"
    )
    assert len(hero.charges) == 4
    line = line_of(hero, "hero")
    assert [take["n"] for take in line["takes"]] == [1, 2, 3]
    assert len({take["sha256"] for take in line["takes"]}) == 3
    assert [take.get("note") for take in line["takes"]] == ["the arm is odd", None, None]
    assert line["epoch"] == 1
    assert (hero.root / "hero.png").read_bytes() == before
    assert hero.build(*CAP)["up_to_date"] == 3
    assert len(hero.submits) == 4


def test_a_reroll_spends_only_with_consent(hero: Market) -> None:
    """Nobody is at the terminal and no cap is given: nothing is sent."""
    ran = hero.run("reroll", "hero")
    assert ran.code == 3
    assert len(hero.submits) == 2
    ran = hero.run("reroll", "hero", "face", "--takes", "2", "--max-images", "3")
    assert (ran.code, len(hero.charges)) == (3, 5)


def test_local_work_cannot_be_rerolled(hero: Market) -> None:
    """There is nothing to buy; a glob takes what can be bought."""
    refused(
        hero,
        "icon is made here, from other pictures: there is nothing to buy once more",
        command=("reroll", "icon"),
    )
    hero.ok("reroll", "*", *CAP)
    assert len(hero.charges) == 4


def test_a_reroll_asks_once_more_for_what_failed(shop: Market) -> None:
    """A refused prompt is not sent again by a build; at the user's word it is."""
    shop.spec(TOP + "targets:\n  a: a sword\n")
    shop.emulator.fault("moderate", service="runware", times=1)
    assert shop.run("build", *CAP).code == 1
    assert shop.verdicts() == {"a": "failed"}
    assert shop.run("build", *CAP).code == 1
    assert len(shop.submits) == 1
    assert shop.ok("reroll", "a", *CAP).out.startswith("[1/1] a  bought")
    assert shop.verdicts() == {"a": "up_to_date"}


def test_a_reroll_of_what_was_never_built_is_its_first_build(shop: Market) -> None:
    """So many takes as were asked for, and no surprise."""
    shop.spec(TOP + HERO)
    shop.ok("reroll", "hero", "--takes", "3", *CAP)
    assert len(shop.charges) == 3
    assert shop.verdicts()["hero"] == "up_to_date"


def test_an_interrupted_reroll_is_collected_by_the_next_build(tmp_path: Path) -> None:
    """The picture that was paid for becomes a take; nothing is sent again."""
    with market(tmp_path, latency=1.0) as shop:
        shop.spec(TOP + "targets:\n  a: a sword\n")
        shop.build(*CAP)
        process = shop.start("reroll", "a", "--json", *CAP)
        assert process.stdout is not None
        for text in process.stdout:
            if '"accepted"' in text:
                break
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode == 130
        assert len(line_of(shop, "a")["takes"]) == 1
        shop.run("build", *CAP)
        assert [take["n"] for take in line_of(shop, "a")["takes"]] == [1, 2]
        assert len(shop.submits) == len(shop.charges) == 2


def test_two_targets_of_one_recipe_share_what_is_rerolled(shop: Market) -> None:
    """The other one can pick it without having asked."""
    shop.spec(TOP + "targets:\n  a: a sword\n  b: a sword\n")
    shop.build(*CAP)
    shop.ok("reroll", "a", *CAP)
    shop.ok("pick", "b", "2")
    assert len(shop.charges) == 2
    assert (line_of(shop, "a").get("shown", 1), line_of(shop, "b")["shown"]) == (1, 2)
    assert shop.build(*CAP)["up_to_date"] == 2


# Choosing


def test_a_pick_is_free_and_tells_what_it_makes_stale(hero: Market) -> None:
    """The price of what was made of the former picture is said, and nothing of it is bought."""
    hero.ok("reroll", "hero", *CAP)
    ran = hero.ok("pick", "hero", "2", "--note", "better arm")
    assert ran.out.splitlines()[-2:] == [
        "1 target made of hero would be bought anew (1 picture, $0.022): "
        "'assetgen plan' lists them,",
        "  'assetgen pick hero 2 --keep-dependants' keeps them as they are",
    ]
    line = line_of(hero, "hero")
    assert (line["shown"], line["state"], line["takes"][1]["note"]) == (2, "picked", "better arm")
    assert hero.verdicts() == {"hero": "up_to_date", "face": "run", "icon": "run"}
    assert len(hero.charges) == 3


def test_a_pick_can_keep_what_was_made_of_the_former_picture(hero: Market) -> None:
    """They are accepted as they are: nothing is bought, free work follows the new picture."""
    hero.ok("reroll", "hero", *CAP)
    face = (hero.root / "face.png").read_bytes()
    assert "kept face\n" in hero.ok("pick", "hero", "2", "--keep-dependants").out
    assert hero.build()["derived"] == 1
    assert hero.verdicts() == {"hero": "up_to_date", "face": "kept", "icon": "up_to_date"}
    assert (hero.root / "face.png").read_bytes() == face
    assert line_of(hero, "face")["note"] == "kept when take 2 of hero was picked"
    assert len(hero.charges) == 3


def test_going_back_to_an_earlier_take_or_prompt_is_free(hero: Market) -> None:
    """Whatever was bought once is there again, its dependants too."""
    first = (hero.root / "hero.png").read_bytes()
    face = (hero.root / "face.png").read_bytes()
    spec = (hero.root / "assetgen.yaml").read_text()
    hero.ok("reroll", "hero", *CAP)
    hero.ok("pick", "hero", "2")
    hero.build(*CAP)
    hero.write("assetgen.yaml", spec.replace("a knight", "a tall knight"))
    hero.build(*CAP)
    paid = len(hero.charges)
    hero.write("assetgen.yaml", spec)
    assert hero.build()["bought"] == 0
    assert line_of(hero, "hero")["shown"] == 2
    hero.ok("pick", "hero", "1")
    hero.build()
    assert (hero.root / "hero.png").read_bytes() == first
    assert (hero.root / "face.png").read_bytes() == face
    assert len(hero.charges) == paid


def test_review_waits_for_a_pick_of_this_recipe(shop: Market) -> None:
    """Dependants are not bought until somebody chose, anew for each recipe."""
    shop.spec(TOP + HERO.replace("a knight", "a knight, review: required, takes: 2"))
    assert shop.run("build", *CAP).code == 75
    assert len(shop.charges) == 2
    shop.ok("pick", "hero", "2")
    shop.build(*CAP)
    assert len(shop.charges) == 3
    spec = (shop.root / "assetgen.yaml").read_text()
    shop.write("assetgen.yaml", spec.replace("a knight", "a tall knight"))
    assert shop.run("build", *CAP).code == 75
    assert len(shop.charges) == 5


def test_a_pinned_picture_stays_whatever_the_recipe_says(hero: Market) -> None:
    """Its dependants stay too; unpinned, it follows the recipe."""
    assert hero.ok("pin", "hero").out == "pinned hero\n"
    spec = (hero.root / "assetgen.yaml").read_text()
    hero.write("assetgen.yaml", spec.replace("a knight", "a tall knight"))
    assert hero.verdicts() == {"hero": "kept", "face": "up_to_date", "icon": "up_to_date"}
    refused(
        hero,
        "hero is kept although its recipe changed: more takes would be of another recipe",
        "  'assetgen unpin hero' first, or change the words back",
        command=("reroll", "hero", *CAP),
    )
    assert hero.build(*CAP)["bought"] == 0
    assert len(hero.charges) == 2
    assert hero.ok("unpin", "hero").out == "hero follows its recipe\n"
    assert hero.verdicts()["hero"] == "run"


def test_an_accepted_picture_stays_until_its_recipe_changes_again(hero: Market) -> None:
    """The lock goes on saying what it was really made of."""
    spec = (hero.root / "assetgen.yaml").read_text()
    hero.write("assetgen.yaml", spec.replace("a knight", "a Knight"))
    assert hero.ok("accept", "hero", "--reason", "only a capital").out == "accepted hero\n"
    assert hero.verdicts()["hero"] == "kept"
    line = line_of(hero, "hero")
    assert (line["recipe"]["prompt"], line["note"]) == ("a knight", "only a capital")
    hero.build("--locked")
    hero.write("assetgen.yaml", spec.replace("a knight", "a king"))
    assert hero.verdicts()["hero"] == "run"
    assert len(hero.charges) == 2


def test_dependants_can_be_kept_after_the_pick_too(hero: Market) -> None:
    """The command that the first pick names does what it says."""
    hero.ok("reroll", "hero", *CAP)
    hero.ok("pick", "hero", "2")
    ran = hero.ok("pick", "hero", "2", "--keep-dependants")
    assert "kept face\n" in ran.out
    assert hero.build(*CAP)["bought"] == 0


def test_a_take_of_a_former_recipe_is_not_picked(hero: Market) -> None:
    """The next build asks for other words, so the pick would come to nothing."""
    hero.ok("reroll", "hero", *CAP)
    spec = (hero.root / "assetgen.yaml").read_text()
    hero.write("assetgen.yaml", spec.replace("a knight", "a tall knight"))
    refused(
        hero,
        "the takes of hero are of a recipe that it no longer has",
        command=("pick", "hero", "2"),
    )
    hero.ok("pin", "hero")
    hero.ok("pick", "hero", "2")
    assert line_of(hero, "hero")["shown"] == 2


# A file of one's own


def test_a_retouched_output_is_adopted_as_it_is(hero: Market) -> None:
    """Its bytes stay, also when the file is lost, on a clone, and under another recipe."""
    edited = retouch(hero, "hero.png")
    assert hero.run("build").code == 1
    ran = hero.run("adopt", "hero", "hero.png", "--note", "red nose")
    assert ran.out.splitlines()[0] == "hero: hero.png is take 2 now, and shown"
    assert (hero.root / "hero.png").read_bytes() == edited
    line = line_of(hero, "hero")
    assert line["state"] == "adopted"
    assert line["takes"][1] | {"sha256": ""} == {
        "n": 2, "sha256": "", "cost": 0, "note": "red nose", "adopted": True, "finished": "png",
    }  # fmt: skip
    hero.build(*CAP)
    assert len(hero.charges) == 3  # the face is made of the retouched hero
    assert hero.ok("verify").out == "3 targets verified\n"
    clone = hero.clone("clone")
    assert clone.build("--locked")["up_to_date"] == 3
    (hero.root / "hero.png").unlink()
    assert hero.build()["restored"] == 1
    assert (hero.root / "hero.png").read_bytes() == edited
    spec = (hero.root / "assetgen.yaml").read_text()
    hero.write("assetgen.yaml", spec.replace("a knight", "a tall knight"))
    assert hero.build()["kept"] == 1
    assert (hero.root / "hero.png").read_bytes() == edited


def test_an_adopted_file_is_found_again_after_a_detour(hero: Market) -> None:
    """Let go, another recipe bought, and back: the retouch is still a take, and shown."""
    edited = retouch(hero, "hero.png")
    hero.ok("adopt", "hero", "hero.png")
    hero.ok("unpin", "hero")
    spec = (hero.root / "assetgen.yaml").read_text()
    hero.write("assetgen.yaml", spec.replace("a knight", "a tall knight"))
    hero.build(*CAP)
    hero.write("assetgen.yaml", spec)
    hero.build("hero")
    assert (hero.root / "hero.png").read_bytes() == edited


def test_a_file_can_stand_for_the_bought_picture(hero: Market) -> None:
    """Then ops are done on it, and it is what edits are made of."""
    hero.write("new.png", png(size=(400, 400)))
    hero.ok("adopt", "hero", "new.png", "--with-ops")
    with Image.open(hero.root / "hero.png") as made:
        assert made.size == (200, 200)
        assert made.convert("RGB").getpixel((150, 150)) == (255, 0, 0)
    hero.build(*CAP)
    assert len(hero.charges) == 3


def test_a_file_is_adopted_for_a_target_that_was_never_bought(shop: Market) -> None:
    """Nothing is paid for what is there already."""
    shop.spec(TOP + HERO)
    shop.write("hero.png", png())
    assert shop.verdicts()["hero"] == "modified"
    shop.ok("adopt", "hero", "hero.png")
    assert shop.verdicts()["hero"] == "up_to_date"
    assert (shop.root / "hero.png").read_bytes() == png()
    assert shop.submits == []


def test_a_retouched_derived_output_is_kept(hero: Market) -> None:
    """It does not follow its source any more, until it is let go."""
    edited = retouch(hero, "icon.png")
    hero.ok("adopt", "icon", "icon.png")
    assert hero.verdicts()["icon"] == "kept"
    hero.ok("reroll", "hero", *CAP)
    hero.ok("pick", "hero", "2", "--keep-dependants")
    hero.build()
    assert (hero.root / "icon.png").read_bytes() == edited
    hero.ok("unpin", "icon")
    hero.build()
    assert (hero.root / "icon.png").read_bytes() != edited


@pytest.mark.parametrize(
    ("file", "code", "told"),
    [
        ("hero.webp", 2, "hero writes png, and this file is webp"),
        ("text.png", 1, "the file is not a picture: it is text"),
        ("half.png", 1, "the file is cut short: the last PNG chunk is not complete"),
        ("none.png", 2, "there is no file none.png"),
    ],
)
def test_what_cannot_be_adopted(hero: Market, file: str, code: int, told: str) -> None:
    """It is refused in words, and nothing changes."""
    made = io.BytesIO()
    Image.new("RGB", (8, 8)).save(made, "webp")
    hero.write("hero.webp", made.getvalue())
    hero.write("text.png", "not a picture")
    hero.write("half.png", png()[:-20])
    ran = refused(hero, command=("adopt", "hero", file), code=code)
    assert told in ran.err.splitlines()[0]


@pytest.mark.parametrize(
    ("file", "what"),
    [(".", "a folder"), ("/dev/zero", "a device"), ("pipe", "a named pipe"), ("link", "a symlink")],
)
def test_what_is_no_file_cannot_be_adopted(box: Sandbox, file: str, what: str) -> None:
    """Nothing waits for it or reads it, and nobody is told to move it."""
    box.spec("targets: {a: a sword}\n")
    box.build()
    os.mkfifo(box.root / "pipe")
    (box.root / "link").symlink_to("art/a.png")
    refused(
        box,
        f"{file} is {what}, not a picture file",
        "  give the path of the picture itself",
        command=("adopt", "a", file),
    )


def test_an_atlas_is_made_of_its_sprites(box: Sandbox) -> None:
    """It is not adopted itself."""
    box.spec("targets:\n  a: a sword\n  sheet: {atlas: {inputs: a, json: s.json}, output: s.png}\n")
    box.build()
    refused(
        box, "sheet is an atlas, which is made of its sprites", command=("adopt", "sheet", "s.png")
    )


def test_two_adopted_files_of_a_derived_picture(hero: Market) -> None:
    """A pick shows the other one, and both stay."""
    first, second = png("red", (64, 64)), png("blue", (64, 64))
    for data in (first, second):
        hero.write("mine.png", data)
        hero.ok("adopt", "icon", "mine.png")
    assert (hero.root / "icon.png").read_bytes() == second
    hero.ok("pick", "icon", "1")
    assert (hero.root / "icon.png").read_bytes() == first
    assert [take["n"] for take in line_of(hero, "icon")["takes"]] == [1, 2]
    assert hero.verdicts()["icon"] == "kept"


def test_a_finished_file_is_no_picture_of_another_target(shop: Market) -> None:
    """Not even of one with the same recipe, whose ops are others; nor does it open its gate."""
    shop.spec(TOP + "targets:\n  a: same\n")
    shop.build(*CAP)
    shop.write("mine.png", png(size=(64, 64)))
    shop.ok("adopt", "a", "mine.png")
    shop.spec(
        TOP + "targets:\n  a: same\n"
        "  c: {prompt: same, review: required, ops: [{resize: 16}]}\n"
        "  d: {edit: c, prompt: in red}\n"
    )
    assert shop.run("build", *CAP).code == 75
    with Image.open(shop.root / "c.png") as made:
        assert made.size == (16, 16)
    assert [take["n"] for take in line_of(shop, "c")["takes"]] == [1]
    assert len(shop.charges) == 1


def test_an_adopted_file_goes_with_a_renamed_target(hero: Market) -> None:
    """And is still kept whatever the recipe becomes."""
    edited = retouch(hero, "hero.png")
    hero.ok("adopt", "hero", "hero.png")
    spec = (hero.root / "assetgen.yaml").read_text().replace("hero", "knight")
    hero.write("assetgen.yaml", spec)
    hero.ok("build", "knight")
    assert (hero.root / "knight.png").read_bytes() == edited
    assert line_of(hero, "knight")["state"] == "adopted"
    assert len(hero.charges) == 2


def test_an_export_is_not_adopted_as_the_picture(shop: Market) -> None:
    """A thumbnail that was painted over does not become the main output."""
    shop.spec(
        TOP + "targets:\n  a:\n    prompt: a sword\n"
        "    exports: [{output: a.png}, {output: small.png, ops: [{resize: 48}]}]\n"
    )
    shop.build(*CAP)
    whole = (shop.root / "a.png").read_bytes()
    retouch(shop, "small.png")
    told = shop.run("build").out
    assert "adopt a small.png" not in told
    assert "'assetgen restore a' puts the built one back" in told
    refused(
        shop,
        "small.png is an export of a, made of its whole picture",
        command=("adopt", "a", "small.png"),
    )
    assert (shop.root / "a.png").read_bytes() == whole


def test_bytes_that_were_bought_are_picked_and_not_adopted(hero: Market) -> None:
    """So that its ops go on being done on them."""
    digest = line_of(hero, "hero")["takes"][0]["sha256"]
    blobs = [path for path in (hero.base / "data" / "blobs").rglob("*") if path.is_file()]
    (blob,) = [path for path in blobs if sha256(path.read_bytes()) == digest]
    hero.write("raw.png", blob.read_bytes())
    refused(
        hero,
        "this file is take 1 of hero, as it was bought",
        "  'assetgen pick hero 1' shows it",
        command=("adopt", "hero", "raw.png"),
    )


def test_a_file_of_ones_own_is_not_cleaned_away(hero: Market) -> None:
    """Its target left the spec; what assetgen made goes, what the user gave stays."""
    retouch(hero, "hero.png")
    hero.ok("adopt", "hero", "hero.png")
    hero.write("assetgen.yaml", "version: 1\n")
    ran = hero.ok("clean", "--yes")
    assert "left alone, it is a file of yours that was adopted: hero.png\n" in ran.out
    assert sorted(path.name for path in hero.root.glob("*.png")) == ["hero.png"]


def test_a_file_given_to_one_project_is_no_take_of_another(box: Sandbox) -> None:
    """They may ask for the same in as few words, and mean another picture."""
    box.spec("targets: {button: a button}\n")
    box.write("assets/button.png", png())
    box.spec("defaults: {output: assets/button.png}\ntargets: {button: a button}\n")
    box.ok("adopt", "button", "assets/button.png")
    other = Sandbox(box.base, name="other")
    other.spec("targets: {button: a button}\n")
    assert other.verdicts() == {"button": "run"}


def test_a_take_whose_bytes_are_elsewhere_is_not_picked(hero: Market) -> None:
    """A colleague sees it in the lock; the files here stay as they are."""
    hero.ok("reroll", "hero", *CAP)
    clone = hero.clone("clone")
    refused(
        clone,
        "the picture of take 2 of hero is not kept on this machine",
        command=("pick", "hero", "2"),
    )


# Words


def test_drafts_are_neither_pinned_nor_accepted(box: Sandbox) -> None:
    """They may be thrown away at any time."""
    box.spec(HERO)
    box.build()
    for command in (("pin", "hero"), ("accept", "hero", "--reason", "fine")):
        refused(box, "hero asks for drafts, which are drawn anew at any time", command=command)
    refused(
        box,
        "icon is made here, for nothing, of other pictures: it has none of its own to keep",
        command=("pin", "icon"),
    )


def test_a_take_that_is_not_there(hero: Market) -> None:
    """The takes that are there are named."""
    refused(hero, "hero has no take 7", "  its takes: 1", command=("pick", "hero", "7"))
    refused(hero, "  did you mean 'hero'?", command=("pick", "her", "1"))
    refused(hero, command=("reroll", "hero", "--note", "x" * 2001, *CAP))


def test_history_tells_recipes_takes_and_decisions(hero: Market) -> None:
    """What was bought and chosen, oldest first; hostile words do no harm to a terminal."""
    hero.ok("reroll", "hero", "--note", "arm \x1b[31mred\x1b[0m \u202e", *CAP)
    hero.ok("pick", "hero", "2")
    spec = (hero.root / "assetgen.yaml").read_text()
    hero.write("assetgen.yaml", spec.replace("a knight", "a tall knight"))
    hero.build(*CAP)
    text = hero.ok("history", "hero").out
    assert "\x1b" not in text and "\u202e" not in text
    told = [line.split("  20")[0].rstrip() for line in text.splitlines()]
    assert "  | a knight" in told
    assert "  | a {+tall+} knight" in told
    assert any(line.startswith("recipe 2") and "where the lock stands" in line for line in told)
    data = hero.ok("history", "hero", "--json").json
    assert [len(recipe["takes"]) for recipe in data["recipes"]] == [2, 1]
    assert [decision["kind"] for decision in data["decisions"]] == ["rerolled", "picked"]
    assert all(take["readable"] for recipe in data["recipes"] for take in recipe["takes"])


if os.name == "nt":
    pytest.skip("a process is stopped by signal", allow_module_level=True)
