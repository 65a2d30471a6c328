"""Whatever a user writes into catalogue.toml is read, or refused with a place and a next step."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from assetgen.catalogue import ANY
from assetgen.errors import UsageError
from assetgen.rowfields import FORMATS, FORMS, KINDS, READERS
from assetgen.rows import read_catalogue

WORDS = st.sampled_from(
    ["*", "1k", "2k", "low", "low/1k", "1:1", "19.5:9", "64x64", "grok", "png", "data", "edit", ""]
)
TEXTS = st.one_of(
    WORDS, st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=8)
)
BARE = st.sampled_from(
    ["2026-11-21", "2026-11-21T10:00:00", "10:00:00", "nan", "-inf", "inf", "1e400", "-0.0", "0x10"]
)


class Bare(str):
    """A TOML value as it is written."""


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        TEXTS,
        st.booleans(),
        st.integers(-(10**30), 10**30),
        st.floats(allow_nan=False, allow_infinity=False),
        BARE.map(Bare),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.one_of(st.sampled_from(["provider", "ratios", "pixels", *READERS]), TEXTS)


def toml(value: Any) -> str:
    """Return a value as TOML."""
    if isinstance(value, Bare):
        return str(value)
    if isinstance(value, str):
        # TOML's basic strings are JSON's, but for DEL and for surrogate pairs.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{toml(key)} = {toml(item)}' for key, item in value.items())}}}"
    return str(value).lower()


def lines(fields: dict[str, Any]) -> str:
    """Return fields as lines of TOML."""
    return "".join(f"{toml(key)} = {toml(value)}\n" for key, value in fields.items())


@given(
    st.dictionaries(FIELDS, VALUES, max_size=6),
    st.booleans(),
    st.dictionaries(st.sampled_from(["ratios", "pixels", "services", "x"]), VALUES, max_size=2),
)
def test_any_rows_are_read_or_refused(
    fields: dict[str, Any], named: bool, tables: dict[str, Any]
) -> None:
    """No value is a traceback, and what is accepted holds only what a plan can use."""
    if named:
        fields = {**fields, "model": "local/a", "provider": "openai", "name": "a"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "catalogue.toml"
        path.write_text(f"{lines(tables)}[[route]]\n{lines(fields)}", encoding="utf-8")
        try:
            catalogue = read_catalogue(str(path))
        except UsageError as error:
            assert all(p.loc and p.cause and p.step for p in error.problems)
            assert all("\n" not in p.cause + p.step for p in error.problems)
            return
    (route,) = catalogue.models[fields["model"]] if named else (None,)
    if route is not None:
        assert route.kind in ("", *KINDS)
        assert set(route.forms) <= set(FORMS) and set(route.formats) <= set(FORMATS)
        assert all(0 <= price <= 10_000 for price in route.prices.values())
        tier = "1k" if route.resolutions == ANY else route.resolutions[0]
        found = route.nearest("7:5", tier)
        assert found is None or found[0] in (*route.ratios, "7:5")
        assert route.price(tier, None, 1) is None or route.price(tier, None, 1) >= 0  # type: ignore[operator]
