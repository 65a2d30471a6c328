"""What every end-to-end test starts from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.sandbox import Sandbox


@pytest.fixture
def box(tmp_path: Path) -> Sandbox:
    """An empty project of a user with empty folders."""
    return Sandbox(tmp_path)
