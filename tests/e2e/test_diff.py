"""`diff`: against the last build, between revisions, between takes; in words, data and pictures."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from pathlib import Path

import pytest
from PIL import Image

from tests.e2e.emulated import MODELS, Market
from tests.e2e.repo import Repo
from tests.e2e.sandbox import Ran

SPEC = """
targets:
  hero: {prompt: "a knight, short hair", ops: [{resize: {height: 64}}]}
  armor: {edit: hero, prompt: in scratched plate, ops: [{resize: {height: 64}}]}
  icon: {from: hero, ops: [{resize: {height: 16}}]}
  old: {prompt: a tower, ops: [{resize: {height: 64}}]}
"""
CHANGED = SPEC.replace("short hair", "long hair").replace("  old:", "  tower:")
NEW = CHANGED.replace("height: 16", "height: 24").replace("a tower", "a mill")
SHORT = 12


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A built and committed project."""
    one = Repo(tmp_path)
    one.spec(SPEC)
    one.build()
    one.commit("first")
    return one


def short(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:SHORT]


def said(ran: Ran) -> tuple[int, str, str]:
    return ran.code, ran.out, ran.err


def sheet(path: Path) -> Image.Image:
    return Image.open(io.BytesIO(path.read_bytes())).convert("RGB")


def test_nothing_differs_after_a_build(repo: Repo) -> None:
    """Neither from the last build nor from the commit."""
    assert repo.ok("diff").out == (
        "last build -> working tree\n\nno target differs\nNothing to do: 4 targets up to date\n"
    )
    head = repo.git("rev-parse", "HEAD")
    assert repo.ok("diff", "--from", head).out == (
        f"{head} -> working tree\n\nno target differs\nNothing was bought between the two\n"
    )


def test_what_a_build_would_change(repo: Repo) -> None:
    """Prompt by words, what waits for it, what left, and the price; the rename is free."""
    old = short(repo.root / "art/old.png")
    repo.spec(CHANGED)
    assert repo.ok("diff").out == (
        "last build -> working tree\n"
        "\n"
        "~ hero will be drawn as a draft, free\n"
        "    changed: prompt\n"
        "    prompt  assetgen.yaml:4:10\n"
        "      | a knight, [-short-]{+long+} hair\n"
        "    art/hero.png  will be made anew\n"
        "\n"
        "~ armor waits for what it reads: equal pictures leave it as it is, "
        "others mean up to 1 draft, free\n"
        "    hero will change first\n"
        "    art/armor.png  will be made anew\n"
        "\n"
        "~ icon waits for what it reads: equal pictures leave it as it is\n"
        "    hero will change first\n"
        "    art/icon.png  will be made anew\n"
        "\n"
        "~ tower will be put back from pictures that are known here, free (was old)\n"
        "    take 1 of this recipe was made before\n"
        "    art/tower.png  new\n"
        f"    art/old.png  no output any more  {old}\n"
        "\n"
        "4 targets differ: 1 renamed, 3 changed\n"
        "Plan: 1\u20132 drafts to draw (free), 2 pending, 1 to restore\n"
    )


def test_only_what_is_named_is_compared(repo: Repo) -> None:
    """By name or glob, also of what left the spec."""
    repo.spec(SPEC.replace("  old:", "  older:").replace("a tower", "a mill"))
    out = repo.ok("diff", "ol?").out
    assert out.endswith(
        "- old  left the spec; its files stay until 'assetgen clean'\n\n"
        "1 target differs: 1 removed\nNothing to do: no targets\n"
    )
    ran = repo.run("diff", "hreo")
    assert said(ran) == (2, "", "no target matches 'hreo'\n  did you mean 'hero'?\n")


def test_files_that_were_touched_since_the_build(repo: Repo) -> None:
    """A retouched output and a missing one are told apart."""
    retouched = repo.root / "art/old.png"
    before = short(retouched)
    retouched.write_bytes(retouched.read_bytes() + b"x")
    (repo.root / "art/icon.png").unlink()
    out = repo.ok("diff", "--from", "HEAD").out
    assert f"    art/old.png  edited by hand  {before} -> {short(retouched)}\n" in out
    assert "    art/icon.png  is missing\n" in out
    states = {
        file["path"]: file["state"]
        for target in repo.ok("diff", "--json").json["targets"]
        for file in target["outputs"]
    }
    assert states == {"art/icon.png": "missing", "art/old.png": "edited"}


