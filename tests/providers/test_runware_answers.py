"""What Runware's answers prove: of a submit, and of how a task stands."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from assetgen.providers.base import (
    Accepted,
    Ambiguous,
    Completed,
    Duplicate,
    Failed,
    NotSent,
    Refused,
    Running,
)
from assetgen.providers.wire import data_uri
from tests.providers.ends import do
from tests.providers.runware_end import (
    ACK,
    BASE,
    ITEM,
    JOB,
    LARGE,
    OTHER,
    PRO,
    URL,
    Service,
    error,
    errors,
    failed_item,
    poll,
    request,
    runware,
    submit,
)


@pytest.mark.parametrize(
    "given",
    [
        ACK,
        {"data": []},
        {"data": {"taskType": "imageInference", "taskUUID": JOB.upper()}},
        [{"taskType": "imageInference", "taskUUID": JOB}],
        {"data": [{"taskUUID": JOB, "status": "processing"}], "errors": []},
        {"data": [{"taskUUID": OTHER, "status": "error"}, {"taskUUID": JOB}]},
    ],
)
def test_an_acknowledgement(given: Any) -> None:
    """Any of its forms; also an empty one, as the official clients take it."""
    assert submit(given) == Accepted(JOB)


def test_a_picture_at_once() -> None:
    """An acknowledgement may hold finished items already."""
    assert submit({"data": [ITEM]}) == Completed((URL,), 0.07)


@pytest.mark.parametrize(
    "given",
    [
        {},
        None,
        "ok",
        [],
        {"data": None},
        {"data": {}},
        {"data": [{}]},
        {"data": [None]},
        {"data": [{"taskUUID": OTHER, "taskType": "imageInference"}]},
        {"errors": []},
        {"data": [], "errors": [{"code": "invalidModel", "taskUUID": OTHER}]},
        b"",
        b"<html>",
        b"[" * 100_000,
    ],
)
def test_an_answer_that_proves_nothing(given: Any) -> None:
    """A 200 that does not speak of the task leaves doubt: the service has to be asked."""
    with pytest.raises(Ambiguous):
        submit((200, given))


def test_a_submit_without_an_answer_is_sent_once() -> None:
    """Trap 1: a submit is not repeated here, whatever became of it."""
    for lost in (httpx.ReadTimeout(""), httpx.ReadError(""), httpx.RemoteProtocolError("")):
        service = Service(lost)
        with pytest.raises(Ambiguous):
            do(runware(service).submit(request(), JOB))
        assert len(service.requests) == 1


def test_a_service_that_is_not_reached() -> None:
    """Nothing was sent, and it may be sent again."""
    with pytest.raises(NotSent):
        submit(httpx.ConnectError("refused"))


@pytest.mark.parametrize(
    "given",
    [
        (400, errors("conflictTaskUUID")),
        (400, {"errors": [{"code": "conflictTaskUUID", "message": "in use"}]}),
        (200, errors("conflictTaskUUID")),
        (200, failed_item("conflictTaskUUID")),
        (409, {"error": {"code": "conflictTaskUUID"}, "taskUUID": JOB}),
        (500, errors("conflictTaskUUID")),
        (200, {**ACK, "errors": [error("invalidSeed"), error("conflictTaskUUID")]}),
    ],
)
def test_an_id_that_is_in_use(given: Any) -> None:
    """It proves that an earlier submit under this id was accepted, wherever it is said."""
    with pytest.raises(Duplicate):
        submit(given)


def test_an_id_in_use_of_another_task() -> None:
    """Trap 6: an answer is matched by task; what another did says nothing of this one."""
    wrong = {"data": [], "errors": [{"code": "conflictTaskUUID", "taskUUID": OTHER}]}
    with pytest.raises(Ambiguous):
        submit((200, wrong))


def test_a_task_that_ended_at_once() -> None:
    """Trap 5: an item of `data` may be an error; the task was accepted and has failed."""
    assert submit(failed_item("inferenceError")) == Failed("inferenceError: it says why")


def test_errors_beside_data_at_submit() -> None:
    """Trap 5: HTTP 200 holds errors beside data; each counts for its own task."""
    beside = [{"code": "invalidModel", "taskUUID": OTHER}]
    assert submit({**ACK, "errors": beside}) == Accepted(JOB)
    with pytest.raises(Refused, match="invalidModel"):
        submit({"data": [], "errors": [error("invalidModel"), *beside]})


def test_a_failure_before_anything_began() -> None:
    """It may come as one `error` beside the id."""
    with pytest.raises(Refused, match="invalidModel: no such model"):
        submit((400, {"error": {"code": "invalidModel", "message": "no such model"}}))
    with pytest.raises(Refused, match="no such thing"):
        submit((400, {"error": "no such thing"}))
    with pytest.raises(Refused, match="no such thing"):
        submit((400, {"errors": ["no such thing"]}))


def test_a_poll_asks_for_the_task_alone() -> None:
    """In an array, by the same address."""
    service = Service({"data": [ITEM]})
    do(runware(service).poll(JOB, PRO))
    assert service.tasks == [{"taskType": "getResponse", "taskUUID": JOB}]
    assert str(service.requests[0].url) == BASE


def test_a_finished_task() -> None:
    """The address and the cost, as the seed document shows them."""
    assert poll({"data": [ITEM]}) == Completed((URL,), 0.07)
    assert poll({"data": [{**ITEM, "status": "success"}], "errors": []}) == Completed((URL,), 0.07)


@pytest.mark.parametrize("status", ["processing", "pending", "queued", "Processing", "failed?"])
def test_states_that_are_not_final(status: str) -> None:
    """Trap 11: a state that nobody knows is neither success nor failure."""
    assert poll({"data": [{"taskUUID": JOB, "status": status}]}) == Running()


@pytest.mark.parametrize(
    "given",
    [
        {"data": []},
        {"data": [{"taskUUID": OTHER, "status": "success", "imageURL": URL}]},
        {"data": [], "errors": [{"code": "inferenceError", "taskUUID": OTHER}]},
    ],
)
def test_an_answer_that_is_silent_about_the_task(given: Any) -> None:
    """It may be in work, as official clients take it, or never have come: who asks must know."""
    assert poll(given) == Running(is_known=False)


def test_an_answer_that_only_names_the_task() -> None:
    """Without a state or a picture it is in work."""
    assert poll({"data": [{"taskType": "getResponse", "taskUUID": JOB}]}) == Running()


@pytest.mark.parametrize("status", ["success", "SUCCESS", "", None])
def test_final_states_in_any_case(status: str | None) -> None:
    """Trap 10: the names of final states differ in case, and may be missing beside a picture."""
    assert poll({"data": [{**ITEM, "status": status}]}) == Completed((URL,), 0.07)


def test_failures_in_data_and_in_errors() -> None:
    """Trap 5: a failed task stands in either, and whether it is charged is said nowhere."""
    failed = Failed("inferenceError: it says why", charged=None)
    assert poll(failed_item("inferenceError")) == failed
    assert poll(errors("inferenceError")) == failed
    assert poll({"errors": [error("inferenceError", status="error")]}) == failed
    assert poll((500, errors("inferenceError", status="error"))) == failed


def test_a_failure_without_a_reason() -> None:
    """It is one all the same."""
    assert poll({"data": [{"taskUUID": JOB, "status": "error"}]}) == Failed(
        "the service gives no reason"
    )


def test_an_error_that_names_no_task() -> None:
    """It speaks of the question; the task goes on."""
    for code in ("madeUp", "inferenceError", "invalidTaskUUID"):
        with pytest.raises(Ambiguous):
            poll({"errors": [{"code": code, "message": "?"}]})
        with pytest.raises(Ambiguous):
            poll(errors(code, taskType="getResponse"))


def test_an_id_in_use_at_a_poll() -> None:
    """It proves that there is a task, and never that it failed."""
    with pytest.raises(Ambiguous):
        poll(errors("conflictTaskUUID"))


def test_credit_that_ended_the_task() -> None:
    """That is how it ended, not how the question went: the next submit will say so itself."""
    ended = errors("insufficientCredits", status="error")
    assert poll(ended) == Failed("insufficientCredits: it says why")
    supplier = errors("providerInsufficientCredits")
    assert poll(supplier) == Failed("providerInsufficientCredits: it says why")


def test_answers_in_any_order() -> None:
    """Trap 6: an answer is matched by task, not by place."""
    others = {**ITEM, "taskUUID": OTHER, "imageUUID": OTHER, "imageURL": URL + "?other"}
    working = {"taskUUID": OTHER, "status": "processing"}
    assert poll({"data": [others, working, ITEM]}) == Completed((URL,), 0.07)


def test_polls_are_cumulative() -> None:
    """Trap 7: items come again with each poll, and twice in one: each picture counts once."""
    provider = runware(Service({"data": [ITEM, dict(ITEM)]}))
    first, second = do(provider.poll(JOB, PRO)), do(provider.poll(JOB, PRO))
    assert first == second == Completed((URL,), 0.07)


@pytest.mark.parametrize(
    "field",
    [{"imageBase64Data": base64.b64encode(LARGE).decode()}, {"imageDataURI": data_uri(LARGE)}],
)
def test_pictures_inside_the_answer(field: dict[str, str]) -> None:
    """Trap 8: a picture need not be an address; base64 and data URIs are finished too."""
    item = {name: ITEM[name] for name in ("taskType", "taskUUID", "imageUUID", "cost")}
    assert poll({"data": [{**item, **field}]}) == Completed((LARGE,), 0.07)


@pytest.mark.parametrize("field", [{}, {"imageURL": ""}, {"imageURL": None, "imageDataURI": ""}])
def test_success_without_a_picture(field: dict[str, Any]) -> None:
    """It is none."""
    given = poll({"data": [{"taskUUID": JOB, "status": "success", **field}]})
    assert given == Failed("the service says success, but gives no picture")


@pytest.mark.parametrize("field", [{"imageURL": 7}, {"imageURL": "x"}, {"imageBase64Data": "?"}])
def test_success_with_a_picture_that_cannot_be_read(field: dict[str, Any]) -> None:
    """The picture may be there: the next poll may say it better."""
    with pytest.raises(Ambiguous):
        poll({"data": [{"taskUUID": JOB, "status": "success", **field}]})


def test_more_pictures_than_asked_for() -> None:
    """Trap 23: all are told, with the cost of all."""
    more = {**ITEM, "imageUUID": OTHER, "imageURL": URL + "?2"}
    assert poll({"data": [ITEM, more]}) == Completed((URL, URL + "?2"), 0.14)


def test_a_picture_beside_a_failure() -> None:
    """Trap 5: what was made counts, whatever else failed."""
    given = {"data": [ITEM], "errors": [error("inferenceError", status="error")]}
    assert poll(given) == Completed((URL,), 0.07)


def test_costs_are_summed_as_decimals() -> None:
    """Trap 25: cost is USD of each item; sums of floats would be off."""
    items = [{**ITEM, "imageUUID": str(n), "cost": 0.1} for n in range(3)]
    assert poll({"data": items}).cost == 0.3
    assert poll({"data": [{**ITEM, "cost": 0.0219999999}]}).cost == 0.022


@pytest.mark.parametrize("cost", [None, "0.07", -1, True, 1e300, [0.07]])
def test_a_cost_that_is_none(cost: Any) -> None:
    """Then the cost is unknown; the picture is there."""
    assert poll({"data": [{**ITEM, "cost": cost}]}) == Completed((URL,), None)


@pytest.mark.parametrize("given", [{}, None, "ok", [], b"<html>", {"data": 5}, {"data": [{}]}])
def test_a_poll_that_cannot_be_read(given: Any) -> None:
    """It says nothing, and may be repeated."""
    with pytest.raises(Ambiguous):
        poll((200, given))


def test_a_poll_without_an_answer() -> None:
    """It may be repeated."""
    with pytest.raises(Ambiguous):
        poll(httpx.ReadTimeout(""))
    with pytest.raises(NotSent):
        poll(httpx.ConnectError(""))
