"""`make bench`: how long assetgen takes beside ninja, doit and a bare Python; asserts nothing.

Prints markdown tables of medians of runs by turns. A program that is not installed, or that fails,
has `fails` in its cell. Sizes, rounds and sections can be chosen: see `--help`.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Mapping

from tests.bench.gallery import gallery
from tests.bench.measure import (
    Case,
    Result,
    interleaved,
    megabytes,
    milliseconds,
    ratio,
    run,
    table,
)
from tests.bench.packing import packing
from tests.bench.projects import fabricate, make, make_jobs, write_rows
from tests.bench.services import SCALES, buy, write
from tests.bench.sprites import sprites
from tests.bench.srcset import srcset

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SECTIONS = (
    "start",
    "build",
    "plan",
    "makespan",
    "services",
    "sprites",
    "packing",
    "srcset",
    "gallery",
)
LATENCY, CONCURRENCY = 2.0, 20
SHAPES: Mapping[str, Mapping[str, int]] = {
    "200 independent": {f"a{n}": 1 for n in range(200)},
    "40 chains of 5": {f"a{n}": 5 for n in range(40)},
    "190 independent, then a chain of 10": {**{f"a{n}": 1 for n in range(190)}, "z": 10},
}


class Bench:
    """One run of the bench: its folder, its programs and its environment."""

    def __init__(self, folder: str, rounds: int, doit_sizes: Collection[int]) -> None:
        self.folder = folder
        self.rounds = rounds
        self.doit_sizes = doit_sizes
        self.python = sys.executable
        self.assetgen = _assetgen(folder)
        self.ninja = _program("ninja")
        self.env = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("ASSETGEN_") and name != "PYTHONDONTWRITEBYTECODE"
        } | {f"ASSETGEN_{use}_DIR": os.path.join(folder, use.lower()) for use in ("CACHE", "DATA")}

    def path(self, name: str) -> str:
        """Return a path in the bench's folder."""
        return os.path.join(self.folder, name)

    def case(self, name: str, *argv: str, cwd: str = "") -> Case:
        """Return a case that runs in ``cwd``, or in the bench's folder."""
        return Case(name, argv, cwd or self.folder)

    def measure(self, *cases: Case) -> list[Result]:
        """Return what the cases took."""
        return interleaved(cases, self.rounds, self.env)

    def doit(self, n: int, project: str) -> list[Case]:
        """Return doit's case where it is to be measured with so many targets."""
        argv = (self.python, "-m", "doit")
        return [self.case("doit", *argv, cwd=project)] if n in self.doit_sizes else []

    def project(self, n: int) -> str:
        """Return a project with ``n`` targets, up to date for assetgen and ninja."""
        project = self.path(f"project-{n}")
        if not os.path.exists(project):
            make(project, n)
            fabricate(project, n, self.env)
            run(self.case("first", self.ninja, cwd=project), self.env)
            run(self.case("first", self.assetgen, "build", cwd=project), self.env)
        return project


def _program(name: str) -> str:
    beside = os.path.join(os.path.dirname(sys.executable), name)
    return beside if os.path.exists(beside) else shutil.which(name) or beside


def _assetgen(folder: str) -> str:
    """Return the installed command, or a script like the one that an installer would write."""
    installed = _program("assetgen")
    if os.path.exists(installed):
        return installed
    script = os.path.join(folder, "assetgen")
    with open(script, "w", encoding="utf-8") as file:
        file.write(
            f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {REPOSITORY!r})\n"
            "from assetgen.cli.main import main\nsys.exit(main())\n"
        )
    os.chmod(script, 0o755)  # noqa: S103 # a script is there to be run
    return script


def start(bench: Bench, sizes: list[int]) -> str:
    """Return the table of start-up."""
    bare, version = bench.measure(
        bench.case("`python -c pass`", bench.python, "-c", "pass"),
        bench.case("`assetgen --version`", bench.assetgen, "--version"),
    )
    rows = [
        [bare.name, milliseconds(bare.seconds), "1"],
        [version.name, milliseconds(version.seconds), ratio(version.seconds, bare.seconds)],
    ]
    return table(["start-up", "median", "ratio"], rows)


