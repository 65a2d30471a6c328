"""Scripted faults: which request they hit, and what befalls it; knows no wire format.

A fault is of one of three families: it spoils an *answer* (of any request), the *life of a job*
(it hits the submit), or a *file*.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from assetgen.emulator.fields import parsed
from assetgen.errors import Kind, Problem, UsageError, did_you_mean

SERVICES = ("pixazo", "runware", "apixo", "xai", "openai")
KINDS_OF_REQUEST = ("submit", "poll", "file", "upload", "balance")

ANSWER = (
    "status", "drop", "hang", "redirect", "slow", "cut", "oversized", "garbage", "mutate", "json",
)  # fmt: skip
JOB = (
    "stuck", "fail", "moderate", "partial", "surplus", "state", "hidden", "data-uri",
    "webhook-duplicate", "webhook-forged", "webhook-lost",
)  # fmt: skip
FILE = ("truncate", "html", "mislabel")
ACCEPTED_FIRST = ("slow", "cut", "oversized", "garbage", "mutate")
"""Faults of an answer that are about what is said of a job that was accepted."""

BAD_FILE = Kind("bad-fault-file", "the faults are no JSON: {what}", "write an array of objects")
BAD_FAULT = Kind("bad-fault", "fault {number}: {what}", "{step}")


@dataclass(frozen=True, slots=True)
class Fault:
    """One scripted fault. Every part that is given must fit for a request to be hit.

    Attributes:
        kind: one of ANSWER, JOB or FILE.
        on: kind of request; `submit` if not given, `file` for faults of files; `any` for all.
        service: only this service.
        prompt: only jobs whose prompt contains this text.
        nth: the first matching request that is hit, counted from 1.
        times: how many are hit from there on; 0 for all.
        rate: hit each with this probability instead of counting.
        accepted: whether the job is accepted (and charged) before the answer is spoilt.
        status: HTTP status of `status`, `redirect` and `json`.
        retry_after: the header Retry-After, in seconds or verbatim.
        retry_date: the header Retry-After as a date this many seconds ahead.
        in_body: `status` only: answer 200 and say the status in the body, as APIXO may.
        message, code: words of an error.
        charged: whether a failed job costs; if not it is refunded. None: as documented.
        place: `fail` on Runware: say it in `errors` (the default) or in `data`.
        count: images of `partial` and `surplus`, polls of `hidden`, callbacks of
            `webhook-duplicate`.
        seconds: how long `slow` takes; for how long `state` is said.
        size: bytes of `oversized`, bytes left of `truncate`.
        word: what `state` calls the state.
        to: where `redirect` leads: `same` origin or `other`.
        body: what `json` answers.
    """

    kind: str
    on: str = ""
    service: str = ""
    prompt: str = ""
    nth: int = 1
    times: int = 1
    rate: float | None = None
    accepted: bool | None = None
    status: int = 0
    retry_after: str | float | None = None
    retry_date: float | None = None
    in_body: bool = False
    message: str = ""
    code: str = ""
    charged: bool | None = None
    place: str = "errors"
    count: int | None = None
    seconds: float = 1.0
    size: int = 0
    word: str = "MYSTERY"
    to: str = "other"
    body: Any = None

    @property
    def request(self) -> str:
        """The kind of request that is hit."""
        if self.kind in JOB:
            return "submit"
        return self.on or ("file" if self.kind in FILE else "submit")

    @property
    def after_acceptance(self) -> bool:
        """Whether the job is accepted before the answer is spoilt."""
        return self.kind in ACCEPTED_FIRST if self.accepted is None else self.accepted

    def fits(self, service: str, request: str, subject: str) -> bool:
        """Whether a request is of the sort that this fault hits."""
        return (
            self.request in (request, "any")
            and self.service in (service, "")
            and self.prompt in subject
        )


def fault_of(data: Any, number: int = 1) -> Fault:
    """Return the fault that a JSON object describes. Raises UsageError (`bad-fault`)."""
    if not isinstance(data, Mapping):
        raise _bad(number, "is not an object", 'write {"kind": "drop", "on": "submit"}')
    known = {field.name: field.type for field in fields(Fault)}
    for name in data:
        if name not in known:
            raise _bad(number, f"has no field '{name}'", did_you_mean(str(name), known))
    for name, value in data.items():
        if not _is(value, str(known[name])):
            raise _bad(number, f"'{name}' has a value of the wrong type", f"give {known[name]}")
    if data.get("kind") not in (*ANSWER, *JOB, *FILE):
        step = did_you_mean(str(data.get("kind", "")), (*ANSWER, *JOB, *FILE))
        raise _bad(number, "has no kind that is known", step)
    fault = Fault(**data)
    _check(fault, number)
    return fault


def faults_of(data: bytes) -> list[Fault]:
    """Return the faults of a JSON text: one object or an array of them. Raises UsageError."""
    try:
        given = parsed(data)
    except (ValueError, RecursionError) as error:
        raise UsageError(Problem(BAD_FILE, None, {"what": str(error)})) from None
    given = given if isinstance(given, list) else [given]
    return [fault_of(fault, number) for number, fault in enumerate(given, 1)]


def chaos(lose: float, errors: float) -> list[Fault]:
    """Return faults that hit at random: answers lost after acceptance, and 5xx, half and half.

    ``lose`` and ``errors`` are probabilities. Of the errors one half comes before the job is
    accepted, the other half after it.
    """
    faults = [Fault("drop", on="submit", accepted=True, rate=lose)] if lose else []
    if errors:
        faults.append(Fault("status", on="any", status=503, accepted=False, rate=errors / 2))
        rest = errors / 2 / (1 - errors / 2)  # of what the first half lets pass
        faults.append(Fault("status", on="any", status=500, accepted=True, rate=rest))
    return faults


def _check(fault: Fault, number: int) -> None:
    choices = {
        "on": (fault.on, ("", "any", *KINDS_OF_REQUEST)),
        "service": (fault.service, ("", *SERVICES)),
        "place": (fault.place, ("errors", "data")),
        "to": (fault.to, ("same", "other")),
    }
    for name, (value, allowed) in choices.items():
        if value not in allowed:
            raise _bad(number, f"'{name}' is '{value}'", did_you_mean(value, filter(None, allowed)))
    if fault.kind in JOB and fault.on not in ("", "submit"):
        raise _bad(number, f"'{fault.kind}' befalls a job", 'leave "on" out')
    if fault.kind in FILE and fault.on not in ("", "file"):
        raise _bad(number, f"'{fault.kind}' befalls a file", 'leave "on" out')
    if fault.status and not 100 <= fault.status <= 599:
        raise _bad(number, f"'status' is {fault.status}", "give an HTTP status, such as 503")
    if fault.rate is not None and not 0 <= fault.rate <= 1:
        raise _bad(number, f"'rate' is {fault.rate}", "give a probability from 0 to 1")


def _is(value: Any, annotation: str) -> bool:
    types: dict[str, tuple[type, ...]] = {
        "str": (str,),
        "int": (int,),
        "float": (int, float),
        "bool": (bool,),
        "None": (type(None),),
    }
    if annotation == "Any":
        return True
    allowed = tuple(kind for name in annotation.split(" | ") for kind in types[name])
    return isinstance(value, allowed) and (not isinstance(value, bool) or bool in allowed)


def _bad(number: int, what: str, step: str) -> UsageError:
    return UsageError(Problem(BAD_FAULT, None, {"number": number, "what": what, "step": step}))


class Faults:
    """The faults in force and how often each has met its request."""

    def __init__(self, seed: int = 0, faults: Iterable[Fault] = ()) -> None:
        self._seed = seed
        self._faults = list(faults)
        self._met: Counter[int] = Counter()
        self._drawn: Counter[tuple[int, str, str]] = Counter()
        self._chance = random.Random(seed)  # noqa: S311 mutations, not secrets

    def chance(self) -> random.Random:
        """Return the source of random changes."""
        return self._chance

    def add(self, *faults: Fault) -> None:
        """Put further faults in force."""
        self._faults.extend(faults)

    def answer(self, service: str, request: str, subject: str) -> Fault | None:
        """Return the fault that spoils the answer to a request, counting the request.

        One answer is spoilt once: a later fault counts only what the earlier ones let pass.
        """
        kinds = (*ANSWER, *FILE) if request == "file" else ANSWER
        return next(self._take(service, request, subject, kinds), None)

    def job(self, service: str, prompt: str) -> tuple[Fault, ...]:
        """Return the faults that shape the life of a job which is being accepted."""
        return tuple(self._take(service, "submit", prompt, JOB))

    def _take(
        self, service: str, request: str, subject: str, kinds: tuple[str, ...]
    ) -> Iterator[Fault]:
        for number, fault in enumerate(self._faults):
            if (
                fault.kind in kinds
                and fault.fits(service, request, subject)
                and self._strikes(number, fault, request, subject)
            ):
                yield fault

    def _strikes(self, number: int, fault: Fault, request: str, subject: str) -> bool:
        if fault.rate is not None:
            return self._draw(number, request, subject) < fault.rate
        self._met[number] += 1
        past = self._met[number] - fault.nth
        return past >= 0 and (fault.times == 0 or past < fault.times)

    def _draw(self, number: int, request: str, subject: str) -> float:
        """Return a number in 0 … 1 that does not depend on the order of other requests."""
        self._drawn[number, request, subject] += 1
        turn = self._drawn[number, request, subject]
        text = f"{self._seed}:{number}:{request}:{turn}:{subject}"
        digest = hashlib.sha256(text.encode("utf-8", "replace")).digest()
        return int.from_bytes(digest[:8], "big") / 2**64
