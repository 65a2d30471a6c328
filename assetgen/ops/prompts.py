"""The prompt that image generators write into their files; knows texts, and no picture.

The forms, as their own programs write and read them: AUTOMATIC1111's `parameters` (prompt, a line
`Negative prompt:`, a line of settings that begins with `Steps:`), also as an Exif comment; JSON
under that name from SwarmUI and Fooocus; InvokeAI's `invokeai_metadata`, `sd-metadata` and `Dream`
(negative words in square brackets); ComfyUI's `prompt` and `workflow`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assetgen.ops.comfy import is_graph
from assetgen.ops.comfy import prompts as graph_prompts
from assetgen.ops.embedded import USER_COMMENT

_SETTINGS = re.compile(r"Steps: ?[0-9]+ *(?:,|$)")
_NEGATIVE = "Negative prompt:"
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_DREAM = re.compile(r'"(.*)"(?: +-.*)?', re.DOTALL)
_DREAM_SWITCH = re.compile(r" +-[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Said:
    """What a file says of its making.

    Attributes:
        prompt: never empty; negative: what was to be avoided, or empty.
        tool: the program that wrote it, for people.
    """

    prompt: str
    negative: str
    tool: str


def said_by(texts: Mapping[str, str]) -> Said | None:
    """Return the prompt among a file's texts (`embedded.texts`), or None. Raises nothing."""
    for name, read in _READERS.items():
        said = read(texts[name]) if name in texts else None
        if said is not None:
            return said
    return None


def _said(prompt: object, negative: object, tool: str) -> Said | None:
    if not isinstance(prompt, str) or not prompt.strip():
        return None
    return Said(prompt.strip(), negative.strip() if isinstance(negative, str) else "", tool)


def _json(text: str) -> Any:
    """Return the JSON value of a text; None if it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _mapping(text: str) -> Mapping[str, Any]:
    data = _json(text)
    return data if isinstance(data, Mapping) else {}


def _parameters(text: str) -> Said | None:
    if text.lstrip().startswith("{"):
        data = _mapping(text)
        swarm = data.get("sui_image_params")
        if isinstance(swarm, Mapping):
            return _said(swarm.get("prompt"), swarm.get("negativeprompt"), "SwarmUI")
        if data:
            return _said(data.get("prompt"), data.get("negative_prompt"), "Fooocus")
    lines = text.replace("\r\n", "\n").strip().split("\n")
    ends = [number for number, line in enumerate(lines) if _SETTINGS.match(line.strip())]
    lines = lines[: ends[-1]] if ends else lines
    parts: list[list[str]] = [[], []]
    for line in lines:
        if line.strip().startswith(_NEGATIVE):
            parts[1].append(line.strip()[len(_NEGATIVE) :])
        else:
            parts[bool(parts[1])].append(line)
    prompt, negative = ("\n".join(part) for part in parts)
    return _said(prompt, negative, "AUTOMATIC1111")


def _comment(text: str) -> Said | None:
    """Return what a generator wrote into an Exif comment; cameras and people write there too."""
    data = _mapping(text) if text.lstrip().startswith("{") else {}
    if is_graph(data):
        return _graph(data)
    if data:
        return _parameters(text)
    lines = text.splitlines()
    return _parameters(text) if any(_SETTINGS.match(line.strip()) for line in lines) else None


def _invoke(text: str) -> Said | None:
    data = _mapping(text)
    return _said(data.get("positive_prompt"), data.get("negative_prompt"), "InvokeAI")


def _invoke_old(text: str) -> Said | None:
    image = _mapping(text).get("image")
    found = image.get("prompt") if isinstance(image, Mapping) else None
    if isinstance(found, list):
        parts = [one.get("prompt") for one in found if isinstance(one, Mapping)]
        found = ", ".join(part for part in parts if isinstance(part, str))
    return _bracketed(found) if isinstance(found, str) else None


def _dream(text: str) -> Said | None:
    quoted = _DREAM.fullmatch(text.strip())
    return _bracketed(quoted[1] if quoted else _DREAM_SWITCH.split(text, maxsplit=1)[0])


def _bracketed(text: str) -> Said | None:
    negative = ", ".join(part.strip() for part in _BRACKETS.findall(text) if part.strip())
    prompt = re.sub(r"[ \t]{2,}", " ", _BRACKETS.sub("", text)).strip(" ,")
    return _said(prompt, negative, "InvokeAI")


def _comfy(text: str) -> Said | None:
    return _graph(_json(text))


def _graph(data: object) -> Said | None:
    return _said(*graph_prompts(data), "ComfyUI")


_READERS = {
    "parameters": _parameters,
    "invokeai_metadata": _invoke,
    "sd-metadata": _invoke_old,
    "Dream": _dream,
    "prompt": _comfy,
    "workflow": _comfy,
    USER_COMMENT: _comment,
}
"""By the keyword of the text; the first that gives a prompt counts."""
