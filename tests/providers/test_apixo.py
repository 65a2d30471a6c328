"""APIXO's wire format, by the page of its model `grok-image` and its API reference."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from assetgen.errors import AccountError, ProviderError
from assetgen.providers.apixo import HEADER, Apixo
from assetgen.providers.base import (
    Accepted,
    Ambiguous,
    Busy,
    Completed,
    Failed,
    Moderated,
    NotFound,
    NotSent,
    Provider,
    Reference,
    Refused,
    Request,
    Running,
)
from tests.providers.ends import KEY, Wire, answer, do, nobody, reaching, reset, saying, serving

BASE = "https://api.apixo.ai/api/v1"
ID = "task_12345678"
FILE = "https://file.apixo.ai/xxx.png"
GENERATE = Request(
    "generate",
    "xai/grok-imagine-image",
    "a serene mountain landscape at dawn",
    "2:3",
    name="grok-image",
    format="png",
)
CHANGE = Request(
    "edit",
    "xai/grok-imagine-image",
    "turn this photo into a cinematic portrait",
    references=(Reference("image", b"bytes", address="https://example.com/ref.png"),),
    name="grok-image",
)
QUEUED = {"code": 200, "message": "success", "data": {"taskId": ID}}
DONE: dict[str, Any] = {
    "taskId": ID,
    "state": "success",
    "resultJson": json.dumps({"resultUrls": [FILE]}),
    "createTime": 1767965610929,
    "completeTime": 1767965635929,
    "costTime": 25000,
}
ENDED = {
    "taskId": ID,
    "state": "failed",
    "failCode": "SensitiveContent",
    "failMsg": "Content violates provider policy, please adjust the prompt",
    "createTime": 1767965610929,
    "completeTime": 1767965620132,
    "costTime": 9039,
}


def apixo(*answers: Any) -> tuple[Apixo, Wire]:
    wire = Wire(list(answers))
    return Apixo(wire.api(HEADER, base_url=BASE, name="apixo"), 3), wire


def told(data: Any) -> dict[str, Any]:
    """Return data in the envelope of a success."""
    return {"code": 200, "message": "success", "data": data}


def polled(data: Any) -> Any:
    return do(apixo(answer(200, told(data)))[0].poll(ID, "grok-image"))


def submitted(status: int, body: Any) -> Any:
    service, wire = apixo(answer(status, body))
    try:
        return do(service.submit(GENERATE, ""))
    finally:
        assert len(wire.requests) == 1


def done(**changes: Any) -> dict[str, Any]:
    return {**DONE, **changes}


def test_what_it_is() -> None:
    """Its job ids are the service's own; it is a provider like the others."""
    service: Provider = apixo()[0]
    assert (service.name, service.derives_ids, service.concurrency) == ("apixo", False, 3)


# Submit


def test_a_picture_from_text() -> None:
    """The model in the path, the headers and the body are those of the page."""
    service, wire = apixo(answer(200, QUEUED))
    assert do(service.submit(GENERATE, "")) == Accepted(ID)
    (request,) = wire.requests
    assert (request.method, str(request.url)) == ("POST", f"{BASE}/generateTask/grok-image")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["content-type"] == "application/json"
    assert wire.body == {
        "request_type": "async",
        "input": {
            "mode": "text-to-image",
            "prompt": "a serene mountain landscape at dawn",
            "aspect_ratio": "2:3",
        },
    }


def test_an_edit() -> None:
    """Trap 15: an edit takes no ratio, whatever is wanted; the page's body has none."""
    for ratio in (None, "3:2"):
        service, wire = apixo(answer(200, QUEUED))
        do(service.submit(replace(CHANGE, aspect_ratio=ratio), ""))
        assert wire.body == {
            "request_type": "async",
            "input": {
                "mode": "image-to-image",
                "prompt": "turn this photo into a cinematic portrait",
                "image_urls": ["https://example.com/ref.png"],
            },
        }


def test_a_picture_from_text_without_a_ratio() -> None:
    """The service's own ratio is left to it."""
    service, wire = apixo(answer(200, QUEUED))
    do(service.submit(replace(GENERATE, aspect_ratio=None), ""))
    assert wire.body["input"].keys() == {"mode", "prompt"}


