"""What is known about the past and decided about the present, as values; knows no storage."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from assetgen.digest import Digest
from assetgen.errors import Kind, Problem
from assetgen.graph import NOTHING
from assetgen.quick import quick

MAX_NAME = 1000
"""Characters of a target's name."""
MAX_NOTE = 2000
"""Characters of what a person says of a picture or a decision."""


class Verdict(StrEnum):
    """What a plan says of a target; where several apply, the first in this order wins."""

    MODIFIED = "modified"
    """An output was edited by hand, or was there before: never overwritten."""
    KEPT = "kept"
    """Pinned, adopted or accepted although the recipe changed."""
    UP_TO_DATE = "up_to_date"
    """The lock has these keys and the outputs' bytes match it."""
    HELD = "held"
    """A paid call's outcome is unknown: nothing is sent until the user settles it."""
    FAILED = "failed"
    """The provider ended this key: not sent again by itself."""
    BLOCKED = "blocked"
    """An input failed, waits for review, was held or is lost."""
    PENDING = "pending"
    """An input will change, so the key is not known yet."""
    RESTORE = "restore"
    """The outputs can be made from readable bytes, free."""
    LOST = "lost"
    """The bought bytes that are needed can be read nowhere."""
    RUN = "run"
    """Nothing is known for this key: a paid action costs its price, a local one nothing."""


class LineState(StrEnum):
    """How the shown take of a lock line came to be."""

    BOUGHT = "bought"
    PICKED = "picked"
    ADOPTED = "adopted"
    DRAFT = "draft"


class JobState(StrEnum):
    """Where a paid call stands; the ledger writes each before the next step is taken."""

    INTENT = "intent"
    """Durable before the POST; nothing is known of the service's answer."""
    ACCEPTED = "accepted"
    """The service gave (or confirmed) a job id."""
    COMPLETED = "completed"
    """The service says the pictures are ready; their addresses are recorded."""
    FETCHED = "fetched"
    """The bytes are in the store; final."""
    REFUSED = "refused"
    """Surely not accepted and not charged; may be sent again under the same epoch."""
    FAILED = "failed"
    """Ended by the service, perhaps charged; final for this epoch."""
    AMBIGUOUS = "ambiguous"
    """Sent, answer unknown: HELD until settled."""
    ABANDONED = "abandoned"
    """Given up by the user; final for this epoch."""

    @property
    def is_open(self) -> bool:
        """Whether a restarted build has to look after it."""
        return self in (JobState.INTENT, JobState.ACCEPTED, JobState.COMPLETED)


@quick
@dataclass(frozen=True, slots=True)
class Take:
    """One picture of a key: bought, or a file that the user gave.

    Attributes:
        cost: USD, None if the service did not say.
        note: what a person said of it; rejected: it was refused in a review.
        adopted: the user gave it. ``finished`` is its format where it is the output itself, and
            the target's ops are not done on it; empty where they are.
    """

    n: int
    sha256: Digest
    provider: str = ""
    model: str = ""
    cost: float | None = None
    note: str = ""
    rejected: bool = False
    adopted: bool = False
    finished: str = ""


@quick
@dataclass(frozen=True, slots=True)
class OutputRecord:
    """Which bytes an output file has, and the key of the action that made them."""

    key: Digest
    sha256: Digest


@quick
@dataclass(frozen=True, slots=True)
class LockLine:
    """One target's line of the lock.

    Attributes:
        recipe: the paid manifest, whose hash is ``key``; None for derive and atlas.
        takes: the bought pictures of that key, by number; empty for derive and atlas.
        shown: number of the take that outputs are made of.
        outputs: path to record.
        epoch: of the latest takes; raised by reroll.
        accepted_key: the key that the user accepted without rebuilding; None otherwise.
    """

    target: str
    recipe: Mapping[str, Any] | None = None
    key: Digest | None = None
    takes: tuple[Take, ...] = ()
    shown: int = 1
    outputs: Mapping[str, OutputRecord] = NOTHING
    state: LineState = LineState.BOUGHT
    epoch: int = 0
    pinned: bool = False
    accepted_key: Digest | None = None
    note: str = ""

    @property
    def bought(self) -> Take | None:
        """The shown take, or None where nothing is bought."""
        for take in self.takes:
            if take.n == self.shown:
                return take
        return None

    @property
    def holds_own(self) -> bool:
        """Whether some take is a file that the user gave."""
        return any(take.adopted for take in self.takes)


