"""The files that a target's `output` and `exports` come to, as fields; renders none of them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from assetgen.errors import Kind, Loc, Problem, SpecError
from assetgen.graph import Op
from assetgen.optable import FORMATS
from assetgen.presets import og_ops
from assetgen.spec.collect import Problems
from assetgen.spec.columns import Computed, Constant, Field, data_field, joined
from assetgen.spec.favicon import FAVICON_WORDS, icons, plain_ops
from assetgen.spec.layers import Fields, listed
from assetgen.spec.model import Map
from assetgen.spec.opspec import ops_field, resize_to
from assetgen.spec.values import scalar_text

DEFAULT_OUTPUT = "art/{{ name }}.png"
NO_OUTPUT = "none"

BAD_WIDTH = Kind(
    "bad-srcset-width", "'{width}' is no width in pixels", "write a whole number above 0"
)

NOTHING = Constant(None)
NO_OPS = Constant(())
_DIGITS = re.compile(r"[1-9][0-9]{0,5}")


@dataclass(frozen=True, slots=True)
class OutputField:
    """One file to be.

    Attributes:
        path: where it is written.
        ops: the operations after the target's own.
        encode: encoder settings by format, or None; expect: what must hold of it, or None.
        content: the Op that says what it holds if it is not simply the picture.
        formats: those that it may have.
    """

    path: Field
    loc: Loc
    ops: Field = NO_OPS
    encode: Field = NOTHING
    expect: Field = NOTHING
    content: Field = NOTHING
    formats: tuple[str, ...] = tuple(FORMATS)


def output_fields(fields: Fields, loc: Loc, problems: Problems) -> list[OutputField]:
    """Return the files of a target: its `output` where that is written, then its exports.

    With exports, only an `output` of the target itself is written; without either, a default is.
    """
    shared = _Shared(
        _optional(fields.get("encode"), fields.at("encode", loc), problems),
        _optional(fields.get("expect"), fields.at("expect", loc), problems),
        problems,
    )
    result = []
    output = fields.get("output")
    exports = listed(fields.get("exports"), fields.at("exports", loc))
    if output is None and not exports:
        output = DEFAULT_OUTPUT
    if output not in (None, NO_OUTPUT) and (not exports or "output" in fields.own):
        at = fields.at("output", loc)
        path = problems.attempt(data_field, output, at)
        if path:
            result.append(OutputField(path, at, encode=shared.encode, expect=shared.expect))
    for export, at in exports:
        result += problems.attempt(lambda e=export, a=at: list(_export(e, a, shared))) or []
    return result


@dataclass(frozen=True, slots=True)
class _Shared:
    """What the exports of a target have in common."""

    encode: Field
    expect: Field
    problems: Problems

    def encoding(self, export: Map, loc: Loc) -> Field:
        """Return the encoder settings of an export: the target's, replaced format by format."""
        if export.get("encode") is None:
            return self.encode
        own = data_field(export["encode"], export.values_at.get("encode", loc))
        return joined([self.encode, own], lambda both: {**(both[0] or {}), **both[1]})


def _optional(value: Any, loc: Loc, problems: Problems) -> Field:
    if value is None:
        return NOTHING
    return problems.attempt(data_field, value, loc) or NOTHING


def _export(export: Map, loc: Loc, shared: _Shared) -> Iterator[OutputField]:
    for name, make in _KINDS.items():
        if export.get(name) is not None:
            yield from make(export[name], export.values_at.get(name, loc), shared)
            return
    at = export.values_at.get("output", loc)
    ops = ops_field(export.get("ops"), export.values_at.get("ops", loc), shared.problems)
    encode, expect = shared.encoding(export, loc), shared.expect
    if export.get("expect") is not None:
        expect = data_field(export["expect"], export.values_at["expect"])
    yield OutputField(data_field(export["output"], at), at, ops, encode, expect)


