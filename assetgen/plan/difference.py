"""Compares two locks, or a lock with a plan, target by target; pure, and knows no words for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from assetgen.action import DRAFT_MODEL
from assetgen.digest import Digest
from assetgen.plan.model import Decision, Plan
from assetgen.state import LockLine, OutputRecord, Take, Verdict


class Change(StrEnum):
    """What became of a target between the two sides."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    CHANGED = "changed"


class FileState(StrEnum):
    """Why a file has other bytes than before, or none."""

    ADDED = "added"
    """No lock knew it before."""
    REMOVED = "removed"
    """No lock knows it any more."""
    CHANGED = "changed"
    """The newer lock has other bytes for it."""
    SAME = "same"
    """It was made anew, with the same bytes."""
    EDITED = "edited"
    """What stands there is not what the lock has."""
    MISSING = "missing"
    """The lock has bytes for it, and no file is there."""
    PLANNED = "planned"
    """A build will make it anew."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """One output on both sides; a digest is None where there is no file or nobody knows yet."""

    path: str
    state: FileState
    old: Digest | None = None
    new: Digest | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """One target that is not the same on both sides.

    Attributes:
        was: the name that it had, where it is renamed.
        old, new: its lines. With ``decision`` both are the lock's, which a build would change.
        fresh: takes that no target had before, each told for one target only.
    """

    name: str
    change: Change
    was: str = ""
    old: LockLine | None = None
    new: LockLine | None = None
    decision: Decision | None = None
    files: tuple[FileChange, ...] = ()
    fresh: tuple[Take, ...] = ()


@dataclass(frozen=True, slots=True)
class Spent:
    """USD that were paid for pictures; ``unknown`` if some of them have no known price."""

    images: int = 0
    cost: float = 0.0
    unknown: bool = False


def compare_locks(
    old: Mapping[str, LockLine],
    new: Mapping[str, LockLine],
    seen: Mapping[str, Digest] | None = None,
) -> list[Difference]:
    """Return how the targets of two locks differ, by name.

    ``seen`` has the digest of each file that stands in the working tree, where the newer lock is
    the working tree's own.
    """
    known = {take.sha256 for line in old.values() for take in line.takes}
    found: list[Difference] = []
    for name in sorted({*old, *new}):
        before, after = old.get(name), new.get(name)
        fresh = tuple(t for t in after.takes if t.sha256 not in known) if after else ()
        files = tuple(_files(before, after, seen))
        if before is not None and after is not None:
            if _is_same(before, after) and not files:
                continue
            change = Change.CHANGED
        else:
            change = Change.REMOVED if after is None else Change.ADDED
        known.update(take.sha256 for take in fresh)
        found.append(Difference(name, change, "", before, after, None, files, fresh))
    return _with_renames(found)


def _is_same(old: LockLine, new: LockLine) -> bool:
    """Whether the lines differ in nothing that is told; epochs are the ledger's own matter."""
    return replace(old, epoch=new.epoch) == new


def _files(
    old: LockLine | None, new: LockLine | None, seen: Mapping[str, Digest] | None
) -> Iterator[FileChange]:
    before = old.outputs if old else {}
    after = new.outputs if new else {}
    for path in dict.fromkeys((*before, *after)):
        was, now = before.get(path), after.get(path)
        old_digest = was.sha256 if was else None
        if seen is not None and now is not None and seen.get(path) != now.sha256:
            state = FileState.EDITED if path in seen else FileState.MISSING
            yield FileChange(path, state, old_digest, seen.get(path))
            continue
        state_of = _state(was, now)
        if state_of is not None:
            yield FileChange(path, state_of, old_digest, now.sha256 if now else None)


def _state(was: OutputRecord | None, now: OutputRecord | None) -> FileState | None:
    if was is None or now is None:
        return FileState.ADDED if was is None else FileState.REMOVED
    if was.sha256 != now.sha256:
        return FileState.CHANGED
    return FileState.SAME if was.key != now.key else None


