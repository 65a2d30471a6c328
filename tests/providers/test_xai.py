"""xAI's wire format: what is sent, and what each answer means."""

from __future__ import annotations

import base64
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
    NotFound,
    NotSent,
    Reference,
    Refused,
    Request,
)
from assetgen.providers.http import Api, Http
from assetgen.providers.xai import Xai
from assetgen.secret import Secret
from tests.providers.ends import KEY, Wire, answer, do

BASE = "https://api.x.ai/v1"
PNG = b"\x89PNG\r\n\x1a\n picture"
JPEG = b"\xff\xd8\xff picture"
PNG64, JPEG64 = (base64.b64encode(data).decode() for data in (PNG, JPEG))
MODEL = "xai/grok-imagine-image-2.0"
SWORD = Request("generate", MODEL, "a sword", "16:9", name="grok-imagine-image-2.0")
BASE_PICTURE, HAT = Reference("base", PNG), Reference("hat", JPEG)


def edit(*references: Reference, ratio: str | None = None) -> Request:
    return Request(
        "edit", MODEL, "a hat", ratio, references=references, name="grok-imagine-image-2.0"
    )


def xai(wire: Wire) -> Xai:
    return Xai(wire.api(base_url=BASE, name="xai"), 4)


def submit(given: httpx.Response | Exception, request: Request = SWORD) -> Any:
    return do(xai(Wire([given])).submit(request, ""))


def sent(request: Request) -> Wire:
    wire = Wire([answer(200, {"data": [{"b64_json": PNG64}]})])
    do(xai(wire).submit(request, ""))
    return wire


def refusal(given: httpx.Response | Exception, request: Request = SWORD) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        submit(given, request)
    return caught.value


def fetching(wire: Wire, number: str = "93.184.216.34") -> Xai:
    """Return an account whose downloads lead to ``number``."""

    async def numbers(host: str, port: int) -> tuple[str, ...]:
        return (number,)

    return Xai(Api(Http(httpx.MockTransport(wire), numbers), "xai", "xAI", BASE, Secret(KEY)), 4)


class TestRequests:
    def test_of_a_picture(self) -> None:
        """A generation is JSON of just these fields, with the key as a bearer token."""
        wire = sent(SWORD)
        assert str(wire.requests[0].url) == f"{BASE}/images/generations"
        assert wire.requests[0].headers["authorization"] == f"Bearer {KEY}"
        assert wire.body == {
            "model": "grok-imagine-image-2.0",
            "prompt": "a sword",
            "n": 1,
            "aspect_ratio": "16:9",
            "resolution": "1k",
            "response_format": "b64_json",
        }

    def test_with_every_choice(self) -> None:
        """Trap 14: the tier is in lower case; a quality goes along only where it is chosen."""
        request = Request("generate", MODEL, "x", None, "2K", "medium", name="m")
        body = sent(request).body
        assert (body["resolution"], body["quality"]) == ("2k", "medium")
        assert "aspect_ratio" not in body

    def test_with_a_decimal_ratio(self) -> None:
        """Trap 12: a ratio travels as the label that it is."""
        request = Request("generate", MODEL, "x", "19.5:9", name="m")
        assert sent(request).body["aspect_ratio"] == "19.5:9"

    def test_of_an_edit_of_one_picture(self) -> None:
        """Trap 17: a local file travels as a data URI, in JSON; the edit keeps its ratio."""
        wire = sent(edit(BASE_PICTURE, ratio="16:9"))
        assert str(wire.requests[0].url) == f"{BASE}/images/edits"
        assert wire.requests[0].headers["content-type"] == "application/json"
        assert wire.body == {
            "model": "grok-imagine-image-2.0",
            "prompt": "a hat",
            "n": 1,
            "image": {"type": "image_url", "url": f"data:image/png;base64,{PNG64}"},
            "resolution": "1k",
            "response_format": "b64_json",
        }

    def test_of_an_edit_of_several_pictures(self) -> None:
        """Several pictures go as `images`, in order, never beside `image`; a ratio may be set."""
        body = sent(edit(BASE_PICTURE, HAT, ratio="3:2")).body
        assert body["images"] == [
            {"url": f"data:image/png;base64,{PNG64}"},
            {"url": f"data:image/jpeg;base64,{JPEG64}"},
        ]
        assert "image" not in body
        assert body["aspect_ratio"] == "3:2"

    def test_of_an_edit_of_a_hosted_picture(self) -> None:
        """A reference with a public address is sent as that address."""
        hosted = Reference("base", PNG, address="https://cdn.example.org/a.png")
        assert sent(edit(hosted)).body["image"]["url"] == "https://cdn.example.org/a.png"


