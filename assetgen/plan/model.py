"""What a plan is made of, as values; decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assetgen.action import Action
from assetgen.digest import Digest
from assetgen.errors import Problem
from assetgen.graph import Target
from assetgen.state import LockLine, Range, Reason, Take, Verdict

NO_RANGE = Range()


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done about one target, and why.

    Attributes:
        reasons: why the verdict is not UP_TO_DATE, or what is worth saying of it.
        action: the paid action, where the target is paid and its inputs are known.
        line: the lock's line as it stands, if there is one.
        takes: the bought pictures of the wanted key that are known (lock, ledger, keep).
        shown: the number of the take that outputs are (to be) made of.
        images: pictures to buy, cost: USD, each between the least and the most.
        unknown_cost: some of the pictures have no known price.
        bought: digest that `edit` and `references` of dependants hash, if known now.
        outputs: local action of each output path, where the inputs are known.
    """

    target: Target
    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    action: Action | None = None
    line: LockLine | None = None
    takes: tuple[Take, ...] = ()
    shown: int = 1
    images: Range = NO_RANGE
    cost: Range = NO_RANGE
    unknown_cost: bool = False
    bought: Digest | None = None
    outputs: Mapping[str, Action] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Decisions in build order, and their sums; two targets with one key are counted once.

    Attributes:
        notices: what concerns no single target: removed targets, drafts in the lock, a crop that
            a provider's ratios make necessary.
    """

    decisions: tuple[Decision, ...] = ()
    images: Range = NO_RANGE
    cost: Range = NO_RANGE
    unknown_cost: bool = False
    notices: tuple[Problem, ...] = ()

    def __getitem__(self, name: str) -> Decision:
        """Return the decision of a target by name. Raises KeyError."""
        for decision in self.decisions:
            if decision.target.name == name:
                return decision
        raise KeyError(name)