def build(bench: Bench, sizes: list[int]) -> str:
    """Return the table of builds with nothing to do."""
    rows = []
    for n in sizes:
        project = bench.project(n)
        own = bench.case("assetgen", bench.assetgen, "build", cwd=project)
        # The first looks at everything and the second trusts what time stamps left in doubt, so
        # that from the third on there is really nothing to do.
        for _ in range(2):
            run(own, bench.env)
        ours, ninja, bare, *doit = bench.measure(
            own,
            bench.case("ninja", bench.ninja, cwd=project),
            bench.case("pass", bench.python, "-c", "pass"),
            *bench.doit(n, project),
        )
        rows.append(
            [
                f"{n:,}",
                milliseconds(ours.seconds),
                milliseconds(ninja.seconds),
                ratio(ours.seconds, ninja.seconds),
                ratio(ours.seconds, bare.seconds),
                megabytes(ours.megabytes),
                megabytes(ninja.megabytes),
                milliseconds(doit[0].seconds) if doit else "",
            ]
        )
    head = ["no-op build, targets", "assetgen", "ninja", "of ninja", "of `pass`"]
    return table([*head, "assetgen peak", "ninja peak", "doit"], rows)


def plan(bench: Bench, sizes: list[int]) -> str:
    """Return the table of plans: one changed word, and without a snapshot."""
    rows = []
    for n in sizes:
        project = bench.project(n)
        write_rows(project, n, changed="griffin")
        argv = (bench.assetgen, "plan")
        (word,) = bench.measure(bench.case("changed", *argv, cwd=project))
        cache = bench.env["ASSETGEN_CACHE_DIR"]
        forget = Case("full", argv, project, before=_remover(cache))
        full, ninja, *doit = bench.measure(
            forget, bench.case("ninja", bench.ninja, cwd=project), *bench.doit(n, project)
        )
        write_rows(project, n)
        rows.append(
            [
                f"{n:,}",
                milliseconds(word.seconds),
                megabytes(word.megabytes),
                milliseconds(full.seconds),
                megabytes(full.megabytes),
                milliseconds(ninja.seconds),
                milliseconds(doit[0].seconds) if doit else "",
                ratio(full.seconds, doit[0].seconds) if doit else "",
            ]
        )
    head = ["plan, targets", "one changed word", "peak", "no snapshot", "peak", "ninja no-op"]
    return table([*head, "doit no-op", "no snapshot of doit"], rows)


def _remover(folder: str) -> Callable[[], None]:
    return lambda: shutil.rmtree(folder, ignore_errors=True)


def makespan(bench: Bench, sizes: list[int]) -> str:
    """Return the table of builds of 200 draft jobs, over the least time that they can take."""
    rows = []
    for number, (shape, chains) in enumerate(SHAPES.items()):
        project = bench.path(f"jobs-{number}")
        make_jobs(project, chains)
        jobs = sum(chains.values())
        bound = LATENCY * max(max(chains.values()), jobs / CONCURRENCY)
        whole, events = _build_jobs(bench, project)
        cells = [f"{s:.2f} s" if s else "fails" for s in (whole, events)]
        over = [ratio(s, bound) for s in (whole, events)]
        rows.append([shape, f"{bound:.0f} s", cells[0], over[0], cells[1], over[1]])
    head = ["jobs of 2 s, 20 at once", "bound", "process", "over bound", "by its events"]
    return table([*head, "over bound"], rows)


