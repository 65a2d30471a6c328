"""What differs: the project and its last build, two revisions, two takes; changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from assetgen.app.loading import load, load_graph
from assetgen.app.locked import with_all_takes
from assetgen.app.planning import Selection, plan_loaded
from assetgen.app.project import Project
from assetgen.digest import Digest
from assetgen.errors import Kind, LockError, Problem, UsageError, did_you_mean
from assetgen.globs import glob_matches
from assetgen.plan.difference import (
    Comparison,
    Difference,
    Side,
    SideKind,
    TakePair,
    compare_locks,
    compare_plan,
    spent,
)
from assetgen.plan.model import Mode, Plan
from assetgen.plan.select import NO_MATCH, select
from assetgen.spec.origins import Origins
from assetgen.state import LockLine, Take
from assetgen.store import lock as locks
from assetgen.store import snapshot
from assetgen.store.git import Repository
from assetgen.store.hashing import pointer_oid

NO_LOCK_THEN = Kind(
    "no-lock-in-revision",
    "there is no {file} in {revision}",
    "name a revision in which it was committed: 'git log -- {file}' lists them",
)
LOCK_POINTER = Kind(
    "lock-lfs-pointer",
    "{file} in {revision} is a git-LFS pointer",
    "keep the lock itself in git: take it out of .gitattributes",
)
NEVER_BUILT = Kind(
    "never-built", "{target} has never been built here", "'assetgen build {target}' makes it"
)
NO_TAKE = Kind("no-such-take", "{target} has no take {take}", "its takes: {takes}")

NOT_BUILT_PLAN = Plan()


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit: as it was named, and its full name."""

    name: str
    commit: str


def diff_tree(
    project: Project, patterns: Sequence[str] = (), mode: Mode | None = None
) -> tuple[Comparison, Origins]:
    """Return how what the spec and the files say now differs from the last build.

    Also what tells where the words of its prompts come from. Raises SpecError, LockError,
    UsageError, StoreError.
    """
    loaded = load(project)
    gone = [name for name in sorted(loaded.lines) if name not in loaded.graph.targets]
    left = _named(gone, patterns) if patterns else gone
    # A pattern may mean only what left the spec, which no selection of targets knows.
    wanted = [p for p in patterns if _named(loaded.graph.targets, [p]) or not _named(gone, [p])]
    plan, names = NOT_BUILT_PLAN, set[str]()
    if wanted or not patterns:
        plan = plan_loaded(project, loaded, Selection(wanted), mode or Mode())
        names = set(select(loaded.graph, wanted)) if wanted else set(loaded.graph.targets)
    decisions = [one for one in plan.decisions if one.target.name in names]
    found = compare_plan(decisions, loaded.lines, loaded.seen, left)
    sides = Side(SideKind.BUILD), Side(SideKind.TREE)
    return Comparison(*sides, tuple(found), plan=plan), Origins(loaded.spec)


def diff_revisions(
    project: Project, patterns: Sequence[str], old: str, new: str | None = None
) -> Comparison:
    """Return how the lock of the revision ``old`` differs from that of ``new``.

    Without ``new`` it is compared with the working tree: its lock, and the outputs that stand
    there. Raises UsageError, LockError, StoreError.
    """
    repository = Repository(project.root, project.environ)
    first = _revision(repository, old)
    before = _lock_at(repository, first)
    seen: dict[str, Digest] | None = None
    if new is None:
        side = Side(SideKind.TREE)
        after = _lines(locks.read(project.lock_path))
        paths = {path for line in after.values() for path in line.outputs}
        vouch = snapshot.known(project.folder, project.root)
        seen = project.workspace.scan(sorted(paths), vouch).digests
    else:
        second = _revision(repository, new)
        after = _lock_at(repository, second)
        side = Side(SideKind.REVISION, second.name, second.commit)
    found = compare_locks(before, after, seen)
    if patterns:
        names = _selected(project, {*before, *after}, patterns)
        found = [one for one in found if one.name in names or one.was in names]
    first_side = Side(SideKind.REVISION, first.name, first.commit)
    return Comparison(first_side, side, tuple(found), spent=spent(found))


