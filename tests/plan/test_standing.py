"""What dependants may know of a target without a file, whose ops read other pictures."""

from __future__ import annotations

import json
from typing import Any

from assetgen.digest import sha256
from assetgen.plan.model import Decision
from assetgen.plan.planner import make_plan
from assetgen.state import LineState, LockLine, OutputRecord, Past, Take, Verdict
from tests.spec.build import expanded

FILES = ("photo.png", "logo.png")


def decisions(**targets: Any) -> dict[str, Decision]:
    """Return what is decided where all pictures are bought and nothing local is made."""
    graph = expanded(*FILES, targets=targets)
    past = Past(
        seen={path: sha256(path.encode()) for path in FILES},
        takes=lambda key, name: (Take(1, sha256(key.encode())),),
        readable=lambda digest: True,
    )
    plan = make_plan(graph, graph.targets, past)
    return {decision.target.name: decision for decision in plan.decisions}


def origin(decision: Decision) -> str:
    """Return what the only file will say of where it comes from."""
    assert decision.outputs is not None
    (action,) = decision.outputs.values()
    return str(json.loads(action.text)["arguments"]["origin"])


def test_a_picture_is_unknown_while_what_its_ops_read_is() -> None:
    """Its readers wait; nothing is guessed of them."""
    found = decisions(
        small={"from": "./logo.png", "ops": [{"resize": 5}], "output": "small.png"},
        quiet={"from": "./photo.png", "ops": [{"overlay": "small"}], "output": "none"},
        reader={"from": "quiet", "output": "reader.png"},
        sheet={"atlas": {"inputs": ["quiet"]}, "output": "sheet.png"},
    )
    assert found["quiet"].standing.final is None
    for name in ("quiet", "reader", "sheet"):
        assert found[name].verdict is Verdict.PENDING
        assert found[name].outputs is None


def test_a_picture_of_two_origins_is_of_both_for_its_readers() -> None:
    """A sprite or an overlay with a logo of the project on it is no picture of a model alone."""
    found = decisions(
        quiet={"prompt": "a knight", "ops": [{"overlay": "./logo.png"}], "output": "none"},
        plain={"prompt": "a knight", "output": "none"},
        sheet={"atlas": {"inputs": ["quiet"]}, "output": "sheet.png"},
        over={"from": "plain", "ops": [{"overlay": "quiet"}], "output": "over.png"},
        under={"from": "quiet", "output": "under.png"},
        drawn={"from": "plain", "output": "drawn.png"},
    )
    assert [origin(found[name]) for name in ("sheet", "over", "under")] == ["mixed"] * 3
    assert origin(found["drawn"]) == "draft"


def test_a_file_that_is_put_back_can_be_read_then() -> None:
    """Without files and cache, a chain of them is restored, not lost."""
    graph = expanded(
        *FILES,
        targets={
            "small": {"from": "./logo.png", "ops": [{"resize": 5}], "output": "small.png"},
            "reader": {"from": "small", "ops": ["grayscale"], "output": "reader.png"},
        },
    )
    seen = {path: sha256(path.encode()) for path in FILES}
    built = make_plan(graph, graph.targets, Past(seen=seen, result=lambda key: key))
    lines = {
        one.target.name: LockLine(
            one.target.name,
            state=LineState.BOUGHT,
            outputs={p: OutputRecord(a.key, a.key) for p, a in (one.outputs or {}).items()},
        )
        for one in built.decisions
    }
    plan = make_plan(graph, graph.targets, Past(seen=seen, lines=lines))
    assert [one.verdict for one in plan.decisions] == [Verdict.RESTORE] * 2
