"""Why a target has its verdict: what changed, by field, with its place; decides nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from assetgen import action
from assetgen.digest import Digest, canonical_json
from assetgen.errors import Loc, printable
from assetgen.graph import Target
from assetgen.plan.model import Decision
from assetgen.report.changes import ABSENT, Change, change_json, change_lines, differing
from assetgen.report.problems import loc_json
from assetgen.report.sentences import next_step, sentence
from assetgen.report.text import Paint, short
from assetgen.spec.origins import Origin
from assetgen.state import Verdict

NONE_KNOWN: Mapping[Digest, str] = {}
ARGUMENTS = "arguments."


def why(
    decision: Decision,
    *,
    color: bool = False,
    local: Mapping[Digest, str] = NONE_KNOWN,
    origin: Origin | None = None,
) -> str:
    """Return what is done about a target and why, as text.

    ``local`` holds the manifests of local actions that are still known, by key; an output whose
    former one is not among them is only said to have changed. ``origin`` is what accounts for a
    changed prompt.
    """
    paint = Paint(color)
    target = decision.target
    lines = [paint(sentence(decision), "bold")]
    lines += [f"  - {printable(reason.text)}" for reason in decision.reasons]
    changes = paid_changes(decision, origin)
    if changes and decision.verdict is Verdict.KEPT:
        lines += ["", f"  {_kept(decision)}"]
    for change in changes:
        lines += ["", *change_lines(change, paint, "  ")]
    for path, (old, new) in output_keys(decision).items():
        lines += ["", *_output(decision, path, old, new, local, paint)]
    step = next_step(decision)
    if step:
        lines += ["", step]
    lines += ["", paint(f"declared at {target.loc}", "dim")]
    return "".join(line + "\n" for line in lines)


def _kept(decision: Decision) -> str:
    """Return between which two recipes the changes of a kept picture are."""
    take = decision.line.bought if decision.line else None
    what = "it was given for" if take is not None and take.adopted else "it was made by"
    return f"the recipe {what} -> the recipe that the spec has now:"


def paid_changes(decision: Decision, origin: Origin | None = None) -> list[Change]:
    """Return what differs between the lock's recipe and the wanted one, by field.

    ``origin`` is what accounts for a changed prompt.
    """
    line = decision.line
    if line is None or line.recipe is None or not decision.target.kind.is_paid:
        return []
    wanted = decision.action.text if decision.action else _without_inputs(decision)
    whole = decision.action is not None
    named = _named_inputs([r for r in decision.target.inputs if r.wants_bought])
    return [
        _placed(change, decision.target, named, origin)
        for change in differing(canonical_json(dict(line.recipe)), wanted)
        if not change.field.startswith("inputs[") or (whole and not _is_label(change))
    ]


def _is_label(change: Change) -> bool:
    """Whether it is the role of an input that came or went: its picture says enough."""
    return change.field.endswith(".role") and ABSENT in (change.old, change.new)


def _without_inputs(decision: Decision) -> str:
    """Return the wanted manifest while its inputs are not known yet."""
    target = decision.target
    return action.paid(
        kind=target.kind.value,
        model=decision.model or target.model,
        prompt=target.prompt,
        aspect_ratio=target.aspect_ratio,
        resolution=target.resolution,
        quality=target.quality,
        variant=target.variant,
    ).text


def _named_inputs(references: Iterable[Any]) -> dict[str, tuple[str, Loc | None]]:
    return {
        f"inputs[{number}]": (
            f"{reference.role} {reference.target or './' + reference.file}",
            reference.loc,
        )
        for number, reference in enumerate(references, 1)
    }


def _placed(
    change: Change,
    target: Target,
    inputs: Mapping[str, tuple[str, Loc | None]],
    origin: Origin | None,
) -> Change:
    """Return the change under the user's name for the field, with its place."""
    head, _, tail = change.field.partition(".")
    if head.startswith("inputs["):
        name, loc = inputs.get(head, (f"input {head[7:-1]}", None))
        field = name if tail == "sha256" else f"{name}, {tail}"
        return Change(field, loc or target.loc, change.old, change.new, change.picture)
    loc = target.marks.get(change.field, target.loc)
    source = origin if change.field == "prompt" else None
    return replace(change, loc=loc, origin=source)