class TestAnswers:
    def test_with_a_picture(self) -> None:
        """Trap 25: ticks of 1e-10 USD become USD. Trap 32: the model that served is kept."""
        data = {
            "data": [{"b64_json": JPEG64, "mime_type": "image/jpeg"}],
            "model": "grok-imagine-image-2.0-low",
            "usage": {"cost_in_usd_ticks": 400_000_000},
        }
        expected = Completed((JPEG,), 0.04, "grok-imagine-image-2.0-low")
        assert submit(answer(200, data)) == expected

    @pytest.mark.parametrize(
        ("ticks", "cost"),
        [
            (1_234_567, 0.000123),
            (700_000_000.0, 0.07),
            (0, 0.0),
            (-5, None),
            ("400000000", None),
            (True, None),
            (10**300, None),
            (None, None),
        ],
    )
    def test_with_a_cost(self, ticks: Any, cost: float | None) -> None:
        """Trap 25: six decimals of USD are kept; what is no cost is none."""
        data = {"data": [{"b64_json": PNG64}], "usage": {"cost_in_usd_ticks": ticks}}
        assert submit(answer(200, data)).cost == cost

    def test_with_a_data_uri(self) -> None:
        """Base64 may bear the head of a data URI."""
        data = {"data": [{"b64_json": f"data:image/png;base64,{PNG64}"}]}
        assert submit(answer(200, data)).results == (PNG,)

    def test_with_a_data_uri_as_url(self) -> None:
        """Trap 24: a `url` that begins with `data:` is the picture, not an address."""
        data = {"data": [{"url": f"data:image/png;base64,{PNG64}"}]}
        assert submit(answer(200, data)).results == (PNG,)

    def test_with_an_address(self) -> None:
        """An address is kept for the fetch."""
        data = {"data": [{"url": "https://imgen.x.ai/a.jpeg"}]}
        assert submit(answer(200, data)).results == ("https://imgen.x.ai/a.jpeg",)

    def test_with_a_wrong_media_type(self) -> None:
        """Trap 20: what `mime_type` claims changes no byte."""
        data = {"data": [{"b64_json": JPEG64, "mime_type": "image/png"}]}
        assert submit(answer(200, data)).results == (JPEG,)

    def test_with_more_pictures_than_asked_for(self) -> None:
        """Trap 23: surplus pictures are paid for and kept, those withheld are passed over."""
        data = {"data": [{}, {"b64_json": PNG64}, {"url": "https://imgen.x.ai/b.png"}]}
        assert submit(answer(200, data)).results == (PNG, "https://imgen.x.ai/b.png")

    @pytest.mark.parametrize(
        "data",
        [
            b"<html>ok</html>",
            b"",
            None,
            [],
            {},
            {"data": None},
            {"data": "https://imgen.x.ai/a.png"},
            {"data": [{"b64_json": "not base64!"}]},
            {"data": [{"url": "ftp://imgen.x.ai/a.png"}]},
            {"data": [{"url": "https://[::"}]},
            {"data": [{"b64_json": 7}]},
            {"data": [{"url": "error"}]},
            {"data": [{"url": "?ttps://imgen.x.ai/a.png"}]},
            {"data": [{"url": "/../../a.png"}]},
            {"data": [{"url": "https://imgen.x.ai/\u202e.png"}]},
            {"data": [{"url": "https://imgen.x.ai/" + "a" * 9000}]},
        ],
    )
    def test_that_cannot_be_read(self, data: Any) -> None:
        """A success without a readable picture was perhaps paid for: nobody may send it again."""
        assert type(refusal(answer(200, data))) is Ambiguous

    def test_of_a_server_that_began_and_stopped(self) -> None:
        """A cut answer is a lost answer."""
        assert type(refusal(httpx.RemoteProtocolError("peer closed"))) is Ambiguous


