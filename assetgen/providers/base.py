"""What every provider is: submit, poll, fetch; knows no service and keeps no state of a build."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from assetgen.errors import AccountError, Problem, ProviderError
from assetgen.graph import NOTHING


@dataclass(frozen=True, slots=True)
class Reference:
    """A picture that goes with a request: its role, label and bytes.

    ``address`` is a public URL that gives just these bytes; empty where the bytes themselves go. It
    may be signed, so that whoever sees it can read the picture: nothing prints it.
    """

    role: str
    data: bytes
    label: str = ""
    address: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """One picture to buy, in the words of the route that serves it.

    Attributes:
        kind: generate or edit.
        model: provider-neutral id.
        prompt: final text.
        aspect_ratio: a label that the route takes, or None to follow the first reference (or
            where the service takes none).
        resolution: a tier such as `1k`; quality: the service's word or None.
        references: input pictures, in order.
        facts: what a local provider may show but a service never sees (the target's name, whether
            an alpha channel is expected).
        name: the service's own word for the route.
        size: (width, height) in pixels, for a service that wants pixels.
        format: what to ask for (`png`), empty where the service decides.
        webhook: the address that the service shall call when it is done; empty for none.
    """

    kind: str
    model: str
    prompt: str
    aspect_ratio: str | None = None
    resolution: str = "1k"
    quality: str | None = None
    references: tuple[Reference, ...] = ()
    facts: Mapping[str, Any] = NOTHING
    name: str = ""
    size: tuple[int, int] | None = None
    format: str = ""
    webhook: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The service took the request.

    ``poll_after``: seconds until a first poll makes sense; None leaves that to what is known of
    the service.
    """

    job_id: str
    poll_after: float | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """Not done yet.

    Attributes:
        poll_after: seconds until the next poll makes sense, or None.
        is_known: whether the service spoke of the job; an answer that is silent about it may mean
            that it never came, or only that it is a moment old.
    """

    poll_after: float | None = None
    is_known: bool = True


@dataclass(frozen=True, slots=True)
class Completed:
    """Done.

    Attributes:
        results: each an address, opaque to all but this provider's fetch, or the picture's bytes.
        cost: USD, or None if the service does not say.
        model: what really served it, if the service says.
        took: seconds that the service says it worked, for the timing of later polls.
    """

    results: tuple[str | bytes, ...]
    cost: float | None = None
    model: str = ""
    took: float | None = None


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


def is_known(progress: Progress) -> bool:
    """Whether the service spoke of the job at all."""
    if isinstance(progress, Running):
        return progress.is_known
    return not isinstance(progress, NotFound)


class NotSent(ProviderError):
    """The request surely never reached the service (name, connect, TLS): it may be sent again."""


class Busy(ProviderError):
    """The service takes no more just now (429): not accepted, not charged; later or elsewhere.

    ``retry_after``: seconds that the service asks for, None if it does not.
    """

    def __init__(self, *problems: Problem, retry_after: float | None = None) -> None:
        super().__init__(*problems)
        self.retry_after = retry_after


class Refused(ProviderError):
    """The service refused the request (4xx): not accepted, not charged."""


class Moderated(Refused):
    """The service refused what was asked for, and would again: final for the key."""


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

    async def submit(self, request: Request, job_id: str) -> Accepted | Completed | Failed:
        """Send one request; ``job_id`` is the derived id, ignored where the service chooses.

        A service that answers with the picture gives Completed (or Failed) at once.
        Raises NotSent, Busy, Refused, Duplicate, Ambiguous, AccountError.
        """

    async def poll(self, job_id: str, name: str) -> Progress:
        """Ask how a job stands that was sent to the route ``name``.

        Raises NotSent, Busy or Ambiguous where no answer came, which are all safe, and
        AccountError.
        """

    async def fetch(self, result: str) -> bytes:
        """Return the bytes of one result's address. Raises ProviderError; may be repeated."""

    async def check(self) -> str:
        """Ask for something free that proves the key, and say what came of it in one line.

        Raises ProviderError; returns an empty text where the service has no such call.
        """

    async def close(self) -> None:
        """Release what it holds; jobs go on without it."""


__all__ = [
    "Accepted",
    "AccountError",
    "Ambiguous",
    "Busy",
    "Completed",
    "Duplicate",
    "Failed",
    "Moderated",
    "NotFound",
    "NotSent",
    "Progress",
    "Provider",
    "Reference",
    "Refused",
    "Request",
    "Running",
    "is_known",
]
