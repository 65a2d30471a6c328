"""`assetgen gallery`: a folder with every picture, which says what is so and what would be done."""

from __future__ import annotations

import csv
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from assetgen.digest import sha256
from tests.e2e.emulated import Market
from tests.e2e.sandbox import Sandbox

HOSTILE = "</script><img src=x onerror=alert(1)>"
SPEC = f"""\
styles: {{ink: bold ink outlines}}
targets:
  base: {{prompt: a knight, style: [ink], aspect_ratio: 1:1, output: art/base.png, tags: [hero]}}
  red: {{edit: base, prompt: "a red cape {HOSTILE}", output: art/red.png}}
  icon: {{from: base, ops: [{{resize: {{width: 64}}}}], output: art/icon.webp}}
  hidden: {{prompt: a sketch, output: none}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Sandbox:
    """A project whose drafts are drawn."""
    found = Sandbox(tmp_path)
    found.spec(SPEC)
    found.build("--draft")
    return found


def document(project: Sandbox, *arguments: str, folder: str = "assetgen-gallery") -> Any:
    """Write the gallery and return its document."""
    project.ok("gallery", *arguments)
    text = (project.root / folder / "data.js").read_text(encoding="ascii")
    quoted = re.fullmatch(r".*JSON\.parse\((\".*\")\);\n", text, re.S)
    assert quoted is not None
    return json.loads(json.loads(quoted[1]))


def target(data: Any, name: str) -> Any:
    """Return a target of a document."""
    (found,) = [one for one in data["targets"] if one["name"] == name]
    return found


def test_a_folder_holds_the_page_and_every_picture(project: Sandbox) -> None:
    """Each picture that the page names is there, once, and git sees none of it."""
    ran = project.ok("gallery")
    assert ran.out == "4 targets, 3 pictures\nassetgen-gallery/index.html\n"
    folder = project.root / "assetgen-gallery"
    assert (folder / ".gitignore").read_text() == "*\n"
    data = document(project)
    assert [one["name"] for one in data["targets"]] == ["base", "red", "icon", "hidden"]
    assert data["summary"]["verdicts"] == {"up_to_date": 3, "run": 1}
    for one in data["targets"]:
        for shown in (*one["takes"], *one["outputs"]):
            assert (folder / shown["picture"]["thumb"]).is_file()
            assert (folder / shown["picture"]["full"]).is_file()
    base = target(data, "base")
    assert base["styles"] == ["ink"]
    assert base["dependants"] == ["red", "icon"]
    assert base["outputs"][0]["picture"]["width"] == 1024
    assert base["takes"][0]["picture"] == base["outputs"][0]["picture"]
    assert target(data, "icon")["outputs"][0]["picture"]["width"] == 64
    assert target(data, "red")["inputs"] == [{"role": "image", "target": "base"}]


def test_a_second_writing_makes_nothing_anew(project: Sandbox) -> None:
    """Pictures stay as they are on the disk, also those of a target that has another name now."""
    document(project)
    folder = project.root / "assetgen-gallery"
    before = {path: path.stat().st_mtime_ns for path in folder.glob("*/*")}
    project.spec(
        SPEC.replace("  red:", "  x-red:").replace("x-red: {edit: base", "blue: {edit: base")
    )
    data = document(project)
    assert target(data, "blue")["verdict"] == "restore"
    after = {path: path.stat().st_mtime_ns for path in folder.glob("*/*")}
    kept = after.keys() & before.keys()
    assert len(kept) == len(before) > 0
    assert {path: before[path] for path in kept} == {path: after[path] for path in kept}


def test_pictures_that_are_not_shown_any_more_go(project: Sandbox) -> None:
    """Those of a target that left the spec are removed from the folder."""
    document(project)
    spec = "".join(line for line in SPEC.splitlines(True) if not line.startswith("  icon"))
    project.spec(spec)
    data = document(project)
    shown = {o["picture"]["thumb"] for one in data["targets"] for o in one["outputs"]}
    folder = project.root / "assetgen-gallery"
    assert {f"thumbs/{path.name}" for path in (folder / "thumbs").iterdir()} == shown


def test_a_selection_has_a_page_of_its_own(project: Sandbox) -> None:
    """Names and tags choose what is shown; -o says where."""
    data = document(project, "tag:hero", "-o", "page", folder="page")
    assert [one["name"] for one in data["targets"]] == ["base"]
    data = document(project, "--exclude", "hidden", "-o", "page", folder="page")
    assert [one["name"] for one in data["targets"]] == ["base", "red", "icon"]


def test_a_changed_prompt_is_told_with_its_price(project: Sandbox) -> None:
    """What the picture was made of, word by word; what stands is still shown."""
    project.spec(SPEC.replace("a knight", "an old knight"))
    data = document(project, "--draft")
    base = target(data, "base")
    assert base["verdict"] == "run"
    assert base["price"]["images"] == {"min": 1, "max": 1}
    assert base["made_of"]["prompt"] == "a knight\nbold ink outlines"
    assert ["insert", "an old "] in base["changes"][0]["diff"]
    assert base["outputs"][0]["state"] == "old"
    assert base["outputs"][0]["picture"]
    assert target(data, "red")["verdict"] == "pending"


def test_what_waits_for_a_pick_is_said_without_a_terminal(shop: Market) -> None:
    """On a page one clicks; the command is for who reads the plan."""
    shop.spec(
        "defaults: {model: xai/grok-imagine-image, providers: [runware]}\n"
        "targets:\n"
        "  base: {prompt: a knight, review: required}\n"
        "  red: {edit: base, prompt: a red cape}\n"
    )
    assert shop.run("build", "--max-images", "2").code == 75
    red = target(document(shop), "red")
    assert (red["verdict"], red["reasons"]) == ("blocked", ["needs base, which waits for a pick"])
    assert "waits for a pick: 'assetgen pick base N'" in shop.ok("plan").out


def test_an_edited_file_has_before_and_after(project: Sandbox) -> None:
    """Of a file that somebody painted over, both are shown."""
    was = target(document(project), "icon")["outputs"][0]["picture"]
    Image.new("RGB", (300, 200), "teal").save(project.root / "art" / "icon.webp", "WEBP")
    icon = target(document(project), "icon")
    assert icon["verdict"] == "modified"
    assert icon["before"] == was
    assert icon["after"]["width"] == 300
    assert icon["outputs"][0]["state"] == "modified"


def test_a_damaged_picture_is_left_out(project: Sandbox) -> None:
    """Bytes that only look like a picture make no page fail."""
    data = (project.root / "art" / "base.png").read_bytes()
    project.write("art/icon.webp", data[:-400] + b"\0" * 360 + data[-40:])
    ran = project.ok("gallery", "--json").json
    assert ran["unreadable"] == 1
    icon = target(document(project), "icon")
    assert icon["outputs"][0]["picture"] is None


def test_a_clone_without_bought_pictures_shows_its_files(project: Sandbox) -> None:
    """With an empty store, what is in the project is shown; a take that is not there is said."""
    clone = project.clone("elsewhere")
    data = document(clone)
    assert target(data, "icon")["outputs"][0]["picture"]
    assert target(data, "red")["takes"][0]["picture"]
    (clone.root / "art" / "red.png").unlink()
    assert target(document(clone), "red")["takes"][0]["picture"] is None


def test_the_project_itself_is_not_touched(project: Sandbox) -> None:
    """Lock and outputs stay to the byte, also where the plan has much to do."""
    project.spec(SPEC.replace("a knight", "an old knight"))
    files = [path for path in project.root.rglob("*") if path.is_file()]
    before = {path: path.read_bytes() for path in files}
    project.ok("gallery", "-o", str(project.base / "page"))
    assert {p: p.read_bytes() for p in project.root.rglob("*") if p.is_file()} == before


def test_a_folder_with_other_files_is_refused(project: Sandbox) -> None:
    """The project's own art folder is not taken for a gallery."""
    ran = project.run("gallery", "-o", "art")
    assert ran.code == 2
    assert "holds other files" in ran.err


