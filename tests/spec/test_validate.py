"""Which specs fit the schema, and in which words the others are refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from assetgen.errors import Problem
from assetgen.optable import FORMATS, OPS
from assetgen.spec.load import load
from assetgen.spec.schema import schema
from assetgen.spec.validate import MAX_PROBLEMS, validate

WHOLE = """
version: 1
include: [styles.yaml, characters/*.yaml]
vars: {game: Ashfall, sizes: [1, 2], deep: {a: {b: null}}}
styles:
  ink: "bold ink outlines, flat colours"
  gouache: {text: "thick gouache strokes", avoid: "text, watermark"}
axes:
  outfit: {casual: "a worn leather jacket", armor: {phrase: "plate", weight: 3}, none: null, n: 3}
  frame: [1, 2, {id: x, phrase: y}]
  product: {file: data/products.csv, id: "{{ sku }}"}
  card: {file: cards.yaml, path: "cards[*]"}
  file: {file: {phrase: "a file"}}
presets:
  sprite:
    aspect_ratio: 3:4
    style: [gouache]
    ops: [{key: auto}, trim, {resize: {height: 720}}]
    expect: {alpha: true, size: 512x512, max_bytes: 100000}
defaults: {model: xai/m, providers: [runware, pixazo], output: "art/{{ name }}.png", use: sprite}
budget: {max_images: 40, max_cost: 5.00}
keep: art/.bought
x-anything: {goes: [here]}
targets:
  sword: a rusty iron sword, side view
  hero/base: {use: sprite, prompt: Mira, takes: 4, review: required, x-todo: 3, note: ok}
  hero/outfit:
    use: [sprite]
    name: "outfit/{{ outfit }}"
    edit: hero/base
    references: [./a.png, {image: hero/base, label: the pose}]
    matrix: {outfit: outfit}
    prompt: "Change only the clothes to {{ outfit.phrase }}."
  hero/face:
    matrix_limit: 20000
    matrix:
      outfit: outfit
      face: {neutral: "", happy: "a warm smile", angry: {phrase: "teeth", intensity: 3}}
      size: [16, 32]
      exclude: [{outfit: armor, face: [happy, angry]}]
      include: [{outfit: armor, face: {smug: "half smile"}, size: 16}]
    prompt: "Change only the expression to {{ face.phrase }}."
    overrides:
      - {when: {face: neutral}, set: {from: "outfit/{{ outfit }}", prompt: null, edit: null}}
  site/hero:
    aspect_ratio: "{{ ratio }}"
    resolution: 2k
    quality: high
    variant: second
    prompt: abstract data streams
    tags: [web]
    style: null
    exports:
      - {srcset: {widths: [480, 960], formats: [avif, webp], output: "a-{{ width }}.{{ format }}"}}
      - {output: b.jpg, ops: [{crop: {aspect_ratio: 1200:630, gravity: left}}, {resize: 1200}]}
      - {output: c.png, ops: [{resize: {width: "{{ w }}"}}, {crop: 2.39:1}, grayscale]}
  sheet:
    atlas: {inputs: "hero/*/*", padding: 2, extrude: 1, json: art/hero.json, format: phaser-hash}
    output: none
"""


@pytest.fixture(params=[True, False], ids=["gated", "ungated"])
def gated(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Check with the fast validator first, and without it."""
    yield request.param


def problems(text: str, *, gated: bool = True) -> list[Problem]:
    """Return the problems of a text; ``version: 1`` is added in the last line."""
    return validate(load(text.encode() + b"\nversion: 1", "f"), gated=gated)


def only(text: str) -> str:
    """Return place, cause and step of the one problem of a text."""
    (problem,) = problems(text)
    assert problem.loc
    return f"{problem.loc.line}:{problem.loc.column} {problem.cause} | {problem.step}"


def test_the_schema_is_a_valid_schema() -> None:
    """Editors and validators can read it."""
    Draft202012Validator.check_schema(schema())


def test_the_schema_lists_every_operation_with_its_arguments() -> None:
    """The table of operations and the schema are in step."""
    defs: Any = schema()["$defs"]
    short, long = defs["op"]["anyOf"]
    assert short["enum"] == list(OPS)
    listed = {}
    for name, rule in long["properties"].items():
        arguments = rule["anyOf"][1] if "anyOf" in rule else rule
        assert ("anyOf" in rule) == bool(OPS[name].short)
        listed[name] = tuple(arguments["properties"])
    assert listed == {name: info.args for name, info in OPS.items()}


def test_the_schema_lists_every_picture_format() -> None:
    """The table of formats and the schema are in step."""
    assert schema()["$defs"]["format"]["enum"] == list(FORMATS)


def test_every_field_has_words_for_editors() -> None:
    """Whatever a message or an editor shows has a title or a description."""
    missing = [name for name, rule in schema()["$defs"].items() if "title" not in rule]
    assert missing == []


def test_everything_that_a_spec_can_say_is_accepted(gated: bool) -> None:
    """Each field in each of its forms passes."""
    assert validate(load(WHOLE.encode(), "f"), gated=gated) == []


def test_an_included_file_needs_no_version(gated: bool) -> None:
    """Only the main file must have one."""
    doc = load(b"targets: {a: b}", "f")
    assert validate(doc, included=True, gated=gated) == []
    (problem,) = validate(doc, gated=gated)
    assert problem.cause == "the spec needs `version: 1`"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("targts: {}", "1:1 unknown field 'targts' in the spec | did you mean 'targets'?"),
        (
            "targets: {a: {promt: x}}",
            "1:15 unknown field 'promt' in a target | did you mean 'prompt'?",
        ),
        (
            "targets: {a: {ops: [trm]}}",
            "1:21 item 1 of 'ops' must be an operation; found the text 'trm'"
            " | did you mean 'trim'?",
        ),
        (
            "targets: {a: {ops: [{rezise: 3}]}}",
            "1:22 unknown field 'rezise' in an operation | did you mean 'resize'?",
        ),
        (
            "targets: {a: {ops: [{resize: {heigt: 3}}]}}",
            "1:31 unknown field 'heigt' in the arguments of resize | did you mean 'height'?",
        ),
        (
            "targets: {a: {ops: [{resize: 0}]}}",
            "1:30 'resize' must be at least 1; found 0 | raise it",
        ),
        (
            "targets: {a: {ops: [{crop: 169}]}}",
            "1:28 'crop' must be a value for aspect_ratio, or the arguments of crop;"
            ' found the number 169 | for example: "16:9"',
        ),
        (
            "targets:\n  a:\n    ops:\n    - resize:\n      height: 720",
            "4:7 an operation is one name with its arguments; found 'resize' and 'height'"
            " | indent the arguments further, or begin each name with a '-' of its own",
        ),
        (
            "targets: {a: {review: requird}}",
            "1:23 'review' must be 'required' or 'none'; found the text 'requird'"
            " | did you mean 'required'?",
        ),
        (
            "targets: {a: {prompt: 1984}}",
            "1:23 'prompt' must be text; found the number 1984 | put it in quotes",
        ),
        (
            "targets: {a: {encode: {jpg: {chroma: 420}}}}",
            "1:38 'chroma' must be one of: 4:4:4, 4:2:2, 4:2:0; found the number 420"
            " | write one of: 4:4:4, 4:2:2, 4:2:0",
        ),
        (
            "targets: {a: {exports: [{favicon: {output: p, padding: 3}}]}}",
            "1:56 'padding' must be a share such as 10%; found the number 3 | for example: \"10%\"",
        ),
        (
            "targets: {a: {prompt: ''}}",
            "1:23 'prompt' is empty | write text, or remove the line",
        ),
        (
            "targets: {a: {aspect_ratio: 16x9}}",
            "1:29 'aspect_ratio' must be a ratio such as 16:9; found the text '16x9'"
            ' | for example: "16:9"',
        ),
        (
            "targets: {a: {takes: 21}}",
            "1:22 'takes' must be at most 20; found 21 | lower it",
        ),
        (
            "targets: {a: {tags: [x, x]}}",
            "1:21 'tags' has the same item twice | remove one of the two",
        ),
        (
            "targets: {a: {references: [{label: x}]}}",
            "1:28 a reference needs `image:` | add `image:`",
        ),
        (
            "targets: {a: {matrix: {a-b: [1]}}}",
            "1:24 'a-b' cannot be a name here | use letters, digits and _, beginning with a letter",
        ),
        (
            "targets: {a: 3}",
            "1:14 target 'a' must be a prompt, or a mapping of fields; found the number 3"
            " | put it in quotes",
        ),
        (
            "targets: {a: }",
            "1:14 target 'a' must be a prompt, or a mapping of fields; found nothing"
            " | write a prompt",
        ),
        (
            "targets: {a: ''}",
            "1:14 target 'a' is empty | write a prompt, or a mapping of fields, or remove the line",
        ),
        ("targets: []", "1:10 'targets' must be a mapping of names to targets; found a list"),
        (
            "axes: {a: {file: x.csv, idd: x}}",
            "1:25 unknown field 'idd' in an axis with a data file | did you mean 'id'?",
        ),
        (
            "presets: {p: {matrix: {a: [1]}}}",
            "1:15 unknown field 'matrix' in a preset | known: aspect_ratio, atlas, edit",
        ),
        ("budget: {max_images: -1}", "1:22 'max_images' must be at least 0; found -1 | raise it"),
        ("vars: {a b: 1}", "1:8 'a b' cannot be a name here | use letters"),
    ],
)
def test_a_mistake_is_said_once_in_words(text: str, said: str) -> None:
    """One mistake gives one sentence, its place and what to do."""
    assert only(text).startswith(said)