def test_two_revisions(repo: Repo) -> None:
    """Recipes, inputs, takes and outputs of both locks; the spec of today plays no part."""
    first = short(repo.root / "art/hero.png")
    repo.spec(NEW)
    repo.build()
    repo.ok("clean", "--yes")
    repo.commit("second")
    repo.spec("targets: {other: a bow}\n")
    out = repo.ok("diff", "--from", "HEAD~1", "--to", "main").out
    old, new = (repo.git("rev-parse", name)[:SHORT] for name in ("HEAD~1", "main"))
    hero = short(repo.root / "art/hero.png")
    assert out.startswith(f"HEAD~1 ({old}) -> main ({new})\n\n~ armor  changed\n    image 1  ")
    assert (
        "~ hero  changed\n    prompt\n      | a knight, [-short-]{+long+} hair\n    new take 1  "
    ) in out
    assert f"    art/hero.png  {first} -> {hero}\n" in out
    assert out.endswith(
        "5 targets differ: 1 added, 1 removed, 3 changed\nNothing was bought between the two\n"
    )
    assert repo.ok("diff", "hero", "--from", "HEAD~1", "--to", "main").out.count("\n~ ") == 1
    data = repo.ok("diff", "--from", "HEAD~1", "--to", "HEAD", "--json").json
    assert {one["name"]: one["change"] for one in data["targets"]} == {
        "armor": "changed",
        "hero": "changed",
        "icon": "changed",
        "old": "removed",
        "tower": "added",
    }
    assert data["from"]["commit"] == repo.git("rev-parse", "HEAD~1")


def test_money_between_two_revisions(shop: Market, tmp_path: Path) -> None:
    """What the new pictures cost, and before that what they would cost."""
    repo = Repo(tmp_path, shop.variables, "paid")
    spec = (
        f"defaults: {{model: {MODELS['runware']}, providers: [runware]}}\n"
        "targets: {a: a sword, b: an axe}\n"
    )
    repo.spec(spec)
    repo.build("--max-images", "2")
    repo.commit("first")
    repo.spec(spec.replace("an axe", "a long axe"))
    assert repo.ok("diff").out.endswith(
        "1 target differs: 1 changed\nPlan: 1 picture to buy from runware ($0.05), 1 up to date\n"
    )
    repo.build("--max-images", "1")
    assert repo.ok("diff", "--from", "HEAD").out.endswith(
        "1 target differs: 1 changed\nBought between the two: 1 picture ($0.05)\n"
    )
    cost = repo.ok("diff", "--from", "HEAD", "--json").json["cost"]
    assert cost == {"min": 0.05, "max": 0.05, "currency": "USD", "unknown": False}
    assert len(shop.charges) == 3


def test_what_people_decided_between_two_revisions(repo: Repo) -> None:
    """Takes, picks and pins are part of the lock and so of the difference."""
    repo.ok("reroll", "hero", "--json")
    repo.ok("pick", "hero", "2", "--note", "better eyes", "--keep-dependants")
    out = repo.ok("diff", "hero", "--from", "HEAD").out
    for line in ("takes  1 -> 2", "shown take  1 -> 2"):
        assert f"    {line}\n" in out
    takes = repo.ok("diff", "hero", "--takes", "1", "2", "--sheet", "takes.png").out
    assert takes.startswith("hero: take 1 -> take 2\n    take 1  ")
    assert '    note  "" -> "better eyes"\n' in takes
    assert takes.endswith("takes.png\n")
    assert sheet(repo.root / "takes.png").width == 828


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--from", "nope"],
            "git knows no commit 'nope' here\n  'git log' lists the commits; a shallow clone has "
            "few of them: 'git fetch --unshallow'\n",
        ),
        (
            ["--from=--output=x"],
            "'--output=x' is no name of a revision\n  name a commit, a branch or a tag\n",
        ),
        (["hero", "--takes", "1", "7"], "hero has no take 7\n  its takes: 1\n"),
        (
            ["icon", "--takes", "1", "2"],
            "icon has never been built here\n  'assetgen build icon' makes it\n",
        ),
        (["hreo", "--takes", "1", "2"], "no target matches 'hreo'\n  did you mean 'hero'?\n"),
        (
            ["--sheet", "art/hero.png"],
            "art/hero.png is a file of the project itself, not a place for a contact sheet\n"
            "  give another name\n",
        ),
        (
            ["--sheet", "sheet.jpg"],
            "the contact sheet sheet.jpg is no .png\n  give a name that ends with .png\n",
        ),
    ],
)
def test_what_cannot_be_compared_is_said_in_two_lines(
    repo: Repo, arguments: list[str], message: str
) -> None:
    """Exit code 2, what is wrong and what to do."""
    before = short(repo.root / "art/hero.png")
    assert said(repo.run("diff", *arguments)) == (2, "", message)
    assert short(repo.root / "art/hero.png") == before


@pytest.mark.parametrize("arguments", [["--to", "HEAD"], ["--takes", "1", "2"]])
def test_options_that_do_not_go_together(repo: Repo, arguments: list[str]) -> None:
    """A usage error."""
    assert repo.run("diff", *arguments).code == 2


def test_a_revision_without_a_lock(repo: Repo) -> None:
    """It is said so, and where to look."""
    repo.git("rm", "-q", "game/assetgen.lock")
    repo.git("commit", "-m", "gone")
    assert said(repo.run("diff", "--from", "HEAD")) == (
        2,
        "",
        "there is no assetgen.lock in HEAD\n"
        "  name a revision in which it was committed: 'git log -- assetgen.lock' lists them\n",
    )


