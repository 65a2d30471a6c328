"""Disks that are really full or read-only: nothing bought is lost, nothing is bought twice.

These tests mount small file systems, and are collected only where that is allowed.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.refusal import refused
from tests.e2e.sandbox import Sandbox

SPEC = "targets:\n  a: a sword\n  b: an axe\n"


@contextmanager
def mounted(place: Path, size: str) -> Iterator[None]:
    """Let ``place`` be a file system of ``size``, if that is allowed here."""
    place.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "assetgen-test", str(place)],
        check=True,
        capture_output=True,
    )
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def remount(place: Path, option: str) -> None:
    """Change an option of a mounted file system."""
    subprocess.run(["mount", "-o", f"remount,{option}", str(place)], check=True)


def test_a_full_disk_under_the_project(box: Sandbox) -> None:
    """The path is named, nothing torn stays, and with room the pictures are put in place."""
    with mounted(box.root, "64k"):
        box.spec(SPEC)
        box.write("filler", b"x" * 50_000)
        ran = box.run("build")
        assert ran.code == 1
        assert "no space left to write art/a.png\n" in ran.out
        assert not list(box.root.glob("art/*"))
        (box.root / "filler").unlink()
        summary = box.build()
        assert (summary["bought"], summary["restored"]) == (0, 2)
    assert box.jobs() == 2


def test_a_full_disk_under_the_ledger(box: Sandbox) -> None:
    """It is called full, and nothing is ordered."""
    with mounted(box.base / "data", "96k"):
        box.spec(SPEC)
        (box.base / "data/filler").write_bytes(b"x" * 70_000)
        ran = box.run("build")
        assert ran.code == 1
        assert f"no space is left for {box.base}/data/ledger.sqlite3\n" in ran.out
        assert box.jobs() == 0
        (box.base / "data/filler").unlink()
        remount(box.base / "data", "size=8m")
        assert box.build()["bought"] == 2


def test_a_full_disk_under_the_pictures(box: Sandbox) -> None:
    """What was ordered is collected when there is room, and not ordered again."""
    with mounted(box.base / "cache", "96k"):
        box.spec(SPEC)
        (box.base / "cache/filler").write_bytes(b"x" * 70_000)
        ran = box.run("build")
        assert ran.code == 1
        assert f"no space is left for {box.base}/cache/drafts/" in ran.out
        assert box.jobs() == 2
        (box.base / "cache/filler").unlink()
        remount(box.base / "cache", "size=8m")
        assert box.build()["failed"] == 0
    assert box.jobs() == 2


@pytest.mark.parametrize("folder", ["data", "cache"])
def test_a_read_only_store(box: Sandbox, folder: str) -> None:
    """A build says what is read-only and orders nothing; plan and verify work."""
    with mounted(box.base / folder, "8m"):
        box.spec(SPEC)
        remount(box.base / folder, "ro")
        ran = refused(
            box,
            "  make it writable, or name another folder in ASSETGEN_DATA_DIR or ASSETGEN_CACHE_DIR",
            code=1,
        )
        assert ran.err.splitlines()[0].startswith(f"{box.base}/{folder}/")
        assert box.verdicts() == {"a": "run", "b": "run"}
        remount(box.base / folder, "rw")
        box.build()
        remount(box.base / folder, "ro")
        assert box.ok("verify").out == "2 targets verified\n"
        assert box.verdicts() == {"a": "up_to_date", "b": "up_to_date"}


def test_a_read_only_project(box: Sandbox) -> None:
    """The outputs wait in the store until they can be written."""
    with mounted(box.root, "1m"):
        box.spec(SPEC)
        remount(box.root, "ro")
        ran = box.run("build")
        assert ran.code == 1
        assert "art/a.png is on a read-only file system\n    make it writable" in ran.out
        remount(box.root, "rw")
        assert box.build()["bought"] == 0
    assert box.jobs() == 2
