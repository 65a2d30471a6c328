"""Runware's tasks as values: which fields each takes, which sizes each model; knows no job.

Source: Runware's page of Grok Imagine Image Pro, its pages of the other Grok models, and the
families of error codes in its official client (single codes are not documented).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from assetgen.emulator.fields import (
    Check,
    Wrong,
    anything,
    flag,
    mistakes,
    one_of,
    text,
    texts,
    whole,
)
from assetgen.emulator.outbound import is_reachable
from assetgen.emulator.sizes import PAIRS

UUID_TEXT = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
SURCHARGE = Decimal("0.002")
"""What one image costs more if it is made from references."""

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class TaskProblem(Exception):
    """What is wrong with a task; ``status`` is the HTTP status if nothing else succeeds."""

    code: str
    message: str
    parameter: str = ""
    status: int = 400


def _pairs(*factors: int) -> dict[Pair, tuple[str, str]]:
    return {
        (width * factor, height * factor): (ratio, f"{factor}K")
        for factor in factors
        for ratio, (width, height) in PAIRS.items()
    }


@dataclass(frozen=True, slots=True)
class Model:
    """What one model takes: its pairs of pixels, each with ratio and resolution; its price."""

    pairs: Mapping[Pair, tuple[str, str]]
    resolutions: tuple[str, ...] = ("1K", "2K")
    price: Decimal | None = None
    most_references: int = 3
    has_quality: bool = False


MODELS: Mapping[str, Model] = {
    "xai:grok-imagine@image": Model(_pairs(1), ("1K",), Decimal("0.02")),
    "xai:grok-imagine@image-pro": Model(_pairs(1, 2), price=Decimal("0.07")),
    "xai:grok-imagine@image-quality": Model(_pairs(1, 2), price=Decimal("0.05")),
    # Only these pairs of the newest model are known, from other clients.
    "xai:grok-imagine@image-2.0": Model(
        {
            (720, 1280): ("9:16", "1K"),
            (1584, 2816): ("9:16", "2K"),
            (832, 1248): ("2:3", "1K"),
        },
        has_quality=True,
    ),
}

_COMMON: dict[str, Check] = {"taskType": anything, "taskUUID": anything}


def _url(value: Any) -> str:
    return "" if isinstance(value, str) and is_reachable(value) else "must be a public https URL"


INFERENCE: dict[str, Check] = {
    **_COMMON,
    "model": text(),
    "positivePrompt": text(),
    "width": whole(1),
    "height": whole(1),
    "resolution": text(),
    "inputs": anything,
    "settings": anything,
    "safety": anything,
    "outputType": one_of("URL", "base64Data", "dataURI"),
    "outputFormat": one_of("JPG", "PNG", "WEBP"),
    "outputQuality": whole(20, 99),
    "webhookURL": _url,
    "uploadEndpoint": _url,
    "deliveryMethod": one_of("sync", "async"),
    "ttl": whole(60),
    "includeCost": flag,
    "numberResults": whole(1, 20),
}
SAFETY: dict[str, Check] = {"checkContent": flag, "mode": one_of("none", "fast")}
UPLOAD: dict[str, Check] = {**_COMMON, "image": text()}
STORAGE: dict[str, Check] = {**_COMMON, "operation": one_of("upload"), "media": text()}
ACCOUNT: dict[str, Check] = {**_COMMON, "operation": one_of("getDetails")}
POLL: dict[str, Check] = dict(_COMMON)


@dataclass(frozen=True, slots=True)
class Inference:
    """An imageInference task that passed every rule.

    ``size`` is None where the picture follows the first reference.
    """

    uuid: str
    model: str
    prompt: str
    ratio: str
    tier: str
    size: Pair | None
    references: tuple[str, ...]
    price: Decimal | None
    task: Mapping[str, Any] = field(default_factory=dict)


def uuid_of(task: Mapping[str, Any]) -> str:
    """Return a task's UUID in lower case. Raises TaskProblem unless it is a version 4 one."""
    if "taskUUID" not in task:
        raise TaskProblem("missingTaskUUID", "taskUUID is required", "taskUUID")
    value = task["taskUUID"]
    if not isinstance(value, str) or not UUID_TEXT.fullmatch(value) or UUID(value).version != 4:
        raise TaskProblem("invalidTaskUUID", "taskUUID must be a UUID v4", "taskUUID")
    return value.lower()


