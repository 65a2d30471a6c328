"""Templates: a text with `{{ }}` compiled once and rendered often; knows no spec and no axis.

Jinja's parser, of an immutable sandbox with strict undefined, reads the text; the few nodes that
are allowed become plain functions (`expression.py`), which is a tenth of the time of Jinja's own
rendering and leaves no generated code to break out of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from assetgen.errors import Kind, Loc, Problem, SpecError
from assetgen.spec.constructs import described, not_allowed
from assetgen.spec.expression import Scope, expression, truth
from assetgen.spec.values import MAX_TEXT, TOO_LONG, RenderError, Value, text_of

MAX_DEPTH = 64

SYNTAX = Kind(
    "template-syntax",
    "the template cannot be read: {reason}",
    "check its {{{{ }}}} and {{% %}}; {{% raw %}} … {{% endraw %}} prints braces as they are",
)
TOO_COMPLEX = Kind(
    "template-too-complex",
    "the template is nested too deeply or longer than {limit:,} characters",
    "split it, or move text into `vars` or data files",
)

_Piece = Callable[[Scope], str]

_ENVIRONMENT = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False, cache_size=0
)


@dataclass(frozen=True, slots=True)
class _Program:
    names: frozenset[str]
    pieces: tuple[_Piece, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled text.

    Attributes:
        source: the text as written.
        loc: where it stands; errors of rendering name it.
        names: the variables that it reads.
    """

    source: str
    loc: Loc
    names: frozenset[str] = frozenset()
    pieces: tuple[_Piece, ...] = ()

    def render(self, mapping: Mapping[str, Any]) -> str:
        """Return the text for the variables in ``mapping``. Raises SpecError."""
        if not self.pieces:
            return self.source
        try:
            return _joined(self.pieces, mapping)
        except RenderError as error:
            raise SpecError(Problem(error.kind, self.loc, error.facts)) from None


def compile(source: str, loc: Loc) -> Template:
    """Return the template of ``source``; a text without `{{`, `{%` or `{#` renders to itself.

    Raises SpecError for bad syntax, constructs that are not allowed and unknown filters.
    """
    if not is_template(source):
        return Template(source, loc)
    try:
        program = _program(source)
    except RenderError as error:
        raise SpecError(Problem(error.kind, loc, error.facts)) from None
    return Template(source, loc, program.names, program.pieces)


def is_template(text: str) -> bool:
    """Return whether a text has anything to render."""
    return "{" in text and ("{{" in text or "{%" in text or "{#" in text)


@lru_cache(maxsize=8192)
def _program(source: str) -> _Program:
    if len(source) > MAX_TEXT:
        raise RenderError(TOO_COMPLEX, {"limit": MAX_TEXT})
    tree = _parsed(source)
    names: set[str] = set()
    pieces = tuple(_pieces(tree.body, names)) or (_constant(""),)
    return _Program(frozenset(names), pieces)


def _parsed(source: str) -> nodes.Template:
    try:
        tree = _ENVIRONMENT.parse(source)
    except RecursionError:
        raise RenderError(TOO_COMPLEX, {"limit": MAX_TEXT}) from None
    except (TemplateError, ValueError, OverflowError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise RenderError(SYNTAX, {"reason": reason}) from None
    _check_depth(tree)
    return tree


def _check_depth(tree: nodes.Node) -> None:
    # The functions call each other as deep as the tree is, so a deep one would end the stack.
    level: list[nodes.Node] = [tree]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in node.iter_child_nodes()]
        if not level:
            return
    raise RenderError(TOO_COMPLEX, {"limit": MAX_TEXT})


def _pieces(body: list[nodes.Node], names: set[str]) -> Iterator[_Piece]:
    for node in body:
        if isinstance(node, nodes.Output):
            for part in node.nodes:
                yield _printed(part, names)
        elif isinstance(node, nodes.If):
            yield _if(node, names)
        else:
            raise not_allowed(node)


def _printed(node: nodes.Node, names: set[str]) -> _Piece:
    if isinstance(node, nodes.TemplateData):
        return _constant(node.data)
    read, words = expression(node, names), described(node)

    def show(scope: Scope) -> str:
        value = read(scope)
        if type(value) is str and len(value) <= MAX_TEXT:
            return value
        if type(value) is Value:
            return value.id
        return text_of(value, words)

    return show


def _constant(text: str) -> _Piece:
    return lambda scope: text


def _if(node: nodes.If, names: set[str]) -> _Piece:
    branches = [
        (expression(branch.test, names), tuple(_pieces(branch.body, names)))
        for branch in (node, *node.elif_)
    ]
    otherwise = tuple(_pieces(node.else_, names))

    def choose(scope: Scope) -> str:
        for test, pieces in branches:
            if truth(test(scope)):
                return _joined(pieces, scope)
        return _joined(otherwise, scope)

    return choose


def _joined(pieces: tuple[_Piece, ...], scope: Scope) -> str:
    texts = [piece(scope) for piece in pieces]
    if sum(map(len, texts)) > MAX_TEXT:
        raise RenderError(TOO_LONG, {"limit": MAX_TEXT, "source": "the template"})
    return "".join(texts)
