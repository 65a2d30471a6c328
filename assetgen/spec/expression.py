"""Allowed nodes of Jinja's syntax tree as plain functions; generates no code, calls no methods.

Look-ups go to maps and axis values only, never to Python attributes, so that there is nothing to
break out to. What is not listed here does not exist in a spec.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import nodes

from assetgen.errors import Kind, did_you_mean
from assetgen.spec.constructs import NOT_ALLOWED, described, not_allowed
from assetgen.spec.filters import FILTER_NAMES, FILTERS, Filter
from assetgen.spec.values import (
    MAX_TEXT,
    TOO_LONG,
    RenderError,
    Value,
    field_of,
    sort_of,
    text_of,
)

Scope = Mapping[str, Any]
Eval = Callable[[Scope], Any]

UNKNOWN_NAME = Kind("template-unknown-name", "there is no variable '{name}' here", "{step}")
UNKNOWN_FILTER = Kind("template-unknown-filter", "there is no filter '{name}'", "{step}")
FILTER_ARGUMENTS = Kind(
    "template-filter-arguments",
    "the filter '{name}' does not take these arguments",
    "it takes: {known}",
)
NOT_COMPARABLE = Kind(
    "template-not-comparable",
    "{left} and {right} cannot be compared with '{operator}'",
    "compare text with text and numbers with numbers",
)
_NO_ITEM = Kind("template-no-item", "{owner} has no item {name}", "{step}")

# What `default` and `is defined` forgive to be absent; what is computed of it is not forgiven.
_PATHS = (nodes.Name, nodes.Getattr, nodes.Getitem)
_OPERATORS: Mapping[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "eq": ("==", operator.eq),
    "ne": ("!=", operator.ne),
    "lt": ("<", operator.lt),
    "lteq": ("<=", operator.le),
    "gt": (">", operator.gt),
    "gteq": (">=", operator.ge),
    "in": ("in", lambda left, right: left in right),
    "notin": ("not in", lambda left, right: left not in right),
}


def expression(node: nodes.Node, names: set[str]) -> Eval:
    """Return the function of an expression; the variables it reads are added to ``names``.

    Raises RenderError for what a template may not hold. The function raises RenderError too.
    """
    build = _BUILDERS.get(type(node))
    if build is None:
        raise not_allowed(node)
    return build(node, names)


def _name(node: nodes.Name, names: set[str]) -> Eval:
    name = node.name
    names.add(name)

    def read(scope: Scope) -> Any:
        try:
            return scope[name]
        except KeyError:
            facts = {"name": name, "step": did_you_mean(name, scope)}
            raise RenderError(UNKNOWN_NAME, facts, missing=True) from None

    return read


def _const(node: nodes.Const, _: set[str]) -> Eval:
    value = node.value
    return lambda scope: value


def _negative(node: nodes.Neg, _: set[str]) -> Eval:
    inner = node.node
    if isinstance(inner, nodes.Const) and type(inner.value) in (int, float):
        value = -inner.value
        return lambda scope: value
    raise not_allowed(node)


def _items(node: nodes.List | nodes.Tuple, names: set[str]) -> Eval:
    items = [expression(item, names) for item in node.items]
    return lambda scope: [_plain(item(scope)) for item in items]


def _field(node: nodes.Getattr, names: set[str]) -> Eval:
    owner, name, words = expression(node.node, names), node.attr, described(node.node)

    def read(scope: Scope) -> Any:
        value = owner(scope)
        if type(value) is Value and name in value.fields:
            return value.fields[name]
        return field_of(value, name, words)

    return read


def _item(node: nodes.Getitem, names: set[str]) -> Eval:
    owner, words = expression(node.node, names), described(node.node)
    if isinstance(node.arg, nodes.Slice):
        raise not_allowed(node.arg)
    index = expression(node.arg, names)

    def read(scope: Scope) -> Any:
        value, at = owner(scope), _plain(index(scope))
        if isinstance(value, list | tuple) and type(at) is int:
            if -len(value) <= at < len(value):
                return value[at]
            step = f"it has {len(value)} items, counted from 0"
            facts = {"owner": f"the list '{words}'", "sort": "a list", "name": at, "step": step}
            raise RenderError(_NO_ITEM, facts, missing=True)
        return field_of(value, text_of(at, "the item's name"), words)

    return read


def _inline_if(node: nodes.CondExpr, names: set[str]) -> Eval:
    test, yes = expression(node.test, names), expression(node.expr1, names)
    no: Eval = expression(node.expr2, names) if node.expr2 is not None else lambda scope: ""
    return lambda scope: yes(scope) if truth(test(scope)) else no(scope)


def _and(node: nodes.And, names: set[str]) -> Eval:
    left, right = expression(node.left, names), expression(node.right, names)

    def both(scope: Scope) -> Any:
        first = left(scope)
        return right(scope) if truth(first) else first

    return both


def _or(node: nodes.Or, names: set[str]) -> Eval:
    left, right = expression(node.left, names), expression(node.right, names)

    def either(scope: Scope) -> Any:
        first = left(scope)
        return first if truth(first) else right(scope)

    return either


def _not(node: nodes.Not, names: set[str]) -> Eval:
    inner = expression(node.node, names)
    return lambda scope: not truth(inner(scope))


def _compare(node: nodes.Compare, names: set[str]) -> Eval:
    first = expression(node.expr, names)
    rest = [(*_OPERATORS[item.op], expression(item.expr, names)) for item in node.ops]

    def compare(scope: Scope) -> bool:
        left = _plain(first(scope))
        for sign, function, operand in rest:
            right = _plain(operand(scope))
            try:
                holds = function(left, right)
            except TypeError:
                facts = {"left": sort_of(left), "right": sort_of(right), "operator": sign}
                raise RenderError(NOT_COMPARABLE, facts) from None
            if not holds:
                return False
            left = right
        return True

    return compare


def _concat(node: nodes.Concat, names: set[str]) -> Eval:
    pieces = [(expression(item, names), described(item)) for item in node.nodes]

    def concat(scope: Scope) -> str:
        texts = [text_of(piece(scope), words) for piece, words in pieces]
        if sum(map(len, texts)) > MAX_TEXT:
            raise RenderError(TOO_LONG, {"limit": MAX_TEXT, "source": "~"})
        return "".join(texts)

    return concat


def _filter(node: nodes.Filter, names: set[str]) -> Eval:
    name = node.name
    if name not in FILTER_NAMES:
        facts = {"name": name, "step": did_you_mean(name, FILTER_NAMES)}
        raise RenderError(UNKNOWN_FILTER, facts)
    if node.node is None or node.dyn_args is not None or node.dyn_kwargs is not None:
        raise RenderError(NOT_ALLOWED, {"construct": "filters with * arguments"})
    value = expression(node.node, names)
    given = [expression(item, names) for item in node.args]
    named = {str(item.key): expression(item.value, names) for item in node.kwargs}
    if name == "default":
        arguments = _bound(name, _DEFAULT, given, named)
        return _default(value, arguments, forgives=isinstance(node.node, _PATHS))
    run = FILTERS[name].run
    arguments = _bound(name, FILTERS[name], given, named)

    def apply(scope: Scope) -> Any:
        result = run(value(scope), **{key: item(scope) for key, item in arguments.items()})
        return text_of(result, name)

    def apply_bare(scope: Scope) -> Any:
        return run(value(scope))

    return apply if arguments else apply_bare


_DEFAULT = Filter(run=bool, arguments=("default_value", "boolean"))


def _bound(
    name: str, filter_: Filter, given: list[Eval], named: dict[str, Eval]
) -> dict[str, Eval]:
    bound = dict(zip(filter_.arguments, given, strict=False))
    wrong = len(given) > len(filter_.arguments) or any(
        key in bound or key not in filter_.arguments for key in named
    )
    bound |= named
    if wrong or any(key not in bound for key in filter_.arguments[: filter_.required]):
        known = ", ".join(filter_.arguments) or "none"
        raise RenderError(FILTER_ARGUMENTS, {"name": name, "known": known})
    return bound


def _default(value: Eval, arguments: Mapping[str, Eval], *, forgives: bool) -> Eval:
    other, boolean = arguments.get("default_value"), arguments.get("boolean")

    def instead(scope: Scope) -> Any:
        return other(scope) if other else ""

    def read(scope: Scope) -> Any:
        try:
            found = value(scope)
        except RenderError as error:
            if not (forgives and error.missing):
                raise
            return instead(scope)
        if found is None or (boolean and truth(boolean(scope)) and not truth(found)):
            return instead(scope)
        return found

    return read


def _test(node: nodes.Test, names: set[str]) -> Eval:
    if node.name != "defined" or node.args or node.kwargs:
        raise not_allowed(node)
    value, forgives = expression(node.node, names), isinstance(node.node, _PATHS)

    def defined(scope: Scope) -> bool:
        try:
            value(scope)
        except RenderError as error:
            if not (forgives and error.missing):
                raise
            return False
        return True

    return defined


def truth(value: Any) -> bool:
    """Return whether `if` takes a value as true; an axis value is as true as its id."""
    return bool(_plain(value))


def _plain(value: Any) -> Any:
    return value.id if type(value) is Value else value


_BUILDERS: Mapping[type[nodes.Node], Callable[[Any, set[str]], Eval]] = {
    nodes.Name: _name,
    nodes.Const: _const,
    nodes.Neg: _negative,
    nodes.List: _items,
    nodes.Tuple: _items,
    nodes.Getattr: _field,
    nodes.Getitem: _item,
    nodes.CondExpr: _inline_if,
    nodes.And: _and,
    nodes.Or: _or,
    nodes.Not: _not,
    nodes.Compare: _compare,
    nodes.Concat: _concat,
    nodes.Filter: _filter,
    nodes.Test: _test,
}
