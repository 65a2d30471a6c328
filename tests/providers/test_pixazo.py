"""Pixazo's wire format, by the page of its model `grok-imagine-image`."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from assetgen.errors import AccountError, ProviderError
from assetgen.providers.base import (
    Accepted,
    Ambiguous,
    Busy,
    Completed,
    Failed,
    NotFound,
    NotSent,
    Provider,
    Reference,
    Refused,
    Request,
    Running,
)
from assetgen.providers.pixazo import HEADER, Pixazo
from tests.providers.ends import KEY, Wire, answer, do, nobody, reaching, saying, serving, silence

BASE = "https://gateway.pixazo.ai"
T2I = "grok-imagine-pro-text-to-image-quality/v1/grok-imagine-pro-text-to-image-quality-request"
EDIT = "grok-imagine-pro-edit-quality/v1/grok-imagine-pro-edit-quality-request"
ID = "grok-imagine-pro-text-to-image-quality_019dxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
STATUS = f"{BASE}/v2/requests/status/{ID}"
MEDIA = (
    "https://pub-582b7213209642b9b995c96c95a30381.r2.dev"
    "/v1/grok-imagine-pro-text-to-image-quality_019dxxxx/output.jpeg"
)
PROMPT = (
    "Abstract human silhouette, golden particles ready to burst outward representing joy, "
    "data visualization style"
)
GENERATE = Request(
    "generate", "xai/grok-imagine-image-quality", PROMPT, "1:1", name=T2I, format="jpeg"
)
SOURCE = "https://pub-582b7213209642b9b995c96c95a30381.r2.dev/Image.jpeg"
CHANGE = Request(
    "edit",
    "xai/grok-imagine-image-quality",
    "Make this scene more realistic but still keep the game vibes",
    references=(Reference("image", b"bytes", address=SOURCE),),
    name=EDIT,
    format="jpeg",
)
QUEUED = {"request_id": ID, "status": "QUEUED", "polling_url": STATUS}
DONE: dict[str, Any] = {
    "request_id": ID,
    "status": "COMPLETED",
    "model_id": "grok-imagine-pro-text-to-image-quality",
    "error": None,
    "output": {"media_url": [MEDIA], "media_type": "image/jpeg"},
    "created_at": "2026-03-31T10:00:00.000Z",
    "updated_at": "2026-03-31T10:00:15.000Z",
    "completed_at": "2026-03-31T10:00:15.000Z",
}
ENDED = {"request_id": ID, "status": "FAILED", "error": "Description of the error", "output": None}


def pixazo(*answers: Any) -> tuple[Pixazo, Wire]:
    wire = Wire(list(answers))
    return Pixazo(wire.api(HEADER, base_url=BASE, name="pixazo"), 4), wire


def polled(data: Any, status: int = 200) -> Any:
    return do(pixazo(answer(status, data))[0].poll(ID, T2I))


def done(**changes: Any) -> dict[str, Any]:
    return {**DONE, **changes}


def test_what_it_is() -> None:
    """Its job ids are the service's own; it is a provider like the others."""
    service: Provider = pixazo()[0]
    assert (service.name, service.derives_ids, service.concurrency) == ("pixazo", False, 4)


# Submit


def test_a_picture_from_text() -> None:
    """The route's path, the headers and the body are those of the page."""
    service, wire = pixazo(answer(202, QUEUED))
    assert do(service.submit(GENERATE, "")) == Accepted(ID)
    (request,) = wire.requests
    assert (request.method, str(request.url)) == ("POST", f"{BASE}/{T2I}")
    assert request.headers["ocp-apim-subscription-key"] == KEY
    assert request.headers["content-type"] == "application/json"
    assert request.headers["cache-control"] == "no-cache"
    assert {"authorization", "x-webhook-url"}.isdisjoint(request.headers)
    assert wire.body == {
        "prompt": PROMPT,
        "num_images": 1,
        "aspect_ratio": "1:1",
        "resolution": "1k",
        "output_format": "jpeg",
    }


def test_an_edit() -> None:
    """Trap 15: an edit that follows its input asks for `auto`."""
    service, wire = pixazo(answer(202, QUEUED))
    do(service.submit(CHANGE, ""))
    assert str(wire.requests[0].url) == f"{BASE}/{EDIT}"
    assert wire.body == {
        "prompt": "Make this scene more realistic but still keep the game vibes",
        "image_urls": [SOURCE],
        "num_images": 1,
        "aspect_ratio": "auto",
        "resolution": "1k",
        "output_format": "jpeg",
    }


