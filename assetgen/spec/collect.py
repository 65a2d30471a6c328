"""Mistakes gathered so that all of a spec are reported together; knows no rule of the spec."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from assetgen.errors import Kind, Loc, Problem, SpecError

MAX_PROBLEMS = 200
"""Nobody reads more; the rest of a spec with so many is not worth the time."""
MAX_ALIKE = 3
"""Of one kind at one place, such as a field that every row of a data file lacks."""

MORE_ALIKE = Kind("more-alike", "the same holds for at least {count} more", "")

T = TypeVar("T")


class Problems:
    """A growing list of problems, each sentence and place once."""

    def __init__(self) -> None:
        self._found: dict[tuple[Loc | None, str], Problem] = {}
        self._alike: dict[tuple[str, Loc | None], int] = {}
        self._noted = 0

    def __len__(self) -> int:
        """Return how often something was noted, repetitions too."""
        return self._noted

    @property
    def full(self) -> bool:
        """Whether further problems are dropped."""
        return len(self._found) >= MAX_PROBLEMS

    def add(self, kind: Kind, loc: Loc | None, also: Loc | None = None, **facts: Any) -> None:
        """Note one problem."""
        self._keep(Problem(kind, loc, facts, also))

    def enough(self, kind: Kind, loc: Loc | None) -> bool:
        """Return whether one more of this kind would not be shown; it is counted if so.

        Saves the search for a suggestion that nobody would read.
        """
        alike = (kind.name, loc)
        if not self.full and self._alike.get(alike, 0) < MAX_ALIKE:
            return False
        self._alike[alike] = self._alike.get(alike, 0) + 1
        self._noted += 1
        return True

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
        if not self._found:
            return
        more = [
            Problem(MORE_ALIKE, loc, {"count": count - MAX_ALIKE})
            for (_, loc), count in self._alike.items()
            if count > MAX_ALIKE
        ]
        raise SpecError(*sorted([*self._found.values(), *more], key=_place))

    def _keep(self, problem: Problem) -> None:
        self._noted += 1
        key = (problem.loc, problem.cause)
        if self.full or key in self._found:
            return
        alike = (problem.kind.name, problem.loc)
        self._alike[alike] = self._alike.get(alike, 0) + 1
        if self._alike[alike] <= MAX_ALIKE:
            self._found[key] = problem


def _place(problem: Problem) -> tuple[bool, Loc]:
    return (problem.loc is None, problem.loc or Loc(""))
