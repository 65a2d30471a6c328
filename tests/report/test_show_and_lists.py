"""One target, lists of them, and the paid calls."""

from __future__ import annotations

from dataclasses import replace

from assetgen.action import Input
from assetgen.graph import Op, Output, Reference, TargetKind
from assetgen.plan import reasons
from assetgen.plan.model import Decision
from assetgen.report.listing import (
    jobs_json,
    jobs_lines,
    list_json,
    list_lines,
    status_json,
    status_lines,
)
from assetgen.report.show import show, show_json
from assetgen.state import JobState, Take, Verdict
from tests.report.golden import golden, golden_json
from tests.report.samples import (
    EVIL,
    because,
    decision,
    digest,
    every_verdict,
    job,
    plan,
    recipe,
    render,
    target,
)

CROP = Op("crop", {"aspect_ratio": "11:19"})
SMALL = Op("resize", {"height": 720})


def rich_target() -> Decision:
    """Return an edit of which everything is known."""
    prompt = "Change only the clothes.\nthick gouache strokes\nAvoid: text"
    edit = target(
        "outfit/armor",
        TargetKind.EDIT,
        prompt=prompt,
        providers=("runware", "pixazo"),
        aspect_ratio="3:4",
        resolution="1k",
        variant="b",
        review=True,
        tags=("sprite", "hero"),
        note="the good one",
        inputs=(Reference("image", target="hero/base"), Reference("reference", file="ref/a.png")),
        outputs=(
            Output("art/outfit/armor.png", "png", (CROP, SMALL)),
            Output("art/outfit/armor.webp", "webp"),
        ),
    )
    inputs = (Input("image", digest("base")), Input("reference", digest("a")))
    return Decision(
        edit,
        Verdict.UP_TO_DATE,
        action=recipe(prompt, *inputs, kind="edit"),
        takes=(
            Take(1, digest("one"), "runware", edit.model, 0.05),
            Take(2, digest("two"), "", "", None),
        ),
        shown=2,
        outputs={"art/outfit/armor.png": render("two", CROP, SMALL)},
        waits=True,
    )


def test_show_says_everything() -> None:
    """All that is declared and known of a target, the final prompt last."""
    item = rich_target()
    golden("show.txt", show(item.target, item))


def test_show_in_colour() -> None:
    """Colour is for labels."""
    item = rich_target()
    golden("show_color.txt", show(item.target, item, color=True))


def test_show_as_data() -> None:
    """The same as data, digests in full."""
    item = rich_target()
    golden_json("show.json", show_json(item.target, item))


def test_show_of_a_draft_names_the_model_that_it_stands_for() -> None:
    """Under --draft both models are named."""
    item = decision("a", Verdict.RUN, because(reasons.NEW), model="draft")
    assert "draft (instead of xai/grok-imagine-image-quality)" in show(item.target, item)


def test_show_of_a_target_without_output() -> None:
    """`output: none` is said, not left blank."""
    item = decision("a", Verdict.RUN, target=target("a", outputs=()))
    assert "none: built only where something needs it" in show(item.target, item)


def test_a_hostile_prompt_is_escaped_and_stays_behind_its_bar() -> None:
    """Each line of a prompt is printed behind a bar, so that none looks like ours."""
    item = decision("a", Verdict.RUN, target=target("a", prompt=f"{EVIL}\n::error::x"))
    text = show(item.target, item)
    assert "\x1b" not in text
    assert "    | ::error::x\n" in text


def test_the_list_of_targets() -> None:
    """One line each."""
    golden("list.txt", list_lines([d.target for d in every_verdict().decisions]))


def test_a_list_with_several_or_no_files() -> None:
    """The first file is named and the others are counted."""
    item = rich_target().target
    text = list_lines([item, replace(item, name="b", outputs=(), tags=())])
    assert "art/outfit/armor.png (+1 more)  tag:sprite tag:hero\n" in text
    assert "(no output)\n" in text


def test_the_list_as_data() -> None:
    """The same as data."""
    golden_json("list.json", list_json([rich_target().target]))


def test_the_status() -> None:
    """Counts, what is not up to date, and the calls that wait."""
    jobs = [job(1, JobState.ACCEPTED), job(2, JobState.AMBIGUOUS), job(3, JobState.FETCHED)]
    golden("status.txt", status_lines(every_verdict(), jobs))


def test_the_status_names_ten_of_each() -> None:
    """A long group is cut."""
    many = plan(*(decision(f"t{n}", Verdict.RUN, because(reasons.NEW)) for n in range(12)))
    assert status_lines(many).splitlines()[-2:] == ["  t9  not made yet", "  … and 2 more"]


def test_the_status_as_data() -> None:
    """The same as data: zeros too, so that a script needs no default."""
    golden_json("status.json", status_json(every_verdict(), [job(2, JobState.AMBIGUOUS)]))


def test_no_calls() -> None:
    """An empty ledger says so."""
    assert jobs_lines([], 0.0) == "no paid calls\n"


def test_the_table_of_calls() -> None:
    """Ages come from the clock that is handed in; held calls say how they are settled."""
    golden(
        "jobs.txt",
        jobs_lines(
            [
                job(7, JobState.ACCEPTED, job_id="b7c1", created=1000.0 - 180),
                job(8, JobState.AMBIGUOUS, reason=f"read timeout {EVIL}", price=None),
                job(9, JobState.FETCHED, cost=0.0, created=1000.0 - 3 * 86400),
            ],
            1000.0,
        ),
    )


def test_the_calls_as_data() -> None:
    """The same as data, unknown prices as null."""
    golden_json("jobs.json", jobs_json([job(8, JobState.AMBIGUOUS, price=None)]))