def test_the_table_has_every_target(project: Sandbox) -> None:
    """targets.csv lists them with verdicts and prompts, hostile ones too."""
    document(project)
    text = (project.root / "assetgen-gallery" / "targets.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(text.splitlines()))
    assert [row["name"] for row in rows] == ["base", "red", "icon", "hidden"]
    assert HOSTILE in rows[1]["prompt"]


def test_what_differs_from_a_commit_has_before_and_after(project: Sandbox) -> None:
    """On a clone too: the former picture comes out of git, and the prompt's words are told."""

    def git(*arguments: str) -> None:
        named = ("-c", "user.name=me", "-c", "user.email=me@example.com")
        subprocess.run(["git", *named, *arguments], cwd=project.root, check=True, env=project.env)

    was = sha256((project.root / "art" / "base.png").read_bytes())
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-q", "-m", "first")
    project.spec(SPEC.replace("a knight", "an old knight"))
    project.build("--draft")
    clone = project.clone("elsewhere")
    data = document(clone, "--from", "main")
    base = target(data, "base")
    assert base["verdict"] == "up_to_date"
    assert base["before"]["full"] == f"pictures/{was}.png"
    assert base["after"] == base["outputs"][0]["picture"]
    assert ["insert", "an old "] in base["changes"][0]["diff"]
    assert (clone.root / "assetgen-gallery" / base["before"]["thumb"]).is_file()
    assert target(data, "hidden")["before"] is None
    assert clone.run("gallery", "--from", "nowhere").code == 2
