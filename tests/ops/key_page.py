"""Numbers and pictures of docs/chroma-key.md: ours, a naive key and the truth; tests only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from assetgen.ops.alpha import key
from assetgen.ops.regions import dilate
from tests.ops.subjects import MAGENTA, NAMES, SIDE, Subject, subject

NAIVE_LEVELS = 51
"""How far from the corner's colour a naive key looks in each channel: a fifth of the range."""
PANEL = 200
_DETAILS = {
    "strands": (130, 60),
    "smoke": (168, 90),
    "patches": (168, 190),
    "vignette": (300, 90),
    "jpeg": (205, 40),
    "grey": (120, 228),
    "white": (284, 110),
    "shadow": (120, 360),
    "ring": (130, 150),
}
_DETAIL = 100
PINK, DARK = (228, 0, 160), ((38, 40, 46), (58, 61, 69))


@dataclass(frozen=True, slots=True)
class Score:
    """How far a cut-out is from the truth.

    Attributes:
        halo: mean error of a channel in the edge's band, in levels, once both are laid on the
            colour opposite to the backdrop.
        lost: percent of the subject's opaque pixels that are less than nine tenths opaque.
        left: percent of the backdrop's pixels that are more than a tenth opaque.
    """

    halo: float
    lost: float
    left: float


def naive(picture: Image.Image) -> Image.Image:
    """Return the picture without each pixel, wherever it is, that is like the corner's."""
    pixels = np.asarray(picture)
    off = np.abs(pixels.astype(int) - pixels[0, 0]).max(axis=2)
    alpha = np.where(off <= NAIVE_LEVELS, 0, 255).astype(np.uint8)
    return Image.fromarray(np.dstack((pixels, alpha)))


def over(cut: Image.Image, ground: Image.Image) -> Image.Image:
    """Return a cut-out laid on an opaque picture."""
    laid = ground.convert("RGBA")
    laid.alpha_composite(cut)
    return laid.convert("RGB")


def score(cut: Image.Image, made: Subject) -> Score:
    """Return how far ``cut`` is from the truth."""
    true, alpha = (np.asarray(image.getchannel("A")) for image in (made.truth, cut))
    band = (true > 5) & (true < 250)
    for corners in (True, True):
        band = dilate(band, corners=corners)
    opposite = Image.new("RGB", cut.size, tuple(255 - level for level in made.backdrop))
    own, wanted = (np.asarray(over(image, opposite)).astype(int) for image in (cut, made.truth))
    return Score(
        halo=float(np.abs(own - wanted)[band].mean()),
        lost=100 * float((alpha[true >= 250] < 230).mean()),
        left=100 * float((alpha[true <= 5] > 25).mean()),
    )


def table() -> str:
    """Return the page's table: a row for each picture, each number of ours and of the naive key."""
    rows = [
        "| picture | halo | naive | subject lost | naive | backdrop left | naive |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name in NAMES:
        made = subject(name)
        ours, other = score(key(made.picture), made), score(naive(made.picture), made)
        numbers = (
            f"{ours.halo:.1f} | {other.halo:.1f} | {ours.lost:.2f} % | {other.lost:.2f} % |"
            f" {ours.left:.2f} % | {other.left:.2f} %"
        )
        rows.append(f"| [{made.title}](#{name}) | {numbers} |")
    return "\n".join(rows)


def sheet(name: str) -> Image.Image:
    """Return the picture, the naive cut-out and ours, and below each a detail of it, enlarged."""
    made = subject(name)
    ground = _checkers() if made.backdrop == MAGENTA else Image.new("RGB", (SIDE, SIDE), PINK)
    columns = (made.picture, over(naive(made.picture), ground), over(key(made.picture), ground))
    left, top = _DETAILS[name]
    gap = 6
    whole = Image.new("RGB", (3 * PANEL + 2 * gap, 2 * PANEL + gap), "white")
    for number, column in enumerate(columns):
        detail = column.crop((left, top, left + _DETAIL, top + _DETAIL))
        for row, panel in enumerate(
            (
                column.resize((PANEL, PANEL), Image.Resampling.LANCZOS),
                detail.resize((PANEL, PANEL), Image.Resampling.NEAREST),
            )
        ):
            whole.paste(panel, (number * (PANEL + gap), row * (PANEL + gap)))
    return whole


def _checkers() -> Image.Image:
    y, x = np.indices((SIDE, SIDE)) // 16
    cells = np.array(DARK, np.uint8)[(x + y) % 2]
    return Image.fromarray(cells)
