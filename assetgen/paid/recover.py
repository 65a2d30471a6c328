"""Looks after the calls that earlier builds left open, before anything new is submitted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from assetgen.action import DRAFT_MODEL
from assetgen.digest import Digest
from assetgen.errors import AssetgenError, Problem
from assetgen.paid.desk import Desk
from assetgen.paid.outcomes import KEY_GONE, Interrupted, LeftOpen, NoKey
from assetgen.state import Job, JobState, Take
from assetgen.store.ledger import Ledger

AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Recovered:
    """What came of the open calls: takes that were collected, and calls that were not."""

    takes: tuple[tuple[Job, Take], ...] = ()
    failures: tuple[tuple[Job, AssetgenError], ...] = ()


async def recover(
    desk: Desk,
    ledger: Ledger,
    *,
    project: str,
    keys: Collection[Digest],
    is_alive: Callable[[str], bool],
    offline: bool = False,
) -> Recovered:
    """Collect this project's open calls and those of ``keys``; nothing new is bought.

    Calls of living sessions are theirs. Those that are done go first, and of them the oldest:
    the addresses of their pictures expire soonest. A call that
    may never have arrived is not posted again here: nobody has agreed to anything yet. With
    ``offline`` only drafts are collected.
    """
    jobs = sorted(_open_jobs(ledger, project, keys), key=_expiry)
    gate = asyncio.Semaphore(AT_ONCE)
    takes: list[tuple[Job, Take]] = []
    failures: list[tuple[Job, AssetgenError]] = []

    async def settle(job: Job) -> None:
        async with gate:
            try:
                done = await desk.resume(job, None)
                takes.extend((done, take) for take in await desk.collect(done))
            except (Interrupted, LeftOpen):
                return
            except NoKey as error:
                failures.append((job, _without_key(job, error)))
            except AssetgenError as error:
                failures.append((job, error))

    if offline:
        jobs = [job for job in jobs if job.model == DRAFT_MODEL]
    await asyncio.gather(*(settle(job) for job in jobs if not is_alive(job.session)))
    return Recovered(tuple(takes), tuple(failures))


def _without_key(job: Job, error: NoKey) -> NoKey:
    """Return what to say of a call for which there is no key any more."""
    facts = {**error.problems[0].facts, "target": job.target, "job": str(job.id)}
    return NoKey(Problem(KEY_GONE, facts=facts))


def _expiry(job: Job) -> tuple[bool, float]:
    return job.state is not JobState.COMPLETED, job.created


def _open_jobs(ledger: Ledger, project: str, keys: Iterable[Digest]) -> list[Job]:
    found = {job.id: job for job in ledger.open_jobs(project)}
    for key in keys:
        found.update({job.id: job for job in ledger.jobs_of(key) if job.state.is_open})
    return list(found.values())
