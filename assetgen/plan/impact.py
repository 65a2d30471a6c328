"""What an edit would do to each target, from two plans: as it is, and as if edited; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from assetgen.errors import Loc
from assetgen.plan.model import Decision
from assetgen.state import NO_RANGE, LineState, Range, Verdict


class Effect(StrEnum):
    """What becomes of a target; of several edits the first in this order counts."""

    BUY = "buy"
    """It is bought (or drawn) again."""
    MAY = "may"
    """It may change: that depends on the edit, or on how its inputs come out."""
    FREE = "free"
    """It is made again of what is there."""
    STUCK = "stuck"
    """It cannot go on: edited by hand, blocked, held or failed."""
    KEPT = "kept"
    """It stays as it is: pinned, or a file that the user gave."""
    ANYWAY = "anyway"
    """It is to be made without the edit too, which adds nothing."""


@dataclass(frozen=True, slots=True)
class Affected:
    """One target that an edit reaches; ``because`` is a reason beside the decision's own."""

    decision: Decision
    effect: Effect
    images: Range = NO_RANGE
    cost: Range = NO_RANGE
    unknown: bool = False
    because: str = ""

    @property
    def name(self) -> str:
        """The target's name."""
        return self.decision.target.name


@dataclass(frozen=True, slots=True)
class Impact:
    """What an edit of one thing would do.

    Attributes:
        kind: style, var, input, data, spec or output; name: as the user says it.
        all_of_it: every value of it was taken to change, though an edit need not change all.
    """

    kind: str
    name: str
    loc: Loc | None = None
    targets: tuple[Affected, ...] = ()
    all_of_it: bool = False

    @property
    def images(self) -> Range:
        """Pictures that the edit would make necessary."""
        return sum((one.images for one in self.targets), NO_RANGE)

    @property
    def cost(self) -> Range:
        """USD that they would cost, as far as prices are known."""
        return sum((one.cost for one in self.targets), NO_RANGE)

    @property
    def unknown(self) -> bool:
        """Whether some of them have no known price."""
        return any(one.unknown for one in self.targets)


_MADE = (Verdict.RUN, Verdict.RESTORE)
_STUCK = (Verdict.MODIFIED, Verdict.BLOCKED, Verdict.HELD, Verdict.FAILED, Verdict.LOST)


def affected(pairs: Iterable[tuple[Decision, Decision]]) -> dict[str, Affected]:
    """Return what an edit does to each target; ``pairs`` are its decisions without and with it.

    By the name that it has without the edit. Pairs come in build order.
    """
    found: dict[str, Affected] = {}
    for before, after in pairs:
        if _is_reached(before, after, found):
            name = before.target.name
            found[name] = _one(before, after)
    return found


def _is_reached(before: Decision, after: Decision, found: Mapping[str, Affected]) -> bool:
    if after.verdict is Verdict.UP_TO_DATE:
        return False
    if before.verdict is not after.verdict or before.action != after.action:
        return True
    if dict(before.outputs or {}) != dict(after.outputs or {}):
        return True
    if after.verdict is not Verdict.PENDING:
        return False
    reads_it = any(need in found for need in before.target.needs)
    return reads_it or before.target != after.target


def _one(before: Decision, after: Decision) -> Affected:
    shown = replace(after, target=before.target)
    if after.verdict is Verdict.KEPT:
        return Affected(shown, Effect.KEPT)
    if after.verdict in _STUCK:
        effect = Effect.ANYWAY if before.verdict is after.verdict else Effect.STUCK
        return Affected(shown, effect)
    if after.verdict is Verdict.PENDING:
        effect = Effect.ANYWAY if before.verdict is Verdict.PENDING else Effect.MAY
    elif after.images.max:
        is_due = before.verdict is Verdict.RUN and before.images.max >= after.images.max
        effect = Effect.ANYWAY if is_due else Effect.BUY
    else:
        effect = Effect.ANYWAY if before.verdict in _MADE else Effect.FREE
    if effect is Effect.ANYWAY:
        return Affected(shown, effect)
    return Affected(shown, effect, after.images, after.cost, after.unknown_cost)


def perhaps(decision: Decision, scratch: Decision, because: str) -> Affected:
    """Return a target that an edit may change; ``scratch`` is its decision with no past at all."""
    line = decision.line
    if line is not None and (line.pinned or line.state is LineState.ADOPTED):
        return Affected(decision, Effect.KEPT, because=because)
    if decision.images.max:
        return Affected(decision, Effect.ANYWAY, because=because)
    most = Range(0, scratch.images.max), Range(0, scratch.cost.max)
    return Affected(decision, Effect.MAY, *most, scratch.unknown_cost, because)


def merged(several: Sequence[Mapping[str, Affected]]) -> dict[str, Affected]:
    """Return what several edits together do, of each target the strongest effect."""
    order = list(Effect)
    found: dict[str, Affected] = {}
    for one in several:
        for name, new in one.items():
            old = found.get(name)
            if old is None or order.index(new.effect) < order.index(old.effect):
                found[name] = new
    return found
