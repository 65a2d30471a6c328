"""What an edit would do, in words and as data."""

from __future__ import annotations

from dataclasses import replace

from assetgen.errors import Loc
from assetgen.graph import TargetKind
from assetgen.plan import reasons
from assetgen.plan.impact import Impact, affected, merged, perhaps
from assetgen.plan.model import Decision
from assetgen.report.impact import impact_json, impact_lines
from assetgen.state import Range, Verdict
from tests.report.golden import golden, golden_json
from tests.report.samples import (
    EVIL,
    because,
    decision,
    digest,
    every_verdict,
    line,
    recipe,
    render,
    target,
)


def idle(name: str, kind: TargetKind = TargetKind.GENERATE) -> Decision:
    """Return the decision of a target that is up to date."""
    return decision(name, Verdict.UP_TO_DATE, target=target(name, kind))


def pairs() -> list[tuple[Decision, Decision]]:
    """Return decisions without and with an edit, one for each thing that can come of it."""
    hero = decision(
        "hero", Verdict.RUN, because(reasons.CHANGED, fields="prompt"), action=recipe("new")
    )
    outfit = decision(
        "outfit",
        Verdict.PENDING,
        because(reasons.INPUT_CHANGES, input="hero"),
        images=Range(0, 1),
        cost=Range(0, 0.05),
    )
    icon = Decision(
        target("icon", TargetKind.DERIVE),
        Verdict.RUN,
        (because(reasons.LOCAL_CHANGED, path="art/icon.png"),),
        outputs={"art/icon.png": render("new")},
    )
    axe = decision("axe", Verdict.KEPT, because(reasons.PINNED, take=2), action=recipe("new"))
    edited = because(reasons.EDITED, path="art/map.png", target="map")
    made = decision("map", Verdict.MODIFIED, edited)
    due = decision("due", Verdict.RUN, because(reasons.NEW), action=recipe("new"))
    fog = decision(
        "fog",
        Verdict.RUN,
        because(reasons.NEW),
        action=recipe("f"),
        unknown_cost=True,
        cost=Range(),
    )
    draft = decision("draft", Verdict.RUN, model="draft", cost=Range(), action=recipe("d"))
    return [
        (idle("hero"), hero),
        (idle("outfit"), outfit),
        (idle("icon", TargetKind.DERIVE), icon),
        (idle("axe"), axe),
        (idle("map"), made),
        (replace(due, action=recipe("old")), due),
        (idle("fog"), fog),
        (idle("draft"), draft),
        (idle("stranger"), idle("stranger")),
        (made, made),
    ]


def style() -> Impact:
    """Return the impact of a style."""
    return Impact("style", "ink", Loc("styles.yaml", 4, 3), tuple(affected(pairs()).values()))


def test_everything_that_can_come_of_an_edit() -> None:
    """Grouped by what becomes of each, then sums; what is due anyway adds nothing."""
    golden("impact.txt", impact_lines(style()))


def test_the_json_of_impact() -> None:
    """The same as data."""
    golden_json("impact.json", impact_json(style()))


def test_a_part_of_the_spec_may_change_what_it_reaches() -> None:
    """Each from nothing to its price, but for what is pinned."""
    pinned = replace(idle("axe"), line=replace(line("axe", recipe("x")), pinned=True))
    scratch = decision("hero", Verdict.RUN)
    found = [perhaps(one, scratch, "declared there") for one in (idle("hero"), pinned)]
    golden("impact_spec.txt", impact_lines(Impact("spec", f"a{EVIL}.yaml", None, tuple(found))))


def test_the_strongest_effect_counts() -> None:
    """A target that is sure to be bought is not only one that may change."""
    exact = affected(pairs()[:1])
    maybe = {"hero": perhaps(idle("hero"), decision("hero", Verdict.RUN), "declared there")}
    assert merged([maybe, exact]) == exact
    assert merged([exact, maybe]) == exact


def test_long_lists_are_cut_unless_everything_is_wanted() -> None:
    """Fifty of one effect."""
    many = [
        (idle(f"card/{n:03}"), decision(f"card/{n:03}", Verdict.RUN, action=recipe(digest(str(n)))))
        for n in range(60)
    ]
    found = Impact("var", "game", None, tuple(affected(many).values()))
    assert "\n    … and 10 more\n" in impact_lines(found)
    assert len(impact_lines(found, verbose=True).splitlines()) == 60 + 5
    assert impact_lines(found).endswith("60 targets: 60 bought again\nCost: $3.00 (60 pictures)\n")


def test_nothing_is_reached() -> None:
    """It says so in one line."""
    same = [(one, one) for one in every_verdict().decisions]
    found = Impact("input", "logo.png", None, tuple(affected(same).values()))
    assert found.targets == ()
    assert impact_lines(found) == "nothing changes with logo.png\n"
