"""Where a picture can be bought: the best first, and for every other route why not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from assetgen.catalogue import Catalogue, open_route
from assetgen.graph import Reference
from assetgen.plan.model import Mode, Plan
from assetgen.plan.planner import make_plan
from assetgen.rows import read_catalogue
from assetgen.state import Job, JobState
from tests.plan.world import LOC, World, edit, generate, picture

IMAGE = "xai/grok-imagine-image"
QUALITY = "xai/grok-imagine-image-quality"
PRO = "xai/grok-imagine-image-pro"


def catalogue(*ready: str, hosting: bool = False) -> Catalogue:
    known = read_catalogue("")
    return replace(known, ready=frozenset(ready) if ready else None, hosting=hosting, memo={})


def plan(world: World, market: Catalogue | None = None, **past: Any) -> Plan:
    what = replace(world.past(), **past)
    return make_plan(world.graph, world.graph.targets, what, Mode(), market or catalogue())


def problems(made: Plan) -> list[str]:
    return [problem.kind.name for problem in made.problems]


def providers(made: Plan, name: str) -> list[str]:
    return [offer.route.provider for offer in made[name].offers]


def test_providers_are_asked_in_the_order_of_the_spec() -> None:
    """Whatever the catalogue prefers."""
    for order in (("apixo", "runware"), ("runware", "apixo")):
        world = World().declare(generate("a", model=IMAGE, providers=order))
        assert providers(plan(world), "a") == list(order)


def test_providers_with_a_key_come_first() -> None:
    """The others stay, for the plan of somebody without any key."""
    world = World().declare(generate("a", model=IMAGE, providers=("apixo", "runware")))
    assert providers(plan(world, catalogue("runware")), "a") == ["runware", "apixo"]


def test_the_action_key_does_not_know_the_provider() -> None:
    """Who has another key than a colleague has the same pictures."""
    keys = set()
    for one in ("runware", "apixo", "xai"):
        world = World().declare(generate("a", model=IMAGE, providers=(one,)))
        action = plan(world)["a"].action
        assert action is not None
        keys.add(action.key)
    assert len(keys) == 1


def test_the_price_is_the_one_of_whoever_may_be_asked() -> None:
    """With one key it is exact; with two, a busy provider's work may go to the dearer one."""
    world = World().declare(generate("a", model=IMAGE, providers=("runware", "apixo")))
    one = plan(world, catalogue("runware"))["a"].cost
    both = plan(world, catalogue("runware", "apixo"))["a"].cost
    assert (one.min, one.max) == (0.02, 0.02)
    assert (both.min, both.max) == (0.02, 0.10)


def test_the_nearest_ratio_is_said() -> None:
    """APIXO has three ratios; the picture is cropped to what was wanted."""
    world = World().declare(
        generate("a", model=IMAGE, providers=("apixo",), aspect_ratio="16:9"),
        generate("b", model=IMAGE, providers=("apixo",), aspect_ratio="3:2"),
    )
    made = plan(world)
    assert made["a"].offers[0].ratio == "3:2"
    assert "asks apixo for 3:2, crops to 16:9" in [r.text for r in made["a"].reasons]
    assert [reason.kind.name for reason in made["b"].reasons] == ["new"]


def test_a_service_that_wants_pixels_is_asked_for_those_that_lose_least() -> None:
    """Trap 13: Runware's 4:3 is really 10:7, so it is what a 10:7 picture asks for."""
    world = World().declare(generate("a", model=IMAGE, providers=("runware",), aspect_ratio="10:7"))
    offer = plan(world)["a"].offers[0]
    assert (offer.ratio, offer.size) == ("4:3", (1280, 896))


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"model": "xai/grok"}, "unknown-model"),
        ({"model": QUALITY, "providers": ("apixo",)}, "not-among-providers"),
        ({"providers": ("apixo",), "resolution": "2k"}, "unsupported-resolution"),
        ({"providers": ("apixo",), "quality": "high"}, "unsupported-quality"),
        ({"providers": ("apixo",), "prompt": "x" * 5001}, "prompt-too-long"),
    ],
)
def test_what_nobody_offers_is_told_before_any_money(fields: dict[str, Any], kind: str) -> None:
    """The plan names the provider and its limit."""
    world = World().declare(generate("a", **{"model": IMAGE, **fields}))
    assert problems(plan(world)) == [kind]


