"""Runware's requests: what is sent for a picture, its inputs, its result and the account."""

from __future__ import annotations

import asyncio
import base64
import json
import uuid
from typing import Any

import httpx
import pytest

from assetgen.errors import AccountError, ProviderError
from assetgen.providers.base import (
    Accepted,
    Busy,
    Completed,
    Moderated,
    NotSent,
    Reference,
    Refused,
    Request,
)
from assetgen.providers.wire import data_uri
from tests.providers.ends import KEY, do
from tests.providers.runware_end import (
    ACK,
    BASE,
    ITEM,
    JOB,
    LARGE,
    OTHER,
    PRO,
    UPLOADED,
    URL,
    Service,
    edit,
    error,
    errors,
    picture,
    poll,
    request,
    runware,
    submit,
)


def test_a_picture_of_given_pixels() -> None:
    """The seed document's request, in an array, asynchronous, of one result, with its cost."""
    service = Service(ACK)
    assert do(runware(service).submit(request(), JOB)) == Accepted(JOB)
    (sent,) = service.requests
    assert (sent.method, str(sent.url)) == ("POST", BASE)
    assert json.loads(sent.content) == [
        {
            "taskType": "imageInference",
            "taskUUID": JOB,
            "model": "xai:grok-imagine@image-pro",
            "positivePrompt": "a sorceress",
            "width": 1280,
            "height": 896,
            "outputType": "URL",
            "outputFormat": "PNG",
            "deliveryMethod": "async",
            "numberResults": 1,
            "includeCost": True,
        }
    ]


def test_an_edit() -> None:
    """Input pictures stand under `inputs`, and the ratio follows the first."""
    service = Service(ACK)
    small = picture()
    assert do(runware(service).submit(edit(small), JOB)) == Accepted(JOB)
    assert service.tasks == [
        {
            "taskType": "imageInference",
            "taskUUID": JOB,
            "model": "xai:grok-imagine@image-pro",
            "positivePrompt": "make it night",
            "inputs": {"referenceImages": [data_uri(small)]},
            "resolution": "2K",
            "outputType": "URL",
            "outputFormat": "PNG",
            "deliveryMethod": "async",
            "numberResults": 1,
            "includeCost": True,
        }
    ]


def test_the_key_goes_into_the_header_alone() -> None:
    """In-body authentication would put it into logs of requests."""
    service = Service(ACK)
    do(runware(service).submit(request(), JOB))
    (sent,) = service.requests
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert KEY.encode() not in sent.content


def test_quality_and_webhook_where_they_are_asked_for() -> None:
    """`settings.quality` is what `@image-2.0` takes; nothing of both otherwise."""
    service = Service(ACK)
    hook = "https://me.example/hooks/t0ken"
    do(runware(service).submit(request(quality="medium", webhook=hook), JOB))
    do(runware(service).submit(request(), JOB))
    with_both, without = service.tasks
    assert with_both["settings"] == {"quality": "medium"}
    assert with_both["webhookURL"] == hook
    assert not {"settings", "webhookURL"} & without.keys()


@pytest.mark.parametrize(
    ("asked", "sent"), [("png", "PNG"), ("jpeg", "JPG"), ("jpg", "JPG"), ("webp", "WEBP")]
)
def test_spelling_of_formats_and_tiers(asked: str, sent: str) -> None:
    """Trap 14: formats and tiers are in capitals, `URL` and `async` exactly so."""
    service = Service(ACK)
    do(runware(service).submit(request(format=asked, size=None, resolution="1k"), JOB))
    (task,) = service.tasks
    assert (task["outputFormat"], task["resolution"]) == (sent, "1K")
    assert (task["outputType"], task["deliveryMethod"]) == ("URL", "async")


def test_no_format_where_none_is_wanted() -> None:
    """The service's own default holds."""
    service = Service(ACK)
    do(runware(service).submit(request(format=""), JOB))
    assert "outputFormat" not in service.tasks[0]


@pytest.mark.parametrize(
    "wanted", [request(), request(size=None), edit(picture()), edit(picture(), size=(1280, 896))]
)
def test_pixels_or_resolution(wanted: Request) -> None:
    """Trap 15: `resolution` beside pixels is an error, and so is one of the two pixels alone."""
    service = Service(ACK)
    do(runware(service).submit(wanted, JOB))
    sizes = {"width", "height", "resolution"} & service.tasks[0].keys()
    assert sizes in ({"width", "height"}, {"resolution"})
    assert wanted.kind == "generate" or sizes == {"resolution"}


def test_never_synchronous() -> None:
    """Trap 35: a synchronous task that times out goes on, and is billed."""
    service = Service(ACK)
    for wanted in (request(), request(size=None), edit(picture())):
        do(runware(service).submit(wanted, JOB))
    assert {task["deliveryMethod"] for task in service.tasks} == {"async"}