def test_what_the_page_does_not_know_is_not_sent() -> None:
    """No resolution, format, quality, count or seed."""
    service, wire = apixo(answer(200, QUEUED))
    do(service.submit(replace(GENERATE, resolution="2k", quality="high", format="png"), ""))
    assert wire.body.keys() == {"request_type", "input"}
    assert wire.body["input"].keys() == {"mode", "prompt", "aspect_ratio"}


def test_a_webhook() -> None:
    """The request says `callback`, and where."""
    service, wire = apixo(answer(200, QUEUED))
    do(service.submit(replace(GENERATE, webhook="https://me.example/h/token"), ""))
    assert wire.body["request_type"] == "callback"
    assert wire.body["callback_url"] == "https://me.example/h/token"
    assert wire.body["input"]["mode"] == "text-to-image"


def test_an_input_picture_without_an_address() -> None:
    """Trap 17: only public addresses are read; without one nothing is sent."""
    service, wire = apixo(answer(200, QUEUED))
    with pytest.raises(Refused, match="the one for 'image' has none") as caught:
        do(service.submit(replace(CHANGE, references=(Reference("image", b"bytes"),)), ""))
    assert caught.value.problems[0].kind.name == "reference-without-address"
    assert wire.requests == []


@pytest.mark.parametrize("task", ["0a1b2c3d" * 4, 12345678, "a/b c"])
def test_ids_are_opaque(task: Any) -> None:
    """Whatever the service calls a task, it is asked for by that."""
    assert submitted(200, told({"taskId": task})) == Accepted(str(task))


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "<html>ok</html>",
        "null",
        [],
        {},
        told(None),
        told({}),
        told({"taskId": ""}),
        told({"taskId": None}),
        told(ID),
        {"data": {"taskId": ID}},
        {"code": 0, "data": {"taskId": ID}},
        {"code": "ok", "data": {"taskId": ID}},
    ],
)
def test_a_success_that_cannot_be_read(body: Any) -> None:
    """Trap 4: HTTP and `code` must both say success, and an id must be there; else nobody knows."""
    with pytest.raises(Ambiguous):
        submitted(200, body)


# Errors: the rows of the service's tables, said by HTTP or by `code`

ERRORS: dict[str, tuple[int, str, type[ProviderError]]] = {
    "400 request": (400, "Invalid request", Refused),
    "400 balance": (400, "Insufficient credits", AccountError),
    "400 content": (400, "Prompt violates content policy", Moderated),
    "401 key": (401, "Missing or invalid API key", AccountError),
    "402 balance": (402, "Insufficient balance or quota", AccountError),
    "403 permission": (403, "API key lacks permission", AccountError),
    "403 content": (403, "Content violates policy", Moderated),
    "404 model": (404, "Model not found", Refused),
    "422 field": (422, "Unprocessable", Refused),
    "429 limit": (429, "Rate limit exceeded", Busy),
    "500 internal": (500, "Internal error", Ambiguous),
    "502 upstream": (502, "Upstream provider or network error", Ambiguous),
    "503 away": (503, "Model temporarily unavailable", Ambiguous),
    "504 gateway": (504, "Timeout", Ambiguous),
}
each_error = pytest.mark.parametrize(("code", "words", "kind"), ERRORS.values(), ids=ERRORS.keys())


@each_error
def test_an_error_of_a_submit(code: int, words: str, kind: type[ProviderError]) -> None:
    """Trap 29: each code means what the tables say, in the service's own words, sent once."""
    with pytest.raises(ProviderError, match=words) as caught:
        submitted(code, {"code": code, "message": words, "data": None})
    assert type(caught.value) is kind


@each_error
def test_an_error_inside_a_success(code: int, words: str, kind: type[ProviderError]) -> None:
    """Trap 4: HTTP may say 200 while the body's `code` says what happened."""
    with pytest.raises(ProviderError, match=words) as caught:
        submitted(200, {"code": code, "message": words, "data": None})
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (502, "<html>Bad Gateway</html>", Ambiguous),
        (401, "", AccountError),
        (429, "", Busy),
        (400, {"message": "no code"}, Refused),
        (500, told({"taskId": ID}), Ambiguous),
        (400, told({"taskId": ID}), Refused),
        (400, {"code": 500, "message": "both"}, Ambiguous),
        (500, {"code": 402, "message": "both"}, Ambiguous),
        (502, {"code": 400, "message": "both"}, Ambiguous),
        (503, {"code": 429, "message": "both"}, Ambiguous),
        (200, {"code": 600, "message": "strange"}, Ambiguous),
        (200, {"code": -1, "message": "strange"}, Ambiguous),
    ],
)
def test_http_against_code(status: int, body: Any, kind: type[ProviderError]) -> None:
    """Trap 4: the body's `code` decides where it is an error, HTTP where it is none.

    After a 5xx it decides nothing: what it calls refused may have been begun.
    """
    with pytest.raises(ProviderError) as caught:
        submitted(status, body)
    assert type(caught.value) is kind


