"""What a plan says of a target, verdict by verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assetgen.catalogue import Catalogue, open_route
from assetgen.graph import Op, Output
from assetgen.plan import reasons as why
from assetgen.plan.model import Decision
from assetgen.plan.planner import make_plan
from assetgen.state import JobState, LineState, OutputRecord, Take, Verdict
from tests.plan.world import World, derive, edit, generate, key_of, picture

REAL = "xai/grok-imagine-image"


def kinds(decision: Decision) -> list[str]:
    return [reason.kind.name for reason in decision.reasons]


def test_a_new_target_runs() -> None:
    """Nothing is known of its key, so it is bought, once."""
    decision = World().declare(generate("sword")).decision("sword")
    assert decision.verdict is Verdict.RUN
    assert decision.images.max == 1


def test_a_built_target_is_up_to_date() -> None:
    """The lock has its keys and the file has the lock's bytes."""
    world = World().declare(generate("sword")).built()
    assert world.decision("sword").verdict is Verdict.UP_TO_DATE


def test_up_to_date_needs_no_store() -> None:
    """The bought bytes may be absent: a clone has nothing to do."""
    world = World().declare(generate("sword")).built()
    world.stored.clear()
    world.jobs.clear()
    assert world.decision("sword").verdict is Verdict.UP_TO_DATE


def test_a_changed_prompt_runs() -> None:
    """Another prompt is another key."""
    world = World().declare(generate("sword")).built()
    decision = world.declare(generate("sword", "an axe")).decision("sword")
    assert decision.verdict is Verdict.RUN
    assert [r.text for r in decision.reasons] == ["changed: prompt"]


def test_going_back_to_an_old_prompt_is_free() -> None:
    """The old key's picture is still known and readable."""
    world = World().declare(generate("sword")).built()
    world.declare(generate("sword", "an axe")).built()
    decision = world.declare(generate("sword")).decision("sword")
    assert decision.verdict is Verdict.RESTORE
    assert decision.images.max == 0


def test_a_missing_output_is_restored() -> None:
    """A deleted file is made again of the bought bytes."""
    world = World().declare(generate("sword")).built()
    del world.seen["sword.png"]
    assert world.decision("sword").verdict is Verdict.RESTORE


def test_changed_local_work_is_free() -> None:
    """A new resize makes another file of the same picture."""
    world = World().declare(generate("sword")).built()
    small = Output("sword.png", "png", (Op("resize", {"width": 64}),))
    decision = world.declare(generate("sword", outputs=(small,))).decision("sword")
    assert decision.verdict is Verdict.RESTORE


def test_an_edited_output_is_never_overwritten() -> None:
    """Bytes that neither lock nor ledger knows are somebody's work."""
    world = World().declare(generate("sword")).built()
    world.seen["sword.png"] = picture("by hand")
    decision = world.decision("sword")
    assert (decision.verdict, kinds(decision)) == (Verdict.MODIFIED, ["edited-by-hand"])


def test_a_file_that_was_there_before_is_never_overwritten() -> None:
    """A first build finds a file of the same name."""
    world = World().declare(generate("sword"))
    world.seen["sword.png"] = picture("by hand")
    decision = world.decision("sword")
    assert (decision.verdict, kinds(decision)) == (Verdict.MODIFIED, ["not-ours"])


def test_bytes_that_assetgen_wrote_are_not_an_edit() -> None:
    """A build that died between output and lock left its own bytes behind."""
    world = World().declare(generate("sword")).built()
    world.lines.clear()
    assert world.decision("sword").verdict is Verdict.RESTORE


@pytest.mark.parametrize("how", ["pinned", "adopted", "accepted"])
def test_what_the_user_keeps_is_kept(how: str) -> None:
    """Pinned, adopted and accepted pictures stay though the recipe changed."""
    changed = generate("sword", "an axe")
    world = World().declare(generate("sword")).built()
    line = world.lines["sword"]
    world.lines["sword"] = {
        "pinned": replace(line, pinned=True),
        "adopted": replace(line, state=LineState.ADOPTED),
        "accepted": replace(line, accepted_key=key_of(changed)),
    }[how]
    decision = world.declare(changed).decision("sword")
    assert (decision.verdict, kinds(decision)) == (Verdict.KEPT, [how])


def test_accepting_holds_until_the_next_change() -> None:
    """An accepted recipe that changes again is no longer accepted."""
    world = World().declare(generate("sword")).built()
    accepted = key_of(generate("sword", "an axe"))
    world.lines["sword"] = replace(world.lines["sword"], accepted_key=accepted)
    assert world.declare(generate("sword", "a bow")).decision("sword").verdict is Verdict.RUN


