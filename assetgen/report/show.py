"""One target with all that is known of it; decides nothing and shows no picture."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from assetgen.errors import printable
from assetgen.graph import Op, Output, Reference, Target
from assetgen.plan.model import Decision
from assetgen.report.plan import because
from assetgen.report.problems import loc_json
from assetgen.report.takes import line_words, take_json, take_words
from assetgen.report.text import Cell, Paint, short, table
from assetgen.report.words import WORDS
from assetgen.state import Take


def show(target: Target, decision: Decision, *, color: bool = False) -> str:
    """Return the target as text: the final prompt last, each line behind a bar."""
    paint = Paint(color)
    rows = [[Cell(name, "dim"), *cells] for name, cells in _facts(target, decision)]
    lines = [f"{paint(printable(target.name), 'bold')}  {target.kind.value}"]
    lines += table(rows, paint)
    if target.prompt:
        lines += [f"  {paint('prompt', 'dim')}"]
        lines += [f"    | {printable(line)}" for line in target.prompt.split("\n")]
    return "".join(line + "\n" for line in lines)


def _facts(target: Target, decision: Decision) -> Iterator[tuple[str, list[Cell]]]:
    word = WORDS[decision.verdict]
    reason = because(decision)
    yield "verdict", [Cell(word.name + (f": {reason}" if reason else ""), word.style)]
    yield "declared", [Cell(str(target.loc))]
    if target.model:
        model = decision.model or target.model
        instead = f" (instead of {printable(target.model)})" if model != target.model else ""
        by = f" by {', '.join(map(printable, target.providers))}" if target.providers else ""
        yield "model", [Cell(printable(model) + instead + by)]
    size = [target.aspect_ratio, target.resolution, target.quality]
    if any(size):
        yield "size", [Cell(", ".join(printable(part) for part in size if part))]
    for name, value in (("variant", target.variant), ("note", target.note)):
        if value:
            yield name, [Cell(printable(value))]
    if target.styles:
        yield "styles", [Cell(", ".join(map(printable, target.styles)))]
    if target.tags:
        yield "tags", [Cell(", ".join(map(printable, target.tags)))]
    if decision.action:
        yield "key", [Cell(decision.action.key)]
    digests = _read(decision)
    for number, reference in enumerate(target.inputs):
        digest = digests.get(number, "")
        yield _once("inputs", number), [Cell(_reference(reference) + (digest and f"  {digest}"))]
    for number, take in enumerate(decision.takes):
        yield _once("takes", number), [Cell(_take(take, decision.shown))]
    decided = line_words(decision.line)
    if decided:
        yield "decided", [Cell(", ".join(decided))]
    if target.review:
        yield "review", [Cell("waits for a pick" if decision.waits else "required")]
    if target.atlas is not None:
        yield "atlas", [Cell(_atlas(target.atlas))]
    for number, output in enumerate(target.outputs):
        yield _once("outputs", number), [Cell(_output(output, decision))]
    if not target.outputs:
        yield "outputs", [Cell("none: built only where something needs it", "dim")]


def _once(name: str, number: int) -> str:
    return name if number == 0 else " "


def _read(decision: Decision) -> dict[int, str]:
    """Return the short digests of the pictures in the paid key, by place among the inputs."""
    if decision.action is None:
        return {}
    wanted = [n for n, r in enumerate(decision.target.inputs) if r.wants_bought]
    inputs = decision.action.manifest.get("inputs", [])
    return {n: short(i["sha256"]) for n, i in zip(wanted, inputs, strict=False)}


def _atlas(atlas: Mapping[str, Any]) -> str:
    frames = "frames " + ", ".join(printable(str(name)) for name in atlas.get("frames", ()))
    moves = [printable(str(name)) for name in atlas.get("animations", ())]
    shown = [_args(atlas.get("layout", {})), frames]
    return "  ".join(filter(None, [*shown, "animations " + ", ".join(moves) if moves else ""]))


def _reference(reference: Reference) -> str:
    return f"{reference.role} {printable(reference.target or './' + reference.file)}"


def _take(take: Take, shown: int) -> str:
    return "  ".join([str(take.n), *take_words(take, shown=take.n == shown)])


def _output(output: Output, decision: Decision) -> str:
    work = ops_text(output.ops)
    action = (decision.outputs or {}).get(output.path)
    key = f"  key {short(action.key)}" if action else ""
    return printable(output.path) + (f"  {work}" if work else "") + key


def ops_text(ops: Iterable[Op]) -> str:
    """Return `crop aspect_ratio=11:19, resize height=720`."""
    return ", ".join(f"{op.name} {_args(op.args)}".strip() for op in ops)


def _args(args: Mapping[str, Any]) -> str:
    return " ".join(
        f"{printable(name)}={printable(v) if isinstance(v, str) else json.dumps(v)}"
        for name, v in args.items()
    )


def show_json(target: Target, decision: Decision) -> dict[str, Any]:
    """Return the target as data; ``said`` is what a person said of the picture as it stands."""
    line = decision.line
    return {
        "version": 1,
        "name": target.name,
        "kind": target.kind.value,
        "verdict": decision.verdict.value,
        "reasons": [reason.text for reason in decision.reasons],
        "at": loc_json(target.loc),
        "prompt": target.prompt or None,
        "model": decision.model or target.model or None,
        "providers": list(target.providers),
        "aspect_ratio": target.aspect_ratio,
        "resolution": target.resolution,
        "quality": target.quality,
        "variant": target.variant,
        "tags": list(target.tags),
        "note": target.note,
        "review": target.review,
        "key": decision.action.key if decision.action else None,
        "inputs": [
            {"role": r.role, "target": r.target or None, "file": r.file or None}
            for r in target.inputs
        ],
        "styles": list(target.styles),
        "takes": [take_json(take) for take in decision.takes],
        "shown": decision.shown if decision.takes else None,
        "state": line.state.value if line and line.takes else None,
        "pinned": bool(line and line.pinned),
        "accepted_key": line.accepted_key if line else None,
        "said": line.note if line else "",
        "outputs": [_output_json(output, decision) for output in target.outputs],
    }


def _output_json(output: Output, decision: Decision) -> dict[str, Any]:
    action = (decision.outputs or {}).get(output.path)
    return {
        "path": output.path,
        "format": output.format,
        "ops": [{op.name: dict(op.args)} for op in output.ops],
        "key": action.key if action else None,
    }
