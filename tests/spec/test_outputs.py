"""Which files a target writes, and which paths no target may have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from assetgen.errors import SpecError
from assetgen.graph import Op
from assetgen.spec.expand import expand
from tests.spec.build import expanded, make_spec, problem_of


def paths(**target: Any) -> list[str]:
    graph = expanded(targets={"t": {"prompt": "p", **target}})
    return [output.path for target in graph for output in target.outputs]


def problem_kind(output: str) -> str:
    return problem_of(targets={"t": {"prompt": "p", "output": output}}).kind.name


def test_an_output_is_a_template() -> None:
    """It sees the name, the axes and the variables; a leading ./ says nothing."""
    assert paths(output="./x/{{ name }}.webp") == ["x/t.webp"]
    assert paths(matrix={"f": ["a", "b"]}, output="{{ f.index }}/{{ f }}.PNG") == [
        "0/a.PNG",
        "1/b.PNG",
    ]


def test_the_extension_says_the_format() -> None:
    """In any case, and jpeg is jpg."""
    graph = expanded(
        targets={
            name: {"prompt": "p", "output": f"{name}.{extension}"}
            for name, extension in [("a", "JPEG"), ("b", "jpg"), ("c", "Avif"), ("d", "ico")]
        }
    )
    assert [target.outputs[0].format for target in graph] == ["jpg", "jpg", "avif", "ico"]


@pytest.mark.parametrize("path", ["x", "x.", "art.png/x", "x.gif", "x.json", "x.png.lock"])
def test_an_unknown_extension_is_refused(path: str) -> None:
    """The message lists the formats that there are."""
    problem = problem_of(targets={"t": {"prompt": "p", "output": path}})
    assert problem.kind.name == "unknown-output-format"
    assert "png, jpg, webp" in problem.step


def test_none_writes_nothing() -> None:
    """Such a target is made only when something needs it."""
    assert paths(output="none") == []


def test_exports_take_the_place_of_an_inherited_output() -> None:
    """One that the target itself gives is written as well."""
    exports = [{"output": "og.jpg", "ops": [{"resize": 1200}]}]
    graph = expanded(
        defaults={"output": "art/{{ name }}.png"},
        targets={
            "a": {"prompt": "p", "ops": ["trim"], "exports": exports},
            "b": {"prompt": "p", "output": "b.png", "exports": [{"output": "b.jpg"}]},
        },
    )
    (only,) = graph.targets["a"].outputs
    assert (only.path, only.ops) == ("og.jpg", (Op("trim"), Op("resize", {"width": 1200})))
    assert [output.path for output in graph.targets["b"].outputs] == ["b.png", "b.jpg"]


def test_a_srcset_is_one_file_per_width_and_format() -> None:
    """Each is resized after the target's own operations."""
    srcset = {
        "widths": [480, 960],
        "formats": ["avif", "jpg"],
        "output": "public/{{ name }}-{{ width }}.{{ format }}",
    }
    graph = expanded(
        targets={"t": {"prompt": "p", "aspect_ratio": "16:9", "exports": [{"srcset": srcset}]}}
    )
    crop = Op("crop", {"aspect_ratio": "16:9"})
    assert [(o.path, o.format, o.ops) for o in graph.targets["t"].outputs] == [
        ("public/t-480.avif", "avif", (crop, Op("resize", {"width": 480}))),
        ("public/t-480.jpg", "jpg", (crop, Op("resize", {"width": 480}))),
        ("public/t-960.avif", "avif", (crop, Op("resize", {"width": 960}))),
        ("public/t-960.jpg", "jpg", (crop, Op("resize", {"width": 960}))),
    ]


def test_a_width_may_be_a_template() -> None:
    """It must come to a number of pixels."""
    srcset = {"widths": ["{{ w }}"], "formats": ["jpg"], "output": "{{ width }}.{{ format }}"}
    target = {"prompt": "p", "exports": [{"srcset": srcset}], "matrix": {"w": [64, "x"]}}
    problem = problem_of(targets={"t": target})
    assert problem.kind.name == "bad-srcset-width"
    target["matrix"] = {"w": [64, 32]}
    outputs = [target.outputs[0] for target in expanded(targets={"t": target})]
    assert [(output.path, output.ops) for output in outputs] == [
        ("64.jpg", (Op("resize", {"width": 64}),)),
        ("32.jpg", (Op("resize", {"width": 32}),)),
    ]


