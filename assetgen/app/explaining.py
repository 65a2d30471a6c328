"""What is known of why targets have their verdicts: decisions, former work, what was edited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assetgen.app.loading import load
from assetgen.app.planning import Selection, local_manifests, plan_loaded
from assetgen.app.project import Project
from assetgen.digest import Digest
from assetgen.plan.model import Decision, Mode
from assetgen.plan.select import select
from assetgen.spec.origins import Origin, Origins


@dataclass(frozen=True, slots=True)
class Explained:
    """What there is to say of one target.

    Attributes:
        local: manifests of its former local work that are still known, by key.
        origin: the one value of the spec that accounts for its changed prompt, if one does.
    """

    decision: Decision
    local: Mapping[Digest, str]
    origin: Origin | None = None


def explained(
    project: Project, patterns: Sequence[str], mode: Mode | None = None
) -> list[Explained]:
    """Return what there is to say of the named targets.

    Raises SpecError, LockError, UsageError, StoreError.
    """
    loaded = load(project)
    made = plan_loaded(project, loaded, Selection(patterns), mode or Mode())
    names = set(select(loaded.graph, patterns))
    origins = Origins(loaded.spec)
    return [
        Explained(one, local_manifests(project, one), origin_of(origins, one))
        for one in made.decisions
        if one.target.name in names
    ]


def origin_of(origins: Origins | None, decision: Decision) -> Origin | None:
    """Return what accounts for the prompt being another one than that of the lock."""
    line = decision.line
    if origins is None or line is None or line.recipe is None or not decision.target.kind.is_paid:
        return None
    return origins.of(decision.target, str(line.recipe["prompt"]))
