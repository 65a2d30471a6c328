"""Every op has a page, whose example runs and gives its picture; `ASSETGEN_GOLDEN=1` draws anew."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageFont, ImageStat

from assetgen.errors import Kind
from assetgen.graph import Op
from assetgen.ops.table import HOME, check, runner
from assetgen.optable import OPS
from assetgen.spec.expand import expand
from assetgen.spec.sources import read_spec
from tests.e2e.doctext import DOCS, blocks, sections
from tests.ops.scene import SCENES, badge, sheet

FOLDER = DOCS / "ops"
PICTURES = DOCS / "pictures" / "ops"

PAGES = [name for name, info in OPS.items() if not info.takes_any]
"""Ops of which assetgen knows what they do; an op of the user's own is explained by its plugin."""

BEFORE = {
    "trim": "cutout",
    "rotate": "cutout",
    "flatten": "cutout",
    "resize": "figure",
    "flip": "figure",
    "key": "figure",
    "sharpen": "soft",
}
"""The scene that each page begins with, a landscape where it is not said."""

MODULES = ("canvas", "backdrop", "fonts", *sorted(set(HOME.values()) - {"plugins"}))
"""Where the mistakes are declared that an op may find."""

MOST_BYTES = 60_000


def page(name: str) -> str:
    """Return the text of an op's page."""
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8")


def ops_of(text: str, folder: Path) -> tuple[Op, ...]:
    """Return the ops of a snippet, as the spec reads them."""
    lines = "".join(f"    {line}\n" for line in text.splitlines())
    spec = f"version: 1\ntargets:\n  after:\n    from: ./before.png\n{lines}"
    (folder / "assetgen.yaml").write_text(spec, encoding="utf-8")
    graph = expand(read_spec(str(folder), "assetgen.yaml"), file_exists=lambda path: True)
    return graph.targets["after"].ops


def font() -> bytes:
    """Return the font that Pillow brings along."""
    found = ImageFont.load_default(20)
    assert isinstance(found, ImageFont.FreeTypeFont)
    return bytes(found.font_bytes)


def after(image: Image.Image, ops: tuple[Op, ...]) -> Image.Image:
    """Return the picture after the ops; whatever they name is a badge, or the font."""
    for op in ops:
        args: dict[str, Any] = dict(op.args)
        if op.name == "overlay":
            args["image"] = badge()
        elif op.name == "text":
            args["font"] = font()
        image = runner(op.name).run(image, **args)
    return image


def drawn(name: str, folder: Path) -> Image.Image:
    """Return the sheet of an op's page: its scene before and after the ops of the page."""
    before = SCENES[BEFORE.get(name, "landscape")]()
    example = blocks(page(name), "yaml")[0]
    return sheet(before, after(before, ops_of(example.text, folder)))


def rows(table: str) -> list[list[str]]:
    """Return the cells of a table's rows, without its head."""
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.parametrize("name", PAGES)
def test_the_picture_is_what_the_example_gives(name: str, tmp_path: Path) -> None:
    """Drawn anew from the page's own words, it is the one on file; libraries may round."""
    path = PICTURES / f"{name}.png"
    made = drawn(name, tmp_path)
    if os.environ.get("ASSETGEN_GOLDEN") == "1" and not (path.exists() and same(path, made)):
        path.parent.mkdir(parents=True, exist_ok=True)
        made.save(path, optimize=True)
    assert same(path, made)
    assert path.stat().st_size <= MOST_BYTES
    assert f"](../pictures/ops/{name}.png)" in page(name)


def same(path: Path, made: Image.Image) -> bool:
    """Return whether a file shows a picture, but for roundings and a few pixels at edges."""
    with Image.open(path) as stored:
        if stored.size != made.size:
            return False
        apart = ImageChops.difference(stored.convert("RGB"), made).convert("L")
    far = sum(apart.histogram()[24:]) / (made.width * made.height)
    return ImageStat.Stat(apart).mean[0] <= 0.5 and far <= 0.005


def test_the_comparison_can_fail(tmp_path: Path) -> None:
    """A picture of another op, or turned over, is not the same."""
    made = drawn("flip", tmp_path)
    path = tmp_path / "flip.png"
    made.save(path)
    assert same(path, made)
    assert not same(path, made.transpose(Image.Transpose.FLIP_TOP_BOTTOM))
    assert not same(path, drawn("key", tmp_path))


@pytest.mark.parametrize("name", PAGES)
def test_the_example_is_of_its_op(name: str, tmp_path: Path) -> None:
    """Every example of a page passes the checks before money, and the first one has the op."""
    examples = blocks(page(name), "yaml")
    for example in examples:
        assert [problem for op in ops_of(example.text, tmp_path) for problem in check(op)] == []
    assert name in [op.name for op in ops_of(examples[0].text, tmp_path)]


@pytest.mark.parametrize("name", PAGES)
def test_every_argument_is_in_the_table(name: str) -> None:
    """All that the op takes, the main one first, and nothing else; each with its default."""
    table = sections(page(name)).get("Arguments", "")
    found = [cells[0].strip("`") for cells in rows(table)]
    assert sorted(found) == sorted(OPS[name].args)
    assert not found or found[0] == (OPS[name].short or OPS[name].args[0])
    assert all(all(cells) for cells in rows(table))


@pytest.mark.parametrize("module", MODULES)
def test_every_mistake_is_on_a_page(module: str) -> None:
    """Each kind that an op's module declares has a row in a table of errors."""
    errors = [rows(sections(page(name)).get("Errors", "")) for name in PAGES]
    told = {cells[0].strip("`") for table in errors for cells in table}
    declared = {
        kind.name
        for kind in vars(import_module(f"assetgen.ops.{module}")).values()
        if isinstance(kind, Kind)
    }
    assert declared <= told


def test_every_page_is_in_the_index() -> None:
    """In the order of the table of ops, and there are no other pages."""
    index = [cells[0] for cells in rows(page("README"))]
    assert index == [f"[`{name}`]({name}.md)" for name in PAGES]
    assert {path.stem for path in FOLDER.glob("*.md")} == {"README", "plugin", *PAGES}
    assert {path.stem for path in PICTURES.glob("*.png")} == set(PAGES)
