"""Who waits for whom, also behind targets that have no file and need no work."""

from __future__ import annotations

from assetgen.build.waiting import Waiting
from assetgen.errors import Loc
from assetgen.graph import Reference, Target, TargetKind
from assetgen.plan.model import NO_STANDING


def target(name: str, **reads: str) -> Target:
    """Return a target that reads others, by role."""
    inputs = tuple(Reference(role, target=need) for role, need in reads.items())
    return Target(name, TargetKind.DERIVE, Loc("assetgen.yaml"), inputs=inputs)


def ready(waiting: Waiting) -> list[str]:
    """Return all that may begin now."""
    found = []
    while (name := waiting.next()) is not None:
        found.append(name)
    return found


def test_a_file_is_waited_for_behind_a_target_without_one() -> None:
    """What is made of an idle target is made of what that one reads."""
    idle = [target("quiet", source="logo"), target("both", source="x", overlay="quiet")]
    waiting = Waiting([target("logo"), target("reader", source="both")], {}, idle)
    assert ready(waiting) == ["logo"]
    waiting.settled("logo", NO_STANDING)
    assert ready(waiting) == ["reader"]
    assert waiting.is_touched("reader")


def test_who_reads_a_bought_picture_waits_for_no_file_behind_it() -> None:
    """An edit is sent what was bought, whatever local work its input still needs."""
    idle = [target("quiet", image="hill", overlay="logo")]
    waiting = Waiting([target("logo"), target("reader", image="quiet")], {}, idle)
    assert ready(waiting) == ["logo", "reader"]


def test_who_reads_both_waits_for_the_file() -> None:
    """The picture alone is not enough."""
    reader = target("reader", image="hero", overlay="hero")
    waiting = Waiting([target("hero"), reader, target("edit", image="hero")], {})
    assert ready(waiting) == ["hero"]
    waiting.bought("hero", NO_STANDING)
    assert ready(waiting) == ["edit"]
    waiting.settled("hero", NO_STANDING)
    assert ready(waiting) == ["reader"]
