"""Each example builds with the draft provider, and one changed word makes again what it should."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e.sandbox import Sandbox

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ("character", "cards", "shop", "sprites", "site", "posters")


@pytest.fixture
def example(box: Sandbox, request: pytest.FixtureRequest) -> Sandbox:
    """A copy of the example that a test names, without what was built in it before."""
    copy(request.param, box)
    return box


def copy(name: str, box: Sandbox) -> None:
    """Put the committed files of an example into the project."""
    shutil.copytree(EXAMPLES / name, box.root, dirs_exist_ok=True)
    for folder in ("art", "cards", "posters", "public"):
        shutil.rmtree(box.root / folder, ignore_errors=True)
    (box.root / "assetgen.lock").unlink(missing_ok=True)


def change(box: Sandbox, file: str, old: str, new: str) -> None:
    """Replace a text that stands once in a file of the project."""
    path = box.root / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def made(box: Sandbox) -> dict[str, str]:
    """Build, and return what was done for each target that something was done for."""
    events = box.ok("build", "--json").events
    return {e["target"]: e["work"] for e in events if e["event"] == "target_done" and e["work"]}


def files(box: Sandbox, pattern: str) -> int:
    """Return how many files a glob finds."""
    return len(list(box.root.glob(pattern)))


def test_every_example_is_tested_here() -> None:
    """A new folder under `examples/` must be named above."""
    assert sorted(NAMES) == sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir())


@pytest.mark.parametrize("example", NAMES, indirect=True)
def test_an_example_settles(example: Sandbox) -> None:
    """After one build nothing is left to do, and what was written verifies."""
    first = example.build()
    assert (first["failed"], first["blocked"], first["modified"], first["cost"]) == (0, 0, 0, 0)
    total = first["bought"] + first["derived"]
    assert example.ok("build").out == f"{total} targets up to date\n"
    assert example.ok("verify").out == f"{total} targets verified\n"
    assert example.jobs() == first["bought"]


@pytest.mark.parametrize("example", ["character"], indirect=True)
def test_the_character_is_made_by_edits(example: Sandbox) -> None:
    """One picture is generated, the rest are edits; copies and heads are free."""
    summary = example.build()
    assert (summary["bought"], summary["derived"]) == (12, 6)
    kinds = [target["kind"] for target in example.ok("list", "--json").json["targets"]]
    assert {kind: kinds.count(kind) for kind in kinds} == {"generate": 1, "edit": 11, "derive": 6}
    names = example.verdicts()
    assert "mira/face/armor-battle" in names
    assert not {"mira/face/armor-happy", "mira/face/festival-sad"} & names.keys()


@pytest.mark.parametrize("example", ["character"], indirect=True)
def test_a_changed_mood_remakes_its_faces(example: Sandbox) -> None:
    """The word stands in the faces of that mood and nowhere else."""
    example.build()
    change(example, "assetgen.yaml", "clenched teeth", "bared teeth")
    assert made(example) == {
        "mira/face/casual-angry": "buy",
        "mira/face/armor-angry": "buy",
        "mira/face/festival-angry": "buy",
    }


@pytest.mark.parametrize("example", ["character"], indirect=True)
def test_a_changed_outfit_remakes_what_wears_it(example: Sandbox) -> None:
    """Its faces are edits of it and follow, its copy and its head do too; the base stays."""
    example.build()
    change(example, "assetgen.yaml", "moss-green", "crimson")
    assert made(example) == {
        "mira/armor": "buy",
        "mira/face/armor-angry": "buy",
        "mira/face/armor-sad": "buy",
        "mira/face/armor-battle": "buy",
        "mira/face/armor-neutral": "derive",
        "mira/head/armor": "derive",
    }


@pytest.mark.parametrize("example", ["cards"], indirect=True)
def test_the_deck_follows_its_data_file(example: Sandbox) -> None:
    """One card for each row, named by index and slug, and one icon made of the first."""
    summary = example.build()
    assert (summary["bought"], summary["derived"]) == (12, 1)
    assert (example.root / "cards/04-the-bakers-window.png").exists()
    assert files(example, "cards/*.png") == 12
    png = (example.root / "cards/11-the-dawn.png").read_bytes()
    assert png[16:24] == (550).to_bytes(4, "big") + (950).to_bytes(4, "big")


@pytest.mark.parametrize("example", ["cards"], indirect=True)
def test_a_changed_row_remakes_its_card(example: Sandbox) -> None:
    """And `why` says which word it was."""
    example.build()
    change(example, "data/cards.yaml", "a white moth", "a grey moth")
    assert "[-white-]{+grey+} moth" in example.ok("why", "card/01-the-moth").out
    assert made(example) == {"card/01-the-moth": "buy"}


@pytest.mark.parametrize("example", ["cards"], indirect=True)
def test_a_changed_first_card_remakes_the_icon(example: Sandbox) -> None:
    """What is made of a card follows it, free."""
    example.build()
    change(example, "data/cards.yaml", "a single match", "a long match")
    assert made(example) == {"card/00-the-match": "buy", "icon": "derive"}


@pytest.mark.parametrize("example", ["shop"], indirect=True)
def test_the_shop_has_every_size_and_format(example: Sandbox) -> None:
    """Twelve pictures are bought; fifty-four files are cut from them."""
    assert example.build()["bought"] == 12
    assert (files(example, "public/**/*.webp"), files(example, "public/**/*.jpg")) == (24, 30)
    assert (example.root / "public/mug/winter-tall-800.webp").read_bytes()[8:12] == b"WEBP"
    assert (example.root / "public/lamp/spring-link.jpg").read_bytes()[:3] == b"\xff\xd8\xff"


@pytest.mark.parametrize("example", ["shop"], indirect=True)
def test_a_changed_product_remakes_its_pictures(example: Sandbox) -> None:
    """Each season and shape of it, and nothing of the others."""
    example.build()
    change(example, "data/products.csv", "undyed lambswool", "merino wool")
    assert made(example) == {
        "scarf/spring-wide": "buy",
        "scarf/spring-tall": "buy",
        "scarf/winter-wide": "buy",
        "scarf/winter-tall": "buy",
    }


@pytest.mark.parametrize("example", ["shop"], indirect=True)
def test_a_further_width_is_free(example: Sandbox) -> None:
    """New files come out of the pictures that were bought."""
    example.build()
    change(example, "assetgen.yaml", "[400, 800]", "[200, 400, 800]")
    assert set(made(example).values()) == {"restore"}
    assert files(example, "public/**/*-200.webp") == 12
    assert example.jobs() == 12
