"""Chains of steps that have a beginning in common."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

from assetgen.action import Input, local
from assetgen.digest import canonical_json, sha256
from assetgen.ops.chains import Branch, Pictures
from assetgen.ops.manifest import Step, parts, read_manifest
from assetgen.ops.render import perform


def png(side: int) -> bytes:
    buffer = io.BytesIO()
    image = Image.new("RGB", (side, side), "red")
    image.paste("blue", (side // 4, side // 4, side // 2, side // 2))
    image.save(buffer, "PNG")
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


def test_parts_are_made_apart_and_give_the_same() -> None:
    """A sheet of keyed sprites, and a picture trimmed to a box, are what they are without parts."""
    sprites = [png(side) for side in (20, 30)]
    digests = [sha256(data) for data in sprites]
    blobs = dict(zip(digests, sprites, strict=True))
    chain = [["border", 1, {"width": 3}]]
    reads = [{"input": number, "ops": chain} for number in (1, 2)]
    inputs = [Input("sprite", digest) for digest in digests]
    sheet = local(
        op="sheet",
        version=1,
        arguments=canonical_json(
            {"layout": {}, "page": 0, "format": "png", "ops": [], "sprites": reads}
        ),
        inputs=inputs,
    )
    boxed = [["trim", 1, {"same_box": [2, {"input": 3, "ops": []}], "pad": 1}]]
    trimmed = local(
        op="render",
        version=1,
        arguments=canonical_json({"format": "png", "ops": boxed}),
        inputs=[Input("image", digests[0]), *(Input("box", digests[0]) for _ in range(2))],
    )
    for action, number in ((sheet, 2), (trimmed, 1)):
        whole = perform([action.text], blobs)
        manifest = read_manifest(action.text)
        apart = parts(manifest)
        assert len(apart) == number
        ready = {name: perform([part.text], blobs)[0] for name, part in apart.items()}
        needed = {digest: blobs[digest] for digest in manifest.digests(ready)}
        assert perform([action.text], needed, ready) == whole
