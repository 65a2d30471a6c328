"""What the user says about calls in doubt."""

from __future__ import annotations

from pathlib import Path

import pytest

from assetgen.app import calls
from assetgen.app.consent import Caps
from assetgen.errors import UsageError
from assetgen.providers.fake import Lost
from tests.app.test_paid_build import MODEL, Shop

TWO = f"version: 1\ndefaults: {{model: {MODEL}}}\ntargets: {{sword: a sword, shield: a shield}}\n"


@pytest.fixture
def held(tmp_path: Path) -> Shop:
    """A shop with a bought sword, `job-1`, and a shield whose answer was lost, `job-2`."""
    shop = Shop(tmp_path)
    shop.spec(TWO)
    shop.provider.derives_ids = False
    shop.provider.concurrency = 1
    shop.provider.submits = [None, Lost(accepted=True)]
    assert shop.build(Caps(max_images=9)).exit_code == 75
    return shop


def test_a_job_is_adopted_for_one_call_only(held: Shop) -> None:
    """A slip of the pen would show one target's picture for another."""
    project = held.project()
    (job,) = calls.list_jobs(project)
    with pytest.raises(UsageError) as caught:
        calls.adopt(project, job.id, "job-1")
    assert "belongs to call 1, for sword" in str(caught.value)
    calls.adopt(project, job.id, "job-2")
    project.close()
    assert held.build().exit_code == 0
    assert len(held.provider.charges) == 2
