"""Words for nodes of Jinja's syntax tree: what is refused, and how an expression was written."""

from __future__ import annotations

from collections.abc import Mapping

from jinja2 import nodes

from assetgen.errors import Kind
from assetgen.spec.filters import FILTER_NAMES
from assetgen.spec.values import RenderError

NOT_ALLOWED = Kind(
    "template-not-allowed",
    "templates have no {construct}",
    "allowed are variables, fields, if, comparison, ~ and the filters "
    + " ".join(sorted(FILTER_NAMES)),
)

_CONSTRUCTS: Mapping[type[nodes.Node], str] = {
    nodes.For: "loops",
    nodes.Macro: "macros",
    nodes.CallBlock: "calls",
    nodes.Call: "calls",
    nodes.FilterBlock: "filter blocks",
    nodes.Assign: "set",
    nodes.AssignBlock: "set",
    nodes.Include: "includes",
    nodes.Import: "imports",
    nodes.FromImport: "imports",
    nodes.Extends: "inheritance",
    nodes.Block: "blocks",
    nodes.Slice: "slices",
    nodes.Dict: "maps of their own",
    nodes.Test: "tests but `is defined`",
}


def not_allowed(node: nodes.Node) -> RenderError:
    """Return the error for a construct that specs do without."""
    default = "arithmetic" if isinstance(node, nodes.Expr) else type(node).__name__.lower()
    return RenderError(NOT_ALLOWED, {"construct": _CONSTRUCTS.get(type(node), default)})


def described(node: nodes.Node) -> str:
    """Return an expression as the user may have written it, for messages."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        return f"{described(node.node)}.{node.attr}"
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        return f"{described(node.node)}[{node.arg.value!r}]"
    if isinstance(node, nodes.Filter) and node.node is not None:
        return f"{described(node.node)} | {node.name}"
    return "the expression"
