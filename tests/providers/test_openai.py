"""The wire format of OpenAI's Images API and of local servers that speak it."""

from __future__ import annotations

import base64
import email
import email.policy
from contextlib import suppress
from typing import Any

import httpx
import pytest

from assetgen.errors import AccountError, ProviderError
from assetgen.providers.base import (
    Ambiguous,
    Busy,
    Completed,
    Failed,
    Moderated,
    NotFound,
    NotSent,
    Reference,
    Refused,
    Request,
)
from assetgen.providers.http import Api, Http
from assetgen.providers.openai import OpenAi
from assetgen.secret import Secret
from tests.providers.ends import KEY, Wire, answer, do

BASE = "https://api.openai.com/v1"
LOCAL = "http://127.0.0.1:8080/v1"
PNG = b"\x89PNG\r\n\x1a\n picture"
JPEG = b"\xff\xd8\xff picture"
PNG64 = base64.b64encode(PNG).decode()
GPT = "gpt-image-2.6-flare"
SWORD = Request("generate", f"openai/{GPT}", "a sword", name=GPT)
EDIT = Request(
    "edit",
    f"openai/{GPT}",
    "a hat",
    quality="high",
    references=(Reference("base", PNG), Reference("hat", JPEG)),
    name=GPT,
    size=(1024, 1536),
    format="png",
)
DRAWN = {"data": [{"b64_json": PNG64}]}


def openai(wire: Wire) -> OpenAi:
    return OpenAi(wire.api(base_url=BASE, name="openai"), 4)


def local(wire: Wire, base_url: str = LOCAL, number: str = "127.0.0.1") -> OpenAi:
    """Return a server of one's own, without a key, whose names lead to ``number``."""

    async def numbers(host: str, port: int) -> tuple[str, ...]:
        return (number,)

    http = Http(httpx.MockTransport(wire), numbers)
    return OpenAi(Api(http, "openai", "OpenAI", base_url), 1)


def submit(given: httpx.Response | Exception, request: Request = SWORD) -> Any:
    return do(openai(Wire([given])).submit(request, ""))


def sent(request: Request) -> Wire:
    wire = Wire([answer(200, DRAWN)])
    do(openai(wire).submit(request, ""))
    return wire


def refusal(given: httpx.Response | Exception, request: Request = SWORD) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        submit(given, request)
    return caught.value


