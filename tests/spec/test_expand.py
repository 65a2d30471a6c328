"""From declarations to targets: kinds, layers, prompts, references, operations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from assetgen.graph import Graph, Op, Target, TargetKind
from assetgen.spec.expand import expand
from assetgen.spec.load import load
from tests.spec.build import expanded, make_spec, problem_of, problems_of


def only(**sections: Any) -> Target:
    (target,) = expanded(**sections)
    return target


def test_one_line_declares_a_picture() -> None:
    """A bare text is a prompt; everything else has its default."""
    target = only(targets={"sword": "a rusty sword"})
    assert (target.name, target.kind) == ("sword", TargetKind.GENERATE)
    assert (target.prompt, target.model, target.providers) == ("a rusty sword", "draft", ())
    assert [output.path for output in target.outputs] == ["art/sword.png"]
    assert (target.takes, target.review, target.ops) == (1, False, ())


def test_an_empty_spec_has_no_targets() -> None:
    """Nothing declared, nothing made."""
    assert len(expanded()) == 0


def test_targets_stay_in_their_order() -> None:
    """The graph lists them as they were written."""
    assert list(expanded(targets={"b": "x", "a": "y"}).targets) == ["b", "a"]


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"prompt": "p"}, TargetKind.GENERATE),
        ({"prompt": "p", "edit": "base"}, TargetKind.EDIT),
        ({"from": "base"}, TargetKind.DERIVE),
        ({"atlas": {"inputs": "base"}}, TargetKind.ATLAS),
    ],
)
def test_fields_decide_what_a_target_is(fields: dict[str, Any], kind: TargetKind) -> None:
    """There are four kinds, and each has its own fields."""
    assert expanded(targets={"base": "b", "t": fields}).targets["t"].kind is kind


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"tags": ["x"]}, "target-without-recipe"),
        ({"edit": "base"}, "edit-without-prompt"),
        ({"from": "base", "prompt": "p"}, "target-of-two-kinds"),
        ({"from": "base", "edit": "base", "prompt": "p"}, "target-of-two-kinds"),
        ({"atlas": {"inputs": "base"}, "prompt": "p"}, "target-of-two-kinds"),
        ({"prompt": "p", "references": ["base"]}, "references-without-edit"),
        ({"from": "base", "takes": 3}, "field-without-use"),
        ({"from": "base", "model": "m"}, "field-without-use"),
    ],
)
def test_a_mixture_of_kinds_is_refused(fields: dict[str, Any], kind: str) -> None:
    """What is none of the four kinds, or more than one, says so."""
    assert problem_of(targets={"base": "b", "t": fields}).kind.name == kind


def test_layers_cover_each_other_in_order() -> None:
    """Defaults, presets as `use` lists them, then the target; maps and lists replace."""
    target = only(
        defaults={"model": "m0", "providers": ["p0"], "quality": "q0", "tags": ["t0"]},
        presets={
            "one": {"model": "m1", "providers": ["p1"], "resolution": "2k"},
            "two": {"model": "m2", "expect": {"alpha": True}},
        },
        targets={"t": {"use": ["one", "two"], "prompt": "p", "tags": ["t1"], "note": "n"}},
    )
    assert (target.model, target.providers, target.quality) == ("m2", ("p1",), "q0")
    assert (target.resolution, target.tags, target.note) == ("2k", ("t1",), "n")
    assert target.outputs[0].expect == {"alpha": True}


def test_null_unsets_what_a_lower_layer_gave() -> None:
    """It is as if the field had never been written."""
    target = only(
        defaults={"aspect_ratio": "16:9", "output": "x/{{ name }}.webp"},
        targets={"t": {"prompt": "p", "aspect_ratio": None, "output": None}},
    )
    assert target.aspect_ratio is None
    assert target.outputs[0].path == "art/t.png"


def test_a_plus_appends_a_style() -> None:
    """Without it the list replaces; a style that is there already is not repeated."""
    styles = {"a": "in a", "b": "in b", "c": "in c"}
    graph = expanded(
        styles=styles,
        defaults={"style": ["a"]},
        presets={"more": {"style": "+b"}, "other": {"style": ["c", "+b"]}},
        targets={
            "plain": "p",
            "appended": {"use": "more", "prompt": "p", "style": ["+c", "+a"]},
            "replaced": {"use": ["more", "other"], "prompt": "p"},
            "none": {"prompt": "p", "style": None},
        },
    )
    assert [t.prompt.splitlines() for t in graph] == [
        ["p", "in a"],
        ["p", "in a", "in b", "in c"],
        ["p", "in c", "in b"],
        ["p"],
    ]


def test_the_final_prompt_has_labels_styles_and_what_to_avoid() -> None:
    """Each stands on a line of its own, in that order; the edited picture is image 1."""
    target = expanded(
        vars={"game": "Ashfall"},
        styles={
            "gouache": {"text": "thick strokes of {{ game }}", "avoid": "text, watermark"},
            "ink": {"text": "bold ink", "avoid": "blur"},
        },
        targets={
            "base": "b",
            "t": {
                "edit": "base",
                "references": ["./pose.png", {"image": "base", "label": "the face of {{ game }}"}],
                "prompt": "  Change it.\n",
                "style": ["gouache", "ink"],
            },
        },
    ).targets["t"]
    assert target.prompt == (
        "Change it.\nImage 3: the face of Ashfall\nthick strokes of Ashfall\nbold ink\n"
        "Avoid: text, watermark, blur"
    )
    assert [(r.role, r.target or r.file) for r in target.inputs] == [
        ("image", "base"),
        ("reference", "pose.png"),
        ("reference", "base"),
    ]


def test_an_empty_prompt_is_never_bought() -> None:
    """A value without a phrase must not send an empty request."""
    problem = problem_of(
        targets={"t": {"prompt": "{{ x.phrase }}", "matrix": {"x": {"a": "", "b": "bee"}}}}
    )
    assert problem.kind.name == "empty-prompt"


def test_a_ratio_becomes_the_first_operation() -> None:
    """Whatever a service returns ends with the declared ratio, written in one way."""
    target = only(targets={"t": {"prompt": "p", "aspect_ratio": "16.0:9.50", "ops": ["trim"]}})
    assert target.aspect_ratio == "16:9.5"
    assert target.ops == (Op("crop", {"aspect_ratio": "16:9.5"}), Op("trim"))
    assert target.outputs[0].ops == target.ops


def test_a_derived_picture_is_cropped_too() -> None:
    """An atlas is not: it has no ratio."""
    graph = expanded(
        defaults={"aspect_ratio": "3:4"},
        targets={"a": "p", "d": {"from": "a"}, "s": {"atlas": {"inputs": "a"}}},
    )
    assert graph.targets["d"].ops == (Op("crop", {"aspect_ratio": "3:4"}),)
    assert graph.targets["s"].ops == ()


@pytest.mark.parametrize("ratio", ["0:1", "1:0", "101:1", "1:100.1", "x", "16/9", "-1:2", "1:2:3"])
def test_an_absurd_ratio_is_refused(ratio: str) -> None:
    """Zero, negative, or more than a hundred to one."""
    problem = problem_of(targets={"t": {"prompt": "p", "aspect_ratio": ratio}})
    assert problem.kind.name == "bad-aspect-ratio"


def test_operations_get_their_long_form() -> None:
    """A bare word, one value or a map of arguments come to the same shape."""
    target = only(
        vars={"size": 64},
        targets={
            "t": {
                "prompt": "p",
                "ops": [
                    "trim",
                    {"key": "auto"},
                    {"crop": "32.0:9"},
                    {"resize": {"height": 720, "width": "{{ size }}"}},
                    {"text": {"text": "{{ size }}", "font": "./f.ttf"}},
                ],
            }
        },
    )
    assert target.ops == (
        Op("trim"),
        Op("key", {"color": "auto"}),
        Op("crop", {"aspect_ratio": "32:9"}),
        Op("resize", {"height": 720, "width": 64}),
        Op("text", {"text": "64", "font": "./f.ttf"}),
    )


@pytest.mark.parametrize(
    ("op", "kind", "step"),
    [
        ("trimm", "unknown-op", "did you mean 'trim'?"),
        ({"resise": 3}, "unknown-op", "did you mean 'resize'?"),
        ({"resize": {"widht": 3}}, "unknown-op-argument", "did you mean 'width'?"),
        ({"adjust": 3}, "op-without-short-form", "{adjust: {brightness: …}}"),
        ({"trim": 1, "flip": "x"}, "op-not-single", "one item for each"),
        ("overlay", "op-without-file", "image:"),
        ({"text": "Hello"}, "op-without-file", "font:"),
    ],
)
def test_a_wrong_operation_names_the_right_one(op: Any, kind: str, step: str) -> None:
    """Misspelt operations and arguments get the nearest known name."""
    problem = problem_of(targets={"t": {"prompt": "p", "ops": [op]}})
    assert problem.kind.name == kind
    assert step in problem.step


def test_an_overlay_reads_its_image() -> None:
    """A target or a file laid over the picture is an input, in ops and in exports, once."""
    target = expanded(
        targets={
            "logo": "l",
            "t": {
                "prompt": "p",
                "ops": [{"overlay": "logo"}],
                "exports": [
                    {"output": "a.png", "ops": [{"overlay": {"image": "./mark.png"}}]},
                    {"output": "b.png", "ops": [{"overlay": "logo"}]},
                ],
            },
        }
    ).targets["t"]
    assert [(r.role, r.target, r.file) for r in target.inputs] == [
        ("overlay", "logo", ""),
        ("overlay", "", "mark.png"),
    ]


def test_a_draft_ignores_providers() -> None:
    """The built-in model is served by the built-in provider only."""
    assert only(defaults={"providers": ["xai"]}, targets={"t": "p"}).providers == ()
    target = only(defaults={"providers": ["xai"], "model": "m"}, targets={"t": "p"})
    assert target.providers == ("xai",)


def test_review_and_takes_are_kept() -> None:
    """Four pictures, and someone picks."""
    target = only(targets={"t": {"prompt": "p", "takes": 4, "review": "required"}})
    assert (target.takes, target.review) == (4, True)
    assert only(targets={"t": {"prompt": "p", "review": "none"}}).review is False


@pytest.mark.parametrize("takes", [0, 21, -1, True, "3", 2.0])
def test_takes_are_few(takes: Any) -> None:
    """From 1 to 20, whole."""
    problem = problem_of(targets={"t": {"prompt": "p", "takes": takes}})
    assert problem.kind.name == "bad-takes"


def test_marks_tell_where_each_field_was_given() -> None:
    """In the defaults, a preset or the target; all cells share them."""
    spec = make_spec(
        defaults={"model": "m"},
        presets={"s": {"aspect_ratio": "3:4"}},
        targets={"t": {"use": "s", "prompt": "p {{ x }}", "matrix": {"x": ["a", "b"]}}},
    )
    first, second = expand(spec, file_exists=lambda path: False)
    assert first.marks is second.marks
    assert first.marks["model"] == spec.defaults.keys_at["model"]
    assert first.marks["aspect_ratio"] == spec.presets["s"].keys_at["aspect_ratio"]
    assert first.marks["prompt"] == spec.targets["t"].keys_at["prompt"]
    assert first.loc == spec.targets.keys_at["t"]


def test_unknown_names_get_the_nearest_known_one() -> None:
    """Presets, styles, references and variables, all reported together and in order."""
    problems = problems_of(
        styles={"gouache": "g"},
        presets={"sprite": {"style": ["goache"]}},
        targets={
            "hero": "h",
            "a": {"use": "sprit", "prompt": "p"},
            "b": {"use": "sprite", "prompt": "{{ gmae }}"},
            "c": {"edit": "heroo", "prompt": "p"},
        },
        vars={"game": "x"},
    )
    assert [(p.kind.name, p.step) for p in problems] == [
        ("unknown-style", "did you mean 'gouache'?"),
        ("unknown-preset", "did you mean 'sprite'?"),
        ("template-unknown-name", "did you mean 'game'?"),
        ("unknown-reference", "did you mean 'hero'?"),
    ]
    assert all(problem.loc is not None for problem in problems)


def test_a_file_needs_its_dot() -> None:
    """A name that is no target but a file gets the way to write it."""
    problem = problem_of("art/pose.png", targets={"t": {"from": "art/pose.png"}})
    assert problem.step == "it is a file: write ./art/pose.png"


def test_a_matrix_is_referred_to_by_its_cells() -> None:
    """The key of a declaration with a matrix is no target; a cell of it is named."""
    problem = problem_of(
        targets={
            "hero": {"prompt": "p {{ x }}", "matrix": {"x": ["a", "b"]}},
            "t": {"from": "hero"},
        }
    )
    assert "hero/a" in problem.step


@pytest.mark.parametrize(
    "path", ["./../x.png", "./.git/x.png", "./a\\b.png", "./a/../../x", "./a//b.png", "./"]
)
def test_an_input_file_stays_inside_the_project(path: str) -> None:
    """The same rules as for outputs."""
    problem = problem_of(targets={"t": {"from": path}})
    assert problem.kind.name in ("bad-input-path", "unknown-reference")


def test_targets_cannot_need_each_other() -> None:
    """The message walks the cycle and stands where it begins."""
    spec = {
        "a": {"edit": "b", "prompt": "p"},
        "b": {"from": "c"},
        "c": {"edit": "a", "prompt": "p"},
    }
    problem = problem_of(targets=spec)
    assert problem.cause == "targets need each other: a -> b -> c -> a"
    assert problem.loc == make_spec(targets=spec).targets["a"].values_at["edit"]


def test_a_target_cannot_need_itself() -> None:
    """The shortest cycle."""
    assert "a -> a" in problem_of(targets={"a": {"from": "a"}}).cause


def test_an_atlas_takes_what_its_globs_match() -> None:
    """A star stays within a segment, two cross them; itself is never meant; order is declared."""
    graph: Graph = expanded(
        targets={
            "hero/b": "p",
            "hero/a": "p",
            "hero/a/x": "p",
            "hero/sheet": {"atlas": {"inputs": "hero/*", "padding": 2}},
            "all": {"atlas": {"inputs": ["hero/**", "./logo.png", "hero/a"]}},
        }
    )
    assert graph.targets["hero/sheet"].needs == ("hero/b", "hero/a")
    assert graph.targets["hero/sheet"].atlas == {
        "layout": {"padding": 2},
        "frames": ["hero/b", "hero/a"],
        "animations": {},
    }
    inputs = graph.targets["all"].inputs
    assert [(r.role, r.target or f"./{r.file}") for r in inputs] == [
        ("sprite", "hero/b"),
        ("sprite", "hero/a"),
        ("sprite", "hero/a/x"),
        ("sprite", "hero/sheet"),
        ("sprite", "./logo.png"),
    ]


def test_an_atlas_of_nothing_is_refused() -> None:
    """A glob that matches no target is a mistake, as is an unknown name."""
    problem = problem_of(targets={"hero": "p", "s": {"atlas": {"inputs": "hreo/*"}}})
    assert problem.kind.name == "atlas-without-match"
    problem = problem_of(targets={"hero": "p", "s": {"atlas": {"inputs": ["hreo"]}}})
    assert problem.step == "did you mean 'hero'?"


def test_a_glob_cannot_take_for_ever() -> None:
    """Many stars over a long name are still answered at once."""
    name = "a" * 200
    problem = problem_of(targets={name: "p", "s": {"atlas": {"inputs": "*a" * 40 + "b"}}})
    assert problem.kind.name == "atlas-without-match"


@pytest.mark.parametrize("name", ["+x", "x+", "./x", "a*", "a[b]", "tag:x", " x", "a\nb", "-x"])
def test_a_name_must_not_look_like_a_selection(name: str) -> None:
    """Signs with a meaning on the command line are kept out of names."""
    assert problem_of(targets={name: {"prompt": "p", "output": "none"}}).kind.name == (
        "bad-target-name"
    )


def test_names_are_compared_in_one_form() -> None:
    """Composed and decomposed letters are one name, in references as well."""
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    graph = expanded(targets={decomposed: "p", "t": {"from": composed}})
    assert list(graph.targets) == [composed, "t"]
    graph = expanded(targets={composed: "p", "t": {"from": decomposed}})
    assert graph.targets["t"].needs == (composed,)


def test_the_name_of_the_target_is_not_for_others() -> None:
    """`name` is taken, so neither a variable nor an axis may be called so."""
    assert problem_of(vars={"name": "x"}, targets={"t": "p"}).kind.name == "reserved-variable"
    problem = problem_of(targets={"t": {"prompt": "p", "matrix": {"name": ["a"]}}})
    assert problem.kind.name == "reserved-variable"


def test_a_prompt_can_use_the_targets_name() -> None:
    """As can every other field but the name itself."""
    assert only(targets={"sword": {"prompt": "a {{ name }}"}}).prompt == "a sword"
    problem = problem_of(targets={"t": {"prompt": "p", "name": "{{ name }}x"}})
    assert problem.kind.name == "template-unknown-name"


def test_fields_that_begin_with_x_are_ignored() -> None:
    """They are for notes and anchors."""
    assert "x-note" not in only(targets={"t": {"prompt": "p", "x-note": "n"}}).marks


def test_a_flood_of_mistakes_is_cut_short() -> None:
    """A spec where everything is wrong is reported at once, not after minutes."""
    targets = {f"t{i}": {"edit": f"nothing{i}", "prompt": "p"} for i in range(3000)}
    problems = problems_of(targets=targets)
    assert 100 <= len(problems) <= 1000
    assert "nothing0" in problems[0].cause


def test_one_mistake_in_many_cells_is_not_told_for_each() -> None:
    """Three examples, and how many more there are."""
    problems = problems_of(
        targets={"t": {"prompt": "{{ x.colour }}", "matrix": {"x": list(range(50))}}}
    )
    assert [problem.kind.name for problem in problems] == ["template-unknown-field"] * 3 + [
        "more-alike"
    ]
    assert "47 more" in problems[-1].cause


EXAMPLE = """
version: 1
vars: {game: Ashfall}
styles:
  ink: "bold ink outlines"
  gouache: {text: "thick gouache strokes", avoid: "text, watermark"}
