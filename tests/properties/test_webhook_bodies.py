"""Whatever is sent to a webhook, a hint holds only a few short texts that can be printed."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from assetgen.providers.webhooks import job_ids

NAMES = st.sampled_from(["data", "request_id", "taskUUID", "taskId", "status"]) | st.text()
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner),
)


def check(ids: tuple[str, ...]) -> None:
    assert len(ids) <= 16 and len(set(ids)) == len(ids)
    assert all(0 < len(text) <= 200 and text.isascii() and text.isprintable() for text in ids)


@given(st.binary())
def test_any_bytes(body: bytes) -> None:
    """Nothing is raised."""
    check(job_ids(body))


@given(VALUES)
def test_any_json(value: Any) -> None:
    """Every id that comes out stood in the body."""
    body = json.dumps(value)
    check(job_ids(body.encode()))
    assert all(json.dumps(text) in body for text in job_ids(body.encode()))
