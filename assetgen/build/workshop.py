"""Performs the local work of one decision: bytes in, files out; knows no graph and decides nothing.

What it makes is recorded in this order: result cache, then the ledger's note that these bytes are
assetgen's own, then the file itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from assetgen.action import Action
from assetgen.build.executor import Executor, Expected
from assetgen.digest import Digest, sha256
from assetgen.errors import AssetgenError, ImageError, Kind, Problem, StoreError
from assetgen.graph import Output, Target
from assetgen.ops.manifest import parts, read_manifest
from assetgen.plan.model import Decision, Source
from assetgen.state import OutputRecord, Past
from assetgen.store.blobs import BlobStore
from assetgen.store.derived import Derived
from assetgen.store.ledger import Ledger
from assetgen.store.workspace import Workspace

UNREADABLE = Kind(
    "source-unreadable",
    "the bytes {digest} that {target} is made of can be read nowhere here",
    "'assetgen restore' what it is made from, or build with --rebuy-lost",
)
EDITED_MEANWHILE = Kind(
    "edited-meanwhile",
    "{path} was changed while the build ran; it is left alone",
    "build again to see what it is now",
)

PARTS_AT_ONCE = 8
"""Parts of one target whose sources are held in memory together."""

Read = Callable[[Digest], bytes]


def _unrecorded(path: str, digest: Digest) -> Digest | None:
    return None


@dataclass(frozen=True, slots=True)
class Made:
    """An output's bytes, ready to be written."""

    output: Output
    action: Action
    data: bytes
    sha256: Digest