def _with_renames(found: list[Difference]) -> list[Difference]:
    """Join a target that came with one that went, where both are of one picture."""
    gone = {d.old.takes: d for d in found if d.change is Change.REMOVED and d.old and d.old.takes}
    joined: dict[str, Difference] = {}
    taken: set[str] = set()
    for one in found:
        former = gone.get(one.new.takes) if one.change is Change.ADDED and one.new else None
        if former is None or former.name in taken or former.old is None or one.new is None:
            continue
        if former.old.key == one.new.key:
            taken.add(former.name)
            joined[one.name] = replace(
                one,
                change=Change.RENAMED,
                was=former.name,
                old=former.old,
                files=_moved(former, one),
            )
    return [joined.get(one.name, one) for one in found if one.name not in taken]


def _moved(old: Difference, new: Difference) -> tuple[FileChange, ...]:
    return (*old.files, *new.files)


def compare_plan(
    decisions: Iterable[Decision],
    lines: Mapping[str, LockLine],
    seen: Mapping[str, Digest],
    removed: Collection[str] = (),
) -> list[Difference]:
    """Return how what the spec asks for differs from what the lock has.

    ``removed``: names of lines whose targets left the spec.
    """
    gone = {own: name for name in removed if (own := lines[name].key) is not None}
    taken: set[str] = set()
    found: list[Difference] = []
    for decision in decisions:
        if decision.verdict is Verdict.UP_TO_DATE:
            continue
        line, name = decision.line, decision.target.name
        change, was = (Change.CHANGED if line else Change.ADDED), ""
        key = decision.action.key if decision.action else None
        if line is None and key in gone and gone[key] not in taken:
            was, change = gone[key], Change.RENAMED
            line = lines[was]
            taken.add(was)
        files = tuple(_planned(decision, line, seen))
        found.append(Difference(name, change, was, line, line, decision, files))
    for left in removed:
        if left not in taken:
            found.append(Difference(left, Change.REMOVED, "", lines[left]))
    return found


def _planned(
    decision: Decision, line: LockLine | None, seen: Mapping[str, Digest]
) -> Iterator[FileChange]:
    records = line.outputs if line else {}
    declared = {output.path for output in decision.target.outputs}
    for output in decision.target.outputs:
        record, found = records.get(output.path), seen.get(output.path)
        old = record.sha256 if record else None
        wanted = (decision.outputs or {}).get(output.path)
        if decision.verdict is Verdict.MODIFIED and found is not None and found != old:
            yield FileChange(output.path, FileState.EDITED, old, found)
        elif record is not None and found is None:
            yield FileChange(output.path, FileState.MISSING, old)
        elif record is None:
            yield FileChange(output.path, FileState.ADDED)
        elif wanted is None or wanted.key != record.key or found != old:
            yield FileChange(output.path, FileState.PLANNED, old)
    for path, record in records.items():
        if path not in declared:
            yield FileChange(path, FileState.REMOVED, record.sha256)


def spent(differences: Iterable[Difference]) -> Spent:
    """Return what the fresh takes of all differences cost; what the user gave cost nothing."""
    takes = [take for one in differences for take in one.fresh if not take.adopted]
    bought = [take for take in takes if take.provider != DRAFT_MODEL]
    return Spent(
        images=len(bought),
        cost=sum(take.cost or 0.0 for take in bought),
        unknown=any(take.cost is None for take in bought),
    )


class SideKind(StrEnum):
    """What stands on one side of a comparison."""

    BUILD = "last build"
    TREE = "working tree"
    REVISION = "revision"


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison; ``name`` is the revision as it was given, ``commit`` what it is."""

    kind: SideKind
    name: str = ""
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sides and what differs between them.

    Attributes:
        plan: what would make the newer side true, where that is not built yet.
        spent: what was paid between the sides, where both are locks.
    """

    old: Side
    new: Side
    differences: tuple[Difference, ...] = ()
    plan: Plan | None = None
    spent: Spent | None = None


@dataclass(frozen=True, slots=True)
class TakePair:
    """Two takes of one target; ``line`` is the lock's."""

    line: LockLine
    old: Take
    new: Take
