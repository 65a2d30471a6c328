"""Measures builds that buy from an emulator in a process of its own; knows no table's layout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

SCALES = {
    "runware": ("xai/grok-imagine-image", 2.0, 2.0, 15.0),
    "pixazo": ("xai/grok-imagine-image-quality", 10.0, 5.0, 15.0),
    "apixo": ("xai/grok-imagine-image", 15.0, 3.0, 25.0),
}
"""Model, first poll and interval as advised, and the seconds that a job takes by the documents."""

# Serves until its input is closed, so that nothing is left behind by whoever is killed.
_SERVE = """
import json, sys
from assetgen.emulator.emulator import Emulator
with Emulator(latency=float(sys.argv[1])) as emulator:
    print(json.dumps(dict(emulator.environ)), flush=True)
    sys.stdin.read()
    print(json.dumps([len(emulator.charges), len(emulator.requests)]), flush=True)
"""


@dataclass(frozen=True, slots=True)
class Bought:
    """One build: seconds of the process and between its events, peak MB, calls and requests.

    ``in_flight`` is the most accepted calls at once, ``cpu`` the seconds of processor time.
    """

    process: float
    events: float
    megabytes: float
    cpu: float
    in_flight: int
    charges: int
    requests: int


@contextmanager
def emulator(latency: float) -> Iterator[tuple[dict[str, str], subprocess.Popen[str]]]:
    """Serve one in a process of its own; gives the variables that lead to it."""
    argv = [sys.executable, "-c", _SERVE, str(latency)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        yield json.loads(child.stdout.readline()), child


def write(project: str, provider: str, jobs: int, latency: float, at_once: int) -> None:
    """Write a project of independent pictures, and a user config with polls to scale."""
    model, first, every, takes = SCALES[provider]
    os.makedirs(project)
    lines = "".join(f"  a{number}: picture {number}\n" for number in range(jobs))
    with open(os.path.join(project, "assetgen.yaml"), "w", encoding="utf-8") as file:
        file.write(f"version: 1\ndefaults: {{model: {model}, providers: [{provider}]}}\n")
        file.write(f"targets:\n{lines}")
    scale = latency / takes
    with open(project + ".toml", "w", encoding="utf-8") as file:
        file.write(f"[providers.{provider}]\nconcurrency = {at_once}\nrate = 1000000\n")
        file.write(f"first_poll = {first * scale}\npoll = {every * scale}\n")


def buy(
    assetgen: str, project: str, provider: str, latency: float, env: Mapping[str, str]
) -> Bought:
    """Build ``project`` with nothing bought before. Raises RuntimeError if the build fails."""
    with emulator(latency) as (places, served):
        environ = {
            **env,
            **places,
            "ASSETGEN_CONFIG": project + ".toml",
            "ASSETGEN_DATA_DIR": project + "-data",
            "ASSETGEN_CACHE_DIR": project + "-cache",
            f"{provider.upper()}_API_KEY": "bench",
        }
        argv = [assetgen, "build", "--json", "--max-images", "100000"]
        begin = time.perf_counter()
        child = subprocess.Popen(argv, cwd=project, env=environ, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        first = last = 0.0
        open_jobs: set[int] = set()
        most = 0
        for line in child.stdout:
            event = json.loads(line)
            last = time.perf_counter()
            first = first or last
            job = event.get("job")
            if job:
                (open_jobs.add if job["state"] == "accepted" else open_jobs.discard)(job["id"])
                most = max(most, len(open_jobs))
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        whole = time.perf_counter() - begin
        if child.returncode:
            raise RuntimeError(f"the build ended with {child.returncode}")
        assert served.stdin is not None
        assert served.stdout is not None
        served.stdin.close()
        charges, requests = json.loads(served.stdout.readline())
    cpu = usage.ru_utime + usage.ru_stime
    return Bought(whole, last - first, usage.ru_maxrss / 1024, cpu, most, charges, requests)
