"""The local work of one target: no more of it than what changed."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Mapping
from dataclasses import replace

import pytest
from PIL import Image

from assetgen.build.executor import InlineExecutor
from assetgen.build.workshop import Made, Workshop
from assetgen.digest import sha256
from assetgen.errors import ImageError, Loc
from assetgen.graph import NOTHING, Op, Output, Reference, Target, TargetKind
from assetgen.plan.local import output_actions
from assetgen.plan.model import Decision, Source
from assetgen.state import LockLine, OutputRecord, Past, Verdict
from assetgen.store.blobs import MemoryBlobs
from assetgen.store.ledger import Ledger
from tests.properties.little import Files, Results


def png(side: int = 64, color: str = "red") -> bytes:
    buffer = io.BytesIO()
    image = Image.new("RGB", (side, side), color)
    image.paste("blue", (side // 4, side // 4, side // 2, side // 2))
    image.save(buffer, "PNG")
    return buffer.getvalue()


class Bench:
    """A workshop over fakes, and the past of one target."""

    def __init__(self, *pictures: bytes) -> None:
        self.blobs, self.results = MemoryBlobs(), Results()
        for picture in pictures:
            self.blobs.put(picture)
        self.executor = InlineExecutor()
        self.workshop = Workshop(
            Files(),  # type: ignore[arg-type] # a tree in a dict
            self.blobs,
            self.results,  # type: ignore[arg-type] # a cache in a dict
            self.results.bytes.get,
            Ledger(":memory:"),
            self.executor,
        )
        self.line: LockLine | None = None
        self.seen: dict[str, str] = {}

    def make(
        self,
        target: Target,
        base: Source | None,
        given: Mapping[str, Source] = NOTHING,
        *,
        force: bool = False,
    ) -> list[Made]:
        """Do what is to be done for ``target``, and take note of it as a build does."""
        outputs = output_actions(target, base, given)
        assert outputs is not None
        decision = Decision(
            target, Verdict.RUN, line=self.line, base=base, given=given, outputs=outputs
        )
        past = replace(Past(lines={}, seen={}), seen=self.seen)  # type: ignore[arg-type] # digests
        made = asyncio.run(self.workshop.make(decision, past, force=force))
        records = dict(self.line.outputs) if self.line else {}
        records |= {m.output.path: OutputRecord(m.action.key, m.sha256) for m in made}
        self.line = LockLine(target.name, outputs=records)
        self.seen = {path: record.sha256 for path, record in records.items()}
        return made


def hundred(changed: int = -1) -> Target:
    """Return a target with a hundred exports, one of them perhaps another size."""
    outputs = tuple(
        Output(f"{n}.png", "png", (Op("resize", {"width": 10 + n + 100 * (n == changed)}),))
        for n in range(100)
    )
    return Target("hero", TargetKind.GENERATE, Loc("assetgen.yaml"), outputs=outputs)


def test_one_changed_export_of_a_hundred_is_one_op() -> None:
    """The first build decodes the picture once; the second one does one op and no more."""
    bench, base = Bench(png(256)), Source(sha256(png(256)))
    assert len(bench.make(hundred(), base)) == 100
    assert [len(texts) for texts in bench.executor.made] == [100]
    (made,) = bench.make(hundred(changed=42), base)
    assert made.output.path == "42.png"
    ((text,),) = bench.executor.made[1:]
    assert json.loads(text)["arguments"]["ops"] == [["resize", 1, {"width": 152}]]
    assert bench.make(hundred(changed=42), base) == []


def sheet(padding: int = 2) -> Target:
    """Return an atlas of two sprites."""
    names = ("a", "b")
    return Target(
        "sheet",
        TargetKind.ATLAS,
        Loc("assetgen.yaml"),
        inputs=tuple(Reference("sprite", target=name) for name in names),
        outputs=(Output("s.png", "png", content=Op("sheet", {"page": 0})),),
        atlas={"layout": {"padding": padding}, "frames": list(names), "animations": {}},
    )


def test_sprites_are_made_apart_and_kept() -> None:
    """Another padding packs again what was resized before; `--force` does all of it again."""
    first, second = png(), png(32, "green")
    bench = Bench(first, second)
    small = (Op("resize", {"width": 8}),)
    sprites = {"a": Source(sha256(first), small), "b": Source(sha256(second), small)}
    bench.make(sheet(), None, sprites)
    assert len(bench.executor.made) == 3
    bench.make(sheet(padding=9), None, sprites)
    assert len(bench.executor.made) == 4
    bench.make(sheet(padding=9), None, sprites, force=True)
    assert len(bench.executor.made) == 7


def test_what_is_not_as_expected_is_not_made() -> None:
    """It is refused also where its bytes come from the cache."""
    bench, base = Bench(png()), Source(sha256(png()))
    good = Output("a.png", "png", (Op("resize", {"width": 8}),), expect={"size": "8x8"})
    target = Target("hero", TargetKind.GENERATE, Loc("assetgen.yaml"), outputs=(good,))
    assert len(bench.make(target, base)) == 1
    bad = replace(target, outputs=(replace(good, path="b.png", expect={"size": "9x9"}),))
    for _ in range(2):
        with pytest.raises(ImageError) as caught:
            bench.make(bad, base)
        assert caught.value.problems[0].kind.name == "expect-size"
    assert len(bench.executor.made) == 1


def test_what_was_made_before_a_part_failed_is_kept() -> None:
    """The next build does not do it again."""
    small, large = png(8), png(64)
    bench = Bench(small, large)
    ops = (Op("resize", {"width": 32}),)
    sprites = {"a": Source(sha256(small), ops), "b": Source(sha256(large), ops)}
    with pytest.raises(ImageError) as caught:
        bench.make(sheet(), None, sprites)
    assert caught.value.problems[0].kind.name == "resize-enlarges"
    assert len(bench.executor.made) == 2
    assert len(bench.results.bytes) == 1
