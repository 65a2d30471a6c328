"""`impact`: what an edit would rebuild and cost, before anybody edits; nothing is ever changed."""

from __future__ import annotations

import hashlib
import io
import shutil

import pytest
from PIL import Image

from tests.e2e.emulated import MODELS, Market
from tests.e2e.sandbox import Ran, Sandbox
from tests.ops.make_font import make_font

SPEC = """
include: [styles.yaml]
vars: {game: Ashfall, mood: dark, ratio: "3:4"}
axes: {product: {file: data/products.csv, id: "{{ sku }}"}}
targets:
  hero: {prompt: "Mira in {{ game }} uniform", style: [ink], ops: [{resize: {height: 64}}]}
  hero/armor: {edit: hero, prompt: in scratched plate}
  tile: {prompt: "{% if mood == 'grim' %}grim {% endif %}tile", aspect_ratio: "{{ ratio }}"}
  shop: {name: "shop/{{ product }}", matrix: {product: product}, prompt: "a {{ product.title }}"}
  icon: {from: hero, ops: [{resize: {height: 32}}]}
  logo: {from: ./logo.png, ops: [{text: {text: "{{ game }}", font: ./font.ttf}}]}
  paint: {edit: ./logo.png, prompt: paint it}
"""
STYLES = 'styles: {ink: "bold ink outlines", unused: x}\n'
ROWS = "sku,title,note\na1,red hat,x\nb2,blue hat,y\n"


def logo(color: str = "red") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (640, 200), color).save(buffer, "PNG")
    return buffer.getvalue()


def filled(box: Sandbox, spec: str = SPEC) -> Sandbox:
    """Return the sandbox with the project of this page in it, built."""
    box.spec(spec)
    box.write("styles.yaml", STYLES)
    box.write("data/products.csv", ROWS)
    box.write("logo.png", logo())
    box.write("font.ttf", make_font("Ashfal"))
    box.build("--max-images", "20")
    return box


