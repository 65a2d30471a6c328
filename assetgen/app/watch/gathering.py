"""Gathers changes until it is quiet, so that one save is one rebuild; knows no file and no clock.

Times are seconds of any monotonic clock, handed in.
"""

from __future__ import annotations

from dataclasses import dataclass, field

QUIET = 0.1
"""Seconds without a change after which they are due: between the steps of a save there are less."""
MOST = 5.0
"""Seconds after the first change when they are due although others still come."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """Paths that changed, in the order of their first change.

    ``sure``: they matter; else they are paths that may.
    """

    paths: tuple[str, ...] = ()
    sure: bool = False


@dataclass(slots=True)
class Gathering:
    """Changes that wait for the next build."""

    _paths: dict[str, bool] = field(default_factory=dict)
    _first: float = 0.0
    _last: float = 0.0

    def __bool__(self) -> bool:
        return bool(self._paths)

    def add(self, path: str, now: float, *, sure: bool) -> None:
        """Note a change of ``path`` at the time ``now``."""
        if not self._paths:
            self._first = now
        self._paths[path] = self._paths.get(path, False) or sure
        self._last = now

    def is_due(self, now: float, *, busy: bool = False) -> bool:
        """Whether it is time to build; not while somebody is ``busy`` with many files."""
        if not self._paths or busy:
            return False
        return now - self._last >= QUIET or now - self._first >= MOST

    def take(self) -> Gathered:
        """Return what changed, and begin anew."""
        sure = [path for path, is_sure in self._paths.items() if is_sure]
        gathered = Gathered(tuple(sure or self._paths), bool(sure))
        self._paths = {}
        return gathered
