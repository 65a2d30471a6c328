"""Reads a spec with its includes and data files into one value; expands and renders nothing."""

from __future__ import annotations

from collections.abc import Mapping

from assetgen.errors import Kind, Loc, Problem, SpecError
from assetgen.paths import check_path
from assetgen.spec.collect import Problems
from assetgen.spec.data import read_rows
from assetgen.spec.folder import BAD_PATH, Folder, is_glob
from assetgen.spec.layers import listed
from assetgen.spec.load import load
from assetgen.spec.model import Map, Spec
from assetgen.spec.schema import whole_gate

MAX_FILES = 1_000
MAX_CHAIN = 20

DUPLICATE_NAME = Kind(
    "duplicate-name",
    "'{name}' stands in `{section}` twice, first in {file}, line {line}",
    "rename or remove one of the two",
)
MAIN_ONLY = Kind(
    "main-file-only", "an included file cannot have `{key}:`", "move it to the main file {file}"
)
INCLUDE_CYCLE = Kind(
    "include-cycle", "the files include each other: {chain}", "remove one of the includes"
)
TOO_MANY_FILES = Kind(
    "too-many-files", "the spec includes more than {limit} files", "join some of them"
)
TOO_NESTED = Kind(
    "includes-too-deep", "includes are nested deeper than {limit} files", "include it further up"
)

_MERGED = ("vars", "styles", "presets", "axes", "targets")
_MAIN_ONLY = ("defaults", "budget", "keep")


def read_spec(
    root: str, path: str, *, hand_on: bool = False, more: Mapping[str, bytes] | None = None
) -> Spec:
    """Return the spec that stands in the file ``path`` of the folder ``root``.

    Paths in it are relative to ``root``, in included files too, and lead to regular files inside.
    With ``hand_on``, mistakes inside of single targets are no obstacle: they are in ``noted``, for
    :func:`~assetgen.spec.expand.expand` to tell together with its own. ``more`` are files of the
    spec, by path, that are not written yet. Raises SpecError with the problems of all files.
    """
    reader = _Reader(Folder(root, more), path, hand_on=hand_on)
    reader.take(path, None, ())
    for added in more or ():
        if added not in reader.files:
            reader.take(added, None, (path,))
    reader.read_data()
    return reader.result()


class _Reader:
    """Gathers the parts of a spec and every problem on the way."""

    def __init__(self, folder: Folder, main: str, *, hand_on: bool) -> None:
        self.folder = folder
        self.main_path = main
        self.main = Map(Loc(main))
        self.parts = {section: Map(Loc(main)) for section in _MERGED}
        self.files: dict[str, None] = {}
        self.rows: dict[str, list[object]] = {}
        self.problems = Problems()
        self.hand_on = hand_on
        self.noted: list[Problem] = []
        self.broken: set[str] = set()

    def take(self, path: str, at: Loc | None, chain: tuple[str, ...]) -> None:
        """Read one file of the spec, then what it includes; ``chain`` leads to it."""
        self.files.setdefault(path)
        data = self.problems.attempt(self.folder.read, path, at)
        doc = None if data is None else self.problems.attempt(load, data, path)
        if doc is None:
            return
        self._check(doc, included=bool(chain))
        if chain:
            self._check_included(doc)
        else:
            self.main = doc
        for section in _MERGED:
            self._merge(section, doc.get(section))
        for pattern, where in listed(doc.get("include"), doc.values_at.get("include", doc.loc)):
            if isinstance(pattern, str):
                self._include(pattern.removeprefix("./"), where, (*chain, path))

    def read_data(self) -> None:
        """Read the data file of every axis that names one."""
        known: dict[tuple[str, str | None], list[object] | None] = {}
        for name, axis in self.parts["axes"].items():
            file = axis.get("file") if isinstance(axis, Map) else None
            query = axis.get("path") if isinstance(axis, Map) else None
            if not isinstance(file, str) or not (query is None or isinstance(query, str)):
                continue
            file = file.removeprefix("./")
            if (file, query) not in known:
                known[file, query] = self._rows(file, query, axis)
            rows = known[file, query]
            if rows is not None:
                self.rows[name] = rows

    def result(self) -> Spec:
        """Return the spec. Raises SpecError with everything noted."""
        keep = self.main.get("keep")
        if isinstance(keep, str) and (why := check_path(keep)):
            self.problems.add(BAD_PATH, self.main.values_at["keep"], path=keep, why=why)
        if self.noted and (len(self.problems) or not self.hand_on):
            self.problems.take(SpecError(*self.noted))
        self.problems.raise_any()
        empty = Map(self.main.loc)
        return Spec(
            loc=self.main.loc,
            vars=self.parts["vars"],
            styles=self.parts["styles"],
            axes=self.parts["axes"],
            presets=self.parts["presets"],
            targets=self.parts["targets"],
            defaults=self.main.get("defaults", empty),
            budget=self.main.get("budget", empty),
            keep=keep,
            rows=self.rows,
            files=tuple(self.files),
            folders=tuple(self.folder.listed),
            globs=tuple(self.folder.globs),
            noted=tuple(self.noted),
            broken=frozenset(self.broken),
        )

    def _include(self, pattern: str, at: Loc, chain: tuple[str, ...]) -> None:
        if is_glob(pattern):
            found = self.problems.attempt(self.folder.matches, pattern, at) or []
            paths = [path for path in found if path not in chain]
        elif pattern in chain:
            shown = " -> ".join((*chain[chain.index(pattern) :], pattern))
            self.problems.add(INCLUDE_CYCLE, at, chain=shown)
            return
        else:
            paths = [pattern]
        for path in paths:
            if path in self.files:
                continue
            if len(self.files) >= MAX_FILES:
                self.problems.add(TOO_MANY_FILES, at, limit=MAX_FILES)
                return
            if len(chain) > MAX_CHAIN:
                self.problems.add(TOO_NESTED, at, limit=MAX_CHAIN)
                return
            self.take(path, at, chain)

    def _rows(self, file: str, query: str | None, axis: Map) -> list[object] | None:
        at = axis.values_at["file"]
        self.files.setdefault(file)
        data = self.problems.attempt(self.folder.read, file, at)
        if data is None:
            return None
        return self.problems.attempt(read_rows, data, file, query, axis.values_at.get("path", at))

    def _check(self, doc: Map, *, included: bool) -> None:
        gate = whole_gate(included=included)
        if gate is not None and gate.is_valid(doc):
            return
        # What finds words for mistakes takes a seventh of the start, and most specs have none.
        from assetgen.spec.validate import faults

        found = faults(doc, included=included)
        if not found.problems:
            return
        if found.contained:
            self.noted += found.problems
            self.broken |= found.targets
        else:
            self.problems.take(SpecError(*found.problems))

    def _check_included(self, doc: Map) -> None:
        for key in _MAIN_ONLY:
            if key in doc:
                self.problems.add(MAIN_ONLY, doc.keys_at[key], key=key, file=self.main_path)

    def _merge(self, section: str, part: object) -> None:
        if not isinstance(part, Map):
            return
        whole = self.parts[section]
        for name, value in part.items():
            at, first = part.keys_at[name], whole.keys_at.get(name)
            if first is None:
                whole.put(name, value, at, part.values_at[name])
                continue
            self.problems.add(
                DUPLICATE_NAME,
                at,
                also=first,
                name=name,
                section=section,
                file=first.file,
                line=first.line,
            )
