"""Why a target has its verdict, in words and as data."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from assetgen.action import Input
from assetgen.digest import Digest
from assetgen.errors import Loc
from assetgen.graph import Op, Reference, TargetKind
from assetgen.plan import reasons
from assetgen.plan.model import Decision
from assetgen.report.why import why, why_json
from assetgen.spec.origins import Origin
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

OLD = "A young traveller at the edge of a cliff,\na small dog at his heels.\nbold ink outlines"
NEW = "An old traveller at the edge of a cliff,\na white cat at his heels.\nbold ink outlines"


def changed_card() -> Decision:
    """Return a card whose prompt and resolution changed."""
    card = target(
        "card/00",
        prompt=NEW,
        resolution="2k",
        marks={
            "prompt": Loc("assetgen.yaml", 31, 13),
            "resolution": Loc("styles.yaml", 4, 15),
        },
    )
    wanted = recipe(NEW, resolution="2k")
    return decision(
        "card/00",
        Verdict.RUN,
        because(reasons.CHANGED, fields="prompt, resolution"),
        target=card,
        action=wanted,
        line=line("card/00", recipe(OLD)),
    )


def changed_edit() -> Decision:
    """Return an edit whose base and output work changed, and that now has a reference."""
    edit = target(
        "outfit",
        TargetKind.EDIT,
        prompt="change the clothes",
        inputs=(
            Reference("image", target="hero", loc=Loc("assetgen.yaml", 40, 11)),
            Reference("reference", file="ref/coat.png", loc=Loc("assetgen.yaml", 42, 7)),
        ),
        marks={"ops": Loc("assetgen.yaml", 44, 5)},
    )
    old = recipe("change the clothes", Input("image", digest("hero 1")), kind="edit")
    inputs = (Input("image", digest("hero 2")), Input("reference", digest("coat")))
    small = render("a", Op("crop", {"aspect_ratio": "3:4"}), Op("resize", {"height": 480}))
    large = render("b", Op("crop", {"aspect_ratio": "3:4"}), Op("resize", {"height": 720}))
    return decision(
        "outfit",
        Verdict.RUN,
        target=edit,
        action=recipe("change the clothes", *inputs, kind="edit"),
        line=line("outfit", old, {"art/outfit.png": small}),
        outputs={"art/outfit.png": large, "art/outfit.webp": large},
    )


def former_work() -> dict[Digest, str]:
    """Return the local manifest that the lock of :func:`changed_edit` names, by key."""
    small = render("a", Op("crop", {"aspect_ratio": "3:4"}), Op("resize", {"height": 480}))
    return {small.key: small.text}


def test_a_changed_prompt_is_a_word_diff() -> None:
    """Only the words that differ are marked, with file and line."""
    golden("why_prompt.txt", why(changed_card()))


def test_a_word_diff_in_colour() -> None:
    """Where there is colour, it takes the place of the brackets."""
    golden("why_prompt_color.txt", why(changed_card(), color=True))


def test_what_accounts_for_a_changed_prompt() -> None:
    """The style, the variable or the row that says these words, where one does."""
    for origin, said in (
        (Origin("style", "ink", Loc("styles.yaml", 4, 3), "x", "y"), "style:ink  styles.yaml:4:3"),
        (
            Origin("var", f"a{EVIL}", Loc("a.yaml", 2, 3), "x", "y"),
            r"var:a\x1b[2J\u202eevil  a.yaml:2:3",
        ),
        (
            Origin("axis", "card.title", None, "x", "y", "data/cards.csv", 12),
            "axis card.title  row 12 of data/cards.csv",
        ),
    ):
        assert f"\n    all of it from {said}\n" in why(changed_card(), origin=origin)


def test_a_kept_picture_and_what_the_recipe_wants_now() -> None:
    """It is said between which two recipes the changes are."""
    kept = replace(changed_card(), verdict=Verdict.KEPT, reasons=(because(reasons.PINNED, take=1),))
    golden("why_kept.txt", why(kept))
    line = kept.line
    assert line is not None
    given = replace(line, takes=(replace(line.takes[0], adopted=True),))
    assert "the recipe it was given for -> " in why(replace(kept, line=given))


def test_changed_inputs_and_local_work() -> None:
    """Pictures are named by role and name with short digests; ops by their argument."""
    golden("why_inputs.txt", why(changed_edit(), local=former_work()))


def test_former_local_work_that_is_not_known() -> None:
    """Without the former manifest only the keys can be compared, and it says so."""
    text = why(changed_edit())
    assert "art/outfit.png  its local work or its source changed (key " in text
    assert "art/outfit.webp  new output" in text


def test_the_json_of_why() -> None:
    """The same as data."""
    origin = Origin("style", "ink", Loc("styles.yaml", 4, 3), "thin lines", "bold ink outlines")
    golden_json("why.json", why_json(changed_card(), origin=origin))


def test_the_json_of_unknown_local_work_is_null() -> None:
    """What is not known is null, what is new has no old key."""
    outputs = why_json(changed_edit())["outputs"]
    assert [entry["changes"] for entry in outputs] == [None, None]
    assert outputs[1]["key"]["old"] is None


@pytest.mark.parametrize("name", [d.target.name for d in every_verdict().decisions])
def test_each_verdict_begins_with_a_plain_sentence(name: str) -> None:
    """The first line names the target and says what its verdict means."""
    made = every_verdict()[name]
    golden(f"why_{name.replace('/', '_')}.txt", why(made))


def test_a_draft_is_said_to_be_free() -> None:
    """A draft is drawn, not bought."""
    made = decision("a", Verdict.RUN, model="draft", cost=Range())
    assert why(made).startswith("a will be drawn as a draft, free\n")


def test_an_unknown_price_is_said() -> None:
    """A purchase without a known price does not look free."""
    made = decision("a", Verdict.RUN, cost=Range(), unknown_cost=True)
    assert why(made).startswith("a will be bought (1 picture, price unknown)\n")


def test_pending_compares_what_is_known() -> None:
    """While inputs are unknown, the other fields are still compared and inputs are not."""
    edit = target("e", TargetKind.EDIT, prompt="new", inputs=(Reference("image", target="b"),))
    old = recipe("old", Input("image", digest("b")), kind="edit")
    made = decision("e", Verdict.PENDING, target=edit, line=line("e", old))
    text = why(made)
    assert "| [-old-]{+new+}" in text
    assert "image b" not in text


def test_hostile_prompts_are_escaped() -> None:
    """A prompt from the spec or the lock cannot send codes to the terminal."""
    made = decision(
        "a", Verdict.RUN, action=recipe(EVIL + " b"), line=line("a", recipe(EVIL + " c"))
    )
    text = why(made)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert json.dumps(why_json(made)).isascii()


def test_a_kept_line_without_a_recipe() -> None:
    """An adopted picture of a derived target has no recipe to compare."""
    made = every_verdict()["axe"]
    assert why_json(made)["changes"] == []
