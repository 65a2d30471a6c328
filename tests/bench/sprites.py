"""Measures sprites keyed, trimmed, scaled and written, beside ImageMagick; knows no table's layout.

Both start from the same PNG files of 1024 by 1024, as a model might paint them on green.
"""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from tests.bench.measure import Case, Result, interleaved, megabytes, ratio, table

SIDE, TO = 1024, 256

SPEC = f"""\
version: 1
axes:
  sprite: {{file: sprites.csv, id: "{{{{ id }}}}"}}
targets:
  sprite:
    name: "sprite/{{{{ sprite }}}}"
    matrix: {{sprite: sprite}}
    matrix_limit: 100000
    from: "./in/{{{{ sprite }}}}.png"
    ops: [key, trim, {{resize: {{width: {TO}, height: {TO}}}}}]
    output: "out/{{{{ sprite }}}}.webp"
"""

STEPS = (
    "-alpha set -fuzz 12% -fill none -draw 'matte 0,0 floodfill'"
    f" -trim +repage -resize {TO}x{TO} -quality 90"
)


def draw(project: str, count: int) -> None:
    """Write the spec and ``count`` different pictures, unless they are there."""
    os.makedirs(os.path.join(project, "in"), exist_ok=True)
    names = [f"s{number:04}" for number in range(count)]
    for path, text in (
        ("assetgen.yaml", SPEC),
        ("sprites.csv", "id\n" + "".join(f"{name}\n" for name in names)),
        ("names.txt", "".join(f"{name}\n" for name in names)),
    ):
        with open(os.path.join(project, path), "w", encoding="utf-8") as file:
            file.write(text)
    for number, name in enumerate(names):
        place = os.path.join(project, "in", f"{name}.png")
        if not os.path.exists(place):
            _picture(number).save(place, compress_level=4)


def _picture(seed: int) -> Image.Image:
    """Return a figure of shaded parts on a green with a little noise."""
    dice = np.random.default_rng(seed)
    figure = Image.new("RGB", (SIDE, SIDE), (0, 177, 64))
    pen = ImageDraw.Draw(figure)
    left, right = dice.uniform(200, 330), dice.uniform(690, 820)
    pen.ellipse((left, 130, right, 640), fill=_tone(dice))
    pen.rounded_rectangle((left + 60, 560, right - 60, 900), 60, fill=_tone(dice))
    for side in (left + 110, right - 190):
        pen.ellipse((side, 330, side + 80, 430), fill=(250, 250, 244))
        pen.ellipse((side + 24, 356, side + 60, 410), fill=(20, 24, 30))
    for _ in range(12):
        x, y, r = dice.uniform(380, 640), dice.uniform(180, 860), dice.uniform(10, 40)
        pen.ellipse((x - r, y - r, x + r, y + r), fill=_tone(dice))
    soft = np.asarray(figure.filter(ImageFilter.GaussianBlur(0.8)), np.float32)
    grain = dice.normal(0, 1, (SIDE, SIDE, 1)).astype(np.float32)
    return Image.fromarray(np.clip(soft + grain, 0, 255).astype(np.uint8))


def _tone(dice: np.random.Generator) -> tuple[int, int, int]:
    red, green, blue = (int(level) for level in dice.integers(40, 230, 3))
    return max(red, green), min(red, green), blue


def sprites(assetgen: str, project: str, count: int, rounds: int, env: Mapping[str, str]) -> str:
    """Return the table of ``count`` sprites made by assetgen and by ImageMagick."""
    draw(project, count)
    own = {
        **env,
        **{f"ASSETGEN_{use}_DIR": f"{project}-{use.lower()}" for use in ("CACHE", "DATA")},
    }
    ours = interleaved(_ours(assetgen, project), rounds, own)
    theirs = interleaved(_imagemagick(project), rounds, own)
    best = min((made.seconds for made in theirs if made.seconds), default=None)
    rows = [_row(made, count, ours[0], best) for made in (*ours, *theirs)]
    head = [f"{count:,} sprites: key, trim, resize, webp", "time", "each", "peak of a process"]
    return table([*head, "of one core", "of ImageMagick at its best"], rows)


def _row(made: Result, count: int, one_core: Result, best: float | None) -> list[str]:
    seconds = made.seconds
    return [
        made.name,
        "fails" if seconds is None else f"{seconds:.1f} s",
        f"{seconds / count * 1000:.0f} ms" if seconds else "",
        megabytes(made.megabytes),
        ratio(seconds, one_core.seconds),
        ratio(seconds, best),
    ]


def _ours(assetgen: str, project: str) -> list[Case]:
    def forget() -> None:
        for folder in (f"{project}-cache", f"{project}-data", os.path.join(project, "out")):
            shutil.rmtree(folder, ignore_errors=True)
        for name in ("assetgen.lock", ".assetgen"):
            path = os.path.join(project, name)
            if os.path.isdir(path):
                shutil.rmtree(path)
            elif os.path.exists(path):
                os.remove(path)

    argv = (assetgen, "build", "--yes")
    return [
        Case("assetgen, one core", (*_humble(), *_one_core(), *argv), project, forget),
        Case("assetgen, all cores", (*_humble(), *argv), project, forget),
    ]


def _imagemagick(project: str) -> list[Case]:
    # Debian's own name comes first: `convert` may be a script of somebody else's.
    program = shutil.which("convert-im6.q16") or shutil.which("convert") or "convert"
    os.makedirs(os.path.join(project, "magick"), exist_ok=True)
    one = f"{shlex.quote(program)} in/{{}}.png {STEPS} magick/{{}}.webp"
    shell = shutil.which("sh") or "sh"

    def case(name: str, at_once: int, threads: int | None, *before: str) -> Case:
        limit = f"MAGICK_THREAD_LIMIT={threads} " if threads else ""
        line = f"{limit}xargs -a names.txt -P {at_once} -I {{}} {one}"
        return Case(name, (*_humble(), *before, shell, "-c", line), project)

    cores = os.cpu_count() or 1
    return [
        case("ImageMagick, one core", 1, 1, *_one_core()),
        case("ImageMagick, one at a time with its own threads", 1, None),
        case(f"ImageMagick, {cores} at a time with a thread each", cores, 1),
    ]


def _one_core() -> tuple[str, ...]:
    program = shutil.which("taskset")
    return (program, "-c", "0") if program else ()


def _humble() -> tuple[str, ...]:
    """Return what gives everybody the lowest priority, which assetgen's workers take anyway."""
    program = shutil.which("nice")
    return (program, "-n", "19") if program else ()
