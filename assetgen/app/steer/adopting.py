"""Files of the user's as takes: one line of the lock, or thousands at once; buys nothing.

The caller holds the project alone, has checked the pictures and put their bytes into the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from assetgen.action import Action
from assetgen.app.loading import Loaded
from assetgen.app.planning import Selection, plan_loaded
from assetgen.app.project import Project
from assetgen.app.upkeep import write_lines
from assetgen.digest import Digest
from assetgen.graph import NOTHING
from assetgen.plan.model import Decision, Mode
from assetgen.state import (
    Choice,
    ChoiceKind,
    Job,
    LineState,
    LockLine,
    OutputRecord,
    Take,
)
from assetgen.store.locktext import recipe_text


@dataclass(frozen=True, slots=True)
class Given:
    """A picture file that is an output already: whose it is, where it stands, what it holds."""

    target: str
    path: str
    sha256: Digest
    format: str


def line_of_recipe(
    name: str, known: LockLine | None, action: Action | None, takes: Iterable[Take]
) -> LockLine:
    """Return a target's line under the recipe ``action``, with the ``takes`` known of it.

    ``known`` is its line so far; it stays where it is of that recipe, or where there is none.
    """
    if action is None or (known is not None and known.key == action.key):
        return known or LockLine(name)
    outputs = known.outputs if known else {}
    pinned = known.pinned if known else False
    return LockLine(name, action.manifest, action.key, tuple(takes), outputs=outputs, pinned=pinned)


def with_given(base: LockLine, take: Take, jobs: Iterable[Job]) -> LockLine:
    """Return the line with ``take`` added under the next number, and shown.

    ``jobs`` are the calls of its key, whose numbers are taken.
    """
    jobs = tuple(jobs)
    given = (one for one in base.takes if one.adopted and one.sha256 == take.sha256)
    same = next(given, None)
    numbers = [one.n for one in base.takes] + [job.take for job in jobs]
    number = same.n if same else max(numbers, default=0) + 1
    others = [one for one in base.takes if one is not same]
    added = replace(take, n=number)
    if same:
        added = replace(same, finished=take.finished, note=take.note or same.note)
    takes = tuple(sorted((*others, added), key=lambda one: one.n))
    line = replace(base, takes=takes, shown=number, state=LineState.ADOPTED, accepted_key=None)
    return replace(line, epoch=max([line.epoch, *(job.epoch for job in jobs)]))


def adopt_files(project: Project, loaded: Loaded, given: Iterable[Given]) -> dict[str, LockLine]:
    """Adopt files that stand at the outputs of their targets, which generate; returns their lines.

    The ledger and the lock are written once each. ``loaded`` need not have come from the disk.
    Raises StoreError.
    """
    files = {one.target: one for one in given}
    view = project.ledger.view()
    for decision in _decided(project, loaded, files):
        name, action = decision.target.name, decision.action
        if action is None:
            raise AssertionError("what only generates has a recipe at once")
        one = files[name]
        # Of what other projects have under this key, only the same picture is of interest.
        known = [
            take
            for take in view.takes(action.key, lambda job: job.project == project.root)
            if take.sha256 == one.sha256
        ]
        base = line_of_recipe(name, loaded.lines.get(name), action, known)
        take = Take(0, one.sha256, cost=0.0, adopted=True, finished=one.format)
        loaded.lines[name] = with_given(base, take, view.jobs(action.key))
        loaded.seen[one.path] = one.sha256
    decided = _decided(project, loaded, files)
    for decision in decided:
        name = decision.target.name
        one, made = files[name], decision.outputs or {}
        record = OutputRecord(made[one.path].key, one.sha256)
        loaded.lines[name] = replace(loaded.lines[name], outputs={one.path: record})
    _remember(project, loaded.lines, decided)
    write_lines(project, loaded.lines)
    return {name: loaded.lines[name] for name in files}


def _decided(project: Project, loaded: Loaded, names: Iterable[str]) -> tuple[Decision, ...]:
    return plan_loaded(project, loaded, Selection(list(names)), Mode()).decisions


def _remember(project: Project, lines: Mapping[str, LockLine], decided: Iterable[Decision]) -> None:
    """Let the ledger know the pictures, as the picked ones of their keys, and who gave them."""
    ledger, now = project.ledger, project.clock.now()
    with ledger.together():
        for decision in decided:
            name = decision.target.name
            line = lines[name]
            take = line.bought
            if take is None or line.key is None:
                raise AssertionError("a line with a given take shows it")
            ledger.record_given(
                key=line.key,
                manifest=recipe_text(line.recipe or NOTHING),
                take=take,
                project=project.root,
                target=name,
                now=now,
            )
            ledger.record_pick(line.key, take.sha256)
            kind = ChoiceKind.ADOPTED
            facts = (project.root, name, kind, line.key, take.n, take.sha256, "", now)
            ledger.record_choice(Choice(*facts))
