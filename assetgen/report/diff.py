"""What differs between two sides of a project, as text and as data; compares nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from assetgen.digest import Digest
from assetgen.errors import printable
from assetgen.plan.difference import (
    Change,
    Comparison,
    Difference,
    FileChange,
    FileState,
    Side,
    SideKind,
    Spent,
)
from assetgen.plan.model import Decision
from assetgen.report.changes import Change as FieldChange
from assetgen.report.changes import change_json, change_lines, recipe_changes
from assetgen.report.plan import because, cost_json, plan_sums, usd
from assetgen.report.sentences import sentence
from assetgen.report.takepair import shown_value
from assetgen.report.takes import take_json, take_words
from assetgen.report.text import Paint, count, money, short
from assetgen.report.why import NONE_KNOWN, local_changes, paid_changes
from assetgen.report.words import WORDS
from assetgen.spec.origins import Origin
from assetgen.state import LockLine, Take

INDENT = "    "
SIGNS = {
    Change.ADDED: ("+", "green"),
    Change.REMOVED: ("-", "red"),
    Change.RENAMED: ("~", "cyan"),
    Change.CHANGED: ("~", "yellow"),
}
LEFT = "left the spec; its files stay until 'assetgen clean'"
FILE_WORDS = {FileState.EDITED: "edited by hand", FileState.MISSING: "file missing"}

Manifests = Callable[[Difference], Mapping[Digest, str]]
"""Gives the manifests of a target's former local work that are still known, by key."""

Sources = Callable[[Decision], Origin | None]
"""Gives what accounts for a changed prompt."""


def _no_source(_: Decision) -> Origin | None:
    return None


def _none_known(_: Difference) -> Mapping[Digest, str]:
    return NONE_KNOWN


def diff_lines(
    comparison: Comparison,
    *,
    color: bool = False,
    local: Manifests = _none_known,
    sources: Sources = _no_source,
) -> str:
    """Return what differs as text: each target with its changes, then counts and money."""
    paint = Paint(color)
    lines = [paint(f"{side_name(comparison.old)} -> {side_name(comparison.new)}", "bold"), ""]
    for one in comparison.differences:
        lines += [_title(one, paint), *_body(one, paint, local(one), sources), ""]
    lines.append(paint(_counts(comparison), "bold"))
    lines.append(_money(comparison))
    return "".join(line + "\n" for line in lines if line is not None)


def side_name(side: Side) -> str:
    """Return `last build`, `working tree`, or a revision with its commit."""
    if side.kind is not SideKind.REVISION:
        return side.kind.value
    name = printable(side.name)
    return name if side.commit.startswith(side.name) else f"{name} ({side.commit[:12]})"


def _title(one: Difference, paint: Paint) -> str:
    sign, style = SIGNS[one.change]
    head = f"{paint(sign, style)} "
    if one.decision is not None:
        was = f" (was {printable(one.was)})" if one.was else ""
        return head + paint(sentence(one.decision), "bold") + was
    name = paint(printable(one.name), "bold")
    if one.change is Change.RENAMED:
        return f"{head}{name}  renamed, was {printable(one.was)}"
    if one.change is Change.REMOVED and one.new is None and not one.files:
        return f"{head}{name}  {LEFT}"
    return f"{head}{name}  {one.change.value}"


def field_changes(one: Difference, sources: Sources = _no_source) -> list[FieldChange]:
    """Return what differs in the paid recipe, by field."""
    if one.decision is not None:
        return paid_changes(one.decision, sources(one.decision))
    if one.old is None or one.new is None or one.old.recipe is None or one.new.recipe is None:
        return []
    return recipe_changes(one.old.recipe, one.new.recipe)


def heading(one: Difference) -> str:
    """Return in a few words what differs: `changed: prompt, image 1`, `added`."""
    decision = one.decision
    if decision is not None:
        return because(decision) or WORDS[decision.verdict].name
    fields = [change.field for change in field_changes(one)]
    fields += [name for name, _, _ in state_changes(one)]
    states = {file.state for file in one.files}
    fields += [words for state, words in FILE_WORDS.items() if state in states]
    if not fields and one.change is Change.CHANGED:
        fields = ["local work, or what it reads"]
    return f"{one.change.value}: {', '.join(fields)}" if fields else one.change.value


def _body(
    one: Difference, paint: Paint, local: Mapping[Digest, str], sources: Sources
) -> Iterator[str]:
    if one.decision is not None:
        yield from (f"{INDENT}{printable(reason.text)}" for reason in one.decision.reasons)
    for change in field_changes(one, sources):
        yield from change_lines(change, paint, INDENT)
    for name, old, new in state_changes(one):
        yield f"{INDENT}{paint(name, 'bold')}  {shown_value(old)} -> {shown_value(new)}"
    for take in one.fresh:
        yield f"{INDENT}{_take(take, paint)}"
    for file in one.files:
        yield f"{INDENT}{paint(printable(file.path), 'bold')}  {_file(file)}"
        for change in _local(one, file, local):
            yield from change_lines(change, paint, INDENT + "  ")