def test_a_picture_from_text_without_a_ratio() -> None:
    """Trap 15: `auto` is not valid there, so nothing is said."""
    service, wire = pixazo(answer(202, QUEUED))
    do(service.submit(replace(GENERATE, aspect_ratio=None), ""))
    assert "aspect_ratio" not in wire.body


@pytest.mark.parametrize("request_", [GENERATE, CHANGE], ids=["text", "edit"])
def test_a_ratio_with_a_decimal(request_: Request) -> None:
    """Trap 12: `19.5:9` is a label like the others."""
    service, wire = pixazo(answer(202, QUEUED))
    do(service.submit(replace(request_, aspect_ratio="19.5:9"), ""))
    assert wire.body["aspect_ratio"] == "19.5:9"


def test_words_go_as_the_service_spells_them() -> None:
    """Trap 14: `2k` and `png` in lower case; a quality only where the route has one."""
    service, wire = pixazo(answer(202, QUEUED))
    do(service.submit(replace(GENERATE, resolution="2k", format="png", quality="medium"), ""))
    assert wire.body["resolution"] == "2k"
    assert wire.body["output_format"] == "png"
    assert wire.body["quality"] == "medium"
    do(service.submit(replace(GENERATE, format=""), ""))
    assert {"quality", "output_format", "seed", "sync_mode"}.isdisjoint(wire.body)


def test_one_call_buys_one_picture() -> None:
    """Trap 40: the page's maximum is above its upstream's; one is always legal."""
    service, wire = pixazo(answer(202, QUEUED))
    do(service.submit(CHANGE, ""))
    assert wire.body["num_images"] == 1


def test_several_input_pictures() -> None:
    """They go in order."""
    more = tuple(Reference("image", b"", address=f"https://a.example/{n}.png") for n in (1, 2, 3))
    service, wire = pixazo(answer(202, QUEUED))
    do(service.submit(replace(CHANGE, references=more), ""))
    assert wire.body["image_urls"] == [reference.address for reference in more]


def test_an_input_picture_without_an_address() -> None:
    """Trap 17: only public addresses are read; without one nothing is sent."""
    service, wire = pixazo(answer(202, QUEUED))
    here = Reference("image", b"bytes", label="Mira")
    with pytest.raises(Refused, match="the one for 'Mira' has none") as caught:
        do(service.submit(replace(CHANGE, references=(*CHANGE.references, here)), ""))
    assert caught.value.problems[0].kind.name == "reference-without-address"
    assert wire.requests == []


def test_a_webhook() -> None:
    """It goes in a header of the one request."""
    service, wire = pixazo(answer(202, QUEUED))
    do(service.submit(replace(GENERATE, webhook="https://me.example/h/token"), ""))
    assert wire.requests[0].headers["x-webhook-url"] == "https://me.example/h/token"
    assert "token" not in wire.requests[0].content.decode()


def test_any_success_accepts() -> None:
    """The page's table says 202, its samples do not look."""
    for status in (200, 201, 202):
        assert do(pixazo(answer(status, QUEUED))[0].submit(GENERATE, "")) == Accepted(ID)


def test_a_job_that_ended_as_soon_as_it_began() -> None:
    """An id is kept whatever stands beside it; the poll says what came of the job."""
    for state in ("COMPLETED", "FAILED", "ERROR", "STRANGE"):
        service, _ = pixazo(answer(202, {**QUEUED, "status": state}))
        assert do(service.submit(GENERATE, "")) == Accepted(ID)


def test_an_id_that_only_the_polling_url_says() -> None:
    """Trap 2: a lost id is lost money, so it is taken from wherever it can be read."""
    service, _ = pixazo(answer(202, {"polling_url": f"{BASE}/v2/requests/status/a%20b?x=1"}))
    assert do(service.submit(GENERATE, "")) == Accepted("a b")
    other, _ = pixazo(answer(202, {"polling_url": "https://evil.example/v2/requests/status/ab"}))
    with pytest.raises(Ambiguous):
        do(other.submit(GENERATE, ""))


def test_a_model_that_answers_with_the_picture() -> None:
    """Other models of the service give it at once; it is paid for and taken."""
    service, _ = pixazo(answer(200, {"images": [{"url": MEDIA}]}))
    assert do(service.submit(GENERATE, "")) == Completed((MEDIA,))


def test_a_model_that_fails_at_once() -> None:
    """Without an id there is nothing to poll, so the answer itself is the end."""
    service, _ = pixazo(answer(200, {"status": "ERROR", "error": "overloaded"}))
    assert do(service.submit(GENERATE, "")) == Failed("overloaded", charged=False)


