"""Whatever the graph and the edits: outputs fit their inputs, and plans keep their word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assetgen.catalogue import Catalogue
from assetgen.graph import Target
from assetgen.plan.model import Decision, Mode, Standing
from assetgen.plan.rebuilder import Rebuilder, decide
from assetgen.state import Past, Verdict
from tests.properties.little import Little, derive, edit, generate

PROMPTS = st.sampled_from(["a sword", "an axe", "a bow", "a staff"])
WIDTHS = st.sampled_from([0, 0, 16, 32])
SETTLED = (Verdict.UP_TO_DATE,)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Target, ...]:
    """Draw up to seven targets, each of which may read those before it."""
    targets: list[Target] = []
    for number in range(draw(st.integers(1, 7))):
        name = f"t{number}"
        before = [target.name for target in targets]
        paid = [target.name for target in targets if target.kind.is_paid]
        kind = draw(st.sampled_from(["generate", "edit", "edit", "derive"])) if paid else "generate"
        width = draw(WIDTHS)
        if kind == "generate":
            targets.append(generate(name, draw(PROMPTS), width))
        elif kind == "edit":
            of = draw(st.lists(st.sampled_from(paid), min_size=1, max_size=2, unique=True))
            targets.append(edit(name, of, draw(PROMPTS), width))
        else:
            targets.append(derive(name, draw(st.sampled_from(before)), width))
    return tuple(targets)


EDITS = st.lists(
    st.tuples(
        st.integers(0, 6), st.sampled_from(["prompt", "width", "delete", "lock"]), PROMPTS, WIDTHS
    ),
    max_size=5,
)


def check(
    world: tuple[Target, ...],
    edits: list[tuple[int, str, str, int]],
    rebuilder: Rebuilder = decide,
) -> None:
    """Build, then edit and build again, and hold every build to its plan and its inputs."""
    little = Little(rebuilder)
    little.declare(*world)
    build_and_look(little)
    for number, what, prompt, width in edits:
        world = changed(little, world, number % len(world), what, prompt, width)
        little.declare(*world)
        build_and_look(little)


def changed(
    little: Little, world: tuple[Target, ...], number: int, what: str, prompt: str, width: int
) -> tuple[Target, ...]:
    target = world[number]
    if what == "delete":
        little.files.files.pop(target.outputs[0].path, None)
        return world
    if what == "lock":
        little.lines.pop(target.name, None)
        return world
    remade = {
        "generate": lambda: generate(target.name, prompt, width),
        "edit": lambda: edit(target.name, target.needs, prompt, width),
        "derive": lambda: derive(target.name, target.needs[0], width),
    }[target.kind]()
    if what == "width":
        remade = replace(remade, prompt=target.prompt)
    return (*world[:number], remade, *world[number + 1 :])


def build_and_look(little: Little) -> None:
    plan = little.plan()
    before = len(little.provider.charges)
    summary = little.build()
    bought = len(little.provider.charges) - before
    assert plan.images.min <= bought <= plan.images.max
    assert (summary.exit_code, summary.bought) == (0, bought)
    assert little.misfit() == ""
    again = little.plan()
    assert {decision.verdict for decision in again.decisions} <= set(SETTLED)
    assert again.images.max == 0


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(worlds(), EDITS)
def test_builds_keep_their_word(
    world: tuple[Target, ...], edits: list[tuple[int, str, str, int]]
) -> None:
    """Outputs fit, a second plan is empty, and paid calls lie between RUN and RUN + PENDING."""
    check(world, edits)


def forgets_inputs(
    target: Target,
    inputs: Mapping[str, Standing],
    past: Past,
    catalogue: Catalogue,
    mode: Mode = Mode(),  # noqa: B008 - frozen
    *,
    rebuy: bool = False,
) -> Decision:
    """A wrong rebuilder: a target whose own text is as it was is left alone."""
    decision = decide(target, inputs, past, catalogue, mode, rebuy=rebuy)
    line = past.lines.get(target.name)
    if decision.action is None or line is None or line.recipe is None or line.bought is None:
        return decision
    same = {**decision.action.manifest, "inputs": None} == {**line.recipe, "inputs": None}
    there = all(path in past.seen for path in line.outputs)
    if decision.verdict is Verdict.RUN and same and there:
        standing = Standing(bought=line.bought.sha256)
        return replace(decision, verdict=Verdict.UP_TO_DATE, buy=(), standing=standing)
    return decision


def always_runs(
    target: Target,
    inputs: Mapping[str, Standing],
    past: Past,
    catalogue: Catalogue,
    mode: Mode = Mode(),  # noqa: B008 - frozen
    *,
    rebuy: bool = False,
) -> Decision:
    """A wrong rebuilder: it never finds anything up to date."""
    decision = decide(target, inputs, past, catalogue, mode, rebuy=rebuy)
    if decision.verdict is Verdict.UP_TO_DATE:
        return replace(decision, verdict=Verdict.RESTORE)
    return decision


BASE_AND_EDIT = (generate("t0", "a sword"), edit("t1", ["t0"], "an axe"))


@pytest.mark.parametrize("wrong", [forgets_inputs, always_runs])
def test_a_wrong_rebuilder_is_found_out(wrong: Rebuilder) -> None:
    """The property can fail: twins that are wrong in one thing do."""
    check(BASE_AND_EDIT, [(0, "prompt", "a bow", 0)])
    with pytest.raises(AssertionError):
        check(BASE_AND_EDIT, [(0, "prompt", "a bow", 0)], wrong)
