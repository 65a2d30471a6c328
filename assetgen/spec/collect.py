"""Mistakes gathered so that all of a spec are reported together; knows no rule of the spec."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from assetgen.errors import Kind, Loc, Problem, SpecError

MAX_PROBLEMS = 200
"""Nobody reads more; the rest of a spec with so many is not worth the time."""

T = TypeVar("T")


class Problems:
    """A growing list of problems, each sentence and place once."""

    def __init__(self) -> None:
        self._found: dict[tuple[Loc | None, str], Problem] = {}

    def __len__(self) -> int:
        return len(self._found)

    @property
    def full(self) -> bool:
        """Whether further problems are dropped."""
        return len(self._found) >= MAX_PROBLEMS

    def add(self, kind: Kind, loc: Loc | None, also: Loc | None = None, **facts: Any) -> None:
        """Note one problem."""
        self._keep(Problem(kind, loc, facts, also))

    def take(self, error: SpecError) -> None:
        """Note the problems of a caught error."""
        for problem in error.problems:
            self._keep(problem)

    def attempt(self, function: Callable[..., T], *arguments: Any) -> T | None:
        """Return ``function(*arguments)``, or None after noting the SpecError that it raised."""
        try:
            return function(*arguments)
        except SpecError as error:
            self.take(error)
            return None

    def raise_any(self) -> None:
        """Raise one SpecError with everything noted, in the order of the files, if there is any."""
        if self._found:
            raise SpecError(*sorted(self._found.values(), key=_place))

    def _keep(self, problem: Problem) -> None:
        if not self.full:
            self._found.setdefault((problem.loc, problem.cause), problem)


def _place(problem: Problem) -> tuple[bool, Loc]:
    return (problem.loc is None, problem.loc or Loc(""))
