"""docs/providers.md says what the catalogue says; `ASSETGEN_GOLDEN=1` writes its tables anew."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from assetgen.catalogue import Route
from assetgen.config import SERVICES, load_config
from assetgen.rowfields import READERS
from assetgen.rows import read_catalogue
from tests.e2e.doctext import DOCS, blocks, sections
from tests.provider_tables import filled, parts

PAGE = DOCS / "providers.md"
OWN = read_catalogue("/nowhere/catalogue.toml")


def page() -> str:
    """Return the text of the page."""
    return PAGE.read_text(encoding="utf-8")


def test_the_tables_are_those_of_the_catalogue() -> None:
    """Prices, days, limits, gaps: nothing is written by hand."""
    text = filled(page(), OWN)
    if os.environ.get("ASSETGEN_GOLDEN") == "1":
        PAGE.write_text(text, encoding="utf-8", newline="\n")
    assert page() == text


def test_every_provider_has_its_part() -> None:
    """And a section of its name."""
    assert parts(page()) == ["overview", *SERVICES]
    assert {OWN.services[name].title for name in SERVICES} <= set(sections(page()))


def test_every_model_and_every_gap_is_on_the_page() -> None:
    """The honest list is not shorter than the catalogue's."""
    for model in OWN.models:
        assert model == "draft" or f"`{model}`" in page()
    for name in SERVICES:
        section = sections(page())[OWN.services[name].title]
        assert all(f"- {text}\n" in section for text in OWN.services[name].unknown)


def test_every_field_of_a_row_is_explained() -> None:
    """Each that can be written, in the table of fields."""
    known = {"provider", "ratios", "pixels", *READERS}
    assert set(Route.__dataclass_fields__) == known
    table = sections(page())["Rows of your own"]
    assert {field for field in known if f"`{field}`" not in table} == set()


@pytest.mark.parametrize("number", range(3))
def test_the_examples_of_rows_can_be_read(tmp_path: Path, number: int) -> None:
    """Each is a whole file."""
    example = blocks(page(), "toml")[number]
    path = tmp_path / "catalogue.toml"
    path.write_text(example.text, encoding="utf-8")
    assert read_catalogue(str(path)).models != OWN.models


def test_the_page_has_just_these_examples() -> None:
    """None is left unread."""
    assert len(blocks(page(), "toml")) == 3


def test_the_examples_of_settings_can_be_read(tmp_path: Path) -> None:
    """What is indented and begins with a table is a user config."""
    found = re.findall(r"(?:^    .*\n)+", page(), re.MULTILINE)
    configs = [re.sub(r"^    ", "", text, flags=re.MULTILINE) for text in found if "[" in text[:6]]
    assert len(configs) == 3
    for text in configs:
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8")
        load_config({"ASSETGEN_CONFIG": str(path), "HOME": str(tmp_path)})
