"""What is said of takes and of the line that lists them; knows no target and no recipe."""

from __future__ import annotations

from typing import Any

from assetgen.errors import printable
from assetgen.report.plan import usd
from assetgen.report.text import money, short
from assetgen.state import LineState, LockLine, Take


def take_words(take: Take, *, shown: bool) -> list[str]:
    """Return digest, origin, price and a person's words of a take, each printable."""
    words = [short(take.sha256)]
    if take.adopted:
        words.append("adopted as it is" if take.finished else "adopted")
    elif take.provider:
        words.append(printable(take.provider))
    if not take.adopted:
        words.append("price unknown" if take.cost is None else money(take.cost))
    if words[-1] == money(0):
        words[-1] = "free"
    words += ["shown"] if shown else []
    words += ["refused"] if take.rejected else []
    words += [f'"{printable(take.note)}"'] if take.note else []
    return words


def line_words(line: LockLine | None) -> list[str]:
    """Return what a person decided about a target as a whole."""
    if line is None:
        return []
    words = [line.state.value] if line.state in (LineState.PICKED, LineState.ADOPTED) else []
    words += ["pinned"] if line.pinned else []
    words += ["accepted for the recipe as it now is"] if line.accepted_key else []
    words += [f'"{printable(line.note)}"'] if line.note else []
    return words


def take_json(take: Take) -> dict[str, Any]:
    """Return a take as data; its cost in USD, None if unknown."""
    return {
        "n": take.n,
        "sha256": take.sha256,
        "provider": take.provider,
        "model": take.model,
        "cost": None if take.cost is None else usd(take.cost),
        "note": take.note,
        "rejected": take.rejected,
        "adopted": take.adopted,
        "finished": take.finished or None,
    }
