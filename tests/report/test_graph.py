"""The graph as text for drawing programs."""

from __future__ import annotations

from assetgen.graph import Reference, TargetKind
from assetgen.report.graph import dot, graph_json, mermaid
from assetgen.state import Verdict
from tests.report.golden import golden, golden_json
from tests.report.samples import EVIL, decision, every_verdict, target

NASTY = f'a"];b["x" \\ <script> {EVIL}`#quot;'


def test_mermaid() -> None:
    """Nodes are coloured by verdict, edges say what they are, a legend explains."""
    golden("graph.mmd", mermaid(every_verdict().decisions))


def test_graphviz() -> None:
    """The same for Graphviz."""
    golden("graph.dot", dot(every_verdict().decisions))


def test_the_graph_as_data() -> None:
    """The same as data."""
    golden_json("graph.json", graph_json(every_verdict().decisions))


def test_what_is_read_from_elsewhere_is_drawn_too() -> None:
    """A file, and a target that was not selected, are nodes without a verdict."""
    reads = (Reference("image", file="ref/a.png"), Reference("reference", target="far"))
    item = decision("a", Verdict.RUN, target=target("a", TargetKind.EDIT, inputs=reads))
    text = mermaid([item])
    assert 't1["./ref/a.png"]:::input' in text
    assert 't2["far"]:::input' in text
    assert 't1 -->|"edit"| t0' in text
    assert 'label="far", fillcolor="#ffffff"' in dot([item])


def test_two_readings_in_one_role_are_one_edge() -> None:
    """An atlas that names a target twice has one arrow from it."""
    reads = (Reference("sprite", target="b"), Reference("sprite", target="b"))
    item = decision("a", Verdict.RUN, target=target("a", TargetKind.ATLAS, inputs=reads))
    assert mermaid([item]).count("-->") == 1


def test_names_cannot_leave_their_labels() -> None:
    """Quotes, brackets, backslashes and codes in a name stay text."""
    item = decision(NASTY, Verdict.RUN)
    (node,) = [row for row in mermaid([item]).splitlines() if row.startswith("  t0")]
    assert node.count('"') == 2
    assert node.count("[") == 1
    assert "<" not in node
    (box,) = [row for row in dot([item]).splitlines() if row.startswith("  t0")]
    assert box.replace("\\\\", "").replace('\\"', "").count('"') == 4
    assert "\x1b" not in node + box
