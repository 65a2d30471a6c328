"""Pictures that are there already become targets: unchanged, unpaid, with the prompts in them."""

from __future__ import annotations

import io
import json
import os
import subprocess
import time
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.e2e.doctext import DOCS, blocks
from tests.e2e.refusal import refused
from tests.e2e.sandbox import Ran, Sandbox

SETTINGS = "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 9654, Size: 512x512"


def png(number: int = 0, size: tuple[int, int] = (48, 48), **texts: str) -> bytes:
    """Return a PNG of its own bytes, with these texts in it; `_` stands for `-`."""
    info = PngInfo()
    for name, text in texts.items():
        info.add_itxt(name.replace("sd_", "sd-"), text)
    buffer = io.BytesIO()
    color = (number % 256, number // 256 % 256, 90)
    Image.new("RGB", size, color).save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def other(format: str, size: tuple[int, int] = (48, 48), **more: Any) -> bytes:
    """Return a picture of another format."""
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, format, **more)
    return buffer.getvalue()


def files(box: Sandbox) -> dict[str, bytes]:
    """Return all files of the project, but for git's own."""
    return {
        path.relative_to(box.root).as_posix(): path.read_bytes()
        for path in box.root.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(box.root).parts
    }


def prompt_of(box: Sandbox, target: str) -> str:
    """Return the final prompt of a target."""
    prompt: str = box.ok("show", target, "--json").json["targets"][0]["prompt"]
    return prompt


def settled(box: Sandbox) -> None:
    """Expect that nothing is to be done, here and in a clone with empty stores."""
    before = files(box)
    plan = box.ok("plan", "--json").json
    assert {target["verdict"] for target in plan["targets"]} <= {"up_to_date", "kept"}
    assert plan["images"] == {"min": 0, "max": 0}
    assert box.build("--locked")["bought"] == 0
    assert box.build()["bought"] == 0
    assert "verified" in box.ok("verify").out
    assert files(box) == before
    assert box.jobs() == 0
    clone = box.clone(f"clone-{time.monotonic_ns()}")
    clone.ok("build", "--locked")
    clone.ok("verify")
    assert files(clone) == before


def included(box: Sandbox, ran: Ran, top: str) -> None:
    """Do what the command says comes next: include the new file."""
    assert "  include: [imported.yaml]" in ran.out
    box.spec("include: [imported.yaml]\n" + top)