axes:
  outfit: {casual: "a worn leather jacket", armor: "scratched plate armour"}
presets:
  sprite: {aspect_ratio: 3:4, style: [gouache], ops: [{key: auto}, trim, {resize: {height: 720}}]}
defaults: {model: xai/image, providers: [runware, pixazo], output: "art/{{ name }}.png"}
targets:
  sword: a rusty iron sword, side view
  hero/base:
    use: sprite
    prompt: "Mira, {{ game }} uniform"
    takes: 4
    review: required
  hero/outfit:
    use: sprite
    name: "outfit/{{ outfit }}"
    edit: hero/base
    matrix: {outfit: outfit}
    prompt: "Change only the clothes to {{ outfit.phrase }}."
  hero/face:
    use: sprite
    name: "hero/{{ outfit }}/{{ face }}"
    edit: "outfit/{{ outfit }}"
    matrix:
      outfit: outfit
      face: {neutral: "", happy: "a warm open smile", angry: {phrase: "clenched teeth"}}
      exclude: [{outfit: armor, face: happy}]
      include: [{outfit: armor, face: {smug: "half smile"}}]
    prompt: "Change only the expression to {{ face.phrase }}."
    overrides:
      - {when: {face: neutral}, set: {from: "outfit/{{ outfit }}", prompt: null, edit: null}}
  site/hero:
    aspect_ratio: 16:9
    prompt: abstract data streams, calm left third
    exports:
      - {srcset: {widths: [480, 960], formats: [webp, jpg], output: "s-{{ width }}.{{ format }}"}}
      - {output: public/og.jpg, ops: [{crop: {aspect_ratio: 1200:630, gravity: left}}]}
  sheet:
    atlas: {inputs: "hero/*/*", padding: 2, json: art/hero.json, format: phaser-hash}
    output: art/hero.webp
