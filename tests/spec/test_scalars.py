"""Which plain scalars are numbers, truth values, nothing or text."""

from __future__ import annotations

from typing import Any

import pytest

from assetgen.spec.scalars import NumberError, resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("NULL", None),
        ("true", True),
        ("False", False),
        ("0", 0),
        ("014", 14),
        ("-7", -7),
        ("+7", 7),
        ("0o14", 12),
        ("0x1F", 31),
        ("9223372036854775807", 2**63 - 1),
        ("1.5", 1.5),
        ("-.5", -0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
    ],
)
def test_the_core_schema_gives_a_value(text: str, value: Any) -> None:
    """What YAML 1.2 calls a number, a truth value or null becomes one."""
    found = resolve(text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "yes",
        "on",
        "off",
        "y",
        "16:9",
        "1:1",
        "1:30",
        "2024-05-01",
        "1_000",
        "0b1",
        "1.2.3",
        "nULL",
        "tRUE",
        "+",
        "-",
        ".",
        "0o8",
        "0xg",
        "1k",
        "e3",
        "+.",
        "١٢",
        "infinity",
        "nan",
    ],
)
def test_what_other_versions_take_for_values_stays_text(text: str) -> None:
    """Ratios, times, dates and the words of YAML 1.1 are texts."""
    assert resolve(text) == text


@pytest.mark.parametrize(
    "text",
    [".inf", "-.INF", ".nan", "1e999", "9223372036854775808", "0xffffffffffffffff", "9" * 10_000],
)
def test_a_number_that_cannot_be_kept_exactly_is_refused(text: str) -> None:
    """Infinities, NaN and integers beyond 64 bits are not silently changed."""
    with pytest.raises(NumberError):
        resolve(text)