def git(box: Sandbox, *arguments: str) -> str:
    """Run git in the project."""
    done = subprocess.run(
        ["git", "-c", "user.name=A", "-c", "user.email=a@example.com", *arguments],
        cwd=box.root,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def test_two_thousand_pictures_become_a_project(box: Sandbox) -> None:
    """It takes seconds, changes no byte, buys nothing, and nothing is left to do."""
    for number in range(2000):
        said = f"picture number {number}, fine detail\nNegative prompt: blur\n{SETTINGS}"
        box.write(f"art/{number % 20}/p{number:04}.png", png(number, parameters=said))
    before = files(box)
    began = time.monotonic()
    ran = box.ok("import", "art/**/*.png")
    assert time.monotonic() - began < 45
    assert ran.out.splitlines()[:3] == [
        "2,000 pictures adopted, 0 bought",
        "  2,000 prompts from AUTOMATIC1111",
        "wrote assetgen.yaml",
    ]
    after = files(box)
    assert {path: after[path] for path in before} == before
    assert set(after) - set(before) == {"assetgen.yaml", "assetgen.lock", ".gitattributes"}
    assert prompt_of(box, "7/p0007") == "picture number 7, fine detail\nAvoid: blur"
    settled(box)


def test_only_a_new_file_and_the_lock_are_changed(box: Sandbox) -> None:
    """In a project that exists, git shows these two; the spec itself is for its people."""
    box.spec("targets: {moon: a moon}\n")
    box.build()
    box.write("pics/sun.png", png(1))
    git(box, "init", "-q")
    git(box, "add", ".")
    git(box, "commit", "-qm", "before")
    jobs = box.jobs()
    ran = box.ok("import", "pics")
    shown = git(box, "status", "--short").splitlines()
    assert sorted(shown) == [" M assetgen.lock", "?? imported.yaml"]
    included(box, ran, "targets: {moon: a moon}\n")
    assert box.verdicts() == {"moon": "up_to_date", "sun": "up_to_date"}
    assert box.build("--locked")["bought"] == 0
    assert box.jobs() == jobs


def test_nobody_is_told_to_clean_before_the_new_file_is_included(box: Sandbox) -> None:
    """The lock has the pictures already: what is missing is said, and what `clean` would take."""
    box.spec("targets: {moon: a moon, old: an old moon}\n")
    box.build()
    box.spec("targets: {moon: a moon}\n")
    box.write("pics/sun.png", png(1))
    ran = box.ok("import", "pics")
    said = box.ok("plan").out
    assert (
        "2 targets in the lock, not in the spec: old, sun; 1 of them holds a file of yours" in said
    )
    assert "include the file that declares them, such as what 'assetgen import' wrote" in said
    before = files(box)
    asked = box.run("clean")
    assert asked.code == 1
    assert asked.out.splitlines() == [
        "left alone, it is a file of yours that was adopted: pics/sun.png",
        "art/old.png",
        "lock line of old",
        "lock line of sun, which holds a file of yours",
    ]
    assert files(box) == before
    included(box, ran, "targets: {moon: a moon}\n")
    said = box.ok("plan").out
    assert "1 target in the lock, not in the spec: old\n" in said
    assert "'assetgen clean' lists what they left behind" in said


def test_prompts_are_read_from_every_generator(box: Sandbox) -> None:
    """Each becomes the prompt of its target, word for word; what to avoid becomes a style."""
    nodes = {
        "3": {"class_type": "KSampler", "inputs": {"positive": ["6", 0], "negative": ["7", 0]}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a glass bottle"}},
        "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "watermark"}},
    }
    invoke = {"image": {"prompt": [{"prompt": "a moth [a fly]", "weight": 1}]}}
    box.write("art/a.png", png(1, parameters=f"a knight\nNegative prompt: blur\n{SETTINGS}"))
    box.write("art/b.png", png(2, prompt=json.dumps(nodes)))
    box.write("art/c.png", png(3, invokeai_metadata='{"positive_prompt": "a wolf"}'))
    box.write("art/d.png", png(4, sd_metadata=json.dumps(invoke)))
    box.write("art/e.png", png(5, Dream='"a heron" -s50 -S1'))
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + f"a fox\n{SETTINGS}".encode("utf-16-be")
    box.write("art/f.webp", other("WEBP", exif=exif.tobytes()))
    box.write("art/old_wizard-01.png", png(6))
    ran = box.ok("import", "art")
    assert "7 pictures adopted, 0 bought\n" in ran.out
    assert "  3 prompts from InvokeAI\n  2 prompts from AUTOMATIC1111\n" in ran.out
    assert "  1 prompt from ComfyUI\n  1 prompt not found: words of the file's name\n" in ran.out
    assert {name: prompt_of(box, name) for name in "abcdef"} == {
        "a": "a knight\nAvoid: blur",
        "b": "a glass bottle\nAvoid: watermark",
        "c": "a wolf",
        "d": "a moth\nAvoid: a fly",
        "e": "a heron",
        "f": "a fox",
    }
    assert prompt_of(box, "old_wizard-01") == "old wizard 01"
    assert "old wizard 01  # no prompt was found" in (box.root / "assetgen.yaml").read_text()
    settled(box)


ODD = [
    "a {{ secret }} and {% if x %} and {# this #}",
    "{% raw %}{{{masterpiece}}}{% endraw %}",
    "yes",
    "null",
    "key: value # no comment",
    "\x1b[31mred\x1b[0m \u202ebidi \x00nul",
    "two\nlines\n\n  and an indented one",
    "- 'quoted' \"twice\" \\ and so on",
    "a word " * 700 + "end",
    "x" * 5_000,
]


def test_any_text_survives(box: Sandbox) -> None:
    """A target has the prompt that the file has; nothing of it reaches a terminal raw."""
    for number, prompt in enumerate(ODD):
        said = json.dumps({"positive_prompt": prompt})
        box.write(f"art/n{number}.png", png(number, invokeai_metadata=said))
    ran = box.ok("import", "art")
    shown = box.ok("show", "n*", "--json").json["targets"]
    assert [one["prompt"] for one in shown] == [prompt.replace("\0", "") for prompt in ODD]
    spec = (box.root / "assetgen.yaml").read_text()
    assert "\x1b" not in ran.out + ran.err + spec
    assert sum(len(line) > 100 for line in spec.splitlines()) == 1  # the word of 5,000 letters
    settled(box)


def test_a_prompt_that_no_spec_can_hold(box: Sandbox) -> None:
    """The picture is taken in without it, and a comment says so."""
    box.write("art/long.png", png(1, parameters="word " * 5_000))
    box.ok("import", "art")
    assert "# its prompt is too long for a spec" in (box.root / "assetgen.yaml").read_text()
    settled(box)


def test_names_and_paths_of_any_kind(box: Sandbox) -> None:
    """Each file has a target of its own, and is its output, whatever it is called."""
    names = ["a b.png", "a-b.png", "a.jpg", "a.png", "x-wing.PNG", "yes.png", "#1.png", "+1.png"]
    names += ["{{ name }}.png", "tag:x.png", "-f.png", "it's.png", "\u00e9t\u00e9.png"]
    names += [unicodedata.normalize("NFD", "\u00fcber.png"), "[1].png", "100%.webp", "deep/a.png"]
    for number, name in enumerate(names):
        ending = name.rpartition(".")[2].lower()
        data = png(number) if ending == "png" else other({"jpg": "JPEG", "webp": "WEBP"}[ending])
        box.write(f"art/{name}", data)
    box.ok("import", "art")
    targets = box.ok("list", "--json").json["targets"]
    outputs = {path for target in targets for path in target["outputs"]}
    assert outputs == {f"art/{name}" for name in names}
    assert len(targets) == len(names)
    settled(box)


def test_two_files_that_some_systems_take_for_one(box: Sandbox) -> None:
    """A spec may have only one of them; the other one is named."""
    box.write("art/Hero.png", png(1))
    box.write("art/hero.png", png(2))
    ran = box.ok("import", "art")
    assert "  art/hero.png: another file has this name but for its case\n" in ran.out
    settled(box)


def test_pictures_of_one_prompt_stay_apart(box: Sandbox) -> None:
    """They are different pictures of one recipe, so each but the first has a variant."""
    for number in range(3):
        box.write(f"art/{number}.png", png(number, parameters=f"a knight\n{SETTINGS}"))
    box.write("art/copy.png", png(1, parameters=f"a knight\n{SETTINGS}"))
    box.ok("import", "art")
    spec = (box.root / "assetgen.yaml").read_text()
    assert spec.count("variant:") == 3  # of the second one, its copy, and the third
    settled(box)


def test_sizes_become_ratios(box: Sandbox) -> None:
    """Where a picture is not as the project's pictures are, its target says so."""
    box.write("art/a.png", png(1, (40, 60)))
    box.write("art/b.png", png(2, (40, 60)))
    box.write("art/c.png", png(3, (60, 40)))
    box.ok("import", "art")
    spec = (box.root / "assetgen.yaml").read_text()
    assert "  aspect_ratio: 2:3\n" in spec
    assert spec.count("    aspect_ratio: 3:2\n") == 1
    settled(box)


def test_what_the_spec_has_already_is_left_alone(box: Sandbox) -> None:
    """Outputs and inputs of targets are skipped, and named; a name that is taken gets longer."""
    box.spec("targets:\n  moon: {prompt: a moon, output: art/moon.png}\n  logo: {from: ./in.png}\n")
    box.write("in.png", png(1))
    box.build()
    box.write("art/old/moon.png", png(2))
    ran = box.ok("import", ".")
    assert "1 picture adopted, 0 bought\n" in ran.out
    assert "  art/moon.png: moon writes it\n" in ran.out
    assert "  in.png: the spec reads it\n" in ran.out
    assert "\n  art/old/moon:" in (box.root / "imported.yaml").read_text()
    again = box.ok("import", "art/moon.png", "--to", "more.yaml")
    assert "nothing to import\n" in again.out
    assert not (box.root / "more.yaml").exists()


def test_nothing_is_overwritten(box: Sandbox) -> None:
    """A file that is there already ends the import before anything is written."""
    box.spec("targets: {}\n")
    box.write("art/a.png", png(1))
    box.write("imported.yaml", "mine")
    before = files(box)
    refused(
        box,
        "imported.yaml is there already, and an import overwrites nothing",
        "  name another file with --to, or move that one away",
        command=("import", "art"),
    )
    assert files(box) == before
    box.ok("import", "art", "--to", "spec/pictures.yaml")
    assert "\n  a: a  # no prompt" in (box.root / "spec/pictures.yaml").read_text()


def test_a_spec_that_reads_the_new_file_by_itself(box: Sandbox) -> None:
    """Then nothing is to be included."""
    box.spec("include: [parts/*.yaml]\ntargets: {}\n")
    box.write("parts/none.yaml", "targets: {}\n")
    box.write("art/a.png", png(1))
    ran = box.ok("import", "art", "--to", "parts/new.yaml")
    assert "include" not in ran.out
    assert box.verdicts() == {"a": "up_to_date"}


def test_defaults_of_the_project_change_no_picture(box: Sandbox) -> None:
    """A style, an operation, an expectation or an export of everything is not for what is done."""
    top = """\
styles: {ink: bold ink}
presets:
  web: {ops: [{resize: 20}], exports: [{output: "web/{{ name }}.webp"}], expect: {alpha: true}}
defaults:
  use: web
  style: ink
  aspect_ratio: 16:9
  encode: {png: {effort: 1}}
  output: "pics/{{ name }}.png"
targets: {}
"""
    box.spec(top)
    box.write("pics/a.png", png(1, parameters=f"a knight\n{SETTINGS}"))
    box.write("art/b.png", png(2))
    ran = box.ok("import", "pics", "art")
    included(box, ran, top)
    assert prompt_of(box, "pics/a") == "a knight"
    settled(box)


def test_what_cannot_be_taken_in_does_not_stop_the_rest(box: Sandbox) -> None:
    """Each file is named with what is wrong with it; the others are imported."""
    whole = png(1, (300, 300))
    box.write("art/good.png", png(2))
    box.write("art/cut.png", whole[:-30])
    box.write("art/lies.png", other("JPEG"))
    box.write(
        "art/moves.webp", other("WEBP", save_all=True, append_images=[Image.new("L", (48, 48))])
    )
    box.write("art/text.png", "not a picture")
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "a" * 64 + "\nsize 9\n"
    box.write("art/pointer.png", pointer)
    box.write("elsewhere/linked.png", png(3))
    (box.root / "art/link.png").symlink_to("../elsewhere/linked.png")
    header = bytearray(png(4))
    header[16:24] = (60_000).to_bytes(4) * 2
    box.write("art/bomb.png", bytes(header))
    ran = box.run("import", "art")
    assert ran.code == 1
    assert "1 picture adopted, 0 bought\n" in ran.out
    for said in (
        "art/cut.png is cut short",
        "art/lies.png holds a jpg by its bytes",
        "art/moves.webp is animated (2 frames)",
        "art/text.png is not a picture",
        "art/pointer.png is a git-LFS pointer",
        "art/link.png is a symlink, not a regular file",
        "art/bomb.png is damaged",
    ):
        assert said in ran.err, ran.err
    settled(box)


def test_sources_that_lead_to_nothing(box: Sandbox) -> None:
    """They are mistakes of the command line, and nothing is written."""
    box.write("art/notes.txt", "hello")
    ran = box.run("import", "art", "nowhere.png", "b/*.png", "/etc/hostname", "art/notes.txt")
    assert ran.code == 2
    for said in (
        "art leads to no PNG, JPEG or WebP picture",
        "there is no file or folder nowhere.png",
        "no file matches 'b/*.png'",
        "/etc/hostname is outside of the project",
        "art/notes.txt is neither a PNG",
    ):
        assert said in ran.err, ran.err
    assert set(files(box)) == {"art/notes.txt"}


def test_a_table_tells_prompts_of_files_and_of_wishes(box: Sandbox) -> None:
    """A row with a file adopts it; one without becomes a target that a build would make."""
    box.write("data/pics/knight.png", png(1, parameters=f"from the file\n{SETTINGS}"))
    box.write("pics/queen.png", png(2))
    box.write("art/king.png", png(3))
    box.write(
        "data/list.csv",
        "name,filename,prompt,size,seed\n"
        ",pics/knight.png,a knight,,1\n"
        'queen,,"a queen: {{ crowned }}",,2\n'
        "tower,,a tower,1024x512,3\n"
        "silent,,,,4\n"
        "tower,,again,,5\n"
        "king,,a king,,6\n",
    )
    ran = box.run("import", "data/list.csv", "pics")
    assert ran.code == 1
    assert "3 pictures adopted, 0 bought\n1 target without a picture yet\n" in ran.out
    assert "  4 prompts from data/list.csv\n" in ran.out
    assert "  tower: row 5 of data/list.csv, but there is such a target\n" in ran.out
    assert "not used of data/list.csv: seed\n" in ran.out
    assert (
        "in data/list.csv, rows without a prompt that a spec can hold, or a picture: 4" in ran.err
    )
    assert prompt_of(box, "queen") == "a queen: {{ crowned }}"
    assert box.verdicts() == {
        "data/pics/knight": "up_to_date",
        "king": "up_to_date",
        "queen": "up_to_date",
        "tower": "run",
    }
    assert box.ok("show", "tower", "--json").json["targets"][0]["aspect_ratio"] == "2:1"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("a.json", '{"moon": "a moon", "sun": "a sun"}'),
        ("a.json", '[{"name": "moon", "prompt": "a moon"}, {"id": "sun", "prompt": "a sun"}]'),
        (
            "a.json",
            '{"cards": [{"title": "moon", "text": "a moon"}, {"key": "sun", "prompt": "a sun"}]}',
        ),
        ("a.tsv", "id\tPrompt\nmoon\ta moon\nsun\ta sun\n"),
        ("a.yaml", "moon: a moon\nsun: {prompt: a sun}\n"),
    ],
)
def test_tables_of_many_shapes(box: Sandbox, file: str, text: str) -> None:
    """Whatever holds names and prompts becomes targets, which a build can make."""
    box.write(file, text)
    ran = box.ok("import", file)
    assert "2 targets without a picture yet\n" in ran.out
    assert (prompt_of(box, "moon"), prompt_of(box, "sun")) == ("a moon", "a sun")
    assert box.build()["bought"] == 2
    assert {"art/moon.png", "art/sun.png"} <= set(files(box))