"""


def test_a_whole_spec_becomes_its_graph() -> None:
    """Everything together, from YAML text to the last output."""
    text = load(EXAMPLE.encode(), "assetgen.yaml")
    spec = make_spec()
    spec = replace(spec, **{name: text[name] for name in text if name != "version"})
    graph = expand(spec, file_exists=lambda path: False)
    assert list(graph.targets) == [
        "sword",
        "hero/base",
        "outfit/casual",
        "outfit/armor",
        "hero/casual/neutral",
        "hero/casual/happy",
        "hero/casual/angry",
        "hero/armor/neutral",
        "hero/armor/angry",
        "hero/armor/smug",
        "site/hero",
        "sheet",
    ]
    smug = graph.targets["hero/armor/smug"]
    assert smug.needs == ("outfit/armor",)
    assert smug.prompt.splitlines() == [
        "Change only the expression to half smile.",
        "thick gouache strokes",
        "Avoid: text, watermark",
    ]
    neutral = graph.targets["hero/casual/neutral"]
    assert (neutral.kind, neutral.model, neutral.prompt) == (TargetKind.DERIVE, "", "")
    assert [op.name for op in neutral.ops] == ["crop", "key", "trim", "resize"]
    assert len(graph.targets["sheet"].inputs) == 6
    assert [output.path for output in graph.targets["site/hero"].outputs] == [
        "s-480.webp",
        "s-480.jpg",
        "s-960.webp",
        "s-960.jpg",
        "public/og.jpg",
    ]
