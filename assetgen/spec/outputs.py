"""Output files: their formats, exports, and which paths they may have; never looks at a disk."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from assetgen.errors import Kind, Loc, Problem, SpecError
from assetgen.graph import Graph, Op, Output, Target
from assetgen.optable import FORMATS
from assetgen.paths import check_path
from assetgen.spec.collect import Problems
from assetgen.spec.columns import Computed, Constant, Field, data_field, joined
from assetgen.spec.layers import Fields, listed
from assetgen.spec.model import Map
from assetgen.spec.opspec import ops_field, resize_to
from assetgen.spec.values import scalar_text

DEFAULT_OUTPUT = "art/{{ name }}.png"
NO_OUTPUT = "none"
LOCK_NAME = "assetgen.lock"
ATLAS_DATA = ("json", "css", "tres")
"""Fields of an atlas that name a data file, and the format of that file."""

BAD_OUTPUT_PATH = Kind(
    "bad-output-path",
    "the output '{path}' of '{target}' {why}",
    "choose a path inside the project that is fine on every system",
)
UNKNOWN_FORMAT = Kind(
    "unknown-output-format", "the output '{path}' has no known extension", "use one of: {known}"
)
BAD_WIDTH = Kind(
    "bad-srcset-width", "'{width}' is no width in pixels", "write a whole number above 0"
)
OUTPUT_CLASH = Kind(
    "output-clash",
    "'{target}' and '{other}' both write '{path}'",
    "give each an output of its own, or leave out one of them; case does not tell files apart",
)
OUTPUT_TWICE = Kind(
    "output-twice",
    "'{target}' writes '{path}' twice",
    "give each export an output of its own",
)
OUTPUT_IS_FOLDER = Kind(
    "output-is-folder",
    "'{target}' writes the file '{path}', which is a folder for '{other}'",
    "rename one of the two",
)
OUTPUT_IS_READ = Kind(
    "output-is-input",
    "'{target}' would overwrite '{path}', which the spec reads",
    "write somewhere else, or refer to the target by its name",
)
OUTPUT_RESERVED = Kind(
    "output-reserved",
    "the output '{path}' of '{target}' is a file that assetgen itself needs",
    "write somewhere else",
)

_DIGITS = re.compile(r"[1-9][0-9]{0,5}")
_FORMAT_OF = {**{name: name for name in (*FORMATS, *ATLAS_DATA)}, "jpeg": "jpg"}


NO_OPS = Constant(())


@dataclass(frozen=True, slots=True)
class OutputField:
    """One file to be: its path, and the operations after the target's own."""

    path: Field
    loc: Loc
    ops: Field = NO_OPS
    formats: tuple[str, ...] = tuple(FORMATS)


def output_fields(fields: Fields, loc: Loc, problems: Problems) -> list[OutputField]:
    """Return the files of a target: its `output` where that is written, then its exports.

    With exports, only an `output` of the target itself is written; without either, a default is.
    """
    result = []
    output = fields.get("output")
    exports = listed(fields.get("exports"), fields.at("exports", loc))
    if output is None and not exports:
        output = DEFAULT_OUTPUT
    if output not in (None, NO_OUTPUT) and (not exports or "output" in fields.own):
        at = fields.at("output", loc)
        path = problems.attempt(data_field, output, at)
        result += [OutputField(path, at)] if path else []
    for export, at in exports:
        result += problems.attempt(lambda e=export, a=at: list(_export(e, a, problems))) or []
    return result


def atlas_fields(atlas: Map, loc: Loc) -> list[OutputField]:
    """Return the data files of an atlas. Raises SpecError."""
    return [
        OutputField(data_field(atlas[name], at), at, formats=(name,))
        for name in ATLAS_DATA
        if atlas.get(name) is not None
        for at in [atlas.values_at.get(name, loc)]
    ]


def _export(export: Map, loc: Loc, problems: Problems) -> Iterator[OutputField]:
    srcset = export.get("srcset")
    if srcset is None:
        at = export.values_at.get("output", loc)
        ops = ops_field(export.get("ops"), export.values_at.get("ops", loc), problems)
        yield OutputField(data_field(export["output"], at), at, ops)
        return
    at = srcset.values_at.get("output", loc)
    path = data_field(srcset["output"], at)
    for width, width_at in listed(srcset["widths"], at):
        size = joined([data_field(width, width_at)], partial(_width, width_at))
        resize = joined([size], lambda sizes: (resize_to(sizes[0]),))
        for format_ in srcset.get("formats") or [""]:
            extra = {"width": size, "format": Constant(format_)}
            yield OutputField(_within(path, extra), at, resize)


