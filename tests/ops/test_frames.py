"""The texts of data files: what loaders read stands there, and no name can break out of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetgen.errors import ImageError, Problem
from assetgen.ops.frames import FORMATS, KINDS, frames_text
from assetgen.ops.sheets import Frame, SheetFile, check_names

SHEET = SheetFile("hero.png", 64, 32)
SHEETS = [SheetFile("hero-0.png", 64, 32), SheetFile("hero-1.png", 30, 20)]
RUN = Frame("run/0", 0, 2, 3, 10, 20, 10, 20, 0, 0)
JUMP = Frame("jump", 0, 14, 3, 6, 7, 16, 17, 4, 5)
FALL = Frame("fall", 1, 2, 2, 8, 8, 8, 8, 0, 0)
NAMES = st.text(min_size=1, max_size=12)


def placed(kind: str, **more: Any) -> Any:
    return json.loads(frames_text(kind, [SHEET], [RUN, JUMP], **more))


def problem_of(*args: Any, **more: Any) -> Problem:
    with pytest.raises(ImageError) as caught:
        frames_text(*args, **more)
    return caught.value.problems[0]


def test_a_hash_for_phaser() -> None:
    """Each frame has its rectangle, and a trimmed one its place in its source."""
    data = placed("phaser-hash")
    assert data["frames"] == {
        "run/0": {
            "frame": {"x": 2, "y": 3, "w": 10, "h": 20},
            "rotated": False,
            "trimmed": False,
            "spriteSourceSize": {"x": 0, "y": 0, "w": 10, "h": 20},
            "sourceSize": {"w": 10, "h": 20},
        },
        "jump": {
            "frame": {"x": 14, "y": 3, "w": 6, "h": 7},
            "rotated": False,
            "trimmed": True,
            "spriteSourceSize": {"x": 4, "y": 5, "w": 6, "h": 7},
            "sourceSize": {"w": 16, "h": 17},
        },
    }
    assert data["meta"] == {
        "app": "assetgen",
        "image": "hero.png",
        "format": "RGBA8888",
        "size": {"w": 64, "h": 32},
        "scale": "1",
    }


def test_an_array_for_phaser() -> None:
    """The same, as a list in the order of the sprites."""
    listed, keyed = placed("phaser-array"), placed("phaser-hash")
    names = [frame.pop("filename") for frame in listed["frames"]]
    assert names == ["run/0", "jump"]
    assert dict(zip(names, listed["frames"], strict=True)) == keyed["frames"]
    assert listed["meta"] == keyed["meta"]


@pytest.mark.parametrize("kind", ["phaser-hash", "phaser-array"])
def test_several_pages_in_one_file_for_phaser(kind: str) -> None:
    """They are a multi-atlas: a list of textures, with the frames of each."""
    data = json.loads(frames_text(kind, SHEETS, [FALL, RUN], {"run": {"frames": ["run/0"]}}))
    assert [texture["image"] for texture in data["textures"]] == ["hero-0.png", "hero-1.png"]
    assert [[f["filename"] for f in t["frames"]] for t in data["textures"]] == [["run/0"], ["fall"]]
    # Phaser keeps what stands in a texture, and drops the rest.
    assert [anim["key"] for anim in data["textures"][0]["anims"]] == ["run"]
    assert "anims" not in data["textures"][1]


@pytest.mark.parametrize("kind", sorted(FORMATS))
def test_a_file_for_one_page_of_several(kind: str) -> None:
    """It holds the frames of that page, names its sheet, and is no multi-atlas."""
    data = json.loads(frames_text(kind, SHEETS, [RUN, FALL], page=1))
    assert data["meta"]["image"] == "hero-1.png"
    assert "fall" in json.dumps(data["frames"])
    assert "run/0" not in json.dumps(data["frames"])


def test_pages_for_pixi_know_each_other() -> None:
    """Loading one page's file loads the others."""
    files = ["hero 0.json", "hero#1.json"]
    first = json.loads(frames_text("pixi", SHEETS, [RUN, FALL], page=0, siblings=files))
    second = json.loads(frames_text("pixi", SHEETS, [RUN, FALL], page=1, siblings=files))
    assert first["meta"]["related_multi_packs"] == ["hero%231.json"]
    assert second["meta"]["related_multi_packs"] == ["hero%200.json"]


