"""What a call back may say about a submit whose answer was lost, and what is believed of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from assetgen.errors import AssetgenError, ProviderError
from assetgen.paid.hooks import Hooks
from assetgen.paid.outcomes import CallHeld
from assetgen.providers.base import Accepted, Completed, Failed, NotFound, Progress, Request
from assetgen.providers.fake import FakeProvider, Hang, Lost, problem
from tests.paid.test_services import Street, order, png


@dataclass
class Calling(FakeProvider):
    """A service that calls back and names ``jobs_named``, at once."""

    hooks: Hooks | None = None
    jobs_named: tuple[str, ...] = field(default_factory=tuple)

    async def submit(self, request: Request, job_id: str) -> Accepted | Completed | Failed:
        try:
            return await super().submit(request, job_id)
        finally:
            if self.hooks and self.jobs_named:
                self.hooks.hint(request.webhook.rpartition("/")[2], self.jobs_named)


def calling(*names: str, accepted: bool = True) -> Street:
    """Return a street whose near service loses its second answer, and then names these jobs."""
    street = Street()
    hooks = street.hooks = Hooks("https://hooks.test", street.clock)
    street.near = Calling(
        png(), name="near", submits=[None, Lost(accepted)], hooks=hooks, jobs_named=names
    )
    street.__post_init__()
    street.buy()
    return street


def test_the_job_of_another_call_is_not_taken() -> None:
    """Whoever calls back with it: its picture is that of another target, and paid once."""
    street = calling("job-1", accepted=False)
    with pytest.raises(CallHeld):
        street.buy(replace(order(), take=2))
    assert len(street.near.charges) == 1


@pytest.mark.parametrize("first", [NotFound(), ProviderError(problem("502"))])
def test_a_job_that_is_not_known_at_once(first: AssetgenError | Progress | Hang) -> None:
    """A service may not find what it has accepted a moment ago, or lose the answer about it."""
    street = calling("job-2")
    street.near.polls = [first]
    street.buy(replace(order(), take=2))
    assert [job.job_id for job in street.jobs()] == ["job-1", "job-2"]
    assert len(street.near.charges) == 2
