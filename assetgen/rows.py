"""Reads the rows of the catalogue, the package's and the user's; asks no service whether they hold.

The user's file has `[[route]]` tables as the package's `catalogue.toml` has. One that names the
model, provider and kind of a known row changes only the fields that it gives; any other is new and
comes after the known ones, so that nothing is bought elsewhere because a row was added.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from assetgen.catalogue import ANY, DRAFTS, Catalogue, Route, Service
from assetgen.errors import Kind, Loc, Problem, UsageError, did_you_mean
from assetgen.rowfields import READERS, Sizes, Wrong, called, gaps, one_of, ratio_list, size_table

UNREADABLE = Kind("bad-catalogue", "the catalogue cannot be read: {what}", "mend or remove {path}")
UNKNOWN_KEY = Kind("unknown-catalogue-key", "unknown key '{key}' in {row}", "{hint}")
NO_SERVICES = Kind(
    "catalogue-service",
    "a catalogue of yours cannot change services",
    "addresses and limits are set in [providers.NAME] of the user config",
)
BAD_VALUE = Kind("bad-catalogue-value", "{key} of {row} must be {wanted}, not {value}", "{hint}")
INCOMPLETE = Kind("incomplete-route", "{row} {what}", "{hint}")

FILE = os.path.join(os.path.dirname(__file__), "catalogue.toml")
TABLES = ("route", "ratios", "pixels")
WHOLE = "the catalogue"
_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*route[ \t]*\]\]", re.MULTILINE)


@dataclass
class _File:
    """One file's tables, the sets that its routes may name, and what is wrong with them.

    ``source`` is where a price is said whose row does not say it.
    """

    path: str
    text: str
    data: dict[str, Any]
    source: str = ""
    providers: Sequence[str] = ()
    ratios: dict[str, tuple[str, ...]] = field(default_factory=dict)
    pixels: dict[str, Sizes] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, kind: Kind, facts: Mapping[str, Any], number: int = -1) -> None:
        """Note a mistake in the route of that number, counted from 0."""
        loc = self._loc(number, str(facts.get("key", "")))
        self.problems.append(Problem(kind, loc, facts))

    def bad(self, row: str, key: str, value: Any, wrong: Wrong, number: int = -1) -> None:
        """Note a value that is not what it must be."""
        shown = f"'{value}'" if isinstance(value, str) else str(value)
        facts = {"row": row, "key": key, "value": shown}
        self.wrong(BAD_VALUE, {**facts, "wanted": wrong.wanted, "hint": wrong.hint}, number)

    def _loc(self, number: int, key: str) -> Loc:
        """Return the line of a route's field: TOML itself is read without places."""
        starts = [match.start() for match in _HEADER.finditer(self.text)]
        if not 0 <= number < len(starts):
            return Loc(self.path)
        start, end = (*starts, len(self.text))[number : number + 2]
        given = re.compile(rf"^[ \t]*{re.escape(key)}[ \t]*=", re.MULTILINE)
        found = given.search(self.text, start, end) if key else None
        return Loc(self.path, self.text.count("\n", 0, found.start() if found else start) + 1)


def read_catalogue(user_file: str) -> Catalogue:
    """Return the package's rows and those of ``user_file``, which need not exist.

    Raises UsageError with every mistake of the file.
    """
    own, known = _own()
    models = dict(known.models)
    file = _load(user_file)
    if file is not None:
        file.source = f"your {os.path.basename(user_file)}"
        file.providers, file.ratios, file.pixels = own.providers, dict(own.ratios), dict(own.pixels)
        _check_tables(file)
        _take(file, models)
    return Catalogue(models, known.services)


@cache
def _own() -> tuple[_File, Catalogue]:
    """Return the package's file and what it says."""
    file = _load(FILE)
    if file is None:
        raise UsageError(Problem(UNREADABLE, Loc(FILE), {"what": "it is missing", "path": FILE}))
    services = {
        name: Service(name, **{key: _plain(value) for key, value in table.items()})
        for name, table in file.data["services"].items()
    }
    file.providers = tuple(services)
    models = dict(DRAFTS.models)
    _take(file, models)
    return file, Catalogue(models, {**DRAFTS.services, **services})


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _load(path: str) -> _File | None:
    try:
        with open(path, "rb") as file:
            text = file.read().decode()
        return _File(path, text, tomllib.loads(text))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        what = error.strerror if isinstance(error, OSError) else None
        facts = {"what": what or str(error), "path": path}
        raise UsageError(Problem(UNREADABLE, Loc(path), facts)) from error