def test_a_revision_whose_lock_is_a_pointer(repo: Repo) -> None:
    """A lock in git-LFS cannot be read from there."""
    lock = repo.root / "assetgen.lock"
    kept = lock.read_bytes()
    digest = hashlib.sha256(kept).hexdigest()
    lock.write_text(
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(kept)}\n"
    )
    repo.commit("lfs")
    lock.write_bytes(kept)
    assert said(repo.run("diff", "--from", "HEAD")) == (
        2,
        "",
        "assetgen.lock in HEAD is a git-LFS pointer\n"
        "  keep the lock itself in git: take it out of .gitattributes\n",
    )


def test_a_revision_whose_lock_is_broken(repo: Repo) -> None:
    """Its place names the revision."""
    (repo.root / "assetgen.lock").write_text('{"assetgen":1}\n{"target":7}\n')
    repo.commit("broken")
    ran = repo.run("diff", "--from", "HEAD", "--to", "HEAD")
    assert (ran.code, ran.err.splitlines()[0]) == (
        2,
        "HEAD:assetgen.lock:2:1: 'target' in this line of the lock is not a name",
    )


def test_without_a_repository(repo: Repo) -> None:
    """What needs no revision works; what does says so."""
    shutil.rmtree(repo.top / ".git")
    repo.ok("diff")
    ran = repo.run("diff", "--from", "HEAD")
    assert said(ran) == (
        2,
        "",
        f"{os.path.realpath(repo.root)} is in no git repository\n"
        "  run it in a clone, or compare without a revision\n",
    )


def test_pictures_side_by_side(repo: Repo) -> None:
    """What is there is shown left and right, what is not yet made in grey."""
    repo.spec(CHANGED)
    out = repo.ok("diff", "hero", "--sheet", "out.png").out
    assert out.endswith("\nout.png\n")
    planned = sheet(repo.root / "out.png")
    repo.build()
    repo.ok("diff", "hero", "--from", "HEAD", "--sheet", "out.png")
    built = sheet(repo.root / "out.png")
    left, right = (20, 94, 84, 158), (424, 94, 488, 158)
    assert planned.crop(left).tobytes() == built.crop(left).tobytes()
    assert planned.crop(right).tobytes() != built.crop(right).tobytes()
    assert planned.getpixel((425, 96)) == (228, 229, 233)
    assert repo.git("status", "--porcelain", "--", "game/art/old.png") == ""


def test_pictures_of_a_commit_are_read_from_git(repo: Repo) -> None:
    """On a machine that never bought them, with nothing in any cache."""
    repo.spec(CHANGED)
    repo.build()
    repo.ok("diff", "hero", "--from", "HEAD", "--sheet", "here.png")
    here = sheet(repo.root / "here.png")
    shutil.rmtree(repo.base / "data")
    shutil.rmtree(repo.base / "cache")
    repo.ok("diff", "hero", "--from", "HEAD", "--sheet", "there.png")
    assert sheet(repo.root / "there.png").tobytes() == here.tobytes()


def test_a_picture_that_nobody_has_and_one_that_is_damaged(repo: Repo) -> None:
    """Each is a grey box, and the others are shown."""
    repo.git("rm", "-q", "--cached", "game/art/hero.png")
    repo.git("commit", "-m", "without the picture")
    repo.spec(CHANGED)
    repo.build()
    (repo.root / "art/icon.png").write_bytes(b"\x89PNG\r\n\x1a\nno picture")
    for folder in ("data", "cache"):
        shutil.rmtree(repo.base / folder)
    out = repo.ok("diff", "hero", "icon", "--from", "HEAD", "--sheet", "out.png").out
    assert out.endswith("out.png\n")
    assert sheet(repo.root / "out.png").getpixel((21, 95)) == (228, 229, 233)


def test_hundreds_of_rows_are_pages(repo: Repo) -> None:
    """Twenty rows each, so that no sheet and no memory grows without end."""
    small = "{prompt: a star, ops: [{resize: {height: 16}}]}"
    repo.spec("targets:\n" + "".join(f"  star{n}: {small}\n" for n in range(45)))
    repo.ok("build", "--json", "--max-images", "50")
    out = repo.ok("diff", "--from", "HEAD", "--sheet", "out.png").out
    assert out.endswith("out.png and 2 more pages\n")
    assert sorted(path.name for path in repo.root.glob("out*.png")) == [
        "out-2.png",
        "out-3.png",
        "out.png",
    ]
    data = repo.ok("diff", "--from", "HEAD", "--sheet", "out.png", "--json").json
    assert data["sheets"] == ["out.png", "out-2.png", "out-3.png"]


def test_no_sheet_where_no_picture_differs(repo: Repo) -> None:
    """It says so and writes nothing."""
    ran = repo.ok("diff", "--sheet", "out.png")
    assert ran.err == "no sheet: there are no pictures to show\n"
    assert not (repo.root / "out.png").exists()