def _srcset(srcset: Map, loc: Loc, shared: _Shared) -> Iterator[OutputField]:
    at = srcset.values_at.get("output", loc)
    path = data_field(srcset["output"], at)
    encode, expect = shared.encoding(srcset, loc), _own_expect(srcset, loc)
    files: list[Field] = []
    for width, width_at in listed(srcset["widths"], at):
        size = joined([data_field(width, width_at)], partial(_width, width_at))
        resize = joined([size], lambda sizes: (resize_to(sizes[0]),))
        for format_ in srcset.get("formats") or [""]:
            file = within(path, {"width": size, "format": Constant(format_)})
            files.append(joined([file, size], tuple))
            yield OutputField(file, at, resize, encode, expect)
    if srcset.get("html") is not None:
        html_at = srcset.values_at["html"]
        html = data_field(srcset["html"], html_at)
        words = words_field(srcset, ("sizes", "alt", "placeholder", "base"))
        content = joined([html, words, *files], _snippet)
        yield OutputField(html, html_at, content=content, formats=("html",))


def _snippet(values: list[Any]) -> Op:
    html, words, *files = values
    base = words.pop("base", None)
    listing = [[link(path, html, base), width, _format(path)] for path, width in files]
    return Op("picture", {**words, "files": listing})


def _og(og: Map, loc: Loc, shared: _Shared) -> Iterator[OutputField]:
    at = og.values_at.get("output", loc)
    gravity = _optional(og.get("gravity"), og.values_at.get("gravity", loc), shared.problems)
    ops = joined([gravity], lambda values: plain_ops(og_ops(values[0] or "center")))
    encode, expect = shared.encoding(og, loc), _own_expect(og, loc)
    yield OutputField(data_field(og["output"], at), at, ops, encode, expect)


def _favicon(favicon: Map, loc: Loc, shared: _Shared) -> Iterator[OutputField]:
    at = favicon.values_at.get("output", loc)
    folder, words = data_field(favicon["output"], at), words_field(favicon, FAVICON_WORDS)
    encode = shared.encoding(favicon, loc)
    for file in icons(str(favicon.get("preset") or "modern"), folder, words, encode, loc):
        yield OutputField(file.path, at, file.ops, file.encode, NOTHING, file.content, file.formats)


_KINDS: Mapping[str, Callable[[Map, Loc, _Shared], Iterator[OutputField]]] = {
    "srcset": _srcset,
    "favicon": _favicon,
    "og": _og,
}
EXPORT_KINDS = tuple(_KINDS)


def link(path: str, page: str, base: str | None) -> str:
    """Return how a page of the project refers to a file of it, or what ``base`` makes of that."""
    relative = posixpath.relpath(path, posixpath.dirname(page) or ".")
    return relative if base is None else posixpath.join(base, relative)


def _format(path: str) -> str:
    extension = path.rpartition(".")[2].lower()
    return "jpg" if extension == "jpeg" else extension


def _own_expect(export: Map, loc: Loc) -> Field:
    """Return what a set of files is expected to be: its sizes are its own, not the target's."""
    if export.get("expect") is None:
        return NOTHING
    return data_field(export["expect"], export.values_at.get("expect", loc))


def words_field(export: Map, names: tuple[str, ...]) -> Field:
    """Return the given ones of an export's plain fields, as a mapping."""
    given = [name for name in names if export.get(name) is not None]
    parts = [data_field(export[name], export.values_at[name]) for name in given]
    return joined(parts, lambda values: dict(zip(given, values, strict=True)))


def _width(loc: Loc, values: list[Any]) -> int:
    text = scalar_text(values[0])
    if not _DIGITS.fullmatch(text):
        raise SpecError(Problem(BAD_WIDTH, loc, {"width": text}))
    return int(text)


def within(field: Field, extra: Mapping[str, Field]) -> Field:
    """Return ``field`` where it sees the ``extra`` variables as well."""
    if not field.names & extra.keys():
        return field
    names = (field.names - extra.keys()).union(*(one.names for one in extra.values()))

    def render(scope: Mapping[str, Any]) -> Any:
        return field.render({**scope, **{key: one.render(scope) for key, one in extra.items()}})

    return Computed(names, render)
