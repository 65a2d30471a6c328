"""The rows of a data file (csv, tsv, json, yaml) for an axis; opens no file, knows no cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assetgen.errors import Kind, Loc, Problem, SpecError
from assetgen.spec.jsontext import read_json
from assetgen.spec.load import decode, load_value
from assetgen.spec.query import search
from assetgen.spec.table import read_table
from assetgen.spec.words import describe, shorten

MAX_ROWS = 100_000

UNKNOWN_DATA = Kind(
    "unknown-data-format",
    "'{file}' is not a data file by its name",
    "name a file that ends with .csv, .tsv, .json, .yaml or .yml",
)
PATH_OF_TABLE = Kind(
    "path-of-table", "`path:` selects from json and yaml; '{file}' is a table", "remove `path:`"
)
NO_ROWS = Kind("no-rows", "'{file}' holds no rows", "add at least one")
NO_MATCH = Kind("path-without-rows", "the path finds {found} in '{file}'", "{step}")
NOT_ROWS = Kind(
    "not-rows",
    "'{file}' holds {found} instead of rows",
    "make it a list or a mapping, or select one with `path:`",
)
BAD_ROW = Kind(
    "bad-row", "row {number} of '{file}' is {found}", "make each row a mapping, a text or a number"
)
TOO_MANY_ROWS = Kind(
    "too-many-rows",
    "'{file}' holds {count} rows; at most {limit} are read",
    "select fewer with `path:`, or split the file",
)

_SEPARATORS = {"csv": ",", "tsv": "\t"}
_TREES = ("json", "yaml", "yml")


def read_rows(data: bytes, file: str, path: str | None, at: Loc) -> list[Any]:
    """Return the rows of a data file: mappings or scalars, at least one, at most 100,000.

    The format follows the name's ending. ``path`` is a JMESPath into json or yaml; it, or the
    file without it, must give a list or a mapping. An entry of a mapping becomes a row with its
    name as `key`, beside its own fields or with its scalar as `value`. ``at`` is the place of the
    spec that asked. Raises SpecError.
    """
    ending = file.rsplit(".", 1)[-1].lower()
    if ending in _SEPARATORS:
        if path is not None:
            raise SpecError(Problem(PATH_OF_TABLE, at, {"file": file}))
        rows: list[Any] = list(read_table(decode(data, file), file, _SEPARATORS[ending]))
    elif ending in _TREES:
        rows = _rows_of_tree(_tree(data, file, ending), file, path, at)
    else:
        raise SpecError(Problem(UNKNOWN_DATA, at, {"file": file}))
    if not rows:
        raise SpecError(Problem(NO_ROWS, at, {"file": file}))
    if len(rows) > MAX_ROWS:
        facts = {"file": file, "count": len(rows), "limit": MAX_ROWS}
        raise SpecError(Problem(TOO_MANY_ROWS, at, facts))
    return rows


def _tree(data: bytes, file: str, ending: str) -> Any:
    if ending == "json":
        return read_json(decode(data, file), file)
    return _plain(load_value(data, file))


def _plain(value: Any) -> Any:
    """Return a loaded value without its places: JMESPath knows plain dicts and lists only."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _rows_of_tree(tree: Any, file: str, path: str | None, at: Loc) -> list[Any]:
    found = tree if path is None else search(path, tree, at)
    if isinstance(found, Mapping):
        found = [_keyed(key, value) for key, value in found.items()]
    if not isinstance(found, list):
        if path is None:
            facts = {"file": file, "found": describe(found)}
            raise SpecError(Problem(NOT_ROWS, Loc(file), facts))
        facts = {"file": file, "found": describe(found), "step": _keys_of(tree)}
        raise SpecError(Problem(NO_MATCH, at, facts))
    for number, row in enumerate(found, 1):
        if row is None or isinstance(row, list):
            where = {"file": file, "number": number, "found": describe(row)}
            raise SpecError(Problem(BAD_ROW, at, where))
    return found


def _keyed(key: str, value: Any) -> dict[str, Any]:
    return {"key": key, **value} if isinstance(value, Mapping) else {"key": key, "value": value}


def _keys_of(tree: Any) -> str:
    if not isinstance(tree, Mapping):
        return f"the file holds {describe(tree)} at the top"
    names = ", ".join(shorten(str(key), 30) for key in list(tree)[:8])
    return f"at the top the file has: {names or 'nothing'}"