def test_a_look_before(box: Sandbox) -> None:
    """A dry run prints the file, says the rest beside it, and writes nothing at all."""
    box.write("art/a.png", png(1))
    ran = box.ok("import", "art", "--dry-run")
    assert "1 picture would be adopted, 0 bought\n" in ran.err
    assert set(files(box)) == {"art/a.png"}
    assert not (box.base / "data" / "blobs").exists()
    box.ok("import", "art")
    assert (box.root / "assetgen.yaml").read_text() == ran.out


def test_again_after_a_change_of_mind(box: Sandbox) -> None:
    """Who throws the new file away can import again, and comes to the same."""
    box.write("art/a.png", png(1))
    box.ok("import", "art")
    before = files(box)
    (box.root / "assetgen.yaml").unlink()
    box.ok("import", "art")
    assert files(box) == before
    for name in ("assetgen.yaml", "assetgen.lock"):
        (box.root / name).unlink()
    box.ok("import", "art")
    assert files(box) == before


def test_two_projects_with_one_prompt(box: Sandbox) -> None:
    """What one of them took in is not written into the lock of the other."""
    box.write("art/button.png", png(1))
    box.ok("import", "art")
    second = Sandbox(box.base, name="second")
    second.write("art/button.png", png(2))
    second.ok("import", "art")
    lines = [json.loads(one) for one in (second.root / "assetgen.lock").read_text().splitlines()]
    assert len(lines[1]["takes"]) == 1
    settled(second)
    settled(box)


