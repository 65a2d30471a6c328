"""Checks what is committed: lock against spec, outputs against lock; writes nothing.

No ledger, no store and no time stamp is asked: what holds here holds on any machine. So each bought
picture counts as readable: whether one has to be had again is no question of spec against lock, and
must not make what depends on it look stale.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from assetgen.action import DRAFT_MODEL
from assetgen.app.loading import Loaded, load
from assetgen.app.planning import ALL, Selection, chosen_names
from assetgen.app.project import Project
from assetgen.digest import Digest
from assetgen.errors import Kind, Problem
from assetgen.graph import Output, Target
from assetgen.ops.expect import check_expect
from assetgen.plan.model import Decision, Mode
from assetgen.plan.planner import make_plan
from assetgen.state import LineState, Past, Verdict

STALE = Kind("stale", "{target} is not what the spec says: {why}", "'assetgen build', then commit")
WRONG_BYTES = Kind(
    "wrong-bytes",
    "{path} is {what}",
    "'assetgen restore {target}', or take the file from version control",
)
KEPT_DAMAGED = Kind(
    "kept-damaged", "{path} is not the picture of its name", "take it from version control"
)
DRAFTS = Kind(
    "drafts", "drafts among the locked pictures: {count}", "'assetgen build' without --draft"
)


@dataclass(frozen=True, slots=True)
class Checked:
    """What `verify` found: wrong bytes (exit 1), stale targets (exit 3), and warnings."""

    targets: int
    wrong: tuple[Problem, ...] = ()
    stale: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def exit_code(self) -> int:
        """0, 1 or 3; stale wins."""
        return 3 if self.stale else 1 if self.wrong else 0


def verify(project: Project, selection: Selection = ALL, mode: Mode | None = None) -> Checked:
    """Return what is wrong with the committed state. Raises SpecError, LockError, UsageError."""
    loaded = load(project, trust_stats=False)
    past = Past(
        lines=loaded.lines,
        seen=loaded.seen,
        pointers=loaded.past.pointers,
        made=loaded.locked.records,
        readable=_anywhere,
    )
    plan = make_plan(loaded.graph, chosen_names(loaded, selection), past, mode or Mode())
    wrong: list[Problem] = []
    stale: list[Problem] = []
    expected: list[tuple[Target, Output]] = []
    drafts = 0
    for decision in plan.decisions:
        if decision.verdict not in (Verdict.UP_TO_DATE, Verdict.KEPT):
            if _is_stale(decision):
                stale.append(_stale(decision))
            else:
                wrong.extend(_wrong(decision, loaded))
        else:
            expected += [
                (decision.target, output)
                for output in decision.target.outputs
                if output.path not in past.pointers
            ]
        drafts += bool(
            decision.line
            and decision.line.state is LineState.DRAFT
            and decision.target.model != DRAFT_MODEL
        )
    wrong.extend(_unexpected(project, expected))
    wrong.extend(_kept(project, loaded))
    warnings = (Problem(DRAFTS, facts={"count": drafts}),) if drafts else ()
    return Checked(len(plan.decisions), tuple(wrong), tuple(stale), warnings)


def _anywhere(_digest: Digest) -> bool:
    return True


def _is_stale(decision: Decision) -> bool:
    """Whether the lock has other keys than the spec; what it says of bytes matters only if not."""
    line = decision.line
    if line is None or decision.outputs is None:
        return True
    if decision.action is not None and line.key != decision.action.key and decision.bought is None:
        return True
    return any(
        path not in line.outputs or line.outputs[path].key != action.key
        for path, action in decision.outputs.items()
    )


def _stale(decision: Decision) -> Problem:
    why = decision.reasons[0].text if decision.reasons else decision.verdict.value
    return Problem(STALE, decision.target.loc, {"target": decision.target.name, "why": why})


def _wrong(decision: Decision, loaded: Loaded) -> Iterator[Problem]:
    for path, record in (decision.line.outputs if decision.line else {}).items():
        found = loaded.seen.get(path)
        if found == record.sha256:
            continue
        what = "missing" if found is None else "not what the lock records"
        facts = {"path": path, "what": what, "target": decision.target.name}
        yield Problem(WRONG_BYTES, decision.target.loc, facts)


def _unexpected(project: Project, files: Iterable[tuple[Target, Output]]) -> Iterator[Problem]:
    """Yield what does not hold of files that are as the lock records them."""

    def look(file: tuple[Target, Output]) -> tuple[Problem, ...]:
        target, output = file
        loc = target.marks.get("expect", target.loc)
        data = project.workspace.read(output.path)
        found = check_expect(data, output.format, output.expect or {}, output.path)
        return tuple(replace(problem, loc=loc) for problem in found)

    with ThreadPoolExecutor() as threads:
        for problems in threads.map(look, [file for file in files if file[1].expect]):
            yield from problems


def _kept(project: Project, loaded: Loaded) -> Iterator[Problem]:
    folder = project.keep_folder(loaded.spec.keep)
    if folder is None:
        return
    for line in loaded.lines.values():
        for take in line.takes:
            if folder.has(take.sha256) and not folder.readable(take.sha256):
                facts = {"path": f"{loaded.spec.keep}/{take.sha256}"}
                yield Problem(KEPT_DAMAGED, facts=facts)
