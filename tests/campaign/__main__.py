"""Runs the campaign from the command line: cases by the hundred, on a few processes.

python -m tests.campaign                                # both classes, 1,000 kills each
python -m tests.campaign --services runware --seed 17   # one case once more
"""

from __future__ import annotations

import argparse
import json
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from tests.campaign.case import Case, Report
from tests.campaign.nursery import Nursery

CLASSES: Mapping[str, tuple[str, ...]] = {
    "runware": ("runware",),
    "gateways": ("pixazo", "apixo"),
    "both": ("runware+apixo", "pixazo+runware"),
}
"""What is attacked: lists of providers, joined by +, that take turns."""
USUAL = ("runware", "gateways")
HOW = {
    "step": "before a durable step",
    "moment": "at any moment",
    "answer": "before an answer arrived",
    "flight": "with a request that gets no answer",
}
ROOT = Path(__file__).parents[2]


def main() -> int:
    """Run what the arguments say; returns 1 if anything was violated."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaign")
    parser.add_argument("--kills", type=int, default=1000, help="effective kills of each class")
    parser.add_argument("--jobs", type=int, default=2, help="processes that run cases")
    parser.add_argument("--classes", nargs="+", choices=CLASSES, default=USUAL)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--services", help="one case: providers, joined by +")
    parser.add_argument("--seed", type=int, default=0, help="one case: its seed")
    parser.add_argument("--twin", default="", help="build with this seeded bug")
    parser.add_argument("--folder", type=Path, help="where to work, and to keep what fails")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="assetgen-campaign-"))
    if given.worker:
        return _work(folder, given.twin)
    if given.services:
        return _once(folder, given.services, given.seed, given.twin)
    failed = False
    for name in given.classes:
        campaign = Campaign(name, folder, given.kills, given.jobs, given.first, given.twin)
        campaign.run()
        print(campaign.table(), flush=True)
        failed = failed or bool(campaign.failures)
    return int(failed)


def _once(folder: Path, services: str, seed: int, twin: str) -> int:
    with Nursery() as nursery:
        report = _case(folder, services, seed, nursery, twin)
    print(json.dumps(asdict(report), indent=2))
    print(f"its folder: {folder}")
    return int(bool(report.violations))


def _case(folder: Path, services: str, seed: int, nursery: Nursery, twin: str) -> Report:
    place = folder / f"{services}-{seed}"
    return Case(tuple(services.split("+")), seed, place, nursery, twin).run()


def _work(folder: Path, twin: str) -> int:
    """Run the cases that come in as lines of JSON; a report goes out for each."""
    with Nursery() as nursery:
        for line in sys.stdin:
            services, seed = json.loads(line)
            report = _case(folder, services, seed, nursery, twin)
            if not report.violations:
                shutil.rmtree(folder / f"{services}-{seed}", ignore_errors=True)
            print(json.dumps(asdict(report)), flush=True)
    return 0


@dataclass
class Campaign:
    """Cases of one class until so many builders were killed at work.

    Attributes:
        failures: reports of cases in which something was violated.
    """

    name: str
    folder: Path
    kills: int
    jobs: int
    first: int
    twin: str = ""
    failures: list[Mapping[str, Any]] = field(default_factory=list)
    _sums: Counter[str] = field(default_factory=Counter)
    _ends: Counter[str] = field(default_factory=Counter)
    _kills: Counter[str] = field(default_factory=Counter)
    _seconds: float = 0.0

    def run(self) -> None:
        """Run until it is enough."""
        started = time.monotonic()
        seeds = count(self.first)
        turns = CLASSES[self.name]
        workers = [self._worker() for _ in range(self.jobs)]
        with selectors.DefaultSelector() as selector:
            for worker in workers:
                selector.register(worker.stdout, selectors.EVENT_READ, worker)  # type: ignore[arg-type]
                self._give(worker, next(seeds), turns)
            while selector.get_map():
                for key, _ in selector.select():
                    worker = key.data
                    line = worker.stdout.readline()
                    if line:
                        self._take(json.loads(line))
                    if line and self._sums["kills"] < self.kills:
                        self._give(worker, next(seeds), turns)
                    else:
                        selector.unregister(worker.stdout)
                        worker.stdin.close()
        if any(worker.wait() for worker in workers):
            raise RuntimeError("a process that ran cases broke down")
        self._seconds = time.monotonic() - started

    def _worker(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.campaign", "--worker", "--folder", str(self.folder)]
        return subprocess.Popen(
            [*command, "--twin", self.twin],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def _give(self, worker: subprocess.Popen[str], seed: int, turns: tuple[str, ...]) -> None:
        if worker.stdin:
            worker.stdin.write(json.dumps([turns[seed % len(turns)], seed]) + "\n")
            worker.stdin.flush()

    def _take(self, report: Mapping[str, Any]) -> None:
        for name in ("builds", "charges", "held", "risked"):
            self._sums[name] += report[name]
        self._kills.update(report["kills"])
        self._sums["kills"] = self._kills.total()
        self._sums["cases"] += 1
        self._ends["0" if report["code"] == 0 else "not 0"] += 1
        if report["violations"]:
            self.failures.append(report)
            self._tell(report)
        if sys.stderr.isatty():
            sums = self._sums
            sys.stderr.write(f"\r{self.name}: {sums['kills']} kills in {sums['cases']} cases ")

    def _tell(self, report: Mapping[str, Any]) -> None:
        services, seed = report["services"], report["seed"]
        more = f" --twin {self.twin}" if self.twin else ""
        print(f"VIOLATED: {services}, seed {seed}, {report['scenario']}, {report['policy']}")
        for violation in dict.fromkeys(report["violations"]):
            print(f"  {violation}")
        print(f"  again: python -m tests.campaign --services {services} --seed {seed}{more}")
        print(f"  kept: {self.folder / f'{services}-{seed}'}", flush=True)

    def table(self) -> str:
        """Return the figures."""
        sums = self._sums
        return "\n".join(
            (
                f"{self.name} ({', '.join(CLASSES[self.name])})",
                f"  {sums['kills']} effective kills in {sums['builds']} builds of "
                f"{sums['cases']} cases, {self._seconds:.0f} s, "
                f"{sums['kills'] / max(self._seconds, 1):.1f} kills a second",
                "  killed " + ", ".join(f"{HOW[how]}: {n}" for how, n in self._kills.items()),
                f"  {sums['charges']} charges, {sums['held']} calls held, "
                f"{sums['risked']} sent again at the user's word",
                f"  {self._ends['0']} cases ended with exit code 0, {self._ends['not 0']} with "
                "calls that the user left or gave up, or that the service ended",
                f"  {len(self.failures)} cases with violations",
            )
        )


if __name__ == "__main__":
    sys.exit(main())
