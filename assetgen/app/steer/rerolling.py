"""Buys more takes of chosen targets through a build; chooses no price and no picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assetgen.app.asked import Hands, Options
from assetgen.app.building import build
from assetgen.app.late import have_listed, take_in
from assetgen.app.loading import load, load_graph
from assetgen.app.planning import Selection, plan_loaded
from assetgen.app.project import Project
from assetgen.app.steer.deciding import check_note
from assetgen.app.upkeep import write_lines
from assetgen.errors import Kind, Problem, UsageError
from assetgen.events import Summary
from assetgen.plan.model import Mode
from assetgen.plan.select import select
from assetgen.state import Choice, ChoiceKind, LockLine, Verdict

KEPT = Kind(
    "reroll-kept",
    "{target} is kept although its recipe changed: more takes would be of another recipe",
    "'assetgen unpin {target}' first, or change the words back",
)
NOTHING_BOUGHT = Kind(
    "reroll-local",
    "{targets} is made here, from other pictures: there is nothing to buy once more",
    "reroll what it is made of",
)


@dataclass(frozen=True, slots=True)
class Rerolled:
    """How a reroll ended, and the line of each target before and after it, by name."""

    summary: Summary
    before: dict[str, LockLine | None]
    after: dict[str, LockLine | None]


def names_to_reroll(project: Project, patterns: Sequence[str]) -> list[str]:
    """Return the bought targets among those that are meant. Raises UsageError if none is."""
    _, graph = load_graph(project)
    chosen = select(graph, patterns)
    paid = [name for name in chosen if graph.targets[name].kind.is_paid]
    if not paid:
        raise UsageError(Problem(NOTHING_BOUGHT, facts={"targets": ", ".join(chosen)}))
    return paid


def reroll(
    project: Project, names: Sequence[str], takes: int, note: str, options: Options, hands: Hands
) -> Rerolled:
    """Buy ``takes`` more pictures of each target; all are kept, and the shown one stays.

    ``note`` says why, and stands at the take that is shown unless that has a note. What the
    targets need is built as well. Raises as :func:`assetgen.app.building.build`.
    """
    check_note(note)
    before, late = _begin(project, names, options.mode)
    more = {name: takes - late.get(name, 0) for name in names if takes > late.get(name, 0)}
    asked = replace(options, selection=Selection(names), mode=replace(options.mode, more=more))
    summary = build(project, asked, hands)
    if note and not summary.declined:
        _remember(project, names, before, note)
    lines = load(project).lines
    return Rerolled(summary, before, {name: lines.get(name) for name in names})


def _begin(
    project: Project, names: Sequence[str], mode: Mode
) -> tuple[dict[str, LockLine | None], dict[str, int]]:
    """Return the lines before, and how many takes an earlier reroll had paid for, by target.

    Those are put into the lock. Raises UsageError for targets that are kept for another recipe.
    """
    with project.alone(lambda holder: None):
        loaded = load(project)
        plan = plan_loaded(project, loaded, Selection(names), mode)
        kept = {d.target.name for d in plan.decisions if d.verdict is Verdict.KEPT}
        problems = [Problem(KEPT, facts={"target": name}) for name in names if name in kept]
        if problems:
            raise UsageError(*problems)
        before = {name: loaded.lines.get(name) for name in names}
        late = take_in(project, loaded)
        if late:
            write_lines(project, loaded.lines)
            have_listed(project, loaded)
    return before, late


def _remember(
    project: Project, names: Sequence[str], before: dict[str, LockLine | None], note: str
) -> None:
    """Write down why more was asked for: in the ledger, and at the take that was shown."""
    with project.alone(lambda holder: None):
        lines = dict(load(project).lines)
        now = project.clock.now()
        for name in names:
            was, line = before[name], lines.get(name)
            take = was.bought if was else None
            if line is None:
                continue
            shown = take.n if take else 0
            digest = take.sha256 if take else ""
            kind = ChoiceKind.REROLLED
            project.ledger.record_choice(
                Choice(project.root, name, kind, line.key, shown, digest, note, now)
            )
            takes = tuple(
                replace(one, note=note) if take and one.sha256 == digest and not one.note else one
                for one in line.takes
            )
            lines[name] = replace(line, takes=takes)
        write_lines(project, lines)
