"""One sitting of decisions about a project's pictures: what is known, and where it is written down.

Loads the project once, however many targets are decided about, and knows no verb.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from assetgen.action import DRAFT_MODEL
from assetgen.app.loading import given_to, load
from assetgen.app.planning import Selection, plan_loaded
from assetgen.app.project import Project
from assetgen.app.steer.adopting import line_of_recipe, with_given
from assetgen.app.upkeep import NO_LINE, write_lines
from assetgen.digest import Digest, sha256
from assetgen.errors import Kind, Problem, UsageError, did_you_mean
from assetgen.graph import NOTHING, TargetKind
from assetgen.plan.model import Decision, Mode
from assetgen.plan.select import NO_MATCH
from assetgen.state import MAX_NOTE, Choice, ChoiceKind, LineState, LockLine, Take
from assetgen.store.locktext import line_text, recipe_text

NO_TAKE = Kind("no-such-take", "{target} has no take {take}", "its takes: {takes}")
NOT_HERE = Kind(
    "take-not-here",
    "the picture of take {take} of {target} is not kept on this machine",
    "pick it where it was bought, or let 'keep' hold bought pictures in the project",
)
FORMER_RECIPE = Kind(
    "take-of-a-former-recipe",
    "the takes of {target} are of a recipe that it no longer has",
    "'assetgen accept' or 'pin' them first, or change the words back; "
    "'assetgen why {target}' shows these",
)
IS_A_TAKE = Kind(
    "adopt-bought-bytes",
    "this file is take {take} of {target}, as it was bought",
    "'assetgen pick {target} {take}' shows it",
)
IS_AN_EXPORT = Kind(
    "adopt-export",
    "{path} is an export of {target}, made of its whole picture",
    "adopt the whole picture, and the export follows; 'assetgen restore {target}' puts it back",
)
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
MADE_HERE = Kind(
    "nothing-bought-to-keep",
    "{target} is made here, for nothing, of other pictures: it has none of its own to keep",
    "keep what it is made of; 'assetgen adopt' takes in a retouched file",
)
ALL_DRAFTS = Kind(
    "keep-draft",
    "{target} asks for drafts, which are drawn anew at any time",
    "give it a model, and build; 'assetgen adopt' takes in a file of yours",
)
LONG_NOTE = Kind(
    "note-too-long", "a note of {size:,} characters is too long", "use up to {limit:,} characters"
)
OF_SPRITES = Kind(
    "adopt-atlas",
    "{target} is an atlas, which is made of its sprites",
    "adopt a file for the sprite that is to look different",
)


class Moved(UsageError):
    """The line is not the one that the caller was looking at."""


def line_version(line: LockLine | None) -> str:
    """Return a short digest of a line, by which two looks at it can be compared; "" for none.

    Its outputs do not count: a free build that follows a decision is no reason to decide again.
    """
    if line is None:
        return ""
    return sha256(line_text(replace(line, outputs=NOTHING)).encode())[:16]


def check_note(note: str) -> None:
    """Raise UsageError for a note that is too long for a line of the lock."""
    if len(note) > MAX_NOTE:
        facts = {"size": len(note), "limit": MAX_NOTE}
        raise UsageError(Problem(LONG_NOTE, facts=facts))


class Sitting:
    """A project as it is known while decisions are made about it. The caller holds it alone."""

    def __init__(self, project: Project, *, together: bool = False) -> None:
        self.project = project
        self.loaded = load(project)
        self._together = together
        self._changed = False

    def about(self, name: str, *, seen: str | None = None, note: str = "") -> Desk:
        """Return where one target is decided about. Raises UsageError, Moved among them."""
        return Desk(self, name, seen, note)

    def decision(self, name: str) -> Decision:
        """Return what a build would do about a target as things stand in this sitting."""
        return plan_loaded(self.project, self.loaded, Selection([name]), Mode())[name]

    def put(self, line: LockLine) -> None:
        """Take a line into the lock: at once, or with all others of the sitting."""
        self.loaded.lines[line.target] = line
        self._changed = True
        if not self._together:
            self.write()

    def write(self) -> None:
        """Write the lock if something was decided. Raises StoreError."""
        if self._changed:
            write_lines(self.project, self.loaded.lines)
            self._changed = False


@contextmanager
def sitting(project: Project) -> Iterator[Sitting]:
    """Load the project once for many decisions, and write what was decided, whatever follows.

    Raises SpecError, LockError, StoreError.
    """
    one = Sitting(project, together=True)
    try:
        yield one
    finally:
        one.write()


class Desk:
    """One decision about one target: what is known of it, and where it is written down."""

    def __init__(self, sitting: Sitting, name: str, seen: str | None, note: str) -> None:
        check_note(note)
        self._sitting = sitting
        self._project = sitting.project
        self._note = note.strip()
        self.loaded = sitting.loaded
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
        if not self.target.kind.is_paid:
            raise self._problem(MADE_HERE)
        if self._known is None or self._known.bought is None:
            raise self._problem(NO_PICTURE)
        if self._known.state is LineState.DRAFT:
            raise self._problem(ALL_DRAFTS if self.target.model == DRAFT_MODEL else ONLY_DRAFT)
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

    def with_readable_take(self, number: int) -> LockLine:
        """Return what :meth:`with_take` does, of a picture that files can be made of here.

        Drafts can always be drawn once more.
        """
        line = self.with_take(number)
        take = next(one for one in line.takes if one.n == number)
        draft, shown = line.state is LineState.DRAFT, line.shown == number
        if not draft and not shown and not self.loaded.past.readable(take.sha256):
            facts = {"target": self.target.name, "take": number}
            raise UsageError(Problem(NOT_HERE, facts=facts))
        return line

    def check_recipe(self) -> None:
        """Raise UsageError if the line's takes are of a recipe that the spec no longer has.

        Unless they are kept all the same: else the next build asks for others.
        """
        line, action = self.line, self.decision().action
        if action is None or line.key is None or line.key == action.key:
            return
        kept = line.pinned or line.state is LineState.ADOPTED or line.accepted_key == action.key
        if not kept:
            raise self._problem(FORMER_RECIPE)

    def check_adoptable(self, digest: Digest) -> None:
        """Raise UsageError if these bytes can be no new take of the target.

        They were bought, or stand where a part of the picture is exported.
        """
        name = self.target.name
        if self.target.kind is TargetKind.ATLAS:
            raise self._problem(OF_SPRITES)
        for take in self._known.takes if self._known else ():
            if take.sha256 == digest and not take.adopted:
                raise UsageError(Problem(IS_A_TAKE, facts={"target": name, "take": take.n}))
        at = [one for one in self.target.outputs if self.loaded.seen.get(one.path) == digest]
        if at and not any(self.target.is_whole(output) for output in at):
            raise UsageError(Problem(IS_AN_EXPORT, facts={"target": name, "path": at[0].path}))

    def _bought(self, line: LockLine) -> Sequence[Take]:
        ours = given_to(self._project, self.loaded.graph, line.target)
        return self._project.ledger.takes_of(line.key, ours) if line.key else ()

    def decision(self) -> Decision:
        """Return what a build would do about the target by now."""
        return self._sitting.decision(self.target.name)

    def with_given(self, take: Take) -> LockLine:
        """Return the line with ``take`` added under the next number, and shown."""
        action = self.decision().action if self.target.kind.is_paid else None
        known = self.loaded.past.takes(action.key, self.target.name) if action else ()
        base = line_of_recipe(self.target.name, self._known, action, known or ())
        jobs = self._project.ledger.jobs_of(base.key) if base.key else ()
        return with_given(base, take, jobs)

    def decide(self, line: LockLine, kind: ChoiceKind, take: int | None = None) -> LockLine:
        """Note the decision, and let the sitting write the line; returns the line."""
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
        self._sitting.put(line)
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
                project=self._project.root,
                target=line.target,
                now=now,
            )
        if kind in (ChoiceKind.PICKED, ChoiceKind.ADOPTED):
            ledger.record_pick(line.key, take.sha256)
        elif kind is ChoiceKind.REJECTED and take.n == line.shown:
            ledger.drop_pick(line.key)
