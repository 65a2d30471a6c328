"""The painter of the screenshots: as capricious as a service, and as faithful in its edits."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from io import BytesIO

from PIL import Image, ImageChops

from tests.browser.painter import Painter

SIZE = (192, 256)
KNIGHT = "Pip, a small knight, on a hill"


def drawn(painter: Painter, prompt: str, job: str, references: Sequence[str] = ()) -> bytes:
    """Return what the painter makes of a prompt in a job."""
    note = {"prompt": prompt, "job": job, "number": 1, "references": list(references)}
    return painter(SIZE, "png", note, clear=False)


def box_of_change(one: bytes, other: bytes) -> tuple[int, int, int, int] | None:
    """Return where two pictures differ."""
    first, second = (Image.open(BytesIO(data)).convert("RGB") for data in (one, other))
    return ImageChops.difference(first, second).getbbox()


def test_each_job_draws_another_picture_and_always_the_same() -> None:
    """What the words leave open is decided by the job."""
    painter = Painter()
    first = drawn(painter, KNIGHT, "a")
    assert drawn(painter, KNIGHT, "b") != first
    assert drawn(Painter(), KNIGHT, "a") == first


def test_an_edit_keeps_the_composition() -> None:
    """Clothes change; sky and hills stay."""
    painter = Painter()
    base = drawn(painter, KNIGHT, "a")
    digest = hashlib.sha256(base).hexdigest()
    coat = drawn(painter, "Change only the clothes to a yellow oilskin coat.", "b", [digest])
    box = box_of_change(base, coat)
    assert box is not None
    assert box[0] > SIZE[0] // 10
    assert box[1] > SIZE[1] // 4
    assert box[3] < SIZE[1]


def test_the_first_of_some_comes_out_wrong() -> None:
    """Asked again for the same job it is as wrong as before; another job is fine."""
    painter = Painter(odd_once="sleepy")
    digest = hashlib.sha256(drawn(painter, KNIGHT, "a")).hexdigest()
    odd, again, fine = (
        drawn(painter, "head and shoulders, a sleepy yawn", job, [digest]) for job in "bbc"
    )
    assert odd == again != fine