def test_an_unknown_outcome_is_held() -> None:
    """Nothing is sent while a call may have been accepted."""
    world = World().declare(generate("sword"))
    world.job(key_of(generate("sword")), JobState.AMBIGUOUS)
    decision = world.decision("sword")
    assert (decision.verdict, decision.images.max) == (Verdict.HELD, 0)


@pytest.mark.parametrize("charged", [True, None])
def test_a_failure_is_not_sent_again(charged: bool | None) -> None:
    """What may have been charged is final for its key."""
    world = World().declare(generate("sword"))
    world.job(key_of(generate("sword")), JobState.FAILED, reason="moderated", charged=charged)
    assert world.decision("sword").verdict is Verdict.FAILED


def test_a_free_failure_is_sent_once_more() -> None:
    """What is documented as free retries once, under the next epoch, and then never."""
    world = World().declare(generate("sword"))
    key = key_of(generate("sword"))
    world.job(key, JobState.FAILED, charged=False)
    decision = world.decision("sword")
    assert decision.verdict is Verdict.RUN
    assert [order.epoch for order in decision.buy] == [1]
    world.job(key, JobState.FAILED, charged=False, epoch=1)
    assert world.decision("sword").verdict is Verdict.FAILED


def test_a_refused_call_may_be_sent_again() -> None:
    """It was surely not accepted: the same epoch goes out again."""
    world = World().declare(generate("sword"))
    world.job(key_of(generate("sword")), JobState.REFUSED)
    assert [order.epoch for order in world.decision("sword").buy] == [0]


def test_an_open_call_is_collected_and_not_repeated() -> None:
    """What is in flight costs nothing more."""
    world = World().declare(generate("sword"))
    world.job(key_of(generate("sword")), JobState.ACCEPTED)
    decision = world.decision("sword")
    assert (decision.verdict, decision.images.max) == (Verdict.RUN, 0)
    assert kinds(decision) == ["in-flight"]


def test_a_dependant_of_a_change_is_pending() -> None:
    """Its key is not known before its input is."""
    world = World().declare(generate("base"), edit("red", "base")).built()
    world.declare(generate("base", "an axe"), edit("red", "base"))
    decision = world.decision("red")
    assert (decision.verdict, decision.images.min, decision.images.max) == (Verdict.PENDING, 0, 1)


def test_equal_bytes_stop_the_wave() -> None:
    """An input that becomes what it was leaves its dependants up to date."""
    world = World().declare(generate("base"), edit("red", "base")).built()
    same = world.lines["base"].takes
    world.declare(generate("base", "an axe"), edit("red", "base"))
    action = world.decision("base").action
    assert action is not None
    world.lines["base"] = replace(world.lines["base"], recipe=action.manifest, key=action.key)
    assert world.lines["base"].takes == same
    assert world.decision("red").verdict is Verdict.UP_TO_DATE


@pytest.mark.parametrize(
    ("state", "kind"), [(JobState.AMBIGUOUS, "input-held"), (JobState.FAILED, "input-failed")]
)
def test_a_dependant_of_a_stop_is_blocked(state: JobState, kind: str) -> None:
    """It says what it waits for."""
    world = World().declare(generate("base"), edit("red", "base"))
    world.job(key_of(generate("base")), state)
    decision = world.decision("red")
    assert (decision.verdict, kinds(decision)) == (Verdict.BLOCKED, [kind])


def test_dependants_wait_for_a_review() -> None:
    """Until a take is picked nothing is bought on top of it; a pick lets them go on."""
    base = generate("base", model=REAL, review=True)
    child = edit("red", "base", model=REAL)
    world = World().declare(base, child).built("base")
    assert kinds(world.decision("red")) == ["input-review"]
    world.lines["base"] = replace(world.lines["base"], state=LineState.PICKED)
    assert world.decision("red").verdict is Verdict.RUN


def test_drafts_pass_the_review() -> None:
    """Layout work does not wait for a person."""
    world = World().declare(generate("base", review=True), edit("red", "base")).built("base")
    assert world.decision("red").verdict is Verdict.RUN


