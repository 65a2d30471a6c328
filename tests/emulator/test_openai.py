"""OpenAI's Images API: what its reference promises, and what it refuses."""

from __future__ import annotations

import base64
import io
from typing import Any

import httpx
import pytest
from PIL import Image

from assetgen.emulator.emulator import Emulator
from assetgen.emulator.pictures import draw, note_of
from tests.emulator.asking import BEARER, Asking

PNG = draw((300, 200), "png", {"prompt": "a reference"})


def edit(ask: Asking, *pictures: bytes, field: str = "image[]", **fields: str) -> httpx.Response:
    """Send a form."""
    return ask.http.post(
        ask.url("openai", "/images/edits"),
        data={"model": "gpt-image-1", "prompt": "a red sword", **fields},
        files=[(field, (f"{n}.png", data, "image/png")) for n, data in enumerate(pictures)],
    )


def picture(answer: httpx.Response) -> bytes:
    """Return the first picture of an answer."""
    return base64.b64decode(answer.json()["data"][0]["b64_json"])


def test_a_picture_comes_inline(ask: Asking) -> None:
    """With the size, the format and the tokens that it took."""
    answer = ask.openai(size="1536x1024", output_format="webp").json()
    assert (answer["size"], answer["output_format"]) == ("1536x1024", "webp")
    assert answer["usage"]["total_tokens"] > 0
    assert note_of(base64.b64decode(answer["data"][0]["b64_json"]))["prompt"] == "a sword"


def test_a_transparent_ground_is_transparent(ask: Asking) -> None:
    """Where the format can."""
    image = Image.open(io.BytesIO(picture(ask.openai(background="transparent"))))
    assert image.mode == "RGBA"
    assert ask.openai(background="transparent", output_format="jpeg").status_code == 400


def test_no_key_is_needed(ask: Asking, emulator: Emulator) -> None:
    """As on a local server; with one, the account is noted."""
    ask.openai()
    body = {"model": "gpt-image-1", "prompt": "a sword"}
    ask.http.post(ask.url("openai", "/images/generations"), json=body, headers=BEARER)
    first, second = emulator.charges
    assert (first.account, bool(second.account)) == ("", True)


def test_an_edit_takes_files(ask: Asking) -> None:
    """Up to sixteen, and a mask; the size follows the first."""
    answer = ask.http.post(
        ask.url("openai", "/images/edits"),
        data={"model": "gpt-image-1", "prompt": "a red sword", "n": "2"},
        files=[("image[]", PNG), ("image[]", PNG), ("mask", PNG)],
    )
    assert answer.json()["size"] == "1536x1024"
    assert len(answer.json()["data"]) == 2
    assert len(note_of(picture(answer))["references"]) == 2


def test_an_older_model_answers_with_addresses(ask: Asking) -> None:
    """Unless asked for base64."""
    answer = ask.openai(model="dall-e-3", size="1792x1024", quality="hd").json()
    assert note_of(ask.http.get(answer["data"][0]["url"]).content)["ratio"] == "1792x1024"
    assert picture(ask.openai(model="dall-e-2", response_format="b64_json"))


def test_a_local_server_takes_any_size_and_more_fields(ask: Asking) -> None:
    """Any other model name stands for one."""
    answer = ask.openai(model="stablediffusion", size="640x448", step=20, negative_prompt="x")
    assert answer.status_code == 200
    assert edit(ask, PNG, field="image", model="flux", size="512x512").status_code == 200


def test_the_models_are_listed(ask: Asking) -> None:
    """Free."""
    answer = ask.http.get(ask.url("openai", "/models")).json()
    assert "gpt-image-1" in {row["id"] for row in answer["data"]}


REFUSALS: dict[str, dict[str, Any]] = {
    "a size that is not listed": {"size": "512x512"},
    "a size of dall-e": {"size": "1792x1024"},
    "a ratio": {"aspect_ratio": "1:1"},
    "an answer format": {"response_format": "b64_json"},
    "a style": {"style": "vivid"},
    "a seed": {"seed": 7},
    "an empty prompt": {"prompt": ""},
    "a model that is no text": {"model": 7},
    "a prompt of 32001 characters": {"prompt": "a" * 32_001},
    "eleven pictures": {"n": 11},
    "a number as text": {"n": "2"},
    "the format jpg": {"output_format": "jpg"},
    "a compression of 101": {"output_compression": 101},
    "an old quality": {"quality": "hd"},
    "two pictures of dall-e-3": {"model": "dall-e-3", "n": 2},
    "a long prompt for dall-e-2": {"model": "dall-e-2", "prompt": "a" * 1001},
    "a size that is none": {"model": "flux", "size": "large"},
    "a size beyond all measure": {"model": "flux", "size": "9999x9999"},
}


@pytest.mark.parametrize("body", REFUSALS.values(), ids=REFUSALS)
def test_a_request_is_refused(ask: Asking, emulator: Emulator, body: dict[str, Any]) -> None:
    """400 with an error object, and no charge."""
    answer = ask.openai(**body)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert emulator.charges == []


def test_an_edit_needs_one_to_sixteen_whole_pictures(ask: Asking, emulator: Emulator) -> None:
    """None, seventeen, a broken one, two for dall-e-2: all refused."""
    answers = [
        edit(ask, *[PNG] * 17),
        edit(ask, PNG[:500]),
        edit(ask, PNG, PNG, model="dall-e-2"),
        edit(ask, PNG, field="picture"),
        ask.http.post(ask.url("openai", "/images/edits"), json={"prompt": "a"}),
        ask.http.post(
            ask.url("openai", "/images/edits"),
            content=b"--x",
            headers={"Content-Type": "multipart/form-data; boundary=x"},
        ),
    ]
    assert [answer.status_code for answer in answers] == [400] * len(answers)
    assert emulator.charges == []


def test_a_generation_is_json(ask: Asking) -> None:
    """A form is refused, an array too."""
    url = ask.url("openai", "/images/generations")
    assert ask.http.post(url, data={"prompt": "a"}).status_code == 400
    assert ask.http.post(url, json=[]).status_code == 400
