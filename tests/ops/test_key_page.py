"""docs/chroma-key.md shows what the key does now; `ASSETGEN_GOLDEN=1` measures and draws anew."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from tests.e2e.doctext import DOCS
from tests.ops.key_page import sheet, table
from tests.ops.subjects import NAMES, subject

PAGE = DOCS / "chroma-key.md"
PICTURES = DOCS / "pictures" / "key"
MOST_BYTES = 60_000
GOLDEN = os.environ.get("ASSETGEN_GOLDEN") == "1"


def part(name: str) -> str:
    """Return what the page has between a pair of marks."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(f"<!-- {name} -->\n(.*?)<!-- /{name} -->", text, re.DOTALL)
    assert found
    return found[1]


def filled(name: str, content: str) -> None:
    """Write ``content`` between a pair of marks."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(f"<!-- {name} -->\n")
    after = rest.split(f"<!-- /{name} -->")[1]
    text = f"{before}<!-- {name} -->\n{content}<!-- /{name} -->{after}"
    PAGE.write_text(text, encoding="utf-8", newline="\n")


def numbers(text: str) -> list[float]:
    """Return the numbers of a table's cells."""
    return [float(found) for found in re.findall(r"\| (\d+\.\d+)", text)]


def titles(text: str) -> list[str]:
    """Return the first cells of a table."""
    return [line.split("|")[1].strip() for line in text.splitlines()]


def near(one: list[float], other: list[float]) -> bool:
    """Return whether numbers are equal but for what libraries round."""
    return len(one) == len(other) and all(
        abs(a - b) <= 0.15 + 0.05 * abs(b) for a, b in zip(one, other, strict=True)
    )


def same(path: Path, made: Image.Image) -> bool:
    """Return whether a JPEG shows a picture: equal in each block of eight pixels."""
    with Image.open(path) as stored:
        if stored.size != made.size:
            return False
        apart = ImageChops.difference(stored.convert("RGB").reduce(8), made.reduce(8))
    far = ImageStat.Stat(apart)
    return max(far.mean) <= 2.5 and max(high for _, high in far.extrema) <= 24


def test_the_numbers_are_those_of_this_release() -> None:
    """Measured anew on every picture."""
    made = table()
    if GOLDEN and not near(numbers(part("measured")), numbers(made)):
        filled("measured", f"\n{made}\n\n")
    assert titles(part("measured").strip()) == titles(made)
    assert len(numbers(made)) == 6 * len(NAMES)
    assert near(numbers(part("measured")), numbers(made))


def test_the_comparison_of_numbers_can_fail() -> None:
    """A halo that is a level wider is not the same."""
    assert near([5.0, 0.0], [5.1, 0.0])
    assert not near([6.0, 0.0], [5.0, 0.0])
    assert not near([5.0], [5.0, 0.0])


@pytest.mark.parametrize("name", NAMES)
def test_the_picture_is_what_the_key_gives(name: str) -> None:
    """Drawn anew it is the one on file, and that is small."""
    path, made = PICTURES / f"{name}.jpg", sheet(name)
    if GOLDEN and not (path.exists() and same(path, made)):
        path.parent.mkdir(parents=True, exist_ok=True)
        made.save(path, quality=72, subsampling="4:4:4", optimize=True, progressive=True)
    assert same(path, made)
    assert path.stat().st_size <= MOST_BYTES


def test_the_comparison_of_pictures_can_fail() -> None:
    """One that shows the naive cut-out in both places is another picture."""
    path, made = PICTURES / "patches.jpg", sheet("patches")
    wrong = made.copy()
    wrong.paste(made.crop((206, 0, 406, 406)), (412, 0))
    assert same(path, made)
    assert not same(path, wrong)


def test_the_page_shows_every_picture() -> None:
    """Each under its own heading, which the table links to."""
    made = "".join(
        f"\n### {name}\n\n![{subject(name).title}: as painted, the naive key, this key]"
        f"(pictures/key/{name}.jpg)\n"
        for name in NAMES
    )
    if GOLDEN:
        filled("pictures", f"{made}\n")
    assert part("pictures") == f"{made}\n"
    assert sorted(path.name for path in PICTURES.iterdir()) == sorted(f"{n}.jpg" for n in NAMES)
