"""Expects a command to refuse: in words, with its exit code, and without touching anything."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.sandbox import Ran, Sandbox


def refused(box: Sandbox, *texts: str, command: tuple[str, ...] = ("build",), code: int = 2) -> Ran:
    """Run ``command``; expect ``code`` and each of ``texts`` (whole lines) on stderr.

    Nothing may be ordered, and no file of the project may appear, change or go.
    """
    files, jobs = contents(box.root), box.jobs()
    ran = box.run(*command)
    told = f"exit {ran.code}\n{ran.out}\n{ran.err}"
    assert ran.code == code, told
    assert "Traceback" not in ran.err, told
    lines = ran.err.splitlines()
    for text in texts:
        for line in text.splitlines():
            assert line in lines, f"not told: {line}\n{told}"
    assert box.jobs() == jobs
    assert contents(box.root) == files
    return ran


def contents(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every regular file under ``folder``, and the names of all else."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        if path.is_file() and not path.is_symlink()
        else b""
        for path in sorted(folder.rglob("*"))
    }