def files(box: Sandbox) -> dict[str, str]:
    """Return the digest of each file of the project."""
    return {
        str(path.relative_to(box.root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in box.root.rglob("*")
        if path.is_file()
    }


def said(ran: Ran) -> tuple[int, str, str]:
    return ran.code, ran.out, ran.err


def effects(box: Sandbox, what: str) -> dict[str, str]:
    """Return what an edit would do to each target that it reaches."""
    found = box.ok("impact", what, "--json").json
    return {target["name"]: target["effect"] for target in found["targets"]}


@pytest.fixture
def project(box: Sandbox) -> Sandbox:
    """A built project that draws drafts."""
    return filled(box)


def test_a_style_with_its_price(shop: Market) -> None:
    """Its users are bought again, what reads them may be, and a copy is remade for free."""
    model = f"defaults: {{model: {MODELS['runware']}, providers: [runware]}}\n"
    filled(shop, model + SPEC)
    before, charged = files(shop), len(shop.charges)
    assert shop.ok("impact", "style:ink").out == (
        "if style:ink changed:  styles.yaml:1:10\n"
        "\n"
        "  +  hero        bought again  $0.05          changed: prompt\n"
        "  ?  hero/armor  may change    price unknown  hero will change first\n"
        "  ?  icon        may change                   hero will change first\n"
        "\n"
        "3 targets: 1 bought again, 2 may change\n"
        "Cost: from $0.05, some prices unknown (1\u20132 pictures)\n"
    )
    assert files(shop) == before
    assert len(shop.charges) == charged


def test_a_variable_that_is_printed(project: Sandbox) -> None:
    """In prompts and in text that is drawn, all found by changing it."""
    assert effects(project, "var:game") == {
        "hero": "buy",
        "hero/armor": "may",
        "icon": "may",
        "logo": "free",
    }


def test_a_variable_that_decides(project: Sandbox) -> None:
    """A comparison may come out alike or not: nobody can say before."""
    assert effects(project, "var:mood") == {"tile": "may"}


def test_a_variable_of_a_form(project: Sandbox) -> None:
    """A ratio is tried as another ratio."""
    assert effects(project, "var:ratio") == {"tile": "buy"}


def test_a_variable_in_names_and_paths(box: Sandbox) -> None:
    """A rename and another folder are free, and what reads the target stays as it is."""
    box.spec(
        "vars: {who: mira, folder: art}\n"
        "targets:\n"
        "  hero: {name: '{{ who }}/base', prompt: a knight, output: '{{ folder }}/hero.png'}\n"
        "  armor: {edit: '{{ who }}/base', prompt: in plate}\n"
        "  icon: {from: '{{ who }}/base', ops: [{resize: {height: 32}}]}\n"
    )
    box.build()
    assert effects(box, "var:who") == {"mira/base": "free"}
    assert effects(box, "var:folder") == {"mira/base": "free"}


def test_a_data_file(project: Sandbox) -> None:
    """The cells that read its rows; not for a column that nobody reads."""
    assert project.ok("impact", "data/products.csv").out == (
        "if every row of data/products.csv changed (a new id makes another target):\n"
        "\n"
        "  +  shop/a1  drawn again  free  changed: prompt\n"
        "  +  shop/b2  drawn again  free  changed: prompt\n"
        "\n"
        "2 targets: 2 drawn again\n"
        "Cost: free (2 pictures)\n"
    )
    project.spec(SPEC.replace("{{ product.title }}", "hat"))
    project.build()
    assert effects(project, "data/products.csv") == {}


def test_a_data_file_whose_values_must_keep_their_form(project: Sandbox) -> None:
    """Field by field, where all at once is no valid spec; what cannot be tried may change."""
    project.write("data/products.csv", "sku,size,file\na1,3:4,logo.png\nb2,4:5,logo.png\n")
    project.spec(
        "axes: {product: {file: data/products.csv, id: '{{ sku }}'}}\n"
        "targets:\n"
        "  shop: {matrix: {product: product}, prompt: a hat, aspect_ratio: '{{ product.size }}'}\n"
        "  copy: {matrix: {product: product}, from: './{{ product.file }}'}\n"
    )
    project.build()
    assert effects(project, "data/products.csv") == {
        "shop/a1": "buy",
        "shop/b2": "buy",
        "copy/a1": "may",
        "copy/b2": "may",
    }


def test_a_picture_and_a_font(project: Sandbox) -> None:
    """What is sent is bought again, what is only copied is remade."""
    assert effects(project, "logo.png") == {"paint": "buy", "logo": "free"}
    assert effects(project, "./font.ttf") == {"logo": "free"}


def test_an_included_file(project: Sandbox) -> None:
    """Whatever uses something from it, and what reads that, may change."""
    assert effects(project, "styles.yaml") == {"hero": "may", "hero/armor": "may", "icon": "may"}
    assert set(effects(project, "assetgen.yaml").values()) == {"may"}


def test_a_pinned_picture_stays(shop: Market) -> None:
    """It costs nothing, and is named."""
    filled(shop, f"defaults: {{model: {MODELS['runware']}, providers: [runware]}}\n" + SPEC)
    shop.ok("pin", "hero")
    assert effects(shop, "style:ink") == {"hero": "kept"}
    assert effects(shop, "styles.yaml") == {"hero": "kept"}


def test_what_is_to_be_made_anyway_adds_nothing(project: Sandbox) -> None:
    """Only what the edit itself makes necessary is counted."""
    project.spec(SPEC.replace("uniform", "coat"))
    found = project.ok("impact", "style:ink", "--json").json
    assert {t["name"]: t["effect"] for t in found["targets"]} == {
        "hero": "anyway",
        "hero/armor": "anyway",
        "icon": "anyway",
    }
    assert found["images"] == {"min": 0, "max": 0}


def test_an_output_that_would_be_edited(project: Sandbox) -> None:
    """It would be left alone."""
    assert effects(project, "art/tile.png") == {"tile": "stuck"}


def test_what_nothing_reads(project: Sandbox) -> None:
    """It says so."""
    project.write("notes.txt", "x")
    for what in ("style:unused", "notes.txt"):
        assert project.ok("impact", what).out == f"nothing changes with {what}\n"


def test_a_file_named_from_another_folder(project: Sandbox) -> None:
    """Relative to where one stands, as a shell completes it."""
    found = project.run("impact", "products.csv", "--json", cwd=project.root / "data")
    assert found.json["subject"]["name"] == "data/products.csv"


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("style:inc", "there is no style 'inc'\n  did you mean 'ink'?\n"),
        ("var:gane", "there is no var 'gane'\n  did you mean 'game'?\n"),
        ("ink", "there is no file 'ink' in the project\n  did you mean 'style:ink'?\n"),
        ("mood", "there is no file 'mood' in the project\n  did you mean 'var:mood'?\n"),
        ("loga.png", "there is no file 'loga.png' in the project\n  did you mean 'logo.png'?\n"),
        (
            "assetgen.lock",
            "assetgen.lock is written by assetgen, and not meant to be edited\n"
            "  'assetgen pick', 'pin' and 'accept' change what it says\n",
        ),
    ],
)
def test_what_is_not_there(project: Sandbox, what: str, message: str) -> None:
    """The nearest name is offered."""
    assert said(project.run("impact", what)) == (2, "", message)


def test_a_broken_spec_is_told_first(project: Sandbox) -> None:
    """Exit code 2 with its place."""
    project.spec(SPEC.replace("edit: hero,", "edit: hreo,"))
    ran = project.run("impact", "style:ink")
    assert (ran.code, ran.err.splitlines()[0][:16]) == (2, "assetgen.yaml:8:")


def test_impact_agrees_with_what_happens_then(project: Sandbox) -> None:
    """The edit is done: what was said to be bought or remade is, and nothing else changes."""
    promised = effects(project, "logo.png")
    project.write("logo.png", logo("blue"))
    verdicts = project.verdicts()
    changed = {name for name, verdict in verdicts.items() if verdict != "up_to_date"}
    assert changed == set(promised)
    shutil.rmtree(project.base / "cache" / "projects")
    assert project.verdicts() == verdicts
