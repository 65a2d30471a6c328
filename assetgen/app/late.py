"""Takes that were paid for and are not in the lock, since their build was cut off; buys none."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from assetgen.app.loading import Loaded
from assetgen.app.project import Project
from assetgen.state import Job, LockLine
from assetgen.store.calls import takes


def take_in(project: Project, loaded: Loaded) -> dict[str, int]:
    """Let the lines list such takes; return how many each target got. Raises StoreError."""
    found: Counter[str] = Counter()
    for job in project.ledger.unlisted(project.root):
        line = loaded.lines.get(job.target)
        if line is not None and line.key == job.key and not _lists(line, job):
            number = max([job.take, *(take.n + 1 for take in line.takes)])
            late = [replace(take, n=number) for take in takes([job])]
            epoch = max(line.epoch, job.epoch)
            loaded.lines[job.target] = replace(line, takes=(*line.takes, *late), epoch=epoch)
            found[job.target] += 1
    return dict(found)


def have_listed(project: Project, loaded: Loaded) -> None:
    """Remember, once the lock is written, which takes it lists. Raises StoreError.

    A lock of another branch does not list them, and they are not put into it.
    """
    done = [
        job.id
        for job in project.ledger.unlisted(project.root)
        if (line := loaded.lines.get(job.target)) is not None and _lists(line, job)
    ]
    if done:
        project.ledger.listed(done)


def _lists(line: LockLine, job: Job) -> bool:
    return any(take.sha256 == job.sha256 for take in line.takes)
