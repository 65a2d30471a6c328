"""Keys that are missing, or go, while pictures are to be bought or are in flight."""

from __future__ import annotations

import pytest

from assetgen.app.asked import Hands, Options
from assetgen.app.building import build
from assetgen.app.consent import Caps
from assetgen.app.project import open_project
from tests.e2e.emulated import Market

CAP = ("--max-images", "99")
MODEL = "xai/grok-imagine-image"


def test_a_key_that_an_edit_needs_is_missed_before_anything_is_bought(shop: Market) -> None:
    """Its input would be paid for in vain."""
    shop.only("apixo")
    shop.spec(
        f"defaults: {{model: {MODEL}}}\ntargets:\n"
        "  base: {prompt: a knight, providers: [apixo]}\n"
        "  gold: {edit: base, prompt: in gold, providers: [runware]}\n"
    )
    ran = shop.run("build", *CAP)
    assert ran.code == 4
    assert "RUNWARE_API_KEY is not set" in ran.err
    assert shop.submits == []
    assert shop.build("base", *CAP)["bought"] == 1


def test_a_key_behind_a_review_is_not_missed_yet(shop: Market) -> None:
    """Nobody needs it before a take is picked."""
    shop.only("apixo")
    shop.spec(
        f"defaults: {{model: {MODEL}}}\ntargets:\n"
        "  base: {prompt: a knight, providers: [apixo], review: required}\n"
        "  gold: {edit: base, prompt: in gold, providers: [runware]}\n"
    )
    assert shop.run("build", *CAP).code == 75
    assert len(shop.submits) == 1


@pytest.mark.parametrize("providers", ["[runware]", "[apixo, runware]"])
def test_a_key_that_goes_while_a_call_is_in_flight(shop: Market, providers: str) -> None:
    """Its target fails with 4 and says what to do; all others are built; with the key it comes."""
    line = f"  a: {{prompt: a knight, providers: {providers}}}\n"
    head = f"defaults: {{model: {MODEL}}}\ntargets:\n"
    shop.spec(head + line.replace("apixo, ", ""))
    shop.emulator.fault("status", service="runware", on="poll", status=401)
    assert shop.run("build", *CAP).code == 4
    key = shop.variables.pop("RUNWARE_API_KEY")
    shop.spec(
        head + line + "  b: {prompt: b, providers: [apixo]}\n  c: {prompt: c, providers: [xai]}\n"
    )
    ran = shop.run("build", "--json", *CAP)
    assert (ran.code, ran.summary["bought"], ran.summary["failed"]) == (4, 2, 1)
    notes = [event["problem"] for event in ran.events if event["event"] == "notice"]
    assert notes[0]["cause"].endswith("for a, and RUNWARE_API_KEY is not set any more")
    assert notes[0]["step"].endswith("'assetgen jobs abandon 1'")
    shop.variables["RUNWARE_API_KEY"] = key
    assert shop.build(*CAP)["failed"] == 0
    assert len(shop.charges) == 3


def test_who_is_asked_about_held_calls_can_have_them_sent(shop: Market) -> None:
    """Nothing but held calls was planned, so their service is opened only now."""
    shop.shelf("pixazo", "targets: {a: a sword}\n")
    shop.emulator.fault("drop", service="pixazo", accepted=False)
    assert shop.run("build", *CAP).code == 75
    hands = Hands(emit=lambda event: None, settle=lambda held: True)
    summary = build(open_project(str(shop.root), shop.env), Options(caps=Caps(max_images=9)), hands)
    assert (summary.exit_code, summary.bought) == (0, 1)
