"""CSV and TSV text to rows, one mapping of texts for each line; knows no files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from assetgen.errors import Kind, Loc, Problem, SpecError

MAX_PROBLEMS = 20

NO_HEADER = Kind("no-header", "the file has no header line", "name the columns in the first line")
EMPTY_COLUMN = Kind("empty-column", "column {number} has no name", "name it in the first line")
SAME_COLUMN = Kind("same-column", "two columns are named '{name}'", "rename one of the two")
SEMICOLONS = Kind(
    "semicolons", "the columns are separated by ';'", "save the file with ',' (or as .tsv)"
)
RAGGED = Kind(
    "ragged-row",
    "the row has {found} cells, the header {expected}",
    "quote cells that hold the separator, or fill in what is missing",
)
BAD_TABLE = Kind("bad-table", "the row cannot be read: {detail}", "check its quotes")


def read_table(text: str, file: str, separator: str) -> list[dict[str, str]]:
    """Return the rows of a table by the names in its header. Raises SpecError.

    Blank lines are skipped; cells are texts as they stand.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    lines = _lines(reader, file)
    first = next(lines, None)
    if first is None:
        raise SpecError(Problem(NO_HEADER, Loc(file)))
    header = [name.strip() for name in first[1]]
    problems = list(_header_problems(header, Loc(file, first[0])))
    width = len(header)
    rows = []
    for line, cells in lines:
        if len(cells) != width and len(problems) < MAX_PROBLEMS:
            facts = {"found": len(cells), "expected": width}
            problems.append(Problem(RAGGED, Loc(file, line), facts))
        rows.append(dict(zip(header, cells, strict=False)))
    if problems:
        raise SpecError(*problems)
    return rows


def _lines(reader: Any, file: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that is not blank with the number of its first line."""
    line = 1
    try:
        for cells in reader:
            if cells:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise SpecError(Problem(BAD_TABLE, Loc(file, line), {"detail": str(error)})) from None


def _header_problems(header: list[str], at: Loc) -> Iterator[Problem]:
    if len(header) == 1 and ";" in header[0]:
        yield Problem(SEMICOLONS, at)
    seen = set()
    for number, name in enumerate(header, 1):
        if not name:
            yield Problem(EMPTY_COLUMN, at, {"number": number})
        elif name in seen:
            yield Problem(SAME_COLUMN, at, {"name": name})
        seen.add(name)