@pytest.mark.parametrize("ratio", ["0:1", "1:0", "0.0:1", "1", "1:", ":1", "-1:1", "1:1:1", "a:b"])
def test_a_ratio_must_be_two_positive_numbers(ratio: str) -> None:
    """Zero, signs and missing sides are refused."""
    assert "must be a ratio" in only(f"targets: {{a: {{aspect_ratio: '{ratio}'}}}}")


def test_a_line_break_does_not_hide_at_the_end(gated: bool) -> None:
    """Both validators take `$` for the end of the text."""
    text = 'targets: {a: {aspect_ratio: "16:9\\n"}}'
    assert [problem.kind.name for problem in problems(text, gated=gated)] == ["wrong-format"]


def test_the_version_must_be_known() -> None:
    """A later format is not guessed at."""
    (problem,) = validate(load(b"version: 2", "f"))
    assert problem.cause == (
        "'version' must be 1, the only version of this format; found the number 2"
    )


def test_names_that_begin_with_x_are_still_names() -> None:
    """`x-` is free among fields, not among the names of targets, styles and presets."""
    assert "item 1 of 'ops'" in only("targets: {x-wing: {ops: [fly]}}")
    assert "'x-ink' is empty" in only("styles: {x-ink: {}}")


def test_all_mistakes_come_in_the_order_of_the_lines(gated: bool) -> None:
    """The head, every target and every field are looked at."""
    text = "targts: {}\ntargets:\n  a: {promt: x, takes: 0}\n  b: 3\nbudget: {max: 3}"
    assert [str(p).split(" ")[0] for p in problems(text, gated=gated)] == [
        "f:1:1:",
        "f:3:7:",
        "f:3:24:",
        "f:4:6:",
        "f:5:10:",
    ]