def fault(code: str | None, message: str = "no", kind: str = "invalid_request_error") -> Any:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def parts(request: httpx.Request) -> list[tuple[str, str | None, str, bytes]]:
    """Return name, file name, media type and bytes of each part of a multipart request."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + request.content, policy=email.policy.HTTP)
    found = []
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        body = part.get_payload(decode=True)
        assert isinstance(body, bytes)
        found.append((name, part.get_filename(), part.get_content_type(), body))
    return found


class TestRequests:
    def test_of_a_picture(self) -> None:
        """A generation is JSON of just these fields; gpt-image is not asked for base64."""
        wire = sent(SWORD)
        assert str(wire.requests[0].url) == f"{BASE}/images/generations"
        assert wire.requests[0].headers["authorization"] == f"Bearer {KEY}"
        assert wire.body == {"model": GPT, "prompt": "a sword", "n": 1}

    def test_with_every_choice(self) -> None:
        """Trap 14: pixels go as WxH, and the format as `jpeg`, never `jpg`."""
        request = Request(
            "generate", "m", "x", "16:9", "2k", "low", name=GPT, size=(2560, 1440), format="jpg"
        )
        assert sent(request).body == {
            "model": GPT,
            "prompt": "x",
            "n": 1,
            "size": "2560x1440",
            "quality": "low",
            "output_format": "jpeg",
        }

    def test_of_another_model(self) -> None:
        """Models that may answer with an address are asked for the bytes."""
        request = Request("generate", "m", "x", name="stable-diffusion")
        assert sent(request).body["response_format"] == "b64_json"

    def test_of_an_edit(self) -> None:
        """Trap 17: pictures travel as files of a multipart body, in order, each with its type."""
        wire = sent(EDIT)
        assert str(wire.requests[0].url) == f"{BASE}/images/edits"
        assert parts(wire.requests[0]) == [
            ("model", None, "text/plain", GPT.encode()),
            ("prompt", None, "text/plain", b"a hat"),
            ("n", None, "text/plain", b"1"),
            ("size", None, "text/plain", b"1024x1536"),
            ("quality", None, "text/plain", b"high"),
            ("output_format", None, "text/plain", b"png"),
            ("image[]", "1.png", "image/png", PNG),
            ("image[]", "2.jpeg", "image/jpeg", JPEG),
        ]

    def test_with_a_prompt_of_many_lines(self) -> None:
        """A prompt is no header: lines, quotes and signs arrive as they are."""
        prompt = 'a "hat"\r\nImage 2: größer 帽子'
        request = Request("edit", "m", prompt, references=EDIT.references, name=GPT)
        assert parts(sent(request).requests[0])[1][3].decode() == prompt


class TestAnswers:
    def test_with_a_picture(self) -> None:
        """The bytes are the result; tokens become USD by OpenAI's tariff."""
        details = {"text_tokens": 20, "image_tokens": 1000}
        usage = {"input_tokens": 1020, "input_tokens_details": details, "output_tokens": 1756}
        given = answer(200, {"created": 1, "data": [{"b64_json": PNG64}], "usage": usage})
        # 20 x $5 + 1000 x $8 + 1756 x $30 a million
        assert submit(given) == Completed((PNG,), 0.06078, "")

    @pytest.mark.parametrize(
        "usage",
        [
            None,
            {},
            {"output_tokens": 5},
            {"input_tokens_details": {"text_tokens": "5"}, "output_tokens": 5},
            {"input_tokens_details": {"text_tokens": 5}, "output_tokens": -1},
            {"input_tokens_details": {"text_tokens": 5}, "output_tokens": 10**300},
        ],
    )
    def test_without_a_count(self, usage: Any) -> None:
        """Trap 25: what cannot be counted costs an unknown sum, never nothing."""
        assert submit(answer(200, DRAWN | {"usage": usage})).cost is None

    @pytest.mark.parametrize(
        ("model", "cost"),
        [("gpt-image-2.5-flare-2026-09-08", 0.00003), ("gpt-image-1", None), ("other", None)],
    )
    def test_of_models_with_and_without_a_tariff(self, model: str, cost: float | None) -> None:
        """A dated snapshot costs what its model does; of others no price is known."""
        usage = {"input_tokens_details": {"text_tokens": 0}, "output_tokens": 1}
        request = Request("generate", "m", "x", name=model)
        assert submit(answer(200, DRAWN | {"usage": usage}), request).cost == cost

    def test_with_the_served_model(self) -> None:
        """Trap 32: a server that says what served is believed."""
        assert submit(answer(200, DRAWN | {"model": "flux-2"})).model == "flux-2"

    def test_with_more_pictures_than_asked_for(self) -> None:
        """Trap 23: surplus pictures are kept."""
        data = [{"b64_json": PNG64}, {"url": "https://files.example.org/2.png"}]
        assert submit(answer(200, {"data": data})).results == (
            PNG,
            "https://files.example.org/2.png",
        )

    @pytest.mark.parametrize("data", [[], [{}], [{"revised_prompt": "a sword"}]])
    def test_without_a_picture(self, data: Any) -> None:
        """Trap 9: an empty success is a failure, and perhaps was charged."""
        assert submit(answer(200, {"data": data})) == Failed("it answers without a picture")

    @pytest.mark.parametrize(
        "data", [b"<html>", None, {}, {"data": 7}, {"data": [{"b64_json": "%%%"}]}]
    )
    def test_that_cannot_be_read(self, data: Any) -> None:
        """A success that cannot be read was perhaps paid for."""
        assert type(refusal(answer(200, data))) is Ambiguous


