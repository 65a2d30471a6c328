"""The files of atlases: sprites packed once for all sheets and data files that show them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from PIL import Image

from assetgen.digest import Digest, canonical_json
from assetgen.ops.atlas import Layout, Placed, Sprite, cut, draw, place, read_layout
from assetgen.ops.chains import Pictures
from assetgen.ops.frames import frames_text
from assetgen.ops.manifest import Manifest, Picture
from assetgen.ops.picture import MAX_PIXELS
from assetgen.ops.sheets import Frame, SheetFile

Encode = Callable[[Manifest, Image.Image], bytes]


def pack_sheets(
    manifests: Sequence[Manifest], pictures: Pictures, encode: Encode
) -> dict[Digest, bytes]:
    """Return the files of ``manifests``, which are sheets or frames of atlases, by key.

    Raises ImageError.
    """
    groups: dict[str, list[Manifest]] = {}
    for manifest in manifests:
        described = [[one.sha256, [step.text for step in one.steps]] for one in manifest.sprites]
        same = canonical_json([manifest.arguments["layout"], described])
        groups.setdefault(same, []).append(manifest)
    made: dict[Digest, bytes] = {}
    for group in groups.values():
        packing = _Packing(group[0], pictures)
        for manifest in group:
            if manifest.op == "frames":
                made[manifest.key] = packing.data(manifest.arguments).encode()
            else:
                made[manifest.key] = encode(manifest, packing.sheet(manifest))
    return made


class _Packing:
    """One layout of some sprites. Pictures are kept while they are few enough, else made again."""

    def __init__(self, manifest: Manifest, pictures: Pictures) -> None:
        self._pictures = pictures
        self._sprites = manifest.sprites
        self._kept: dict[int, Image.Image] = {}
        self._layout: Layout = read_layout(manifest.arguments["layout"])
        names = manifest.arguments.get("frames") or [""] * len(manifest.sprites)
        cuts = []
        room = MAX_PIXELS
        for number, name in enumerate(names):
            image = self._made(number)
            cuts.append(cut(Sprite(name or f"sprite {number + 1}", image), self._layout))
            room -= image.width * image.height
            if room >= 0:
                self._kept[number] = image
        self._placed: Placed = place(cuts, self._layout)
        self._number = {id(frame): number for number, frame in enumerate(self._placed.frames)}

    def sheet(self, manifest: Manifest) -> Image.Image:
        """Return a page after the atlas's own ops."""
        page = int(manifest.arguments["page"])
        image = draw(self._placed, page, self._layout, self._of_frame)
        for step in manifest.steps:
            image = self._pictures.run(step, image)
        return image

    def data(self, arguments: Mapping[str, Any]) -> str:
        """Return the text of a data file."""
        sizes = zip(arguments["sheets"], self._placed.sizes, strict=True)
        frames = [
            replace(frame, name=name)
            for frame, name in zip(self._placed.frames, arguments["frames"], strict=True)
        ]
        return frames_text(
            arguments["kind"],
            [SheetFile(path, *size) for path, size in sizes],
            frames,
            arguments["animations"],
            arguments["page"],
            arguments["siblings"],
        )

    def _of_frame(self, frame: Frame) -> Image.Image:
        number = self._number[id(frame)]
        return self._kept[number] if number in self._kept else self._made(number)

    def _made(self, number: int) -> Image.Image:
        sprite: Picture = self._sprites[number]
        image = self._pictures.rendered(sprite)
        self._pictures.forget(sprite.sha256)
        return image
