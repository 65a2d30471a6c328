"""Lists: the targets, where they stand, the paid calls; knows neither ledger nor clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from assetgen.errors import printable
from assetgen.graph import Target
from assetgen.plan.model import Decision, Plan
from assetgen.report.plan import because, usd
from assetgen.report.text import Cell, Paint, age, count, money, table
from assetgen.report.words import WORDS
from assetgen.state import Job, JobState, Verdict

MOST = 10
JOB_STYLES = {
    JobState.AMBIGUOUS: "magenta",
    JobState.FAILED: "red",
    JobState.REFUSED: "red",
    JobState.FETCHED: "green",
    JobState.ABANDONED: "dim",
}
SETTLE = (
    "held: sent, but the answer is unknown. Look on the service's page, then\n"
    "  assetgen jobs adopt ID SERVICE-ID   it was accepted: collect it\n"
    "  assetgen jobs retry ID              it was not: send it again\n"
    "  assetgen jobs abandon ID            give it up\n"
)


def list_lines(targets: Iterable[Target], *, color: bool = False) -> str:
    """Return one line for each target: its name, kind, files and tags."""
    rows = [
        [
            Cell(printable(target.name)),
            Cell(target.kind.value, "dim"),
            Cell(_files(target)),
            Cell(" ".join(f"tag:{printable(tag)}" for tag in target.tags), "dim"),
        ]
        for target in targets
    ]
    return "".join(line.rstrip() + "\n" for line in table(rows, Paint(color), indent=""))


def _files(target: Target) -> str:
    if not target.outputs:
        return "(no output)"
    more = f" (+{len(target.outputs) - 1} more)" if len(target.outputs) > 1 else ""
    return printable(target.outputs[0].path) + more


def list_json(targets: Iterable[Target]) -> dict[str, Any]:
    """Return the targets as data."""
    return {
        "version": 1,
        "targets": [
            {
                "name": target.name,
                "kind": target.kind.value,
                "outputs": [output.path for output in target.outputs],
                "needs": list(target.needs),
                "tags": list(target.tags),
            }
            for target in targets
        ],
    }


def status_lines(
    plan: Plan, jobs: Sequence[Job] = (), *, color: bool = False, most: int = MOST
) -> str:
    """Return the counts by verdict, then what is not up to date, then the calls in flight.

    Not more than ``most`` targets are named for each verdict.
    """
    paint = Paint(color)
    groups = _groups(plan.decisions)
    total = count(len(plan.decisions), "target")
    counts = ", ".join(f"{len(group):,} {WORDS[v].name}" for v, group in groups.items())
    lines = [paint(f"{total}: {counts}" if counts else total, "bold")]
    for verdict, group in groups.items():
        if verdict is not Verdict.UP_TO_DATE:
            lines += ["", *_group(verdict, group, paint, most)]
    lines += ["", *_calls(jobs)] if _calls(jobs) else []
    return "".join(line + "\n" for line in lines)


def _groups(decisions: Iterable[Decision]) -> dict[Verdict, list[Decision]]:
    groups: dict[Verdict, list[Decision]] = {verdict: [] for verdict in WORDS}
    for decision in decisions:
        groups[decision.verdict].append(decision)
    return {verdict: group for verdict, group in groups.items() if group}


def _group(verdict: Verdict, group: list[Decision], paint: Paint, most: int) -> list[str]:
    word = WORDS[verdict]
    rows = [[Cell(printable(d.target.name)), Cell(because(d), "dim")] for d in group[:most]]
    lines = [paint(f"{word.name}:", word.style), *(line.rstrip() for line in table(rows, paint))]
    if len(group) > most:
        lines.append(f"  … and {len(group) - most:,} more")
    return lines


def _calls(jobs: Iterable[Job]) -> list[str]:
    """Return one line for calls in flight and one for held ones, where there are any."""
    flying = sum(1 for job in jobs if job.state.is_open)
    held = sum(1 for job in jobs if job.state is JobState.AMBIGUOUS)
    lines = [f"{count(flying, 'call')} in flight: 'assetgen build' collects"] if flying else []
    return lines + ([f"{count(held, 'call')} held: see 'assetgen jobs'"] if held else [])


def status_json(plan: Plan, jobs: Iterable[Job] = ()) -> dict[str, Any]:
    """Return the counts by verdict (all of them, zeros too), the rest by name, the open calls."""
    groups = _groups(plan.decisions)
    return {
        "version": 1,
        "counts": {verdict.value: len(groups.get(verdict, ())) for verdict in WORDS},
        "targets": [
            {
                "name": decision.target.name,
                "verdict": verdict.value,
                "reasons": [reason.text for reason in decision.reasons],
            }
            for verdict, group in groups.items()
            if verdict is not Verdict.UP_TO_DATE
            for decision in group
        ],
        "jobs": [
            job_json(job) for job in jobs if job.state.is_open or job.state is JobState.AMBIGUOUS
        ],
    }


def jobs_lines(jobs: Sequence[Job], now: float, *, color: bool = False) -> str:
    """Return the paid calls as a table; ``now`` in seconds since the epoch, UTC."""
    if not jobs:
        return "no paid calls\n"
    paint = Paint(color)
    head = [Cell(name, "dim") for name in JOB_COLUMNS]
    lines: list[str] = []
    for line, job in zip(
        table([head, *(_job(job, now) for job in jobs)], paint, indent=""),
        [None, *jobs],
        strict=True,
    ):
        lines.append(line.rstrip())
        if job is not None and job.reason:
            lines.append("  " + paint(printable(job.reason), "dim"))
    text = "".join(line + "\n" for line in lines)
    held = any(job.state is JobState.AMBIGUOUS for job in jobs)
    return f"{text}\n{SETTLE}" if held else text


JOB_COLUMNS = ("ID", "STATE", "PROVIDER", "TARGET", "AGE", "PRICE", "SERVICE ID")


def _job(job: Job, now: float) -> list[Cell]:
    state = "held" if job.state is JobState.AMBIGUOUS else job.state.value
    price = job.cost if job.cost is not None else job.price
    return [
        Cell(str(job.id)),
        Cell(state, JOB_STYLES.get(job.state, "cyan")),
        Cell(printable(job.provider)),
        Cell(printable(job.target)),
        Cell(age(now - job.created)),
        Cell("unknown" if price is None else money(price) if price else "free"),
        Cell(printable(job.job_id) or "-"),
    ]


def job_json(job: Job) -> dict[str, Any]:
    """Return one paid call as data; times in seconds since the epoch, money in USD."""
    return {
        "id": job.id,
        "state": job.state.value,
        "provider": job.provider,
        "model": job.model,
        "target": job.target,
        "key": job.key,
        "take": job.take,
        "epoch": job.epoch,
        "job_id": job.job_id,
        "price": None if job.price is None else usd(job.price),
        "cost": None if job.cost is None else usd(job.cost),
        "charged": job.charged,
        "reason": job.reason,
        "created": job.created,
        "updated": job.updated,
    }


def jobs_json(jobs: Iterable[Job]) -> dict[str, Any]:
    """Return the paid calls as one document."""
    return {"version": 1, "jobs": [job_json(job) for job in jobs]}