def test_pixi_takes_the_resolution_from_the_name_of_the_sheet() -> None:
    """A scale in the file would win over `hero@2x.png`."""
    data = placed("pixi")
    assert "scale" not in data["meta"]
    assert "related_multi_packs" not in data["meta"]


def test_animations_for_pixi() -> None:
    """They are lists of frames by name."""
    data = placed("pixi", animations={"go": {"frames": ["jump", "run/0", "jump"]}})
    assert data["animations"] == {"go": ["jump", "run/0", "jump"]}


def test_animations_for_phaser() -> None:
    """They are what its animation manager takes, with fps and loop; durations follow fps."""
    moves = {
        "go": {"frames": ["run/0", "jump"], "fps": 8, "loop": False},
        "hop": {"frames": ["jump"]},
    }
    data = placed("phaser-hash", animations=moves)
    assert data["anims"] == [
        {
            "key": "go",
            "type": "frame",
            "frames": [{"frame": "run/0"}, {"frame": "jump"}],
            "frameRate": 8,
            "repeat": 0,
        },
        {
            "key": "hop",
            "type": "frame",
            "frames": [{"frame": "jump"}],
            "frameRate": 12,
            "repeat": -1,
        },
    ]
    assert [frame["duration"] for frame in data["frames"].values()] == [125, 125]


def test_tags_are_ranges() -> None:
    """An animation whose frames follow each other, either way, is a tag as Aseprite has them."""
    frames = [replace(RUN, name=name) for name in "abc"]
    moves: dict[str, Any] = {
        "on": {"frames": ["b", "c"]},
        "back": {"frames": ["c", "b", "a"], "loop": False},
        "jumps": {"frames": ["a", "c"]},
    }
    data = json.loads(frames_text("phaser-array", [SHEET], frames, moves))
    assert data["meta"]["frameTags"] == [
        {"name": "on", "from": 1, "to": 2, "direction": "forward"},
        {"name": "back", "from": 0, "to": 2, "direction": "reverse", "repeat": "1"},
    ]


@pytest.mark.parametrize(
    ("kind", "step"), [("pixi", "`max_size`"), ("phaser-hash", "one file"), ("tres", "one file")]
)
def test_an_animation_on_two_pages(kind: str, step: str) -> None:
    """A file of one page cannot show it and says what to do; another page does not care."""
    moves = {"go": {"frames": ["run/0", "fall"]}}
    problem = problem_of(kind, SHEETS, [RUN, FALL], moves, page=0)
    assert problem.kind.name == "atlas-animation-split"
    assert step in problem.step
    third = [*SHEETS, SheetFile("hero-2.png", 9, 9)]
    assert frames_text(kind, third, [RUN, FALL, replace(JUMP, page=2)], moves, page=2)


def test_pixi_has_no_file_for_several_pages() -> None:
    """It is refused, with the way to write several."""
    problem = problem_of("pixi", SHEETS, [RUN, FALL])
    assert problem.kind.name == "atlas-pixi-pages"
    assert "{{ page }}" in problem.step


def test_a_class_for_each_frame() -> None:
    """An element is as large as the sprite was, and shows the frame where it was."""
    assert frames_text("css", [SHEET], [RUN, JUMP], {"go": {"frames": ["jump"]}}) == (
        ".run\\/0 {\n"
        "  display: inline-block;\n"
        "  box-sizing: content-box;\n"
        "  width: 10px;\n"
        "  height: 20px;\n"
        "  padding: 0 0 0 0;\n"
        '  background: url("hero.png") -2px -3px no-repeat content-box;\n'
        "}\n"
        "\n"
        ".jump {\n"
        "  display: inline-block;\n"
        "  box-sizing: content-box;\n"
        "  width: 6px;\n"
        "  height: 7px;\n"
        "  padding: 5px 6px 5px 4px;\n"
        '  background: url("hero.png") -14px -3px no-repeat content-box;\n'
        "}\n"
    )


