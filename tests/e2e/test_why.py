"""`why` names what was edited: the style, the variable, the row; and what a kept picture lacks."""

from __future__ import annotations

import pytest

from tests.e2e.emulated import MODELS, Market
from tests.e2e.sandbox import Sandbox

SPEC = """
include: [styles.yaml]
vars: {game: Ashfall}
axes: {product: {file: data/products.csv, id: "{{ sku }}"}}
targets:
  hero: {prompt: "Mira of {{ game }}, short hair", style: [ink]}
  hero/face:
    edit: hero
    matrix: {face: {happy: a warm smile, angry: clenched teeth}}
    prompt: "now with {{ face.phrase }}"
  shop: {name: "shop/{{ product }}", matrix: {product: product}, prompt: "a {{ product.title }}"}
"""
STYLES = 'styles: {ink: "bold ink outlines"}\n'
ROWS = "sku,title\na1,red hat\nb2,blue hat\n"


@pytest.fixture
def project(box: Sandbox) -> Sandbox:
    """A built project."""
    box.spec(SPEC)
    box.write("styles.yaml", STYLES)
    box.write("data/products.csv", ROWS)
    box.build()
    return box


def prompt_of(box: Sandbox, target: str) -> str:
    """Return what `why` says of the prompt of a target."""
    out = box.ok("why", target).out
    return out[out.index("  prompt  ") :].split("\n\n")[0]


def test_an_edited_style(project: Sandbox) -> None:
    """It is named with file and line, beside the place of the prompt."""
    project.write("styles.yaml", STYLES.replace("bold", "thin"))
    assert prompt_of(project, "hero") == (
        "  prompt  assetgen.yaml:7:10\n"
        "    | Mira of Ashfall, short hair\n"
        "    | [-bold-]{+thin+} ink outlines\n"
        "    all of it from style:ink  styles.yaml:1:15"
    )


def test_an_edited_variable(project: Sandbox) -> None:
    """In JSON too, with what it said then and says now."""
    project.spec(SPEC.replace("Ashfall", "Emberfall"))
    (hero,) = project.ok("why", "hero", "--json").json["targets"]
    assert hero["changes"][0]["source"] == {
        "kind": "var",
        "name": "game",
        "at": {"file": "assetgen.yaml", "line": 4, "column": 14},
        "file": None,
        "row": None,
        "old": "Ashfall",
        "new": "Emberfall",
    }


def test_an_edited_row_and_an_edited_axis_value(project: Sandbox) -> None:
    """The row by its number, the value by its place."""
    project.write("data/products.csv", ROWS.replace("blue hat", "green hat"))
    project.spec(SPEC.replace("clenched teeth", "bared teeth"))
    assert prompt_of(project, "shop/b2").endswith(
        "\n    all of it from axis product.title  row 2 of data/products.csv"
    )
    assert prompt_of(project, "hero/face/angry").endswith(
        "\n    all of it from axis face.phrase  assetgen.yaml:10:49"
    )


def test_an_edit_of_the_template_itself(project: Sandbox) -> None:
    """Its own place says enough; nothing else is claimed."""
    project.spec(SPEC.replace("short hair", "long hair"))
    assert prompt_of(project, "hero") == (
        "  prompt  assetgen.yaml:7:10\n"
        "    | Mira of Ashfall, [-short-]{+long+} hair\n"
        "    | bold ink outlines"
    )


def test_diff_says_it_too(project: Sandbox) -> None:
    """For every target that the edit reached."""
    project.write("data/products.csv", ROWS.replace("hat", "coat"))
    out = project.ok("diff").out
    for number in (1, 2):
        assert (
            f"      all of it from axis product.title  row {number} of data/products.csv\n" in out
        )


def test_a_pinned_picture(shop: Market) -> None:
    """What it was made by, against what the recipe wants now, and how to let go."""
    shop.shelf("runware", "targets: {a: a short sword}\n")
    shop.build("--max-images", "1")
    shop.ok("pin", "a")
    shop.spec(
        f"defaults: {{model: {MODELS['runware']}, providers: [runware]}}\n"
        "targets: {a: a long sword}\n"
    )
    out = shop.ok("why", "a").out
    assert (
        "\n  the recipe it was made by -> the recipe that the spec has now:\n"
        "\n"
        "  prompt  assetgen.yaml:3:14\n"
        "    | a [-short-]{+long+} sword\n"
    ) in out
