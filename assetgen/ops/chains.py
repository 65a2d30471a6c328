"""Pictures through chains of ops: equal beginnings are done once; knows no format and no file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from assetgen.digest import Digest
from assetgen.graph import NOTHING
from assetgen.ops.manifest import Picture, Step, part_name
from assetgen.ops.margins import Measured, measured, read_measured
from assetgen.ops.picture import decode
from assetgen.ops.table import runner

Finish = Callable[[Image.Image], None]
"""Takes a finished picture; it must not keep it longer than it needs."""


@dataclass(frozen=True, slots=True)
class Branch:
    """What is wanted of a picture: the steps on the way, and who takes it at the end."""

    steps: tuple[Step, ...]
    finish: Finish


class Pictures:
    """The pictures of some bytes, each decoded once.

    ``blobs`` holds all bytes that are read, ``ready`` what was made apart (see
    :func:`assetgen.ops.manifest.parts`).
    """

    def __init__(self, blobs: Mapping[Digest, bytes], ready: Mapping[str, bytes] = NOTHING) -> None:
        self._blobs = blobs
        self._ready = ready
        self._decoded: dict[Digest, Image.Image] = {}

    def decoded(self, digest: Digest) -> Image.Image:
        """Return the picture of these bytes. Raises ImageError."""
        if digest not in self._decoded:
            self._decoded[digest] = decode(self._blobs[digest], "the source picture")
        return self._decoded[digest]

    def forget(self, digest: Digest) -> None:
        """Let go of a decoded picture."""
        self._decoded.pop(digest, None)

    def rendered(self, picture: Picture) -> Image.Image:
        """Return a picture after its steps. Raises ImageError."""
        made = self._ready.get(picture.text) if picture.steps else None
        if made is not None:
            return decode(made, "a picture that was made before")
        image = self.decoded(picture.sha256)
        for step in picture.steps:
            image = self.run(step, image)
        return image

    def run(self, step: Step, image: Image.Image) -> Image.Image:
        """Return ``image`` after one step. Raises ImageError."""
        args: dict[str, Any] = dict(step.args)
        if step.slot == "font":
            args["font"] = self._blobs[step.reads[0].sha256]
        elif step.slot == "same_box":
            args["same_box"] = [self._box(step, read) for read in step.reads]
        elif step.slot:
            args[step.slot] = self.rendered(step.reads[0])
        return runner(step.op).run(image, **args)

    def _box(self, step: Step, read: Picture) -> Measured:
        made = self._ready.get(part_name(step, read))
        if made is not None:
            return read_measured(made)
        return measured(self.rendered(read), step.args.get("threshold"))

    def branch(self, image: Image.Image, branches: Sequence[Branch], done: int = 0) -> None:
        """Give each of ``branches`` its picture, made of ``image`` by its steps after ``done``.

        Steps that branches have in common from there on run once, and no picture is held longer
        than until the last branch that is made of it. Raises ImageError.
        """
        while branches:
            for branch in branches:
                if len(branch.steps) == done:
                    branch.finish(image)
            groups = list(_by_step(branches, done))
            if not groups:
                return
            for step, group in groups[:-1]:
                self.branch(self.run(step, image), group, done + 1)
            step, branches = groups[-1]
            image = self.run(step, image)
            done += 1


def _by_step(branches: Sequence[Branch], at: int) -> Iterator[tuple[Step, list[Branch]]]:
    """Yield each step that stands at ``at``, with the branches that have it there."""
    groups: dict[str, list[Branch]] = {}
    for branch in branches:
        if len(branch.steps) > at:
            groups.setdefault(branch.steps[at].text, []).append(branch)
    for group in groups.values():
        yield group[0].steps[at], group