@pytest.mark.parametrize(
    ("name", "selector"),
    [
        ("7up", "\\37 up"),
        ("-7", "-\\37 "),
        ("-", "\\2d "),
        ("--x", "--x"),
        ("a b\tc", "a-b-c"),
        ("a{}b", "a\\{\\}b"),
        ("日本", "日本"),
        ("x\x01y", "x\\1 y"),
    ],
)
def test_class_names(name: str, selector: str) -> None:
    """What an identifier may not hold is escaped, and what an attribute splits at is a hyphen."""
    text = frames_text("css", [SHEET], [replace(RUN, name=name)])
    assert text.startswith(f".{selector} {{\n")


def test_classes_that_would_be_the_same() -> None:
    """The second one is numbered."""
    frames = [replace(RUN, name=name) for name in ("a b", "a-b", "a-b-2")]
    text = frames_text("css", [SHEET], frames)
    assert re.findall(r"^\.(.*) \{$", text, re.MULTILINE) == ["a-b", "a-b-2", "a-b-2-2"]


def test_a_resource_for_godot() -> None:
    """Frames are regions of the sheets, with what was trimmed as a margin; the rest follows."""
    moves = {"go": {"frames": ["run/0", "fall"], "fps": 7.5, "loop": False}}
    assert frames_text("tres", SHEETS, [RUN, JUMP, FALL], moves) == (
        '[gd_resource type="SpriteFrames" load_steps=6 format=3]\n'
        "\n"
        '[ext_resource type="Texture2D" path="hero-0.png" id="1"]\n'
        '[ext_resource type="Texture2D" path="hero-1.png" id="2"]\n'
        "\n"
        '[sub_resource type="AtlasTexture" id="AtlasTexture_1"]\n'
        'atlas = ExtResource("1")\n'
        "region = Rect2(2, 3, 10, 20)\n"
        "\n"
        '[sub_resource type="AtlasTexture" id="AtlasTexture_2"]\n'
        'atlas = ExtResource("1")\n'
        "region = Rect2(14, 3, 6, 7)\n"
        "margin = Rect2(4, 5, 10, 10)\n"
        "\n"
        '[sub_resource type="AtlasTexture" id="AtlasTexture_3"]\n'
        'atlas = ExtResource("2")\n'
        "region = Rect2(2, 2, 8, 8)\n"
        "\n"
        "[resource]\n"
        "animations = [{\n"
        '"frames": [{\n'
        '"duration": 1.0,\n'
        '"texture": SubResource("AtlasTexture_1")\n'
        "}, {\n"
        '"duration": 1.0,\n'
        '"texture": SubResource("AtlasTexture_3")\n'
        "}],\n"
        '"loop": false,\n'
        '"name": &"go",\n'
        '"speed": 7.5\n'
        "}, {\n"
        '"frames": [{\n'
        '"duration": 1.0,\n'
        '"texture": SubResource("AtlasTexture_2")\n'
        "}],\n"
        '"loop": false,\n'
        '"name": &"jump",\n'
        '"speed": 12.0\n'
        "}]\n"
    )


def test_a_frame_called_like_an_animation() -> None:
    """For Godot the frame takes another name, so that both can be shown."""
    text = frames_text("tres", [SHEET], [RUN, JUMP], {"jump": {"frames": ["run/0"]}})
    assert godot_names(text) == ["jump", "jump-2"]


_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)


def godot_names(text: str) -> list[str]:
    """Return the names of animations, read as Godot reads strings; all else must be as written."""
    rest = text
    strings: list[str] = []

    def keep(match: re.Match[str]) -> str:
        strings.append(re.sub(r"\\u([0-9a-f]{4})|\\(.)", unescape, match[1], flags=re.DOTALL))
        return f'"{len(strings) - 1}"'

    rest = _STRING.sub(keep, text)
    numbers = re.findall(r'&"(\d+)"', rest)
    return [strings[int(number)] for number in numbers]


