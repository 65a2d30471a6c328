"""Rows of a table as pictures that somebody wants; knows no file and writes no spec.

Columns are found by the names that such tables usually give them; others are left out and named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import gcd
from typing import Any

from assetgen.errors import Loc, SpecError
from assetgen.spec.ratio import normal_ratio
from assetgen.spec.values import scalar_text, slug

NAMES = ("name", "id", "key", "slug", "title")
FILES = ("filename", "file_name", "file", "path", "image", "image_path", "output", "src")
PROMPTS = ("prompt", "positive_prompt", "text", "value", "caption", "description")
NEGATIVES = ("negative_prompt", "negativeprompt", "negative", "avoid")
RATIOS = ("aspect_ratio", "aspectratio", "aspect", "ratio")
SIZES = ("size", "dimensions", "resolution")
SIDES = ("width", "height")
_KNOWN = frozenset((*NAMES, *FILES, *PROMPTS, *NEGATIVES, *RATIOS, *SIZES, *SIDES))

_PAIR = re.compile(r"\s*([0-9]{1,6})\s*(?:px)?\s*[xX*\u00d7]\s*([0-9]{1,6})\s*(?:px)?\s*")
_TIER = re.compile(r"\s*([1-9][0-9]?)\s*[kK]\s*")
_PLACE = Loc("")
_FIRST_WORDS = 6


@dataclass(frozen=True, slots=True)
class Wish:
    """A picture that a row speaks of; a text is empty where the row does not say.

    Attributes:
        number: of the row, from 1.
        name: as the row has it, or made of the prompt's first words where it names no file either.
        file: a picture file, as the row names it.
        aspect_ratio: `W:H`; resolution: a tier such as `2k`.
        odd: what it says of its size that cannot be understood.
    """

    number: int
    name: str = ""
    file: str = ""
    prompt: str = ""
    negative: str = ""
    aspect_ratio: str = ""
    resolution: str = ""
    odd: str = ""


def wishes(rows: Sequence[Any]) -> tuple[list[Wish], list[str]]:
    """Return what each row wants, and the columns and entries that say nothing here, sorted.

    ``rows`` are mappings or scalars as :func:`assetgen.spec.data.read_rows` gives them. Lists of
    mappings among the values of a mapping file, such as ``{"images": [...]}``, are its rows.
    """
    lists = [row["value"] for row in rows if _is_list(row)]
    found = [item for one in lists for item in one] if lists else list(rows)
    unused = {str(row.get("key")) for row in rows if _is_beside(row)} if lists else set()
    made = [_wish(number, row, unused) for number, row in enumerate(found, 1)]
    return made, sorted(unused)


def ratio_of(width: int, height: int) -> str:
    """Return `W:H` in lowest terms; "" for what is no ratio that a spec can hold."""
    shared = gcd(width, height)
    return _ratio(f"{width // shared}:{height // shared}") if shared else ""


def _is_list(row: Any) -> bool:
    value = row.get("value") if isinstance(row, Mapping) else None
    return isinstance(value, list) and any(isinstance(one, Mapping) for one in value)


def _is_beside(row: Any) -> bool:
    """Whether a row is an entry of a file's mapping that holds more than a text, but no rows."""
    return isinstance(row, Mapping) and "value" not in row


def _wish(number: int, row: Any, unused: set[str]) -> Wish:
    if not isinstance(row, Mapping):
        prompt = scalar_text(row) if isinstance(row, str) else ""
        return Wish(number, name=_from_prompt(prompt), prompt=prompt)
    cells = {_column(name): value for name, value in row.items()}
    unused.update(str(name) for name in row if _column(name) not in _KNOWN)
    prompt, file = _text(cells, PROMPTS), _text(cells, FILES)
    ratio, tier, odd = _size(cells)
    return Wish(
        number,
        name=_text(cells, NAMES) or ("" if file else _from_prompt(prompt)),
        file=file,
        prompt=prompt,
        negative=_text(cells, NEGATIVES),
        aspect_ratio=ratio,
        resolution=tier,
        odd=odd,
    )


def _column(name: object) -> str:
    return re.sub(r"[\s-]+", "_", str(name).strip().lower())


def _text(cells: Mapping[str, Any], names: Iterable[str]) -> str:
    for name in names:
        value = cells.get(name)
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            text = scalar_text(value).strip()
            if text:
                return text
    return ""


def _from_prompt(prompt: str) -> str:
    return slug(" ".join(prompt.split()[:_FIRST_WORDS]))


def _size(cells: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return aspect ratio, resolution and what of them is not understood."""
    width, height = (_text(cells, [side]) for side in SIDES)
    said = _text(cells, SIZES) or (f"{width}x{height}" if width and height else "")
    given = _text(cells, RATIOS)
    ratio = _ratio(given.replace("/", ":"))
    if given and not ratio:
        return "", "", given
    pair, tier = _PAIR.fullmatch(said), _TIER.fullmatch(said)
    if pair:
        ratio = ratio or ratio_of(int(pair[1]), int(pair[2]))
        return ratio, "", "" if ratio else said
    if tier:
        return ratio, f"{tier[1]}k", ""
    return (ratio, "", said) if ratio or not _ratio(said) else (_ratio(said), "", "")


def _ratio(text: str) -> str:
    try:
        return normal_ratio(text, _PLACE)
    except SpecError:
        return ""
