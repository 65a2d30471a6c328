"""What a build may do at all: flags that forbid work; starts and stops nothing."""

from __future__ import annotations

from dataclasses import dataclass

from assetgen.action import DRAFT_MODEL
from assetgen.plan.model import Decision
from assetgen.state import LockLine, Verdict

WORK = (Verdict.RUN, Verdict.RESTORE, Verdict.PENDING)
"""The verdicts that ask for work."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What this build may do.

    Attributes:
        jobs: the most calls in flight at once, None for each provider's own limit.
        locked: the lock must not change; offline: nothing may be bought.
        fail_fast: start nothing more after the first failure.
    """

    jobs: int | None = None
    locked: bool = False
    offline: bool = False
    fail_fast: bool = False


def forbidden_by(decision: Decision, limits: Limits) -> str:
    """Return the flag that forbids what ``decision`` asks for, or nothing."""
    if decision.verdict not in WORK:
        return ""
    if limits.locked and not _is_put_back(decision, decision.line):
        return "--locked"
    buys = decision.verdict is Verdict.RUN and decision.target.kind.is_paid
    if limits.offline and buys and decision.model != DRAFT_MODEL:
        return "--offline"
    return ""


def _is_put_back(decision: Decision, line: LockLine | None) -> bool:
    """Whether this restores just what the lock records."""
    if decision.verdict is not Verdict.RESTORE or line is None or decision.outputs is None:
        return False
    if decision.action is not None and line.key != decision.action.key:
        return False
    return all(
        path in line.outputs and line.outputs[path].key == action.key
        for path, action in decision.outputs.items()
    )
