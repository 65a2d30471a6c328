"""Plans without building: what is selected, what would be done, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assetgen.app.loading import Loaded, given_to, load, uncollected
from assetgen.app.precheck import precheck
from assetgen.app.project import Project
from assetgen.catalogue import Catalogue
from assetgen.digest import Digest
from assetgen.errors import SpecError
from assetgen.plan.model import Decision, Mode, Plan
from assetgen.plan.planner import make_plan
from assetgen.plan.select import select


@dataclass(frozen=True, slots=True)
class Selection:
    """What a command line names: patterns to take, patterns to leave out; none means all."""

    patterns: Sequence[str] = ()
    exclude: Sequence[str] = ()


ALL = Selection()


def chosen_names(loaded: Loaded, selection: Selection) -> list[str]:
    """Return the selected targets and everything that they need. Raises UsageError."""
    names = select(loaded.graph, selection.patterns, selection.exclude)
    needed = loaded.graph.closure(names)
    return [name for name in loaded.graph.targets if name in needed]


def plan(
    project: Project, selection: Selection = ALL, mode: Mode | None = None
) -> tuple[Loaded, Plan]:
    """Return what a build of the selection would do; changes nothing.

    Raises SpecError, also where something would have to be bought that nobody offers; LockError,
    UsageError, StoreError.
    """
    with uncollected():
        loaded = load(project)
        made = plan_loaded(project, loaded, selection, mode or Mode())
        precheck(project, loaded, made)
    if made.problems:
        raise SpecError(*made.problems)
    return loaded, made


def plan_loaded(
    project: Project,
    loaded: Loaded,
    selection: Selection,
    mode: Mode,
    catalogue: Catalogue | None = None,
) -> Plan:
    """Return the plan of what was loaded; the ledger is read in one go for it."""
    catalogue = catalogue or project.catalogue
    view = project.ledger.view()
    past = replace(
        loaded.past,
        ordered=frozenset(job.key for job in project.ledger.open_jobs(project.root)),
        jobs=view.jobs,
        takes=lambda key, name: (
            view.takes(key, given_to(project, loaded.graph, name)) or loaded.locked.takes(key, name)
        ),
        made=lambda digest: view.made(digest) or loaded.locked.records(digest),
    )
    return make_plan(loaded.graph, chosen_names(loaded, selection), past, mode, catalogue)


def explain(project: Project, patterns: Sequence[str], mode: Mode | None = None) -> list[Decision]:
    """Return the decisions of the named targets alone. Raises as :func:`plan`."""
    loaded = load(project)
    made = plan_loaded(project, loaded, Selection(patterns), mode or Mode())
    names = set(select(loaded.graph, patterns))
    return [decision for decision in made.decisions if decision.target.name in names]


def local_manifests(project: Project, decision: Decision) -> dict[Digest, str]:
    """Return the manifests of a target's former local actions, as far as they are known here."""
    records = decision.line.outputs.values() if decision.line else ()
    known = {record.key: project.ledger.manifest_of(record.key) for record in records}
    return {key: text for key, text in known.items() if text is not None}
