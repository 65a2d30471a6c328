"""Two takes of a target beside each other; compares no bytes but by their digests."""

from __future__ import annotations

from typing import Any

from assetgen.errors import printable
from assetgen.plan.difference import TakePair
from assetgen.report.takes import take_json
from assetgen.report.text import Paint, money, short
from assetgen.state import Take

INDENT = "    "


def takes_lines(pair: TakePair, *, color: bool = False) -> str:
    """Return two takes of a target beside each other, field by field."""
    paint = Paint(color)
    old, new = take_json(pair.old), take_json(pair.new)
    name = printable(pair.line.target)
    lines = [paint(f"{name}: take {pair.old.n} -> take {pair.new.n}", "bold")]
    lines += [f"{INDENT}{side}" for side in (_side(pair, pair.old), _side(pair, pair.new))]
    if old["sha256"] == new["sha256"]:
        lines.append(f"{INDENT}both have the same bytes")
    for field in ("provider", "model", "cost", "note", "rejected", "adopted"):
        if old[field] != new[field]:
            was, now = (_plain(value) for value in (old[field], new[field]))
            lines.append(f"{INDENT}{paint(field, 'bold')}  {was} -> {now}")
    return "".join(line + "\n" for line in lines)


def _side(pair: TakePair, take: Take) -> str:
    shown = "  shown" if take.n == pair.line.shown else ""
    return f"take {take.n}  {short(take.sha256)}{shown}"


def _plain(value: Any) -> str:
    if value is None:
        return "unknown"
    return money(value) if isinstance(value, float) else shown_value(value)


def takes_json(pair: TakePair, *, sheets: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the same as data."""
    return {
        "version": 1,
        "target": pair.line.target,
        "shown": pair.line.shown,
        "from": take_json(pair.old),
        "to": take_json(pair.new),
        "sheets": list(sheets),
    }


def shown_value(value: Any) -> str:
    """Return a value of a lock line as people write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return f'"{printable(value)}"' if " " in value or not value else printable(value)
    return str(value)
