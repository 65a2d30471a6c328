"""YAML bytes to mappings and lists that know their places; knows nothing of what keys mean.

Only the parser's *events* are used. Size, depth, aliases, tags and duplicate keys are checked while
the data is built, so that hostile text is refused before it takes memory. Scalars follow the YAML
1.2 core schema (:mod:`assetgen.spec.scalars`).
"""

from __future__ import annotations

import codecs
import re
from typing import Any

import yaml

from assetgen.errors import Kind, Loc, Problem, SpecError, did_you_mean
from assetgen.spec.model import Map, Seq
from assetgen.spec.scalars import NumberError, resolve
from assetgen.spec.syntax import DIRECTIVE, TEMPLATE, explain
from assetgen.spec.words import describe

MAX_BYTES = 4 * 1024 * 1024
MAX_NODES = 100_000
"""Values (scalars, lists, mappings; not keys) in one file, each alias counted in full."""
MAX_DEPTH = 32
MAX_PROBLEMS = 100

TOO_LARGE = Kind(
    "file-too-large",
    "the file has {size} bytes; at most {limit} are read",
    "split it with include:, or move long lists into a data file",
)
NOT_UTF8 = Kind("not-utf8", "the file is not UTF-8 here", "save it as UTF-8")
CONTROL = Kind(
    "control-character", "the text holds the control character {char}", "remove or escape it"
)
EMPTY = Kind("empty-file", "the file is empty", "write at least one 'key: value' line")
NOT_A_MAPPING = Kind(
    "not-a-mapping",
    "the file must hold 'key: value' lines; found {found}",
    "begin with a key, such as 'targets:'",
)
DOCUMENTS = Kind(
    "many-documents", "a second document begins here", "keep one document per file: remove '---'"
)
TOO_DEEP = Kind("too-deep", "the data is nested deeper than {limit} levels here", "make it flatter")
TOO_MANY = Kind(
    "too-many-nodes",
    "the file holds more than {limit} values, aliases counted in full",
    "split it, or move long lists into a data file",
)
TAG = Kind("tag", "the tag {tag} is not allowed", "remove it")
DUPLICATE = Kind(
    "duplicate-key", "the key '{key}' stands twice, first on line {line}", "remove one of the two"
)
KEY = Kind("bad-key", "a key must be plain text, not {found}", "write the key as text")
NO_KEY = Kind("no-key", "there is no key before ':'", "write one, or remove the line")
NUMBER = Kind(
    "bad-number",
    "{text} is not a number that can be kept exactly",
    "quote it if it is meant as text",
)
NO_ANCHOR = Kind(
    "unknown-anchor",
    "no anchor '&{name}' stands above",
    "{hint}; quote the text if '*' belongs to it",
)
RECURSIVE = Kind("recursive-anchor", "'*{name}' stands inside '&{name}'", "remove the alias")
MERGE = Kind(
    "bad-merge", "'<<' needs a mapping or a list of mappings; found {found}", "name a mapping"
)

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# libyaml compares each %TAG line with all those before it; tags are refused anyway.
_DIRECTIVES = re.compile(r"^%TAG", re.MULTILINE)
_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(data: bytes, file: str) -> Map:
    """Return the mapping that a YAML file holds; ``file`` is its path for messages.

    Raises SpecError with every mistake that could be found.
    """
    value = load_value(data, file)
    if isinstance(value, Map):
        return value
    at = value.loc if isinstance(value, Seq) else Loc(file)
    raise SpecError(Problem(NOT_A_MAPPING, at, {"found": describe(value)}))


def load_value(data: bytes, file: str) -> Any:
    """Return what a YAML file holds: a Map, a Seq or a scalar. Raises SpecError."""
    text = decode(data, file)
    directive = _DIRECTIVES.search(text)
    if directive:
        raise SpecError(Problem(DIRECTIVE, place_of(text, directive.start(), file)))
    builder = _Builder(file)
    handlers = builder.handlers
    try:
        for event in yaml.parse(text, Loader=_PARSER):
            handler = handlers.get(type(event))
            if handler:
                handler(event)
    except _Stop:
        pass
    except yaml.YAMLError as error:
        builder.add_syntax(explain(error, text, file))
    return builder.result()