def _check_tables(file: _File) -> None:
    for key in file.data:
        if key == "services":
            file.wrong(NO_SERVICES, {})
        elif key not in TABLES:
            file.wrong(UNKNOWN_KEY, {"key": key, "row": WHOLE, "hint": did_you_mean(key, TABLES)})


def _take(file: _File, models: dict[str, tuple[Route, ...]]) -> None:
    """Put the file's routes into ``models``. Raises UsageError with all that is wrong."""
    for name, value in _tables(file, "ratios"):
        try:
            file.ratios[name] = ratio_list(value)
        except Wrong as wrong:
            file.bad(WHOLE, f"ratios.{name}", value, wrong)
    for name, value in _tables(file, "pixels"):
        try:
            file.pixels[name] = size_table(value)
        except Wrong as wrong:
            file.bad(WHOLE, f"pixels.{name}", value, wrong)
    routes = file.data.get("route", [])
    if not isinstance(routes, list) or not all(isinstance(table, dict) for table in routes):
        file.bad(WHOLE, "route", "route", Wrong("tables that are headed [[route]]"))
        routes = []
    for number, table in enumerate(routes):
        _put(file, number, table, models)
    if file.problems:
        raise UsageError(*file.problems)


def _tables(file: _File, name: str) -> list[tuple[str, Any]]:
    sets = file.data.get(name, {})
    if isinstance(sets, dict):
        return list(sets.items())
    file.bad(WHOLE, name, sets, Wrong("a table"))
    return []


def _put(
    file: _File, number: int, table: Mapping[str, Any], models: dict[str, tuple[Route, ...]]
) -> None:
    """Add a route to those of its model, or change what it names again."""
    row = _row(table, number)
    fields = _fields(file, number, table, row)
    if fields is None:
        return
    routes = list(models.get(fields["model"], ()))
    named = [place for place, route in enumerate(routes) if _is_named(route, fields)]
    for place in named:
        routes[place] = replace(routes[place], **{**fields, "kind": routes[place].kind})
    if not named:
        named = [len(routes)]
        routes.append(Route(**fields))
    for key, what, hint in (gap for place in named for gap in gaps(routes[place])):
        file.wrong(INCOMPLETE, {"key": key, "row": row, "what": what, "hint": hint}, number)
    models[fields["model"]] = tuple(routes)


def _row(table: Mapping[str, Any], number: int) -> str:
    model, provider = table.get("model"), table.get("provider")
    if isinstance(model, str) and isinstance(provider, str):
        return f"the route of {model} by {provider}"
    return f"route {number + 1}"


def _is_named(route: Route, fields: Mapping[str, Any]) -> bool:
    """Whether the fields are of this row; without a kind they are of all rows of the provider."""
    named = fields["provider"], fields.get("kind", route.kind)
    return named == (route.provider, route.kind)


def _fields(file: _File, number: int, table: Mapping[str, Any], row: str) -> dict[str, Any] | None:
    """Return the fields of one route as values; None if something is wrong with them."""
    before = len(file.problems)
    for key in ("model", "provider"):
        if key not in table:
            hint = "a route needs a model and a provider"
            file.wrong(INCOMPLETE, {"row": row, "what": f"has no '{key}'", "hint": hint}, number)
    fields: dict[str, Any] = {}
    for key, value in table.items():
        try:
            if key == "provider":
                fields[key] = one_of(tuple(file.providers))(value)
            elif key == "ratios":
                fields[key] = ANY if value == ANY[0] else called(value, file.ratios)
                fields[key] = fields[key] or ratio_list(value)
            elif key == "pixels":
                fields[key] = called(value, file.pixels) or size_table(value)
            elif key in READERS:
                fields[key] = READERS[key](value)
            else:
                hint = did_you_mean(key, ("provider", "ratios", "pixels", *READERS))
                file.wrong(UNKNOWN_KEY, {"key": key, "row": row, "hint": hint}, number)
        except Wrong as wrong:
            file.bad(row, key, value, wrong, number)
    if "pixels" in fields and "ratios" not in fields:
        labels = (label for sizes in fields["pixels"].values() for label in sizes)
        fields["ratios"] = tuple(dict.fromkeys(labels))
    if "prices" in fields and file.source:
        fields = {"source": file.source, "as_of": "", **fields}
    return fields if len(file.problems) == before else None