@dataclass(frozen=True, slots=True)
class Job:
    """One paid call as the ledger has it.

    Attributes:
        id: the ledger's row.
        key, take, epoch: what is bought; unique together.
        provider, model: who was asked for what, and after an answer which model really served.
        route: the service's own word for what was asked; a poll may need it.
        state: see :class:`JobState`.
        job_id: the service's id, or the derived one; empty while unknown.
        session: the process that made the intent.
        project: real path of the project; target: its name then.
        manifest: canonical text of the action.
        price: USD reserved, None if unknown; cost: USD charged, None if unknown.
        results: what the provider needs to fetch the pictures, as it gave it; ``sha256:`` and a
            digest where the answer held the bytes, which are in the store.
        token: what an address for the service's call back ends in; empty for none.
        sha256: digest of the fetched bytes.
        reason: why it was refused, failed or is held, in one line.
        charged: whether a failure was charged; None if unknown.
        created, updated: seconds since the epoch, UTC.
    """

    id: int
    key: Digest
    take: int
    epoch: int
    provider: str
    model: str
    state: JobState
    job_id: str = ""
    session: str = ""
    project: str = ""
    target: str = ""
    manifest: str = ""
    price: float | None = None
    cost: float | None = None
    results: tuple[str, ...] = ()
    sha256: Digest | None = None
    reason: str = ""
    charged: bool | None = None
    created: float = 0.0
    updated: float = 0.0
    route: str = ""
    token: str = ""


class ChoiceKind(StrEnum):
    """What a person decided about a target's picture."""

    PICKED = "picked"
    REJECTED = "rejected"
    UNREJECTED = "unrejected"
    PINNED = "pinned"
    RELEASED = "released"
    ADOPTED = "adopted"
    ACCEPTED = "accepted"
    NOTED = "noted"
    REROLLED = "rerolled"


@dataclass(frozen=True, slots=True)
class Choice:
    """A person's decision, as the ledger remembers it.

    Attributes:
        project, target: whose picture, by the names of that time.
        key, take, sha256: which picture; the key is None where none was bought.
        note: the person's words. created: seconds since the epoch, UTC.
    """

    project: str
    target: str
    kind: ChoiceKind
    key: Digest | None
    take: int
    sha256: Digest | str
    note: str = ""
    created: float = 0.0


def _nothing(_: Digest) -> Any:
    return None


def _no_takes(_: Digest, __: str) -> tuple[Take, ...]:
    return ()


def _no(_: Digest) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Past:
    """Everything that a decision may ask of the past; the look-ups are handed in, never stored.

    Attributes:
        lines: the lock's lines by target.
        seen: digest of each output and input file by path; a path without a file is absent. A
            git-LFS pointer stands here with the digest that it names.
        pointers: the paths among ``seen`` that are git-LFS pointers.
        jobs: the ledger's calls of a key, oldest first.
        takes: the takes of a key by number: those that were bought, and those that were given to
            the target of this name.
        picked: digest of the take that the user picked for a key, if ever.
        readable: whether the bought (or draft) bytes of a digest can be read here.
        made: whether assetgen itself once wrote these bytes to an output.
        result: digest of a local action's result where its bytes are still cached here.
        address: whether a service's own address of these bytes can still be read.
        ordered: keys of which this project has open calls.
    """

    lines: Mapping[str, LockLine] = field(default_factory=dict)
    seen: Mapping[str, Digest] = field(default_factory=dict)
    pointers: frozenset[str] = frozenset()
    jobs: Callable[[Digest], tuple[Job, ...]] = _nothing
    takes: Callable[[Digest, str], tuple[Take, ...]] = _no_takes
    picked: Callable[[Digest], Digest | None] = _nothing
    readable: Callable[[Digest], bool] = _no
    made: Callable[[Digest], bool] = _no
    result: Callable[[Digest], Digest | None] = _nothing
    address: Callable[[Digest], bool] = _no
    ordered: frozenset[Digest] = frozenset()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a verdict was reached: a kind of sentence and its facts."""

    kind: Kind
    facts: Mapping[str, Any] = NOTHING

    @property
    def text(self) -> str:
        """One printable line."""
        return Problem(self.kind, facts=self.facts).cause


@dataclass(frozen=True, slots=True)
class Range:
    """A number that is only known to lie between two bounds."""

    min: float = 0
    max: float = 0

    def __add__(self, other: Range) -> Range:
        return Range(self.min + other.min, self.max + other.max)


NO_RANGE = Range()
