"""Pixazo: what its page promises, and what it refuses."""

from __future__ import annotations

import re
from typing import Any

import pytest

from assetgen.emulator.emulator import Emulator
from assetgen.emulator.pictures import note_of
from assetgen.emulator.sizes import PAIRS
from tests.emulator.asking import EDIT, PIXAZO_KEY, TEXT, Asking

ANY_URL = "https://pictures.example/one.png"


def test_a_job_goes_from_queued_to_completed(ask: Asking, emulator: Emulator) -> None:
    """202 and an id at once; QUEUED, PROCESSING, COMPLETED as the time goes by."""
    submitted = ask.pixazo(output_format="png")
    assert submitted.status_code == 202
    job = submitted.json()
    assert re.fullmatch(TEXT + r"_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}", job["request_id"])
    assert job["status"] == "QUEUED"
    polled = [ask.pixazo_status(job["request_id"]).json()]
    for seconds in (50, 100):
        emulator.advance(seconds)
        polled.append(ask.http.get(job["polling_url"], headers=PIXAZO_KEY).json())
    assert [answer["status"] for answer in polled] == ["QUEUED", "PROCESSING", "COMPLETED"]
    assert [answer["output"] is None for answer in polled] == [True, True, False]
    done = polled[-1]
    assert done["model_id"] == TEXT
    assert done["error"] is None
    assert done["output"]["media_type"] == "image/png"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", done["completed_at"])


def test_a_picture_is_what_was_asked_for(ask: Asking) -> None:
    """Size by ratio and resolution, format, and one file for each image."""
    job = ask.pixazo(aspect_ratio="19.5:9", resolution="2k", num_images=3, output_format="webp")
    files = [ask.http.get(url) for url in ask.urls("pixazo", job)]
    notes = [note_of(file.content) for file in files]
    assert [note["number"] for note in notes] == [1, 2, 3]
    assert {file.headers["content-type"] for file in files} == {"image/webp"}
    assert {note["ratio"] for note in notes} == {"19.5:9"}
    assert len({file.content for file in files}) == 3


def test_an_edit_reads_its_references(ask: Asking, emulator: Emulator) -> None:
    """The picture follows the first one and names the digests of all."""
    source = ask.picture()
    job = ask.pixazo(EDIT, image_urls=[source, source])
    (url,) = ask.urls("pixazo", job)
    note = note_of(ask.http.get(url).content)
    assert note["ratio"] == "auto"
    assert len(note["references"]) == 2
    assert emulator.charges[-1].references == tuple(note["references"])


def test_a_reference_that_is_no_picture_fails_the_job(ask: Asking, emulator: Emulator) -> None:
    """It is accepted, charged, and FAILED late."""
    nothing = emulator.files_base + "/pixazo/nothing/output.png"
    done = ask.done("pixazo", ask.pixazo(EDIT, image_urls=[nothing]))
    assert (done["status"], done["output"]) == ("FAILED", None)
    assert "image" in done["error"]
    assert not emulator.charges[0].refunded


def test_sync_mode_brings_data(ask: Asking) -> None:
    """The result is a data URI instead of an address."""
    (url,) = ask.urls("pixazo", ask.pixazo(sync_mode=True))
    assert url.startswith("data:image/jpeg;base64,")


def test_the_newest_model_takes_a_quality(ask: Asking) -> None:
    """It has a route of its own."""
    answer = ask.http.post(
        ask.url("pixazo", "/grok-imagine-image-v2/v1/text-to-image"),
        json={"prompt": "a sword", "quality": "medium"},
        headers=PIXAZO_KEY,
    )
    assert answer.status_code == 202


@pytest.mark.parametrize("ratio", PAIRS)
def test_every_documented_ratio_is_taken(ask: Asking, ratio: str) -> None:
    """All thirteen, the ones with a decimal too."""
    assert ask.pixazo(aspect_ratio=ratio).status_code == 202


TEXT_REFUSALS: dict[str, dict[str, Any]] = {
    "an unknown field": {"seed": 7},
    "a negative prompt": {"negative_prompt": "blur"},
    "an empty prompt": {"prompt": ""},
    "a prompt that is no text": {"prompt": 7},
    "the ratio auto": {"aspect_ratio": "auto"},
    "a ratio that is not listed": {"aspect_ratio": "5:4"},
    "a resolution in upper case": {"resolution": "1K"},
    "a resolution that is not listed": {"resolution": "4k"},
    "the format jpg": {"output_format": "jpg"},
    "no image": {"num_images": 0},
    "five images": {"num_images": 5},
    "a number as text": {"num_images": "2"},
    "a boolean as number": {"num_images": True},
    "references": {"image_urls": [ANY_URL]},
    "a sync mode that is no boolean": {"sync_mode": "yes"},
    "a quality on the old route": {"quality": "low"},
}
EDIT_REFUSALS: dict[str, dict[str, Any]] = {
    "no references": {"image_urls": []},
    "four references": {"image_urls": [ANY_URL] * 4},
    "one reference that is no list": {"image_urls": ANY_URL},
    "a data URI": {"image_urls": ["data:image/png;base64,AAAA"]},
    "a file": {"image_urls": ["file:///etc/passwd"]},
    "plain http": {"image_urls": ["http://pictures.example/one.png"]},
    "six images": {"image_urls": [ANY_URL], "num_images": 6},
}


