"""Compares a text with the one on file; `ASSETGEN_GOLDEN=1` writes the files anew."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "golden" / "report"


def golden(name: str, text: str) -> None:
    """Assert that ``text`` is what the file ``name`` holds."""
    path = FOLDER / name
    if os.environ.get("ASSETGEN_GOLDEN") == "1":
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_text(encoding="utf-8")


def golden_json(name: str, data: Any) -> None:
    """Assert that ``data``, field order included, is what the file ``name`` holds."""
    golden(name, json.dumps(data, indent=2) + "\n")