def _width(loc: Loc, values: list[Any]) -> int:
    text = scalar_text(values[0])
    if not _DIGITS.fullmatch(text):
        raise SpecError(Problem(BAD_WIDTH, loc, {"width": text}))
    return int(text)


def _within(field: Field, extra: Mapping[str, Field]) -> Field:
    """Return ``field`` where it sees the ``extra`` variables as well."""
    if not field.names & extra.keys():
        return field
    names = (field.names - extra.keys()).union(*(one.names for one in extra.values()))

    def render(scope: Mapping[str, Any]) -> Any:
        return field.render({**scope, **{key: one.render(scope) for key, one in extra.items()}})

    return Computed(names, render)


def format_of(path: str, formats: tuple[str, ...], loc: Loc) -> str:
    """Return the format that a path's extension says. Raises SpecError."""
    name = path.rpartition("/")[2]
    found = _FORMAT_OF.get(name.rpartition(".")[2].lower()) if "." in name else None
    if found not in formats:
        known = ", ".join(formats)
        raise SpecError(Problem(UNKNOWN_FORMAT, loc, {"path": path, "known": known}))
    return found


def folded(path: str) -> str:
    """Return what two paths have in common if some system takes them for one file."""
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def check_outputs(graph: Graph, reserved: Iterable[str], problems: Problems) -> None:
    """Note every output that is no acceptable path, clashes with another or with an input.

    ``reserved``: project paths that no output may have, the spec's own files among them.
    """
    kept = {folded(path) for path in (*reserved, LOCK_NAME)}
    owners: dict[str, Target] = {}
    folders: set[str] = set()
    for target in graph:
        for output in target.outputs:
            path = output.path
            why = check_path(path)
            if why is not None:
                loc = output_loc(target, path)
                problems.add(BAD_OUTPUT_PATH, loc, path=path, target=target.name, why=why)
                continue
            key = folded(path)
            if key in kept:
                loc = output_loc(target, path)
                problems.add(OUTPUT_RESERVED, loc, path=path, target=target.name)
            folders.add(key.rpartition("/")[0])
            if owners.setdefault(key, target) is not target:
                _clash(target, owners[key], path, problems)
        if len(target.outputs) > 1:
            _check_twice(target, problems)
    _check_folders(owners, folders, problems)
    _check_inputs(graph, owners, problems)


def output_loc(target: Target, path: str) -> Loc:
    """Return where the spec says that a target writes a path, as near as its marks tell."""
    wanted = ("atlas",) if path.endswith((".json", ".css", ".tres")) else ("output", "exports")
    for name in wanted:
        if name in target.marks:
            return target.marks[name]
    return target.loc


def _clash(target: Target, other: Target, path: str, problems: Problems) -> None:
    loc, also = output_loc(target, path), output_loc(other, path)
    problems.add(OUTPUT_CLASH, loc, also, path=path, target=target.name, other=other.name)


def _check_twice(target: Target, problems: Problems) -> None:
    seen: set[str] = set()
    for output in target.outputs:
        key = folded(output.path)
        if key in seen:
            loc = output_loc(target, output.path)
            problems.add(OUTPUT_TWICE, loc, path=output.path, target=target.name)
        seen.add(key)


def _check_folders(owners: Mapping[str, Target], folders: set[str], problems: Problems) -> None:
    above = set(folders)
    for folder in folders:
        while "/" in folder:
            folder = folder.rpartition("/")[0]
            if folder in above:
                break
            above.add(folder)
    for path in sorted(above & owners.keys()):
        if problems.enough(OUTPUT_IS_FOLDER, output_loc(owners[path], path)):
            continue
        target = owners[path]
        other = next(name for name in owners if name.startswith(f"{path}/"))
        loc, writer = output_loc(target, path), owners[other].name
        problems.add(OUTPUT_IS_FOLDER, loc, path=path, target=target.name, other=writer)


def _check_inputs(graph: Graph, owners: Mapping[str, Target], problems: Problems) -> None:
    checked: set[str] = set()
    for target in graph:
        for reference in target.inputs:
            if not reference.file or reference.file in checked:
                continue
            checked.add(reference.file)
            writer = owners.get(folded(reference.file))
            if writer is not None:
                loc = output_loc(writer, reference.file)
                path, name = reference.file, writer.name
                problems.add(OUTPUT_IS_READ, loc, reference.loc, path=path, target=name)


def plain_output(path: str, output: OutputField, ops: tuple[Op, ...]) -> Output:
    """Return the file at a rendered path. Raises SpecError for an unknown extension."""
    path = path.removeprefix("./")
    return Output(path, format_of(path, output.formats, output.loc), ops)
