"""The emulator's own routes: for tests in other languages, and in other processes."""

from __future__ import annotations

from typing import Any

import pytest

from assetgen.emulator.emulator import Emulator
from tests.emulator.asking import KEY, Asking


def admin(ask: Asking, path: str, **body: Any) -> Any:
    """Return what a route answers."""
    url = ask.emulator.api_base + "/_emulator/" + path
    answer = ask.http.post(url, **body) if body else ask.http.get(url)
    return answer.json()


def test_the_state_tells_everything(ask: Asking, emulator: Emulator) -> None:
    """Charges, jobs, requests and leaks; never a key."""
    ask.apixo()
    ask.http.get(emulator.api_base + "/nowhere", headers={"Authorization": f"Bearer {KEY}"})
    state = admin(ask, "state")
    assert state["charges"][0]["price"] == 0.1
    assert (state["jobs"][0]["phase"], state["jobs"][0]["polls"]) == ("queued", 0)
    assert state["counts"] == {"": {"unknown": 1}, "apixo": {"submit": 1}}
    assert [request["path"] for request in state["requests"]][1] == "/nowhere"
    assert len(state["leaks"]) == 1
    assert KEY not in str(state)


def test_faults_can_be_pushed(ask: Asking) -> None:
    """One or many."""
    assert admin(ask, "faults", json={"kind": "drop", "on": "poll"}) == {"added": 1}
    both = [{"kind": "status", "status": 429}, {"kind": "status", "status": 402}]
    assert admin(ask, "faults", json=both) == {"added": 2}
    assert [ask.apixo().status_code for _ in range(3)] == [429, 402, 200]


def test_a_mistake_in_a_fault_is_named(ask: Asking) -> None:
    """And none of them is in force."""
    wrong = [{"kind": "status", "status": 429}, {"kind": "dorp"}]
    assert admin(ask, "faults", json=wrong) == {"error": "fault 2: has no kind that is known"}
    assert ask.apixo().status_code == 200


def test_a_reset_forgets(ask: Asking, emulator: Emulator) -> None:
    """Jobs, charges, requests and faults."""
    admin(ask, "faults", json={"kind": "drop", "times": 0})
    ask.apixo_status("nothing")
    assert len(emulator.requests) == 1
    admin(ask, "reset", json={})
    assert emulator.requests == []
    assert ask.apixo().status_code == 200


def test_the_time_can_be_moved(ask: Asking) -> None:
    """Jobs end without waiting."""
    submitted = ask.apixo()
    admin(ask, "advance", json={"seconds": 500})
    assert ask.poll("apixo", submitted).json()["data"]["state"] == "success"


@pytest.mark.parametrize(
    "body", [{"seconds": -1}, {"seconds": "1"}, {}, [1], {"seconds": True}, {"seconds": 1e99}]
)
def test_the_time_moves_by_seconds_only(ask: Asking, body: Any) -> None:
    """Anything else says what to give."""
    assert "seconds" in admin(ask, "advance", json=body)["error"]


def test_only_this_machine_is_served(ask: Asking, emulator: Emulator) -> None:
    """A page from elsewhere cannot reach it under another name."""
    for base in (emulator.api_base, emulator.files_base):
        for host in ("emulator.example", "emulator.example:80", ""):
            answer = ask.http.get(base + "/_emulator/state", headers={"Host": host})
            assert answer.status_code == 421
    assert ask.http.get(
        emulator.api_base + "/_emulator/state", headers={"Host": "localhost:1"}
    ).is_success
