"""Chains of steps that have a beginning in common."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

from assetgen.digest import sha256
from assetgen.ops.chains import Branch, Pictures
from assetgen.ops.manifest import Step


def png(side: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), "red").save(buffer, "PNG")
    return buffer.getvalue()


class Counted(Pictures):
    """Pictures that remember each step that ran."""

    def __init__(self, *blobs: bytes) -> None:
        super().__init__({sha256(blob): blob for blob in blobs})
        self.ran: list[str] = []

    def run(self, step: Step, image: Image.Image) -> Image.Image:
        self.ran.append(step.text)
        return super().run(step, image)


def resize(width: int) -> Step:
    return Step("resize", {"width": width}, f"resize {width}")


def test_a_common_beginning_runs_once() -> None:
    """A hundred files of three widths need three resizes."""
    pictures = Counted(png(64))
    digest = sha256(png(64))
    sizes: list[int] = []
    branches = [
        Branch((resize(32), resize(8 + n % 3)), lambda image: sizes.append(image.width))
        for n in range(100)
    ]
    pictures.branch(pictures.decoded(digest), branches)
    assert sorted(pictures.ran) == ["resize 10", "resize 32", "resize 8", "resize 9"]
    assert sorted(sizes) == sorted(8 + n % 3 for n in range(100))


def test_a_branch_may_end_on_the_way() -> None:
    """Who wants the picture half way gets it there."""
    pictures = Counted(png(64))
    widths: dict[str, int] = {}

    def take(name: str) -> Any:
        return lambda image: widths.__setitem__(name, image.width)

    branches = [
        Branch((), take("whole")),
        Branch((resize(32),), take("half")),
        Branch((resize(32), resize(16)), take("quarter")),
    ]
    pictures.branch(pictures.decoded(sha256(png(64))), branches)
    assert widths == {"whole": 64, "half": 32, "quarter": 16}
    assert pictures.ran == ["resize 32", "resize 16"]


def test_a_chain_may_be_long() -> None:
    """Its length is no depth of calls."""
    pictures = Counted(png(4))
    steps = tuple(Step("flip", {}, "flip") for _ in range(3000))
    seen: list[Image.Image] = []
    pictures.branch(pictures.decoded(sha256(png(4))), [Branch(steps, seen.append)])
    assert len(seen) == 1


def test_a_picture_is_decoded_once() -> None:
    """However many read it."""
    pictures = Counted(png(8))
    assert pictures.decoded(sha256(png(8))) is pictures.decoded(sha256(png(8)))
