"""Targets and how they hang together: cycles, closure, order; knows nothing of keys or files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from assetgen.errors import Loc
from assetgen.quick import quick


class _Nothing(Mapping[str, Any]):
    """A mapping without entries; hashable, which a dataclass asks of a default."""

    __slots__ = ()

    def __getitem__(self, key: str) -> Any:
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "{}"


NOTHING: Mapping[str, Any] = _Nothing()


READ_FORMATS = frozenset({"png", "jpg", "webp"})
"""Formats of pictures that can be read again."""


class TargetKind(StrEnum):
    """What a target is; exactly one of these."""

    GENERATE = "generate"
    EDIT = "edit"
    DERIVE = "derive"
    ATLAS = "atlas"

    @property
    def is_paid(self) -> bool:
        """Whether making it calls a service."""
        return self is TargetKind.GENERATE or self is TargetKind.EDIT


@quick
@dataclass(frozen=True, slots=True)
class Reference:
    """A picture that a target reads: another target's, or a project file's.

    Attributes:
        role: image (what an edit edits), reference, source (`from`), sprite (atlas), or what an
            op reads: overlay, font (a file that is no picture) or box.
        target: name of the target; empty if it is a file.
        file: path in the project with `/`, without `./`; empty if it is a target.
        loc: where the spec says so.
    """

    role: str
    target: str = ""
    file: str = ""
    loc: Loc | None = None

    @property
    def wants_bought(self) -> bool:
        """Whether it reads the bought picture (edit, references) and not the output."""
        return self.role in ("image", "reference")


@dataclass(frozen=True, slots=True)
class Op:
    """One local operation in its long form, such as ``resize`` with ``{"height": 720}``."""

    name: str
    args: Mapping[str, Any] = NOTHING

    def __hash__(self) -> int:
        return hash((self.name, len(self.args)))


@quick
@dataclass(frozen=True, slots=True)
class Output:
    """One file that a target writes.

    Attributes:
        path: in the project, with `/`.
        format: a picture format, or json, css, tres, html or webmanifest.
        ops: what happens between the bought (or source) picture and this file, in order: the
            crop to the target's ratio, the target's own ops, then the export's.
        encode: the encoder's settings for this format, where they are not the usual ones.
        expect: what must hold of this file, or None.
        content: what the file holds if it is not simply the picture: the page of an atlas, its
            frames, a snippet of a web page. Named and given arguments as an op is.
    """

    path: str
    format: str
    ops: tuple[Op, ...] = ()
    encode: Mapping[str, Any] = NOTHING
    expect: Mapping[str, Any] | None = None
    content: Op | None = None


@quick
@dataclass(frozen=True, slots=True)
class Target:
    """A declared picture after expansion: everything rendered, nothing left to look up.

    Attributes:
        prompt: the final prompt, styles and labels included; empty for derive and atlas.
        model: provider-neutral id; empty for derive and atlas.
        providers: names in order of preference; empty means any that serves the model.
        aspect_ratio: `W:H` or None; resolution: a tier such as `1k` or None.
        takes: how many pictures the first build buys.
        review: whether dependants wait until a take is picked.
        inputs: what it reads, in order.
        ops: the target's own ops, with the crop to its ratio first; what a reader of this
            target's picture sees where it has no output.
        outputs: the files; empty for `output: none`.
        atlas: what decides where its sprites go, their frames' names among it; None for others.
        provenance: whether its files say of themselves that a model made them.
        styles: names of the styles that its prompt has, in order.
        loc: where it is declared; marks: the place of each of its fields, and of each of its ops
            as `ops.0` and so on, shared by all cells.
    """

    name: str
    kind: TargetKind
    loc: Loc
    prompt: str = ""
    model: str = ""
    providers: tuple[str, ...] = ()
    aspect_ratio: str | None = None
    resolution: str | None = None
    quality: str | None = None
    variant: str | None = None
    takes: int = 1
    review: bool = False
    inputs: tuple[Reference, ...] = ()
    ops: tuple[Op, ...] = ()
    outputs: tuple[Output, ...] = ()
    atlas: Mapping[str, Any] | None = None
    provenance: bool = True
    tags: tuple[str, ...] = ()
    note: str = ""
    marks: Mapping[str, Loc] = NOTHING
    styles: tuple[str, ...] = ()

    @property
    def readable(self) -> Output | None:
        """The output that other targets read: the first that is the whole picture, if one is.

        Not one that an export made smaller, nor one of a format that is not read here.
        """
        return next((output for output in self.outputs if self.is_whole(output)), None)

    def is_whole(self, output: Output) -> bool:
        """Whether an output is the whole picture, in a format that can be read again."""
        return output.format in READ_FORMATS and output.ops == self.ops and output.content is None

    def op_loc(self, number: int) -> Loc:
        """Return where the op with this number in an output's chain is declared, or near that."""
        declared = number - len(self.ops) + self._declared_ops
        for name in (f"ops.{declared}", "exports" if declared >= 0 else "ops", "ops", "exports"):
            if name in self.marks:
                return self.marks[name]
        return self.loc

    @property
    def _declared_ops(self) -> int:
        return sum(1 for name in self.marks if name.startswith("ops."))

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the targets that it reads, in order, each once."""
        if not self.inputs:
            return ()
        return tuple(dict.fromkeys(r.target for r in self.inputs if r.target))


@dataclass(frozen=True, slots=True)
class Graph:
    """All targets by name, in declaration order."""

    targets: Mapping[str, Target] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Target]:
        return iter(self.targets.values())

    def __len__(self) -> int:
        return len(self.targets)

    def dependants(self) -> dict[str, list[str]]:
        """Return, for each name that something reads, who reads it directly."""
        found: dict[str, list[str]] = {}
        for target in self:
            for need in target.needs:
                found.setdefault(need, []).append(target.name)
        return found

    def closure(self, names: Iterable[str]) -> set[str]:
        """Return ``names`` and everything that they need."""
        return _reach(names, lambda name: self.targets[name].needs)

    def reverse_closure(self, names: Iterable[str]) -> set[str]:
        """Return ``names`` and everything that depends on them."""
        dependants = self.dependants()
        return _reach(names, lambda name: dependants.get(name, ()))

    def order(self) -> list[Target]:
        """Return the targets so that each stands after its inputs, else as declared.

        The graph must have no cycle (see :meth:`cycle`).
        """
        placed: set[str] = set()
        result: list[Target] = []
        for target in self:
            if not target.inputs:
                if target.name not in placed:
                    placed.add(target.name)
                    result.append(target)
                continue
            stack = [target.name]
            while stack:
                name = stack[-1]
                waiting = [need for need in self.targets[name].needs if need not in placed]
                if waiting:
                    stack.extend(reversed(waiting))
                    continue
                stack.pop()
                if name not in placed:
                    placed.add(name)
                    result.append(self.targets[name])
        return result

    def cycle(self) -> list[str] | None:
        """Return the names of one cycle, first one repeated at the end, or None."""
        done: set[str] = set()
        for start in self.targets:
            path: list[str] = []
            on_path: set[str] = set()
            stack: list[tuple[str, bool]] = [(start, False)]
            while stack:
                name, leaving = stack.pop()
                if leaving:
                    on_path.discard(path.pop())
                    done.add(name)
                elif name in on_path:
                    return [*path[path.index(name) :], name]
                elif name not in done:
                    path.append(name)
                    on_path.add(name)
                    stack.append((name, True))
                    stack.extend((n, False) for n in self.targets[name].needs if n in self.targets)
        return None


def _reach(names: Iterable[str], step: Any) -> set[str]:
    seen: set[str] = set()
    stack = list(names)
    while stack:
        name = stack.pop()
        if name not in seen:
            seen.add(name)
            nexts: Sequence[str] = step(name)
            stack.extend(nexts)
    return seen