def test_lost_bytes_are_not_bought_again_by_themselves() -> None:
    """A changed op needs bytes that nothing can read: the output stays until the user says so."""
    world = World().declare(generate("sword", model=REAL)).built()
    world.stored.clear()
    small = Output("sword.png", "png", (Op("resize", {"width": 64}),))
    world.declare(generate("sword", model=REAL, outputs=(small,)))
    decision = world.decision("sword")
    assert (decision.verdict, decision.images.max) == (Verdict.LOST, 0)
    again = world.decision("sword", rebuy_lost=True)
    assert (again.verdict, [o.epoch for o in again.buy]) == (Verdict.RUN, [1])


def test_a_dependant_of_lost_bytes_says_so() -> None:
    """The picture that would have to be sent can be read nowhere."""
    base, red = generate("base", model=REAL), edit("red", "base", model=REAL)
    world = World().declare(base, red).built("base")
    world.stored.clear()
    decision = world.decision("red")
    assert (decision.verdict, kinds(decision)) == (Verdict.BLOCKED, ["input-lost"])
    plan = world.plan(rebuy_lost=True)
    assert (plan["base"].verdict, plan["red"].verdict) == (Verdict.RUN, Verdict.PENDING)


def test_a_lost_draft_is_drawn_again() -> None:
    """Drafts may be thrown away: drawing them again is free."""
    world = World().declare(generate("sword")).built()
    world.stored.clear()
    del world.seen["sword.png"]
    assert world.decision("sword").verdict is Verdict.RUN


def test_a_draft_does_not_satisfy_a_real_model() -> None:
    """What was drafted is bought when --draft is left out."""
    world = World().declare(generate("sword")).built()
    decision = world.declare(generate("sword", model=REAL)).decision("sword")
    assert (decision.verdict, kinds(decision)) == (Verdict.RUN, ["drafted"])


def test_a_draft_never_replaces_a_bought_picture() -> None:
    """With --draft, what was bought stays, changed or not."""
    world = World().declare(generate("sword", model=REAL)).built()
    assert world.decision("sword", draft=True).verdict is Verdict.UP_TO_DATE
    world.declare(generate("sword", "an axe", model=REAL))
    decision = world.decision("sword", draft=True)
    assert (decision.verdict, kinds(decision)) == (Verdict.KEPT, ["bought-stays"])


def test_a_renamed_target_costs_nothing() -> None:
    """The key does not know the name."""
    world = World().declare(generate("sword")).built()
    decision = world.declare(generate("blade")).decision("blade")
    assert decision.verdict is Verdict.RESTORE


def test_two_targets_with_one_key_are_bought_once() -> None:
    """The second one shares the picture of the first."""
    plan = World().declare(generate("a"), generate("b")).plan()
    assert plan.images.max == 1
    assert kinds(plan["b"]) == ["new", "shared"]


def test_more_takes_of_a_shared_key_are_counted() -> None:
    """The first target asks for one take, the second for three of the same picture."""
    plan = World().declare(generate("a"), generate("b", takes=3)).plan()
    assert (plan["a"].images.max, plan["b"].images.max, plan.images.max) == (1, 2, 3)


def test_a_variant_separates_equal_requests() -> None:
    """The word is in the key."""
    plan = World().declare(generate("a"), generate("b", variant="two")).plan()
    assert plan.images.max == 2


def test_every_take_is_paid() -> None:
    """One call buys one take; a started series is completed."""
    world = World().declare(generate("sword", takes=3))
    assert world.decision("sword").images.max == 3
    key = key_of(generate("sword"))
    world.job(key, JobState.FETCHED, sha256=picture("one"))
    world.stored.add(picture("one"))
    assert [order.take for order in world.decision("sword").buy] == [2, 3]


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        (JobState.INTENT, Verdict.RUN),
        (JobState.ACCEPTED, Verdict.RUN),
        (JobState.COMPLETED, Verdict.RUN),
        (JobState.AMBIGUOUS, Verdict.HELD),
        (JobState.FAILED, Verdict.RESTORE),
        (JobState.ABANDONED, Verdict.RESTORE),
    ],
)
def test_a_series_is_done_when_its_last_take_is(state: JobState, verdict: Verdict) -> None:
    """With one of two takes here, a call for the other one is collected or held, not forgotten."""
    world = World().declare(generate("sword", takes=2))
    key = key_of(generate("sword"))
    world.job(key, JobState.FETCHED, sha256=picture("one"))
    world.stored.add(picture("one"))
    world.job(key, state, take=2)
    decision = world.decision("sword")
    assert (decision.verdict, decision.buy) == (verdict, ())
    collected = [order.take for order in decision.collect]
    assert collected == ([2] if verdict is Verdict.RUN else [])


