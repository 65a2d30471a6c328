"""From the sources of an import to picture files and rows of tables; opens no picture."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

from assetgen.errors import AssetgenError, Kind, Loc, Problem
from assetgen.paths import check_path
from assetgen.spec.data import read_rows
from assetgen.spec.folder import Folder, is_glob
from assetgen.spec.wishes import Wish, wishes

PICTURES = {"png": "png", "jpg": "jpg", "jpeg": "jpg", "webp": "webp"}
"""The format that a picture file's extension says."""
TABLES = ("csv", "tsv", "json", "yaml", "yml")

NO_SOURCE = Kind("import-no-source", "there is no file or folder {path}", "check the path")
OUTSIDE = Kind(
    "import-outside",
    "{path} is outside of the project {root}",
    "copy it into the project: a spec reads and writes nothing outside",
)
NO_PICTURES = Kind(
    "import-no-pictures",
    "{path} leads to no PNG, JPEG or WebP picture",
    "name a folder or a pattern that does, such as 'art/**/*.png'",
)
NEITHER = Kind(
    "import-neither",
    "{path} is neither a PNG, JPEG or WebP picture nor a table, by its name",
    "give pictures, or a .csv, .tsv, .json or .yaml file of prompts",
)
SPEC_FILE = Kind(
    "import-spec-file", "{path} is a file of the spec already", "give a table of prompts instead"
)
BAD_NAME = Kind("import-bad-path", "{path} {why}", "rename it; a spec could not name it")


@dataclass(frozen=True, slots=True)
class Table:
    """A file of prompts: its path, its rows, and the columns that say nothing here."""

    path: str
    rows: Sequence[Wish]
    unused: Sequence[str] = ()


@dataclass(slots=True)
class Collected:
    """What the sources lead to; paths are of the project, with `/`.

    Attributes:
        pictures: each with the table and the row that speak of it, if some do.
        rows: those without a picture, each with its table.
        doubled: pictures that a further row speaks of.
        problems: sources that lead to nothing.
    """

    pictures: dict[str, tuple[str, Wish] | None] = field(default_factory=dict)
    rows: list[tuple[str, Wish]] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def collect(
    root: str,
    start: str,
    sources: Iterable[str],
    spec_files: Collection[str],
    usual: Callable[[str], str],
) -> Collected:
    """Return what ``sources`` name: files, folders, globs and tables, relative to ``start``.

    ``spec_files`` are no tables; ``usual`` tells where a target of a name is written by default.
    Raises nothing for what a source holds: that is among the problems.
    """
    places = os.path.realpath(root), os.path.realpath(start)
    collector = _Collector(*places, spec_files, usual)
    for source in sources:
        try:
            collector.take(source)
        except AssetgenError as error:
            collector.found.problems += error.problems
    collector.add_rows()
    return collector.found


def project_path(root: str, start: str, path: str) -> str | None:
    """Return the path in the project of what ``path`` means in ``start``; None if it is outside."""
    full = os.path.normpath(os.path.join(start, path))
    inner = os.path.relpath(full, root).replace(os.sep, "/")
    return None if inner == ".." or inner.startswith("../") or os.path.isabs(inner) else inner


class _Collector:
    """What has been found so far; lives for one call of :func:`collect`."""

    def __init__(
        self, root: str, start: str, spec_files: Collection[str], usual: Callable[[str], str]
    ) -> None:
        self._spec_files = spec_files
        self._usual = usual
        self._root = root
        self._start = start
        self._folder = Folder(root)
        self._stems: dict[str, list[str]] = {}
        self.found = Collected()

    def take(self, source: str) -> None:
        """Add what one source leads to. Raises SpecError."""
        inner = project_path(self._root, self._start, source)
        if inner is None:
            self._problem(OUTSIDE, path=source, root=self._root)
            return
        full = os.path.join(self._root, inner)
        if os.path.isdir(full):
            self._pattern(source, "**/*" if inner == "." else f"{inner}/**/*")
        elif os.path.isfile(full):
            self._file(source, inner)
        elif is_glob(source):
            self._pattern(source, inner)
        else:
            self._problem(NO_SOURCE, path=source)

    def _problem(self, kind: Kind, **facts: str) -> None:
        self.found.problems.append(Problem(kind, facts=facts))

    def _pattern(self, source: str, pattern: str) -> None:
        """Add the pictures that a glob finds, and its tables where it is about such files."""
        files = self._folder.matches(pattern, None)
        tables = TABLES if _ending(pattern) in TABLES else ()
        wanted = [path for path in files if _ending(path) in (*PICTURES, *tables)]
        for path in wanted:
            self._file(path, path)
        if not wanted:
            self._problem(NO_PICTURES, path=source)

    def _file(self, source: str, path: str) -> None:
        why = check_path(path)
        if why:
            self._problem(BAD_NAME, path=path, why=why)
        elif _ending(path) in PICTURES:
            self.found.pictures.setdefault(path)
        elif path in self._spec_files:
            self._problem(SPEC_FILE, path=source)
        elif _ending(path) in TABLES:
            data = self._folder.read(path, None)
            rows, unused = wishes(read_rows(data, path, None, Loc(path)))
            self.found.tables.append(Table(path, rows, unused))
        else:
            self._problem(NEITHER, path=source)

    def add_rows(self) -> None:
        """Give each row to the picture that it names, if that is there."""
        for picture in self.found.pictures:
            self._stems.setdefault(_stem(picture), []).append(picture)
        for table in self.found.tables:
            for row in table.rows:
                path = self._picture_of(row, table.path)
                if path is None:
                    self.found.rows.append((table.path, row))
                elif self.found.pictures.get(path) is None:
                    self.found.pictures[path] = (table.path, row)
                else:
                    self.found.doubled.append(path)

    def _picture_of(self, row: Wish, table: str) -> str | None:
        """Return the picture file that a row names.

        It stands beside the table, or where it says from the root, or among the pictures under the
        only file name that fits, or where a target of the row's name is written.
        """
        for name in filter(None, (row.file, row.name)):
            for start in (os.path.dirname(os.path.join(self._root, table)), self._root):
                path = project_path(self._root, start, name)
                if path and _ending(path) in PICTURES and self._is_file(path):
                    return path
            fitting = self._stems.get(_stem(name), [])
            if len(fitting) == 1:
                return fitting[0]
        path = self._usual(row.name) if row.name and not row.file else ""
        return path if _ending(path) in PICTURES and self._is_file(path) else None

    def _is_file(self, path: str) -> bool:
        return not check_path(path) and os.path.isfile(os.path.join(self._root, path))


def _stem(path: str) -> str:
    name = path.rpartition("/")[2]
    return name.rpartition(".")[0] if _ending(name) in PICTURES else name


def _ending(path: str) -> str:
    name = path.rpartition("/")[2]
    return name.rpartition(".")[2].lower() if "." in name else ""
