"""Atlases, and boxes that many pictures are measured for."""

from __future__ import annotations

from typing import Any

import pytest

from assetgen.graph import Graph, Op
from tests.spec.build import expanded, problem_of

FRAMES: dict[str, Any] = {"hero/a": "p", "hero/b": "p", "hero/c": "p"}


def sheet(output: str = "s.webp", **atlas: Any) -> Graph:
    """Return three targets and a sheet of them."""
    fields = {"atlas": {"inputs": "hero/*", **atlas}, "output": output}
    return expanded(targets={**FRAMES, "sheet": fields})


def kind(output: str = "s.webp", **atlas: Any) -> str:
    """Return the kind of the one mistake."""
    fields = {"atlas": {"inputs": "hero/*", **atlas}, "output": output}
    return problem_of(targets={**FRAMES, "sheet": fields}).kind.name


def files(graph: Graph) -> list[tuple[str, str, dict[str, Any]]]:
    """Return path, content and arguments of each file of the sheet."""
    outputs = graph.targets["sheet"].outputs
    return [(o.path, o.content.name, dict(o.content.args)) for o in outputs if o.content]


def test_a_sheet_and_its_frames() -> None:
    """The data file says where the sheet is from where it stands itself."""
    assert files(sheet("art/s.webp", json="data/s.json")) == [
        ("art/s.webp", "sheet", {"page": 0}),
        (
            "data/s.json",
            "frames",
            {"kind": "phaser-hash", "sheets": ["../art/s.webp"], "page": None, "siblings": []},
        ),
    ]


def test_pages_are_files_that_are_known_beforehand() -> None:
    """Each sheet has a path of its own, and the data is one file or one for each."""
    graph = sheet("s{{ page }}.webp", pages=2, json="s.json", format="phaser-array")
    assert [path for path, _, _ in files(graph)] == ["s0.webp", "s1.webp", "s.json"]
    graph = sheet("s{{ page }}.webp", pages=2, json="s{{ page }}.json", format="pixi")
    assert files(graph)[2:] == [
        (
            f"s{page}.json",
            "frames",
            {
                "kind": "pixi",
                "sheets": ["s0.webp", "s1.webp"],
                "page": page,
                "siblings": ["s0.json", "s1.json"],
            },
        )
        for page in (0, 1)
    ]


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"pages": 2}, "atlas-page-unnamed"),
        (
            {"output": "s{{ page }}.webp", "pages": 2, "json": "s.json", "format": "pixi"},
            "atlas-data-per-page",
        ),
        ({"frame": "{{ stem }}", "inputs": ["hero/*", "./ui/a.png"]}, "frame-twice"),
        ({"frame": "{{ outfit }}"}, "template-unknown-name"),
        ({"animations": {"walk": "villain/*"}}, "animation-without-frames"),
    ],
)
def test_what_cannot_be_packed(fields: dict[str, Any], wanted: str) -> None:
    """Told before anything is bought."""
    assert kind(**fields) == wanted


def test_frames_have_names_by_template() -> None:
    """The target's whole name, or its last part; a file's without its extension."""
    graph = sheet(frame="{{ stem | upper }}.png", inputs=["hero/*", "./ui/ok.png"])
    atlas = graph.targets["sheet"].atlas
    assert atlas is not None
    assert atlas["frames"] == ["A.png", "B.png", "C.png", "OK.png"]


def test_animations_show_frames_in_the_order_of_targets() -> None:
    """In short or in long."""
    graph = sheet(
        frame="{{ stem }}",
        animations={"walk": "hero/*", "turn": {"frames": ["hero/c", "hero/a"], "fps": 8}},
    )
    atlas = graph.targets["sheet"].atlas
    assert atlas is not None
    assert atlas["animations"] == {
        "walk": {"frames": ["a", "b", "c"]},
        "turn": {"frames": ["c", "a"], "fps": 8},
    }


def test_a_sheet_keeps_its_size() -> None:
    """An op that would move the frames is refused; one from the defaults is not meant for it."""
    fields = {"atlas": {"inputs": "hero/*"}, "ops": [{"resize": 64}]}
    assert problem_of(targets={**FRAMES, "sheet": fields}).kind.name == "op-moves-frames"
    graph = expanded(
        defaults={"ops": [{"resize": 64}]},
        targets={**FRAMES, "sheet": {"atlas": {"inputs": "hero/*"}, "ops": [{"quantize": 8}]}},
    )
    assert graph.targets["sheet"].outputs[0].ops == (Op("quantize", {"colors": 8}),)


def test_a_box_is_measured_of_other_targets() -> None:
    """All that the pattern names are read; the names go with the op."""
    fields = {"from": "hero/a", "ops": [{"trim": {"same_box": "hero/*"}}]}
    target = expanded(targets={**FRAMES, "small": fields}).targets["small"]
    names = ("hero/a", "hero/b", "hero/c")
    assert target.outputs[0].ops == (Op("trim", {"same_box": names}),)
    assert [(r.role, r.target) for r in target.inputs] == [
        ("source", "hero/a"),
        *(("box", name) for name in names),
    ]


def test_a_box_cannot_be_measured_of_itself() -> None:
    """Each frame would wait for all others; the way out is said."""
    walk = {"matrix": {"n": [1, 2]}, "prompt": "p", "ops": [{"trim": {"same_box": "walk/*"}}]}
    problem = problem_of(targets={"walk": walk})
    assert problem.kind.name == "box-of-itself"
    assert "`from`" in problem.step