@pytest.mark.parametrize(
    "body",
    ["", "<html>ok</html>", "{", [], {}, {"status": "QUEUED"}, {"request_id": ""}, "null"],
)
def test_a_success_without_an_id(body: Any) -> None:
    """Trap 1: perhaps a job was made; nobody can say, so nothing is sent again."""
    service, wire = pixazo(answer(202, body))
    with pytest.raises(Ambiguous, match="cannot be read"):
        do(service.submit(GENERATE, ""))
    assert len(wire.requests) == 1


# Errors of a submit: the rows of the service's table

WALLET = "Your wallet does not have enough balance."
MODEL = "Model 'm' not found or is disabled"
ERRORS: dict[str, tuple[int, Any, type[ProviderError], str]] = {
    "400 bad request": (
        400,
        {"error": "Bad Request", "message": "no prompt"},
        Refused,
        "no prompt",
    ),
    "400 model": (400, {"error": "Model not found", "message": MODEL}, Refused, MODEL),
    "401 key": (401, {"statusCode": 401, "message": "Access denied"}, AccountError, "Access"),
    "402 balance": (
        402,
        {"error": "Insufficient Balance", "message": WALLET},
        AccountError,
        WALLET,
    ),
    "403 forbidden": (403, {"error": "Forbidden"}, AccountError, "Forbidden"),
    "404 route": (404, {"message": "Resource not found"}, Refused, "Resource not found"),
    "408 time-out": (408, "", Ambiguous, "HTTP 408"),
    "422 field": (422, {"detail": "aspect_ratio"}, Refused, "aspect_ratio"),
    "429 limit": (429, {"error": "Too Many Requests"}, Busy, "Too Many Requests"),
    "500 internal": (500, {"error": {"message": "Internal Error"}}, Ambiguous, "Internal Error"),
    "502 gateway": (502, "<html>Bad Gateway</html>", Ambiguous, "HTTP 502"),
    "503 away": (503, {"message": "try later"}, Ambiguous, "try later"),
    "504 gateway": (504, "", Ambiguous, "HTTP 504"),
}


@pytest.mark.parametrize(("status", "body", "kind", "words"), ERRORS.values(), ids=ERRORS.keys())
def test_an_error_of_a_submit(
    status: int, body: Any, kind: type[ProviderError], words: str
) -> None:
    """Trap 29: each status means what the table says, in the service's own words, sent once."""
    service, wire = pixazo(answer(status, body))
    with pytest.raises(ProviderError, match=words) as caught:
        do(service.submit(GENERATE, ""))
    assert type(caught.value) is kind
    assert len(wire.requests) == 1


def test_an_empty_wallet_says_what_to_do() -> None:
    """Trap 30: it stops the run, so its next step must be the right one."""
    service, _ = pixazo(answer(402, {"error": "Insufficient Balance"}))
    with pytest.raises(AccountError) as caught:
        do(service.submit(GENERATE, ""))
    assert caught.value.problems[0].step == "top it up, then build again"


def test_too_many_requests() -> None:
    """Trap 27: how long to wait is said in a header, or not at all."""
    for headers, seconds in (({"Retry-After": "5"}, 5.0), ({}, None)):
        service, _ = pixazo(answer(429, {"error": "Too Many Requests"}, headers))
        with pytest.raises(Busy) as caught:
            do(service.submit(GENERATE, ""))
        assert caught.value.retry_after == seconds


def test_an_answer_that_never_comes() -> None:
    """Trap 1: the request may have been taken, and is not sent again."""

    async def ask() -> int:
        async with serving(silence) as server, reaching(server.url, seconds=0.2) as api:
            with pytest.raises(Ambiguous):
                await Pixazo(api, 1).submit(GENERATE, "")
            return len(server.asked)

    assert do(ask()) == 1


def test_each_submit_has_a_connection_of_its_own() -> None:
    """A kept connection may be closed just then, and nobody could say what arrived."""

    async def ask() -> list[int]:
        said = json.dumps(QUEUED).encode()
        async with serving(saying(said)) as server, reaching(server.url) as api:
            service = Pixazo(api, 1)
            for _ in range(2):
                await service.poll(ID, T2I)
                await service.submit(GENERATE, "")
            return [asked.connection for asked in server.asked if asked.head.startswith("POST")]

    assert do(ask()) == [2, 3]


def test_a_service_that_is_not_there() -> None:
    """The request surely did not arrive."""

    async def ask() -> None:
        with nobody() as url:
            async with reaching(url) as api:
                with pytest.raises(NotSent):
                    await Pixazo(api, 1).submit(GENERATE, "")

    do(ask())


