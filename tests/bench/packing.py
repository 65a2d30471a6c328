"""Measures packing a thousand rectangles beside free-tex-packer-core (npm); knows no picture.

Both get the same rectangles, the same largest side and, since theirs takes as many sheets as it
needs, the same number of sheets. What is timed is packing alone, in a program that runs already.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import Any

from assetgen.ops.packing import pack
from tests.bench.measure import milliseconds, ratio, table

HERE = os.path.dirname(os.path.abspath(__file__))
MODULES = os.environ.get("ASSETGEN_NODE_MODULES") or os.path.join(
    os.path.dirname(HERE), "clients", "node_modules"
)
SIDE, COUNT = 2048, 1000
PACKERS = ("MaxRectsBin", "MaxRectsPacker")
"""Their default, and the better one of their two that keep maximal free rectangles."""

Size = tuple[int, int]


def sets() -> dict[str, list[Size]]:
    """Return rectangles like those of games and pages, the same every time."""
    draw = random.Random(7)  # noqa: S311 # no secret

    def long_tail(middle: float) -> int:
        return max(4, min(512, round(draw.lognormvariate(middle, 0.7))))

    def interface() -> Size:
        kind = draw.random()
        if kind < 0.5:
            return (draw.choice([16, 24, 32, 48]),) * 2
        if kind < 0.8:
            return draw.randint(30, 90), draw.randint(50, 140)
        if kind < 0.95:
            return draw.randint(100, 300), draw.randint(10, 40)
        return draw.randint(150, 400), draw.randint(150, 400)

    return {
        "icons, 16 to 64 by 8": [
            (draw.randrange(2, 9) * 8, draw.randrange(2, 9) * 8) for _ in range(COUNT)
        ],
        "even, 8 to 128": [(draw.randint(8, 128), draw.randint(8, 128)) for _ in range(COUNT)],
        "figures, trimmed": [
            (max(4, round(draw.gauss(60, 14))), max(4, round(draw.gauss(110, 22))))
            for _ in range(COUNT)
        ],
        "few large, many small": [(long_tail(3.6), long_tail(3.6)) for _ in range(COUNT)],
        "parts of an interface": [interface() for _ in range(COUNT)],
        "equal, 64": [(64, 64)] * COUNT,
    }


def packing(rounds: int) -> str:
    """Return the table of fill and time, by turns."""
    drawn = sets()
    theirs: dict[tuple[str, str], list[Any]] = {}
    ours: dict[str, list[float]] = {name: [] for name in drawn}
    for _ in range(rounds):
        for answer in _theirs(drawn):
            theirs.setdefault((answer["set"], answer["packer"]), []).append(answer)
        for name, sizes in drawn.items():
            begin = time.perf_counter()
            pack(sizes, max_size=SIDE, pages=_pages(theirs, name))
            ours[name].append(time.perf_counter() - begin)
    rows = []
    for name, sizes in drawn.items():
        pages = _pages(theirs, name)
        took = statistics.median(ours[name])
        cells = [name, str(pages)]
        for packer in PACKERS:
            answers = theirs.get((name, packer))
            seconds = statistics.median(a["seconds"] for a in answers) if answers else None
            cells += [_fill(sizes, answers[0]["sheets"]) if answers else "fails"]
            cells += [milliseconds(seconds), ratio(took, seconds)]
        mine = pack(sizes, max_size=SIDE, pages=pages).sheets
        rows.append([*cells[:2], _fill(sizes, mine), milliseconds(took), *cells[2:]])
    head = [f"packing {COUNT:,} rectangles into sheets of {SIDE}", "sheets", "fill", "time"]
    for packer in PACKERS:
        head += [f"{packer} fill", "time", "ours of it"]
    return table(head, rows)


def _theirs(drawn: Mapping[str, Sequence[Size]]) -> list[Any]:
    """Return their answers; none where Node or the package is missing."""
    asked = json.dumps({"side": SIDE, "sets": drawn})
    argv = ["node", os.path.join(HERE, "packing.mjs"), MODULES]
    try:
        done = subprocess.run(argv, input=asked, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return []
    answers: list[Any] = json.loads(done.stdout)
    return answers


def _pages(theirs: Mapping[tuple[str, str], Sequence[Any]], name: str) -> int:
    """Return how many sheets their default takes; 2 hold each of these sets."""
    answers = theirs.get((name, PACKERS[0]))
    return len(answers[0]["sheets"]) if answers else 2


def _fill(sizes: Sequence[Size], sheets: Sequence[Sequence[int]]) -> str:
    area = sum(width * height for width, height in sizes)
    return f"{100 * area / sum(sheet[0] * sheet[1] for sheet in sheets):.1f} %"
