"""What every end-to-end test starts from."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.emulated import Market, market
from tests.e2e.sandbox import Sandbox


@pytest.fixture
def box(tmp_path: Path) -> Sandbox:
    """An empty project of a user with empty folders."""
    return Sandbox(tmp_path)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Market]:
    """An empty project beside emulated services, with a key for each."""
    with market(tmp_path) as one:
        yield one


def can_mount() -> bool:
    """Return whether these tests may mount a file system."""
    return (
        shutil.which("unshare") is not None
        and os.geteuid() == 0
        and subprocess.run(
            ["unshare", "-m", "mount", "-t", "tmpfs", "assetgen-test", "/mnt"],
            check=False,
            capture_output=True,
        ).returncode
        == 0
    )


collect_ignore = [] if can_mount() else ["test_full_disk.py"]
