"""What every provider is: submit, poll, fetch; knows no service and keeps no state of a build."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from assetgen.errors import AccountError, ProviderError
from assetgen.graph import NOTHING


@dataclass(frozen=True, slots=True)
class Reference:
    """A picture that goes with a request: its role, label and bytes."""

    role: str
    data: bytes
    label: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One picture to buy.

    Attributes:
        kind: generate or edit.
        model: provider-neutral id.
        prompt: final text.
        aspect_ratio: `W:H`, or None to follow the first reference.
        resolution: a tier such as `1k`; quality: the service's word or None.
        references: input pictures, in order.
        facts: what a local provider may show but a service never sees (the target's name, whether
            an alpha channel is expected).
    """

    kind: str
    model: str
    prompt: str
    aspect_ratio: str | None = None
    resolution: str = "1k"
    quality: str | None = None
    references: tuple[Reference, ...] = ()
    facts: Mapping[str, Any] = NOTHING


@dataclass(frozen=True, slots=True)
class Accepted:
    """The service took the request. ``poll_after``: seconds until a first poll makes sense."""

    job_id: str
    poll_after: float = 1.0


@dataclass(frozen=True, slots=True)
class Running:
    """Not done yet. ``poll_after``: seconds until the next poll makes sense."""

    poll_after: float = 1.0


@dataclass(frozen=True, slots=True)
class Completed:
    """Done: ``results`` are opaque to all but this provider's fetch; cost in USD or None."""

    results: tuple[str, ...]
    cost: float | None = None
    model: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """Ended without a picture. ``charged``: None if the service does not say."""

    reason: str
    charged: bool | None = None
    moderated: bool = False


@dataclass(frozen=True, slots=True)
class NotFound:
    """The service does not know this job id (which never proves that it was not accepted)."""


Progress = Running | Completed | Failed | NotFound


class NotSent(ProviderError):
    """The request surely never reached the service (name, connect, TLS): it may be sent again."""


class Refused(ProviderError):
    """The service refused the request (4xx): not accepted, not charged."""


class Duplicate(ProviderError):
    """The service already has a job under this derived id: the earlier submit was accepted."""


class Ambiguous(ProviderError):
    """Sent, but no readable answer came (time-out, reset, 5xx): perhaps accepted."""


class Provider(Protocol):
    """A service that makes pictures as jobs.

    Attributes:
        name: as in the spec's `providers`.
        derives_ids: whether the job id is chosen by the client, so that a submit can be asked for
            or repeated under the same id without a second job.
        concurrency: jobs that may be in flight at once.
    """

    name: str
    derives_ids: bool
    concurrency: int

    async def submit(self, request: Request, job_id: str) -> Accepted:
        """Send one request; ``job_id`` is the derived id, ignored where the service chooses.

        Raises NotSent, Refused, Duplicate, Ambiguous, AccountError.
        """

    async def poll(self, job_id: str, model: str) -> Progress:
        """Ask how a job stands. Raises NotSent or Ambiguous where no answer came; both are safe."""

    async def fetch(self, result: str) -> bytes:
        """Return the bytes of one result. Raises ProviderError; may be repeated."""

    async def close(self) -> None:
        """Release what it holds; jobs go on without it."""


__all__ = [
    "Accepted",
    "AccountError",
    "Ambiguous",
    "Completed",
    "Duplicate",
    "Failed",
    "NotFound",
    "NotSent",
    "Progress",
    "Provider",
    "Reference",
    "Refused",
    "Request",
    "Running",
]
