"""Runware's wire format: what is sent, and what each answer is taken to prove."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import random
import uuid
from collections.abc import AsyncIterator, Coroutine
from typing import Any, TypeVar

import httpx
import pytest
from PIL import Image

from assetgen.errors import AccountError, ProviderError
from assetgen.providers.base import (
    Accepted,
    Ambiguous,
    Busy,
    Completed,
    Duplicate,
    Failed,
    Moderated,
    NotFound,
    NotSent,
    Reference,
    Refused,
    Request,
    Running,
)
from assetgen.providers.http import Api, Http
from assetgen.providers.runware import Runware, read_webhook
from assetgen.providers.wire import data_uri
from assetgen.secret import Secret

BASE = "http://127.0.0.1:9/v1"
KEY = "rw-canary-0123456789"
JOB = "1607528b-b740-4975-8cc1-6dc6b2d18f60"
OTHER = "565b79af-1974-4039-88e9-3ca1ea304b22"
IMAGE = "fd43ce5d-bc6d-487f-91d0-5d417cfcdb3c"
URL = f"https://im.runware.ai/image/os/a05d22/ws/2/ii/{IMAGE}.jpg"
PRO = "xai:grok-imagine@image-pro"
ITEM = {
    "taskType": "imageInference",
    "taskUUID": JOB,
    "imageUUID": IMAGE,
    "imageURL": URL,
    "seed": 109682711,
    "cost": 0.07,
}
ACK = {"data": [{"taskType": "imageInference", "taskUUID": JOB}]}
UPLOADED = "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f1"

T = TypeVar("T")


class Body(httpx.AsyncByteStream):
    """The bytes of an answer, as they come from a socket."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content


class Service:
    """Answers in turn, the last answer for ever, and remembers what it was sent.

    An answer is JSON for a 200, a (status, JSON) or (status, JSON, headers), bytes, or an
    exception of the transport.
    """

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        status, body, *headers = answer if isinstance(answer, tuple) else (200, answer)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return httpx.Response(status, stream=Body(content), headers=headers[0] if headers else {})

    @property
    def tasks(self) -> list[dict[str, Any]]:
        """The one task of each request."""
        bodies = [json.loads(request.content) for request in self.requests]
        assert all(isinstance(body, list) and len(body) == 1 for body in bodies)
        return [body[0] for body in bodies]

    @property
    def kinds(self) -> list[str]:
        return [task["taskType"] for task in self.tasks]


def runware(service: Service) -> Runware:
    http = Http(httpx.MockTransport(service))
    return Runware(Api(http, "runware", "Runware", BASE, Secret(KEY)), 4)