def decode(data: bytes, file: str) -> str:
    """Return a text file's text without its byte order mark.

    Raises SpecError if it is too large, not UTF-8, or holds control characters.
    """
    if len(data) > MAX_BYTES:
        facts = {"size": len(data), "limit": MAX_BYTES}
        raise SpecError(Problem(TOO_LARGE, Loc(file), facts))
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8")
        raise SpecError(Problem(NOT_UTF8, place_of(before, len(before), file))) from None
    odd = _UNPRINTABLE.search(text)
    if odd:
        at = place_of(text, odd.start(), file)
        raise SpecError(Problem(CONTROL, at, {"char": f"U+{ord(odd[0]):04X}"}))
    return text


def place_of(text: str, index: int, file: str) -> Loc:
    """Return the place of the character at ``index`` of a file's text."""
    start = text.rfind("\n", 0, index) + 1
    return Loc(file, text.count("\n", 0, index) + 1, index - start + 1)


class _Stop(Exception):
    """Going on would be of no use, or would take too much; the problem is noted already."""


class _Frame:
    """A collection that is being built; ``key`` and ``key_at`` are those of the awaited value."""

    __slots__ = ("anchor", "height", "index", "is_key", "key", "key_at", "merged", "node", "nodes")

    def __init__(self, node: Map | Seq, index: int, anchor: str | None, nodes: int) -> None:
        self.node = node
        self.index = index
        self.anchor = anchor
        self.nodes = nodes
        self.height = 0
        self.is_key = False
        self.key: str | None = None
        self.key_at: Loc | None = None
        self.merged: list[Map] | None = None