def test_what_was_wrong_with_a_request() -> None:
    """The detail stands in `data`."""
    body = {
        "code": 400,
        "message": "Invalid request",
        "data": {"error": "Missing required field: input.prompt"},
    }
    with pytest.raises(Refused, match=r"Invalid request: Missing required field: input\.prompt"):
        submitted(400, body)


@pytest.mark.parametrize(
    ("code", "words", "step"),
    [
        (402, "quota", "top it up, then build again"),
        (400, "Insufficient credits", "top it up, then build again"),
        (401, "key", "check APIXO_API_KEY, then build again"),
        (403, "permission", "check APIXO_API_KEY, then build again"),
    ],
)
def test_what_to_do_about_an_account(code: int, words: str, step: str) -> None:
    """Trap 30: these stop the run, so the next step must be the right one."""
    with pytest.raises(AccountError) as caught:
        submitted(200, {"code": code, "message": words})
    assert caught.value.problems[0].step == step


@pytest.mark.parametrize("status", [200, 429])
def test_too_many_requests(status: int) -> None:
    """Trap 27: a limit may say how long to wait, also inside a success."""
    service, _ = apixo(answer(status, {"code": 429, "message": "slow"}, {"Retry-After": "6"}))
    with pytest.raises(Busy) as caught:
        do(service.submit(GENERATE, ""))
    assert caught.value.retry_after == 6.0


def test_a_connection_that_breaks() -> None:
    """Trap 1: the task may have been made, and is not sent again."""

    async def ask() -> int:
        async with serving(reset) as server, reaching(server.url) as api:
            with pytest.raises(Ambiguous):
                await Apixo(api, 1).submit(GENERATE, "")
            return len(server.asked)

    assert do(ask()) == 1


def test_each_submit_has_a_connection_of_its_own() -> None:
    """A kept connection may be closed just then, and nobody could say what arrived."""

    async def ask() -> list[int]:
        said = json.dumps({**QUEUED, "data": {"taskId": ID, "state": "pending"}}).encode()
        async with serving(saying(said)) as server, reaching(server.url) as api:
            service = Apixo(api, 1)
            for _ in range(2):
                await service.poll(ID, "grok-image")
                await service.submit(GENERATE, "")
            return [asked.connection for asked in server.asked if asked.head.startswith("POST")]

    assert do(ask()) == [2, 3]


def test_a_service_that_is_not_there() -> None:
    """The request surely did not arrive."""

    async def ask() -> None:
        with nobody() as url:
            async with reaching(url) as api:
                with pytest.raises(NotSent):
                    await Apixo(api, 1).submit(GENERATE, "")

    do(ask())


# Poll


def test_a_poll() -> None:
    """What comes back is the page's example; `costTime` counts milliseconds."""
    service, wire = apixo(answer(200, told(DONE)))
    assert do(service.poll(ID, "grok-image")) == Completed((FILE,), None, "", 25.0)
    (request,) = wire.requests
    assert (request.method, str(request.url)) == (
        "GET",
        f"{BASE}/statusTask/grok-image?taskId={ID}",
    )
    assert request.headers["authorization"] == f"Bearer {KEY}"


def test_a_poll_names_the_model_of_the_submit() -> None:
    """Trap 37: the path holds the model that the task was sent to, whatever the spec says now."""
    service, wire = apixo(answer(200, told({"state": "pending"})))
    do(service.poll(ID, "an-older-model"))
    assert wire.requests[0].url.path == "/api/v1/statusTask/an-older-model"


def test_odd_letters_in_an_id() -> None:
    """They cannot leave the query, nor a name its place in the path."""
    service, wire = apixo(answer(200, told({"state": "pending"})))
    do(service.poll("a&b=c#d/é\udce9", "x/../y"))
    assert wire.requests[0].url.raw_path == (
        b"/api/v1/statusTask/x%2F..%2Fy?taskId=a%26b%3Dc%23d%2F%C3%A9%3F"
    )


