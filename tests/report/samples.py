"""Values that the tests of reports share: targets, decisions, plans, jobs and a whole build."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assetgen import events
from assetgen.action import Action, Input, local, paid
from assetgen.digest import Digest, canonical_json, sha256
from assetgen.errors import Kind, Loc, Problem
from assetgen.graph import Op, Output, Reference, Target, TargetKind
from assetgen.plan import reasons
from assetgen.plan.model import Decision, Plan
from assetgen.state import (
    Job,
    JobState,
    LineState,
    LockLine,
    OutputRecord,
    Range,
    Reason,
    Take,
    Verdict,
)

MODEL = "xai/grok-imagine-image-quality"
EVIL = "\x1b[2J\u202eevil"
REMOVED = Kind("removed", "2 targets in the lock, not in the spec: {names}", "see 'assetgen clean'")
REFUSED = Kind("moderation", "{provider} refused the prompt: {reason}", "change the prompt")


def digest(text: str) -> Digest:
    """Return the digest of a text that stands for a picture."""
    return sha256(text.encode())


def target(name: str, kind: TargetKind = TargetKind.GENERATE, **fields: Any) -> Target:
    """Return a target with one PNG, declared on line 12."""
    given: dict[str, Any] = {
        "loc": Loc("assetgen.yaml", 12, 3),
        "outputs": (Output(f"art/{name}.png", "png"),),
    }
    if kind.is_paid:
        given |= {"prompt": f"a picture of {name}", "model": MODEL}
    return Target(name=name, kind=kind, **{**given, **fields})


def decision(name: str, verdict: Verdict, *because: Reason, **fields: Any) -> Decision:
    """Return a decision about a generated picture; one to buy costs five cents."""
    given: dict[str, Any] = {"target": target(name)}
    if verdict is Verdict.RUN:
        given |= {"images": Range(1, 1), "cost": Range(0.05, 0.05)}
    return Decision(verdict=verdict, reasons=because, **{**given, **fields})


def because(kind: Kind, **facts: Any) -> Reason:
    """Return a reason."""
    return Reason(kind, facts)


def plan(*decisions: Decision, **fields: Any) -> Plan:
    """Return a plan with the sums of its decisions."""
    given: dict[str, Any] = {
        "images": sum((d.images for d in decisions), Range()),
        "cost": sum((d.cost for d in decisions), Range()),
        "unknown_cost": any(d.unknown_cost for d in decisions),
    }
    return Plan(decisions=decisions, **{**given, **fields})


def every_verdict() -> Plan:
    """Return a plan with each verdict and each kind of work in it."""
    edit = target(
        "outfit/casual",
        TargetKind.EDIT,
        inputs=(Reference("image", target="hero/base"),),
    )
    icon = target(
        "icon", TargetKind.DERIVE, inputs=(Reference("source", target="hero/base"),), tags=("ui",)
    )
    sheet = target("sheet", TargetKind.ATLAS, inputs=(Reference("sprite", target="icon"),))
    return plan(
        decision("sword", Verdict.UP_TO_DATE),
        decision("shield", Verdict.UP_TO_DATE),
        decision(
            "hero/base",
            Verdict.RUN,
            because(reasons.CHANGED, fields="prompt"),
            target=target("hero/base", takes=4),
            images=Range(4, 4),
            cost=Range(0.2, 0.2),
        ),
        decision(
            "twin",
            Verdict.RUN,
            because(reasons.SHARED, target="hero/base"),
            images=Range(),
            cost=Range(),
        ),
        decision(
            "outfit/casual",
            Verdict.PENDING,
            because(reasons.INPUT_CHANGES, input="hero/base"),
            target=edit,
            images=Range(0, 1),
            cost=Range(0, 0.05),
        ),
        Decision(icon, Verdict.RUN, (because(reasons.LOCAL_CHANGED, path="art/icon.png"),)),
        Decision(sheet, Verdict.PENDING, (because(reasons.INPUT_CHANGES, input="icon"),)),
        decision("bow", Verdict.RESTORE, because(reasons.MISSING_OUTPUT, path="art/bow.png")),
        decision("axe", Verdict.KEPT, because(reasons.PINNED, take=2)),
        decision(
            "map",
            Verdict.MODIFIED,
            because(reasons.EDITED, path="art/map.png", target="map"),
            because(reasons.MISSING_OUTPUT, path="art/map@2x.png"),
        ),
        decision("lute", Verdict.BLOCKED, because(reasons.INPUT_HELD, input="tree")),
        decision("tree", Verdict.HELD, because(reasons.HELD, provider="runware")),
        decision("moon", Verdict.FAILED, because(reasons.ENDED, provider="xai", reason="nudity")),
        decision("star", Verdict.LOST, because(reasons.LOST, digest="3f2a9b1c0d4e")),
        notices=(Problem(REMOVED, facts={"names": f"old, {EVIL}"}),),
    )


def recipe(prompt: str, *inputs: Input, kind: str = "generate", **fields: Any) -> Action:
    """Return the paid action of a prompt."""
    return paid(kind=kind, model=fields.pop("model", MODEL), prompt=prompt, inputs=inputs, **fields)


def render(source: str, *ops: Op) -> Action:
    """Return the local action that makes a PNG of the picture ``source``."""
    chain = [[op.name, 1, dict(op.args)] for op in ops]
    return local(
        op="render",
        version=1,
        arguments=canonical_json({"format": "png", "ops": chain}),
        inputs=[Input("image", digest(source))],
    )


def line(name: str, action: Action, outputs: Mapping[str, Action] | None = None) -> LockLine:
    """Return the lock's line of a bought picture."""
    return LockLine(
        target=name,
        recipe=action.manifest,
        key=action.key,
        takes=(Take(1, digest("bought"), "runware", MODEL, 0.05),),
        outputs={
            path: OutputRecord(made.key, digest(path)) for path, made in (outputs or {}).items()
        },
        state=LineState.BOUGHT,
    )


