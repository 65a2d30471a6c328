"""The end of a build in words: what was done, for how much, and what to type next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assetgen.events import Summary
from assetgen.report.plan import usd
from assetgen.report.text import Paint, count, duration, money


def summary_lines(summary: Summary, *, color: bool = False) -> str:
    """Return one line where nothing happened, else counts, money and time, then next steps."""
    paint = Paint(color)
    steps = list(_steps(summary))
    done = _done(summary)
    if not done and not steps:
        return paint(_idle(summary), "green") + "\n"
    made = f"{', '.join(done) or 'nothing made'} in {duration(summary.seconds)}"
    first = "; ".join(part for part in (made, _rest(summary)) if part)
    lines = [paint(first, "yellow" if steps else "green")]
    lines += [f"{paint(what, 'bold')}: {step}" for what, step in steps]
    return "".join(line + "\n" for line in lines)


def _idle(summary: Summary) -> str:
    if not summary.up_to_date and not summary.kept:
        return "no targets to build"
    kept = f", {summary.kept:,} kept as they are" if summary.kept else ""
    return f"{count(summary.up_to_date, 'target')} up to date{kept}"


def _done(summary: Summary) -> list[str]:
    parts: list[str] = []
    if summary.bought and not summary.cost and not summary.cost_unknown:
        parts.append(f"{count(summary.bought, 'picture')} made (free)")
    elif summary.bought or summary.cost:
        parts.append(f"{count(summary.bought, 'picture')} bought ({_spent(summary)})")
    if summary.restored:
        parts.append(f"{summary.restored:,} restored")
    if summary.derived:
        parts.append(f"{summary.derived:,} derived")
    return parts


def _spent(summary: Summary) -> str:
    if not summary.cost_unknown:
        return money(summary.cost)
    return f"{money(summary.cost)} and some of unknown price" if summary.cost else "price unknown"


def _rest(summary: Summary) -> str:
    parts = [
        f"{number:,} {name}"
        for number, name in (
            (summary.up_to_date, "up to date"),
            (summary.kept, "kept"),
        )
        if number
    ]
    return ", ".join(parts)


def _steps(summary: Summary) -> Iterator[tuple[str, str]]:
    """Yield what is left, and how the user goes on with it."""
    if summary.interrupted:
        yield "interrupted", "nothing is lost; 'assetgen build' goes on where this stopped"
    if summary.account:
        yield "account refused", "mend the key or the balance, then 'assetgen build' again"
    for number, what, step in (
        (summary.held, "held", "settle the calls with 'assetgen jobs', then build again"),
        (summary.open, "in flight", "nothing is lost; 'assetgen build' goes on with it later"),
        (
            summary.waiting,
            "waiting for a pick",
            "'assetgen review', or 'assetgen pick TARGET N', then build again",
        ),
        (summary.failed, "failed", "mend what is said above and build again"),
        (summary.blocked, "blocked", "'assetgen why TARGET' names what it needs"),
        (
            summary.modified,
            "modified",
            "left alone; 'assetgen adopt TARGET FILE' keeps the file, 'assetgen restore TARGET' "
            "puts back what was built",
        ),
        (
            summary.lost,
            "lost",
            "bought pictures cannot be read here; 'assetgen why TARGET' says which",
        ),
        (
            summary.declined,
            "not bought",
            "build again and agree, or allow it with --max-images N or --max-cost USD",
        ),
        (summary.over_cap, "over the cap", "build again with a higher --max-images or --max-cost"),
        (
            summary.would_run,
            "not up to date",
            "'assetgen build' without --locked and --offline makes them; 'assetgen plan' lists",
        ),
    ):
        if number:
            yield f"{number:,} {what}", step


def summary_json(summary: Summary) -> dict[str, Any]:
    """Return the documented last event of `build --json`."""
    return {
        "event": "summary",
        "bought": summary.bought,
        "restored": summary.restored,
        "derived": summary.derived,
        "up_to_date": summary.up_to_date,
        "failed": summary.failed,
        "held": summary.held,
        "blocked": summary.blocked,
        "cost": usd(summary.cost),
        "exit_code": summary.exit_code,
        "cost_unknown": summary.cost_unknown,
        "modified": summary.modified,
        "kept": summary.kept,
        "open": summary.open,
    }