def unescape(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else match[2]


def clean(name: str) -> str:
    return name.replace("\0", "\ufffd")


@given(st.lists(NAMES, min_size=1, max_size=4, unique_by=clean))
def test_no_name_breaks_out_of_a_resource(names: list[str]) -> None:
    """Whatever frames are called, Godot reads these names back, and nothing else."""
    frames = [replace(RUN, name=name) for name in names]
    text = frames_text("tres", [SHEET], frames)
    assert godot_names(text) == [clean(name) for name in names]
    outside = _STRING.sub("", text)
    expected = _STRING.sub("", frames_text("tres", [SHEET], numbered(len(names))))
    assert outside == expected


@given(st.lists(NAMES, min_size=1, max_size=4, unique=True))
def test_no_name_breaks_out_of_a_style_sheet(names: list[str]) -> None:
    """Whatever frames are called, there is one rule for each, and nothing but rules."""
    text = frames_text("css", [SHEET], [replace(RUN, name=name) for name in names])
    # An escape is a backslash and hexadecimal digits with a space, or one other character.
    simple = re.sub(r"\\(?:[0-9a-f]+ |[^0-9a-f\n])", "e", text)
    for rule in simple.removesuffix("\n").split("\n\n"):
        selector, *rest = rule.split("\n")
        assert re.fullmatch(r"\.(?:[\w-]|[^\x00-\x7f])+ \{", selector)
        assert rest[-1] == "}"
        assert len(rest) == 7


@given(st.lists(NAMES, min_size=1, max_size=4, unique=True), st.sampled_from(sorted(FORMATS)))
def test_no_name_breaks_out_of_json(names: list[str], kind: str) -> None:
    """Whatever frames are called, these are the names that a loader reads."""
    frames = [replace(RUN, name=name) for name in names]
    moves = {name: {"frames": [name]} for name in names}
    text = frames_text(kind, [SHEET], frames, moves)
    data = json.loads(text)
    listed = data["frames"]
    found = [frame["filename"] for frame in listed] if isinstance(listed, list) else list(listed)
    assert found == names
    assert text.isascii()


def numbered(count: int) -> list[Frame]:
    return [replace(RUN, name=str(n)) for n in range(count)]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_text(kind: str) -> None:
    """It is the same again, ends with a line break, and is UTF-8 whatever it holds."""
    frames = [replace(RUN, name="half \ud800 a pair"), JUMP]
    text = frames_text(kind, [SHEET], frames)
    assert text == frames_text(kind, [SHEET], frames)
    assert text.endswith("\n")
    assert text.encode()


@pytest.mark.parametrize("kind", ["phaser-hash", "pixi"])
def test_a_sheet_whose_name_is_no_address(kind: str) -> None:
    """What an address gives a meaning to is written as a loader needs it; the rest is readable."""
    sheet = replace(SHEET, path="../sheets/größe #1 100%?.png")
    data = json.loads(frames_text(kind, [sheet], [RUN]))
    assert data["meta"]["image"] == "../sheets/größe%20%231%20100%25%3F.png"


def test_a_sheet_whose_name_would_end_a_string() -> None:
    """Quotes and line breaks stay within the string, in a style sheet and in a resource."""
    sheet = replace(SHEET, path='a") url(evil\n\\.png')
    css = frames_text("css", [sheet], [RUN])
    assert 'url("a%22%29%20url%28evil%0A%5C.png") -2px' in css
    tres = frames_text("tres", [sheet], [RUN])
    assert 'path="a\\") url(evil\\u000a\\\\.png" id="1"]' in tres


@pytest.mark.parametrize(
    ("names", "animations", "kind"),
    [
        (["a", "b", "a"], {}, "atlas-frame-twice"),
        (["a", ""], {}, "atlas-frame-unnamed"),
        (["walk/0"], {"walk": {"frames": ["walk/1"]}}, "atlas-animation-frame"),
    ],
)
def test_names_that_cannot_work(
    names: Sequence[str], animations: Mapping[str, Any], kind: str
) -> None:
    """They are known before anything is bought, and no data file is written with them."""
    assert [problem.kind.name for problem in check_names(names, animations)] == [kind]
    frames = [replace(RUN, name=name) for name in names]
    assert problem_of("phaser-hash", [SHEET], frames, animations).kind.name == kind


def test_a_frame_that_an_animation_misspells() -> None:
    """The nearest frame is named."""
    (problem,) = check_names(["walk/0", "jump"], {"go": {"frames": ["jumb", "jumb"]}})
    assert problem.step == "did you mean 'jump'?"


def test_an_unknown_format() -> None:
    """All kinds are known by name, and the nearest one is proposed."""
    assert problem_of("pixie", [SHEET], [RUN]).step == "did you mean 'pixi'?"