@pytest.mark.parametrize("state", ["pending", "processing", "PROCESSING", " Pending"])
def test_a_task_that_runs(state: str) -> None:
    """Trap 10: the states' case may differ."""
    assert polled({"taskId": ID, "state": state, "createTime": 1767965610929}) == Running()


@pytest.mark.parametrize("state", ["queued", "cancelled", "partial", "完了"])
def test_a_state_that_nobody_knows(state: str) -> None:
    """Trap 11: it is neither a failure nor a success."""
    assert polled(done(state=state)) == Running()


def test_a_task_that_failed() -> None:
    """Trap 4: it comes with code 200; only its state says that it failed."""
    assert polled(ENDED) == Failed(
        "SensitiveContent: Content violates provider policy, please adjust the prompt",
        charged=None,
        moderated=True,
    )


MODERATION = [
    "SensitiveContent",
    "SensitiveContentDetected",
    "InputImageSensitiveContentDetected",
    "InputOutputSensitiveContentDetected",
    "NSFW",
    "ProhibitedContentDetected",
    "CONTENT_VIOLATION",
    "NSFW_DETECTED",
]
OTHERS = [
    "PromptInvalid",
    "PromptLengthExceeded",
    "ImageFormatIncorrect",
    "RateLimited",
    "Timeout",
    "Unknown error",
    "PROMPT_TOO_LONG",
    "INVALID_PROMPT",
    "INVALID_IMAGE_URL",
    "IMAGE_TOO_LARGE",
    "UNSUPPORTED_FORMAT",
    "IMAGE_DOWNLOAD_FAILED",
    "PROCESSING_TIMEOUT",
    "MODEL_UNAVAILABLE",
    "GENERATION_FAILED",
    "INSUFFICIENT_CREDITS",
    "SomethingNew",
]


@pytest.mark.parametrize("code", MODERATION)
def test_a_failure_code_about_content(code: str) -> None:
    """Final for the request; whether it was charged is said nowhere."""
    assert polled({**ENDED, "failCode": code, "failMsg": ""}) == Failed(code, moderated=True)


@pytest.mark.parametrize("code", OTHERS)
def test_another_failure_code(code: str) -> None:
    """Trap 38: both styles, with spaces, unknown ones; none is said to be free, so none is sent
    again by itself."""
    assert polled({**ENDED, "failCode": code, "failMsg": "why"}) == Failed(f"{code}: why")


def test_a_failure_without_words() -> None:
    """A reason is always given."""
    assert polled({"state": "failed"}) == Failed("it gives no reason")
    assert polled({"state": "failed", "failCode": 7, "failMsg": ["x"]}).charged is None


@pytest.mark.parametrize(
    "said",
    [
        json.dumps({"resultUrls": [FILE]}),
        json.dumps({"resultUrls": FILE}),
        json.dumps({"resultUrls": [{"url": FILE}]}),
        json.dumps([FILE]),
        {"resultUrls": [FILE]},
        [FILE],
    ],
)
def test_json_in_a_text(said: Any) -> None:
    """Trap 3: decoded twice, or taken as it is where it is decoded already."""
    progress = polled(done(resultJson=said))
    assert isinstance(progress, Completed)
    assert progress.results == (FILE,)


@pytest.mark.parametrize(
    "said",
    [None, "", " ", "null", "{}", "[]", {}, [], {"resultUrls": []}, '{"resultUrls": []}',
     '{"resultUrls": null}', '{"resultUrls": [""]}'],
)  # fmt: skip
def test_a_success_without_a_picture(said: Any) -> None:
    """Trap 3: absent or empty is a failure that may have been charged, not a success."""
    assert polled(done(resultJson=said)) == Failed("it was completed without a picture")


@pytest.mark.parametrize(
    "said", ["{", "[" * 9999, "soon", 7, '{"resultUrls": [7]}', '{"urls": ["x"]}', ["file:///a"]]
)
def test_a_result_that_cannot_be_read(said: Any) -> None:
    """Trap 3: something is there, so the task is asked after again."""
    with pytest.raises(Ambiguous, match="cannot be read"):
        polled(done(resultJson=said))


