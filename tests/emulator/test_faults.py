"""A fault hits the requests that it describes, as often as it says; mistakes in it are named."""

from __future__ import annotations

from typing import Any

import pytest

from assetgen.emulator.faults import Fault, Faults, chaos, fault_of, faults_of
from assetgen.errors import UsageError


def hits(faults: Faults, count: int, service: str = "apixo", prompt: str = "a") -> list[str]:
    """Return the kinds of the faults that hit so many submits, "" for none."""
    found = [faults.answer(service, "submit", prompt) for _ in range(count)]
    return [fault.kind if fault else "" for fault in found]


def test_a_fault_hits_once_unless_told_otherwise() -> None:
    """From the nth request on, so many times, or for ever."""
    assert hits(Faults(0, [Fault("drop")]), 3) == ["drop", "", ""]
    assert hits(Faults(0, [Fault("drop", nth=2, times=2)]), 4) == ["", "drop", "drop", ""]
    assert hits(Faults(0, [Fault("drop", times=0)]), 3) == ["drop"] * 3


def test_faults_wait_for_their_turn() -> None:
    """A later one counts only what the earlier ones let pass."""
    assert hits(Faults(0, [Fault("drop"), Fault("hang")]), 3) == ["drop", "hang", ""]


def test_a_fault_hits_what_it_names() -> None:
    """Service, kind of request and words of the prompt all have to fit."""
    faults = Faults(0, [Fault("drop", service="runware", prompt="fox", times=0)])
    assert faults.answer("apixo", "submit", "a fox") is None
    assert faults.answer("runware", "poll", "a fox") is None
    assert faults.answer("runware", "submit", "a cat") is None
    assert faults.answer("runware", "submit", "a fox") is not None
    everywhere = Faults(0, [Fault("drop", on="any", times=0)])
    assert everywhere.answer("xai", "balance", "") is not None


def test_faults_of_jobs_add_up() -> None:
    """All that fit shape the same job."""
    faults = Faults(0, [Fault("state"), Fault("partial"), Fault("drop")])
    assert [fault.kind for fault in faults.job("pixazo", "a")] == ["state", "partial"]


def test_a_rate_hits_its_share_in_any_order() -> None:
    """What befalls a prompt depends on the seed, not on what was asked before."""
    prompts = [f"card {number}" for number in range(1000)]

    def lost(seed: int, order: list[str]) -> set[str]:
        faults = Faults(seed, chaos(0.1, 0.0))
        return {prompt for prompt in order if faults.answer("apixo", "submit", prompt)}

    assert 70 < len(lost(1, prompts)) < 130
    assert lost(1, prompts) == lost(1, prompts[::-1])
    assert lost(1, prompts) != lost(2, prompts)


def test_chaos_splits_errors_around_acceptance() -> None:
    """Half of the 5xx come before the job is accepted, half after."""
    faults = Faults(3, chaos(0.0, 0.4))
    found = [faults.answer("apixo", "submit", f"card {number}") for number in range(2000)]
    before = sum(fault is not None and not fault.after_acceptance for fault in found)
    after = sum(fault is not None and fault.after_acceptance for fault in found)
    assert abs(before - 400) < 70
    assert abs(after - 400) < 70


WRONG: dict[str, tuple[Any, str]] = {
    "no object": (7, "fault 1: is not an object"),
    "no kind": ({}, "fault 1: has no kind that is known"),
    "a misspelt kind": ({"kind": "dorp"}, "fault 1: has no kind that is known"),
    "an unknown field": ({"kind": "drop", "when": 1}, "fault 1: has no field 'when'"),
    "a wrong type": ({"kind": "drop", "nth": "1"}, "fault 1: 'nth' has a value of the wrong type"),
    "a boolean as number": (
        {"kind": "drop", "nth": True},
        "fault 1: 'nth' has a value of the wrong type",
    ),
    "an unknown service": ({"kind": "drop", "service": "fal"}, "fault 1: 'service' is 'fal'"),
    "an unknown request": ({"kind": "drop", "on": "get"}, "fault 1: 'on' is 'get'"),
    "a job's fault on a poll": ({"kind": "stuck", "on": "poll"}, "fault 1: 'stuck' befalls a job"),
    "a file's fault on a poll": ({"kind": "html", "on": "poll"}, "fault 1: 'html' befalls a file"),
    "a status that is none": ({"kind": "status", "status": 7}, "fault 1: 'status' is 7"),
    "a rate above one": ({"kind": "drop", "rate": 2}, "fault 1: 'rate' is 2"),
}


@pytest.mark.parametrize(("data", "cause"), WRONG.values(), ids=WRONG)
def test_a_mistake_in_a_fault_is_named(data: Any, cause: str) -> None:
    """With its number and what to do."""
    with pytest.raises(UsageError) as caught:
        fault_of(data)
    (problem,) = caught.value.problems
    assert problem.kind.name == "bad-fault"
    assert problem.cause == cause
    assert problem.step


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[" * 100_000])
def test_a_file_that_is_no_json_is_named(text: bytes) -> None:
    """Before anything is served."""
    with pytest.raises(UsageError) as caught:
        faults_of(text)
    assert caught.value.problems[0].kind.name == "bad-fault-file"


def test_a_file_holds_one_fault_or_many() -> None:
    """An object or an array of them."""
    assert faults_of(b'{"kind": "drop"}') == faults_of(b'[{"kind": "drop"}]') == [Fault("drop")]
