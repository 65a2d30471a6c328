"""A small world for decisions: targets and a past made of plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from assetgen.action import Input, paid
from assetgen.digest import Digest, sha256
from assetgen.errors import Loc
from assetgen.graph import Graph, Op, Output, Reference, Target, TargetKind
from assetgen.plan.local import output_actions
from assetgen.plan.model import Decision, Mode, Origin, Plan, Source
from assetgen.plan.planner import make_plan
from assetgen.state import Job, JobState, LineState, LockLine, OutputRecord, Past, Take

LOC = Loc("assetgen.yaml", 1, 1)


def picture(word: str) -> Digest:
    """Return the digest of a picture that ``word`` stands for."""
    return sha256(word.encode())


def generate(name: str, prompt: str = "a sword", **more: object) -> Target:
    """Return a generate target that writes `<name>.png`."""
    more.setdefault("model", "draft")
    more.setdefault("outputs", (Output(f"{name}.png", "png"),))
    return Target(name, TargetKind.GENERATE, LOC, prompt=prompt, **more)  # type: ignore[arg-type]


def edit(name: str, of: str, prompt: str = "in red", **more: object) -> Target:
    """Return an edit of the target ``of``."""
    more.setdefault("model", "draft")
    more.setdefault("outputs", (Output(f"{name}.png", "png"),))
    image = Reference("image", target=of)
    return Target(name, TargetKind.EDIT, LOC, prompt=prompt, inputs=(image,), **more)  # type: ignore[arg-type]


def derive(name: str, source: str, *ops: Op) -> Target:
    """Return a free derivation of the target ``source``."""
    output = Output(f"{name}.png", "png", ops)
    reference = Reference("source", target=source)
    return Target(name, TargetKind.DERIVE, LOC, inputs=(reference,), ops=ops, outputs=(output,))


@dataclass
class World:
    """Targets, and a past that :meth:`built` fills in as a finished build would."""

    graph: Graph = field(default_factory=Graph)
    lines: dict[str, LockLine] = field(default_factory=dict)
    seen: dict[str, Digest] = field(default_factory=dict)
    stored: set[Digest] = field(default_factory=set)
    ours: set[Digest] = field(default_factory=set)
    jobs: list[Job] = field(default_factory=list)
    results: dict[Digest, Digest] = field(default_factory=dict)

    def declare(self, *targets: Target) -> World:
        """Set the targets; what was declared before is gone."""
        self.graph = Graph({target.name: target for target in targets})
        return self

    def past(self) -> Past:
        """Return what a decision may ask."""
        return Past(
            lines=self.lines,
            seen=self.seen,
            jobs=lambda key: tuple(job for job in self.jobs if job.key == key),
            takes=self._takes,
            readable=self.stored.__contains__,
            made=self.ours.__contains__,
            result=self.results.get,
        )

    def _takes(self, key: Digest, name: str) -> tuple[Take, ...]:
        fetched = (j for j in self.jobs if j.key == key and j.state is JobState.FETCHED)
        return tuple(Take(j.take, j.sha256, j.provider) for j in fetched if j.sha256)

    def plan(self, **mode: Any) -> Plan:
        """Return the plan of all targets."""
        return make_plan(self.graph, self.graph.targets, self.past(), Mode(**mode))

    def decision(self, name: str, **mode: Any) -> Decision:
        """Return what is decided of one target."""
        return self.plan(**mode)[name]

    def built(self, *names: str, salt: str = "") -> World:
        """Let a build of ``names`` (all if none) have happened, inputs first."""
        for target in self.graph.order():
            if not names or target.name in names:
                self._build(target, salt)
        return self

    def _build(self, target: Target, salt: str) -> None:
        decision = self.decision(target.name)
        takes: tuple[Take, ...] = ()
        bought = None
        if decision.action is not None:
            bought = picture(decision.action.key + salt)
            takes = (Take(1, bought, "draft", "draft", 0.0),)
            self.stored.add(bought)
            self.job(decision.action.key, JobState.FETCHED, sha256=bought)
        origin = Origin.DRAFT if target.model == "draft" else Origin.MODEL
        base = Source(bought, origin=origin) if bought else None
        actions = output_actions(target, base, {}) if base else decision.outputs
        records = {}
        for path, made_by in (actions or {}).items():
            made = picture(made_by.key)
            records[path] = OutputRecord(made_by.key, made)
            self.seen[path] = made
            self.ours.add(made)
        action = decision.action
        self.lines[target.name] = LockLine(
            target.name,
            recipe=action.manifest if action else None,
            key=action.key if action else None,
            takes=takes,
            outputs=records,
            state=LineState.DRAFT if target.model == "draft" else LineState.BOUGHT,
        )

    def job(self, key: Digest, state: JobState, take: int = 1, **more: object) -> Job:
        """Put a call into the ledger."""
        number = len(self.jobs) + 1
        more.setdefault("epoch", 0)
        job = Job(number, key, take, provider="pixazo", model="m", state=state, **more)  # type: ignore[arg-type]
        self.jobs.append(job)
        return job


def key_of(target: Target, *inputs: Input) -> Digest:
    """Return the key of a target's paid action."""
    return paid(
        kind=target.kind,
        model=target.model,
        prompt=target.prompt,
        inputs=inputs,
        aspect_ratio=target.aspect_ratio,
        resolution=target.resolution,
        quality=target.quality,
        variant=target.variant,
    ).key