def do(call: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(call)


def request(**fields: Any) -> Request:
    usual = {"name": PRO, "size": (1280, 896), "format": "png"}
    return Request("generate", "xai/grok-imagine-image-pro", "a sorceress", **usual | fields)


def edit(*references: bytes, **fields: Any) -> Request:
    pictures = tuple(Reference("image", data) for data in references)
    return Request(
        "edit",
        "xai/grok-imagine-image-pro",
        "make it night",
        references=pictures,
        **{"name": PRO, "resolution": "2k", "format": "png"} | fields,
    )


def picture(width: int = 8, height: int = 8, seed: int = 0) -> bytes:
    """Return a PNG of noise, some three bytes a pixel."""
    noise = random.Random(seed).randbytes(width * height * 3)  # noqa: S311 - noise, no secret
    out = io.BytesIO()
    Image.frombytes("RGB", (width, height), noise).save(out, "PNG")
    return out.getvalue()


LARGE = picture(200, 200)


def submit(answer: Any, wanted: Request | None = None) -> Any:
    """Return what a submit makes of an answer."""
    return do(runware(Service(answer)).submit(wanted or request(), JOB))


def poll(answer: Any) -> Any:
    """Return what a poll makes of an answer."""
    return do(runware(Service(answer)).poll(JOB, PRO))


def error(code: str, message: str = "it says why", **more: Any) -> dict[str, Any]:
    return {"code": code, "message": message, "taskUUID": JOB, **more}


def errors(code: str, **more: Any) -> dict[str, Any]:
    return {"data": [], "errors": [error(code, **more)]}


def failed_item(code: str) -> dict[str, Any]:
    about = {"taskType": "imageInference", "taskUUID": JOB, "status": "error"}
    return {"data": [{**about, "error": {"code": code, "message": "it says why"}}]}


# What is sent


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


# Input pictures


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
    ("answer", "raised"),
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
def test_an_upload_that_fails(answer: Any, raised: type[ProviderError]) -> None:
    """The paid request was not sent, and the error leaves no doubt about that."""
    service = Service(answer)
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


# What the answer to a submit proves


@pytest.mark.parametrize(
    "answer",
    [
        ACK,
        {"data": []},
        {"data": {"taskType": "imageInference", "taskUUID": JOB.upper()}},
        [{"taskType": "imageInference", "taskUUID": JOB}],
        {"data": [{"taskUUID": JOB, "status": "processing"}], "errors": []},
        {"data": [{"taskUUID": OTHER, "status": "error"}, {"taskUUID": JOB}]},
    ],
)
def test_an_acknowledgement(answer: Any) -> None:
    """Any of its forms; also an empty one, as the official clients take it."""
    assert submit(answer) == Accepted(JOB)


def test_a_picture_at_once() -> None:
    """An acknowledgement may hold finished items already."""
    assert submit({"data": [ITEM]}) == Completed((URL,), 0.07)


@pytest.mark.parametrize(
    "answer",
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
def test_an_answer_that_proves_nothing(answer: Any) -> None:
    """A 200 that does not speak of the task leaves doubt: the service has to be asked."""
    with pytest.raises(Ambiguous):
        submit((200, answer))


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
    "answer",
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
def test_an_id_that_is_in_use(answer: Any) -> None:
    """It proves that an earlier submit under this id was accepted, wherever it is said."""
    with pytest.raises(Duplicate):
        submit(answer)


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


# The table of HTTP statuses


def test_http_200_with_errors() -> None:
    """A failure of the task, told by its code."""
    with pytest.raises(Refused):
        submit((200, errors("unsupportedDimensions")))
    assert poll((200, errors("unsupportedDimensions"))) == Failed(
        "unsupportedDimensions: it says why"
    )


def test_http_400() -> None:
    """A bad request is final and not charged; about a poll it says nothing of the task."""
    with pytest.raises(Refused, match="HTTP 400"):
        submit((400, {}))
    with pytest.raises(Refused, match="madeUp: it says why"):
        submit((400, errors("madeUp")))
    for body in ({}, errors("invalidTaskUUID"), errors("madeUp")):
        with pytest.raises(Ambiguous):
            poll((400, body))


@pytest.mark.parametrize("body", [{}, errors("invalidApiKey"), errors("madeUp"), b"<html>"])
def test_http_401(body: Any) -> None:
    """The key is wrong: nothing further would be taken."""
    for ask in (submit, poll):
        with pytest.raises(AccountError, match="Runware refused the account") as caught:
            ask((401, body))
        assert "RUNWARE_API_KEY" in caught.value.problems[0].step


@pytest.mark.parametrize("body", [{}, errors("insufficientCredits"), errors("madeUp")])
def test_http_402(body: Any) -> None:
    """Trap 30: a balance that is too low stops the whole run."""
    for ask in (submit, poll):
        with pytest.raises(AccountError) as caught:
            ask((402, body))
        assert "top it up" in caught.value.problems[0].step


def test_http_403() -> None:
    """The key lacks a permission."""
    for ask in (submit, poll):
        with pytest.raises(AccountError):
            ask((403, {}))


def test_http_404() -> None:
    """At a submit it refuses; at a poll the task is unknown, if the service itself says it."""
    for body in ({}, errors("modelNotFound"), b"<html>"):
        with pytest.raises(Refused):
            submit((404, body))
    assert poll((404, {})) == NotFound()
    assert poll((404, errors("taskNotFound"))) == NotFound()
    with pytest.raises(Ambiguous):
        poll((404, b"<html>"))


def test_http_408() -> None:
    """Nobody knows: the service may have the request."""
    for ask in (submit, poll):
        for body in ({}, errors("invalidModel")):
            with pytest.raises(Ambiguous):
                ask((408, body))


@pytest.mark.parametrize("body", [{}, errors("queueFull"), errors("rateLimitExceeded"), b"slow"])
@pytest.mark.parametrize(
    ("headers", "after"), [({}, None), ({"retry-after": "7"}, 7.0), ({"retry-after": "x"}, None)]
)
def test_http_429(body: Any, headers: dict[str, str], after: float | None) -> None:
    """Trap 27: later, and `Retry-After` is usually not there."""
    for ask in (submit, poll):
        with pytest.raises(Busy) as caught:
            ask((429, body, headers))
        assert caught.value.retry_after == after


@pytest.mark.parametrize(
    "body", [{}, errors("internalServerError"), errors("invalidModel"), errors("inferenceError")]
)
def test_http_500(body: Any) -> None:
    """The task may have been taken: the service has to be asked for the same id."""
    for ask in (submit, poll):
        with pytest.raises(Ambiguous):
            ask((500, body))


@pytest.mark.parametrize("body", [{}, errors("noAvailableServer"), errors("rateLimitExceeded")])
def test_http_503(body: Any) -> None:
    """Temporary, but not known to be free of charge, so it is not for another provider to take."""
    with pytest.raises(Ambiguous):
        submit((503, body))


@pytest.mark.parametrize("body", [{}, errors("timeoutProvider"), b"Gateway Timeout"])
def test_http_504(body: Any) -> None:
    """It waited too long in the queue, and may run all the same."""
    for ask in (submit, poll):
        with pytest.raises(Ambiguous):
            ask((504, body))


def test_a_redirect() -> None:
    """It is followed by nobody, and nothing was accepted."""
    service = Service((302, b"", {"location": "https://elsewhere.example/"}))
    with pytest.raises(Refused, match="redirect"):
        do(runware(service).submit(request(), JOB))
    assert len(service.requests) == 1
    with pytest.raises(Ambiguous):
        poll((302, b"", {"location": "https://elsewhere.example/"}))


# The table of code families, in the order in which they are told

VALIDATION = [
    "invalidPositivePrompt",
    "missingModel",
    "conflictParameters",
    "duplicatePreloadModelAIR",
    "unsupportedDimensions",
    "unsupportedParameter",
    "maxLycorisModelsExceeded",
    "unknownParameter",
    "valueTooLarge",
    "modelAlreadyExists",
]
AUTH = ["invalidApiKey", "missingApiKey", "unauthorized", "forbidden", "accountSuspended"]
AUTH += ["tokenExpired", "authTimeout", "insufficientPermissions"]
QUOTA = ["insufficientCredits", "providerInsufficientCredits", "quotaExceeded", "paymentRequired"]
QUOTA += ["insufficientBalance", "insufficient_credits"]
RATE = ["rateLimitExceeded", "providerRateLimitExceeded", "inferenceRateLimitRequestTooLarge"]
SAFETY = [
    "contentPolicyViolation",
    "providerContentPolicyViolation",
    "sensitiveContentDetected",
    "unsafeContentDetected",
    "nsfwContentDetected",
    "promptBlocked",
    "imageBlocked",
    "moderationFailed",
]
TIMEOUT = ["timeoutProvider", "providerGatewayTimeout", "timeout", "webhookTimeout"]
PROVIDER = ["providerError", "inferenceError", "processingFailed", "downloadFailed"]
PROVIDER += ["uploadFailed", "providerAuthenticationFailed"]
NO_SERVER = ["noAvailableServer", "modelUnavailable", "modelNotReady"]
SERVER = ["internalServerError", "serviceUnavailable", "unknownError", "Unknown error"]
UNKNOWN_TASK = ["taskNotFound", "taskExpired", "taskCancelled", "taskFailedOrNotFound"]
UNKNOWN_THING = ["modelNotFound", "mediaExpired", "unknownModel"]


@pytest.mark.parametrize("code", VALIDATION)
def test_codes_of_validation(code: str) -> None:
    """A request that cannot be taken, now or later; of a task in work, its end."""
    for status in (200, 400, 422):
        with pytest.raises(Refused) as caught:
            submit((status, errors(code)))
        assert not isinstance(caught.value, Moderated)
    assert poll(errors(code)) == Failed(f"{code}: it says why")


@pytest.mark.parametrize("code", AUTH)
def test_codes_of_auth(code: str) -> None:
    """The account, wherever it is said: also of a poll, whose task goes on."""
    for status in (200, 400, 500):
        for ask in (submit, poll):
            with pytest.raises(AccountError):
                ask((status, errors(code)))


@pytest.mark.parametrize("code", QUOTA)
def test_codes_of_quota(code: str) -> None:
    """Trap 30: they stop the run; told before rate limits and before the supplier's failures."""
    for status in (200, 400, 429, 500):
        for ask in (submit, poll):
            with pytest.raises(AccountError) as caught:
                ask((status, errors(code, taskType="" if ask is submit else "getResponse")))
            assert "top it up" in caught.value.problems[0].step


@pytest.mark.parametrize("code", RATE)
def test_codes_of_rate_limits(code: str) -> None:
    """Not accepted, and perhaps later; told before the supplier's failures."""
    for status in (200, 400):
        with pytest.raises(Busy) as caught:
            submit((status, errors(code), {"retry-after": "3"}))
        assert caught.value.retry_after == 3.0


def test_a_rate_limit_at_a_poll() -> None:
    """The poll's own says nothing of the task; the supplier's ended it."""
    with pytest.raises(Busy):
        poll(errors("rateLimitExceeded"))
    code = "providerRateLimitExceeded"
    assert poll(errors(code)) == Failed(f"{code}: it says why")


@pytest.mark.parametrize("code", SAFETY)
def test_codes_of_safety(code: str) -> None:
    """Final for what was asked for, and nobody says whether it is charged."""
    for status in (200, 400, 403, 500):
        with pytest.raises(Moderated):
            submit((status, errors(code)))
    failed = Failed(f"{code}: it says why", charged=None, moderated=True)
    assert poll(errors(code)) == failed
    assert poll(failed_item(code)) == failed


def test_a_supplier_that_speaks_of_policy() -> None:
    """A vague code is told by its words too, where the failure is certain already."""
    words = {"message": "The prompt violates our content policy."}
    answer = poll({"errors": [error("providerError", status="error", **words)]})
    assert isinstance(answer, Failed)
    assert answer.moderated
    with pytest.raises(Moderated):
        submit((400, {"errors": [error("madeUp", **words)]}))


@pytest.mark.parametrize("code", TIMEOUT)
def test_codes_of_time_outs(code: str) -> None:
    """The task may run all the same, whatever the status says."""
    for status in (200, 400, 504):
        with pytest.raises(Ambiguous):
            submit((status, errors(code)))


def test_a_time_out_at_a_poll() -> None:
    """The supplier's ended the task (page "Task polling"); the poll's own did not."""
    for body in (errors("timeoutProvider", status="error"), errors("timeoutProvider")):
        assert poll(body) == Failed("timeoutProvider: it says why")
    with pytest.raises(Ambiguous):
        poll(errors("requestTimeout"))


@pytest.mark.parametrize("code", PROVIDER)
def test_codes_of_the_provider(code: str) -> None:
    """Work may have begun: no status of a submit proves otherwise."""
    for status in (200, 400):
        with pytest.raises(Ambiguous):
            submit((status, errors(code)))
    assert poll(errors(code)) == Failed(f"{code}: it says why")


@pytest.mark.parametrize("code", NO_SERVER)
def test_codes_of_a_provider_without_a_server(code: str) -> None:
    """Nobody was there to begin, so it may be sent later or elsewhere."""
    for status in (200, 400):
        with pytest.raises(Busy):
            submit((status, errors(code)))
    assert poll(errors(code)) == Failed(f"{code}: it says why")


def test_a_model_that_is_disabled() -> None:
    """That is permanent, though its family is not."""
    with pytest.raises(Refused):
        submit((400, errors("modelDisabled")))


@pytest.mark.parametrize("code", UNKNOWN_TASK)
def test_codes_of_an_unknown_task(code: str) -> None:
    """At a poll the task is not known, which never proves that it was not accepted."""
    for status in (200, 400, 404):
        assert poll((status, errors(code))) == NotFound()
        assert poll((status, errors(code, taskType="getResponse"))) == NotFound()
    with pytest.raises(Ambiguous):
        submit((200, errors(code)))


@pytest.mark.parametrize("code", UNKNOWN_THING)
def test_codes_of_something_else_that_is_unknown(code: str) -> None:
    """It refuses a submit, and ends a task."""
    for status in (200, 400, 404):
        with pytest.raises(Refused):
            submit((status, errors(code)))
    assert poll(errors(code)) == Failed(f"{code}: it says why")


@pytest.mark.parametrize("code", SERVER)
def test_codes_of_a_server_error(code: str) -> None:
    """Nobody knows, whatever the status says."""
    for status in (200, 400, 500):
        for ask in (submit, poll):
            with pytest.raises(Ambiguous):
                ask((status, errors(code)))


def test_codes_that_nobody_has_seen() -> None:
    """A 4xx refuses, anything else leaves doubt; of a task that is named, it is the end."""
    for code in ("brandNew", "", "brand new\x1b[31m", "x" * 5000):
        with pytest.raises(Refused):
            submit((400, errors(code)))
        with pytest.raises(Ambiguous):
            submit((200, errors(code)))
        assert isinstance(poll(errors(code)), Failed)


# How a task stands


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
    "answer",
    [
        {"data": []},
        {"data": [{"taskType": "getResponse", "taskUUID": JOB}]},
        {"data": [{"taskUUID": OTHER, "status": "success", "imageURL": URL}]},
        {"data": [], "errors": [{"code": "inferenceError", "taskUUID": OTHER}]},
    ],
)
def test_an_answer_that_is_silent_about_the_task(answer: Any) -> None:
    """It is asked for again: official clients take an empty answer for a task in work."""
    assert poll(answer) == Running()


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


@pytest.mark.parametrize(
    "field", [{}, {"imageURL": ""}, {"imageURL": 7}, {"imageURL": "x"}, {"imageBase64Data": "?"}]
)
def test_success_without_a_picture(field: dict[str, Any]) -> None:
    """It is none."""
    answer = poll({"data": [{"taskUUID": JOB, "status": "success", **field}]})
    assert isinstance(answer, Failed)


def test_more_pictures_than_asked_for() -> None:
    """Trap 23: all are told, with the cost of all."""
    more = {**ITEM, "imageUUID": OTHER, "imageURL": URL + "?2"}
    assert poll({"data": [ITEM, more]}) == Completed((URL, URL + "?2"), 0.14)


def test_a_picture_beside_a_failure() -> None:
    """Trap 5: what was made counts, whatever else failed."""
    answer = {"data": [ITEM], "errors": [error("inferenceError", status="error")]}
    assert poll(answer) == Completed((URL,), 0.07)


def test_costs_are_summed_as_decimals() -> None:
    """Trap 25: cost is USD of each item; sums of floats would be off."""
    items = [{**ITEM, "imageUUID": str(n), "cost": 0.1} for n in range(3)]
    assert poll({"data": items}).cost == 0.3
    assert poll({"data": [{**ITEM, "cost": 0.0219999999}]}).cost == 0.022


@pytest.mark.parametrize("cost", [None, "0.07", -1, True, 1e300, [0.07]])
def test_a_cost_that_is_none(cost: Any) -> None:
    """Then the cost is unknown; the picture is there."""
    assert poll({"data": [{**ITEM, "cost": cost}]}) == Completed((URL,), None)


@pytest.mark.parametrize("answer", [{}, None, "ok", [], b"<html>", {"data": 5}, {"data": [{}]}])
def test_a_poll_that_cannot_be_read(answer: Any) -> None:
    """It says nothing, and may be repeated."""
    with pytest.raises(Ambiguous):
        poll((200, answer))


def test_a_poll_without_an_answer() -> None:
    """It may be repeated."""
    with pytest.raises(Ambiguous):
        poll(httpx.ReadTimeout(""))
    with pytest.raises(NotSent):
        poll(httpx.ConnectError(""))


def test_a_silent_answer_after_a_submit_without_one() -> None:
    """Then the task may never have arrived, and the same id is to be sent again."""
    service = Service(httpx.ReadTimeout(""), {"data": []}, ACK, {"data": []})
    provider = runware(service)
    with pytest.raises(Ambiguous):
        do(provider.submit(request(), JOB))
    assert do(provider.poll(JOB, PRO)) == NotFound()
    assert do(provider.submit(request(), JOB)) == Accepted(JOB)
    assert do(provider.poll(JOB, PRO)) == Running()


@pytest.mark.parametrize(
    "known",
    [{"data": [{"taskUUID": JOB, "status": "processing"}]}, (400, errors("conflictTaskUUID"))],
)
def test_doubt_ends_where_the_task_is_known(known: Any) -> None:
    """By a poll that speaks of it, or by the refusal of a second submit."""
    service = Service((502, b""), known, {"data": []})
    provider = runware(service)
    with pytest.raises(Ambiguous):
        do(provider.submit(request(), JOB))
    if isinstance(known, tuple):
        with pytest.raises(Duplicate):
            do(provider.submit(request(), JOB))
    else:
        assert do(provider.poll(JOB, PRO)) == Running()
    assert do(provider.poll(JOB, PRO)) == Running()


# Pictures, account, webhooks, secrets


def test_a_picture_is_fetched_without_the_key() -> None:
    """Trap 21: it comes from another host, which the key is not for."""
    service = Service((200, LARGE, {"content-type": "image/png"}))
    assert do(runware(service).fetch("http://127.0.0.1:9/ii/a.png")) == LARGE
    (sent,) = service.requests
    assert sent.method == "GET"
    assert KEY not in str(sent.headers)


@pytest.mark.parametrize("answer", [(404, b""), (200, b"<html>", {"content-type": "text/html"})])
def test_a_fetch_that_fails(answer: Any) -> None:
    """Trap 22: that is no failure of the task, and nothing is sent for it."""
    service = Service(answer)
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
    ("answer", "raised"),
    [
        ((401, errors("invalidApiKey")), AccountError),
        ((200, {"errors": [{"code": "invalidApiKey"}]}), AccountError),
        ((500, {}), ProviderError),
        ((200, b"<html>"), ProviderError),
        (httpx.ConnectError(""), NotSent),
    ],
)
def test_a_check_that_fails(answer: Any, raised: type[ProviderError]) -> None:
    """It says why."""
    with pytest.raises(raised):
        do(runware(Service(answer)).check())


