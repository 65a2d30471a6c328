"""What a plan is made of, as values; decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from assetgen.action import Action
from assetgen.catalogue import Offer
from assetgen.digest import Digest
from assetgen.errors import Problem
from assetgen.graph import NOTHING, Op, Target
from assetgen.quick import quick
from assetgen.state import NO_RANGE, LockLine, Range, Reason, Take, Verdict


@dataclass(frozen=True, slots=True)
class Mode:
    """What the user asked for that changes decisions.

    Attributes:
        draft: every paid target is drafted, except where a bought picture stands.
        force: local actions run again even where nothing changed.
        rebuy_lost: bought bytes that nothing here can read are bought again.
        more: how many more takes of a target are wanted, by its name.
    """

    draft: bool = False
    force: bool = False
    rebuy_lost: bool = False
    more: Mapping[str, int] = NOTHING


class Origin(StrEnum):
    """Where the pixels of a picture come from, as its files say of themselves."""

    MODEL = "model"
    DRAFT = "draft"
    FILE = "file"
    MIXED = "mixed"


@quick
@dataclass(frozen=True, slots=True)
class Source:
    """A picture (or a font) that local work starts from: bytes by digest, then ``ops`` on them.

    Attributes:
        path: where the project holds these bytes, if it does.
        key: the local action that made them, if one did.
        given: what the ops read, by the names that they use.
        origin: where its pixels come from.
        coming: its target puts these bytes back before anything else reads them.
        finished: the format of a file that the user gave as the output itself; empty for all else.
    """

    sha256: Digest
    ops: tuple[Op, ...] = ()
    path: str = ""
    key: Digest | None = None
    given: Mapping[str, Source] = NOTHING
    origin: Origin = Origin.MODEL
    coming: bool = False
    finished: str = ""


@quick
@dataclass(frozen=True, slots=True)
class Standing:
    """What a dependant may know of a target.

    Attributes:
        bought: the digest that `edit` and `references` read; None while unknown.
        final: what `from`, atlas and overlay read; None while unknown.
        stop: why a dependant that needs it now cannot go on, or None.
        address: whether the bought picture can (or will) be read from an address of a service.
    """

    bought: Digest | None = None
    final: Source | None = None
    stop: Reason | None = None
    address: bool = False


NO_STANDING = Standing()
FRESH_STANDING = Standing(address=True)
"""Of a picture that is about to be bought from a service whose results have addresses."""


@dataclass(frozen=True, slots=True)
class ToBuy:
    """A take that is missing, and the epoch under which it is to be bought."""

    take: int
    epoch: int


@quick
@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done about one target, and why.

    Attributes:
        reasons: why the verdict is not UP_TO_DATE, or what is worth saying of it.
        action: the paid action, where the target is paid and its inputs are known.
        line: the lock's line as it stands, if there is one.
        takes: the bought pictures of the wanted key that are known (lock, ledger, keep).
        shown: the number of the take that outputs are (to be) made of.
        buy: the takes to buy, where the verdict is RUN for a paid action; collect: those that were
            ordered before and are still open.
        offers: where they can be bought, the best first; unfit: why not elsewhere.
        images: pictures to buy, cost: USD, each between the least and the most.
        unknown_cost: some of the pictures have no known price.
        model: what is asked for: the target's model, or `draft`.
        picked: the shown take was picked before, for this key.
        base: the picture that local work starts from, where it is known; given: all that the
            ops, or the atlas, of this target read beside it, by name.
        outputs: local action of each output path, where the inputs are known.
        standing: what dependants may know.
        waits: a take must be picked before dependants go on.
        lost: bought bytes are needed here that nothing can read.
    """

    target: Target
    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    action: Action | None = None
    line: LockLine | None = None
    takes: tuple[Take, ...] = ()
    shown: int = 1
    buy: tuple[ToBuy, ...] = ()
    collect: tuple[ToBuy, ...] = ()
    offers: tuple[Offer, ...] = ()
    unfit: tuple[Problem, ...] = ()
    images: Range = NO_RANGE
    cost: Range = NO_RANGE
    unknown_cost: bool = False
    model: str = ""
    picked: bool = False
    base: Source | None = None
    given: Mapping[str, Source] = NOTHING
    outputs: Mapping[str, Action] | None = None
    standing: Standing = NO_STANDING
    waits: bool = False
    lost: bool = False

    @property
    def bought(self) -> Take | None:
        """The known take that outputs are made of."""
        for take in self.takes:
            if take.n == self.shown:
                return take
        return None


@dataclass(frozen=True, slots=True)
class Plan:
    """Decisions in build order, and their sums; two targets with one key are counted once.

    Attributes:
        rebuy: targets whose bought bytes are lost and needed, and are bought (or drawn) again.
        notices: what concerns no single target: removed targets, drafts in the lock, a crop that
            a provider's ratios make necessary.
        problems: what would be asked for and nobody offers; nothing is spent while there are any.
    """

    decisions: tuple[Decision, ...] = ()
    images: Range = NO_RANGE
    cost: Range = NO_RANGE
    unknown_cost: bool = False
    rebuy: frozenset[str] = frozenset()
    notices: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()

    def __getitem__(self, name: str) -> Decision:
        """Return the decision of a target by name. Raises KeyError."""
        for decision in self.decisions:
            if decision.target.name == name:
                return decision
        raise KeyError(name)