def test_a_srcset_whose_files_do_not_differ_is_refused() -> None:
    """Every export needs a path of its own."""
    srcset = {"widths": [480, 960], "formats": ["jpg"], "output": "x.jpg"}
    problem = problem_of(targets={"t": {"prompt": "p", "exports": [{"srcset": srcset}]}})
    assert problem.kind.name == "output-twice"


def test_an_atlas_writes_its_frames_too() -> None:
    """The data file is an output like the sheet, without operations."""
    graph = expanded(
        targets={
            "a": "p",
            "s": {
                "atlas": {"inputs": "a", "json": "art/{{ name }}.json", "format": "phaser-hash"},
                "output": "art/s.webp",
                "ops": [{"quantize": 16}],
            },
        }
    )
    assert [(o.path, o.format, len(o.ops)) for o in graph.targets["s"].outputs] == [
        ("art/s.webp", "webp", 1),
        ("art/s.json", "json", 0),
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/etc/x.png",
        "../x.png",
        "a/../../x.png",
        "C:/x.png",
        "a\\b.png",
        ".git/x.png",
        "a/.GIT/x.png",
        "a//x.png",
        "nul.png",
        "a/COM1.x.png",
        "a./x.png",
        "a /x.png",
        "a\x07.png",
        f"{'x' * 252}.png",
    ],
)
def test_an_output_stays_inside_the_project_on_every_system(path: str) -> None:
    """What is outside, in .git or impossible on some system is refused."""
    assert problem_kind(path) == "bad-output-path"


def test_a_path_from_data_is_checked_after_rendering() -> None:
    """A value cannot lead out of the project."""
    problem = problem_of(
        targets={
            "t": {
                "prompt": "p",
                "name": "n{{ x.index }}",
                "matrix": {"x": ["ok", "../../etc"]},
                "output": "art/{{ x }}.png",
            }
        }
    )
    assert problem.kind.name == "bad-output-path"
    assert "../../etc" in problem.cause


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x/a.png", "x/a.png"),
        ("x/a.png", "X/A.PNG"),
        ("caf\u00e9.png", "CAFE\u0301.png"),
        ("stra\u00dfe.png", "STRASSE.png"),
    ],
)
def test_two_targets_cannot_write_one_file(one: str, other: str) -> None:
    """Paths that some system takes for one are one; both places are told."""
    problem = problem_of(
        targets={"a": {"prompt": "p", "output": one}, "b": {"prompt": "p", "output": other}}
    )
    assert problem.kind.name == "output-clash"
    assert problem.loc is not None
    assert problem.also is not None
    assert problem.also < problem.loc


def test_an_atlas_file_clashes_like_any_other() -> None:
    """Its frames count as an output."""
    problem = problem_of(
        targets={
            "a": "p",
            "s": {"atlas": {"inputs": "a", "json": "x.json"}},
            "u": {"atlas": {"inputs": "a", "json": "X.json"}},
        }
    )
    assert problem.kind.name == "output-clash"


def test_a_file_cannot_be_a_folder_too() -> None:
    """One target's file would be in the way of another's."""
    problem = problem_of(
        targets={
            "a": {"prompt": "p", "output": "art/x.png"},
            "b": {"prompt": "p", "output": "art/x.png/deep/y.png"},
        }
    )
    assert problem.kind.name == "output-is-folder"


def test_an_output_cannot_overwrite_an_input() -> None:
    """A file that the spec reads is nobody's output."""
    problem = problem_of(targets={"t": {"from": "./art/T.png", "output": "art/t.png"}})
    assert problem.kind.name == "output-is-input"


def test_the_projects_own_files_are_no_outputs() -> None:
    """A data file that the spec reads is not overwritten, whatever its case."""
    spec = make_spec(targets={"a": "p", "s": {"atlas": {"inputs": "a", "json": "Data/a.json"}}})
    spec = replace(spec, files=("assetgen.yaml", "data/a.json"))
    with pytest.raises(SpecError) as caught:
        expand(spec, file_exists=lambda path: False)
    assert [problem.kind.name for problem in caught.value.problems] == ["output-reserved"]