def test_reports_end_somewhere() -> None:
    """Ten thousand equal mistakes are not all listed."""
    text = "targets:\n" + "".join(f"  t{n}: {{promt: x}}\n" for n in range(10_000))
    assert len(problems(text)) == MAX_PROBLEMS


def test_the_words_are_the_validators_own_nowhere() -> None:
    """No sentence of the library reaches the user."""
    text = """
axes: {a: 3, b: [[]], c: {x: []}}
styles: {a: 3, b: []}
targets:
  a: {style: 3, atlas: {inputs: 3}, edit: [], exports: [3, {}, {srcset: 3}], matrix: 3}
  b: {overrides: [{when: {a: {}}, set: {ops: 3}}], matrix: {a: 3, include: [{a: []}]}}
"""
    said = " ".join(f"{p} {p.step}" for p in problems(text))
    assert "given schemas" not in said
    assert "is not of type" not in said
    assert "something else" not in said


def test_a_long_list_of_mixed_items_is_looked_through(gated: bool) -> None:
    """Looking for repeated items does not compare all with all."""
    items = ", ".join(f"{n}, a{n}" for n in range(20_000))
    assert problems(f"targets: {{a: {{tags: [{items}]}}}}", gated=gated)


def test_fifty_thousand_plain_targets_are_valid() -> None:
    """A target in its short form needs no validator."""
    text = "targets:\n" + "".join(f"  t{n}: a sword\n" for n in range(50_000))
    doc = load(text.encode() + b"version: 1", "f")
    assert validate(doc, gated=False) == []