class TestErrors:
    @pytest.mark.parametrize("code", ["moderation_blocked", "content_policy_violation"])
    def test_moderation(self, code: str) -> None:
        """What moderation stops is final for the request."""
        said = "Your request was rejected by the safety system. safety_violations=[violence]."
        error = refusal(answer(400, fault(code, said, "image_generation_user_error")))
        assert type(error) is Moderated
        assert str(error) == said

    def test_moderation_without_a_code(self) -> None:
        """Trap 29: servers in between may drop the code; the sentence stands beside the status."""
        said = "Your request was rejected as a result of our safety system."
        assert type(refusal(answer(400, fault(None, said)))) is Moderated

    @pytest.mark.parametrize(
        ("status", "code", "kind"),
        [
            (429, "insufficient_quota", "insufficient_quota"),
            (429, "project_spend_limit_exceeded", "insufficient_quota"),
            (429, "credit_balance_exhausted", "rate_limit_error"),
            (429, None, "insufficient_quota"),
            (400, "billing_hard_limit_reached", "invalid_request_error"),
        ],
    )
    def test_an_empty_account(self, status: int, code: str | None, kind: str) -> None:
        """Trap 30: without money every further call would end alike, whatever the status."""
        error = refusal(answer(status, fault(code, "quota", kind)))
        assert isinstance(error, AccountError)
        assert error.problems[0].step.startswith("top it up")

    def test_too_many_requests(self) -> None:
        """Trap 27: a rate limit is for later, after as long as it says."""
        limit = fault("rate_limit_exceeded", "Rate limit reached", "requests")
        error = refusal(answer(429, limit, {"retry-after": "12"}))
        assert isinstance(error, Busy)
        assert error.retry_after == 12.0

    @pytest.mark.parametrize(
        ("status", "code"),
        [(401, "invalid_api_key"), (403, "unsupported_country_region_territory")],
    )
    def test_a_bad_key(self, status: int, code: str) -> None:
        """A key that is refused, or an organisation that is not verified, stops the account."""
        error = refusal(answer(status, fault(code, "Incorrect API key provided")))
        assert isinstance(error, AccountError)
        assert "OPENAI_API_KEY" in error.problems[0].step

    @pytest.mark.parametrize(
        ("status", "code"),
        [
            (400, "invalid_value"),
            (404, "model_not_found"),
            (413, None),
            (415, "unsupported_file_mimetype"),
        ],
    )
    def test_a_bad_request(self, status: int, code: str | None) -> None:
        """Anything else of 4xx refuses this request alone."""
        error = refusal(answer(status, fault(code, "Invalid value: 'x'")))
        assert type(error) is Refused
        assert str(error) == "Invalid value: 'x'"

    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    def test_a_server_that_failed(self, status: int) -> None:
        """Trap 1: nobody knows whether a picture was made and billed."""
        assert type(refusal(answer(status, fault("server_error")))) is Ambiguous

    def test_the_network(self) -> None:
        """Trap 1: a read timeout leaves the outcome unknown, a missing connection does not."""
        assert type(refusal(httpx.ReadTimeout("slow"))) is Ambiguous
        assert type(refusal(httpx.ConnectTimeout("none"), EDIT)) is NotSent

    @pytest.mark.parametrize("given", [answer(500), answer(429), answer(200, {"data": []})])
    @pytest.mark.parametrize("request_", [SWORD, EDIT])
    def test_nothing_is_sent_twice(self, given: httpx.Response, request_: Request) -> None:
        """Trap 1: whatever comes back, one submit is one request."""
        wire = Wire([given])
        with suppress(ProviderError):
            do(openai(wire).submit(request_, ""))
        assert len(wire.requests) == 1

    def test_an_echo_of_the_request(self) -> None:
        """Trap 36: neither a key nor a picture that an error repeats is shown."""
        long = base64.b64encode(PNG * 40).decode()
        error = refusal(answer(401, fault("invalid_api_key", f"{KEY} is no key: {long}")))
        assert KEY not in str(error)
        assert long[:60] not in str(error)


