"""One case of the campaign: a project is built and killed until it is done, and audited each time.

A seed decides everything that is random here; what the machine's scheduler does, it does not.
"""

from __future__ import annotations

import json
import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assetgen.emulator.emulator import Emulator
from tests.campaign.audit import (
    Books,
    books_of,
    disorder,
    doubles,
    strays,
    torn,
    unfinished,
    wrong_pictures,
)
from tests.campaign.builder import Task
from tests.campaign.kills import Kill, Killer, draw
from tests.campaign.nursery import SECONDS, Child, Nursery
from tests.campaign.site import Site, Wish
from tests.campaign.storm import storm
from tests.campaign.user import POLICIES, clear_foreign, other_wish, settle

PACE = 20.0
"""How much faster the builders' clock runs: a rest of 30 s takes 1.5 s."""
LATENCY = 0.08
ROUNDS = 8
MOST_ENDS = 30
QUIET = 0.05
SCENARIOS: Mapping[tuple[str, ...], Mapping[str, int]] = {
    ("runware",): {"plain": 40, "checkouts": 15, "amnesia": 25, "machines": 20},
}
USUAL: Mapping[str, int] = {"plain": 75, "checkouts": 25}
ENDED = ("ambiguous", "failed", "abandoned")


@dataclass
class Report:
    """What came of a case.

    Attributes:
        scenario: `plain`; `checkouts` (two of one user, built at once); `machines` (two, which
            share only the key); `amnesia` (the ledger is thrown away now and then).
        policy: what the user does about held calls.
        kills: how each builder was killed that died while it was building.
        charges: accepted jobs; risked: second charges that the user risked.
        held: calls that were in doubt at some time.
        code: the last exit code.
    """

    services: str
    seed: int
    scenario: str
    policy: str
    kills: list[str] = field(default_factory=list)
    builds: int = 0
    charges: int = 0
    held: int = 0
    risked: int = 0
    code: int | None = None
    seconds: float = 0.0
    violations: list[str] = field(default_factory=list)