class Workshop:
    """Makes output files from bought or derived pictures."""

    def __init__(
        self,
        workspace: Workspace,
        pictures: BlobStore,
        derived: Derived,
        results: Callable[[Digest], bytes | None],
        ledger: Ledger,
        executor: Executor,
        *,
        recorded: Callable[[str, Digest], Digest | None] = _unrecorded,
    ) -> None:
        self._workspace = workspace
        self._pictures = pictures
        self._derived = derived
        self._results = results
        self._ledger = ledger
        self._executor = executor
        self._recorded = recorded

    def read(self, digest: Digest, paths: Mapping[Digest, str]) -> bytes:
        """Return the bytes of ``digest``: a bought picture, or the project file that holds it.

        Raises StoreError if nothing here can read them.
        """
        if digest in paths:
            data = self._workspace.read(paths[digest])
            if sha256(data) == digest:
                return data
        return self._pictures.get(digest)

    async def make(self, decision: Decision, past: Past, *, force: bool = False) -> list[Made]:
        """Return the outputs of ``decision`` that are not as recorded. Raises AssetgenError."""
        wanted = unfit(decision, past, force=force)
        found: dict[Digest, bytes] = {}
        for _, action in wanted if not force else ():
            data = self._results(action.key)
            if data is not None:
                found[action.key] = data
        missing = {action.key: action.text for _, action in wanted if action.key not in found}
        if missing:
            texts = list(missing.values())
            read = self._reader(decision)
            ready = await self._parts(texts, read, force=force)
            files = await self._executor.make(texts, _blobs(texts, ready, read), ready)
            for key, data in zip(missing, files, strict=True):
                found[key] = data
                self._derived.put(key, data)
        made = [Made(o, a, found[a.key], sha256(found[a.key])) for o, a in wanted]
        expected = [
            Expected(one.data, one.output.format, one.output.expect, one.output.path)
            for one in made
            if one.output.expect
        ]
        if expected:
            await self._check(expected, decision.target)
        return made

    async def _check(self, expected: Sequence[Expected], target: Target) -> None:
        try:
            await self._executor.check(expected)
        except ImageError as error:
            loc = target.marks.get("expect") or target.marks.get("exports") or target.loc
            placed = [replace(problem, loc=problem.loc or loc) for problem in error.problems]
            raise ImageError(*placed) from error

    async def _parts(self, texts: Iterable[str], read: Read, *, force: bool) -> dict[str, bytes]:
        """Return the parts of manifests by name: each is made once, on all cores, and kept."""
        wanted: dict[str, Action] = {}
        for text in texts:
            wanted |= parts(read_manifest(text))
        if not wanted:
            return {}
        made: dict[str, bytes] = {}
        for name, action in wanted.items():
            data = None if force else self._results(action.key)
            if data is not None:
                made[name] = data
        missing = {name: action for name, action in wanted.items() if name not in made}
        inner = await self._parts([one.text for one in missing.values()], read, force=force)
        places = asyncio.Semaphore(PARTS_AT_ONCE)

        async def make(name: str, action: Action) -> None:
            async with places:
                ready = {n: inner[n] for n in parts(read_manifest(action.text))}
                blobs = _blobs([action.text], ready, read)
                (made[name],) = await self._executor.make([action.text], blobs, ready)
                self._derived.put(action.key, made[name])

        # All come to their end: what was made is kept for the next build, whatever failed.
        ends = await asyncio.gather(
            *(make(*item) for item in missing.items()), return_exceptions=True
        )
        for error in ends:
            if error is not None:
                raise error
        return made

    def _reader(self, decision: Decision) -> Read:
        """Return what reads the bytes of a decision's inputs. It raises StoreError."""
        given = [*([decision.base] if decision.base else ()), *decision.given.values()]
        places = {source.sha256: source for source in _all(given)}
        return lambda digest: self._source(decision.target, digest, places)

    def _source(self, target: Target, digest: Digest, places: Mapping[Digest, Source]) -> bytes:
        source = places.get(digest)
        paths = {digest: source.path} if source and source.path else {}
        try:
            return self.read(digest, paths)
        except AssetgenError:
            cached = self._results(source.key) if source and source.key else None
            if cached is not None and sha256(cached) == digest:
                return cached
        facts = {"digest": digest[:12], "target": target.name}
        raise StoreError(Problem(UNREADABLE, target.loc, facts))

    def write(self, made: Made, seen: Digest | None) -> bool:
        """Put one output into the project; returns whether its bytes changed.

        ``seen`` is what stood there when it was decided: anything else now is somebody's edit.
        Raises StoreError.
        """
        path = made.output.path
        now = self._workspace.scan([path]).digests.get(path)
        if now != seen and now is not None and now != made.sha256:
            raise StoreError(Problem(EDITED_MEANWHILE, facts={"path": path}))
        self._rescue(path, now)
        self._ledger.record_made([(made.sha256, made.action.key, made.action.text)])
        return self._workspace.write(path, made.data)

    def _rescue(self, path: str, now: Digest | None) -> None:
        """Keep what the lock records of a file that is about to be replaced.

        On a clone it may be the only copy of a picture that another target, renamed, still needs.
        """
        key = self._recorded(path, now) if now else None
        if key is not None and self._derived.result(key) is None:
            data = self._workspace.read(path)
            if sha256(data) == now:
                self._derived.put(key, data)


def unfit(decision: Decision, past: Past, *, force: bool = False) -> list[tuple[Output, Action]]:
    """Return the outputs that are not there with the wanted key and the recorded bytes."""
    records: Mapping[str, OutputRecord] = decision.line.outputs if decision.line else {}
    result: list[tuple[Output, Action]] = []
    for output in decision.target.outputs:
        action = (decision.outputs or {})[output.path]
        record = records.get(output.path)
        fits = (
            record is not None
            and record.key == action.key
            and record.sha256 == past.seen.get(output.path)
        )
        if force or not fits:
            result.append((output, action))
    return result


def _blobs(texts: Iterable[str], ready: Container[str], read: Read) -> dict[Digest, bytes]:
    """Return the bytes that manifests read beside what is ready. Raises StoreError."""
    wanted = {digest for text in texts for digest in read_manifest(text).digests(ready)}
    return {digest: read(digest) for digest in sorted(wanted)}


def _all(sources: Iterable[Source]) -> Iterator[Source]:
    for source in sources:
        yield source
        yield from _all(source.given.values())