def test_more_takes_are_not_bought_once_the_line_exists() -> None:
    """Raising `takes` later buys nothing by itself."""
    world = World().declare(generate("sword")).built()
    assert world.declare(generate("sword", takes=3)).decision("sword").verdict is Verdict.UP_TO_DATE


def test_force_runs_local_work_only() -> None:
    """Nothing is ever bought again by --force."""
    world = World().declare(generate("sword")).built()
    decision = world.decision("sword", force=True)
    assert (decision.verdict, decision.images.max) == (Verdict.RESTORE, 0)


def test_a_derivation_follows_its_source() -> None:
    """It reads the output as locked, and is free."""
    world = World().declare(generate("base"), derive("small", "base", Op("resize", {"width": 9})))
    assert world.decision("small").verdict is Verdict.PENDING
    world.built()
    assert world.decision("small").verdict is Verdict.UP_TO_DATE


def test_unknown_prices_are_unknown() -> None:
    """A price that nobody knows is never shown as nothing."""
    catalogue = Catalogue({REAL: (open_route("pixazo", None),)})
    graph = World().declare(generate("sword", model=REAL))
    plan = make_plan(graph.graph, ["sword"], graph.past(), catalogue=catalogue)
    assert plan.unknown_cost


def test_every_verdict_says_why() -> None:
    """Only what is up to date needs no reason."""
    world = World().declare(generate("base"), edit("red", "base"))
    for decision in world.plan().decisions:
        assert decision.reasons
    assert why.NEW.name == "new"


def test_more_takes_come_under_the_next_epoch_and_number() -> None:
    """Whatever stands is bought as well, once, and not instead."""
    world = World().declare(generate("sword")).built()
    world.job(key_of(generate("sword")), JobState.FAILED, take=2, charged=True, epoch=1)
    decision = world.decision("sword", more={"sword": 2})
    assert decision.verdict is Verdict.RUN
    assert [(order.take, order.epoch) for order in decision.buy] == [(3, 2), (4, 2)]
    assert (decision.images.min, decision.images.max) == (2, 2)
    assert world.decision("sword").verdict is Verdict.UP_TO_DATE


def test_more_of_what_was_never_built_is_its_first_series() -> None:
    """As many as were asked for, under the first epoch."""
    decision = World().declare(generate("sword")).decision("sword", more={"sword": 3})
    assert [(order.take, order.epoch) for order in decision.buy] == [(1, 0), (2, 0), (3, 0)]


def test_more_of_what_failed_asks_once_more() -> None:
    """Under another epoch, since the first one is over."""
    world = World().declare(generate("sword"))
    world.job(key_of(generate("sword")), JobState.FAILED, reason="moderated", charged=True)
    decision = world.decision("sword", more={"sword": 1})
    assert decision.verdict is Verdict.RUN
    assert [(order.take, order.epoch) for order in decision.buy] == [(1, 1)]


def test_more_is_not_bought_of_what_is_held() -> None:
    """Its outcome is to be settled first."""
    world = World().declare(generate("sword"))
    world.job(key_of(generate("sword")), JobState.AMBIGUOUS)
    assert world.decision("sword", more={"sword": 1}).verdict is Verdict.HELD


def test_more_is_not_bought_of_what_is_kept_for_another_recipe() -> None:
    """Its takes would have no line to stand in."""
    world = World().declare(generate("sword")).built()
    world.lines["sword"] = replace(world.lines["sword"], pinned=True)
    decision = world.declare(generate("sword", "an axe")).decision("sword", more={"sword": 1})
    assert decision.verdict is Verdict.KEPT
    assert decision.buy == ()


def test_an_adopted_file_stands_in_for_a_derived_picture() -> None:
    """It does not follow its source, and is put back from the store."""
    world = World().declare(generate("sword"), derive("icon", "sword")).built()
    given = Take(1, picture("mine"), cost=0.0, adopted=True, finished="png")
    line = replace(world.lines["icon"], takes=(given,), state=LineState.ADOPTED)
    world.lines["icon"] = line
    world.stored.add(given.sha256)
    (path,) = line.outputs
    decision = world.decision("icon")
    assert (decision.verdict, decision.shown) == (Verdict.RESTORE, 1)
    action = (decision.outputs or {})[path]
    world.lines["icon"] = replace(line, outputs={path: OutputRecord(action.key, given.sha256)})
    world.seen[path] = given.sha256
    assert world.decision("icon").verdict is Verdict.KEPT
    del world.seen[path]
    world.stored.clear()
    assert world.decision("icon").verdict is Verdict.LOST