class Case:
    """A project under attack."""

    def __init__(
        self,
        services: tuple[str, ...],
        seed: int,
        base: Path,
        nursery: Nursery,
        twin: str = "",
        aims: Sequence[Kill] = (),
    ) -> None:
        """Prepare a case; ``aims`` are the kills to choose from, any if none are given."""
        self._services = services
        self._base = base
        self._nursery = nursery
        self._twin = twin
        self._aims = aims
        self._rng = random.Random(f"{'+'.join(services)}:{seed}")  # noqa: S311 - repeats itself
        weights = SCENARIOS.get(services, USUAL)
        scenario = self._rng.choices(list(weights), list(weights.values()))[0]
        policy = self._rng.choice(POLICIES)
        self.report = Report("+".join(services), seed, scenario, policy)
        self._wish = Wish(services, keeps=self._rng.random() < 0.5)
        self._sites = list(_sites(base, scenario))
        self._risked: Counter[str] = Counter()
        self._held: set[tuple[str, int]] = set()
        self._removed: set[str] = set()
        self._begun = time.time()

    def run(self) -> Report:
        """Do it all."""
        shutil.rmtree(self._base, ignore_errors=True)
        self._base.mkdir(parents=True)
        for site in self._sites:
            site.settle_down(self._wish, self._services, risks=self.report.policy == "config")
        alone = self.report.scenario in ("plain", "checkouts")
        faults = storm(one_view=not alone or self._services != ("runware",))
        with Emulator(latency=LATENCY, seed=self.report.seed, faults=faults) as self._emulator:
            self._killer = Killer(self._emulator)
            self._attack()
            if not self.report.violations:
                self._finish()
            self.report.charges = len(self._emulator.charges)
        self.report.held = len(self._held)
        self.report.seconds = time.time() - self._begun
        return self.report

    def _attack(self) -> None:
        """Build and kill, again and again."""
        for _ in range(ROUNDS):
            self._wish = other_wish(self._rng, self._wish)
            for site in self._sites:
                site.write(self._wish)
            if self.report.scenario == "amnesia" and self._rng.random() < 0.5:
                self._sites[0].forget_ledger()
            if self._rng.random() < 0.3:
                self._settle()
            codes = self._build([self._aim() for _ in self._sites], self._rng.choice((3, 99)))
            if self.report.violations or all(code == 0 for code in codes):
                return

    def _aim(self) -> Kill:
        return self._rng.choice(self._aims) if self._aims else draw(self._rng)

    def _finish(self) -> None:
        """Build without kills until nothing changes any more, and look whether all is well."""
        same = 0
        last: object = None
        for _ in range(MOST_ENDS):
            self._settle()
            codes = self._build([Kill() for _ in self._sites], 99)
            self.report.code = None if None in codes else max(code or 0 for code in codes)
            state = [books.rows for books in self._ledgers().values()]
            same = same + 1 if state == last else 0
            last = state
            patience = 3 if self._has_reason() else 15  # a picture may be unreadable for a while
            if self.report.violations or self.report.code == 0 or same == patience:
                break
        if not self.report.violations:
            self.report.violations += self._judged()

    def _build(self, kills: Sequence[Kill], cap: int) -> list[int | None]:
        """Build every checkout at once, let them die as planned, and audit what is left.

        Returns the exit codes, None for those that died.
        """
        before = len(self._emulator.charges)
        self._killer.prepare(kills)
        pairs = list(zip(self._sites, kills, strict=True))
        children = [self._start(site, kill, cap) for site, kill in pairs]
        for child in children:
            child.wait()
        self._wait_for_quiet()
        self.report.builds += len(children)
        for kill, child in zip(kills, children, strict=True):
            if child.was_killed:
                self.report.kills.append(kill.how)
        if len(self._emulator.charges) - before > cap * len(children):
            self.report.violations.append(f"a build charged more than its cap of {cap} pictures")
        codes = [None if child.was_killed else child.code for child in children]
        self.report.violations += self._audited(children, codes)
        return codes

    def _start(self, site: Site, kill: Kill, cap: int) -> Child:
        task = Task(
            str(site.root),
            self._environ(site),
            kill.number if kill.how == "step" else 0,
            self._twin,
            PACE,
            self._begun,
            cap,
        )
        child = self._nursery.start(task, lambda born: self._killer.begun(kill, born))
        self._killer.hunt(kill, child)
        return child

    def _environ(self, site: Site) -> dict[str, str]:
        return site.environ(self._emulator.environ, self._services)

    def _wait_for_quiet(self) -> None:
        """Return when the services have done what dead builders had asked for."""
        seen, since = -1, time.monotonic()
        while time.monotonic() - since < QUIET:
            now = len(self._emulator.requests) + len(self._emulator.charges)
            if now != seen:
                seen, since = now, time.monotonic()
            time.sleep(QUIET / 10)

    def _ledgers(self) -> dict[str, Books]:
        return {site.machine: books_of(site, self._base) for site in self._sites}

    def _audited(self, children: Sequence[Child], codes: Sequence[int | None]) -> Iterator[str]:
        ledgers = self._ledgers()
        self._held |= {
            (name, row.id)
            for name, books in ledgers.items()
            for row in books.rows
            if row.state == "ambiguous"
        }
        has_ledger = self.report.scenario != "amnesia"
        charges = self._emulator.charges
        # One resend a build is within what the user config may lose, where ids are the service's.
        spare = self.report.builds * (self.report.policy == "config" and "apixo" in self._services)
        yield from doubles(charges, self._risked, spare)
        if has_ledger:
            yield from strays(charges, list(ledgers.values()), self._risked, spare)
        for leak in self._emulator.leaks:
            yield f"a key was sent to {leak.origin}{leak.path}"
        for site, child, code in zip(self._sites, children, codes, strict=True):
            books = ledgers[site.machine]
            found = list(torn(site, books))
            if not found:
                found += disorder(site, books, has_ledger=has_ledger, removed=self._removed)
                found += wrong_pictures(site, books, charges)
                found += unfinished(site, books, self._wish) if code == 0 else ()
            yield from found
            yield from _odd_end(child)

    def _settle(self) -> None:
        """Let the user of each machine settle what is held there, and clear what is in the way."""
        charges = self._emulator.charges
        for site in {site.machine: site for site in self._sites}.values():
            books = books_of(site, self._base)
            risked = settle(site, self._environ(site), self.report.policy, books, charges)
            self._risked.update(risked)
            self.report.risked += len(risked)
            if self.report.scenario == "amnesia":
                self._removed |= set(clear_foreign(site, books_of(site, self._base)))

    def _has_reason(self) -> bool:
        """Whether some call says why a build cannot end with 0."""
        rows = (row for books in self._ledgers().values() for row in books.rows)
        return any(row.state in ENDED for row in rows)

    def _judged(self) -> Iterator[str]:
        """Say what is wrong at the end: after exit 0 nothing is left to do, else one sees why."""
        if self._twin:
            return
        if self.report.code != 0:
            if not self._has_reason():
                yield f"it never ends, with exit code {self.report.code}"
            return
        before = self._emulator.count("submit")
        for site in self._sites:
            for argv in (("build", "--max-images", "9"), ("verify",), ("plan", "--json")):
                log = self._base / f"{site.name}-{argv[0]}.log"
                task = Task(str(site.root), self._environ(site), argv=argv, log=str(log))
                code = self._nursery.run(task).code
                if code != 0:
                    yield f"after exit 0, '{argv[0]}' ends with {code}: {log.read_text()[-800:]}"
            plan = json.loads((self._base / f"{site.name}-plan.log").read_text())
            stale = [one["name"] for one in plan["targets"] if one["verdict"] != "up_to_date"]
            if stale:
                yield f"after exit 0, the plan still has {stale}"
        if self._emulator.count("submit") != before:
            yield "after exit 0, a build sent a request for a picture"


def _sites(base: Path, scenario: str) -> Iterator[Site]:
    yield Site(base, "one", "pc")
    if scenario in ("checkouts", "machines"):
        yield Site(base, "two", "pc" if scenario == "checkouts" else "laptop")


def _odd_end(child: Child) -> Iterator[str]:
    if child.hung:
        yield f"it hung for {SECONDS:.0f} s"
    elif child.ended is not None and child.ended["said"] == "crashed":
        yield f"it crashed: {child.ended['text']}"
    elif child.ended is None and not child.was_killed and not child.died_early:
        yield f"it ended with status {child.status} and said nothing"
