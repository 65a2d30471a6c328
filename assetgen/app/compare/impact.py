"""What an edit would rebuild and cost: the value is changed, and the two plans are compared.

Nothing is guessed where that can be done. Where a value cannot be changed without knowing what it
means, or where what a template compares decides, targets are said to be ones that *may* change.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import islice
from typing import Any

from assetgen.app.checks import check_targets
from assetgen.app.loading import Loaded, load
from assetgen.app.planning import ALL, chosen_names, plan_loaded
from assetgen.app.project import Project
from assetgen.digest import Digest, sha256
from assetgen.errors import Kind, Loc, Problem, SpecError, UsageError, did_you_mean
from assetgen.graph import Graph
from assetgen.plan.impact import Affected, Effect, Impact, affected, merged, perhaps
from assetgen.plan.model import Decision, Mode, Plan
from assetgen.plan.planner import make_plan
from assetgen.spec.expand import expand
from assetgen.spec.model import Map, Spec
from assetgen.spec.perturb import others, row_fields, with_rows, with_style, with_var
from assetgen.spec.usage import Usage, usages
from assetgen.state import Past
from assetgen.store import lock as locks

NO_STYLE = Kind("no-such-style", "there is no style '{name}'", "{hint}")
NO_VAR = Kind("no-such-var", "there is no var '{name}'", "{hint}")
NO_FILE = Kind("no-such-project-file", "there is no file '{name}' in the project", "{hint}")
OF_LOCK = Kind(
    "impact-of-lock",
    "{name} is written by assetgen, and not meant to be edited",
    "'assetgen pick', 'pin' and 'accept' change what it says",
)

TRIES = 3
"""Other values that are tried for one, before it is said that its targets may change."""

Found = dict[str, Affected]


def impact(project: Project, what: str, mode: Mode | None = None) -> Impact:
    """Return what an edit of ``what`` would do: `style:NAME`, `var:NAME` or a file.

    A file is named from the project's folder or from the current one. Raises SpecError, LockError,
    UsageError, StoreError.
    """
    question = _Question(project, load(project), mode or Mode())
    if what.startswith("style:"):
        return question.style(what.removeprefix("style:"))
    if what.startswith("var:"):
        return question.var(what.removeprefix("var:"))
    return question.file(what)


@dataclass(frozen=True)
class _Question:
    """A project as it is, and what is asked of it."""

    project: Project
    loaded: Loaded
    mode: Mode

    @cached_property
    def plan(self) -> Plan:
        """The plan without any edit."""
        return plan_loaded(self.project, self.loaded, ALL, self.mode)

    @cached_property
    def scratch(self) -> dict[str, Decision]:
        """Decisions as if nothing had ever been made: what each target costs."""
        inputs = {read.file for target in self.loaded.graph for read in target.inputs if read.file}
        seen = {path: digest for path, digest in self.loaded.seen.items() if path in inputs}
        names = chosen_names(self.loaded, ALL)
        past = Past(seen=seen, address=self.loaded.past.address)
        made = make_plan(self.loaded.graph, names, past, self.mode, self.project.catalogue)
        return {decision.target.name: decision for decision in made.decisions}

    @cached_property
    def usages(self) -> dict[str, Usage]:
        """What each declaration mentions."""
        return usages(self.spec)

    @property
    def spec(self) -> Spec:
        """The spec as it is."""
        return self.loaded.spec

    def style(self, name: str) -> Impact:
        """Return what an edit of a style's text would do. Raises UsageError."""
        if name not in self.spec.styles:
            facts = {"name": name, "hint": did_you_mean(name, self.spec.styles)}
            raise UsageError(Problem(NO_STYLE, facts=facts))
        found = self._changed(with_style(self.spec, name, f"changed {name}"))
        if found is None:
            found = self._perhaps(lambda use: name in use.styles, f"has the style {name}")
        return Impact("style", name, self.spec.styles.keys_at[name], self._ordered(found))

    def var(self, name: str) -> Impact:
        """Return what an edit of a variable would do. Raises UsageError."""
        if name not in self.spec.vars:
            facts = {"name": name, "hint": did_you_mean(name, self.spec.vars)}
            raise UsageError(Problem(NO_VAR, facts=facts))
        return Impact("var", name, self.spec.vars.keys_at[name], self._ordered(self._of_var(name)))

    def _of_var(self, name: str) -> Found:
        because = f"reads {name}, and what it comes to decides"
        for value in islice(others(self.spec.vars[name]), TRIES):
            found = self._changed(with_var(self.spec, name, value))
            if found is not None:
                return merged([found, self._perhaps(lambda use: name in use.deciding, because)])
        return self._perhaps(lambda use: name in use.variables, because)

    def file(self, what: str) -> Impact:
        """Return what an edit of a file would do. Raises UsageError."""
        path = self._path(what)
        axes = [
            name
            for name, axis in self.spec.axes.items()
            if isinstance(axis, Map) and str(axis.get("file", "")).removeprefix("./") == path
        ]
        if axes:
            return Impact("data", path, None, self._ordered(self._of_rows(axes)), all_of_it=True)
        if path in self.spec.files:
            return Impact("spec", path, None, self._ordered(self._of_spec_file(path)))
        found = self._compared(self.loaded.graph, sha256(b"edited " + path.encode()), path) or {}
        written = any(o.path == path for target in self.loaded.graph for o in target.outputs)
        return Impact("output" if written else "input", path, None, self._ordered(found))

    def _path(self, what: str) -> str:
        root = self.project.root
        inner = os.path.relpath(os.path.abspath(what), root).replace(os.sep, "/")
        plain = os.path.normpath(what).replace(os.sep, "/")
        known = {*self.spec.files}
        for target in self.loaded.graph:
            known.update(output.path for output in target.outputs)
            known.update(read.file for read in target.inputs if read.file)
        if locks.NAME in (plain, inner):
            raise UsageError(Problem(OF_LOCK, facts={"name": what}))
        for path in (plain, inner):
            if path in known:
                return path
        for path in (plain, inner):
            if not path.startswith("../") and os.path.isfile(os.path.join(root, path)):
                return path
        raise UsageError(Problem(NO_FILE, facts={"name": what, "hint": self._hint(what, known)}))

    def _hint(self, what: str, files: Iterable[str]) -> str:
        for kind, names in (("style", self.spec.styles), ("var", self.spec.vars)):
            if what in names:
                return f"did you mean '{kind}:{what}'?"
        return did_you_mean(what, files)

    def _of_rows(self, axes: list[str]) -> Found:
        """Return what an edit of all rows of data axes would do; ids stay as they are."""
        whole = self._changed(with_rows(self.spec, axes, None, partial(_other, number=0)))
        parts, stubborn = [whole or {}], False
        fields = {field for axis in axes for field in row_fields(self.spec, axis)}
        for field in sorted(fields) if whole is None else ():
            found = self._of_field(axes, field)
            stubborn = stubborn or found is None
            parts.append(found or {})
        parts.append(self._perhaps(lambda use: _decides(use, axes), "a row's value decides"))
        if stubborn:
            parts.append(self._perhaps(lambda use: _reads(use, axes), "reads its rows"))
        return merged(parts)

    def _of_field(self, axes: list[str], field: str) -> Found | None:
        for number in range(TRIES):
            change = partial(_other, number=number)
            found = self._changed(with_rows(self.spec, axes, field, change))
            if found is not None:
                return found
        return None

    def _of_spec_file(self, path: str) -> Found:
        """Return what may change with a part of the spec: whatever is declared or used from it."""
        spec = self.spec

        def here(part: Map) -> set[str]:
            return {name for name, loc in part.keys_at.items() if loc.file == path}

        styles, presets, axes, names = map(here, (spec.styles, spec.presets, spec.axes, spec.vars))
        declared = here(spec.targets)
        all_of_them = spec.defaults.loc.file == path and bool(spec.defaults)
        parts = [
            self._perhaps(lambda use: bool(use.styles & styles), "has a style from it"),
            self._perhaps(lambda use: bool(use.variables & names), "reads a var from it"),
            self._perhaps(lambda use: bool(use.presets & presets), "uses a preset from it"),
            self._perhaps(lambda use: _reads(use, axes) or _in(use, axes), "has an axis from it"),
            self._perhaps(lambda use: all_of_them, "has its defaults"),
        ]
        own = {key for key in declared if key in self.usages}
        told = self._perhaps(
            lambda use: any(self.usages[key] is use for key in own), "declared there"
        )
        return merged([told, *parts])

    def _changed(self, spec: Spec) -> Found | None:
        """Return what becomes of the targets of another spec; None if it is not a valid one."""
        root = self.project.root

        def file_exists(path: str) -> bool:
            return os.path.isfile(os.path.join(root, path))

        def checks(graph: Graph) -> Iterable[Problem]:
            return check_targets(self.project, graph)

        try:
            graph = expand(spec, file_exists=file_exists, checks=checks)
        except SpecError:
            return None
        return self._compared(graph)

    def _compared(self, graph: Graph, digest: Digest | None = None, path: str = "") -> Found | None:
        """Return what becomes of the targets with another graph, or other bytes at ``path``."""
        names = dict(zip(self.loaded.graph.targets, graph.targets, strict=False))
        if len(graph) != len(self.loaded.graph):
            return None
        past = self.loaded.past
        if digest is not None:
            past = replace(past, seen={**past.seen, path: digest})
        edited = replace(self.loaded, graph=graph, past=past)
        plan = plan_loaded(self.project, edited, ALL, self.mode)
        if len(plan.problems) > len(self.plan.problems):
            return None
        after = {decision.target.name: decision for decision in plan.decisions}
        return affected(
            (before, after[names[before.target.name]])
            for before in self.plan.decisions
            if names[before.target.name] in after
        )

    def _perhaps(self, mentions: Callable[[Usage], bool], because: str) -> Found:
        """Return the targets whose declarations mention something, as ones that may change."""
        places = self.spec.targets.keys_at
        chosen: set[Loc] = {places[key] for key, use in self.usages.items() if mentions(use)}
        return {
            one.target.name: perhaps(one, self.scratch[one.target.name], because)
            for one in self.plan.decisions
            if one.target.loc in chosen
        }

    def _ordered(self, found: Mapping[str, Affected]) -> tuple[Affected, ...]:
        """Return the targets in build order, with those that read one that may change."""
        known = dict(found)
        for decision in self.plan.decisions:
            name = decision.target.name
            if name in known:
                continue
            for need in decision.target.needs:
                if need in known and known[need].because and known[need].effect is Effect.MAY:
                    known[name] = perhaps(decision, self.scratch[name], f"reads {need}")
                    break
        return tuple(known[d.target.name] for d in self.plan.decisions if d.target.name in known)


def _other(value: Any, number: int) -> Any:
    """Return the other value of that number, or the last there is."""
    found = list(islice(others(value), number + 1))
    return found[-1] if found else value


def _locals(use: Usage, axes: Iterable[str]) -> set[str]:
    wanted = set(axes)
    return {local for axis, local in use.axes if axis in wanted}


def _decides(use: Usage, axes: Iterable[str]) -> bool:
    return bool(_locals(use, axes) & use.deciding)


def _reads(use: Usage, axes: Iterable[str]) -> bool:
    return bool(_locals(use, axes) & use.variables)


def _in(use: Usage, axes: Iterable[str]) -> bool:
    return bool(_locals(use, axes))
