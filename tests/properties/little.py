"""A little project in memory, built by the real planner, scheduler and desk over fakes."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from PIL import Image, PngImagePlugin

from assetgen.build.executor import Expected
from assetgen.build.limits import Limits
from assetgen.build.records import Book
from assetgen.build.scheduler import Scheduler
from assetgen.build.workshop import Workshop
from assetgen.catalogue import Catalogue, open_route
from assetgen.clock import FakeClock
from assetgen.digest import Digest, sha256
from assetgen.errors import AccountError, Loc
from assetgen.events import Event, Summary
from assetgen.graph import NOTHING, Graph, Op, Output, Reference, Target, TargetKind
from assetgen.paid.budget import Budget
from assetgen.paid.collector import Counter
from assetgen.paid.desk import Desk
from assetgen.plan.model import Mode, Plan
from assetgen.plan.planner import make_plan
from assetgen.plan.rebuilder import Rebuilder, decide
from assetgen.providers.base import Request
from assetgen.providers.fake import FakeProvider
from assetgen.state import LockLine, Past
from assetgen.store.blobs import MemoryBlobs
from assetgen.store.ledger import Ledger
from assetgen.store.workspace import Seen

MODEL = "some/model"
CATALOGUE = Catalogue({MODEL: (open_route("fake", 0.02),)})


def png_that_says(facts: dict[str, Any]) -> bytes:
    """Return a small picture with ``facts`` in a text chunk, so that a test can read them."""
    info = PngImagePlugin.PngInfo()
    info.add_text("facts", json.dumps(facts))
    out = io.BytesIO()
    Image.new("RGB", (1, 1)).save(out, "PNG", pnginfo=info)
    return out.getvalue()


def facts_of(data: bytes) -> dict[str, Any]:
    """Return what a picture of :func:`png_that_says` says."""
    image = Image.open(io.BytesIO(data))
    facts: dict[str, Any] = json.loads(image.text["facts"])  # type: ignore[attr-defined]
    return facts


class Painter(FakeProvider):
    """Its pictures say what they were asked to be; no two purchases give the same bytes."""

    async def fetch(self, result: str) -> bytes:
        """Return a picture of the request behind a job."""
        request: Request = self.jobs[result]
        references = [sha256(reference.data) for reference in request.references]
        return png_that_says({"prompt": request.prompt, "references": references, "number": result})


class Renderer:
    """Local work whose result says what it was made of."""

    async def make(
        self,
        texts: Sequence[str],
        blobs: Mapping[Digest, bytes],
        ready: Mapping[str, bytes] = NOTHING,
    ) -> list[bytes]:
        """Return a picture for each manifest that names its source and ops."""
        return [self._made(json.loads(text), blobs) for text in texts]

    def _made(self, manifest: Any, blobs: Mapping[Digest, bytes]) -> bytes:
        source = manifest["inputs"][0]["sha256"]
        chain = [[name, args] for name, _, args in manifest["arguments"]["ops"]]
        return png_that_says({"source": source, "ops": chain}) if chain else blobs[source]

    async def check(self, files: Sequence[Expected]) -> None:
        """Expect nothing."""

    async def close(self) -> None:
        """Hold nothing."""


class Files:
    """A working tree in a dict."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def scan(self, paths: Sequence[str]) -> Seen:
        """Look at each path."""
        return Seen({p: sha256(self.files[p]) for p in paths if p in self.files})

    def read(self, path: str) -> bytes:
        """Return a file's bytes."""
        return self.files[path]

    def write(self, path: str, data: bytes) -> bool:
        """Write a file; whether it changed."""
        changed = self.files.get(path) != data
        self.files[path] = data
        return changed


class Results:
    """The cache of local work, in a dict."""

    def __init__(self) -> None:
        self.bytes: dict[Digest, bytes] = {}

    def put(self, key: Digest, data: bytes) -> None:
        """Remember a result."""
        self.bytes[key] = data

    def result(self, key: Digest) -> Digest | None:
        """Return a result's digest."""
        return sha256(self.bytes[key]) if key in self.bytes else None