@pytest.mark.parametrize(
    "body",
    [
        ITEM,
        {"data": [ITEM]},
        {"data": ITEM},
        [ITEM],
        {"taskUUID": JOB.upper(), "status": "error", "error": {"code": "x"}},
        {"errors": [error("inferenceError")]},
        {"error": {"code": "x"}, "taskUUID": JOB},
    ],
)
def test_bodies_of_webhooks(body: Any) -> None:
    """Trap 34: a webhook's body may be flat, while the API's stands under `data`."""
    assert read_webhook(json.dumps(body).encode()) == JOB


def test_a_flat_answer_is_read_too() -> None:
    """Trap 34: whichever way it comes."""
    assert poll(ITEM) == Completed((URL,), 0.07)
    assert submit(ACK["data"][0]) == Accepted(JOB)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"{}", b"[]", b'{"taskUUID": 5}', b'{"taskUUID": "../../etc"}', b"\xff" * 9],
)
def test_a_webhook_that_names_no_task(body: bytes) -> None:
    """Trap 33: a body is not signed; what is not shaped as an id is none."""
    assert read_webhook(body) is None


def test_nothing_echoed_gives_the_key_or_the_picture_away() -> None:
    """Trap 36: a service may repeat in a message what it was sent."""
    small = picture()
    message = f"not valid: {data_uri(small)} for key {KEY}\x1b[2J\ud800"
    echo = {"errors": [error("invalidImage", message=message, status="error")]}
    service = Service((400, echo))
    with pytest.raises(Refused) as caught:
        do(runware(service).submit(edit(small), JOB))
    failed = poll(echo)
    for text in (str(caught.value), failed.reason):
        assert KEY not in text
        assert "base64" not in text
        text.encode()


def test_closing() -> None:
    """It holds nothing of its own."""
    do(runware(Service(ACK)).close())