def test_from_a_folder_inside(box: Sandbox) -> None:
    """Sources and the new file are relative to where one stands."""
    box.spec("targets: {}\n")
    box.write("art/a.png", png(1))
    box.write("art/b.png", png(2))
    assert box.run("import", "a.png", cwd=box.root / "art").code == 0
    assert (box.root / "art/imported.yaml").exists() is False
    assert "output: art/a.png" not in (box.root / "imported.yaml").read_text()
    ran = box.run("-C", "art", "import", "b.png", "--to", "b.yaml")
    assert ran.code == 0
    assert (box.root / "art/b.yaml").exists()


def test_more_than_one_file_can_hold(box: Sandbox) -> None:
    """Prompts of several megabytes are spread over files that include each other."""
    rows = [{"name": f"n{number}", "prompt": f"{number} " + "x" * 9_000} for number in range(700)]
    for part in range(3):
        box.write(f"{part}.json", json.dumps(rows[part::3]))
    box.ok("import", "0.json", "1.json", "2.json")
    assert {"assetgen.yaml", "imported-2.yaml", "imported-3.yaml"} < set(files(box))
    assert len(box.verdicts()) == 700


def test_a_file_of_the_user_is_never_touched(box: Sandbox) -> None:
    """Not even its time: a game engine would import it anew."""
    place = box.write("art/a.png", png(1))
    os.utime(place, ns=(1_000_000_000, 1_000_000_000))
    box.ok("import", "art")
    box.build()
    assert place.stat().st_mtime_ns == 1_000_000_000


