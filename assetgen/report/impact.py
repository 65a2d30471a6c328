"""What an edit would do, as a list with sums and as data; finds nothing out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assetgen.errors import printable
from assetgen.plan.impact import Affected, Effect, Impact
from assetgen.report.plan import because, cost_json, images_json
from assetgen.report.problems import loc_json
from assetgen.report.text import Cell, Paint, count, money_range, span, table
from assetgen.report.words import WORDS as VERDICTS
from assetgen.report.words import is_draft

WORDS = {
    Effect.BUY: ("+", "bought again", "green"),
    Effect.MAY: ("?", "may change", "cyan"),
    Effect.FREE: ("<", "remade for free", "blue"),
    Effect.STUCK: ("!", "cannot go on", "yellow"),
    Effect.KEPT: ("=", "kept as it is", "dim"),
    Effect.ANYWAY: ("=", "to be made anyway", "dim"),
}
MOST = 50
"""Lines of one effect before the rest is only counted."""
HEADS = {
    "data": "if every row of {name} changed (a new id makes another target):",
    "spec": "what stands in {name} reaches (an edit changes only what reads that entry):",
    "output": "if {name} were edited by hand:",
}


def impact_lines(impact: Impact, *, verbose: bool = False, color: bool = False) -> str:
    """Return what an edit would do: each target it reaches, then sums.

    Not more than :data:`MOST` targets of one effect are listed without ``verbose``.
    """
    paint = Paint(color)
    if not impact.targets:
        return f"nothing changes with {_subject(impact)}\n"
    head = HEADS.get(impact.kind, "if {name} changed:").format(name=_subject(impact))
    place = f"  {paint(str(impact.loc), 'dim')}" if impact.loc else ""
    lines = [f"{paint(head, 'bold')}{place}", ""]
    groups = {effect: [a for a in impact.targets if a.effect is effect] for effect in Effect}
    shown = {effect: group if verbose else group[:MOST] for effect, group in groups.items()}
    rows = iter(table([_row(one) for group in shown.values() for one in group], paint))
    for effect, group in shown.items():
        lines += [next(rows).rstrip() for _ in group]
        if len(groups[effect]) > len(group):
            lines.append(f"    … and {len(groups[effect]) - len(group):,} more")
    lines += ["", paint(_sums(impact, groups), "bold")]
    return "".join(line + "\n" for line in lines)


def _subject(impact: Impact) -> str:
    name = printable(impact.name)
    return f"{impact.kind}:{name}" if impact.kind in ("style", "var") else name


def _row(one: Affected) -> list[Cell]:
    sign, word, style = WORDS[one.effect]
    if one.effect is Effect.BUY and is_draft(one.decision):
        word = "drawn again"
    if one.effect is Effect.STUCK:
        word = VERDICTS[one.decision.verdict].name
    return [
        Cell(sign, style),
        Cell(printable(one.name)),
        Cell(word, style),
        Cell(_price(one)),
        Cell(printable(one.because) or because(one.decision), "dim"),
    ]


def _price(one: Affected) -> str:
    if not one.images.max:
        return ""
    return money_range(one.cost, unknown=one.unknown)


def _sums(impact: Impact, groups: dict[Effect, list[Affected]]) -> str:
    names = [f"{len(group):,} {_word(effect, group)}" for effect, group in groups.items() if group]
    total = f"{count(len(impact.targets), 'target')}: {', '.join(names)}"
    if not impact.images.max:
        return f"{total}\nCost: nothing"
    least, most = int(impact.images.min), int(impact.images.max)
    pictures = f"{span(f'{least:,}', f'{most:,}')} picture{'' if most == 1 else 's'}"
    return f"{total}\nCost: {money_range(impact.cost, unknown=impact.unknown)} ({pictures})"


def _word(effect: Effect, group: Sequence[Affected]) -> str:
    if effect is Effect.BUY and all(is_draft(one.decision) for one in group):
        return "drawn again"
    return WORDS[effect][1]


def impact_json(impact: Impact) -> dict[str, Any]:
    """Return the same as data."""
    return {
        "version": 1,
        "subject": {
            "kind": impact.kind,
            "name": impact.name,
            "at": loc_json(impact.loc),
            "all_of_it": impact.all_of_it,
        },
        "targets": [
            {
                "name": one.name,
                "kind": one.decision.target.kind.value,
                "effect": one.effect.value,
                "reasons": [one.because]
                if one.because
                else [reason.text for reason in one.decision.reasons],
                "images": images_json(one.images),
                "cost": {**cost_json(one.cost), "unknown": one.unknown},
            }
            for one in impact.targets
        ],
        "images": images_json(impact.images),
        "cost": {**cost_json(impact.cost), "currency": "USD", "unknown": impact.unknown},
    }