class TestModeration:
    @pytest.mark.parametrize(
        "data", [[], [{}], [None], [{"b64_json": None, "url": ""}], [{"mime_type": "image/png"}]]
    )
    def test_as_success_without_a_picture(self, data: Any) -> None:
        """Trap 9: HTTP 200 with empty `data`, or an item without payload, is moderation."""
        failed = submit(answer(200, {"data": data}))
        assert (failed.charged, failed.moderated) == (None, True)

    def test_with_a_reason(self) -> None:
        """A reason at the top of such an answer is told."""
        failed = submit(answer(200, {"data": [], "block_reason": "violence"}))
        assert failed == Failed("violence", None, True)

    @pytest.mark.parametrize("code", ["imagine:content-moderated", "invalid-argument"])
    def test_as_an_error_with_a_cost(self, code: str) -> None:
        """Trap 9: a picture that was made and rejected is HTTP 400, and charged as it says."""
        said = "Generated image rejected by content moderation."
        data = {"code": code, "error": said, "usage": {"cost_in_usd_ticks": 900_000_000}}
        assert submit(answer(400, data)) == Failed(said, True, True)

    def test_as_an_error_without_a_cost(self) -> None:
        """Where nothing is said of a charge, nothing is known of it."""
        data = {"code": "imagine:content-moderated", "error": "rejected"}
        assert submit(answer(400, data)) == Failed("rejected", None, True)

    def test_of_the_prompt(self) -> None:
        """A 403 for what was asked concerns this prompt, not the account."""
        said = "Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO"
        assert submit(answer(403, {"error": said})) == Failed(said, None, True)

    def test_of_the_whole_team(self) -> None:
        """A 403 for a team that was blocked for its doings concerns the account."""
        said = "Your team is blocked for violating our usage policy"
        assert isinstance(refusal(answer(403, {"error": said})), AccountError)


class TestErrors:
    """The rows of xAI's error table, and what becomes of the network."""

    def test_400_bad_argument(self) -> None:
        """The request is refused, with the service's own sentence."""
        data = {"code": "Client specified an invalid argument", "error": "Argument not supported"}
        error = refusal(answer(400, data))
        assert type(error) is Refused
        assert str(error) == "Argument not supported"

    def test_400_incorrect_key(self) -> None:
        """Trap 29: a wrong key is a 400; every further call would end alike."""
        error = refusal(answer(400, {"error": "Incorrect API key provided: ca***f0."}))
        assert isinstance(error, AccountError)
        assert "XAI_API_KEY" in error.problems[0].step

    def test_400_with_a_cost(self) -> None:
        """A refusal that names a cost was no refusal: it ended, charged."""
        usage = {"cost_in_usd_ticks": 1}
        assert submit(answer(400, {"error": "odd", "usage": usage})) == Failed("odd", True)
        assert submit(answer(422, {"usage": usage})) == Failed("HTTP 422", True)

    @pytest.mark.parametrize("status", [401, 403])
    def test_401_and_403(self, status: int) -> None:
        """A missing key or a blocked one stops everything on this account."""
        assert isinstance(refusal(answer(status, {"error": "no"})), AccountError)

    @pytest.mark.parametrize("status", [403, 429])
    def test_an_account_without_credits(self, status: int) -> None:
        """Trap 30: an empty account stops the run, also where it looks like a rate limit."""
        said = "Your team has either used all available credits or reached its spending limit."
        error = refusal(answer(status, {"code": "Some resource has been exhausted", "error": said}))
        assert isinstance(error, AccountError)
        assert error.problems[0].step.startswith("top it up")

    @pytest.mark.parametrize("status", [404, 405, 415])
    def test_404_405_and_415(self, status: int) -> None:
        """A wrong model, method or content type is refused."""
        assert type(refusal(answer(status, {"error": "no such model"}))) is Refused

    def test_422(self) -> None:
        """A wrong field value is refused; the answer may be plain text."""
        error = refusal(answer(422, b"unknown variant `4k`", {"content-type": "text/plain"}))
        assert type(error) is Refused
        assert str(error) == "unknown variant `4k`"

    def test_429(self) -> None:
        """Too many requests: later, after as long as it says."""
        error = refusal(answer(429, {"error": "slow down"}, {"retry-after": "7"}))
        assert isinstance(error, Busy)
        assert error.retry_after == 7.0

    def test_429_without_a_time(self) -> None:
        """Trap 27: a 429 without Retry-After is the normal case."""
        error = refusal(answer(429, b""))
        assert isinstance(error, Busy)
        assert error.retry_after is None

    @pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
    def test_5xx(self, status: int) -> None:
        """Trap 1: after a 5xx nobody knows whether the picture was billed."""
        assert type(refusal(answer(status, {"error": "oops"}))) is Ambiguous

    def test_no_answer_in_time(self) -> None:
        """Trap 1: a read timeout after sending leaves the outcome unknown."""
        assert type(refusal(httpx.ReadTimeout("slow"))) is Ambiguous

    def test_no_connection(self) -> None:
        """What never left may be sent again."""
        assert type(refusal(httpx.ConnectError("refused"))) is NotSent

    def test_a_redirect(self) -> None:
        """Trap 21: a redirect of the interface is not followed, and the key goes nowhere else."""
        wire = Wire([answer(307, b"", {"location": "https://evil.example/v1"})])
        with pytest.raises(Refused):
            do(xai(wire).submit(SWORD, ""))
        assert len(wire.requests) == 1

    @pytest.mark.parametrize(
        "given", [answer(500), answer(429), answer(408), answer(200, {"data": []})]
    )
    def test_nothing_is_sent_twice(self, given: httpx.Response) -> None:
        """Trap 1: whatever comes back, one submit is one request."""
        wire = Wire([given])
        with suppress(ProviderError):
            do(xai(wire).submit(SWORD, ""))
        assert len(wire.requests) == 1

    def test_an_echo_of_the_request(self) -> None:
        """Trap 36: neither a key nor a picture that an error repeats is shown."""
        long = base64.b64encode(PNG * 40).decode()
        said = f"Bearer {KEY}: cannot read data:image/png;base64,{long} nor {long}"
        error = refusal(answer(400, {"error": said}), edit(BASE_PICTURE))
        assert str(error) == "Bearer [key]: cannot read … nor …"