def test_no_seed_is_sent() -> None:
    """Trap 31: the model takes none, and the one that comes back cannot be fed back."""
    service = Service(ACK)
    do(runware(service).submit(request(), JOB))
    assert "seed" not in service.tasks[0]


def test_the_id_is_ours() -> None:
    """Trap 2: the id is known before the request leaves, so that no answer can lose it."""
    service = Service(ACK)
    provider = runware(service)
    assert provider.derives_ids
    assert do(provider.submit(request(), JOB)) == Accepted(JOB)
    assert service.tasks[0]["taskUUID"] == JOB


def test_a_small_input_goes_with_the_request() -> None:
    """Trap 17: bytes are taken, so no public address is needed; a small one costs no upload."""
    service = Service(ACK)
    small = picture()
    do(runware(service).submit(edit(small, small), JOB))
    assert service.kinds == ["imageInference"]
    assert service.tasks[0]["inputs"] == {"referenceImages": [data_uri(small)] * 2}


@pytest.mark.parametrize("listed", [True, False])
def test_a_larger_input_is_uploaded(listed: bool) -> None:
    """Under an id of its own; the answer is an array by one page and an object by another."""
    stored = {"taskType": "imageUpload", "imageUUID": UPLOADED}
    service = Service({"data": [stored] if listed else stored}, ACK)
    assert do(runware(service).submit(edit(LARGE), JOB)) == Accepted(JOB)
    upload, task = service.tasks
    assert upload.keys() == {"taskType", "taskUUID", "image"}
    assert (upload["taskType"], upload["image"]) == ("imageUpload", data_uri(LARGE))
    assert uuid.UUID(upload["taskUUID"]).version == 4
    assert upload["taskUUID"] != JOB
    assert task["inputs"] == {"referenceImages": [UPLOADED]}


def test_an_input_of_several_requests_is_uploaded_once() -> None:
    """Also where they are sent at the same time."""
    service = Service({"data": [{"imageUUID": UPLOADED}]}, {"data": []})

    async def several() -> None:
        provider = runware(service)
        await asyncio.gather(*(provider.submit(edit(LARGE), str(uuid.uuid4())) for _ in range(5)))

    do(several())
    assert sorted(service.kinds) == ["imageInference"] * 5 + ["imageUpload"]


def test_an_input_that_would_be_shrunk() -> None:
    """Trap 18: what is uploaded is kept at 2048 pixels a side, so a larger one goes inline."""
    service = Service({"data": [{"imageUUID": UPLOADED}]}, {"data": []})
    just, over = picture(2048, 16), picture(16, 2049)
    do(runware(service).submit(edit(just, over), JOB))
    assert service.kinds == ["imageUpload", "imageInference"]
    assert service.tasks[1]["inputs"] == {"referenceImages": [UPLOADED, data_uri(over)]}


def test_an_input_of_unknown_size_is_not_uploaded() -> None:
    """Nobody could say whether it would be shrunk."""
    service = Service(ACK)
    odd = b"\xff\xd8" + bytes(100_000)
    do(runware(service).submit(edit(odd), JOB))
    assert service.tasks[0]["inputs"] == {"referenceImages": [data_uri(odd)]}


def test_an_upload_that_is_gone_is_made_again() -> None:
    """Trap 18: uploads vanish, so a request refused for a missing one forgets them."""
    stored = {"data": [{"imageUUID": UPLOADED}]}
    service = Service(stored, (404, errors("mediaNotFound")), stored, ACK)
    provider = runware(service)
    with pytest.raises(Refused, match="mediaNotFound"):
        do(provider.submit(edit(LARGE), JOB))
    assert do(provider.submit(edit(LARGE), JOB)) == Accepted(JOB)
    assert service.kinds == ["imageUpload", "imageInference"] * 2


def test_an_input_that_has_an_address() -> None:
    """It is named by that; the service reads it there."""
    service = Service(ACK)
    far = Reference("image", LARGE, address="https://cdn.example/a.png")
    wanted = Request("edit", "m", "make it night", references=(far,), name=PRO)
    do(runware(service).submit(wanted, JOB))
    assert service.tasks[0]["inputs"] == {"referenceImages": ["https://cdn.example/a.png"]}


