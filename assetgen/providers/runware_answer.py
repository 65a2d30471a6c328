"""Reads Runware's answers: what speaks of one task, and what an error proves; sends nothing.

Sources: Runware's pages "Errors", "Task polling", "Webhooks" and "Image upload".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from assetgen.errors import Problem, ProviderError
from assetgen.providers.base import Ambiguous
from assetgen.providers.http import NO_ANSWER, Answer, Api, retry_after
from assetgen.providers.runware_codes import Family, bare, family_of
from assetgen.providers.wire import (
    at,
    is_blank,
    items_at,
    number_at,
    picture_bytes,
    pictures_at,
    speaks_of_policy,
    text_at,
    texts_at,
)

_PLACES = ("imageURL", "imageDataURI", "imageBase64Data")
"""Where a picture may stand (page "Image inference", `outputType`)."""

_NO_SERVER = frozenset({"noavailableserver", "modelunavailable", "modelnotready"})
"""Nobody was there to begin the work: not accepted, and perhaps taken later."""

_QUESTIONS = frozenset({"authentication", "getResponse", "imageUpload", "accountManagement"})
"""Task types that only ask; an error of one says nothing about a picture."""

_THING = re.compile(r"(unknown)?(model|media|image|provider)")
"""How the code of something missing begins where that is not the task itself."""

_ENCODED = re.compile(r"data:[^,\s]{0,100},\S*|[A-Za-z0-9+/]{100,}={0,2}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BEARABLE = 10_000
"""USD; a larger cost of one call is no cost."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One error of an answer.

    Attributes:
        code: its letters and digits in lower case; said: code and message, on one line.
        kind: the task type that it names, if any; named: whether it names the task itself.
        ended: whether it is how the task ended, by the service's own word.
    """

    code: str
    said: str
    family: Family
    kind: str
    named: bool
    ended: bool

    @property
    def is_conflict(self) -> bool:
        """Whether it says that the id is in use: an earlier submit was accepted."""
        return self.code == "conflicttaskuuid"

    @property
    def is_unknown_task(self) -> bool:
        """Whether the service does not know the task (any more), in an answer to a question."""
        return self.family is Family.NOT_FOUND and not _THING.match(self.code)

    @property
    def is_moderation(self) -> bool:
        """Whether the reason is what was asked for; a vague code's message may say so."""
        vague = self.family in (Family.PROVIDER, Family.UNKNOWN)
        return self.family is Family.SAFETY or (vague and speaks_of_policy(self.said))

    def is_outcome(self, *, well: bool) -> bool:
        """Whether it is how the task ended, in an answer to a question about the task.

        ``well``: the question itself was answered (HTTP 2xx). Where the service does not say
        what an error is about, an error of the question is the better guess: it loses nothing.
        """
        if self.family is Family.AUTH or self.is_conflict:
            return False
        if self.ended or self.family is Family.SAFETY:
            return True
        if self.kind:
            return self.kind not in _QUESTIONS
        passing = self.family in (Family.QUOTA, Family.RATE, Family.TIMEOUT, Family.SERVER)
        return well and self.named and ("provider" in self.code or not passing)


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer says of one task.

    Attributes:
        items: the objects that may be about it and are no errors.
        statuses: the states, in lower case, of those items that name it; empty if none does.
        faults: the errors, those that name it first.
        is_silent: whether the answer is well formed and says nothing of it.
        is_empty: whether it says nothing of any task.
    """

    items: tuple[dict[str, Any], ...]
    statuses: frozenset[str]
    faults: tuple[Fault, ...]
    is_silent: bool
    is_empty: bool

    @property
    def is_running(self) -> bool:
        """Whether some item has a state that is not final; nobody lists all of their names."""
        return bool(self.statuses - {"", "success", "error"})


def read(data: Any, task: str) -> Reading:
    """Return what ``data``, an answer's JSON, says of ``task``.

    Answers come in any order and may speak of other tasks, errors stand beside data or in it, and
    what names no task speaks of the only one that was asked for.
    """
    entries, errors = list(_entries(data)), list(_errors(data))
    own = [entry for entry in entries if _task(entry) in ("", task.lower())]
    items = tuple(item for item in own if not _is_error(item))
    faults = [_fault(item, task) for item in own if _is_error(item)]
    faults += [_fault(e, task) for e in errors if _task(e) in ("", task.lower())]
    listed = at(data, "data")
    whole = isinstance(listed, list) and len(listed) == len(entries)
    return Reading(
        items,
        frozenset(text_at(item, "status").lower() for item in items if _task(item)),
        tuple(sorted(faults, key=lambda fault: not fault.named)),
        is_silent=whole and not own and not faults,
        is_empty=whole and not entries and not errors,
    )


def _task(entry: dict[str, Any]) -> str:
    return text_at(entry, "taskUUID").lower()


def _entries(data: Any) -> Iterator[dict[str, Any]]:
    """Yield what stands under `data`, or the item that a webhook sends without that."""
    if not isinstance(data, dict):
        yield from items_at(data)
    elif "data" in data:
        yield from items_at(data, "data")
    elif not {"errors", "error"} & data.keys() and (_task(data) or text_at(data, "taskType")):
        yield data


def _errors(data: Any) -> Iterator[dict[str, Any]]:
    """Yield what stands under `errors`, or under `error` before anything began."""
    yield from items_at(data, "errors")
    for text in texts_at(data, "errors"):
        yield {"message": text}
    if isinstance(data, dict) and data.get("error"):
        yield {name: data[name] for name in data if name not in ("data", "errors")}


def _is_error(item: dict[str, Any]) -> bool:
    failed = text_at(item, "status").lower() == "error"
    return failed or (bool(item.get("error")) and not _picture(item))


def _fault(entry: dict[str, Any], task: str) -> Fault:
    inner = entry.get("error")
    flat = {**entry, **inner} if isinstance(inner, dict) else entry
    code = text_at(flat, "code")[:80]
    message = _words(flat.get("message")) or _words(entry.get("error"))
    return Fault(
        bare(code),
        # What was sent may come back in the message.
        _ENCODED.sub("[data]", ": ".join(part for part in (code, message) if part)),
        family_of(code),
        text_at(flat, "taskType"),
        named=_task(entry) == task.lower(),
        ended=text_at(flat, "status").lower() == "error",
    )


def _words(value: Any) -> str:
    return value if isinstance(value, str) else ""


def pictures(reading: Reading) -> tuple[tuple[str | bytes, ...], float | None]:
    """Return the pictures of a task, each once, and what they cost in USD if that is said."""
    found: dict[str | bytes, tuple[str | bytes, float | None]] = {}
    for item in reading.items:
        picture = _picture(item)
        if picture:
            name = text_at(item, "imageUUID") or picture
            found.setdefault(name, (picture, number_at(item, "cost")))
    costs = [Decimal(str(cost)) for _, cost in found.values() if cost is not None]
    total = sum(costs, Decimal())
    cost = round(float(total), 6) if costs and total < _BEARABLE else None
    return tuple(picture for picture, _ in found.values()), cost


def holds_none(reading: Reading) -> bool:
    """Whether the places of pictures are blank, rather than filled with what cannot be read."""
    return all(is_blank(item.get(place)) for item in reading.items for place in _PLACES)


def _picture(item: dict[str, Any]) -> str | bytes | None:
    url, data_uri, base64 = _PLACES
    found = [*pictures_at(item, url), *pictures_at(item, data_uri)]
    return found[0] if found else picture_bytes(text_at(item, base64))


def refusal(api: Api, answer: Answer, fault: Fault) -> ProviderError:
    """Return what an error proves about a request that was just sent.

    Ambiguous wherever the work may have begun: a 5xx, a time-out, a supplier's failure.
    """
    family, said, status = fault.family, fault.said, answer.status
    if family is Family.QUOTA:
        return api.account(said, balance=True)
    if family is Family.SAFETY:
        return api.moderated(said)
    if family is Family.AUTH:
        return api.account(said)
    if status in (401, 402, 403, 408, 429) or status >= 500 or 300 <= status < 400:
        return api.error(answer, said)
    if family is Family.RATE or fault.code in _NO_SERVER:
        return api.busy(said, retry_after(answer.headers))
    if _is_final(fault, status):
        return api.moderated(said) if fault.is_moderation else api.refused(said)
    return in_doubt(api, answer, said)


def _is_final(fault: Fault, status: int) -> bool:
    """Whether an error of a request says that no work was begun, and why."""
    if fault.family is Family.VALIDATION or fault.code == "modeldisabled":
        return True
    if fault.family is Family.NOT_FOUND:
        return not fault.code.startswith("task")
    return fault.family is Family.UNKNOWN and 400 <= status < 500


def in_doubt(api: Api, answer: Answer, said: str) -> Ambiguous:
    """Return the error of an answer after which nobody knows whether there is work."""
    what = f"HTTP {answer.status}: {said}" if said else f"HTTP {answer.status}"
    return Ambiguous(Problem(NO_ANSWER, facts={"service": api.title, "what": api.clean(what)}))