@pytest.mark.parametrize("body", TEXT_REFUSALS.values(), ids=TEXT_REFUSALS)
def test_a_text_request_is_refused(ask: Asking, emulator: Emulator, body: dict[str, Any]) -> None:
    """400 with error and message, and no charge."""
    answer = ask.pixazo(**body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"error", "message"}
    assert emulator.charges == []


@pytest.mark.parametrize("body", EDIT_REFUSALS.values(), ids=EDIT_REFUSALS)
def test_an_edit_request_is_refused(ask: Asking, emulator: Emulator, body: dict[str, Any]) -> None:
    """400, and no charge."""
    assert ask.pixazo(EDIT, **body).status_code == 400
    assert emulator.charges == []


def test_an_edit_takes_five_images(ask: Asking) -> None:
    """As its page says, though the upstream may not."""
    assert ask.pixazo(EDIT, image_urls=[ANY_URL], num_images=5).status_code == 202


def test_an_edit_without_references_is_refused(ask: Asking) -> None:
    """They are required."""
    assert ask.pixazo(EDIT).status_code == 400


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer key"}])
def test_a_request_without_its_key_header_is_refused(ask: Asking, headers: dict[str, str]) -> None:
    """A bearer token is no key here."""
    answer = ask.pixazo(headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (401, "Unauthorized")


def test_an_unknown_model_is_a_bad_request(ask: Asking) -> None:
    """In the words of the page."""
    answer = ask.pixazo("grok-imagine-nothing")
    assert answer.status_code == 400
    assert answer.json() == {
        "error": "Model not found",
        "message": "Model 'grok-imagine-nothing' not found or is disabled",
    }


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b'{"prompt": "a"}', "text/plain"),
        (b"prompt=a", "application/x-www-form-urlencoded"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b'{"prompt": NaN}', "application/json"),
        (b"\xff\xfe", "application/json"),
        (b"[" * 100_000, "application/json"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(
    ask: Asking, content: bytes, content_type: str
) -> None:
    """Whatever is wrong with it."""
    answer = ask.http.post(
        ask.url("pixazo", f"/{TEXT}/v1/{TEXT}-request"),
        content=content,
        headers={**PIXAZO_KEY, "Content-Type": content_type},
    )
    assert answer.status_code == 400


def test_a_webhook_must_be_a_public_address(ask: Asking) -> None:
    """Plain http elsewhere is refused."""
    answer = ask.pixazo(headers={**PIXAZO_KEY, "X-Webhook-URL": "http://me.example/hook"})
    assert answer.status_code == 400


def test_an_unknown_job_is_not_found(ask: Asking) -> None:
    """404 in the service's words."""
    answer = ask.pixazo_status(f"{TEXT}_nothing")
    assert (answer.status_code, answer.json()["error"]) == (404, "Not Found")


def test_a_job_belongs_to_its_account(ask: Asking) -> None:
    """Another key does not find it."""
    job = ask.pixazo().json()
    headers = {"Ocp-Apim-Subscription-Key": "another"}
    assert ask.http.get(job["polling_url"], headers=headers).status_code == 404


@pytest.mark.parametrize("path", ["/", "/v2/requests", f"/{TEXT}/v2/{TEXT}-request", "/nothing"])
def test_an_unknown_route_is_not_found(ask: Asking, path: str) -> None:
    """404, also below a known prefix."""
    answer = ask.http.get(ask.url("pixazo", path), headers=PIXAZO_KEY)
    assert answer.status_code == 404


def test_a_wrong_method_is_refused(ask: Asking) -> None:
    """A submit is a POST."""
    answer = ask.http.get(ask.url("pixazo", f"/{TEXT}/v1/{TEXT}-request"), headers=PIXAZO_KEY)
    assert answer.status_code == 405


def test_the_price_is_unknown(ask: Asking, emulator: Emulator) -> None:
    """No page tells it, so none is made up."""
    ask.pixazo()
    (charge,) = emulator.charges
    assert charge.price is None
    assert (charge.service, charge.route, charge.images) == ("pixazo", TEXT, 1)