@pytest.mark.parametrize(
    ("given", "raised"),
    [
        (httpx.ConnectError("no route"), NotSent),
        (httpx.ReadTimeout("slow"), NotSent),
        (httpx.ReadError("reset"), NotSent),
        ((500, {}), NotSent),
        ((503, errors("serviceUnavailable")), NotSent),
        ((408, {}), NotSent),
        ((200, b"<html>"), NotSent),
        ((200, {"data": []}), NotSent),
        ((200, {"data": [{"taskUUID": OTHER, "imageUUID": UPLOADED}]}), NotSent),
        ((200, {"errors": [{"code": "uploadFailed", "message": "?"}]}), NotSent),
        ((429, {}), Busy),
        ((200, {"errors": [{"code": "rateLimitExceeded", "message": "?"}]}), Busy),
        ((400, {"errors": [{"code": "invalidImage", "message": "?"}]}), Refused),
        ((413, b"too large"), Refused),
        ((400, {"errors": [{"code": "nsfwContentDetected", "message": "?"}]}), Moderated),
        ((401, {"errors": [{"code": "invalidApiKey", "message": "?"}]}), AccountError),
        ((402, {}), AccountError),
    ],
)
def test_an_upload_that_fails(given: Any, raised: type[ProviderError]) -> None:
    """The paid request was not sent, and the error leaves no doubt about that."""
    service = Service(given)
    with pytest.raises(raised) as caught:
        do(runware(service).submit(edit(LARGE), JOB))
    assert type(caught.value) is raised
    assert service.kinds == ["imageUpload"]


def test_an_upload_that_fails_is_tried_by_the_next_submit() -> None:
    """Nothing is remembered of it."""
    service = Service(httpx.ReadTimeout(""), {"data": [{"imageUUID": UPLOADED}]}, ACK)
    provider = runware(service)
    with pytest.raises(NotSent, match="did not get an input picture"):
        do(provider.submit(edit(LARGE), JOB))
    assert do(provider.submit(edit(LARGE), JOB)) == Accepted(JOB)


def test_a_picture_is_fetched_without_the_key() -> None:
    """Trap 21: it comes from another host, which the key is not for."""
    service = Service((200, LARGE, {"content-type": "image/png"}))
    assert do(runware(service).fetch("http://127.0.0.1:9/ii/a.png")) == LARGE
    (sent,) = service.requests
    assert sent.method == "GET"
    assert KEY not in str(sent.headers)


@pytest.mark.parametrize("given", [(404, b""), (200, b"<html>", {"content-type": "text/html"})])
def test_a_fetch_that_fails(given: Any) -> None:
    """Trap 22: that is no failure of the task, and nothing is sent for it."""
    service = Service(given)
    with pytest.raises(ProviderError):
        do(runware(service).fetch("http://127.0.0.1:9/ii/a.png"))
    assert [sent.method for sent in service.requests] == ["GET"]


def test_the_balance() -> None:
    """The request and the answer of the page "Account management"."""
    details = {"taskType": "accountManagement", "operation": "getDetails", "balance": 12.344}
    service = Service({"data": [{**details, "team": [], "apiKeys": []}]})
    assert do(runware(service).check()) == "balance $12.34"
    (task,) = service.tasks
    assert uuid.UUID(task.pop("taskUUID")).version == 4
    assert task == {"taskType": "accountManagement", "operation": "getDetails"}


def test_a_balance_that_is_not_said() -> None:
    """The key was taken all the same."""
    assert do(runware(Service({"data": [{"balance": "?"}]})).check()) == "the key is accepted"


@pytest.mark.parametrize(
    ("given", "raised"),
    [
        ((401, errors("invalidApiKey")), AccountError),
        ((200, {"errors": [{"code": "invalidApiKey"}]}), AccountError),
        ((500, {}), ProviderError),
        ((200, b"<html>"), ProviderError),
        (httpx.ConnectError(""), NotSent),
    ],
)
def test_a_check_that_fails(given: Any, raised: type[ProviderError]) -> None:
    """It says why."""
    with pytest.raises(raised):
        do(runware(Service(given)).check())


def test_a_flat_answer_is_read_too() -> None:
    """Trap 34: whichever way it comes."""
    assert poll(ITEM) == Completed((URL,), 0.07)
    assert submit(ACK["data"][0]) == Accepted(JOB)


def test_nothing_echoed_gives_the_key_or_the_picture_away() -> None:
    """Trap 36: a service may repeat in a message what it was sent."""
    small = picture()
    bare = base64.b64encode(small).decode()
    message = f"not valid: {data_uri(small)} and {bare} for key {KEY}\x1b[2J\ud800"
    echo = {"errors": [error("invalidImage", message=message, status="error")]}
    with pytest.raises(Refused) as caught:
        do(runware(Service((400, echo))).submit(edit(small), JOB))
    for text in (str(caught.value), poll(echo).reason):
        assert "invalidImage: not valid: [data] and [data] for key [key]" in text
        text.encode()


def test_closing() -> None:
    """It holds nothing of its own."""
    do(runware(Service(ACK)).close())
