"""The graph of targets as mermaid and Graphviz text, coloured by verdict; draws nothing.

Names come from the spec and are untrusted: nodes have ids of our own, and names stand only in
quoted, escaped labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from assetgen.errors import printable
from assetgen.graph import Reference
from assetgen.plan.model import Decision
from assetgen.report.words import WORDS
from assetgen.state import Verdict

ROLES = {"image": "edit", "source": "from", "sprite": "atlas"}
"""Roles whose name in the spec is another one."""
FILE_FILL = "#ffffff"


class _Edge(NamedTuple):
    start: str
    end: str
    role: str


class _Drawing(NamedTuple):
    """Nodes as (id, label, verdict or None for what is only read), and edges between ids."""

    nodes: list[tuple[str, str, Verdict | None]]
    edges: list[_Edge]

    @property
    def verdicts(self) -> list[Verdict]:
        """The verdicts that occur, in the order of the reports."""
        found = {verdict for _, _, verdict in self.nodes}
        return [verdict for verdict in WORDS if verdict in found]


def _drawing(decisions: Iterable[Decision]) -> _Drawing:
    kept = list(decisions)
    ids: dict[str, str] = {}
    nodes: list[tuple[str, str, Verdict | None]] = []
    for decision in kept:
        ids[decision.target.name] = f"t{len(ids)}"
        nodes.append((ids[decision.target.name], decision.target.name, decision.verdict))
    edges: dict[_Edge, None] = {}
    for decision in kept:
        for reference in decision.target.inputs:
            name = _name(reference)
            if name not in ids:
                ids[name] = f"t{len(ids)}"
                nodes.append((ids[name], name, None))
            role = ROLES.get(reference.role, reference.role)
            edges[_Edge(ids[name], ids[decision.target.name], role)] = None
    return _Drawing(nodes, list(edges))


def _name(reference: Reference) -> str:
    return reference.target or "./" + reference.file


def mermaid(decisions: Iterable[Decision]) -> str:
    """Return a mermaid flowchart with a legend of the verdicts that occur."""
    drawing = _drawing(decisions)
    return "".join(line + "\n" for line in _mermaid(drawing))


def _mermaid(drawing: _Drawing) -> Iterator[str]:
    yield "flowchart LR"
    for node, label, verdict in drawing.nodes:
        style = verdict.value if verdict else "input"
        yield f'  {node}["{_entities(label)}"]:::{style}'
    for start, end, role in drawing.edges:
        yield f'  {start} -->|"{_entities(role)}"| {end}'
    if drawing.verdicts:
        yield "  subgraph legend"
        for verdict in drawing.verdicts:
            yield f'    l_{verdict.value}["{WORDS[verdict].name}"]:::{verdict.value}'
        yield "  end"
    for verdict in drawing.verdicts:
        yield f"  classDef {verdict.value} fill:{WORDS[verdict].fill},stroke:#555,color:#111"
    if any(verdict is None for _, _, verdict in drawing.nodes):
        yield f"  classDef input fill:{FILE_FILL},stroke:#999,color:#111,stroke-dasharray:3"


def _entities(text: str) -> str:
    """Return ``text`` with all but plain characters as mermaid's `#number;` entities."""
    return "".join(c if c.isalnum() or c in " /_-.,=+" else f"#{ord(c)};" for c in printable(text))


def dot(decisions: Iterable[Decision]) -> str:
    """Return a Graphviz digraph with a legend of the verdicts that occur."""
    return "".join(line + "\n" for line in _dot(_drawing(decisions)))


def _dot(drawing: _Drawing) -> Iterator[str]:
    yield "digraph assetgen {"
    yield "  rankdir=LR;"
    yield '  node [shape=box, style="rounded,filled", fontname="sans-serif", fontcolor="#111111"];'
    yield '  edge [fontname="sans-serif", fontsize=10, color="#555555"];'
    for node, label, verdict in drawing.nodes:
        look = f'fillcolor="{WORDS[verdict].fill}"' if verdict else DOT_INPUT
        yield f"  {node} [label={_quoted(label)}, {look}];"
    for start, end, role in drawing.edges:
        yield f"  {start} -> {end} [label={_quoted(role)}];"
    if drawing.verdicts:
        yield "  subgraph cluster_legend {"
        yield '    label="legend"; fontname="sans-serif";'
        for verdict in drawing.verdicts:
            word = WORDS[verdict]
            yield f'    l_{verdict.value} [label={_quoted(word.name)}, fillcolor="{word.fill}"];'
        yield "  }"
    yield "}"


DOT_INPUT = f'fillcolor="{FILE_FILL}", style="filled,dashed"'


def _quoted(text: str) -> str:
    return '"' + printable(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def graph_json(decisions: Iterable[Decision]) -> dict[str, Any]:
    """Return the graph as data: nodes by name, edges from what is read to who reads it."""
    kept = list(decisions)
    return {
        "version": 1,
        "nodes": [
            {"name": d.target.name, "kind": d.target.kind.value, "verdict": d.verdict.value}
            for d in kept
        ],
        "edges": [
            {"from": _name(r), "to": d.target.name, "role": ROLES.get(r.role, r.role)}
            for d in kept
            for r in d.target.inputs
        ],
    }