# Poll


def test_a_poll() -> None:
    """One address for all models; what comes back is the page's example."""
    service, wire = pixazo(answer(200, DONE))
    assert do(service.poll(ID, T2I)) == Completed(
        (MEDIA,), None, "grok-imagine-pro-text-to-image-quality", 15.0
    )
    (request,) = wire.requests
    assert (request.method, str(request.url)) == ("GET", STATUS)
    assert request.headers["ocp-apim-subscription-key"] == KEY


@pytest.mark.parametrize("state", ["QUEUED", "PROCESSING", "queued", " Processing "])
def test_a_job_that_runs(state: str) -> None:
    """Trap 10: the states' case may differ."""
    assert polled({"request_id": ID, "status": state}) == Running()


@pytest.mark.parametrize("state", ["CANCELLED", "IN_QUEUE", "Erreur", "COMPLETED_PARTIALLY"])
def test_a_state_that_nobody_knows(state: str) -> None:
    """Trap 11: it is neither a failure nor a success."""
    assert polled(done(status=state)) == Running()


def test_a_job_that_failed() -> None:
    """Trap 10: FAILED is final, and whether it was charged is said nowhere."""
    assert polled(ENDED) == Failed("Description of the error", charged=None)


def test_a_job_that_was_refused_for_its_content() -> None:
    """There is no code for it, only words."""
    body = {**ENDED, "error": "Content violates policy"}
    assert polled(body) == Failed("Content violates policy", moderated=True)


def test_a_job_that_met_an_error_of_the_system() -> None:
    """Trap 10: ERROR is documented as not charged."""
    body = {**ENDED, "status": "ERROR", "model_id": "m"}
    assert polled(body) == Failed("Description of the error", charged=False)


def test_a_failure_without_words() -> None:
    """A reason is always given."""
    assert polled({"status": "FAILED"}) == Failed("its state is FAILED")


@pytest.mark.parametrize(
    ("body", "results"),
    [
        (done(output={"media_url": MEDIA}), (MEDIA,)),
        (done(output=MEDIA), (MEDIA,)),
        (done(output=[MEDIA]), (MEDIA,)),
        (done(output={"images": [{"url": MEDIA}]}), (MEDIA,)),
        (done(output=None, images=[{"url": MEDIA}]), (MEDIA,)),
        (done(output={"media_url": [MEDIA, MEDIA + "?2"]}), (MEDIA, MEDIA + "?2")),
        (done(output={"media_url": [None, MEDIA, 7]}), (MEDIA,)),
        ({"images": [{"url": MEDIA}]}, (MEDIA,)),
    ],
)
def test_where_pictures_stand(body: Any, results: tuple[str, ...]) -> None:
    """Trap 23: a list, one text, other models' shapes; as many as there are."""
    progress = polled(body)
    assert isinstance(progress, Completed)
    assert progress.results == results


def test_a_picture_as_a_data_address() -> None:
    """Trap 24: it is its own bytes, and is never asked for."""
    body = done(output={"media_url": ["data:image/png;base64,AAEC", MEDIA]})
    progress = polled(body)
    assert isinstance(progress, Completed)
    assert progress.results == (b"\x00\x01\x02", MEDIA)


@pytest.mark.parametrize("output", [None, {}, [], "", {"media_url": []}, {"media_url": None}])
def test_a_job_that_was_completed_without_a_picture(output: Any) -> None:
    """Trap 23: too few is a failure that may have been charged, not a success."""
    assert polled(done(output=output)) == Failed("it was completed without a picture")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "<html>",
        "null",
        [],
        {},
        {"status": 7},
        {"status": None},
        {"status": ""},
        done(output={"media_url": "soon"}),
        done(output={"media_url": [7]}),
        done(output={"video": "x"}),
        done(output={"media_url": ["file:///etc/passwd"]}),
    ],
)
def test_a_poll_that_cannot_be_read(body: Any) -> None:
    """It says nothing of the job, so the job is asked after again."""
    with pytest.raises(Ambiguous, match="cannot be read"):
        polled(body)


@pytest.mark.parametrize(
    ("moments", "took"),
    [
        ({"completed_at": None}, None),
        ({"completed_at": "2026-03-31T09:00:00.000Z"}, None),
        ({"created_at": "soon"}, None),
        ({"completed_at": "2026-03-31T10:00:07.250Z"}, 7.25),
    ],
)
def test_how_long_a_job_took(moments: dict[str, Any], took: float | None) -> None:
    """Trap 26: moments in ISO-8601; nonsense says nothing."""
    progress = polled(done(**moments))
    assert isinstance(progress, Completed)
    assert progress.took == took


