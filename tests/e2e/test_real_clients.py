"""The services' own Python clients get their pictures from the emulator, told only its address."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from runware import Runware

from assetgen.emulator.emulator import Emulator
from assetgen.emulator.pictures import note_of

FOX = {
    "taskType": "imageInference",
    "model": "xai:grok-imagine@image-quality",
    "positivePrompt": "a fox",
    "width": 1280,
    "height": 896,
    "includeCost": True,
    "numberResults": 2,
}


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """An emulator whose jobs take a little while."""
    with Emulator(latency=0.05) as emulator:
        yield emulator


@pytest.fixture
def client(emulator: Emulator) -> Iterator[openai.OpenAI]:
    """OpenAI's client, pointed at the emulator."""
    with openai.OpenAI(
        api_key="any", base_url=emulator.base_urls["openai"], max_retries=0
    ) as client:
        yield client


def bytes_of(answer: Any) -> bytes:
    """Return the first picture of an answer."""
    return base64.b64decode(answer.data[0].b64_json)


def test_openai_generates_a_picture(client: openai.OpenAI) -> None:
    """The client's answer object holds the picture that was asked for."""
    answer = client.images.generate(model="gpt-image-1", prompt="a fox", size="1536x1024")
    note = note_of(bytes_of(answer))
    assert (note["prompt"], note["ratio"]) == ("a fox", "1536x1024")


def test_openai_edits_pictures(client: openai.OpenAI) -> None:
    """Two references travel as files, and the result names both."""
    fox = bytes_of(client.images.generate(model="gpt-image-1", prompt="a fox"))
    answer = client.images.edit(
        model="gpt-image-1",
        prompt="a red fox",
        image=[("one.png", fox, "image/png"), ("two.png", fox, "image/png")],
    )
    note = note_of(bytes_of(answer))
    assert note["prompt"] == "a red fox"
    assert len(note["references"]) == 2


def test_openai_learns_of_a_refusal(client: openai.OpenAI) -> None:
    """An error body is understood as the client's own error."""
    with pytest.raises(openai.BadRequestError, match="size"):
        client.images.generate(model="gpt-image-1", prompt="a fox", size="512x512")


def test_openai_generates_at_xai(emulator: Emulator) -> None:
    """The generations of xAI have the same shape."""
    with openai.OpenAI(api_key="any", base_url=emulator.base_urls["xai"]) as client:
        answer = client.images.generate(model="grok-imagine-image-2.0", prompt="a fox")
    assert answer.data is not None
    url = answer.data[0].url
    assert url is not None
    assert note_of(httpx.get(url).content)["service"] == "xai"


def test_openai_cannot_edit_at_xai(emulator: Emulator) -> None:
    """Edits in multipart are refused there, as xAI documents."""
    with (
        openai.OpenAI(api_key="any", base_url=emulator.base_urls["xai"]) as client,
        pytest.raises(openai.APIStatusError) as caught,
    ):
        client.images.edit(model="grok-imagine-image-2.0", prompt="a fox", image=b"\x89PNG")
    assert caught.value.status_code == 415


async def run(client: Runware, **changes: Any) -> list[dict[str, Any]]:
    """Have a client draw foxes."""
    async with client:
        return await client.run({**FOX, **changes})


def test_runware_completes_an_async_request_over_rest(emulator: Emulator) -> None:
    """It submits, polls, and returns both results with their cost."""
    client = Runware(api_key="any", transport="rest", http_base_url=emulator.base_urls["runware"])
    results = asyncio.run(run(client))
    assert [result["cost"] for result in results] == [0.05, 0.05]
    notes = [note_of(httpx.get(result["imageURL"]).content) for result in results]
    assert [note["number"] for note in notes] == [1, 2]
    assert notes[0]["ratio"] == "4:3"


def test_runware_completes_an_async_request_over_a_websocket(emulator: Emulator) -> None:
    """Authentication, acknowledgement and polling go through one socket."""
    address = emulator.base_urls["runware"].replace("http://", "ws://")
    client = Runware(api_key="any", transport="websocket", ws_base_url=address)
    results = asyncio.run(run(client, outputType="base64Data"))
    notes = [note_of(base64.b64decode(result["imageBase64Data"])) for result in results]
    assert [note["number"] for note in notes] == [1, 2]


def test_runware_waits_for_a_sync_request_over_a_websocket(emulator: Emulator) -> None:
    """The socket brings the results without polling."""
    address = emulator.base_urls["runware"].replace("http://", "ws://")
    client = Runware(api_key="any", transport="websocket", ws_base_url=address)
    assert len(asyncio.run(run(client, deliveryMethod="sync"))) == 2


def test_no_client_sends_its_key_astray(emulator: Emulator) -> None:
    """Files are fetched from another origin, without a key."""
    assert emulator.leaks == []