def _build_jobs(bench: Bench, project: str) -> tuple[float | None, float | None]:
    """Return the seconds of a build, and those between its first and its last event."""
    env = bench.env | {
        # Stores of its own: what another shape has drawn must not be found.
        "ASSETGEN_DATA_DIR": project + "-data",
        "ASSETGEN_CACHE_DIR": project + "-cache",
        "ASSETGEN_DRAFT_LATENCY": str(LATENCY),
        "ASSETGEN_DRAFT_CONCURRENCY": str(CONCURRENCY),
    }
    argv = [bench.assetgen, "build", "--json", "--yes"]
    begin = time.perf_counter()
    with subprocess.Popen(
        argv, cwd=project, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        assert child.stdout is not None
        events = [time.perf_counter() for _ in child.stdout]
    whole = time.perf_counter() - begin
    if child.returncode != 0:
        return None, None
    return whole, events[-1] - events[0] if events else None


def services(bench: Bench, sizes: list[int]) -> str:
    """Return the table of builds that buy from an emulator of each service with jobs."""
    rows = []
    for provider in SCALES:
        for jobs, at_once, latency in ((200, CONCURRENCY, LATENCY), (2000, 2000, 20.0)):
            project = bench.path(f"{provider}-{jobs}")
            write(project, provider, jobs, latency, at_once)
            took = buy(bench.assetgen, project, provider, latency, bench.env)
            bound = jobs / at_once * latency
            over = ratio(took.events, bound) if jobs <= 200 else ""
            rows.append(
                [
                    f"{provider}, {jobs:,} jobs of {latency:.0f} s",
                    f"{took.in_flight:,}",
                    f"{took.process:.1f} s",
                    f"{took.events:.2f} s",
                    over,
                    f"{took.requests / jobs:.1f}",
                    f"{took.charges:,}",
                    megabytes(took.megabytes),
                ]
            )
    head = ["bought from an emulator", "at once", "process", "by its events", "over bound"]
    return table([*head, "requests a job", "charges", "peak"], rows)


def machine(bench: Bench) -> str:
    """Return the line that says where the tables come from."""
    try:
        asked = subprocess.run([bench.ninja, "--version"], capture_output=True, text=True)
        ninja = asked.stdout.strip()
    except OSError:
        ninja = "not installed"
    processors = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    )
    python = platform.python_version()
    return f"{processors} CPUs, Python {python}, ninja {ninja}, medians of {bench.rounds} runs\n"


def main() -> None:
    """Run the chosen sections and print their tables as they are ready."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("sections", nargs="*", help=f"of {', '.join(SECTIONS)}; all if none")
    parser.add_argument("--sizes", default="100,1000,10000,100000", help="targets, by commas")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument(
        "--doit-100000",
        action="store_true",
        help="measure doit at 100,000 targets too; its first run takes minutes",
    )
    parser.add_argument("--sprites", type=int, default=500, help="how many sprites are cut out")
    parser.add_argument("--photos", type=int, default=20, help="how many photographs are written")
    parser.add_argument("--pictures", type=int, default=2000, help="how many a gallery shows")
    parser.add_argument("--folder", help="where to work; kept, and used again next time")
    args = parser.parse_args()
    sizes = [int(size) for size in args.sizes.split(",")]
    folder = os.path.abspath(args.folder) if args.folder else tempfile.mkdtemp(prefix="bench-")
    os.makedirs(folder, exist_ok=True)
    bench = Bench(folder, args.rounds, (10_000, 100_000) if args.doit_100000 else (10_000,))
    tables: Mapping[str, Callable[[Bench, list[int]], str]] = {
        "start": start,
        "build": build,
        "plan": plan,
        "makespan": makespan,
        "services": services,
        "sprites": lambda bench, sizes: sprites(
            bench.assetgen, bench.path("sprites"), args.sprites, max(1, args.rounds // 9), bench.env
        ),
        "packing": lambda bench, sizes: packing(bench.rounds),
        "srcset": lambda bench, sizes: srcset(
            bench.assetgen, bench.path("srcset"), args.photos, max(1, args.rounds // 3), bench.env
        ),
        "gallery": lambda bench, sizes: gallery(
            bench.assetgen,
            bench.path("gallery"),
            args.pictures,
            max(1, args.rounds // 3),
            bench.env,
        ),
    }
    print(machine(bench), flush=True)
    try:
        for section in args.sections or SECTIONS:
            print(tables[section](bench, sizes), flush=True)
    finally:
        if not args.folder:
            shutil.rmtree(folder)


main()