def _local(one: Difference, file: FileChange, local: Mapping[Digest, str]) -> list[FieldChange]:
    if one.decision is None or one.old is None or file.state is not FileState.PLANNED:
        return []
    known = one.decision.outputs is not None and file.path in one.decision.outputs
    key = one.old.outputs[file.path].key
    return (local_changes(one.decision, file.path, key, local) or []) if known else []


def state_changes(one: Difference) -> list[tuple[str, Any, Any]]:
    """Return (field, old, new) of what people decided: shown take, notes, pins, who made it."""
    old, new = one.old, one.new
    if old is None or new is None or one.decision is not None:
        return []
    before, after = _state(old), _state(new)
    rows = [(name, before[name], after[name]) for name in before if before[name] != after[name]]
    mine = {take.sha256: take for take in old.takes}
    for take in new.takes:
        former = mine.get(take.sha256)
        if former is not None:
            label = f"take {take.n}"
            for field in ("note", "rejected"):
                was, now = getattr(former, field), getattr(take, field)
                rows += [(f"{label} {field}", was, now)] if was != now else []
    return rows


def _state(line: LockLine) -> dict[str, Any]:
    return {
        "state": line.state.value,
        "takes": len(line.takes),
        "shown take": line.shown,
        "pinned": line.pinned,
        "accepted": line.accepted_key is not None,
        "note": line.note,
    }


def _take(take: Take, paint: Paint) -> str:
    return "  ".join([paint(f"new take {take.n}", "bold"), *take_words(take, shown=False)])


def _file(file: FileChange) -> str:
    old, new = (short(digest) if digest else "" for digest in (file.old, file.new))
    return {
        FileState.ADDED: f"new  {new}".rstrip(),
        FileState.REMOVED: f"no output any more  {old}".rstrip(),
        FileState.CHANGED: f"{old} -> {new}",
        FileState.SAME: "made anew, with the same bytes",
        FileState.EDITED: f"edited by hand  {old} -> {new}" if old else f"was there before  {new}",
        FileState.MISSING: "is missing",
        FileState.PLANNED: "will be made anew",
    }[file.state]


def _counts(comparison: Comparison) -> str:
    found = comparison.differences
    if not found:
        return "no target differs"
    tally = {change: sum(one.change is change for one in found) for change in Change}
    parts = ", ".join(f"{number:,} {change.value}" for change, number in tally.items() if number)
    verb = "differs" if len(found) == 1 else "differ"
    return f"{count(len(found), 'target')} {verb}: {parts}"


def _money(comparison: Comparison) -> str:
    if comparison.plan is not None:
        return plan_sums(comparison.plan)
    return _spent(comparison.spent or Spent())


def _spent(spent: Spent) -> str:
    if not spent.images:
        return "Nothing was bought between the two"
    more = " and pictures of unknown price" if spent.unknown else ""
    return f"Bought between the two: {count(spent.images, 'picture')} ({money(spent.cost)}{more})"


def diff_json(
    comparison: Comparison,
    *,
    local: Manifests = _none_known,
    sources: Sources = _no_source,
    sheets: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Return the same as data."""
    plan, spent = comparison.plan, comparison.spent or Spent()
    cost: dict[str, Any] = {"min": usd(spent.cost), "max": usd(spent.cost)}
    unknown = spent.unknown
    images = {"min": spent.images, "max": spent.images}
    if plan is not None:
        cost, unknown = cost_json(plan.cost), plan.unknown_cost
        images = {"min": int(plan.images.min), "max": int(plan.images.max)}
    return {
        "version": 1,
        "from": _side_json(comparison.old),
        "to": _side_json(comparison.new),
        "targets": [_target_json(one, local(one), sources) for one in comparison.differences],
        "money": "planned" if plan is not None else "spent",
        "images": images,
        "cost": {**cost, "currency": "USD", "unknown": unknown},
        "sheets": list(sheets),
    }


def _side_json(side: Side) -> dict[str, Any]:
    kind = side.kind.value.replace(" ", "_")
    return {"kind": kind, "revision": side.name or None, "commit": side.commit or None}


def _target_json(one: Difference, local: Mapping[Digest, str], sources: Sources) -> dict[str, Any]:
    decision = one.decision
    return {
        "name": one.name,
        "change": one.change.value,
        "was": one.was or None,
        "verdict": decision.verdict.value if decision else None,
        "summary": sentence(decision) if decision else None,
        "reasons": [reason.text for reason in decision.reasons] if decision else [],
        "changes": [change_json(change) for change in field_changes(one, sources)],
        "state": [{"field": name, "old": old, "new": new} for name, old, new in state_changes(one)],
        "takes": [take_json(take) for take in one.fresh],
        "outputs": [
            {
                "path": file.path,
                "state": file.state.value,
                "old": file.old,
                "new": file.new,
                "changes": [change_json(change) for change in _local(one, file, local)],
            }
            for file in one.files
        ],
    }
