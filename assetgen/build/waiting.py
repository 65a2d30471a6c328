"""Who waits for whom, and what dependants may know; does no work and decides nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from assetgen.build.queue import remaining_paths
from assetgen.graph import Target
from assetgen.plan.model import Standing


class Waiting:
    """The targets that ask for work, until each is settled.

    Attributes:
        standings: how every target of the plan stands, worked on or not.
        paths: weight of the longest chain of work that begins with a target.
    """

    def __init__(
        self,
        work: Iterable[Target],
        standings: Mapping[str, Standing],
        idle: Iterable[Target] = (),
    ) -> None:
        """``idle``: targets without a file that need no work, each after those that it needs.

        What is read of them is made of what they read themselves, which may need some.
        """
        targets = {target.name: target for target in work}
        behind: dict[str, set[str]] = {}

        def files_of(target: Target) -> set[str]:
            """Return the work that has to be written before ``target`` can read it."""
            reads = {read.target for read in target.inputs if not read.wants_bought}
            direct = {name for name in reads if name in targets}
            return direct.union(*(behind.get(name, ()) for name in reads))

        for target in idle:
            behind[target.name] = files_of(target)
        self.standings = dict(standings)
        self._open: dict[str, int] = {}
        self._after_bought: dict[str, list[str]] = {}
        self._after_final: dict[str, list[str]] = {}
        self._touched: set[str] = set()
        after: dict[str, list[str]] = {}
        for name, target in targets.items():
            files = files_of(target) if target.inputs else set()
            bought = [need for need in target.needs if need in targets and need not in files]
            self._open[name] = len(files) + len(bought)
            for side, needs in ((self._after_bought, bought), (self._after_final, sorted(files))):
                for need in needs:
                    side.setdefault(need, []).append(name)
                    after.setdefault(need, []).append(name)
        self.paths = remaining_paths(targets.values(), after)
        self._ready = deque(name for name, count in self._open.items() if not count)

    def __len__(self) -> int:
        return len(self._open)

    def __contains__(self, name: str) -> bool:
        return name in self._open

    def next(self) -> str | None:
        """Return a target that has nothing left to wait for, each once, or None."""
        return self._ready.popleft() if self._ready else None

    def is_touched(self, name: str) -> bool:
        """Whether an input of a target was worked on, so that it has to be decided again."""
        return name in self._touched

    def stop(self) -> None:
        """Let nothing more become ready."""
        self._ready.clear()
        self._after_bought.clear()
        self._after_final.clear()

    def bought(self, name: str, standing: Standing) -> None:
        """A target's picture is bought: those that read it need not wait for the outputs."""
        self._release(name, standing, self._after_bought)

    def settled(self, name: str, standing: Standing) -> None:
        """A target is done with, one way or the other."""
        self._open.pop(name, None)
        self._release(name, standing, self._after_bought)
        self._release(name, standing, self._after_final)

    def _release(self, name: str, standing: Standing, after: dict[str, list[str]]) -> None:
        self.standings[name] = standing
        for dependant in after.pop(name, ()):
            self._touched.add(dependant)
            self._open[dependant] -= 1
            if not self._open[dependant]:
                self._ready.append(dependant)
