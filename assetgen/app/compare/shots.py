"""Which pictures stand side by side on a contact sheet; reads no byte of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assetgen.digest import Digest
from assetgen.graph import READ_FORMATS
from assetgen.plan.difference import Comparison, Difference, FileState, TakePair
from assetgen.report.diff import heading
from assetgen.state import LockLine, Take, Verdict

NOT_MADE = "not made yet"
NOT_THERE = "not there"


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture by its digest, and where else its bytes may be; or ``words`` in its place.

    Attributes:
        path: where the project (or its revision) has it, or empty.
        key: the local action that made it, or None.
    """

    digest: Digest | None = None
    path: str = ""
    key: Digest | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a sheet."""

    title: str
    note: str
    old: Shot
    new: Shot


def comparison_rows(comparison: Comparison) -> list[Row]:
    """Return a row for each target that has, or will have, a picture on either side."""
    rows = []
    for one in comparison.differences:
        old, new = _old(one), _new(one)
        if old.words != NOT_THERE or new.words != NOT_THERE:
            name = f"{one.was} -> {one.name}" if one.was else one.name
            rows.append(Row(name, heading(one), old, new))
    return rows


def takes_row(pair: TakePair) -> Row:
    """Return the row of two takes: as they were bought, without ops."""
    note = f"take {pair.old.n} and take {pair.new.n}, as bought"
    return Row(pair.line.target, note, _bought(pair.old), _bought(pair.new))


def _bought(take: Take | None) -> Shot:
    return Shot(take.sha256) if take else Shot(words=NOT_THERE)


def _readable(paths: Sequence[str]) -> Iterator[str]:
    return (path for path in paths if path.rpartition(".")[2].lower() in READ_FORMATS)


def _recorded(line: LockLine, one: Difference) -> Shot:
    """Return the output of a line that tells most: one that changed, if one did."""
    changed = [file.path for file in one.files if file.path in line.outputs]
    for path in _readable([*changed, *line.outputs]):
        record = line.outputs[path]
        return Shot(record.sha256, path, record.key)
    return _bought(line.bought)


def _old(one: Difference) -> Shot:
    return _recorded(one.old, one) if one.old else Shot(words=NOT_THERE)


def _new(one: Difference) -> Shot:
    if one.decision is not None:
        return _wanted(one)
    if one.new is None:
        return Shot(words=NOT_THERE)
    edited = {file.path: file for file in one.files if file.state is FileState.EDITED}
    for path in _readable(list(edited)):
        return Shot(edited[path].new, path)
    return _recorded(one.new, one)


def _wanted(one: Difference) -> Shot:
    """Return what a build would leave, as far as it is there already."""
    decision = one.decision
    if decision is None:
        raise AssertionError("only of what is planned")
    for file in one.files:
        if file.state is FileState.EDITED and next(_readable([file.path]), None):
            return Shot(file.new, file.path)
    if decision.verdict is Verdict.KEPT:
        return _old(one)
    wanted = decision.outputs or {}
    changed = [file.path for file in one.files if file.path in wanted]
    for path in _readable([*changed, *wanted]):
        return Shot(None, path, wanted[path].key, NOT_MADE)
    if not decision.target.outputs and decision.bought:
        return _bought(decision.bought)
    return Shot(words=NOT_MADE)
