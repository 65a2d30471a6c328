"""Which targets a command line means."""

from __future__ import annotations

import pytest

from assetgen.errors import UsageError
from assetgen.graph import Graph
from assetgen.plan.select import select
from tests.plan.world import World, edit, generate

GRAPH: Graph = (
    World()
    .declare(
        generate("base", outputs=()),
        edit("hero/red", "base", tags=("icon",)),
        edit("hero/red/smile", "hero/red"),
        generate("site", tags=("icon", "web")),
    )
    .graph
)


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        ([], ["hero/red", "hero/red/smile", "site"]),
        (["base"], ["base"]),
        (["hero/*"], ["hero/red"]),
        (["hero/**"], ["hero/red", "hero/red/smile"]),
        (["**"], ["base", "hero/red", "hero/red/smile", "site"]),
        (["tag:icon"], ["hero/red", "site"]),
        (["+hero/red"], ["base", "hero/red"]),
        (["hero/red+"], ["hero/red", "hero/red/smile"]),
        (["+hero/red+"], ["base", "hero/red", "hero/red/smile"]),
        (["site", "base"], ["base", "site"]),
    ],
)
def test_patterns_choose_in_declaration_order(patterns: list[str], names: list[str]) -> None:
    """Names, globs, tags and neighbours; without any, all that have an output."""
    assert select(GRAPH, patterns) == names


def test_excluded_targets_are_left_out() -> None:
    """Exclusion uses the same patterns."""
    assert select(GRAPH, [], ["hero/**"]) == ["site"]


def test_a_pattern_that_matches_nothing_is_a_mistake() -> None:
    """It says what was meant, and all such patterns are told together."""
    with pytest.raises(UsageError) as caught:
        select(GRAPH, ["hero/rde", "sight"])
    assert [problem.step for problem in caught.value.problems] == [
        "did you mean 'hero/red'?",
        "did you mean 'site'?",
    ]