class TestLocalServers:
    """LocalAI and stable-diffusion.cpp on this machine, without a key."""

    def test_get_no_key(self) -> None:
        """Without a key no such header is sent."""
        wire = Wire([answer(200, DRAWN)])
        do(local(wire).submit(SWORD, ""))
        assert "authorization" not in wire.requests[0].headers

    def test_cost_nothing_known(self) -> None:
        """OpenAI's tariff is not another server's, though the model's name be the same."""
        usage = {"input_tokens_details": {"text_tokens": 5}, "output_tokens": 5}
        given = answer(200, DRAWN | {"usage": usage})
        assert do(local(Wire([given])).submit(SWORD, "")) == Completed((PNG,), None, "")

    @pytest.mark.parametrize(
        ("url", "address"),
        [
            ("/generated-images/a.png", "http://127.0.0.1:8080/generated-images/a.png"),
            ("images/a.png", "http://127.0.0.1:8080/v1/images/a.png"),
            ("http://localhost:8080/a.png", "http://localhost:8080/a.png"),
        ],
    )
    def test_answer_with_an_address(self, url: str, address: str) -> None:
        """LocalAI answers with an address of its own, which is fetched over plain http."""
        wire = Wire([answer(200, {"data": [{"url": url}]}), answer(200, PNG)])
        provider = local(wire)
        done = do(provider.submit(SWORD, ""))
        assert done == Completed((address,))
        assert do(provider.fetch(address)) == PNG

    def test_say_errors_in_their_own_way(self) -> None:
        """stable-diffusion.cpp: `error` is a sentence, or `server_error` beside a `message`."""
        with pytest.raises(Refused, match="at least one image"):
            do(
                local(Wire([answer(400, {"error": "at least one image[] required"})])).submit(
                    EDIT, ""
                )
            )
        data = {"error": "server_error", "message": "out of memory"}
        with pytest.raises(Ambiguous, match="out of memory"):
            do(local(Wire([answer(500, data)])).submit(SWORD, ""))

    def test_without_edits(self) -> None:
        """LocalAI knows no edits: a refusal, not an account's trouble."""
        with pytest.raises(Refused, match="Not Found"):
            do(local(Wire([answer(404, {"error": {"message": "Not Found"}})])).submit(EDIT, ""))


class TestResults:
    def test_are_fetched_without_the_key(self) -> None:
        """Trap 21: the picture's host gets no key."""
        wire = Wire([answer(200, PNG)])

        async def numbers(host: str, port: int) -> tuple[str, ...]:
            return ("93.184.216.34",)

        http = Http(httpx.MockTransport(wire), numbers)
        provider = OpenAi(Api(http, "openai", "OpenAI", BASE, Secret(KEY)), 4)
        assert do(provider.fetch("https://files.example.org/a.png")) == PNG
        assert "authorization" not in wire.requests[0].headers

    @pytest.mark.parametrize("address", ["http://127.0.0.1/a.png", "https://10.0.0.7/a.png"])
    def test_of_a_public_service_lie_in_public(self, address: str) -> None:
        """A service out there cannot have this machine or its network asked."""
        wire = Wire([answer(200, PNG)])
        public = local(wire, BASE, address.split("/")[2])
        with pytest.raises(ProviderError):
            do(public.fetch(address))
        assert wire.requests == []


class TestCheck:
    def test_counts_the_models(self) -> None:
        """The list of models proves a key and costs nothing."""
        wire = Wire([answer(200, {"data": [{"id": "a"}, {"id": "b"}]})])
        assert do(openai(wire).check()) == "the key is accepted, models: 2"
        assert str(wire.requests[0].url) == f"{BASE}/models"

    def test_of_a_server_without_a_key(self) -> None:
        """Where there is no key, an answer proves none."""
        wire = Wire([answer(200, {"data": [{"id": "sd-cpp-local"}]})])
        assert do(local(wire).check()) == "it answers, models: 1"

    @pytest.mark.parametrize(
        ("given", "kind"),
        [
            (answer(401, fault("invalid_api_key")), AccountError),
            (answer(200, b"<html>"), Ambiguous),
            (answer(503), Ambiguous),
            (httpx.ConnectError("refused"), NotSent),
        ],
    )
    def test_of_a_bad_key(self, given: httpx.Response | Exception, kind: type[Exception]) -> None:
        """What it answers otherwise is told as an error."""
        with pytest.raises(kind):
            do(openai(Wire([given])).check())


def test_there_is_no_job_to_ask_after() -> None:
    """A service that answers at once knows no job."""
    provider = OpenAi(Wire().api(), 7)
    assert do(provider.poll("anything", "")) == NotFound()
    assert (provider.name, provider.derives_ids, provider.concurrency) == ("openai", False, 7)
