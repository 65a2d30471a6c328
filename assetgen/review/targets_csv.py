"""A document as a table for spreadsheets, in which no text can be a formula; knows no page."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from assetgen.errors import printable

COLUMNS = (
    "name",
    "kind",
    "verdict",
    "tags",
    "model",
    "providers",
    "takes",
    "cost_usd",
    "price_min_usd",
    "price_max_usd",
    "price_unknown",
    "outputs",
    "pinned",
    "accepted",
    "waits_for_pick",
    "declared",
    "note",
    "prompt",
)
_ACTIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")  # noqa: RUF001 (Excel takes them)


def targets_csv(document: Mapping[str, Any]) -> str:
    """Return one line for each target of a document, all cells quoted, UTF-8 with a BOM.

    What a spreadsheet might take for a formula begins with an apostrophe; control and bidi
    characters are escaped, line ends of prompts stay.
    """
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for target in document["targets"]:
        writer.writerow([cell(value) for value in _row(target)])
    return "\ufeff" + text.getvalue()


def _row(target: Mapping[str, Any]) -> Iterator[object]:
    price, at = target["price"], target["at"]
    yield target["name"]
    yield target["kind"]
    yield target["verdict"]
    yield ", ".join(target["tags"])
    yield target["model"]
    yield ", ".join(target["providers"])
    yield len(target["takes"])
    yield "" if target["cost"] is None else target["cost"]
    yield price["min"]
    yield price["max"]
    yield _yes(price["unknown"])
    yield ", ".join(output["path"] for output in target["outputs"])
    yield _yes(target["pinned"])
    yield _yes(target["accepted"])
    yield _yes(target["waits"])
    yield f"{at['file']}:{at['line']}" if at else ""
    yield target["note"]
    yield target["prompt"]


def _yes(value: bool) -> str:
    return "yes" if value else ""


def cell(value: object) -> str:
    """Return a value as a cell that a spreadsheet shows and does not reckon with."""
    if not isinstance(value, str):
        return str(value)
    text = "\n".join(printable(line) for line in value.replace("\r\n", "\n").split("\n"))
    return f"'{text}" if value.lstrip(" ").startswith(_ACTIVE) else text
