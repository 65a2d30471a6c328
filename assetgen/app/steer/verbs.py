"""What a person decides about a target's pictures: picks, pins, words, adoptions; buys nothing.

Every decision is a line of the lock, which the team shares, and a note in the ledger, which never
forgets. The caller holds the project alone; a free build brings the files in line afterwards.
"""

from __future__ import annotations

from dataclasses import replace

from assetgen.action import DRAFT_MODEL
from assetgen.app.project import Project
from assetgen.app.steer.deciding import Sitting
from assetgen.digest import sha256
from assetgen.errors import Kind, Problem, UsageError
from assetgen.graph import Target
from assetgen.ops.picture import inspect
from assetgen.state import (
    ChoiceKind,
    LineState,
    LockLine,
    OutputRecord,
    Take,
)

RECIPE_UNKNOWN = Kind(
    "recipe-unknown",
    "what {target} is made of will change first, so its recipe is not known yet",
    "build its inputs, or accept them, then decide about {target}",
)
NO_REASON = Kind("no-reason", "nothing says why {target} is accepted", "give --reason TEXT")
OTHER_FORMAT = Kind(
    "adopt-other-format",
    "{target} writes {wanted}, and this file is {found}",
    "save it as {wanted}, or give --with-ops, which makes the output of it",
)


def pick(
    project: Project, name: str, take: int, *, note: str = "", seen: str | None = None
) -> LockLine:
    """Show another take of a target; a build then makes its outputs of it, for free.

    Returns the new line. Raises UsageError (``Moved`` if the line is not the ``seen`` one),
    SpecError, LockError, StoreError; so do all that follow.
    """
    desk = Sitting(project).about(name, seen=seen, note=note)
    line = desk.with_readable_take(take)
    desk.check_recipe()
    takes = _changed(line, take, rejected=False, note=note or None)
    picked = replace(line, takes=takes, shown=take)
    return desk.decide(replace(picked, state=_picked_state(picked)), ChoiceKind.PICKED)


def _picked_state(line: LockLine) -> LineState:
    """Return how the shown take came to be, once it is picked: a given file stays a given one."""
    if line.bought is not None and line.bought.adopted:
        return LineState.ADOPTED
    drawn = line.recipe is not None and line.recipe["model"] == DRAFT_MODEL
    return LineState.DRAFT if drawn else LineState.PICKED


def reject(
    project: Project,
    name: str,
    take: int,
    note: str,
    *,
    rejected: bool = True,
    seen: str | None = None,
) -> LockLine:
    """Refuse a take, or take that back; the shown one is not picked any more then."""
    desk = Sitting(project).about(name, seen=seen, note=note)
    line = desk.with_take(take)
    line = replace(line, takes=_changed(line, take, rejected=rejected, note=note or None))
    if rejected and line.shown == take and line.state is LineState.PICKED:
        line = replace(line, state=LineState.BOUGHT)
    kind = ChoiceKind.REJECTED if rejected else ChoiceKind.UNREJECTED
    return desk.decide(line, kind, take)


def remark(
    project: Project, name: str, take: int, note: str, *, seen: str | None = None
) -> LockLine:
    """Set what is said of a take; an empty note takes it away."""
    desk = Sitting(project).about(name, seen=seen, note=note)
    line = desk.with_take(take)
    return desk.decide(replace(line, takes=_changed(line, take, note=note)), ChoiceKind.NOTED, take)


def pin(
    project: Project,
    name: str,
    *,
    pinned: bool,
    seen: str | None = None,
    sitting: Sitting | None = None,
) -> LockLine:
    """Keep the shown picture whatever the recipe becomes; or let the target follow it again.

    Letting go ends an adoption and an acceptance too: an adopted file stays a take of its recipe.
    """
    desk = (sitting or Sitting(project)).about(name, seen=seen)
    if pinned:
        return desk.decide(replace(desk.kept_line(), pinned=True), ChoiceKind.PINNED)
    line = desk.line
    if not desk.target.kind.is_paid:
        return desk.decide(LockLine(name, outputs=line.outputs), ChoiceKind.RELEASED)
    state = LineState.PICKED if line.state is LineState.ADOPTED else line.state
    free = replace(line, pinned=False, accepted_key=None, state=state)
    return desk.decide(free, ChoiceKind.RELEASED)


def accept(
    project: Project,
    name: str,
    reason: str,
    *,
    seen: str | None = None,
    sitting: Sitting | None = None,
) -> LockLine:
    """Keep the picture for the recipe as it now is, until that changes again.

    A line that is of this recipe already is returned as it is.
    """
    desk = (sitting or Sitting(project)).about(name, seen=seen, note=reason)
    line = desk.kept_line()
    if not reason.strip():
        raise UsageError(Problem(NO_REASON, facts={"target": name}))
    action = desk.decision().action
    if action is None:
        raise UsageError(Problem(RECIPE_UNKNOWN, facts={"target": name}))
    if line.key == action.key:
        return line
    return desk.decide(
        replace(line, accepted_key=action.key, note=reason.strip()), ChoiceKind.ACCEPTED
    )


def adopt(
    project: Project,
    name: str,
    data: bytes,
    *,
    with_ops: bool = False,
    note: str = "",
    seen: str | None = None,
) -> LockLine:
    """Take in a file of the user's as a take of the target, and show it.

    ``with_ops`` lets it stand for the bought picture, so that ops and exports are done on it; else
    it is the finished output, byte for byte. Raises ImageError for what is no whole picture.
    """
    desk = Sitting(project).about(name, seen=seen, note=note)
    found = inspect(data, "the file")
    desk.check_adoptable(sha256(data))
    finished = "" if with_ops else _finished_format(desk.target, found.format)
    digest = project.bought.put(data)
    fresh = Take(0, digest, cost=0.0, note=note, adopted=True, finished=finished)
    line = desk.with_given(fresh)
    desk.loaded.lines[name] = line
    actions = desk.decision().outputs or {}
    made = {path: one for path, one in actions.items() if desk.loaded.seen.get(path) == digest}
    copies = {p: OutputRecord(one.key, digest) for p, one in made.items() if finished}
    line = desk.decide(
        replace(line, outputs={**line.outputs, **copies}), ChoiceKind.ADOPTED, line.shown
    )
    # Only now is the file's picture in the lock, and where it stands may be written over.
    others = [one for path, one in made.items() if path not in copies]
    project.ledger.record_made((digest, one.key, one.text) for one in others)
    return line


def _finished_format(target: Target, format: str) -> str:
    """Return the format of a finished file. Raises UsageError where no output can be that file."""
    wanted = [output.format for output in target.outputs if target.is_whole(output)]
    if wanted and format not in wanted:
        facts = {"target": target.name, "wanted": " or ".join(wanted), "found": format}
        raise UsageError(Problem(OTHER_FORMAT, facts=facts))
    return format


def _changed(
    line: LockLine, number: int, *, note: str | None = None, rejected: bool | None = None
) -> tuple[Take, ...]:
    return tuple(
        replace(
            take,
            note=take.note if note is None else note.strip(),
            rejected=take.rejected if rejected is None else rejected,
        )
        if take.n == number
        else take
        for take in line.takes
    )