def output_keys(decision: Decision) -> dict[str, tuple[Digest | None, Digest]]:
    """Return the keys of outputs whose local action is another one than the lock has."""
    if decision.outputs is None or decision.line is None:
        return {}
    found: dict[str, tuple[Digest | None, Digest]] = {}
    for path, wanted in decision.outputs.items():
        record = decision.line.outputs.get(path)
        if record is None or record.key != wanted.key:
            found[path] = (record.key if record else None, wanted.key)
    return found


def local_changes(
    decision: Decision, path: str, old: Digest | None, local: Mapping[Digest, str]
) -> list[Change] | None:
    """Return what differs in the local work of an output; None where the old is not known."""
    if old is None or old not in local or decision.outputs is None:
        return None
    target = decision.target
    return [
        Change(_op_field(c.field), _local_loc(c.field, target), c.old, c.new, c.picture)
        for c in differing(_opened(local[old]), _opened(decision.outputs[path].text))
    ]


def _local_loc(field: str, target: Target) -> Loc:
    """Return where the spec says what a field of a local manifest comes from."""
    names = ("atlas",) if target.atlas is not None else ("ops",)
    if field.startswith("encode"):
        names = ("encode",)
    return next((target.marks[n] for n in (*names, "exports") if n in target.marks), target.loc)


def _opened(manifest: str) -> str:
    """Return a local manifest with its arguments, which are canonical text, as a tree.

    Operations stand there as [name, version, arguments], and become what a spec says of them.
    """
    data = json.loads(manifest)
    arguments = data.get("arguments")
    if isinstance(arguments, str):
        data["arguments"] = arguments = json.loads(arguments)
    if isinstance(arguments, dict) and isinstance(arguments.get("ops"), list):
        arguments["ops"] = [_op(op) for op in arguments["ops"]]
    return canonical_json(data)


def _op(op: Any) -> Any:
    if isinstance(op, list) and len(op) == 3 and isinstance(op[2], dict):
        return {str(op[0]): {"version": op[1], **op[2]}}
    return op


def _op_field(field: str) -> str:
    return field.removeprefix(ARGUMENTS).replace("inputs[1].sha256", "source picture")


def _output(
    decision: Decision,
    path: str,
    old: Digest | None,
    new: Digest,
    local: Mapping[Digest, str],
    paint: Paint,
) -> list[str]:
    title = f"  {paint(printable(path), 'bold')}"
    if old is None:
        return [f"{title}  new output"]
    changes = local_changes(decision, path, old, local)
    if changes is None:
        return [
            f"{title}  its local work or its source changed "
            f"(key {short(old)} -> {short(new)}; the former recipe is not kept here)"
        ]
    return [title, *(line for change in changes for line in change_lines(change, paint, "    "))]


def why_json(
    decision: Decision,
    *,
    local: Mapping[Digest, str] = NONE_KNOWN,
    origin: Origin | None = None,
) -> dict[str, Any]:
    """Return the same as data: `changes` of the paid recipe, `outputs` of the local work."""
    old = decision.line.key if decision.line else None
    return {
        "version": 1,
        "target": decision.target.name,
        "verdict": decision.verdict.value,
        "summary": sentence(decision),
        "reasons": [reason.text for reason in decision.reasons],
        "next": next_step(decision),
        "at": loc_json(decision.target.loc),
        "key": {"old": old, "new": decision.action.key if decision.action else None},
        "changes": [change_json(change) for change in paid_changes(decision, origin)],
        "outputs": [
            {
                "path": path,
                "key": {"old": before, "new": after},
                "changes": _maybe(local_changes(decision, path, before, local)),
            }
            for path, (before, after) in output_keys(decision).items()
        ],
    }


def _maybe(changes: list[Change] | None) -> list[dict[str, Any]] | None:
    return None if changes is None else [change_json(change) for change in changes]
