"""The builds of one watch, each with the project opened anew; knows nothing of what changed."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from assetgen.action import DRAFT_MODEL
from assetgen.app import planning
from assetgen.app.asked import Hands, Options
from assetgen.app.building import build
from assetgen.app.consent import Caps
from assetgen.app.loading import Loaded
from assetgen.app.planning import Selection
from assetgen.app.project import Project
from assetgen.app.watch.purse import Offer, Purse
from assetgen.build.limits import Limits
from assetgen.clock import SystemClock
from assetgen.config import load_config
from assetgen.errors import AssetgenError, Problem
from assetgen.events import Event, Summary
from assetgen.paid.budget import Budget
from assetgen.plan.model import Mode, Plan
from assetgen.store.disk import disk_error
from assetgen.store.fs import DiskFs


@dataclass(frozen=True, slots=True)
class Asked:
    """What a watch was asked for.

    Attributes:
        root: the project's folder; environ: the environment, handed in.
        jobs: calls in flight at once, None for each provider's own limit.
    """

    root: str
    environ: Mapping[str, str]
    selection: Selection = planning.ALL
    mode: Mode = field(default_factory=Mode)
    jobs: int | None = None

    def opened(self) -> Project:
        """Return the project as it is now. Raises UsageError for settings unfit to use."""
        config = load_config(self.environ)
        return Project(self.root, config, self.environ, DiskFs(), SystemClock())


class Rounds:
    """Builds what was asked for, again and again, and tells of what happens.

    Each build is a call in this process, not a child `python -m assetgen build`: with all modules
    loaded a changed word takes 0.16 s, of which a child needs 0.3 s more to start, and what comes
    back are values. It stays healthy because nothing outlives a build: project, ledger, HTTP client
    and workers are opened and closed by it, what draws and decodes runs in processes of its own,
    and what the loader hides from the collector is given back to it here. Over 60 builds memory and
    handles stay level.

    Args:
        emit: told of each event; fault: of problems that ended a build before its summary.
        loaded: told what the project consists of.
    """

    def __init__(
        self,
        asked: Asked,
        purse: Purse,
        emit: Callable[[Event], None],
        fault: Callable[[tuple[Problem, ...]], None],
        loaded: Callable[[Project, Loaded], None],
    ) -> None:
        self._asked = asked
        self._purse = purse
        self._emit = emit
        self._fault = fault
        self._loaded = loaded

    def free(self) -> Summary | None:
        """Do all that costs nothing. Returns None where the build could not begin."""
        return self._build(Limits(jobs=self._asked.jobs, offline=True), None)

    def collect(self) -> Summary | None:
        """Look after calls that are open; buys nothing."""
        return self._build(Limits(jobs=self._asked.jobs), lambda plan: False)

    def buy(self, offer: Offer) -> Summary | None:
        """Buy what was agreed to, and nothing if the plan is another one by now."""
        return self._build(Limits(jobs=self._asked.jobs), offer.covers, offer)

    def plan(self) -> Plan | None:
        """Return what a build would do now, None where that cannot be said."""
        with self._careful():
            project = self._asked.opened()
            try:
                return planning.plan(project, self._asked.selection, self._asked.mode)[1]
            finally:
                project.close()
        return None

    def open_calls(self) -> frozenset[int]:
        """Return the numbers of this project's calls whose pictures are still to be collected."""
        with self._careful():
            project = self._asked.opened()
            try:
                jobs = project.ledger.open_jobs(project.root)
                return frozenset(job.id for job in jobs if job.model != DRAFT_MODEL)
            finally:
                project.close()
        return frozenset()

    def _build(
        self, limits: Limits, agree: Callable[[Plan], bool] | None, offer: Offer | None = None
    ) -> Summary | None:
        def lend(budget: Budget) -> None:
            if offer is not None:
                self._purse.lend(budget, offer)

        with self._careful():
            project = self._asked.opened()
            options = Options(
                selection=self._asked.selection,
                mode=self._asked.mode,
                limits=limits,
                caps=self._purse.caps if offer else Caps(),
            )
            hands = Hands(
                emit=self._emit,
                agree=agree,
                loaded=lambda loaded: self._loaded(project, loaded),
                lend=lend,
            )
            return build(project, options, hands)
        return None

    @contextmanager
    def _careful(self) -> Iterator[None]:
        """Tell of what goes wrong, and leave nothing behind."""
        try:
            yield
        except AssetgenError as error:
            self._fault(error.problems)
        except OSError as error:
            if error.filename is None:  # the output itself, such as a closed pipe
                raise
            self._fault(disk_error(error, str(error.filename)).problems)
        finally:
            gc.unfreeze()
            gc.collect()