def test_more_pictures_than_were_asked_for() -> None:
    """Trap 23: all of them are named, in order."""
    more = [FILE, "https://cdn.apixo.ai/2.jpg", "data:image/png;base64,AAEC"]
    progress = polled(done(resultJson=json.dumps({"resultUrls": more})))
    assert isinstance(progress, Completed)
    assert progress.results == (more[0], more[1], b"\x00\x01\x02")


@pytest.mark.parametrize(
    ("times", "took"),
    [
        ({"costTime": 9039}, 9.039),
        ({"costTime": None}, 25.0),
        ({"costTime": -1}, 25.0),
        ({"costTime": None, "completeTime": None}, None),
        ({"costTime": None, "completeTime": 1}, None),
        ({"costTime": "25000"}, 25.0),
    ],
)
def test_how_long_a_task_took(times: dict[str, Any], took: float | None) -> None:
    """Traps 25, 26: milliseconds, never money."""
    progress = polled(done(**times))
    assert isinstance(progress, Completed)
    assert (progress.took, progress.cost) == (took, None)


@pytest.mark.parametrize("body", ["", "{", "<html>", [], {}, told(None), told([]), told({}),
                                  told({"state": 7}), {"code": 1, "data": DONE}])  # fmt: skip
def test_a_poll_that_cannot_be_read(body: Any) -> None:
    """It says nothing of the task, so the task is asked after again."""
    service, _ = apixo(answer(200, body))
    with pytest.raises(Ambiguous):
        do(service.poll(ID, "grok-image"))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, ""),
        (404, {"code": 404, "message": "Task not found"}),
        (200, {"code": 404, "message": "Task not found", "data": None}),
    ],
)
def test_a_task_that_nobody_knows(status: int, body: Any) -> None:
    """By HTTP or by `code`; it proves nothing more."""
    service, _ = apixo(answer(status, body))
    assert do(service.poll(ID, "grok-image")) == NotFound()


@each_error
def test_an_error_of_a_poll(code: int, words: str, kind: type[ProviderError]) -> None:
    """None of them ends the task; only a task that is not found has a word of its own."""
    service, _ = apixo(answer(200, {"code": code, "message": words, "data": None}))
    if code == 404:
        assert do(service.poll(ID, "grok-image")) == NotFound()
        return
    with pytest.raises(ProviderError) as caught:
        do(service.poll(ID, "grok-image"))
    assert type(caught.value) is kind


# Results, and what is free


def test_a_result_is_fetched_without_the_key() -> None:
    """Trap 21: the file is on another host."""

    async def ask() -> tuple[bytes, str]:
        async with (
            serving(saying(b"{}")) as service,
            serving(saying(b"picture")) as files,
            reaching(service.url) as api,
        ):
            return await Apixo(api, 1).fetch(f"{files.url}/xxx.png"), files.asked[0].head

    data, head = do(ask())
    assert data == b"picture"
    assert KEY not in head


def test_a_result_on_this_machine_of_a_service_elsewhere() -> None:
    """Trap 21: it is not fetched."""
    service, wire = apixo(answer(200, "picture"))
    with pytest.raises(ProviderError):
        do(service.fetch("http://127.0.0.1/xxx.png"))
    assert wire.requests == []


@pytest.mark.parametrize(
    ("data", "line"),
    [(74.87, "balance $74.87"), (0, "balance $0.00"), (-0.5, "balance $-0.50")],
)
def test_the_balance(data: float, line: str) -> None:
    """It is free to ask for, and proves the key."""
    service, wire = apixo(answer(200, told(data)))
    assert do(service.check()) == line
    assert (wire.requests[0].method, str(wire.requests[0].url)) == (
        "GET",
        f"{BASE}/apikeys/current-balance",
    )


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"code": 401, "message": "Invalid API key"}, AccountError),
        (told(None), Ambiguous),
        (told({"balance": 1}), Ambiguous),
        ("<html>", Ambiguous),
    ],
)
def test_a_balance_that_is_not_told(body: Any, kind: type[ProviderError]) -> None:
    """A bad key says so; anything else claims nothing."""
    with pytest.raises(ProviderError) as caught:
        do(apixo(answer(200, body))[0].check())
    assert type(caught.value) is kind


def test_closing() -> None:
    """The connections belong to all services; a closed one leaves them open."""

    async def ask() -> None:
        async with serving(saying(b"picture")) as files, reaching(files.url) as api:
            service = Apixo(api, 1)
            await service.close()
            assert await service.fetch(files.url) == b"picture"

    do(ask())
