"""Cells of a matrix: their order, names, exclusions, inclusions, overrides and limits."""

from __future__ import annotations

from typing import Any

import pytest

from assetgen.graph import TargetKind
from tests.spec.build import expanded, problem_of, problems_of

FACES = {"neutral": "", "happy": "a smile", "angry": {"phrase": "clenched teeth", "level": 3}}


def names(**target: Any) -> list[str]:
    return list(expanded(targets={"t": {"prompt": "p", **target}}).targets)


def problem_kind(**target: Any) -> str:
    return problem_of(targets={"t": {"prompt": "p", **target}}).kind.name


def test_cells_come_in_declaration_order() -> None:
    """The first axis is the outermost; the default name joins the ids."""
    cells = names(matrix={"x": ["b", "a"], "y": [1, 2.5, True]})
    assert cells == ["t/b-1", "t/b-2.5", "t/b-true", "t/a-1", "t/a-2.5", "t/a-true"]


def test_a_name_template_names_the_cells() -> None:
    """It sees the axes and the variables."""
    assert names(matrix={"x": ["a", "b"]}, name="deep/{{ x | upper }}/{{ x.index }}") == [
        "deep/A/0",
        "deep/B/1",
    ]


def test_a_value_has_its_id_phrase_index_and_fields() -> None:
    """A phrase is the short form of the fields."""
    source = "{{ f }} {{ f.id }} {{ f.phrase }} {{ f.index }} {{ f.level | default('-') }}"
    graph = expanded(targets={"t": {"prompt": source, "matrix": {"f": FACES}}})
    assert [target.prompt for target in graph] == [
        "neutral neutral  0 -",
        "happy happy a smile 1 -",
        "angry angry clenched teeth 2 3",
    ]


def test_an_index_is_as_wide_as_the_last_one() -> None:
    """So that files sort as the values do."""
    prompts = [
        target.prompt
        for target in expanded(
            targets={"t": {"prompt": "{{ n.index }}", "matrix": {"n": list(range(101))}}}
        )
    ]
    assert (prompts[0], prompts[7], prompts[100]) == ("000", "007", "100")


def test_a_string_names_an_axis_of_the_spec() -> None:
    """It may have another name in the matrix."""
    graph = expanded(
        axes={"face": FACES},
        targets={"t": {"prompt": "p {{ mood }}", "matrix": {"mood": "face"}}},
    )
    assert list(graph.targets) == ["t/neutral", "t/happy", "t/angry"]
    problem = problem_of(
        axes={"face": FACES}, targets={"t": {"prompt": "p", "matrix": {"mood": "fase"}}}
    )
    assert (problem.kind.name, problem.step) == ("unknown-named-axis", "did you mean 'face'?")


CARDS = [{"name": "The Fool", "numeral": "0"}, {"name": "High Priestess", "numeral": "II"}]


def test_rows_of_a_data_file_are_values() -> None:
    """Their id is the template of the axis, the field `id`, or the slug of `name`."""
    sections: dict[str, Any] = {
        "targets": {
            "t": {"prompt": "{{ card.name }} ({{ card.numeral }})", "matrix": {"card": "c"}}
        }
    }
    graph = expanded(rows={"c": CARDS}, axes={"c": {"file": "c.yaml"}}, **sections)
    assert list(graph.targets) == ["t/the-fool", "t/high-priestess"]
    assert [target.prompt for target in graph] == ["The Fool (0)", "High Priestess (II)"]
    axes = {"c": {"file": "c.yaml", "id": "n{{ numeral | lower }}"}}
    assert list(expanded(rows={"c": CARDS}, axes=axes, **sections).targets) == ["t/n0", "t/nii"]
    rows = [{**card, "id": 7 + i} for i, card in enumerate(CARDS)]
    graph = expanded(rows={"c": rows}, axes={"c": {"file": "c.yaml"}}, **sections)
    assert list(graph.targets) == ["t/7", "t/8"]