def test_more_references_than_a_service_takes() -> None:
    """APIXO edits one picture at a time."""
    target = edit("a", "base", model=IMAGE, providers=("apixo",))
    target = replace(target, inputs=(*target.inputs, Reference("reference", target="base")))
    world = World().declare(generate("base", model=IMAGE, providers=("apixo",)), target)
    made = plan(world)
    assert problems(made) == ["too-many-references"]
    assert "at most 1 input pictures" in made.problems[0].cause


def test_another_provider_will_do_where_the_first_cannot() -> None:
    """A route that is out is passed over without a word."""
    world = World().declare(generate("a", model=IMAGE, providers=("apixo", "xai"), resolution="2k"))
    made = plan(world)
    assert (problems(made), providers(made, "a")) == ([], ["xai"])


def test_cells_of_a_matrix_share_one_complaint() -> None:
    """A hundred cells with one mistake are one line."""
    cells = [generate(f"a/{n}", model=IMAGE, providers=("apixo",), resolution="2k") for n in "xyz"]
    assert problems(plan(World().declare(*cells))) == ["unsupported-resolution"]


def test_what_is_up_to_date_needs_nobody_to_offer_it() -> None:
    """A clone without the user's own rows has nothing to do."""
    world = World().declare(generate("a", model="local/mine")).built()
    made = plan(world)
    assert (problems(made), made["a"].verdict) == ([], "up_to_date")


def in_file(model: str, provider: str) -> World:
    target = edit("a", "base", model=model, providers=(provider,))
    target = replace(target, inputs=(Reference("image", file="ref.png", loc=LOC),))
    world = World().declare(target)
    world.seen["ref.png"] = picture("ref")
    return world


def test_a_local_picture_needs_a_place_where_the_service_can_read_it() -> None:
    """Without hosting it is an error before any money; with it, or with another service, none."""
    assert problems(plan(in_file(IMAGE, "apixo"))) == ["reference-needs-address"]
    assert problems(plan(in_file(IMAGE, "apixo"), catalogue(hosting=True))) == []
    assert problems(plan(in_file(IMAGE, "runware"))) == []


def test_a_picture_that_is_bought_in_the_same_build_has_an_address() -> None:
    """It is sent on while the address of the service is fresh."""
    world = World().declare(
        generate("base", model=IMAGE, providers=("apixo",)),
        edit("a", "base", model=IMAGE, providers=("apixo",)),
    )
    assert problems(plan(world)) == []


def test_a_picture_from_long_ago_has_none() -> None:
    """Unless its service's address still lives."""
    world = World().declare(
        generate("base", model=IMAGE), edit("a", "base", model=IMAGE, providers=("apixo",))
    )
    world.built()
    world.declare(
        generate("base", model=IMAGE),
        edit("a", "base", model=IMAGE, providers=("apixo",), prompt="in blue"),
    )
    assert problems(plan(world)) == ["reference-needs-address"]
    assert problems(plan(world, address=lambda digest: True)) == []


def test_an_address_may_expire_before_a_review_is_done() -> None:
    """Said beforehand, where a gated picture's edit goes to a service that reads addresses."""
    world = World().declare(
        generate("base", model=IMAGE, providers=("apixo",), review=True),
        edit("a", "base", model=IMAGE, providers=("apixo",)),
    )
    kinds = [notice.kind.name for notice in plan(world).notices]
    assert "address-may-expire" in kinds
    kinds = [notice.kind.name for notice in plan(world, catalogue(hosting=True)).notices]
    assert "address-may-expire" not in kinds


def test_a_withdrawn_row_warns_and_is_used_all_the_same() -> None:
    """The seeds' rows stay usable."""
    world = World().declare(generate("a", model=PRO, providers=("runware",)))
    made = plan(world)
    assert problems(made) == []
    assert [notice.kind.name for notice in made.notices] == ["route-withdrawn"]
    assert providers(made, "a") == ["runware"]


def test_a_model_of_the_users_own() -> None:
    """Rows are data: what serves it is asked like any other."""
    market = replace(catalogue(), models={"local/mine": (open_route("openai", 0.0, "local/mine"),)})
    world = World().declare(generate("a", model="local/mine", aspect_ratio="16:9"))
    assert providers(plan(world, market), "a") == ["openai"]


def test_a_call_in_flight_keeps_its_provider() -> None:
    """Collecting asks nobody for an offer."""
    world = World().declare(generate("a", model=IMAGE, providers=("apixo",)))
    action = plan(world)["a"].action
    assert action is not None
    world.jobs.append(Job(1, action.key, 1, 0, "runware", IMAGE, JobState.ACCEPTED, "j"))
    assert [one.take for one in plan(world)["a"].collect] == [1]
