"""Asks the emulated services as a user of `curl` would: by their documents, with a plain client."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx

from assetgen.emulator.emulator import Emulator

KEY = "a-key-for-tests"
PIXAZO_KEY = {"Ocp-Apim-Subscription-Key": KEY}
BEARER = {"Authorization": f"Bearer {KEY}"}
TEXT = "grok-imagine-pro-text-to-image-quality"
EDIT = "grok-imagine-pro-edit-quality"
PRO = "xai:grok-imagine@image-pro"
SECONDS = 10.0


def within(seconds: float, is_so: Callable[[], bool]) -> None:
    """Wait until something is so, and fail after ``seconds``."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.005)


class Asking:
    """One client of one emulator."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.http = httpx.Client(timeout=SECONDS, trust_env=False)

    def url(self, service: str, path: str = "") -> str:
        """Return an address of a service."""
        return self.emulator.base_urls[service] + path

    # Pixazo

    def pixazo(
        self, model: str = TEXT, *, headers: dict[str, str] | None = None, **body: Any
    ) -> httpx.Response:
        """Submit to Pixazo; ``body`` is put over a prompt."""
        return self.http.post(
            self.url("pixazo", f"/{model}/v1/{model}-request"),
            json={"prompt": "a sword", **body},
            headers=PIXAZO_KEY if headers is None else headers,
        )

    def pixazo_status(self, request_id: str) -> httpx.Response:
        """Poll a job of Pixazo's."""
        path = f"/v2/requests/status/{request_id}"
        return self.http.get(self.url("pixazo", path), headers=PIXAZO_KEY)

    # Runware

    def runware(self, *tasks: Any, headers: dict[str, str] | None = None) -> httpx.Response:
        """Post an array of tasks to Runware."""
        return self.http.post(
            self.url("runware"), json=list(tasks), headers=BEARER if headers is None else headers
        )

    def runware_poll(self, task_uuid: str) -> httpx.Response:
        """Ask Runware for a task's results."""
        return self.runware({"taskType": "getResponse", "taskUUID": task_uuid})

    # APIXO

    def apixo(self, *, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
        """Submit to APIXO; ``body`` is put over a text-to-image request."""
        asked = {"input": {"mode": "text-to-image", "prompt": "a sword"}, **body}
        return self.http.post(
            self.url("apixo", "/generateTask/grok-image"),
            json=asked,
            headers=BEARER if headers is None else headers,
        )

    def apixo_status(self, task_id: str, model: str = "grok-image") -> httpx.Response:
        """Poll a task of APIXO's."""
        path = f"/statusTask/{model}"
        return self.http.get(self.url("apixo", path), params={"taskId": task_id}, headers=BEARER)

    # xAI and OpenAI

    def xai(self, path: str = "/images/generations", **body: Any) -> httpx.Response:
        """Ask xAI for pictures; ``body`` is put over model and prompt."""
        asked = {"model": "grok-imagine-image-2.0", "prompt": "a sword", **body}
        return self.http.post(self.url("xai", path), json=asked, headers=BEARER)

    def openai(self, **body: Any) -> httpx.Response:
        """Ask OpenAI's Images API for pictures, without a key."""
        asked = {"model": "gpt-image-1", "prompt": "a sword", **body}
        return self.http.post(self.url("openai", "/images/generations"), json=asked)

    # all of them

    def submit(self, service: str, prompt: str = "a sword") -> httpx.Response:
        """Ask any service for one picture."""
        if service == "pixazo":
            return self.pixazo(prompt=prompt)
        if service == "runware":
            return self.runware(task(positivePrompt=prompt))
        if service == "apixo":
            return self.apixo(input={"mode": "text-to-image", "prompt": prompt})
        return getattr(self, service)(prompt=prompt)  # type: ignore[no-any-return]

    def poll(self, service: str, submitted: httpx.Response) -> httpx.Response:
        """Ask an asynchronous service for the job that it accepted."""
        if service == "pixazo":
            return self.pixazo_status(submitted.json()["request_id"])
        if service == "runware":
            return self.runware_poll(submitted.json()["data"][0]["taskUUID"])
        return self.apixo_status(submitted.json()["data"]["taskId"])

    def done(self, service: str, submitted: httpx.Response) -> Any:
        """Let the time of a job pass, and return the answer that says how it ended.

        References are read beside the requests, so the end may come a moment later.
        """
        self.emulator.advance(1000)
        ends = ("COMPLETED", "FAILED", "ERROR", "success", "failed")
        answer: Any = {}

        def has_ended() -> bool:
            nonlocal answer
            answer = self.poll(service, submitted).json()
            if service == "runware":
                items = answer.get("data", [{"status": "error"}])
                return all(item.get("status") != "processing" for item in items)
            return (answer["data"]["state"] if service == "apixo" else answer["status"]) in ends

        within(SECONDS, has_ended)
        return answer

    def urls(self, service: str, submitted: httpx.Response) -> list[str]:
        """Let the time of a job pass, and return the addresses of its pictures."""
        answer = self.done(service, submitted)
        if service == "pixazo":
            return list(answer["output"]["media_url"])
        if service == "runware":
            return [item["imageURL"] for item in answer["data"]]
        return list(json.loads(answer["data"]["resultJson"])["resultUrls"])

    def picture(self, service: str = "pixazo") -> str:
        """Have a picture made, and return its address."""
        return self.urls(service, self.submit(service))[0]


def task(**fields: Any) -> dict[str, Any]:
    """Return an imageInference task with a UUID of its own; None takes a field out."""
    usual = {
        "taskType": "imageInference",
        "taskUUID": str(uuid.uuid4()),
        "model": PRO,
        "positivePrompt": "a sword",
        "width": 1024,
        "height": 1024,
        "deliveryMethod": "async",
    }
    return {name: value for name, value in {**usual, **fields}.items() if value is not None}
