"""Runware: what its pages promise, and what they refuse."""

from __future__ import annotations

import base64
import uuid
from typing import Any

import pytest

from assetgen.emulator.emulator import Emulator
from assetgen.emulator.pictures import draw, note_of
from assetgen.emulator.references import data_uri
from assetgen.emulator.runware_tasks import MODELS
from assetgen.emulator.sizes import PAIRS
from tests.emulator.asking import BEARER, KEY, PRO, Asking, task

PNG = draw((300, 200), "png", {"prompt": "a reference"})
ANY_URL = "https://pictures.example/one.png"
FREE = "xai:grok-imagine@image"


def edit(*references: str, **fields: Any) -> dict[str, Any]:
    """Return a task that edits."""
    return task(width=None, height=None, inputs={"referenceImages": list(references)}, **fields)


def test_a_task_is_acknowledged_and_polled(ask: Asking, emulator: Emulator) -> None:
    """The UUID comes back at once; processing, then success with cost and seed."""
    wanted = task(includeCost=True, outputFormat="PNG")
    acknowledged = ask.runware(wanted).json()
    about = {"taskType": "imageInference", "taskUUID": wanted["taskUUID"]}
    assert acknowledged == {"data": [about]}
    assert ask.runware_poll(wanted["taskUUID"]).json() == {
        "data": [{**about, "status": "processing"}]
    }
    emulator.advance(200)
    (item,) = ask.runware_poll(wanted["taskUUID"]).json()["data"]
    assert (item["status"], item["cost"]) == ("success", 0.07)
    assert set(item) == {*about, "status", "imageUUID", "imageURL", "seed", "cost"}
    assert note_of(ask.http.get(item["imageURL"]).content)["job"] == wanted["taskUUID"]


def test_results_come_one_by_one_and_come_again(ask: Asking, emulator: Emulator) -> None:
    """Answers are cumulative, and say `processing` until all are there."""
    wanted = task(numberResults=4)
    ask.runware(wanted)
    emulator.advance(75)
    items = ask.runware_poll(wanted["taskUUID"]).json()["data"]
    assert [item["status"] for item in items] == ["success", "processing"]
    emulator.advance(50)
    done = ask.runware_poll(wanted["taskUUID"]).json()["data"]
    assert done[0] == items[0]
    assert len({item["imageUUID"] for item in done}) == len({item["seed"] for item in done}) == 4


def test_tasks_of_one_request_are_answered_in_another_order(ask: Asking) -> None:
    """Answers are to be matched by their UUID."""
    first, second = task(), task()
    answered = ask.runware(first, second).json()["data"]
    assert [item["taskUUID"] for item in answered] == [second["taskUUID"], first["taskUUID"]]


def test_an_error_stands_beside_data(ask: Asking) -> None:
    """HTTP 200, as long as one task of the request succeeds."""
    good, bad = task(), task(width=1000)
    answer = ask.runware(good, bad)
    assert answer.status_code == 200
    assert [item["taskUUID"] for item in answer.json()["data"]] == [good["taskUUID"]]
    (error,) = answer.json()["errors"]
    assert (error["code"], error["taskUUID"]) == ("unsupportedDimensions", bad["taskUUID"])


def test_a_repeated_uuid_conflicts(ask: Asking, emulator: Emulator) -> None:
    """HTTP 400, one charge; another account may use the same id."""
    wanted = task()
    ask.runware(wanted)
    answer = ask.runware({**wanted, "taskUUID": wanted["taskUUID"].upper()})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "conflictTaskUUID"
    assert len(emulator.charges) == 1
    assert ask.runware(wanted, headers={"Authorization": "Bearer other"}).status_code == 200


def test_a_uuid_conflicts_within_one_request(ask: Asking, emulator: Emulator) -> None:
    """Of two equal ones the first is taken."""
    wanted = task()
    codes = [error["code"] for error in ask.runware(wanted, wanted).json()["errors"]]
    assert codes == ["conflictTaskUUID"]
    assert len(emulator.charges) == 1


def test_an_unknown_uuid_is_not_found(ask: Asking) -> None:
    """The code tells it; so does the status, if nothing else was asked."""
    answer = ask.runware_poll(str(uuid.uuid4()))
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["code"] == "taskFailedOrNotFound"


def test_a_task_belongs_to_its_account(ask: Asking) -> None:
    """Another key does not find it."""
    wanted = task()
    ask.runware(wanted)
    poll = {"taskType": "getResponse", "taskUUID": wanted["taskUUID"]}
    assert ask.runware(poll, headers={"Authorization": "Bearer other"}).status_code == 404


@pytest.mark.parametrize(
    ("output_type", "field"), [("base64Data", "imageBase64Data"), ("dataURI", "imageDataURI")]
)
def test_results_come_inline(ask: Asking, output_type: str, field: str) -> None:
    """In place of an address."""
    (item,) = ask.done("runware", ask.runware(task(outputType=output_type)))["data"]
    assert "imageURL" not in item
    assert note_of(base64.b64decode(item[field].rpartition(",")[2]))["prompt"] == "a sword"


