"""A plan as a short list and as its documented JSON; makes no plan."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from assetgen.errors import printable
from assetgen.plan.model import Decision, Plan
from assetgen.plan.reasons import NEAREST
from assetgen.report.text import Cell, Paint, count, money_range, number_range, table
from assetgen.report.words import WORDS, doing, is_draft
from assetgen.state import Range, Verdict

MOST = 50
"""Lines of one verdict before the rest is only counted."""
UNKNOWN_PRICE = "its price is unknown"


def plan_lines(plan: Plan, *, verbose: bool = False, color: bool = False, most: int = MOST) -> str:
    """Return what a build would do, why and for how much: a list, its sums, the notices.

    Only what is not up to date is listed, or everything with ``verbose``, which also lifts the
    limit of ``most`` lines for each verdict.
    """
    paint = Paint(color)
    lines = _listed(plan.decisions, paint, verbose=verbose, most=most)
    if lines:
        lines.append("")
    lines.append(paint(plan_sums(plan), "bold"))
    for notice in plan.notices:
        lines.append(f"{paint('note:', 'yellow')} {printable(notice.cause)}")
        if notice.step:
            lines.append(f"  {printable(notice.step)}")
    return "".join(line + "\n" for line in lines)


def _listed(decisions: Iterable[Decision], paint: Paint, *, verbose: bool, most: int) -> list[str]:
    groups: dict[Verdict, list[Decision]] = {verdict: [] for verdict in WORDS}
    for decision in decisions:
        groups[decision.verdict].append(decision)
    if not verbose:
        groups[Verdict.UP_TO_DATE] = []
    shown = [d for group in groups.values() for d in (group if verbose else group[:most])]
    lines = iter(table(map(_row, shown), paint))
    result: list[str] = []
    for group in groups.values():
        kept = group if verbose else group[:most]
        result += [next(lines) for _ in kept]
        if len(group) > len(kept):
            result.append(f"    … and {len(group) - len(kept):,} more")
    return result


def _row(decision: Decision) -> list[Cell]:
    word = WORDS[decision.verdict]
    return [
        Cell(word.sign, word.style),
        Cell(printable(decision.target.name)),
        Cell(doing(decision), word.style),
        Cell(_price(decision)),
        Cell(because(decision), "dim"),
    ]


def because(decision: Decision) -> str:
    """Return the first reason, what is asked for instead of the ratio, and how many more."""
    asked = [reason for reason in decision.reasons if reason.kind is NEAREST]
    first = [reason for reason in decision.reasons if reason not in asked][:1]
    shown = "; ".join(printable(reason.text) for reason in (*first, *asked))
    more = len(decision.reasons) - len(first) - len(asked)
    return f"{shown} (+{more} more)" if more else shown


def _price(decision: Decision) -> str:
    if decision.verdict not in (Verdict.RUN, Verdict.PENDING) or not decision.images.max:
        return ""
    return money_range(decision.cost, unknown=decision.unknown_cost)


def plan_sums(plan: Plan) -> str:
    """Return one line: `Plan: 3 pictures to buy ($0.15), 2 to restore, 75 up to date`."""
    tally = _counts(plan.decisions)
    idle = tally.get(Verdict.UP_TO_DATE, 0)
    if not plan.decisions:
        return "Nothing to do: no targets"
    if idle == len(plan.decisions):
        return f"Nothing to do: {count(idle, 'target')} up to date"
    parts = _work(plan) + [
        f"{number:,} {WORDS[verdict].name}"
        for verdict in (*list(WORDS)[2:], Verdict.UP_TO_DATE)
        if (number := tally.get(verdict, 0))
    ]
    return "Plan: " + ", ".join(parts)


def _work(plan: Plan) -> list[str]:
    """Return what is bought, drawn and made from what is there, where there is any of it."""
    drafts = sum((d.images for d in plan.decisions if is_draft(d)), Range())
    bought = Range(plan.images.min - drafts.min, plan.images.max - drafts.max)
    derived = sum(1 for d in plan.decisions if d.verdict is Verdict.RUN and not d.images.max)
    parts: list[str] = []
    if bought.max:
        price = money_range(plan.cost, unknown=plan.unknown_cost)
        parts.append(f"{_pictures(bought)} to buy{_from(plan)} ({price})")
    if drafts.max:
        parts.append(f"{_drafts(drafts)} to draw (free)")
    if derived:
        parts.append(f"{derived:,} to derive")
    return parts


def _from(plan: Plan) -> str:
    """Return who is asked: ` from runware`, or ` from runware or apixo` where either will do."""
    names: dict[str, None] = {}
    for decision in plan.decisions:
        if decision.images.max and not is_draft(decision):
            names.update(dict.fromkeys(_providers(decision)))
    return f" from {' or '.join(names)}" if names else ""


def _providers(decision: Decision) -> list[str]:
    """Return who may be asked, the best first; whoever lacks a key only if nobody has one."""
    ready = [offer.route.provider for offer in decision.offers if offer.is_ready]
    return ready or [f"{offer.route.provider} (no key)" for offer in decision.offers[:1]]


def _pictures(images: Range) -> str:
    return f"{number_range(images)} picture{'' if images.max == 1 else 's'}"


def _drafts(images: Range) -> str:
    return f"{number_range(images)} draft{'' if images.max == 1 else 's'}"


def _counts(decisions: Iterable[Decision]) -> dict[Verdict, int]:
    tally: dict[Verdict, int] = {}
    for decision in decisions:
        tally[decision.verdict] = tally.get(decision.verdict, 0) + 1
    return tally


def plan_json(plan: Plan) -> dict[str, Any]:
    """Return the documented document of `plan --json`, version 1.

    Costs are USD, rounded to a millionth. What has no known price adds nothing to the sums, so
    ``unknown`` makes of them lower bounds; the target's reasons say it too.
    """
    return {
        "version": 1,
        "targets": [_target(decision) for decision in plan.decisions],
        "images": images_json(plan.images),
        "cost": {**cost_json(plan.cost), "currency": "USD", "unknown": plan.unknown_cost},
    }


def _target(decision: Decision) -> dict[str, Any]:
    reasons = [reason.text for reason in decision.reasons]
    if decision.unknown_cost:
        reasons.append(UNKNOWN_PRICE)
    return {
        "name": decision.target.name,
        "kind": decision.target.kind.value,
        "verdict": decision.verdict.value,
        "reasons": reasons,
        "outputs": [output.path for output in decision.target.outputs],
        "images": images_json(decision.images),
        "cost": cost_json(decision.cost),
        "providers": [offer.route.provider for offer in decision.offers],
    }


def images_json(images: Range) -> dict[str, int]:
    """Return whole numbers of pictures."""
    return {"min": int(images.min), "max": int(images.max)}


def cost_json(cost: Range) -> dict[str, float]:
    """Return USD, rounded to a millionth."""
    return {"min": usd(cost.min), "max": usd(cost.max)}


def usd(cost: float) -> float:
    """Return ``cost`` rounded to a millionth, always as a float."""
    return round(float(cost), 6)
