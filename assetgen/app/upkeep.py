"""Puts back and clears away, at the user's word; buys nothing and chooses no picture."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from assetgen.action import Action
from assetgen.app.loading import Loaded, load
from assetgen.app.planning import Selection, plan_loaded
from assetgen.app.project import Project
from assetgen.build.executor import Executor, ProcessExecutor
from assetgen.digest import Digest, sha256
from assetgen.errors import AssetgenError, Kind, Problem
from assetgen.ops.manifest import read_manifest
from assetgen.plan.model import Mode
from assetgen.plan.select import select
from assetgen.spec.outputs import files_read, may_be_output
from assetgen.state import LockLine, OutputRecord
from assetgen.store import lock as locks
from assetgen.store import snapshot

NO_LINE = Kind(
    "never-built", "{target} has never been built here", "'assetgen build {target}' makes it"
)
FOREIGN = Kind(
    "foreign-output",
    "{path} was there before {target} was ever built: there is nothing to put back",
    "move it away, then 'assetgen build {target}'",
)
NOT_RESTORABLE = Kind(
    "not-restorable",
    "{path} cannot be put back: its bytes {digest} are neither cached nor can be made again here",
    "take the file from version control, or build",
)
NO_OUTPUT = Kind(
    "no-output-path",
    "the lock names {path} as a file of {target}, and no output can be there",
    "take the lock from version control",
)


@dataclass(frozen=True, slots=True)
class Restored:
    """What `restore` did: the paths it wrote, and what it could not put back."""

    written: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def restore(project: Project, patterns: Sequence[str]) -> Restored:
    """Write the outputs of the named targets as the lock has them, over whatever stands there.

    Raises UsageError, SpecError, LockError, StoreError.
    """
    return asyncio.run(_restore(project, patterns))


async def _restore(project: Project, patterns: Sequence[str]) -> Restored:
    loaded = load(project)
    executor = ProcessExecutor(1, plugins=project.config.plugins)
    try:
        return await _put_back(project, loaded, patterns, executor)
    finally:
        await executor.close()


async def _put_back(
    project: Project, loaded: Loaded, patterns: Sequence[str], executor: Executor
) -> Restored:
    plan = plan_loaded(project, loaded, Selection(patterns), Mode())
    actions = {a.key: a for d in plan.decisions for a in (d.outputs or {}).values()}
    written: list[str] = []
    problems: list[Problem] = []
    read = files_read(loaded.graph)
    for name in select(loaded.graph, patterns):
        line = loaded.lines.get(name)
        if line is None:
            problems.append(_never_built(loaded, name))
            continue
        for path, record in line.outputs.items():
            if loaded.seen.get(path) == record.sha256 and path not in loaded.past.pointers:
                continue
            if not may_be_output(path, read):
                problems.append(Problem(NO_OUTPUT, None, {"path": path, "target": name}))
                continue
            action = actions.get(record.key)
            data = await _locked_bytes(project, loaded, record, action, executor)
            if data is None:
                facts = {"path": path, "digest": record.sha256[:12]}
                problems.append(Problem(NOT_RESTORABLE, None, facts))
            elif project.workspace.write(path, data):
                written.append(path)
    return Restored(tuple(written), tuple(problems))


def _never_built(loaded: Loaded, name: str) -> Problem:
    target = loaded.graph.targets[name]
    there = next((output.path for output in target.outputs if output.path in loaded.seen), None)
    if there is None:
        return Problem(NO_LINE, target.loc, {"target": name})
    return Problem(FOREIGN, target.loc, {"target": name, "path": there})


async def _locked_bytes(
    project: Project,
    loaded: Loaded,
    record: OutputRecord,
    action: Action | None,
    executor: Executor,
) -> bytes | None:
    """Return the bytes that the lock records, cached or made again, or None."""
    data = project.derived.get(record.key)
    if data is not None and sha256(data) == record.sha256:
        return data
    text = action.text if action else project.ledger.manifest_of(record.key)
    if text is None:
        return None
    try:
        blobs = {digest: loaded.read(digest) for digest in read_manifest(text).digests()}
        data = (await executor.make([text], blobs))[0]
    except (AssetgenError, LookupError, TypeError, ValueError):
        return None
    return data if sha256(data) == record.sha256 else None


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What the lock holds and the spec no longer wants.

    Attributes:
        files: paths whose bytes match the lock, so that they may be deleted.
        changed: paths that were edited since; never deleted.
        given: files of the user's own, which were adopted as they are; never deleted.
        lines: targets that left the spec; ``own`` are those among them whose line holds a file of
            the user's own.
    """

    files: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    own: frozenset[str] = frozenset()


def leftovers(project: Project) -> Leftovers:
    """Return what `clean` would delete; changes nothing."""
    loaded = load(project)
    wanted = {output.path for target in loaded.graph for output in target.outputs}
    read = files_read(loaded.graph)
    found: dict[str, list[str]] = {"files": [], "changed": [], "given": []}
    for line in loaded.lines.values():
        for path, record in line.outputs.items():
            if path in wanted or path not in loaded.seen:
                continue
            if not may_be_output(path, read):  # a lock could name any file of the project
                continue
            found[_fate(line, record, loaded.seen[path])].append(path)
    removed = sorted(name for name in loaded.lines if name not in loaded.graph.targets)
    paths = {fate: tuple(sorted(of)) for fate, of in found.items()}
    own = frozenset(name for name in removed if loaded.lines[name].holds_own)
    return Leftovers(**paths, lines=tuple(removed), own=own)


def _fate(line: LockLine, record: OutputRecord, seen: Digest) -> str:
    """Return what becomes of a file that no target wants any more, as a field of Leftovers."""
    if seen != record.sha256:
        return "changed"
    take = line.bought
    return "given" if take and take.adopted and take.sha256 == seen else "files"


def clean(project: Project, left: Leftovers) -> list[str]:
    """Delete what :func:`leftovers` found, if it is still so; returns the deleted paths.

    Bought pictures stay in the store, whatever is deleted here.
    """
    loaded = load(project)
    records = {p: r for line in loaded.lines.values() for p, r in line.outputs.items()}
    deleted = [
        path
        for path in left.files
        if path in records and project.workspace.remove_if(path, records[path].sha256)
    ]
    lines = {name: line for name, line in loaded.lines.items() if name not in left.lines}
    gone = set(deleted)
    for name, line in lines.items():
        outputs = {path: r for path, r in line.outputs.items() if path not in gone}
        lines[name] = replace(line, outputs=outputs)
    write_lines(project, lines)
    return deleted


def write_lines(project: Project, lines: Mapping[str, LockLine]) -> None:
    """Replace the lock, so that the next command looks at everything anew. Raises StoreError."""
    snapshot.forget(project.folder)
    locks.write(project.fs, project.lock_path, lines.values())
