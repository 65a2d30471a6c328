"""What a build writes down: lock lines as targets finish, and the counts; does none of the work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

from assetgen.action import DRAFT_MODEL
from assetgen.build.workshop import Made
from assetgen.digest import Digest
from assetgen.events import Summary
from assetgen.plan import reasons as why
from assetgen.plan.model import Decision
from assetgen.state import LineState, LockLine, OutputRecord, Take, Verdict


class Book:
    """The lock's lines and the outputs' digests while they change.

    ``write`` stores all lines; it is called at most once a second, and less often where it is
    slow, since the ledger covers the gap. ``dirty`` says that the file is not what the lines say.
    """

    def __init__(
        self,
        lines: dict[str, LockLine],
        seen: dict[str, Digest],
        write: Callable[[dict[str, LockLine]], None],
        now: Callable[[], float],
        *,
        dirty: bool = False,
    ) -> None:
        self.lines = lines
        self.seen = seen
        self._write = write
        self._now = now
        self._dirty = dirty
        self._next = now() + 1.0

    def put(self, line: LockLine) -> None:
        """Set one target's line; the file follows with the next flush."""
        if self.lines.get(line.target) != line:
            self.lines[line.target] = line
            self._dirty = True

    def flush(self, *, force: bool = False) -> None:
        """Write the lock if it changed and it is time to, or at once. Raises StoreError."""
        started = self._now()
        if not self._dirty or (started < self._next and not force):
            return
        self._write(self.lines)
        self._dirty = False
        self._next = self._now() + max(1.0, 10 * (self._now() - started))


def bought_line(decision: Decision, takes: Iterable[Take], epoch: int) -> LockLine:
    """Return the line of a target whose takes were just bought; outputs are as they were."""
    if decision.action is None:
        raise AssertionError("only a known action is bought")
    known = {take.n: take for take in decision.takes}
    known.update({take.n: take for take in takes})
    line = decision.line
    same = line is not None and line.key == decision.action.key
    base = line if line is not None and same else LockLine(decision.target.name)
    numbers = sorted(known)
    return replace(
        base,
        recipe=decision.action.manifest,
        key=decision.action.key,
        takes=tuple(known[n] for n in numbers),
        shown=base.shown if base.shown in known else numbers[0],
        outputs=line.outputs if line else {},
        state=base.state if same else _state(decision),
        epoch=max(epoch, base.epoch),
    )


def _state(decision: Decision) -> LineState:
    if decision.model == DRAFT_MODEL:
        return LineState.DRAFT
    if decision.bought is not None and decision.bought.adopted:
        return LineState.ADOPTED
    return LineState.PICKED if decision.picked else LineState.BOUGHT


def finished_line(decision: Decision, made: Iterable[Made]) -> LockLine:
    """Return the line of a target whose outputs are all in place."""
    records = dict(decision.line.outputs) if decision.line else {}
    records.update({m.output.path: OutputRecord(m.action.key, m.sha256) for m in made})
    outputs = {path: records[path] for path in sorted(decision.outputs or {})}
    line = decision.line or LockLine(decision.target.name)
    if not decision.target.kind.is_paid and line.state is not LineState.ADOPTED:
        return LockLine(decision.target.name, outputs=outputs, note=line.note)
    if decision.verdict is Verdict.KEPT or decision.action is None or _is_kept(decision):
        return replace(line, outputs=outputs)
    if line.key == decision.action.key:
        return replace(line, outputs=outputs)
    return LockLine(
        target=decision.target.name,
        recipe=decision.action.manifest,
        key=decision.action.key,
        takes=decision.takes,
        shown=decision.shown,
        outputs=outputs,
        state=_state(decision),
    )


def _is_kept(decision: Decision) -> bool:
    """Whether the shown take stands for another key than the wanted one."""
    line = decision.line
    return line is not None and decision.action is not None and decision.takes is line.takes


class Tally:
    """The counts of a build as it goes.

    Attributes:
        account: a key is missing, or an account was refused.
        interrupted: the user stopped the build.
    """

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._cost = 0.0
        self._cost_unknown = False
        self._waiting: set[str] = set()
        self.account = False
        self.interrupted = False

    def add(self, what: str, number: int = 1) -> None:
        """Add to one of the counts of :class:`~assetgen.events.Summary`."""
        self._counts[what] += number

    def count(self, decision: Decision, work: str = "") -> None:
        """Count a settled target by what was done, or by its verdict if nothing was."""
        if work:
            self._counts.update(_BY_WORK.get(work, ()))
            return
        stuck = decision.verdict is Verdict.PENDING
        self.add("blocked" if stuck else decision.verdict.value)
        self._waiting.update(
            str(reason.facts["input"])
            for reason in decision.reasons
            if reason.kind is why.INPUT_REVIEW
        )
        if decision.verdict is Verdict.BLOCKED and decision.lost:
            self.add("lost")

    def spend(self, take: Take) -> None:
        """Count a bought picture and its cost in USD."""
        self.add("bought")
        self._cost += take.cost or 0.0
        self._cost_unknown = self._cost_unknown or take.cost is None

    def summary(self, seconds: float) -> Summary:
        """Return the counts as the event that ends a build."""
        return Summary(
            **self._counts,
            waiting=len(self._waiting),
            account=self.account,
            interrupted=self.interrupted,
            cost=round(self._cost, 6),
            cost_unknown=self._cost_unknown,
            seconds=seconds,
        )


_BY_WORK = {"restore": ("restored",), "derive": ("derived",)}