@dataclass
class Little:
    """The project: its targets, files, lock, stores, and the one provider."""

    rebuilder: Rebuilder = decide
    graph: Graph = field(default_factory=Graph)
    files: Files = field(default_factory=Files)
    lines: dict[str, LockLine] = field(default_factory=dict)
    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)
    results: Results = field(default_factory=Results)
    ledger: Ledger = field(default_factory=lambda: Ledger(":memory:"))
    provider: Painter = field(default_factory=lambda: Painter(b""))
    clock: FakeClock = field(default_factory=FakeClock)
    events: list[Event] = field(default_factory=list)

    def declare(self, *targets: Target) -> None:
        """Set the targets."""
        self.graph = Graph({target.name: target for target in targets})

    def past(self) -> Past:
        """Return what is known now."""
        paths = [output.path for target in self.graph for output in target.outputs]
        return Past(
            lines=self.lines,
            seen=self.files.scan(paths).digests,
            jobs=self.ledger.jobs_of,
            takes=lambda key, name: self.ledger.takes_of(key),
            readable=self.blobs.readable,
            made=self.ledger.has_made,
            result=self.results.result,
        )

    def plan(self) -> Plan:
        """Return the plan of all targets."""
        return make_plan(
            self.graph, self.graph.targets, self.past(), Mode(), CATALOGUE, self.rebuilder
        )

    def build(self) -> Summary:
        """Build everything and return the counts."""
        return asyncio.run(self._build())

    async def _build(self) -> Summary:
        past = self.past()
        plan = make_plan(self.graph, self.graph.targets, past, Mode(), CATALOGUE, self.rebuilder)
        desk = Desk(
            {"fake": Counter(self.provider, self.blobs, b"secret")},
            self.ledger,
            Budget(may_spend=True),
            self.clock,
            session="me",
            project="/little",
            is_alive=lambda session: False,
            changed=lambda job: None,
        )
        workshop = Workshop(
            self.files,  # type: ignore[arg-type] # a tree in a dict
            self.blobs,
            self.results,  # type: ignore[arg-type] # a cache in a dict
            self.results.bytes.get,
            self.ledger,
            Renderer(),
        )
        seen = dict(past.seen)
        scheduler = Scheduler(
            plan,
            replace(past, seen=seen),
            Book(self.lines, seen, lambda lines: None, self.clock.now),
            desk=desk,
            workshop=workshop,
            catalogue=CATALOGUE,
            clock=self.clock,
            concurrency={"fake": 3},
            no_key=lambda provider: AccountError(),
            emit=self.events.append,
            mode=Mode(),
            limits=Limits(),
            rebuilder=self.rebuilder,
        )
        return await scheduler.run()

    def misfit(self) -> str:
        """Return the first output that does not fit the spec and its inputs, or nothing."""
        for target in self.graph:
            for output in target.outputs:
                if output.path not in self.files.files:
                    return f"{output.path} is missing"
                said = self._misfit(target, output)
                if said:
                    return f"{output.path}: {said}"
        return ""

    def _misfit(self, target: Target, output: Output) -> str:
        data = self.files.files[output.path]
        if not target.kind.is_paid:
            source = self.files.files[self.graph.targets[target.needs[0]].outputs[0].path]
            return _of(data, source, output.ops)
        take = self.lines[target.name].bought
        if take is None:
            return "nothing is bought"
        picture = self.blobs.get(take.sha256)
        facts = facts_of(picture)
        wanted = [self._bought(need) for need in target.needs]
        if facts["prompt"] != target.prompt:
            return f"it shows {facts['prompt']}, not {target.prompt}"
        if facts["references"] != wanted:
            return "it was made of other pictures"
        return _of(data, picture, output.ops)

    def _bought(self, name: str) -> Digest:
        take = self.lines[name].bought
        return take.sha256 if take else Digest("")


def _of(data: bytes, source: bytes, ops: Sequence[Op]) -> str:
    if not ops:
        return "" if data == source else "it is not its source"
    facts = facts_of(data)
    chain = [[op.name, dict(op.args)] for op in ops]
    return "" if facts == {"source": sha256(source), "ops": chain} else "it is of another source"


def generate(name: str, prompt: str, width: int = 0) -> Target:
    """Return a bought picture."""
    return _target(name, TargetKind.GENERATE, prompt, width, ())


def edit(name: str, of: Sequence[str], prompt: str, width: int = 0) -> Target:
    """Return an edit of the first of ``of``, with the others as references."""
    roles = ["image", *["reference"] * (len(of) - 1)]
    inputs = tuple(Reference(role, target=one) for role, one in zip(roles, of, strict=True))
    return _target(name, TargetKind.EDIT, prompt, width, inputs)


def derive(name: str, source: str, width: int = 0) -> Target:
    """Return a free derivation."""
    return _target(name, TargetKind.DERIVE, "", width, (Reference("source", target=source),))


def _target(
    name: str, kind: TargetKind, prompt: str, width: int, inputs: tuple[Reference, ...]
) -> Target:
    ops = (Op("resize", {"width": width}),) if width else ()
    return Target(
        name,
        kind,
        Loc("assetgen.yaml"),
        prompt=prompt,
        model=MODEL if kind.is_paid else "",
        inputs=inputs,
        ops=ops,
        outputs=(Output(f"{name}.png", "png", ops),),
    )
