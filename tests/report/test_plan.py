"""Plans as people and programs read them."""

from __future__ import annotations

import pytest

from assetgen.plan import reasons
from assetgen.report.plan import plan_json, plan_lines, plan_sums
from assetgen.state import Range, Verdict
from tests.report.golden import golden, golden_json
from tests.report.samples import EVIL, because, decision, every_verdict, plan


def test_each_verdict_has_its_line() -> None:
    """Everything but what is up to date is listed, grouped, with its price and reason."""
    golden("plan.txt", plan_lines(every_verdict()))


def test_verbose_lists_what_is_up_to_date_too() -> None:
    """With verbose nothing is left out."""
    golden("plan_verbose.txt", plan_lines(every_verdict(), verbose=True))


def test_colour_only_when_asked() -> None:
    """Colour adds codes around the same text, and none comes from a name."""
    golden("plan_color.txt", plan_lines(every_verdict(), color=True))
    assert "\x1b" not in plan_lines(every_verdict(), verbose=True)


def test_the_json_is_the_documented_one() -> None:
    """Fields, their order and their types are fixed."""
    golden_json("plan.json", plan_json(every_verdict()))


def test_nothing_to_do_is_one_line() -> None:
    """A plan that is all up to date says so and no more."""
    idle = plan(*(decision(f"card/{n}", Verdict.UP_TO_DATE) for n in range(78)))
    assert plan_lines(idle) == "Nothing to do: 78 targets up to date\n"


def test_an_empty_selection_is_not_called_up_to_date() -> None:
    """A plan without targets says that there are none."""
    assert plan_lines(plan()) == "Nothing to do: no targets\n"


def test_a_range_of_pictures_and_money() -> None:
    """Pending targets widen the sums."""
    made = plan(
        decision("a", Verdict.RUN, images=Range(3, 3), cost=Range(0.15, 0.15)),
        decision("b", Verdict.PENDING, images=Range(0, 2), cost=Range(0, 0.1)),
    )
    assert plan_sums(made) == "Plan: 3–5 pictures to buy ($0.15–$0.25), 1 pending"  # noqa: RUF001


def test_an_unknown_price_is_never_nothing() -> None:
    """A picture without a known price is not shown as free."""
    unknown = decision("a", Verdict.RUN, cost=Range(), unknown_cost=True)
    text = plan_lines(plan(unknown))
    assert "Plan: 1 picture to buy (price unknown)" in text
    assert "free" not in text
    assert "$0" not in text


def test_known_and_unknown_prices_together() -> None:
    """The known part is a lower bound, and said to be one."""
    unknown = decision("a", Verdict.RUN, cost=Range(), unknown_cost=True)
    sums = plan_sums(plan(unknown, decision("b", Verdict.RUN)))
    assert sums == "Plan: 2 pictures to buy (from $0.05, some prices unknown)"


def test_the_json_says_that_a_price_is_unknown() -> None:
    """The sum has a flag, and the target a reason."""
    data = plan_json(plan(decision("a", Verdict.RUN, cost=Range(), unknown_cost=True)))
    assert data["cost"]["unknown"] is True
    assert data["targets"][0]["reasons"] == ["its price is unknown"]


def test_drafts_are_drawn_free_beside_what_is_bought() -> None:
    """Drafts are counted apart from bought pictures."""
    free = [decision(f"d{n}", Verdict.RUN, model="draft", cost=Range()) for n in range(2)]
    made = plan(*free, decision("b", Verdict.RUN))
    assert plan_sums(made) == "Plan: 1 picture to buy ($0.05), 2 drafts to draw (free)"


def test_ten_thousand_changed_targets_stay_readable() -> None:
    """The list is cut after fifty of a verdict, and says how many more there are."""
    many = [
        decision(f"card/{n:05}", Verdict.RUN, because(reasons.CHANGED, fields="prompt"))
        for n in range(10_000)
    ]
    held = decision("tree", Verdict.HELD, because(reasons.HELD, provider="runware"))
    text = plan_lines(plan(*many, held))
    lines = text.splitlines()
    assert len(lines) == 50 + 1 + 1 + 2
    assert lines[50] == "    … and 9,950 more"
    assert "tree" in lines[51]
    assert lines[-1] == "Plan: 10,000 pictures to buy ($500.00), 1 held"


def test_money_in_json_has_six_decimals() -> None:
    """Binary fractions of added prices do not show."""
    made = plan(*(decision(f"t{n}", Verdict.RUN, cost=Range(0.1, 0.1)) for n in range(3)))
    assert plan_json(made)["cost"]["max"] == pytest.approx(0.3, abs=0)


def test_hostile_names_are_escaped() -> None:
    """A name cannot send codes to the terminal."""
    text = plan_lines(plan(decision(EVIL, Verdict.RUN)))
    assert "\x1b" not in text
    assert "\\x1b[2J\\u202eevil" in text
