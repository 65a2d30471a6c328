"""Look-ups in a catalogue: the nearest ratio, the price, the order of routes."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetgen.aspect import parse_ratio, share_kept
from assetgen.catalogue import Catalogue, Route, Service, open_route
from assetgen.rows import read_catalogue

OWN = read_catalogue("/nowhere/catalogue.toml")
RUNWARE = OWN.routes("xai/grok-imagine-image-quality", "generate", ["runware"])[0]
APIXO = OWN.routes("xai/grok-imagine-image", "generate", ["apixo"])[0]
XAI_EDIT = OWN.routes("xai/grok-imagine-image-2.0", "edit", ["xai"])[0]


def test_a_known_label_is_asked_for_as_it_is() -> None:
    """4:3 is 4:3 to the service, whatever it gives."""
    assert RUNWARE.nearest("4:3", "1k") == ("4:3", (1280, 896))
    assert RUNWARE.nearest("4:3", "2k") == ("4:3", (2560, 1792))


def test_the_nearest_is_found_by_real_pixels() -> None:
    """Runware's 4:3 is really 10:7, so that 10:7 loses nothing; by its label 3:2 is farther."""
    assert RUNWARE.nearest("10:7", "1k") == ("4:3", (1280, 896))
    assert RUNWARE.nearest("11:6", "1k") == ("16:9", (1408, 768))


def test_the_nearest_loses_least_area() -> None:
    """11:19 is cropped from 9:16, which keeps more of it than 2:3 does."""
    label, size = RUNWARE.nearest("11:19", "1k") or ("", None)
    assert (label, size) == ("9:16", (768, 1408))
    assert APIXO.nearest("16:9", "1k") == ("3:2", None)
    assert APIXO.nearest("9:10", "1k") == ("1:1", None)


def test_the_same_ratio_in_other_words() -> None:
    """8:12 is 2:3, and 3:1.5 is 2:1."""
    assert APIXO.nearest("8:12", "1k") == ("2:3", None)
    assert RUNWARE.nearest("3:1.5", "1k") == ("2:1", (1408, 704))


@given(st.integers(1, 40), st.integers(1, 40))
def test_no_other_label_keeps_more(width: int, height: int) -> None:
    """Whatever is asked for, the crop from the chosen pixels is the best, or the label is exact."""
    wanted = parse_ratio(f"{width}:{height}")
    assert wanted is not None
    label, size = RUNWARE.nearest(f"{width}:{height}", "1k") or ("", None)
    assert size == RUNWARE.pixels["1k"][label]

    def kept(name: str) -> Fraction:
        real = parse_ratio("{}:{}".format(*RUNWARE.pixels["1k"][name]))
        assert real is not None
        return share_kept(real, wanted)

    assert label == f"{width}:{height}" or kept(label) == max(map(kept, RUNWARE.ratios))


def test_a_tier_offers_only_what_it_has_pixels_for() -> None:
    """Trap 16: Of image-2.0 no 2:3 is known at 2k, so that 9:16 is asked for."""
    route = OWN.routes("xai/grok-imagine-image-2.0", "generate", ["runware"])[0]
    assert route.nearest("2:3", "1k") == ("2:3", (832, 1248))
    assert route.nearest("2:3", "2k") == ("9:16", (1584, 2816))


def test_a_route_that_takes_any_ratio() -> None:
    """It is asked for just that, in pixels of the tier's area that local servers take."""
    route = open_route("openai")
    assert route.nearest("1:1", "1k") == ("1:1", (1024, 1024))
    assert route.nearest("7:5", "1k") == ("7:5", (1216, 896))
    assert route.nearest("9:16", "0.5k") == ("9:16", (384, 704))
    assert route.nearest("1:100", "1k") == ("1:100", (128, 12800))


def test_a_route_that_takes_no_ratio() -> None:
    """The service decides, or follows the first input."""
    assert OWN.routes("xai/grok-imagine-image", "edit", ["apixo"])[0].nearest("1:1", "1k") is None


def test_a_ratio_that_needs_two_inputs() -> None:
    """xAI keeps the ratio of a single input picture, and heeds one that is set for several."""
    assert XAI_EDIT.nearest("16:9", "1k", references=1) is None
    assert XAI_EDIT.nearest("16:9", "1k", references=2) == ("16:9", None)
    assert XAI_EDIT.nearest("16:9", "1k") == ("16:9", None)


@pytest.mark.parametrize("ratio", ["", "16", "16x9", "0:1", "a:b"])
def test_what_is_no_ratio(ratio: str) -> None:
    """It is refused, not compared."""
    with pytest.raises(ValueError, match="is not a ratio"):
        RUNWARE.nearest(ratio, "1k")


PRICED = Route(
    "xai", "m", prices={"default/1k": 0.04, "medium/1k": 0.06, "2k": 0.07}, per_reference=0.01
)


@pytest.mark.parametrize(
    ("resolution", "quality", "references", "price"),
    [
        ("1k", None, 0, 0.04),
        ("1k", "medium", 0, 0.06),
        ("1k", "medium", 3, 0.09),
        ("2k", None, 0, 0.07),
        ("2k", "medium", 1, 0.08),
        ("1k", "low", 0, None),
        ("4k", None, 2, None),
    ],
)
def test_the_price(
    resolution: str, quality: str | None, references: int, price: float | None
) -> None:
    """By quality and tier, then by tier; input pictures on top; else nobody says."""
    assert PRICED.price(resolution, quality, references) == price


def test_one_price_for_all() -> None:
    """`*` stands for every tier and quality; no prices stand for nothing."""
    assert replace(PRICED, prices={"*": 0.1}).price("4k", "max", 2) == 0.12
    assert replace(PRICED, prices={}).price("1k", None, 0) is None


def test_what_is_not_withdrawn_and_cheapest_is_first() -> None:
    """Without a word about providers the order of the catalogue holds."""
    names = [r.provider for r in OWN.routes("xai/grok-imagine-image-quality", "edit")]
    assert names == ["runware", "pixazo", "xai"]


def test_the_order_of_the_spec_holds() -> None:
    """`providers` chooses and orders."""
    found = OWN.routes("xai/grok-imagine-image", "generate", ["apixo", "runware", "pixazo"])
    assert [r.provider for r in found] == ["apixo", "runware"]


def test_what_can_be_used_now_comes_first() -> None:
    """A provider whose key is set goes before one without, whatever the order; none is left out."""
    one_key = replace(OWN, ready=frozenset({"draft", "apixo"}))
    found = one_key.routes("xai/grok-imagine-image", "generate", ["runware", "apixo"])
    assert [r.provider for r in found] == ["apixo", "runware"]
    assert one_key.is_ready("apixo") and not one_key.is_ready("runware")


def test_a_draft_knows_no_providers() -> None:
    """`providers` is of services; the draft model is drawn all the same."""
    assert [r.provider for r in OWN.routes("draft", "generate", ["runware"])] == ["draft"]


def test_a_provider_without_a_row() -> None:
    """Its facts are the cautious ones."""
    assert Catalogue().service("nobody") == Service("nobody")


def test_the_providers_that_a_spec_may_name() -> None:
    """Every service, the draft's included."""
    assert OWN.providers == {"draft", "pixazo", "runware", "apixo", "xai", "openai"}