def job(number: int, state: JobState, **fields: Any) -> Job:
    """Return a paid call, made at second 1,000 for five cents."""
    given: dict[str, Any] = {
        "key": digest("key"),
        "take": 1,
        "epoch": 0,
        "provider": "runware",
        "model": MODEL,
        "target": f"card/{number:02}",
        "price": 0.05,
        "created": 1000.0,
        "updated": 1000.0,
    }
    return Job(id=number, state=state, **{**given, **fields})


def whole_build() -> list[events.Event]:
    """Return the events of a build in which everything happens once."""
    draft = job(1, JobState.ACCEPTED, model="draft", provider="draft", price=0.0)
    failed = Problem(
        REFUSED, Loc("assetgen.yaml", 12, 5), {"provider": "xai", "reason": f"100 % {EVIL}"}
    )
    done = events.TargetDone
    return [
        events.Waiting("pid 4711"),
        events.BuildStarted(78, (3, 4), (0.15, 0.2), False, up_to_date=66),
        events.Notice(Problem(REMOVED, facts={"names": "old, older"})),
        events.TargetStarted("card/00", "buy"),
        events.JobChanged("card/00", draft),
        done("card/00", Verdict.RUN, "buy", 1, 0.0, ("art/card/00.png",)),
        events.TargetStarted("hero", "buy"),
        done("hero", Verdict.RUN, "buy", 2, 0.1, ("art/hero.png", "art/hero.webp")),
        done("fog", Verdict.RUN, "buy", 1, None, ("art/fog.png",)),
        done("bow", Verdict.RESTORE, "restore", written=("art/bow.png",)),
        done("icon", Verdict.RUN, "derive", written=("art/icon.png",)),
        done("same", Verdict.UP_TO_DATE),
        done("axe", Verdict.KEPT, reasons=("take 2 is pinned",)),
        done("map", Verdict.MODIFIED, reasons=("art/map.png was edited by hand",)),
        events.TargetFailed(f"moon{EVIL}", failed),
        events.JobChanged("tree", job(2, JobState.AMBIGUOUS, reason="read timeout")),
        done("tree", Verdict.HELD, reasons=("a paid call may have been accepted",)),
        done("lute", Verdict.BLOCKED, reasons=("needs tree, which is held",)),
        whole_summary(),
    ]


def whole_summary() -> events.Summary:
    """Return the summary of :func:`whole_build`."""
    return events.Summary(
        bought=4,
        restored=1,
        derived=1,
        up_to_date=67,
        failed=1,
        held=1,
        blocked=1,
        modified=1,
        kept=1,
        cost=0.1,
        cost_unknown=True,
        seconds=185.2,
    )