def test_the_model_that_really_served() -> None:
    """Trap 32: the status says which it was."""
    progress = polled(done(model_id="grok-imagine-image-v2"))
    assert isinstance(progress, Completed)
    assert progress.model == "grok-imagine-image-v2"


def test_a_model_that_is_no_name() -> None:
    """It goes into the lock: on one line, of bounded length, and without the key."""
    progress = polled(done(model_id=f"{KEY}\n" + "m" * 100_000))
    assert isinstance(progress, Completed)
    assert KEY not in progress.model
    assert "\n" not in progress.model
    assert len(progress.model) <= 500


def test_a_job_that_nobody_knows() -> None:
    """A 404 of the status says so, and proves nothing more."""
    assert polled({"message": "Resource not found"}, 404) == NotFound()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Refused),
        (401, AccountError),
        (402, AccountError),
        (403, AccountError),
        (429, Busy),
        (500, Ambiguous),
        (502, Ambiguous),
        (503, Ambiguous),
        (504, Ambiguous),
    ],
)
def test_an_error_of_a_poll(status: int, kind: type[ProviderError]) -> None:
    """None of them ends the job."""
    with pytest.raises(ProviderError) as caught:
        polled({"error": "no"}, status)
    assert type(caught.value) is kind


def test_the_polling_url_is_used_while_it_is_known() -> None:
    """The service says where to ask; after the end it is forgotten."""
    url = f"{BASE}/v3/status/{ID}"
    service, wire = pixazo(answer(202, {**QUEUED, "polling_url": url}), answer(200, DONE))
    do(service.submit(GENERATE, ""))
    do(service.poll(ID, T2I))
    do(service.poll(ID, T2I))
    assert [str(request.url) for request in wire.requests[1:]] == [url, STATUS]


@pytest.mark.parametrize(
    "url",
    [
        f"https://evil.example/v2/requests/status/{ID}",
        f"https://gateway.pixazo.ai.evil.example/v2/requests/status/{ID}",
        f"http://gateway.pixazo.ai/v2/requests/status/{ID}",
        f"https://gateway.pixazo.ai@evil.example/v2/requests/status/{ID}",
        f"@evil.example/{ID}",
        f"{BASE}/v2/requests/status/of-another-job",
        "",
        None,
    ],
)
def test_a_polling_url_of_another_place(url: str | None) -> None:
    """Trap 39: the key goes only to its own origin; else the address is made from the id."""
    service, wire = pixazo(answer(202, {**QUEUED, "polling_url": url}), answer(200, DONE))
    assert do(service.submit(GENERATE, "")) == Accepted(ID)
    do(service.poll(ID, T2I))
    assert str(wire.requests[1].url) == STATUS


def test_a_later_process_needs_only_the_id() -> None:
    """Trap 2: whatever letters it has, and whatever the route's name is by then."""
    service, wire = pixazo(answer(200, {"status": "QUEUED"}))
    do(service.poll("a/b?c#d é\udce9", "renamed"))
    assert wire.requests[0].url.raw_path == b"/v2/requests/status/a%2Fb%3Fc%23d%20%C3%A9%3F"


# Results, and what is free


def test_a_result_is_fetched_without_the_key() -> None:
    """Trap 21: the file is on another host."""

    async def ask() -> tuple[bytes, str]:
        async with (
            serving(saying(b"{}")) as service,
            serving(saying(b"picture")) as files,
            reaching(service.url) as api,
        ):
            return await Pixazo(api, 1).fetch(f"{files.url}/output.jpeg"), files.asked[0].head

    data, head = do(ask())
    assert data == b"picture"
    assert KEY not in head


def test_a_result_on_this_machine_of_a_service_elsewhere() -> None:
    """Trap 21: it is not fetched."""
    service, wire = pixazo(answer(200, "picture"))
    with pytest.raises(ProviderError):
        do(service.fetch("http://127.0.0.1/output.jpeg"))
    assert wire.requests == []


def test_there_is_no_free_check() -> None:
    """Nothing is asked, and nothing claimed."""
    service, wire = pixazo(answer(200, {}))
    assert do(service.check()) == ""
    assert wire.requests == []


def test_closing() -> None:
    """The connections belong to all services; a closed one leaves them open."""

    async def ask() -> None:
        async with serving(saying(b"picture")) as files, reaching(files.url) as api:
            service = Pixazo(api, 1)
            await service.close()
            assert await service.fetch(files.url) == b"picture"

    do(ask())
