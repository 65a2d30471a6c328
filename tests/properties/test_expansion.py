"""What holds for the expansion of any spec, whatever its axes, names and outputs."""

from __future__ import annotations

import math
import posixpath
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from assetgen.errors import SpecError
from assetgen.graph import Graph
from assetgen.spec.expand import expand
from tests.spec.build import expanded, make_spec

IDS = st.text(alphabet="abcXYZ019_", min_size=1, max_size=4)
PHRASES = st.one_of(
    st.text(alphabet="some words,é", max_size=12),
    st.integers(0, 99),
    st.dictionaries(st.sampled_from(["phrase", "level", "mood"]), st.text("ab ", max_size=5)),
)
AXES = st.dictionaries(
    st.sampled_from(["red", "green", "blue"]),
    st.dictionaries(IDS, PHRASES, min_size=1, max_size=4),
    min_size=1,
    max_size=3,
)
PROMPT = "p {{ name }}{% if red is defined %} {{ red }} {{ red.phrase }}{% endif %}"


@st.composite
def matrices(draw: st.DrawFn) -> tuple[dict[str, Any], int]:
    """Return a matrix with rules, and how many cells it must have."""
    axes = draw(AXES)
    cells: list[tuple[str, ...]] = [()]
    for values in axes.values():
        cells = [(*cell, id_) for cell in cells for id_ in values]
    excluded = draw(st.lists(st.sampled_from(cells), unique=True, max_size=4))
    included = draw(st.lists(st.sampled_from(excluded), unique=True)) if excluded else []
    rules: dict[str, Any] = {
        "exclude": [dict(zip(axes, cell, strict=True)) for cell in excluded],
        "include": [dict(zip(axes, cell, strict=True)) for cell in included],
    }
    new = draw(st.booleans())
    if new:
        first, *rest = axes
        rules["include"].append(
            {first: {"fresh": "x"}, **{axis: next(iter(axes[axis])) for axis in rest}}
        )
    return {**axes, **rules}, len(cells) - len(excluded) + len(included) + new


def target(matrix: dict[str, Any]) -> dict[str, Any]:
    """Return a declaration whose names are distinct whatever the ids are."""
    axes = [name for name in matrix if name not in ("exclude", "include")]
    name = "t/" + "/".join(f"{{{{ {axis} }}}}.{{{{ {axis}.index }}}}" for axis in axes)
    return {"prompt": PROMPT, "matrix": matrix, "name": name}


@given(matrices())
def test_cells_are_the_product_less_the_excluded_and_the_included(
    drawn: tuple[dict[str, Any], int],
) -> None:
    """No cell is lost or made twice, and every name is its own."""
    matrix, count = drawn
    graph = expanded(targets={"t": target(matrix)})
    assert len(graph) == count
    assert all(name == one.name for name, one in graph.targets.items())


@given(matrices())
def test_a_spec_expands_alike_each_time(drawn: tuple[dict[str, Any], int]) -> None:
    """The same text gives the same targets in the same order."""
    first, second = (expanded(targets={"t": target(drawn[0])}) for _ in range(2))
    assert list(first) == list(second)


@given(AXES, st.randoms(use_true_random=False))
def test_the_order_of_keys_changes_no_prompt(axes: dict[str, Any], random: Any) -> None:
    """Moving values and fields about only moves targets; names here use no index."""
    name = "t/" + "/".join(f"{{{{ {axis} }}}}" for axis in sorted(axes))

    def shuffled(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        items = list(value.items())
        random.shuffle(items)
        return {key: shuffled(item) for key, item in items}

    def prompts(matrix: dict[str, Any]) -> dict[str, str]:
        fields = {"prompt": PROMPT, "name": name, "matrix": matrix, "aspect_ratio": "3:4"}
        graph = expanded(targets={"t": shuffled(fields)})
        return {one.name: one.prompt for one in graph}

    assert prompts(axes) == prompts(shuffled(axes))


@given(
    st.lists(
        st.text(alphabet="ab./\\:~ .gitGITnul\x00\u00e9e\u0301", max_size=10),
        min_size=1,
        max_size=4,
        unique=True,
    )
)
def test_no_output_leaves_the_project_or_meets_another(parts: list[str]) -> None:
    """Whatever ids a data file brings, an accepted path is inside and one of a kind."""
    rows = [{"id": f"v{i}", "part": part} for i, part in enumerate(parts)]
    sections: dict[str, Any] = {
        "rows": {"row": rows},
        "axes": {"row": {"file": "rows.json"}},
        "targets": {"t": {"prompt": "p", "matrix": {"row": "row"}, "output": "{{ row.part }}.png"}},
    }
    try:
        graph: Graph = expand(make_spec(**sections), file_exists=lambda path: False)
    except SpecError:
        return
    paths = [output.path for one in graph for output in one.outputs]
    assert len({path.casefold() for path in paths}) == len(parts)
    for path in paths:
        assert posixpath.normpath(path) == path
        assert not path.startswith(("/", "../", ".git/"))
        assert "\\" not in path


@given(st.lists(st.integers(2, 10_000), min_size=2, max_size=4), st.integers(1, 10_000))
def test_too_many_cells_are_never_made(sizes: list[int], limit: int) -> None:
    """Beyond its limit a matrix fails with its count, however large that is."""
    count = math.prod(sizes)
    if count <= limit:
        return
    axes = {f"a{i}": {"file": "x.csv"} for i in range(len(sizes))}
    rows = {f"a{i}": list(range(size)) for i, size in enumerate(sizes)}
    matrix = {name: name for name in axes}
    try:
        expanded(
            rows=rows,
            axes=axes,
            targets={"t": {"prompt": "p", "matrix": matrix, "matrix_limit": limit}},
        )
    except SpecError as error:
        assert [p.kind.name for p in error.problems] == ["too-many-cells"]
        assert error.problems[0].facts["count"] == count
    else:
        raise AssertionError("it was expanded")
