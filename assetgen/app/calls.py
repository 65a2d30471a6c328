"""What the user says about paid calls: list, adopt, retry, abandon; calls no service."""

from __future__ import annotations

from assetgen.app.project import Project
from assetgen.errors import Kind, Problem, UsageError
from assetgen.state import Job, JobState
from assetgen.store import snapshot

NOT_HELD = Kind(
    "not-held",
    "call {id} is {state}, not held, so there is nothing to settle",
    "'assetgen jobs list --all' shows every call",
)
ANOTHERS = Kind(
    "job-of-another-call",
    "job {job_id} belongs to call {other}, for {target}: its picture is another one",
    "look on the service's page which job this call made, by its prompt and its time",
)


def list_jobs(project: Project, *, everything: bool = False) -> tuple[Job, ...]:
    """Return the unsettled calls of this project, or of all projects."""
    return project.ledger.unsettled(None if everything else project.root)


def find(project: Project, number: int) -> Job:
    """Return a call by number. Raises StoreError if there is none."""
    return project.ledger.job(number)


def adopt(project: Project, number: int, job_id: str) -> Job:
    """Record the service's id of a held call; the next build collects its picture.

    Raises StoreError for an unknown call, UsageError for one that is not held, and for an id that
    belongs to another one.
    """
    job = _held(project, number)
    for other in project.ledger.named(job.provider, job_id):
        if other.id != number:
            facts = {"job_id": job_id, "other": other.id, "target": other.target}
            raise UsageError(Problem(ANOTHERS, facts=facts))
    return project.ledger.accepted(number, job_id, project.clock.now())


def retry(project: Project, number: int) -> Job:
    """Let the next build send a held or ended call again; the user answers for a double charge."""
    job = project.ledger.job(number)
    now = project.clock.now()
    if job.state in (JobState.FAILED, JobState.ABANDONED):
        job = project.ledger.intend(
            key=job.key,
            take=job.take,
            epoch=job.epoch + 1,
            provider=job.provider,
            model=job.model,
            session="",
            project=job.project,
            target=job.target,
            manifest=job.manifest,
            price=job.price,
            now=now,
        )
    else:
        job = _held(project, number)
        job = project.ledger.reopened(number, "", now)
    snapshot.forget(project.folder)
    return project.ledger.refused(job.id, "to be sent again at the user's word", now)


def abandon(project: Project, number: int) -> Job:
    """Give a call up: whatever it may have cost, nothing waits for it any more."""
    snapshot.forget(project.folder)
    return project.ledger.abandoned(number, project.clock.now())


def _held(project: Project, number: int) -> Job:
    job = project.ledger.job(number)
    if job.state is not JobState.AMBIGUOUS:
        raise UsageError(Problem(NOT_HELD, facts={"id": number, "state": job.state.value}))
    return job
