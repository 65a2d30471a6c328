"""APIXO: what its pages promise, and what they refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assetgen.emulator.emulator import Emulator
from assetgen.emulator.pictures import draw, note_of
from tests.emulator.asking import BEARER, Asking
from tests.emulator.listener import listening

ANY_URL = "https://pictures.example/one.png"


def edit(**fields: Any) -> dict[str, Any]:
    """Return the input of an image-to-image request."""
    return {"mode": "image-to-image", "prompt": "a red sword", "image_urls": [ANY_URL], **fields}


def text(**fields: Any) -> dict[str, Any]:
    """Return the input of a text-to-image request; None takes a field out."""
    usual = {"mode": "text-to-image", "prompt": "a sword", **fields}
    return {name: value for name, value in usual.items() if value is not None}


def test_a_task_goes_from_pending_to_success(ask: Asking, emulator: Emulator) -> None:
    """An id at once; pending, processing, success as the time goes by."""
    submitted = ask.apixo(request_type="async", input=text(aspect_ratio="3:2"))
    assert submitted.json()["code"] == 200
    task_id = submitted.json()["data"]["taskId"]
    polled = [ask.apixo_status(task_id).json()["data"]]
    for seconds in (50, 100):
        emulator.advance(seconds)
        polled.append(ask.apixo_status(task_id).json()["data"])
    assert [data["state"] for data in polled] == ["pending", "processing", "success"]
    done = polled[-1]
    assert done["costTime"] == done["completeTime"] - done["createTime"] == 100_000
    assert isinstance(done["resultJson"], str)
    (url,) = json.loads(done["resultJson"])["resultUrls"]
    file = ask.http.get(url)
    assert file.headers["content-type"] == "image/png"
    assert note_of(file.content)["ratio"] == "3:2"


def test_an_edit_follows_its_reference(ask: Asking, emulator: Emulator) -> None:
    """The picture names the digest of what was read."""
    source = ask.picture("apixo")
    (url,) = ask.urls("apixo", ask.apixo(input=edit(image_urls=[source])))
    note = note_of(ask.http.get(url).content)
    assert len(note["references"]) == 1
    assert emulator.charges[-1].references == tuple(note["references"])


def test_each_picture_costs_ten_cents(ask: Asking, emulator: Emulator) -> None:
    """The balance is a bare number and goes down at acceptance."""
    path = ask.url("apixo", "/apikeys/current-balance")
    before = ask.http.get(path, headers=BEARER).json()
    ask.apixo()
    after = ask.http.get(path, headers=BEARER).json()
    assert (before, after["data"]) == ({"code": 200, "message": "success", "data": 1000}, 999.9)
    assert str(emulator.charges[0].price) == "0.10"


def test_a_reference_that_cannot_be_reached_is_refused(ask: Asking, emulator: Emulator) -> None:
    """400 at once, and no charge."""
    nothing = emulator.files_base + "/apixo/nothing/output.png"
    answer = ask.apixo(input=edit(image_urls=[nothing]))
    assert (answer.status_code, answer.json()["code"]) == (400, 400)
    assert emulator.charges == []


def test_a_reference_that_is_no_picture_fails_the_task(ask: Asking, emulator: Emulator) -> None:
    """It is accepted, and ends with a code; the envelope still says 200."""
    state = emulator.api_base + "/_emulator/state"
    done = ask.done("apixo", ask.apixo(input=edit(image_urls=[state])))
    assert done["code"] == 200
    assert done["data"]["state"] == "failed"
    assert done["data"]["failCode"] == "ImageFormatIncorrect"
    assert "resultJson" not in done["data"]


def test_a_reference_of_more_than_10_mb_is_refused(ask: Asking) -> None:
    """Before anything is read into it."""
    with listening() as place:
        place.files["/large.png"] = b"\x89PNG" + bytes(11 << 20)
        answer = ask.apixo(input=edit(image_urls=[place.at("/large.png")]))
    assert answer.status_code == 400


def test_a_reference_is_not_looked_for_elsewhere(ask: Asking) -> None:
    """A redirect, as to a page for logging in, is no picture."""
    with listening() as place:
        place.files["/one.png"] = draw((64, 64), "png", {"prompt": "a reference"})
        place.moved["/old.png"] = "/one.png"
        answers = [
            ask.apixo(input=edit(image_urls=[place.at(path)])) for path in ("/one.png", "/old.png")
        ]
    assert [answer.status_code for answer in answers] == [200, 400]


REFUSALS: dict[str, dict[str, Any]] = {
    "no input": {"input": None},
    "an input that is no object": {"input": "a sword"},
    "no mode": {"input": text(mode=None)},
    "an unknown mode": {"input": text(mode="text2image")},
    "no prompt": {"input": text(prompt=None)},
    "an empty prompt": {"input": text(prompt="")},
    "a prompt of 5001 characters": {"input": text(prompt="a" * 5001)},
    "a ratio that is not listed": {"input": text(aspect_ratio="16:9")},
    "the ratio auto": {"input": text(aspect_ratio="auto")},
    "a resolution": {"input": text(resolution="1k")},
    "a format": {"input": text(output_format="png")},
    "a number of images": {"input": text(num_images=1)},
    "references for text": {"input": text(image_urls=[ANY_URL])},
    "a ratio for an edit": {"input": edit(aspect_ratio="1:1")},
    "no references": {"input": edit(image_urls=[])},
    "two references": {"input": edit(image_urls=[ANY_URL, ANY_URL])},
    "a reference that is no list": {"input": edit(image_urls=ANY_URL)},
    "a data URI": {"input": edit(image_urls=["data:image/png;base64,AAAA"])},
    "plain http": {"input": edit(image_urls=["http://pictures.example/one.png"])},
    "an unknown request type": {"request_type": "sync"},
    "a callback without address": {"request_type": "callback"},
    "a callback to plain http": {
        "request_type": "callback",
        "callback_url": "http://me.example/hook",
    },
    "an unknown field outside": {"provider": "auto"},
}


@pytest.mark.parametrize("body", REFUSALS.values(), ids=REFUSALS)
def test_a_request_is_refused(ask: Asking, emulator: Emulator, body: dict[str, Any]) -> None:
    """400 in HTTP and in the body, data null, and no charge."""
    answer = ask.apixo(**body)
    assert answer.status_code == 400
    assert (answer.json()["code"], answer.json()["data"]) == (400, None)
    assert emulator.charges == []


def test_a_prompt_of_5000_characters_is_taken(ask: Asking) -> None:
    """The limit itself is allowed."""
    assert ask.apixo(input=text(prompt="a" * 5000)).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"Ocp-Apim-Subscription-Key": "key"}])
def test_a_request_without_a_bearer_token_is_refused(ask: Asking, headers: dict[str, str]) -> None:
    """401, also for a status and the balance."""
    assert ask.apixo(headers=headers).status_code == 401
    for path in ("/statusTask/grok-image?taskId=x", "/apikeys/current-balance"):
        assert ask.http.get(ask.url("apixo", path), headers=headers).status_code == 401


def test_another_model_is_not_found(ask: Asking) -> None:
    """404 for a submit to a model that is not there."""
    answer = ask.http.post(ask.url("apixo", "/generateTask/nothing"), json={}, headers=BEARER)
    assert (answer.status_code, answer.json()["code"]) == (404, 404)


def test_a_status_needs_the_model_of_the_task(ask: Asking) -> None:
    """An id is found below its own model only."""
    task_id = ask.apixo().json()["data"]["taskId"]
    assert ask.apixo_status(task_id, model="nano-banana").status_code == 404
    assert ask.apixo_status(task_id).status_code == 200


def test_an_unknown_task_is_not_found(ask: Asking) -> None:
    """404; without an id it is a bad request."""
    assert ask.apixo_status("task_nothing").status_code == 404
    answer = ask.http.get(ask.url("apixo", "/statusTask/grok-image"), headers=BEARER)
    assert answer.status_code == 400


def test_the_content_type_matters(ask: Asking) -> None:
    """Only JSON is read."""
    answer = ask.http.post(
        ask.url("apixo", "/generateTask/grok-image"),
        content=b"{}",
        headers={**BEARER, "Content-Type": "text/plain"},
    )
    assert answer.status_code == 400


@pytest.mark.parametrize("path", ["", "/upload", "/models", "/statusTask"])
def test_there_is_no_other_endpoint(ask: Asking, path: str) -> None:
    """No upload, no list of models."""
    assert ask.http.get(ask.url("apixo", path), headers=BEARER).status_code == 404
