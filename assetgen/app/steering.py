"""What a person decides about a target's pictures: picks, pins, words, adoptions; buys nothing.

Every decision is a line of the lock, which the team shares, and a note in the ledger, which never
forgets. The caller holds the project alone; a free build brings the files in line afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assetgen.app.adopting import line_of_recipe, with_given
from assetgen.app.loading import Loaded, load
from assetgen.app.planning import Selection, plan_loaded
from assetgen.app.project import Project
from assetgen.app.upkeep import NO_LINE, write_lines
from assetgen.digest import sha256
from assetgen.errors import Kind, Problem, UsageError, did_you_mean
from assetgen.graph import NOTHING, Target, TargetKind
from assetgen.ops.picture import inspect
from assetgen.plan.model import Decision, Mode
from assetgen.plan.select import NO_MATCH
from assetgen.state import (
    Choice,
    ChoiceKind,
    LineState,
    LockLine,
    OutputRecord,
    Take,
)
from assetgen.store.locktext import line_text, recipe_text

MAX_NOTE = 2000

NO_TAKE = Kind("no-such-take", "{target} has no take {take}", "its takes: {takes}")
MOVED = Kind(
    "line-moved",
    "{target} was changed meanwhile, by somebody else or by a build",
    "look at what it is now, then decide again",
)
NO_PICTURE = Kind(
    "no-picture-to-keep",
    "{target} has no bought picture that could be kept",
    "'assetgen build {target}' makes one; 'assetgen adopt' takes in a file of yours",
)
ONLY_DRAFT = Kind(
    "only-a-draft", "only a draft stands at {target}", "'assetgen build {target}' buys its picture"
)
RECIPE_UNKNOWN = Kind(
    "recipe-unknown",
    "what {target} is made of will change first, so its recipe is not known yet",
    "build its inputs, or accept them, then decide about {target}",
)
NO_REASON = Kind("no-reason", "nothing says why {target} is accepted", "give --reason TEXT")
LONG_NOTE = Kind(
    "note-too-long", "a note of {size:,} characters is too long", "use up to {limit:,} characters"
)
OF_SPRITES = Kind(
    "adopt-atlas",
    "{target} is an atlas, which is made of its sprites",
    "adopt a file for the sprite that is to look different",
)
OTHER_FORMAT = Kind(
    "adopt-other-format",
    "{target} writes {wanted}, and this file is {found}",
    "save it as {wanted}, or give --with-ops, which makes the output of it",
)


class Moved(UsageError):
    """The line is not the one that the caller was looking at."""


def line_version(line: LockLine | None) -> str:
    """Return a short digest of a line, by which two looks at it can be compared; "" for none."""
    return sha256(line_text(line).encode())[:16] if line is not None else ""


def pick(
    project: Project, name: str, take: int, *, note: str = "", seen: str | None = None
) -> LockLine:
    """Show another take of a target; a build then makes its outputs of it, for free.

    Returns the new line. Raises UsageError (``Moved`` if the line is not the ``seen`` one),
    SpecError, LockError, StoreError; so do all that follow.
    """
    desk = _Desk(project, name, seen, note)
    line = desk.with_take(take)
    state = line.state if line.state is LineState.DRAFT else LineState.PICKED
    takes = _changed(line, take, rejected=False, note=note or None)
    return desk.decide(replace(line, takes=takes, shown=take, state=state), ChoiceKind.PICKED)


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
    desk = _Desk(project, name, seen, note)
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
    desk = _Desk(project, name, seen, note)
    line = desk.with_take(take)
    return desk.decide(replace(line, takes=_changed(line, take, note=note)), ChoiceKind.NOTED, take)


def pin(project: Project, name: str, *, pinned: bool, seen: str | None = None) -> LockLine:
    """Keep the shown picture whatever the recipe becomes; or let the target follow it again.

    Letting go ends an adoption and an acceptance too: an adopted file stays a take of its recipe.
    """
    desk = _Desk(project, name, seen)
    if pinned:
        return desk.decide(replace(desk.kept_line(), pinned=True), ChoiceKind.PINNED)
    line = desk.line
    if not desk.target.kind.is_paid:
        return desk.decide(LockLine(name, outputs=line.outputs), ChoiceKind.RELEASED)
    state = LineState.PICKED if line.state is LineState.ADOPTED else line.state
    free = replace(line, pinned=False, accepted_key=None, state=state)
    return desk.decide(free, ChoiceKind.RELEASED)


def accept(project: Project, name: str, reason: str, *, seen: str | None = None) -> LockLine:
    """Keep the picture for the recipe as it now is, until that changes again.

    A line that is of this recipe already is returned as it is.
    """
    desk = _Desk(project, name, seen, reason)
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
    desk = _Desk(project, name, seen, note)
    found = inspect(data, "the file")
    finished = "" if with_ops else _finished_format(desk.target, found.format)
    digest = project.bought.put(data)
    fresh = Take(0, digest, cost=0.0, note=note, adopted=True, finished=finished)
    line = desk.with_given(fresh)
    desk.loaded.lines[name] = line
    actions = desk.decision().outputs or {}
    made = {path: one for path, one in actions.items() if desk.loaded.seen.get(path) == digest}
    # The file is safe in the store: whatever output has its bytes may be written over.
    project.ledger.record_made((digest, one.key, one.text) for one in actions.values())
    copies = {p: OutputRecord(one.key, digest) for p, one in made.items() if finished}
    return desk.decide(
        replace(line, outputs={**line.outputs, **copies}), ChoiceKind.ADOPTED, line.shown
    )


def _finished_format(target: Target, format: str) -> str:
    """Return the format of a finished file. Raises UsageError where no output can be that file."""
    wanted = [output.format for output in target.outputs if output.ops == target.ops]
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


def check_note(note: str) -> None:
    """Raise UsageError for a note that is too long for a line of the lock."""
    if len(note) > MAX_NOTE:
        facts = {"size": len(note), "limit": MAX_NOTE}
        raise UsageError(Problem(LONG_NOTE, facts=facts))


class _Desk:
    """One decision about one target: what is known of it, and where it is written down."""

    def __init__(self, project: Project, name: str, seen: str | None, note: str = "") -> None:
        self._project = project
        self._note = note.strip()
        check_note(note)
        self.loaded: Loaded = load(project)
        if name not in self.loaded.graph.targets:
            hint = did_you_mean(name, self.loaded.graph.targets)
            raise UsageError(Problem(NO_MATCH, facts={"pattern": name, "hint": hint}))
        self.target = self.loaded.graph.targets[name]
        self._known = self.loaded.lines.get(name)
        if seen is not None and seen != line_version(self._known):
            raise Moved(Problem(MOVED, facts={"target": name}))

    def _problem(self, kind: Kind) -> UsageError:
        return UsageError(Problem(kind, facts={"target": self.target.name}))

    @property
    def line(self) -> LockLine:
        """The lock's line. Raises UsageError if there is none."""
        if self._known is None:
            raise self._problem(NO_LINE)
        return self._known

    def kept_line(self) -> LockLine:
        """Return the line of a picture that can be kept. Raises UsageError for drafts and none."""
        if self._known is None or self._known.bought is None or not self.target.kind.is_paid:
            raise self._problem(NO_PICTURE)
        if self._known.state is LineState.DRAFT:
            raise self._problem(ONLY_DRAFT)
        return self._known

    def with_take(self, number: int) -> LockLine:
        """Return the line with the take of this number among its takes. Raises UsageError.

        Another target of the same key may have bought more takes than this line lists.
        """
        line = self.line
        listed = {take.n: take for take in line.takes}
        known = {**{take.n: take for take in self._bought(line)}, **listed}
        if number not in known:
            numbers = ", ".join(map(str, sorted(known))) or "none"
            facts = {"target": self.target.name, "take": number, "takes": numbers}
            raise UsageError(Problem(NO_TAKE, facts=facts))
        return replace(line, takes=tuple(known[n] for n in sorted(known)))

    def _bought(self, line: LockLine) -> Sequence[Take]:
        return self._project.ledger.takes_of(line.key) if line.key else ()

    def decision(self) -> Decision:
        """Return what a build would do about the target by now."""
        chosen = Selection([self.target.name])
        return plan_loaded(self._project, self.loaded, chosen, Mode())[self.target.name]

    def with_given(self, take: Take) -> LockLine:
        """Return the line with ``take`` added under the next number, and shown."""
        if self.target.kind is TargetKind.ATLAS:
            raise self._problem(OF_SPRITES)
        action = self.decision().action if self.target.kind.is_paid else None
        known = self.loaded.past.takes(action.key) if action else ()
        base = line_of_recipe(self.target.name, self._known, action, known or ())
        jobs = self._project.ledger.jobs_of(base.key) if base.key else ()
        return with_given(base, take, jobs)

    def decide(self, line: LockLine, kind: ChoiceKind, take: int | None = None) -> LockLine:
        """Write the line, and note the decision; returns the line."""
        if line == self._known:
            return line
        number = line.shown if take is None else take
        chosen = next((one for one in line.takes if one.n == number), None)
        project, now = self._project, self._project.clock.now()
        ledger = project.ledger
        if chosen is not None:
            self._remember(line, chosen, kind, now)
        ledger.record_choice(
            Choice(
                project.root,
                line.target,
                kind,
                line.key,
                number,
                chosen.sha256 if chosen else "",
                self._note,
                now,
            )
        )
        write_lines(project, {**self.loaded.lines, line.target: line})
        return line

    def _remember(self, line: LockLine, take: Take, kind: ChoiceKind, now: float) -> None:
        """Let the ledger know what a later line of this key has to begin with."""
        ledger = self._project.ledger
        if line.key is None:
            return
        if kind is ChoiceKind.ADOPTED:
            ledger.record_given(
                key=line.key,
                manifest=recipe_text(line.recipe or NOTHING),
                take=take,
                epoch=line.epoch,
                project=self._project.root,
                target=line.target,
                now=now,
            )
        if kind in (ChoiceKind.PICKED, ChoiceKind.ADOPTED):
            ledger.record_pick(line.key, take.sha256)
        elif kind is ChoiceKind.REJECTED and take.n == line.shown:
            ledger.drop_pick(line.key)
