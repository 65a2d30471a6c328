"""The table of a gallery: every target once, and no text that a spreadsheet would reckon with."""

from __future__ import annotations

import csv
import io

import pytest

from assetgen.review.targets_csv import COLUMNS, cell, targets_csv
from tests.browser.sample import ANSI, HOSTILE, whole


def test_every_target_is_a_line_with_its_facts() -> None:
    """Read back, there is a line for each target, with numbers as numbers."""
    sample = whole()
    text = targets_csv(sample.document)
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == len(sample.targets)
    assert rows[0]["name"] == "hero/base"
    assert (rows[0]["takes"], rows[0]["cost_usd"], rows[0]["waits_for_pick"]) == ("4", "0.2", "yes")


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "|cmd", "%0A=1", "\uff1d1", "\n=1"],
)
def test_nothing_can_be_a_formula(text: str) -> None:
    """Whatever a program might take for a formula begins with an apostrophe."""
    assert cell(text).startswith("'")


def test_a_prompt_of_any_sort_stays_in_its_cell() -> None:
    """Quotes, separators and line ends are read back as they were; control signs are visible."""
    hostile = f'{HOSTILE}",;=1\r\n{ANSI}'
    sample = whole()
    sample.add("quoted", prompt=hostile)
    text = targets_csv(sample.document).removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    prompt = rows[-1]["prompt"]
    assert prompt.startswith(f'{HOSTILE}",;=1\n\\x1b[31mred')
    assert "\u202e" not in prompt
    assert rows[-2]["name"] == "'=cmd|' /C calc'!A0"