def test_rows_may_be_single_values() -> None:
    """A list of words in a JSON file is an axis too."""
    graph = expanded(
        rows={"c": ["red", 3]},
        axes={"c": {"file": "c.json"}},
        targets={"t": {"prompt": "{{ c }}", "matrix": {"c": "c"}}},
    )
    assert [target.prompt for target in graph] == ["red", "3"]


@pytest.mark.parametrize(
    ("rows", "axis", "kind"),
    [
        ([{"id": "a"}, {"id": "a"}], {}, "duplicate-axis-value"),
        ([{"colour": "red"}], {}, "axis-value-without-id"),
        ([{"sku": ""}], {"id": "{{ sku }}"}, "axis-value-without-id"),
        ([{"sku": "1"}], {"id": "{{ sk }}"}, "template-unknown-name"),
        ([{"id": "x" * 300}], {}, "axis-value-too-long"),
        ([], {}, "empty-axis"),
    ],
)
def test_bad_rows_are_refused_once(rows: list[Any], axis: dict[str, str], kind: str) -> None:
    """The targets that use such an axis do not complain again."""
    problem = problem_of(
        rows={"c": rows},
        axes={"c": {"file": "c.csv", **axis}},
        targets={
            "t": {"prompt": "p", "matrix": {"c": "c"}},
            "u": {"from": "t/x"},
        },
    )
    assert problem.kind.name == kind


def test_exclude_leaves_cells_out() -> None:
    """A combination may name some axes, or several values of one."""
    matrix = {"x": ["a", "b", "c"], "y": [1, 2]}
    cells = names(matrix={**matrix, "exclude": [{"x": "a", "y": 1}, {"x": ["b", "c"], "y": 2}]})
    assert cells == ["t/a-2", "t/b-1", "t/c-1"]
    assert names(matrix={**matrix, "exclude": [{"x": "a"}]})[0] == "t/b-1"


def test_many_exclusions_cost_no_more_than_a_few() -> None:
    """Thousands of them, and lists of many values, are looked up and not tried in turn."""
    matrix: dict[str, Any] = {"x": list(range(90)), "y": list(range(100))}
    matrix["exclude"] = [{"x": i, "y": j} for i in range(80) for j in range(100)]
    assert len(names(matrix=matrix)) == 1000
    matrix["exclude"] = [{"x": list(range(80)), "y": list(range(99))}]
    assert len(names(matrix=matrix)) == 1080


def test_include_adds_whole_cells_and_may_define_a_value() -> None:
    """A defined value takes part in that cell only, not in the product."""
    matrix = {
        "x": ["a", "b"],
        "f": {"happy": "a smile"},
        "include": [
            {"x": "a", "f": {"smug": "half smile"}},
            {"f": {"smug": "half smile"}, "x": "b"},
        ],
    }
    graph = expanded(targets={"t": {"prompt": "{{ x }} {{ f.phrase }}", "matrix": matrix}})
    assert {name: target.prompt for name, target in graph.targets.items()} == {
        "t/a-happy": "a a smile",
        "t/b-happy": "b a smile",
        "t/a-smug": "a half smile",
        "t/b-smug": "b half smile",
    }


@pytest.mark.parametrize(
    ("rules", "kind"),
    [
        ({"exclude": [{"x": "d"}]}, "unknown-axis-value"),
        ({"exclude": [{"z": "a"}]}, "unknown-axis"),
        ({"include": [{"x": "d", "y": 1}]}, "unknown-axis-value"),
        ({"include": [{"x": "a"}]}, "include-incomplete"),
        ({"include": [{"x": "a", "y": 1, "z": 2}]}, "unknown-axis"),
        ({"include": [{"x": {"n": "1", "m": "2"}, "y": 1}]}, "include-value"),
        ({"include": [{"x": {"a": "other"}, "y": 1}]}, "duplicate-axis-value"),
        ({"include": [{"x": "a", "y": 1}]}, "duplicate-target"),
    ],
)
def test_a_rule_must_fit_the_axes(rules: dict[str, Any], kind: str) -> None:
    """A value or an axis that there is not is a mistake, never silently without effect."""
    assert problem_kind(matrix={"x": ["a", "b", "c"], "y": [1, 2], **rules}) == kind


