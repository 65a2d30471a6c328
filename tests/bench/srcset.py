"""Measures photographs in several widths and formats, beside sharp; knows no other bench.

Both start from the same PNG files of 2048 by 2048 and use the same settings of the same encoders:
libaom's speed is 9 less sharp's effort, as it is 9 less ours. How far the files are from the
pictures is measured too, on some of them.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from tests.bench.measure import Case, megabytes, ratio, table

HERE = os.path.dirname(os.path.abspath(__file__))
MODULES = os.environ.get("ASSETGEN_NODE_MODULES") or os.path.join(
    os.path.dirname(HERE), "clients", "node_modules"
)
SIDE = 2048
WIDTHS = (480, 960, 1440, 1920)
EFFORT = {"avif": 3, "webp": 4}
QUALITY = {"avif": 60, "webp": 80, "jpg": 80}
SPEC = f"""\
version: 1
axes:
  photo: {{file: photos.csv, id: "{{{{ id }}}}"}}
targets:
  photo:
    matrix: {{photo: photo}}
    from: "./in/{{{{ photo }}}}.png"
    provenance: none
    exports:
      - srcset:
          widths: {list(WIDTHS)}
          formats: [avif, webp, jpg]
          output: "out/{{{{ photo }}}}-{{{{ width }}}}.{{{{ format }}}}"
          encode:
            avif: {{quality: {QUALITY["avif"]}, chroma: "4:2:0", effort: {EFFORT["avif"]}}}
            webp: {{quality: {QUALITY["webp"]}, effort: {EFFORT["webp"] * 3 // 2}}}
            jpg: {{quality: {QUALITY["jpg"]}, chroma: "4:2:0"}}
"""
THEIRS = {
    "widths": WIDTHS,
    "settings": {
        "avif": {
            "quality": QUALITY["avif"],
            "effort": EFFORT["avif"],
            "chromaSubsampling": "4:2:0",
        },
        "webp": {"quality": QUALITY["webp"], "effort": EFFORT["webp"]},
        "jpeg": {"quality": QUALITY["jpg"], "chromaSubsampling": "4:2:0", "progressive": True},
    },
}
JUDGED = 3
"""How many photographs are compared with their files."""

Plane = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Taken:
    """One run: its seconds, those of all cores, and the most memory of all processes, in MB."""

    seconds: float
    cores: float
    megabytes: float


def srcset(assetgen: str, project: str, count: int, rounds: int, env: Mapping[str, str]) -> str:
    """Return the table of ``count`` photographs, by assetgen and by sharp in three ways."""
    draw(project, count)
    own = {
        **env,
        **{f"ASSETGEN_{use}_DIR": f"{project}-{use.lower()}" for use in ("CACHE", "DATA")},
    }
    cases = [_ours(assetgen, project), *_theirs(project)]
    taken: dict[str, list[Taken]] = {case.name: [] for case in cases}
    for _ in range(rounds):
        for case in cases:
            if case.before:
                case.before()
            found = _run(case, own)
            if found:
                taken[case.name].append(found)
    median = {name: _median(runs) for name, runs in taken.items()}
    fastest = min(
        (made for case in cases[1:] if (made := median[case.name])),
        key=lambda made: made.seconds,
        default=None,
    )
    rows = [_row(case, median[case.name], fastest, project) for case in cases]
    beside = "of the fastest sharp"
    head = [f"{count} photographs, 4 widths, avif, webp, jpg", "time", beside]
    head += ["of all cores", beside, "peak of all processes", beside]
    return table([*head, "MB written", "SSIM", "PSNR"], rows)


def draw(project: str, count: int) -> None:
    """Write the spec and ``count`` different photographs, unless they are there."""
    os.makedirs(os.path.join(project, "in"), exist_ok=True)
    names = [f"p{number:02}" for number in range(count)]
    lines = "".join(f"{name}\n" for name in ("id", *names))
    for path, text in (("assetgen.yaml", SPEC), ("photos.csv", lines)):
        with open(os.path.join(project, path), "w", encoding="utf-8") as file:
            file.write(text)
    for number, name in enumerate(names):
        place = os.path.join(project, "in", f"{name}.png")
        if not os.path.exists(place):
            photograph(number).save(place, compress_level=4)


def photograph(seed: int, side: int = SIDE) -> Image.Image:
    """Return clouds of all sizes, as light falls in nature, with sharp things before them."""
    dice = np.random.default_rng(seed)
    light = _clouds(dice, side, 0.7)
    colors = [0.8 * light + 0.5 * _clouds(dice, side, 0.5) for _ in range(3)]
    levels = np.clip(118 + np.stack(colors, axis=-1), 0, 255).astype(np.uint8)
    image = Image.fromarray(levels)
    things = Image.new("L", (side, side))
    pen = ImageDraw.Draw(things)
    for _ in range(60):
        x, y = dice.uniform(0, side, 2)
        reach = dice.uniform(side / 100, side / 7)
        corners = [
            (x + reach * np.cos(turn) * grow, y + reach * np.sin(turn) * grow)
            for turn, grow in zip(
                np.sort(dice.uniform(0, 6.3, 9)), dice.uniform(0.3, 1, 9), strict=True
            )
        ]
        pen.polygon(corners, fill=int(dice.integers(0, 2)) * 255)
    behind = Image.fromarray(np.roll(255 - levels, side // 3, axis=1))
    return Image.composite(behind, image, things.filter(ImageFilter.GaussianBlur(0.7)))


def _clouds(dice: np.random.Generator, side: int, fade: float) -> NDArray[np.float32]:
    """Return noise of all wave lengths, each half as long one ``fade`` times as strong."""
    total = np.zeros((side, side), np.float32)
    cells, strength = 4, 40.0
    while cells <= side:
        grid = Image.fromarray(dice.normal(0, 1, (cells, cells)).astype(np.float32))
        scaled = grid.resize((side, side), Image.Resampling.BICUBIC)
        total += strength * np.asarray(scaled)
        cells, strength = cells * 2, strength * fade
    return total


def _ours(assetgen: str, project: str) -> Case:
    def forget() -> None:
        for folder in (f"{project}-cache", f"{project}-data", os.path.join(project, "out")):
            shutil.rmtree(folder, ignore_errors=True)
        lock = os.path.join(project, "assetgen.lock")
        if os.path.exists(lock):
            os.remove(lock)

    return Case("assetgen", (*_humble(), assetgen, "build", "--yes"), project, forget)


def _theirs(project: str) -> list[Case]:
    node = shutil.which("node") or "node"
    cores = str(os.cpu_count() or 1)

    def case(name: str, folder: str, at_once: str, threads: str) -> Case:
        to = os.path.join(project, folder)

        def empty() -> None:
            shutil.rmtree(to, ignore_errors=True)
            os.makedirs(to)

        script = os.path.join(HERE, "srcset.mjs")
        argv = (node, script, MODULES, json.dumps(THEIRS), "in", folder, at_once, threads)
        return Case(name, (*_humble(), *argv), project, empty)

    return [
        case("sharp, each file by itself", "apart", "0", "0"),
        case("sharp, one decode a picture", "together", "1", "0"),
        case("sharp, one decode, a picture on each core", "lanes", cores, "1"),
    ]


def _humble() -> tuple[str, ...]:
    """Return what gives both sides the lowest priority, which assetgen's workers take anyway."""
    program = shutil.which("nice")
    return (program, "-n", "19") if program else ()


def _run(case: Case, env: Mapping[str, str]) -> Taken | None:
    """Return what a run took, or None if it failed."""
    start, before = time.perf_counter(), _used()
    most = 0.0
    with subprocess.Popen(
        case.argv,
        cwd=case.cwd,
        env=dict(env),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as child:
        while child.poll() is None:
            most = max(most, sum(map(_held, _tree(child.pid))))
            time.sleep(0.05)
        seconds = time.perf_counter() - start
    return Taken(seconds, _used() - before, most / 1024) if child.returncode == 0 else None


def _used() -> float:
    """Return the processor time of all processes that have ended, in seconds."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _tree(process: int) -> list[int]:
    """Return a process and all below it, as Linux tells."""
    found = [process]
    for parent in found:
        try:
            threads = os.listdir(f"/proc/{parent}/task")
            for thread in threads:
                with open(f"/proc/{parent}/task/{thread}/children", encoding="ascii") as file:
                    found.extend(map(int, file.read().split()))
        except OSError:
            continue
    return found


def _held(process: int) -> int:
    """Return a process's share of memory in kB: what several have in common counts once."""
    try:
        with open(f"/proc/{process}/smaps_rollup", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return 0


def _median(runs: Sequence[Taken]) -> Taken | None:
    if not runs:
        return None
    return Taken(
        statistics.median(run.seconds for run in runs),
        statistics.median(run.cores for run in runs),
        statistics.median(run.megabytes for run in runs),
    )


def _row(case: Case, made: Taken | None, best: Taken | None, project: str) -> list[str]:
    if made is None:
        return [case.name, "fails", *[""] * 8]
    folder = os.path.join(project, "out" if case.name == "assetgen" else case.argv[-3])
    paths = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    likeness = [judge(path, project) for path in paths if int(os.path.basename(path)[1:3]) < JUDGED]
    return [
        case.name,
        f"{made.seconds:.1f} s",
        ratio(made.seconds, best.seconds if best else None),
        f"{made.cores:.1f} s",
        ratio(made.cores, best.cores if best else None),
        megabytes(made.megabytes),
        ratio(made.megabytes, best.megabytes if best else None),
        f"{sum(map(os.path.getsize, paths)) / 1e6:.1f}",
        f"{statistics.mean(pair[0] for pair in likeness):.4f}",
        f"{statistics.mean(pair[1] for pair in likeness):.2f} dB",
    ]


def judge(path: str, project: str) -> tuple[float, float]:
    """Return the SSIM and the PSNR of a file's luma, beside its picture scaled by Lanczos."""
    source = os.path.join(project, "in", f"{os.path.basename(path).split('-')[0]}.png")
    with Image.open(path) as image, Image.open(source) as photo:
        found = np.asarray(image.convert("L"), dtype=np.float64)
        luma = photo.convert("L").convert("F").resize(image.size, Image.Resampling.LANCZOS)
    wanted = np.asarray(luma, dtype=np.float64)
    error = float(((found - wanted) ** 2).mean())
    return _ssim(found, wanted), 10 * float(np.log10(255**2 / error))


def _ssim(one: Plane, other: Plane) -> float:
    """Return the mean structural similarity in windows of 8 by 8 (Wang and others, 2004)."""
    means = [_windows(plane) for plane in (one, other)]
    spreads = [
        _windows(plane**2) - mean**2 for plane, mean in zip((one, other), means, strict=True)
    ]
    shared = _windows(one * other) - means[0] * means[1]
    low, high = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    light = (2 * means[0] * means[1] + low) / (means[0] ** 2 + means[1] ** 2 + low)
    shape = (2 * shared + high) / (spreads[0] + spreads[1] + high)
    return float((light * shape).mean())


def _windows(plane: Plane, side: int = 8) -> Plane:
    """Return the mean of each window."""
    sums = np.pad(plane.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    total = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    return np.asarray(total / side**2)