class _Builder:
    """Builds the value and collects problems; ``handlers`` says which method takes which event."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.root = Seq(Loc(file))
        self.stack = [_Frame(self.root, -1, None, 0)]
        self.nodes = 0
        # value, its nodes and its height by anchor; None while the anchored value is being built
        self.anchors: dict[str, tuple[Any, int, int] | None] = {}
        self.handlers = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._start,
            yaml.SequenceStartEvent: self._start,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }

    def result(self) -> Any:
        if not self.problems and not self.root:
            self.problems.append(Problem(EMPTY, Loc(self.file)))
        if self.problems:
            raise SpecError(*self.problems)
        return self.root[0]

    def add_syntax(self, problem: Problem) -> None:
        """Note a syntax error, unless it only follows from a template without quotes."""
        told = self.problems[-1] if self.problems else None
        follows = (
            told
            and told.kind is TEMPLATE
            and told.loc
            and problem.loc
            and problem.loc.line - told.loc.line <= 1
        )
        if not follows:
            self.problems.append(problem)

    def _problem(self, problem: Problem) -> None:
        self.problems.append(problem)
        if len(self.problems) >= MAX_PROBLEMS:
            raise _Stop

    def _document(self, event: Any) -> None:
        if self.root:
            self._problem(Problem(DOCUMENTS, self._at(event)))
            raise _Stop

    def _at(self, event: Any) -> Loc:
        mark = event.start_mark
        return Loc(self.file, mark.line + 1, mark.column + 1)

    def _scalar(self, event: Any) -> None:
        frame = self.stack[-1]
        mark = event.start_mark
        at = Loc(self.file, mark.line + 1, mark.column + 1)
        if event.tag is not None:
            self._problem(Problem(TAG, at, {"tag": event.tag}))
        value: Any = event.value
        if frame.key_at is None and type(frame.node) is Map:
            self._key(frame, event, value, at)
            if event.anchor is not None:
                self.anchors[event.anchor] = (value, 1, 0)
            return
        if event.implicit[0]:
            try:
                value = resolve(value)
            except NumberError:
                self._problem(Problem(NUMBER, at, {"text": value}))
        elif "\0" in value:
            self._problem(Problem(CONTROL, at, {"char": "U+0000"}))
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, 1, 0)
        self._put(frame, value, at, 1, 0)

    def _key(self, frame: _Frame, event: Any, key: str, at: Loc) -> None:
        frame.key_at = at
        frame.key = key
        node: Any = frame.node
        is_plain = event.implicit[0]
        if key == "<<" and is_plain:
            if frame.merged is None:
                frame.merged = []
                return
            self._duplicate(frame, key, at, at)
        elif key in node.keys_at:
            self._duplicate(frame, key, at, node.keys_at[key])
        elif not key and is_plain:
            self._problem(Problem(NO_KEY, at))
        elif "\0" in key:
            self._problem(Problem(CONTROL, at, {"char": "U+0000"}))

    def _duplicate(self, frame: _Frame, key: str, at: Loc, first: Loc) -> None:
        frame.key = None
        self._problem(Problem(DUPLICATE, at, {"key": key, "line": first.line}, also=first))

    def _put(self, frame: _Frame, value: Any, at: Loc, nodes: int, height: int) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            self._problem(Problem(TOO_MANY, at, {"limit": MAX_NODES}))
            raise _Stop
        if height > frame.height:
            frame.height = height
        node: Any = frame.node
        if type(node) is Seq:
            node.append(value)
            node.items_at.append(at)
            return
        key, key_at = frame.key, frame.key_at
        frame.key_at = None
        if key == "<<" and frame.merged == []:
            self._merge(frame, value, at)
        elif key is not None:
            node[key] = value
            node.keys_at[key] = key_at
            node.values_at[key] = at

    def _start(self, event: Any) -> None:
        at = self._at(event)
        if event.tag is not None:
            self._problem(Problem(TAG, at, {"tag": event.tag}))
        outer = self.stack[-1]
        is_map = type(event) is yaml.MappingStartEvent
        node: Map | Seq = Map(at) if is_map else Seq(at)
        frame = _Frame(node, event.start_mark.index, event.anchor, self.nodes)
        if outer.key_at is None and type(outer.node) is Map:
            frame.is_key = True
            if is_map and outer.index == frame.index - 1:
                self._template(outer.node.loc)
            else:
                self._problem(Problem(KEY, at, {"found": describe(node)}))
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        self.stack.append(frame)
        self._check_depth(at, 0)

    def _template(self, at: Loc) -> None:
        if self.problems and self.problems[-1].kind is KEY and self.problems[-1].loc == at:
            self.problems.pop()
        self._problem(Problem(TEMPLATE, at))

    def _end(self, event: Any) -> None:
        frame = self.stack.pop()
        outer = self.stack[-1]
        node, height = frame.node, frame.height + 1
        if frame.merged:
            _apply_merge(node, frame.merged)
        if frame.anchor is not None:
            self.anchors[frame.anchor] = (node, self.nodes - frame.nodes + 1, height)
        if frame.is_key:
            outer.key, outer.key_at = None, node.loc
            return
        self._put(outer, node, node.loc, 1, height)

    def _alias(self, event: Any) -> None:
        frame = self.stack[-1]
        at = self._at(event)
        name = event.anchor
        if frame.key_at is None and type(frame.node) is Map:
            frame.key, frame.key_at = None, at
            self._problem(Problem(KEY, at, {"found": f"the alias *{name}"}))
            return
        found = self.anchors.get(name)
        if found is None:
            if name in self.anchors:
                self._problem(Problem(RECURSIVE, at, {"name": name}))
            else:
                facts = {"name": name, "hint": did_you_mean(name, self.anchors)}
                self._problem(Problem(NO_ANCHOR, at, facts))
            found = (None, 1, 0)
        value, nodes, height = found
        self._check_depth(at, height)
        self._put(frame, value, at, nodes, height)

    def _check_depth(self, at: Loc, height: int) -> None:
        if len(self.stack) - 1 + height > MAX_DEPTH:
            self._problem(Problem(TOO_DEEP, at, {"limit": MAX_DEPTH}))
            raise _Stop

    def _merge(self, frame: _Frame, value: Any, at: Loc) -> None:
        sources = value if isinstance(value, Seq) else [value]
        bad = [source for source in sources if not isinstance(source, Map)]
        if bad or not sources:
            self._problem(Problem(MERGE, at, {"found": describe(bad[0] if bad else value)}))
        frame.merged = [source for source in sources if isinstance(source, Map)]


def _apply_merge(node: Any, sources: list[Map]) -> None:
    """Put the merged entries before the node's own; own entries and earlier sources win."""
    own = [(key, node[key], node.keys_at[key], node.values_at[key]) for key in node]
    node.clear()
    for source in reversed(sources):
        for key, value in source.items():
            node.put(key, value, source.keys_at[key], source.values_at[key])
    for key, value, key_at, value_at in own:
        node.put(key, value, key_at, value_at)