def test_an_import_that_was_cut_off(box: Sandbox) -> None:
    """The new file comes last, so the same command goes on where there is none."""
    box.write("art/a.png", png(1))
    Path(box.root / "assetgen.lock").mkdir()
    ran = box.run("import", "art")
    assert ran.code == 1
    assert not (box.root / "assetgen.yaml").exists()
    (box.root / "assetgen.lock").rmdir()
    box.ok("import", "art")
    settled(box)


def test_the_page_shows_what_is_written(box: Sandbox) -> None:
    """The example of the page is what the command makes of such files."""
    avoid = "\nNegative prompt: blurry, text\n"
    meadow = (
        "a wide meadow at dawn, mist between the birches, a narrow path that leads to a stone"
        " bridge, painted in gouache with visible strokes, soft light from the left\n"
    )
    rest = "a knight at rest, side view"
    box.write("art/hero/idle.png", png(1, parameters=rest + avoid + SETTINGS))
    box.write("art/hero/run.png", png(2, parameters=f"a knight running, side view\n{SETTINGS}"))
    box.write("art/meadow.png", png(3, (96, 48), parameters=meadow + SETTINGS))
    box.write("art/old_sign.png", png(4))
    page = (DOCS / "import.md").read_text(encoding="utf-8")
    (console,) = blocks(page, "console")
    for command, shown in console.commands:
        assert box.ok(*command.split()[1:]).out == shown
    (spec,) = blocks(page, "yaml")
    assert (box.root / "assetgen.yaml").read_text() == spec.text


def test_what_comes_next_after_a_table_alone(box: Sandbox) -> None:
    """Nothing was adopted, so nothing is said of that."""
    box.write("list.json", '{"moon": "a pale moon"}')
    out = box.ok("import", "list.json").out
    assert out.splitlines()[-1] == (
        "next: 'assetgen plan' shows what the targets without a picture would cost"
    )
