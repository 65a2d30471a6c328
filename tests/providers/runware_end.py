"""Runware's end of the wire, and what every test of it says and hears."""

from __future__ import annotations

import io
import json
import random
from typing import Any

from PIL import Image

from assetgen.providers.base import (
    Reference,
    Request,
)
from assetgen.providers.runware import Runware
from tests.providers.ends import Wire, answer, do

BASE = "http://127.0.0.1:9/v1"
JOB = "1607528b-b740-4975-8cc1-6dc6b2d18f60"
OTHER = "565b79af-1974-4039-88e9-3ca1ea304b22"
IMAGE = "fd43ce5d-bc6d-487f-91d0-5d417cfcdb3c"
URL = f"https://im.runware.ai/image/os/a05d22/ws/2/ii/{IMAGE}.jpg"
PRO = "xai:grok-imagine@image-pro"
ITEM = {
    "taskType": "imageInference",
    "taskUUID": JOB,
    "imageUUID": IMAGE,
    "imageURL": URL,
    "seed": 109682711,
    "cost": 0.07,
}
ACK = {"data": [{"taskType": "imageInference", "taskUUID": JOB}]}
UPLOADED = "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f1"


class Service(Wire):
    """Answers with JSON (200), (status, JSON, headers) or an exception, and knows its tasks."""

    def __init__(self, *answers: Any) -> None:
        super().__init__([said(given) for given in answers])

    @property
    def tasks(self) -> list[dict[str, Any]]:
        """The one task of each request."""
        bodies = [json.loads(request.content) for request in self.requests]
        assert all(isinstance(body, list) and len(body) == 1 for body in bodies)
        return [body[0] for body in bodies]

    @property
    def kinds(self) -> list[str]:
        return [task["taskType"] for task in self.tasks]


def said(given: Any) -> Any:
    if isinstance(given, Exception):
        return given
    return answer(*given) if isinstance(given, tuple) else answer(200, given)


def runware(service: Service) -> Runware:
    return Runware(service.api(base_url=BASE, name="runware"), 4)


def request(**fields: Any) -> Request:
    usual = {"name": PRO, "size": (1280, 896), "format": "png"}
    return Request("generate", "xai/grok-imagine-image-pro", "a sorceress", **usual | fields)


def edit(*references: bytes, **fields: Any) -> Request:
    pictures = tuple(Reference("image", data) for data in references)
    return Request(
        "edit",
        "xai/grok-imagine-image-pro",
        "make it night",
        references=pictures,
        **{"name": PRO, "resolution": "2k", "format": "png"} | fields,
    )


def picture(width: int = 8, height: int = 8, seed: int = 0) -> bytes:
    """Return a PNG of noise, some three bytes a pixel."""
    noise = random.Random(seed).randbytes(width * height * 3)  # noqa: S311 - noise, no secret
    out = io.BytesIO()
    Image.frombytes("RGB", (width, height), noise).save(out, "PNG")
    return out.getvalue()


LARGE = picture(200, 200)


def submit(given: Any) -> Any:
    """Return what a submit makes of an answer."""
    return do(runware(Service(given)).submit(request(), JOB))


def poll(given: Any) -> Any:
    """Return what a poll makes of an answer."""
    return do(runware(Service(given)).poll(JOB, PRO))


def error(code: str, message: str = "it says why", **more: Any) -> dict[str, Any]:
    return {"code": code, "message": message, "taskUUID": JOB, **more}


def errors(code: str, **more: Any) -> dict[str, Any]:
    return {"data": [], "errors": [error(code, **more)]}


def failed_item(code: str) -> dict[str, Any]:
    about = {"taskType": "imageInference", "taskUUID": JOB, "status": "error"}
    return {"data": [{**about, "error": {"code": code, "message": "it says why"}}]}