def locked_at(repository: Repository, name: str) -> tuple[Revision, dict[str, LockLine]]:
    """Return a revision and the lines of its lock. Raises UsageError, LockError."""
    revision = _revision(repository, name)
    return revision, _lock_at(repository, revision)


def _revision(repository: Repository, name: str) -> Revision:
    return Revision(name, repository.commit(name))


def _lock_at(repository: Repository, revision: Revision) -> dict[str, LockLine]:
    facts = {"file": locks.NAME, "revision": revision.name}
    data = repository.read(revision.commit, locks.NAME, locks.MAX_BYTES)
    if data is None:
        raise UsageError(Problem(NO_LOCK_THEN, facts=facts))
    if pointer_oid(data):
        raise UsageError(Problem(LOCK_POINTER, facts=facts))
    file = f"{revision.name}:{locks.NAME}"
    try:
        return _lines(locks.parse(data.decode(), file))
    except UnicodeDecodeError:
        raise LockError(Problem(locks.NOT_UTF8, facts=facts)) from None


def _lines(lock: locks.Lock) -> dict[str, LockLine]:
    """Return one line for each target; where a merge left several, the first with all takes."""
    lines = dict(lock.lines)
    for name, placed in lock.duplicates.items():
        lines[name] = with_all_takes(placed[0].line, [one.line for one in placed])
    return lines


def _named(names: Iterable[str], patterns: Sequence[str]) -> list[str]:
    return [n for n in names if any(p == n or glob_matches(p, n) for p in patterns)]


def _selected(project: Project, known: Collection[str], patterns: Sequence[str]) -> set[str]:
    """Return the names that ``patterns`` mean, also of targets that the spec does not have."""
    chosen: set[str] = set()
    for pattern in patterns:
        found = _named(known, [pattern])
        if not found and (pattern.startswith(("tag:", "+")) or pattern.endswith("+")):
            _, graph = load_graph(project)
            found = select(graph, [pattern])
        if not found:
            facts = {"pattern": pattern, "hint": did_you_mean(pattern, known)}
            raise UsageError(Problem(NO_MATCH, facts=facts))
        chosen.update(found)
    return chosen


def diff_takes(project: Project, name: str, old: int, new: int) -> TakePair:
    """Return two takes of a target as the lock has them.

    Raises UsageError, LockError, StoreError, SpecError.
    """
    lines = _lines(locks.read(project.lock_path))
    line = lines.get(name)
    if line is None or not line.takes:
        _, graph = load_graph(project)
        if name in graph.targets:
            raise UsageError(Problem(NEVER_BUILT, facts={"target": name}))
        facts = {"pattern": name, "hint": did_you_mean(name, {*graph.targets, *lines})}
        raise UsageError(Problem(NO_MATCH, facts=facts))
    return TakePair(line, _take(line, old), _take(line, new))


def _take(line: LockLine, number: int) -> Take:
    for take in line.takes:
        if take.n == number:
            return take
    takes = ", ".join(str(take.n) for take in line.takes)
    raise UsageError(
        Problem(NO_TAKE, facts={"target": line.target, "take": number, "takes": takes})
    )


def repository_of(project: Project) -> Repository:
    """Return the repository that the project lies in. Raises UsageError."""
    return Repository(project.root, project.environ)


def manifests_of(project: Project, one: Difference) -> dict[Digest, str]:
    """Return the manifests of a target's former local work, as far as they are known here."""
    keys = {record.key for record in one.old.outputs.values()} if one.old else set()
    known = {key: project.ledger.manifest_of(key) for key in keys}
    return {key: text for key, text in known.items() if text is not None}
