"""What can befall a job: stuck, failed, moderated, too few pictures, too many, unknown words."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from assetgen.emulator.emulator import Emulator
from tests.emulator.asking import Asking, task

POLLED = ("pixazo", "runware", "apixo")
polled = pytest.mark.parametrize("service", POLLED)
ENDED = ("COMPLETED", "FAILED", "ERROR", "success", "failed", "error")


def state(service: str, answer: dict[str, Any]) -> str:
    """Return the word for the state in an answer to a poll."""
    if service == "pixazo":
        return str(answer["status"])
    if service == "apixo":
        return str(answer["data"]["state"])
    return "error" if "errors" in answer else str(answer["data"][-1]["status"])


@polled
def test_a_stuck_job_never_ends(ask: Asking, emulator: Emulator, service: str) -> None:
    """However long one waits."""
    emulator.fault("stuck")
    submitted = ask.submit(service)
    emulator.advance(10**9)
    assert state(service, ask.poll(service, submitted).json()) not in ENDED


@polled
@pytest.mark.parametrize("charged", [True, False])
def test_a_job_fails(ask: Asking, emulator: Emulator, service: str, charged: bool) -> None:
    """Its words are kept; money is given back when it fails, if the script says so."""
    emulator.fault("fail", message="the reason", charged=charged)
    submitted = ask.submit(service)
    assert not emulator.charges[0].refunded
    answer = ask.done(service, submitted)
    assert "the reason" in json.dumps(answer)
    ends = {"pixazo": "FAILED" if charged else "ERROR", "apixo": "failed", "runware": "error"}
    assert state(service, answer) == ends[service]
    assert emulator.charges[0].refunded is not charged


def test_only_pixazo_documents_a_free_failure(ask: Asking, emulator: Emulator) -> None:
    """Its ERROR; every other failure keeps the money unless told otherwise."""
    emulator.fault("fail", times=0)
    for service in POLLED:
        ask.done(service, ask.submit(service))
    assert [charge.refunded for charge in emulator.charges] == [False] * 3


def test_runware_says_an_error_in_either_place(ask: Asking, emulator: Emulator) -> None:
    """In `errors`, or as an item of `data`."""
    emulator.fault("fail", code="timeoutProvider")
    emulator.fault("fail", code="timeoutProvider", place="data", nth=2)
    first, second = (ask.done("runware", ask.submit("runware")) for _ in range(2))
    assert first["errors"][0]["code"] == "timeoutProvider"
    assert second["data"][0]["status"] == "error"
    assert second["data"][0]["error"]["code"] == "timeoutProvider"


def test_apixo_fails_with_a_code(ask: Asking, emulator: Emulator) -> None:
    """The one with a space in it unless another is given."""
    emulator.fault("fail")
    emulator.fault("fail", code="RateLimited", nth=2)
    codes = [ask.done("apixo", ask.submit("apixo"))["data"]["failCode"] for _ in range(2)]
    assert codes == ["Unknown error", "RateLimited"]


@polled
def test_a_job_is_moderated(ask: Asking, emulator: Emulator, service: str) -> None:
    """It ends in failure, and says that it was for what it shows."""
    emulator.fault("moderate", prompt="naked")
    refused = ask.done(service, ask.submit(service, "a naked sword"))
    words = {"pixazo": "policy", "apixo": "SensitiveContent", "runware": "contentPolicyViolation"}
    assert words[service] in json.dumps(refused)
    assert state(service, ask.done(service, ask.submit(service))) in ("COMPLETED", "success")


def test_xai_moderates_with_an_empty_answer(ask: Asking, emulator: Emulator) -> None:
    """HTTP 200, no data, and the cost."""
    emulator.fault("moderate")
    answer = ask.xai()
    assert answer.status_code == 200
    assert answer.json()["data"] == []
    assert answer.json()["usage"]["cost_in_usd_ticks"] == 400_000_000
    assert not emulator.charges[0].refunded


def test_openai_moderates_with_a_refusal(ask: Asking, emulator: Emulator) -> None:
    """HTTP 400 with a code, and nothing to pay."""
    emulator.fault("moderate")
    answer = ask.openai()
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "moderation_blocked")
    assert emulator.charges[0].refunded


@pytest.mark.parametrize("service", ["xai", "openai"])
def test_a_service_that_is_waited_for_fails_at_once(
    ask: Asking, emulator: Emulator, service: str
) -> None:
    """HTTP 500, after the charge."""
    emulator.fault("fail", message="the reason")
    answer = ask.submit(service)
    assert answer.status_code == 500
    assert "the reason" in answer.text
    assert len(emulator.charges) == 1


@polled
@pytest.mark.parametrize(("kind", "count"), [("partial", 0), ("surplus", 3)])
def test_fewer_or_more_pictures_come(
    ask: Asking, emulator: Emulator, service: str, kind: str, count: int
) -> None:
    """Than the one that was asked for and is charged."""
    emulator.fault(kind, **({"count": count} if count else {}))
    submitted = ask.submit(service)
    if service == "runware" and not count:
        assert ask.done(service, submitted) == {"data": []}
    else:
        assert len(ask.urls(service, submitted)) == count
    assert emulator.charges[0].images == 1


def test_half_of_several_pictures_come(ask: Asking, emulator: Emulator) -> None:
    """With a number of one's own."""
    emulator.fault("partial", count=2)
    assert len(ask.urls("pixazo", ask.pixazo(num_images=4))) == 2


@polled
def test_a_state_has_an_unknown_name(ask: Asking, emulator: Emulator, service: str) -> None:
    """For a while; then it is said as documented."""
    emulator.fault("state", word="ARCHIVING", seconds=500)
    submitted = ask.submit(service)
    emulator.advance(400)
    assert state(service, ask.poll(service, submitted).json()) == "ARCHIVING"
    emulator.advance(200)
    assert state(service, ask.poll(service, submitted).json()) in ENDED


@polled
def test_a_job_is_not_visible_at_first(ask: Asking, emulator: Emulator, service: str) -> None:
    """404 to the first polls after the submit."""
    emulator.fault("hidden", count=2)
    submitted = ask.submit(service)
    statuses = [ask.poll(service, submitted).status_code for _ in range(3)]
    assert statuses == [404, 404, 200]


def test_pixazo_may_answer_with_data(ask: Asking, emulator: Emulator) -> None:
    """A data URI stands where an address is expected."""
    emulator.fault("data-uri")
    (url,) = ask.urls("pixazo", ask.pixazo())
    assert url.startswith("data:image/jpeg;base64,")


def test_an_account_can_run_dry(ask: Asking) -> None:
    """402 once the balance is too low, with no charge."""
    with Emulator(balance=0.15) as emulator:
        asking = Asking(emulator)
        with asking.http:
            apixo = [asking.apixo().status_code for _ in range(2)]
            runware = [asking.runware(task()).status_code for _ in range(3)]
            answer = asking.runware(task(taskUUID=str(uuid.uuid4())))
        assert (apixo, runware) == ([200, 402], [200, 200, 402])
        assert answer.json()["errors"][0]["code"] == "insufficientCredits"
        assert len(emulator.charges) == 3
