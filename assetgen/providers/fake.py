"""A provider in memory for tests: answers by script, and remembers every request and charge."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TypeVar

from assetgen.errors import AssetgenError, Kind, Problem, ProviderError
from assetgen.providers.base import (
    Accepted,
    Ambiguous,
    Completed,
    Duplicate,
    Failed,
    NotFound,
    NotSent,
    Progress,
    Request,
    Running,
)

_E = TypeVar("_E")

SCRIPTED = Kind("fake", "{what}")


@dataclass(frozen=True, slots=True)
class Hang:
    """A script entry: the call never returns (until it is cancelled).

    ``accepted`` says, for a submit, whether the service took the request all the same.
    """

    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """A script entry for submit: no answer comes; ``accepted`` says what really happened."""

    accepted: bool


def problem(what: str) -> Problem:
    """Return a problem for a scripted exception, such as ``NotSent(problem("no route"))``."""
    return Problem(SCRIPTED, facts={"what": what})


@dataclass(slots=True)
class FakeProvider:
    """Accepts, completes at the first poll and charges ``price``, unless the scripts say otherwise.

    Each script is consumed from its front, one entry a call; an entry may be an exception to
    raise, a Progress (of a submit: Completed or Failed, as a service that answers with the picture
    gives it), ``Hang()``, ``Lost(...)`` (submits only) or None (as usual).

    Attributes:
        picture: what fetch gives; `{n}` of the accepted job is appended after the PNG's end, so
            that each bought picture has bytes of its own.
        requests: (request, job id) of every submit that was sent, also where no answer
            came; charges: USD, one each job; polled, fetched: the arguments of those calls.
    """

    picture: bytes
    price: float | None = 0.02
    name: str = "fake"
    derives_ids: bool = True
    concurrency: int = 20
    submits: list[AssetgenError | Lost | Hang | Completed | Failed | None] = field(
        default_factory=list
    )
    polls: list[AssetgenError | Progress | Hang | None] = field(default_factory=list)
    fetches: list[AssetgenError | bytes | Hang | None] = field(default_factory=list)
    requests: list[tuple[Request, str]] = field(default_factory=list)
    jobs: dict[str, Request] = field(default_factory=dict)
    charges: list[float | None] = field(default_factory=list)
    polled: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    closed: bool = False

    async def submit(self, request: Request, job_id: str) -> Accepted | Completed | Failed:
        """Accept the request under ``job_id``, or under an id of its own."""
        entry = _take(self.submits)
        if not isinstance(entry, NotSent):
            self.requests.append((request, job_id))
        if isinstance(entry, AssetgenError):
            raise entry
        chosen = job_id if self.derives_ids else f"job-{len(self.jobs) + 1}"
        if not isinstance(entry, Lost | Hang) or entry.accepted:
            self._accept(chosen, request)
        if isinstance(entry, Lost):
            raise Ambiguous(problem("reset by peer"))
        await _answer(entry)
        if isinstance(entry, Completed | Failed):
            return entry
        return Accepted(chosen, poll_after=0.0)

    def _accept(self, job_id: str, request: Request) -> None:
        if job_id in self.jobs:
            raise Duplicate(problem(f"job {job_id} is known"))
        self.jobs[job_id] = request
        self.charges.append(self.price)

    async def poll(self, job_id: str, model: str) -> Progress:
        """Complete a known job at once; a scripted Failed that is free takes its charge back."""
        self.polled.append(job_id)
        entry = await _answer(_take(self.polls))
        if isinstance(entry, Running | Completed | Failed | NotFound):
            if isinstance(entry, Failed) and entry.charged is False and self.charges:
                self.charges.pop()
            return entry
        if job_id not in self.jobs:
            return NotFound()
        return Completed((job_id,), self.price, model)

    async def fetch(self, result: str) -> bytes:
        """Return the picture of a job."""
        self.fetched.append(result)
        entry = await _answer(_take(self.fetches))
        if isinstance(entry, bytes):
            return entry
        if result not in self.jobs:
            raise ProviderError(problem(f"no result {result}"))
        return self.picture + str(list(self.jobs).index(result) + 1).encode()

    async def check(self) -> str:
        """Say that all is well."""
        return "balance $1.00"

    async def close(self) -> None:
        """Remember that it was closed."""
        self.closed = True


def _take(script: list[_E]) -> _E | None:
    return script.pop(0) if script else None


async def _answer(entry: _E) -> _E:
    if isinstance(entry, Hang):
        await asyncio.Event().wait()
    if isinstance(entry, AssetgenError):
        raise entry
    return entry
