"""What a build says while it runs, as values; knows no terminal and no JSON."""

from __future__ import annotations

from dataclasses import dataclass

from assetgen.errors import Problem
from assetgen.state import Job, Verdict


@dataclass(frozen=True, slots=True)
class BuildStarted:
    """The plan is made: ``targets`` are looked at, ``images`` may be bought (least, most).

    ``up_to_date`` of the targets need nothing, and no event of their own follows.
    """

    targets: int
    images: tuple[int, int]
    cost: tuple[float, float]
    unknown_cost: bool
    up_to_date: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """Another build holds this project's lock; ``holder`` says which (pid, host, since)."""

    holder: str


@dataclass(frozen=True, slots=True)
class TargetStarted:
    """Work on a target begins. ``work``: buy, restore or derive."""

    target: str
    work: str


@dataclass(frozen=True, slots=True)
class JobChanged:
    """A paid call moved on in the ledger."""

    target: str
    job: Job


@dataclass(frozen=True, slots=True)
class TargetDone:
    """A target is settled.

    Attributes:
        verdict: what the decision was (RUN for what was bought or derived now).
        work: buy, restore, derive or empty if nothing was done.
        images: pictures bought now; cost: USD spent now, None if unknown.
        written: the output paths whose bytes changed.
        reasons: why, one line each.
    """

    target: str
    verdict: Verdict
    work: str = ""
    images: int = 0
    cost: float | None = 0.0
    written: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TargetFailed:
    """A target could not be built."""

    target: str
    problem: Problem


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know that belongs to no single step."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class Summary:
    """The end of a build: counts of targets, ``bought`` in images, ``cost`` in USD.

    Attributes:
        cost_unknown: some bought picture's cost is not known, so ``cost`` is a lower bound.
        waiting: targets of which a take must be picked before others go on.
        modified, kept, lost: counts of targets left alone.
        would_run: targets that a `--locked` or `--offline` build would have had to buy or change.
        open: paid calls that are not collected yet, which the next build goes on with.
        over_cap: targets not bought because a cap was reached; declined: because nobody agreed.
        account: an authentication or balance error stopped all submits.
        interrupted: the user stopped the build.
        seconds: how long it took.
    """

    bought: int = 0
    restored: int = 0
    derived: int = 0
    up_to_date: int = 0
    failed: int = 0
    held: int = 0
    open: int = 0
    blocked: int = 0
    modified: int = 0
    kept: int = 0
    lost: int = 0
    waiting: int = 0
    would_run: int = 0
    over_cap: int = 0
    declined: int = 0
    account: bool = False
    interrupted: bool = False
    cost: float = 0.0
    cost_unknown: bool = False
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        """The one exit code; where several apply the order is 130, 4, 75, 3, 1."""
        if self.interrupted:
            return 130
        if self.account:
            return 4
        if self.held or self.open or self.waiting:
            return 75
        if self.would_run or self.over_cap or self.declined or self.lost:
            return 3
        return 1 if self.failed or self.modified or self.blocked else 0


Event = (
    BuildStarted
    | Waiting
    | TargetStarted
    | JobChanged
    | TargetDone
    | TargetFailed
    | Notice
    | Summary
)
