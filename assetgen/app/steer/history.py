"""The past of one target: its recipes, their takes, and what was decided; changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from assetgen.app.loading import Loaded, given_to, load
from assetgen.app.project import Project
from assetgen.digest import Digest
from assetgen.errors import Problem, UsageError, did_you_mean
from assetgen.plan.select import NO_MATCH
from assetgen.state import Choice, Job, LockLine, Take
from assetgen.store.calls import NOBODY, takes


@dataclass(frozen=True, slots=True)
class Tried:
    """One take of a recipe, or a call that gave none.

    Attributes:
        n: its number; take: the picture, None where there is none.
        call: the paid call, None where only the lock knows of the take.
        readable: whether the picture's bytes can be read here.
    """

    n: int
    take: Take | None
    call: Job | None = None
    readable: bool = False


@dataclass(frozen=True, slots=True)
class Chapter:
    """A recipe that the target had, and what came of it.

    Attributes:
        key, recipe: the paid manifest; empty where it is not known any more.
        tried: by take and time.
        current: the lock's line is of this recipe; shown: the number of its take then.
    """

    key: Digest
    recipe: Mapping[str, Any]
    tried: tuple[Tried, ...]
    current: bool = False
    shown: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """A target's past, the oldest first; ``line`` is where it stands now."""

    target: str
    chapters: tuple[Chapter, ...]
    choices: tuple[Choice, ...]
    line: LockLine | None = None


def history(project: Project, name: str) -> History:
    """Return what ledger and lock know of a target, also of one that has left the spec.

    Raises SpecError, LockError, StoreError, and UsageError for a name that nothing knows.
    """
    loaded = load(project)
    line = loaded.lines.get(name)
    calls = project.ledger.calls_for(project.root, name)
    choices = project.ledger.choices_for(project.root, name)
    known = line is not None or name in loaded.graph.targets
    if not known and not calls and not choices:
        hint = did_you_mean(name, {*loaded.graph.targets, *loaded.lines})
        raise UsageError(Problem(NO_MATCH, facts={"pattern": name, "hint": hint}))
    keys = list(dict.fromkeys(call.key for call in calls))
    if line is not None and line.key is not None and line.key not in keys:
        keys.append(line.key)
    chapters = tuple(_chapter(project, loaded, name, key, line) for key in keys)
    return History(name, chapters, choices, line)


def _chapter(
    project: Project, loaded: Loaded, name: str, key: Digest, line: LockLine | None
) -> Chapter:
    # Another target of the same key may have made the call: its takes are this one's too.
    ours = given_to(project, loaded.graph, name)
    calls = [job for job in project.ledger.jobs_of(key) if job.provider != NOBODY or ours(job)]
    current = line is not None and line.key == key
    listed = line.takes if line is not None and current else takes(calls, ours)
    tried = tuple(_tried(loaded, listed, calls))
    text = next((call.manifest for call in calls if call.manifest), "")
    recipe = json.loads(text) if text else {}
    if line is not None and current and line.recipe is not None:
        recipe = dict(line.recipe)
    return Chapter(key, recipe, tried, current, line.shown if line and current else 0)


def _tried(loaded: Loaded, listed: Iterable[Take], calls: Iterable[Job]) -> list[Tried]:
    found = {take.sha256: Tried(take.n, take) for take in listed}
    without: list[Tried] = []
    for call in calls:
        if call.sha256 is None:
            without.append(Tried(call.take, None, call))
        elif call.sha256 in found:
            found[call.sha256] = replace(found[call.sha256], call=call)
        else:  # an older epoch of a take that was bought again
            take = Take(call.take, call.sha256, call.provider, call.model, call.cost)
            found[call.sha256] = Tried(call.take, take, call)
    pictures = [
        replace(one, readable=one.take is not None and loaded.past.readable(one.take.sha256))
        for one in found.values()
    ]
    return sorted([*pictures, *without], key=_place)


def _place(one: Tried) -> tuple[int, float]:
    return one.n, one.call.created if one.call else 0.0
