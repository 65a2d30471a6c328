"""The spec as data with a place on every node; knows no YAML and no templates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from assetgen.errors import Loc, Problem


class Map(dict[str, Any]):
    """A mapping that remembers where it and each of its entries stand.

    Attributes:
        loc: where the mapping begins.
        keys_at: the place of each key; values_at: the place of each value.
    """

    __slots__ = ("keys_at", "loc", "values_at")

    def __init__(self, loc: Loc, entries: Iterable[tuple[str, Any, Loc, Loc]] = ()) -> None:
        super().__init__()
        self.loc = loc
        self.keys_at: dict[str, Loc] = {}
        self.values_at: dict[str, Loc] = {}
        for key, value, key_at, value_at in entries:
            self.put(key, value, key_at, value_at)

    def put(self, key: str, value: Any, key_at: Loc, value_at: Loc) -> None:
        """Set an entry together with its places."""
        self[key] = value
        self.keys_at[key] = key_at
        self.values_at[key] = value_at


class Seq(list[Any]):
    """A list that remembers where it and each of its items stand."""

    __slots__ = ("items_at", "loc")

    def __init__(self, loc: Loc, items: Iterable[tuple[Any, Loc]] = ()) -> None:
        super().__init__()
        self.loc = loc
        self.items_at: list[Loc] = []
        for item, at in items:
            self.append(item)
            self.items_at.append(at)


@dataclass(frozen=True, slots=True)
class Spec:
    """The spec after its includes and data files were read, valid by schema, not yet expanded.

    Attributes:
        rows: for each axis that names a data file, its rows (mappings or scalars), in order.
        files: project paths of every file read: spec, includes, data; the spec first.
        folders: project paths of the folders that include globs looked into; globs: those globs.
        noted: mistakes inside of single targets, to be told with those that expansion finds.
        broken: the targets that have them, and are not to be looked at.
    """

    loc: Loc
    vars: Map
    styles: Map
    axes: Map
    presets: Map
    defaults: Map
    budget: Map
    targets: Map
    keep: str | None = None
    rows: Mapping[str, list[Any]] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    globs: tuple[str, ...] = ()
    noted: tuple[Problem, ...] = ()
    broken: frozenset[str] = frozenset()
