"""The character example is bought from each service, as its page of the docs says."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from tests.e2e.emulated import SERVICES, Market
from tests.e2e.test_examples import copy

DOCS = Path(__file__).parents[2] / "docs" / "providers.md"
PAID = 12
"""The base, three outfits and eight faces; neutral faces and heads are free."""


def lines() -> dict[str, str]:
    """Return the `defaults` that the docs give for each provider."""
    text = DOCS.read_text(encoding="utf-8")
    found = re.findall(r"^    (defaults: \{.*providers: \[(\w+)\].*\})$", text, re.MULTILINE)
    return {provider: line for line, provider in found}


def prepared(shop: Market, defaults: str) -> Market:
    """Put the example into the project, with ``defaults``."""
    copy("character", shop)
    spec = shop.root / "assetgen.yaml"
    spec.write_text(spec.read_text().replace("version: 1\n", f"version: 1\n{defaults}\n", 1))
    return shop


def test_every_service_has_its_line() -> None:
    """A page without one leaves its reader guessing."""
    assert set(lines()) == set(SERVICES)


@pytest.mark.parametrize("provider", SERVICES)
def test_the_example_is_bought_as_the_plan_announced(shop: Market, provider: str) -> None:
    """As many charges as pictures, and for as much as was said where prices are known."""
    shop.only(provider)
    prepared(shop, lines()[provider])
    plan = shop.ok("plan", "--json").json
    summary = shop.build("--max-images", "99")
    assert summary["bought"] == len(shop.charges) == plan["images"]["max"] == PAID
    assert {charge.service for charge in shop.charges} == {provider}
    if not plan["cost"]["unknown"]:
        charged = sum(charge.price for charge in shop.charges)
        assert Decimal(str(plan["cost"]["min"])) <= charged <= Decimal(str(plan["cost"]["max"]))
    assert shop.build("--max-images", "99")["up_to_date"] == 18
    assert shop.emulator.leaks == []


def test_two_services_of_which_one_fails(shop: Market) -> None:
    """Where the first is busy for good, the second makes everything, within what was said."""
    prepared(shop, "defaults: {model: xai/grok-imagine-image, providers: [apixo, runware]}")
    plan = shop.ok("plan", "--json").json
    shop.emulator.fault("status", service="apixo", status=429, retry_after="300", times=0)
    summary = shop.build("--max-images", "99")
    assert summary["bought"] == len(shop.charges) == PAID
    assert {charge.service for charge in shop.charges} == {"runware"}
    charged = float(sum(charge.price for charge in shop.charges))
    assert plan["cost"]["min"] <= charged <= plan["cost"]["max"]
