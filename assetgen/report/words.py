"""What each verdict is called, and its sign and colour; knows no layout."""

from __future__ import annotations

from dataclasses import dataclass

from assetgen.action import DRAFT_MODEL
from assetgen.plan import reasons
from assetgen.plan.model import Decision
from assetgen.report.text import number_range
from assetgen.state import Verdict


@dataclass(frozen=True, slots=True)
class Word:
    """How a verdict looks.

    Attributes:
        sign: one character, so that a list can be read without colour.
        name: the verdict in words, as in `3 up to date`.
        style: of :data:`assetgen.report.text.SGR`.
        fill: background of its node in a drawn graph; dark text is readable on it.
    """

    sign: str
    name: str
    style: str
    fill: str


WORDS: dict[Verdict, Word] = {
    Verdict.UP_TO_DATE: Word("=", "up to date", "dim", "#d9ead3"),
    Verdict.RUN: Word("+", "to make", "green", "#9fc5e8"),
    Verdict.PENDING: Word("?", "pending", "cyan", "#d0e0f0"),
    Verdict.RESTORE: Word("<", "to restore", "blue", "#c9daf8"),
    Verdict.KEPT: Word("=", "kept", "dim", "#e2e2e2"),
    Verdict.MODIFIED: Word("!", "modified", "yellow", "#ffe599"),
    Verdict.BLOCKED: Word("-", "blocked", "yellow", "#f9cb9c"),
    Verdict.HELD: Word("!", "held", "magenta", "#d5a6bd"),
    Verdict.FAILED: Word("x", "failed", "red", "#ea9999"),
    Verdict.LOST: Word("x", "lost", "red", "#dd7e6b"),
}
"""Every verdict, in the order in which reports group them."""


def is_draft(decision: Decision) -> bool:
    """Whether the pictures of a paid target are drawn by the built-in draft provider."""
    return decision.target.kind.is_paid and (decision.model or decision.target.model) == DRAFT_MODEL


def doing(decision: Decision) -> str:
    """Return what a build does about it: `buy 4`, `draw 1`, `collect`, `derive`, `restore` …"""
    if decision.verdict is Verdict.RESTORE:
        return "restore"
    if decision.verdict not in (Verdict.RUN, Verdict.PENDING):
        return WORDS[decision.verdict].name
    if not decision.target.kind.is_paid:
        return "derive"
    if decision.images.max:
        return f"{'draw' if is_draft(decision) else 'buy'} {number_range(decision.images)}"
    kinds = {reason.kind for reason in decision.reasons}
    if reasons.SHARED in kinds:
        return "share"
    return "collect" if reasons.IN_FLIGHT in kinds else "derive"
