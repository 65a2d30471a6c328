"""Output files: their formats, and which paths they may have; never looks at a disk."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from assetgen.errors import Kind, Loc, Problem, SpecError
from assetgen.graph import NOTHING, Graph, Op, Output, Target
from assetgen.optable import FORMATS
from assetgen.paths import check_path
from assetgen.spec.collect import Problems
from assetgen.spec.exports import OutputField

LOCK_NAME = "assetgen.lock"
TEXTS = ("json", "css", "tres", "html", "webmanifest")
"""Formats of files that are no pictures."""

BAD_OUTPUT_PATH = Kind(
    "bad-output-path",
    "the output '{path}' of '{target}' {why}",
    "choose a path inside the project that is fine on every system",
)
UNKNOWN_FORMAT = Kind(
    "unknown-output-format", "the output '{path}' has no known extension", "use one of: {known}"
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

_FORMAT_OF = {**{name: name for name in (*FORMATS, *TEXTS)}, "jpeg": "jpg"}


def format_of(path: str, formats: tuple[str, ...], loc: Loc) -> str:
    """Return the format that a path's extension says. Raises SpecError."""
    found = _format(path)
    if found not in formats:
        known = ", ".join(formats)
        raise SpecError(Problem(UNKNOWN_FORMAT, loc, {"path": path, "known": known}))
    return found


def files_read(graph: Graph) -> frozenset[str]:
    """Return the files of the project that targets read, each as :func:`folded` has it."""
    return frozenset(
        folded(reference.file) for target in graph for reference in target.inputs if reference.file
    )


def may_be_output(path: str, read: Collection[str]) -> bool:
    """Whether a spec could write ``path``: by its extension, and as none of the files ``read``."""
    return _format(path) is not None and folded(path) not in read


def _format(path: str) -> str | None:
    name = path.rpartition("/")[2]
    return _FORMAT_OF.get(name.rpartition(".")[2].lower()) if "." in name else None


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
    is_text = target.atlas is not None and path.endswith((".json", ".css", ".tres"))
    for name in ("atlas",) if is_text else ("output", "exports"):
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


def plain_output(path: str, output: OutputField, ops: tuple[Op, ...], row: Sequence[Any]) -> Output:
    """Return the file at a rendered path; ``row``: encoder settings, expectations, content.

    Raises SpecError for an unknown extension.
    """
    path = path.removeprefix("./")
    format_ = format_of(path, output.formats, output.loc)
    encode, expect, content = row
    settings = encode.get(format_) if encode else None
    if format_ not in FORMATS:
        expect = None
        if content is None or content.name != "picture":
            ops = ()  # only a snippet tells of the picture after them
    return Output(path, format_, ops, settings or NOTHING, expect, content)