def test_a_sync_task_is_waited_for(ask: Asking) -> None:
    """The answer holds the result; sync is what is done unless async is asked for."""
    with Emulator(latency=0.05) as emulator:
        answer = ask.http.post(
            emulator.base_urls["runware"], json=[task(deliveryMethod=None)], headers=BEARER
        )
    assert answer.json()["data"][0]["status"] == "success"


@pytest.mark.parametrize(
    "reference",
    [data_uri(PNG, "image/png"), base64.b64encode(PNG).decode()],
    ids=["data URI", "base64"],
)
def test_an_edit_reads_bytes(ask: Asking, emulator: Emulator, reference: str) -> None:
    """The surcharge is taken, and the picture follows the reference."""
    (url,) = ask.urls("runware", ask.runware(edit(reference, resolution="2K")))
    note = note_of(ask.http.get(url).content)
    assert len(note["references"]) == 1
    assert (note["resolution"], note["ratio"]) == ("2k", "")
    assert str(emulator.charges[0].price) == "0.072"


def test_an_edit_reads_an_upload(ask: Asking) -> None:
    """It is shrunk to 2048 pixels, and its UUID is a reference."""
    large = draw((4096, 1024), "png", {"prompt": "wide"})
    upload = {"taskType": "imageUpload", "taskUUID": str(uuid.uuid4())}
    (item,) = ask.runware({**upload, "image": data_uri(large, "image/png")}).json()["data"]
    assert item["taskType"] == "imageUpload"
    assert ask.http.get(item["imageURL"]).status_code == 200
    (url,) = ask.urls("runware", ask.runware(edit(item["imageUUID"])))
    assert note_of(ask.http.get(url).content)["references"]


def test_media_storage_takes_a_picture(ask: Asking) -> None:
    """It answers with a media UUID, which is a reference."""
    stored = {"taskType": "mediaStorage", "taskUUID": str(uuid.uuid4()), "operation": "upload"}
    media = base64.b64encode(PNG).decode()
    (item,) = ask.runware({**stored, "media": media}).json()["data"]
    assert len(ask.urls("runware", ask.runware(edit(item["mediaUUID"])))) == 1


def test_an_edit_reads_an_earlier_result(ask: Asking) -> None:
    """By its imageUUID, once it is there."""
    (item,) = ask.done("runware", ask.runware(task()))["data"]
    assert len(ask.urls("runware", ask.runware(edit(item["imageUUID"])))) == 1


def test_a_reference_that_cannot_be_loaded_fails_the_task(ask: Asking, emulator: Emulator) -> None:
    """An address is read later: HTTP 200, and the error says so."""
    nothing = emulator.files_base + "/runware/nothing/one.png"
    done = ask.done("runware", ask.runware(edit(nothing)))
    assert done["errors"][0]["code"] == "downloadFailed"


def test_the_account_tells_its_balance(ask: Asking) -> None:
    """Free, and before and after a charge."""
    ask.runware(task())
    asked = {"taskType": "accountManagement", "operation": "getDetails"}
    (item,) = ask.runware({**asked, "taskUUID": str(uuid.uuid4())}).json()["data"]
    assert item["balance"] == 999.93


def test_the_archive_tells_request_and_response(ask: Asking) -> None:
    """For a task of this account."""
    wanted = task()
    ask.runware(wanted)
    details = {"taskType": "getTaskDetails", "taskUUID": wanted["taskUUID"]}
    (item,) = ask.runware(details).json()["data"]
    assert item["request"] == [wanted]
    assert item["response"]["data"][0]["status"] == "processing"


def test_a_key_may_stand_in_the_body(ask: Asking) -> None:
    """As the first task, without a header."""
    first = {"taskType": "authentication", "apiKey": KEY}
    wanted = task()
    assert ask.runware(first, wanted, headers={}).status_code == 200
    assert ask.runware_poll(wanted["taskUUID"]).status_code == 200


@pytest.mark.parametrize("ratio", PAIRS)
@pytest.mark.parametrize("factor", [1, 2])
def test_every_documented_pair_is_taken(ask: Asking, ratio: str, factor: int) -> None:
    """Thirteen ratios at 1K and 2K."""
    width, height = PAIRS[ratio]
    assert ask.runware(task(width=factor * width, height=factor * height)).status_code == 200


def test_sizes_belong_to_the_model(ask: Asking) -> None:
    """The standard model has no 2K, the newest has other pairs."""
    assert ask.runware(task(model=FREE, width=2048, height=2048)).status_code == 400
    newest = "xai:grok-imagine@image-2.0"
    assert ask.runware(task(model=newest)).status_code == 400
    assert ask.runware(task(model=newest, width=720, height=1280)).status_code == 200
    assert set(MODELS) > {FREE, PRO, newest}


REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "no task type": (task(taskType=None), "unsupportedTaskType"),
    "an unknown task type": (task(taskType="imageGeneration"), "unsupportedTaskType"),
    "no UUID": (task(taskUUID=None), "missingTaskUUID"),
    "a UUID that is none": (task(taskUUID="one"), "invalidTaskUUID"),
    "a UUID of version 1": (task(taskUUID=str(uuid.uuid1())), "invalidTaskUUID"),
    "a UUID of version 5": (
        task(taskUUID=str(uuid.uuid5(uuid.NAMESPACE_URL, "a"))),
        "invalidTaskUUID",
    ),
    "no model": (task(model=None), "missingModel"),
    "an unknown model": (task(model="runware:100@1"), "invalidModel"),
    "no prompt": (task(positivePrompt=None), "missingPositivePrompt"),
    "an empty prompt": (task(positivePrompt=""), "invalidPositivePrompt"),
    "a negative prompt": (task(negativePrompt="blur"), "unknownParameter"),
    "a seed": (task(seed=7), "unknownParameter"),
    "a ratio": (task(aspectRatio="1:1"), "unknownParameter"),
    "a pair that is not listed": (task(width=1024, height=768), "unsupportedDimensions"),
    "a width alone": (task(height=None), "missingHeight"),
    "a height alone": (task(width=None), "missingWidth"),
    "a width as text": (task(width="1024"), "invalidWidth"),
    "a resolution beside the pair": (task(resolution="1K"), "conflictParameters"),
    "a resolution in lower case": (
        task(width=None, height=None, resolution="1k"),
        "invalidResolution",
    ),
    "no size at all": (task(width=None, height=None), "missingDimensions"),
    "a format in lower case": (task(outputFormat="png"), "invalidOutputFormat"),
    "the format JPEG": (task(outputFormat="JPEG"), "invalidOutputFormat"),
    "an output type in other case": (task(outputType="url"), "invalidOutputType"),
    "a quality of 100": (task(outputQuality=100), "invalidOutputQuality"),
    "no results": (task(numberResults=0), "invalidNumberResults"),
    "21 results": (task(numberResults=21), "invalidNumberResults"),
    "an unknown delivery": (task(deliveryMethod="stream"), "invalidDeliveryMethod"),
    "a short life": (task(ttl=59), "invalidTtl"),
    "a life of inline data": (task(ttl=60, outputType="dataURI"), "invalidTtl"),
    "a webhook to plain http": (
        task(webhookURL="http://me.example/hook"),
        "invalidWebhookURL",
    ),
    "an unknown safety mode": (task(safety={"mode": "full"}), "invalidMode"),
    "a setting of another model": (task(settings={"quality": "low"}), "unknownParameter"),
    "no references in inputs": (task(inputs={}), "missingReferenceImages"),
    "empty references": (edit(), "invalidReferenceImages"),
    "four references": (edit(*[ANY_URL] * 4), "invalidReferenceImages"),
    "inputs that are no object": (task(inputs=[ANY_URL]), "invalidInputs"),
    "an unknown input": (task(inputs={"seedImage": ANY_URL}), "unknownParameter"),
    "an unknown upload": (edit(str(uuid.uuid4())), "invalidReferenceImages"),
    "bytes that are no picture": (edit("AAAA"), "invalidReferenceImages"),
    "a reference over plain http": (
        edit("http://pictures.example/1.png"),
        "invalidReferenceImages",
    ),
    "an empty upload": (
        {"taskType": "imageUpload", "taskUUID": str(uuid.uuid4()), "image": ""},
        "invalidImage",
    ),
    "an upload that is no picture": (
        {"taskType": "imageUpload", "taskUUID": str(uuid.uuid4()), "image": "AAAA"},
        "invalidImage",
    ),
    "an unknown account operation": (
        {
            "taskType": "accountManagement",
            "taskUUID": str(uuid.uuid4()),
            "operation": "close",
        },
        "invalidOperation",
    ),
}


@pytest.mark.parametrize(("wanted", "code"), REFUSALS.values(), ids=REFUSALS)
def test_a_task_is_refused(
    ask: Asking, emulator: Emulator, wanted: dict[str, Any], code: str
) -> None:
    """HTTP 400, a code, the task's UUID, and no charge."""
    answer = ask.runware(wanted)
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert (error["code"], error["taskUUID"]) == (code, wanted.get("taskUUID"))
    assert emulator.charges == []


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"{}", "application/json"),
        (b"[]", "application/json"),
        (b"[7]", "application/json"),
        (b"[", "application/json"),
        (b"[{}]", "text/plain"),
    ],
)
def test_a_body_that_is_no_array_of_tasks_is_refused(
    ask: Asking, content: bytes, content_type: str
) -> None:
    """A single object too, though the page of the model shows one."""
    answer = ask.http.post(
        ask.url("runware"), content=content, headers={**BEARER, "Content-Type": content_type}
    )
    assert answer.status_code == 400
    assert answer.json()["errors"]


def test_a_request_without_a_key_is_refused(ask: Asking) -> None:
    """401 with a code."""
    answer = ask.runware(task(), headers={})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (401, "invalidApiKey")


def test_only_post_is_taken(ask: Asking) -> None:
    """Everything goes to one address."""
    assert ask.http.get(ask.url("runware"), headers=BEARER).status_code == 405
    answer = ask.http.post(ask.url("runware", "/tasks"), json=[task()], headers=BEARER)
    assert answer.status_code == 404
