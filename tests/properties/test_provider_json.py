"""Whatever a service answers, a client ends in a documented way, and a picture is never made up.

A provider is added as one more `Case`: how it is opened, and answers that are good.
"""

from __future__ import annotations

import base64
import copy
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assetgen.errors import AccountError
from assetgen.providers import pixazo
from assetgen.providers.address import is_web
from assetgen.providers.apixo import Apixo
from assetgen.providers.base import (
    Accepted,
    Ambiguous,
    Busy,
    Completed,
    Duplicate,
    Failed,
    NotFound,
    NotSent,
    Provider,
    Reference,
    Refused,
    Request,
    Running,
)
from assetgen.providers.http import Api
from assetgen.providers.openai import OpenAi
from assetgen.providers.pixazo import Pixazo
from assetgen.providers.runware import Runware
from assetgen.providers.xai import Xai
from tests.providers.ends import KEY, Wire, answer, do

JOB = "1607528b-b740-4975-8cc1-6dc6b2d18f60"
URL = "https://cdn.service.example/a/picture.png"
PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n and so on").decode()
DOCUMENTED = (NotSent, Busy, Refused, Ambiguous, AccountError)
BEARER = ("Authorization", "Bearer ")


@dataclass(frozen=True)
class Case:
    """One provider, and answers of its service that are good.

    Attributes:
        submits, polls: JSON that a submit and a poll may be answered with; no polls where a
            service answers at once.
    """

    name: str
    maker: Callable[[Api, int], Provider]
    submits: tuple[Any, ...]
    polls: tuple[Any, ...] = ()
    header: tuple[str, str] = BEARER

    def open(self, wire: Wire) -> Provider:
        return self.maker(wire.api(self.header, name=self.name), 4)


_ITEM = {
    "taskType": "imageInference",
    "taskUUID": JOB,
    "status": "success",
    "imageUUID": "fd43ce5d-bc6d-487f-91d0-5d417cfcdb3c",
    "imageURL": URL,
    "cost": 0.07,
}
_FAULT = {"code": "inferenceError", "message": "no", "taskUUID": JOB, "status": "error"}

CASES = (
    Case(
        "runware",
        Runware,
        (
            {"data": [{"taskType": "imageInference", "taskUUID": JOB}]},
            {"data": []},
            {"data": [_ITEM]},
            {"data": [], "errors": [{"code": "conflictTaskUUID", "taskUUID": JOB}]},
            {"data": [{"taskUUID": JOB, "status": "error", "error": _FAULT}]},
        ),
        (
            {"data": [{"taskUUID": JOB, "status": "processing"}]},
            {"data": [_ITEM, {"taskUUID": JOB, "status": "success", "imageDataURI": PICTURE}]},
            {"data": [{"taskUUID": JOB, "imageBase64Data": PICTURE}], "errors": []},
            {"data": [], "errors": [_FAULT]},
        ),
    ),
    Case(
        "pixazo",
        Pixazo,
        ({"request_id": "r1", "status": "QUEUED", "polling_url": "https://gateway.pixazo.ai/x"},),
        (
            {"request_id": "r1", "status": "PROCESSING", "error": None, "output": None},
            {
                "request_id": "r1",
                "status": "COMPLETED",
                "output": {"media_url": [URL]},
                "created_at": "2026-04-27T08:51:00.000Z",
                "completed_at": "2026-04-27T08:51:14.281Z",
            },
            {"request_id": "r1", "status": "FAILED", "error": "it says why"},
        ),
        pixazo.HEADER,
    ),
    Case(
        "apixo",
        Apixo,
        ({"code": 200, "message": "success", "data": {"taskId": "task_1"}},),
        (
            {"code": 200, "data": {"taskId": "task_1", "state": "processing"}},
            {
                "code": 200,
                "data": {
                    "state": "success",
                    "resultJson": json.dumps({"resultUrls": [URL]}),
                    "costTime": 7500,
                },
            },
            {"code": 200, "data": {"state": "failed", "failCode": "X", "failMsg": "it says why"}},
        ),
    ),
    Case(
        "xai",
        Xai,
        (
            {
                "data": [{"b64_json": PICTURE, "url": ""}],
                "model": "grok-imagine-image-2.0",
                "usage": {"cost_in_usd_ticks": 200000000},
            },
            {"data": []},
            {"code": "imagine:content-moderated", "error": "it says why"},
        ),
    ),
    Case(
        "openai",
        OpenAi,
        (
            {
                "created": 1,
                "data": [{"b64_json": PICTURE}],
                "usage": {"input_tokens_details": {"text_tokens": 9}, "output_tokens": 272},
            },
            {"data": [{"url": URL}]},
            {"error": {"message": "it says why", "code": "moderation_blocked", "type": "x"}},
        ),
    ),
)
SPEAKERS = [case for case in CASES if case.polls]
STATUSES = (200, 200, 200, 200, 201, 204, 302, 400, 401, 402, 403, 404, 408, 422, 429, 500, 503)
ODD = ("", "error", "success", "COMPLETED", URL, PICTURE, KEY, "\ud800", "data:,", "x y", -1, 1e300)

leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(ODD)
)
anything = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner)
)


def places(data: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every (container, key) of JSON data."""
    pairs: list[tuple[Any, Any]] = []
    if isinstance(data, dict):
        pairs = list(data.items())
    elif isinstance(data, list):
        pairs = list(enumerate(data))
    for key, inner in pairs:
        yield data, key
        yield from places(inner)


def strings(data: Any) -> Iterator[str]:
    """Yield every text of JSON data, also of JSON inside a text."""
    if isinstance(data, str):
        yield data
        try:
            inner = json.loads(data)
        except ValueError:
            return
        if isinstance(inner, list | dict):
            yield from strings(inner)
    elif isinstance(data, dict | list):
        for inner in data.values() if isinstance(data, dict) else data:
            yield from strings(inner)


@st.composite
def mutated(draw: st.DrawFn, good: tuple[Any, ...]) -> Any:
    """Give one of the good answers with some of it replaced, removed, renamed or doubled."""
    whole = [copy.deepcopy(draw(st.sampled_from(good)))]
    for _ in range(draw(st.integers(0, 4))):
        container, key = draw(st.sampled_from(list(places(whole))))
        change = draw(st.sampled_from(["odd", "odd", "any", "remove", "double", "rename", "nest"]))
        if change == "remove" and container is not whole:
            del container[key]
        elif change == "double" and isinstance(container, list) and container is not whole:
            container.append(copy.deepcopy(container[key]))
        elif change == "rename" and isinstance(container, dict):
            container[draw(st.sampled_from(["error", "errors", "data", "status", "x"]))] = (
                container.pop(key)
            )
        elif change == "nest":
            container[key] = draw(st.sampled_from([[container[key]], {"data": container[key]}]))
        else:
            container[key] = draw(st.sampled_from(ODD) if change == "odd" else anything)
    return whole[0]


@st.composite
def bodies(draw: st.DrawFn, good: tuple[Any, ...]) -> tuple[int, bytes]:
    """Give a status and a body: mutated JSON, now and then cut or with a byte changed."""
    body = bytearray(json.dumps(draw(mutated(good))).encode())
    damage = draw(st.sampled_from(["none"] * 6 + ["cut", "byte"]))
    if damage == "cut":
        del body[draw(st.integers(0, len(body))) :]
    elif damage == "byte" and body:
        body[draw(st.integers(0, len(body) - 1))] = draw(st.integers(0, 255))
    return draw(st.sampled_from(STATUSES)), bytes(body)


def request() -> Request:
    picture = Reference("image", b"\x89PNG tiny", address="https://cdn.me.example/base.png")
    return Request("edit", "some/model", "a hat", None, references=(picture,), name="route")


def outcome(call: Any, *allowed: type[Exception]) -> Any:
    """Return what a call gives, or the documented exception that it raises."""
    try:
        return do(call)
    except allowed as error:
        assert error.problems  # type: ignore[attr-defined]
        texts = [str(error), *(problem.step for problem in error.problems)]  # type: ignore[attr-defined]
        assert KEY not in "".join(texts)
        assert all(text.isprintable() for text in texts)
        return error


def check_pictures(done: Completed, body: bytes) -> None:
    """A success holds pictures, each of which the answer really held, and a cost that is one."""
    said = list(strings(json.loads(body)))
    assert done.results
    for result in done.results:
        if isinstance(result, str):
            assert is_web(result)
            assert any(result.endswith(text) for text in said if text.strip())
        else:
            assert result
            encoded = base64.b64encode(result).decode().rstrip("=")
            assert any(encoded in "".join(text.split()) for text in said)
    assert done.cost is None or (math.isfinite(done.cost) and 0 <= done.cost < 1e6)
    assert done.took is None or (math.isfinite(done.took) and done.took >= 0)
    "".join([done.model, *(r for r in done.results if isinstance(r, str))]).encode()


def check_failure(failed: Failed) -> None:
    """It has a reason that can be written anywhere, and does not give the key away."""
    assert failed.reason
    assert KEY not in failed.reason
    failed.reason.encode()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_answer_to_a_submit(case: Case, data: st.DataObject) -> None:
    """It is accepted, completed, failed or a documented exception; sent once in any case."""
    status, body = data.draw(bodies(case.submits))
    wire = Wire([answer(status, body)])
    done = outcome(case.open(wire).submit(request(), JOB), *DOCUMENTED, Duplicate)
    assert len(wire.requests) == 1
    if isinstance(done, Accepted):
        assert 200 <= status < 300
        assert done.job_id
        done.job_id.encode()
    elif isinstance(done, Completed):
        check_pictures(done, body)
    elif isinstance(done, Failed):
        check_failure(done)
    else:
        assert isinstance(done, (*DOCUMENTED, Duplicate))
        assert not 200 <= status < 300 or not isinstance(done, NotSent)


@pytest.mark.parametrize("case", SPEAKERS, ids=lambda case: case.name)
@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_answer_to_a_poll(case: Case, data: st.DataObject) -> None:
    """It is a state of the job or a documented exception."""
    status, body = data.draw(bodies(case.polls))
    wire = Wire([answer(status, body)])
    done = outcome(case.open(wire).poll(JOB, "route"), *DOCUMENTED)
    assert len(wire.requests) == 1
    if isinstance(done, Completed):
        check_pictures(done, body)
    elif isinstance(done, Failed):
        check_failure(done)
    else:
        assert isinstance(done, (Running, NotFound, *DOCUMENTED))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_answer_to_a_check(case: Case, data: st.DataObject) -> None:
    """It is a line of text or a documented exception."""
    good = (
        *case.submits,
        {"data": [{"balance": 12.3}]},
        {"code": 200, "data": 9.5},
        {"models": []},
    )
    status, body = data.draw(bodies(good))
    done = outcome(case.open(Wire([answer(status, body)])).check(), *DOCUMENTED)
    assert isinstance(done, DOCUMENTED) or (isinstance(done, str) and done.isprintable())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_good_answers_are_good(case: Case) -> None:
    """The mutations begin where a picture can be had, so the properties above are not empty."""
    found = []
    for data in case.submits:
        wire = Wire([answer(200, data)])
        found.append(outcome(case.open(wire).submit(request(), JOB), *DOCUMENTED, Duplicate))
    for data in case.polls:
        wire = Wire([answer(200, data)])
        found.append(outcome(case.open(wire).poll(JOB, "route"), *DOCUMENTED))
    assert any(isinstance(done, Completed) for done in found)
    assert not case.polls or {Accepted, Running, Failed} <= {type(done) for done in found}