def test_a_misspelt_value_gets_the_nearest() -> None:
    """In exclude and when alike, and both are reported."""
    problems = problems_of(
        targets={
            "t": {
                "prompt": "p {{ f }}",
                "matrix": {"f": FACES, "exclude": [{"f": "hapy"}]},
                "overrides": [{"when": {"f": "angri"}, "set": {"note": "x"}}],
            }
        }
    )
    assert [problem.step for problem in problems] == [
        "did you mean 'happy'?",
        "did you mean 'angry'?",
    ]


def test_overrides_change_the_cells_that_match() -> None:
    """Later ones cover earlier ones; null unsets, so that a paid cell becomes a free copy."""
    graph = expanded(
        targets={
            "base": "b",
            "t": {
                "edit": "base",
                "prompt": "make it {{ f }}",
                "takes": 2,
                "matrix": {"f": FACES},
                "overrides": [
                    {"when": {"f": ["neutral", "angry"]}, "set": {"note": "first"}},
                    {"when": {"f": "angry"}, "set": {"note": "second", "prompt": "rage"}},
                    {
                        "when": {"f": "neutral"},
                        "set": {"from": "base", "prompt": None, "edit": None},
                    },
                ],
            },
        }
    )
    cells = {
        name.removeprefix("t/"): (target.kind, target.prompt, target.note)
        for name, target in graph.targets.items()
    }
    assert cells == {
        "base": (TargetKind.GENERATE, "b", ""),
        "neutral": (TargetKind.DERIVE, "", "first"),
        "happy": (TargetKind.EDIT, "make it happy", ""),
        "angry": (TargetKind.EDIT, "rage", "second"),
    }
    assert list(graph.targets) == ["base", "t/neutral", "t/happy", "t/angry"]


def test_an_override_cannot_change_the_matrix() -> None:
    """What decides the cells is settled before overrides are looked at."""
    kind = problem_kind(
        matrix={"x": ["a", "b"]}, overrides=[{"when": {"x": "a"}, "set": {"use": "other"}}]
    )
    assert kind == "override-field"


def test_many_cells_need_a_limit() -> None:
    """The count stands in the message, ready to be copied."""
    matrix = {"x": list(range(101)), "y": list(range(100))}
    problem = problem_of(targets={"t": {"prompt": "p", "matrix": matrix}})
    assert problem.kind.name == "too-many-cells"
    assert "10,100 cells" in problem.cause
    assert "matrix_limit: 10100" in problem.step
    target = {"prompt": "p {{ x }} {{ y }}", "matrix": matrix, "matrix_limit": 10_100}
    assert len(expanded(targets={"t": target})) == 10_100


def test_a_milliard_of_cells_fails_at_once() -> None:
    """The axes are multiplied as numbers before any cell is made."""
    axis = list(range(1000))
    assert problem_kind(matrix={"x": axis, "y": axis, "z": axis}) == "too-many-cells"
    kind = problem_kind(matrix={"x": axis, "y": axis, "z": axis}, matrix_limit=10**10)
    assert kind == "too-many-cells"


def test_two_cells_cannot_have_one_name() -> None:
    """Both places are told, for cells of one target as for two targets."""
    problem = problem_of(targets={"t": {"prompt": "p", "name": "n", "matrix": {"x": ["a", "b"]}}})
    assert problem.kind.name == "duplicate-target"
    problem = problem_of(
        targets={"t/a": "p", "t": {"prompt": "p {{ x }}", "matrix": {"x": ["a", "b"]}}}
    )
    assert problem.cause == "two targets are called 't/a'"
    assert problem.loc is not None
    assert problem.also is not None
    assert problem.also < problem.loc


def test_a_field_of_one_value_only_is_missed_with_its_value() -> None:
    """The message says which value lacks it."""
    problem = problem_of(
        targets={"t": {"prompt": "{{ f.level }}", "matrix": {"f": {"a": {"level": 1}, "b": "x"}}}}
    )
    assert problem.cause == "f 'b' has no field 'level'"