def checked(
    task: Mapping[str, Any], fields: Mapping[str, Check], *required: str, inside: str = ""
) -> None:
    """Raise TaskProblem for the first field that is wrong; ``inside`` names the parent object."""
    for wrong in mistakes(task, fields, required):
        raise TaskProblem(_code(wrong), f"{inside}{wrong.name} {wrong.why}", inside + wrong.name)


def _code(wrong: Wrong) -> str:
    if wrong.sort == "unknown":
        return "unknownParameter"
    return wrong.sort + wrong.name[0].upper() + wrong.name[1:]


def inference_of(task: Mapping[str, Any]) -> Inference:
    """Return what an imageInference task asks for. Raises TaskProblem."""
    uuid = uuid_of(task)
    checked(task, INFERENCE, "model", "positivePrompt")
    model = MODELS.get(task["model"])
    if model is None:
        raise TaskProblem("invalidModel", f"model '{task['model']}' is not available", "model")
    references = _references(task, model)
    _nested(task, model)
    ratio, tier, size = _size(task, model, references)
    price = model.price
    if price is not None:
        price = (price + (SURCHARGE if references else 0)) * task.get("numberResults", 1)
    return Inference(
        uuid, task["model"], task["positivePrompt"], ratio, tier, size, references, price, task
    )


def _references(task: Mapping[str, Any], model: Model) -> tuple[str, ...]:
    if "inputs" not in task:
        return ()
    inputs = task["inputs"]
    if not isinstance(inputs, dict):
        raise TaskProblem("invalidInputs", "inputs must be an object", "inputs")
    images = {"referenceImages": texts(1, model.most_references)}
    checked(inputs, images, "referenceImages", inside="inputs.")
    return tuple(inputs["referenceImages"])


def _nested(task: Mapping[str, Any], model: Model) -> None:
    settings = {"quality": one_of("low", "medium")} if model.has_quality else {}
    for name, fields in (("safety", SAFETY), ("settings", settings)):
        value = task.get(name, {})
        if not isinstance(value, dict):
            raise TaskProblem(f"invalid{name.capitalize()}", f"{name} must be an object", name)
        checked(value, fields, inside=f"{name}.")
    if "ttl" in task and task.get("outputType", "URL") != "URL":
        raise TaskProblem("invalidTtl", "ttl applies only to outputType URL", "ttl")


def _size(
    task: Mapping[str, Any], model: Model, references: tuple[str, ...]
) -> tuple[str, str, Pair | None]:
    """Return ratio, tier and pixels. Raises TaskProblem by the rules of the models' pages."""
    has_width, has_height = "width" in task, "height" in task
    if has_width != has_height:
        missing = "height" if has_width else "width"
        raise TaskProblem(f"missing{missing.capitalize()}", "width and height go together", missing)
    if has_width and "resolution" in task:
        words = "resolution cannot be combined with width and height"
        raise TaskProblem("conflictParameters", words, "resolution")
    if has_width:
        pair = task["width"], task["height"]
        if pair not in model.pairs:
            words = f"{pair[0]}x{pair[1]} is not one of the model's dimensions"
            raise TaskProblem("unsupportedDimensions", words, "width")
        ratio, tier = model.pairs[pair]
        return ratio, tier.lower(), pair
    if not references and "resolution" not in task:
        words = "give inputs.referenceImages, width and height, or resolution"
        raise TaskProblem("missingDimensions", words, "width")
    tier = task.get("resolution", "1K")
    if tier not in model.resolutions:
        words = f"resolution must be one of {', '.join(model.resolutions)}"
        raise TaskProblem("invalidResolution", words, "resolution")
    square = 1024 if tier == "1K" else 2048
    return "" if references else "1:1", tier.lower(), None if references else (square, square)