class TestResults:
    def test_are_fetched_without_the_key(self) -> None:
        """Trap 21: the picture's host gets no key."""
        wire = Wire([answer(200, PNG)])
        provider = fetching(wire)
        assert do(provider.fetch("https://imgen.x.ai/a.png")) == PNG
        assert "authorization" not in wire.requests[0].headers
        assert wire.requests[0].headers["host"] == "imgen.x.ai"

    def test_are_fetched_again(self) -> None:
        """Trap 22: a failed download is repeated as a download; nothing is bought."""
        wire = Wire([answer(503, b""), answer(200, PNG)])
        provider = fetching(wire)
        with pytest.raises(ProviderError):
            do(provider.fetch("https://imgen.x.ai/a.png"))
        assert do(provider.fetch("https://imgen.x.ai/a.png")) == PNG
        assert [request.method for request in wire.requests] == ["GET", "GET"]

    def test_on_a_private_host(self) -> None:
        """An address inside the user's own network is not asked."""
        wire = Wire([answer(200, PNG)])
        with pytest.raises(ProviderError):
            do(fetching(wire, "10.0.0.7").fetch("https://imgen.x.ai/a.png"))
        assert wire.requests == []


class TestCheck:
    def test_counts_the_models(self) -> None:
        """The list of image models proves the key and costs nothing."""
        wire = Wire([answer(200, {"models": [{"id": "a"}, {"id": "b"}]})])
        assert do(xai(wire).check()) == "the key is accepted, image models: 2"
        assert str(wire.requests[0].url) == f"{BASE}/image-generation-models"

    @pytest.mark.parametrize(
        ("given", "kind"),
        [
            (answer(400, {"error": "Incorrect API key provided"}), AccountError),
            (answer(401, {"error": "no"}), AccountError),
            (answer(200, b"<html>"), Ambiguous),
            (answer(503), Ambiguous),
        ],
    )
    def test_of_a_bad_key(self, given: httpx.Response, kind: type[Exception]) -> None:
        """What it answers otherwise is told as an error."""
        with pytest.raises(kind):
            do(xai(Wire([given])).check())


def test_there_is_no_job_to_ask_after() -> None:
    """A service that answers at once knows no job."""
    provider = Xai(Wire().api(), 7)
    assert do(provider.poll("anything", "")) == NotFound()
    assert (provider.name, provider.derives_ids, provider.concurrency) == ("xai", False, 7)
