"""xAI: what its reference promises, and what it refuses."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import Any

import pytest

from assetgen.emulator.emulator import Emulator
from assetgen.emulator.pictures import draw, note_of
from assetgen.emulator.references import data_uri
from tests.emulator.asking import BEARER, Asking

PNG = draw((300, 200), "png", {"prompt": "a reference"})
IMAGE = {"url": data_uri(PNG, "image/png")}
EDITS = "/images/edits"
OLD = "grok-imagine-image"


def test_pictures_come_as_addresses(ask: Asking) -> None:
    """With their media type, the model that served, and the cost in ticks."""
    answer = ask.xai(n=2, aspect_ratio="16:9", resolution="2k").json()
    assert answer["model"] == "grok-imagine-image-2.0"
    assert answer["usage"] == {"cost_in_usd_ticks": 1_200_000_000}
    notes = [note_of(ask.http.get(item["url"]).content) for item in answer["data"]]
    assert [(note["ratio"], note["number"]) for note in notes] == [("16:9", 1), ("16:9", 2)]
    assert {item["mime_type"] for item in answer["data"]} == {"image/jpeg"}


def test_pictures_come_inline(ask: Asking) -> None:
    """As base64 without a data URI in front; a better quality is PNG."""
    (item,) = ask.xai(response_format="b64_json", quality="medium").json()["data"]
    assert item["mime_type"] == "image/png"
    assert base64.b64decode(item["b64_json"]).startswith(b"\x89PNG")


def test_an_edit_keeps_the_ratio_of_a_single_image(ask: Asking, emulator: Emulator) -> None:
    """The input costs a cent more, and editing is of better quality."""
    answer = ask.xai(EDITS, image=IMAGE).json()
    note = note_of(ask.http.get(answer["data"][0]["url"]).content)
    assert len(note["references"]) == 1
    assert str(emulator.charges[0].price) == "0.07"


def test_an_edit_takes_several_images(ask: Asking) -> None:
    """Five on the newest model, from addresses too."""
    url = ask.xai().json()["data"][0]["url"]
    answer = ask.xai(EDITS, images=[IMAGE] * 4 + [{"url": url}], aspect_ratio="3:2")
    assert answer.status_code == 200


@pytest.mark.parametrize("name", ["grok-imagine-image-quality", "grok-imagine-image-pro"])
def test_a_retired_model_is_served_by_the_newest(ask: Asking, name: str) -> None:
    """The answer tells which one it was."""
    assert ask.xai(model=name).json()["model"] == "grok-imagine-image-2.0"


def test_the_standard_model_costs_two_cents(ask: Asking, emulator: Emulator) -> None:
    """At either resolution."""
    for resolution in ("1k", "2k"):
        ask.xai(model=OLD, resolution=resolution)
    assert [charge.price for charge in emulator.charges] == [Decimal("0.02")] * 2


def test_the_models_are_listed(ask: Asking) -> None:
    """Free."""
    answer = ask.http.get(ask.url("xai", "/image-generation-models"), headers=BEARER)
    assert {row["id"] for row in answer.json()["models"]} == {OLD, "grok-imagine-image-2.0"}


REFUSALS: dict[str, tuple[str, dict[str, Any], int]] = {
    "a size": ("", {"size": "1024x1024"}, 400),
    "a style": ("", {"style": "vivid"}, 400),
    "a seed": ("", {"seed": 7}, 400),
    "an output format": ("", {"output_format": "png"}, 400),
    "an image to generate from": ("", {"image": IMAGE}, 400),
    "the quality high": ("", {"quality": "high"}, 400),
    "a quality on the standard model": ("", {"model": OLD, "quality": "low"}, 400),
    "no model": ("", {"model": None}, 422),
    "an unknown model": ("", {"model": "grok-2-image"}, 404),
    "an empty prompt": ("", {"prompt": ""}, 422),
    "no picture": ("", {"n": 0}, 422),
    "eleven pictures": ("", {"n": 11}, 422),
    "a ratio that is not listed": ("", {"aspect_ratio": "5:4"}, 422),
    "a newer ratio on the standard model": ("", {"model": OLD, "aspect_ratio": "21:9"}, 422),
    "a resolution in upper case": ("", {"resolution": "1K"}, 422),
    "a newer resolution on the standard model": ("", {"model": OLD, "resolution": "1.5k"}, 422),
    "an unknown answer format": ("", {"response_format": "base64"}, 422),
    "an edit without image": (EDITS, {}, 400),
    "an edit with image and images": (EDITS, {"image": IMAGE, "images": [IMAGE]}, 400),
    "no images": (EDITS, {"images": []}, 422),
    "six images": (EDITS, {"images": [IMAGE] * 6}, 422),
    "four images on the standard model": (EDITS, {"model": OLD, "images": [IMAGE] * 4}, 422),
    "an image that is no object": (EDITS, {"image": IMAGE["url"]}, 422),
    "an image of plain http": (EDITS, {"image": {"url": "http://a.example/1.png"}}, 422),
    "an image of an unknown type": (EDITS, {"image": {**IMAGE, "type": "image"}}, 422),
    "an unknown file": (EDITS, {"image": {"file_id": "file-1"}}, 404),
    "bytes that are no picture": (EDITS, {"image": {"url": "data:image/png;base64,AAAA"}}, 400),
}


@pytest.mark.parametrize(("path", "body", "status"), REFUSALS.values(), ids=REFUSALS)
def test_a_request_is_refused(
    ask: Asking, emulator: Emulator, path: str, body: dict[str, Any], status: int
) -> None:
    """By the status that the reference gives, with two sentences, and no charge."""
    answer = ask.xai(path or "/images/generations", **body)
    assert answer.status_code == status
    assert set(answer.json()) == {"code", "error"}
    assert emulator.charges == []


def test_a_size_is_refused_in_the_words_of_the_service(ask: Asking) -> None:
    """A client of OpenAI's sees what is wrong."""
    assert ask.xai(size="1024x1024").json()["error"] == "Argument not supported: size"


def test_multipart_is_refused(ask: Asking) -> None:
    """415: edits are JSON here."""
    answer = ask.http.post(
        ask.url("xai", EDITS),
        data={"model": OLD, "prompt": "a"},
        files={"image": PNG},
        headers=BEARER,
    )
    assert answer.status_code == 415


def test_a_request_without_a_key_is_refused(ask: Asking) -> None:
    """401."""
    answer = ask.http.post(ask.url("xai", "/images/generations"), json={})
    assert answer.status_code == 401


def test_a_wrong_method_or_route_is_refused(ask: Asking) -> None:
    """405 and 404, in the service's words."""
    wrong = ask.http.get(ask.url("xai", "/images/generations"), headers=BEARER)
    lost = ask.http.post(ask.url("xai", "/images/variations"), json={}, headers=BEARER)
    assert (wrong.status_code, lost.status_code) == (405, 404)
    assert set(wrong.json()) == set(lost.json()) == {"code", "error"}
