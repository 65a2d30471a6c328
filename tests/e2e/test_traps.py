"""What the traps of the services come to in a whole build: its files, its lock and its ledger."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from fractions import Fraction

import pytest
from PIL import Image

from tests.e2e.emulated import Market

CAP = ("--max-images", "9")


def opened(shop: Market, path: str) -> Image.Image:
    """Return an output of the project, decoded."""
    image = Image.open(io.BytesIO((shop.root / path).read_bytes()))
    image.load()
    return image


@pytest.mark.parametrize("ratio", ["4:3", "16:9", "9:19.5"])
def test_an_output_has_the_ratio_that_was_asked_for(shop: Market, ratio: str) -> None:
    """Trap 13: Runware's 4:3 is 1280x896, so what was bought is cropped. Trap 12: 19.5 is exact."""
    shop.shelf("runware", f"targets: {{a: {{prompt: a sword, aspect_ratio: '{ratio}'}}}}\n")
    assert shop.build(*CAP)["bought"] == 1
    image = opened(shop, "art/a.png")
    width, height = map(Fraction, ratio.split(":"))
    assert abs(image.width - image.height * width / height) < 3


@pytest.mark.parametrize("provider", ["pixazo", "runware", "apixo"])
def test_an_output_is_what_its_name_says(shop: Market, provider: str) -> None:
    """Trap 20: a picture under the name and type of another format is told by its bytes."""
    shop.shelf(provider, "targets: {a: a sword, b: {prompt: a bow, output: art/b.webp}}\n")
    shop.emulator.fault("mislabel", service=provider, times=0)
    assert shop.build(*CAP)["bought"] == 2
    assert [opened(shop, path).format for path in ("art/a.png", "art/b.webp")] == ["PNG", "WEBP"]
    assert len(shop.charges) == 2


def test_the_lock_tells_which_model_served(shop: Market) -> None:
    """Trap 32: xAI serves another model under a retired name, and says so in its answer."""
    model = "xai/grok-imagine-image-quality"
    shop.spec(f"defaults: {{model: {model}, providers: [xai]}}\ntargets: {{a: a sword}}\n")
    shop.build(*CAP)
    (take,) = json.loads((shop.root / "assetgen.lock").read_text().splitlines()[1])["takes"]
    assert (take["provider"], take["model"]) == ("xai", "grok-imagine-image-2.0")
    assert shop.build(*CAP)["up_to_date"] == 1


@pytest.mark.parametrize(("provider", "price"), [("runware", "0.02"), ("apixo", "0.1")])
def test_the_lock_tells_what_a_picture_cost(shop: Market, provider: str, price: str) -> None:
    """Trap 25: USD, from Runware's `cost`; APIXO's `costTime` is milliseconds and no money."""
    shop.spec(
        f"defaults: {{model: xai/grok-imagine-image, providers: [{provider}]}}\n"
        "targets: {a: a sword}\n"
    )
    assert shop.build(*CAP)["cost"] == float(price)
    (take,) = json.loads((shop.root / "assetgen.lock").read_text().splitlines()[1])["takes"]
    assert Decimal(str(take["cost"])) == Decimal(price) == shop.charges[0].price
