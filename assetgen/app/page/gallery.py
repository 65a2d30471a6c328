"""The document that gallery and review show: every target as data; draws no page, decides nothing.

Texts stand in it as they are: whoever shows them must escape what a screen would obey.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from assetgen.action import normal_text
from assetgen.app.compare.earlier import Earlier
from assetgen.app.loading import Loaded, load
from assetgen.app.page.pictures import Pictures, Place
from assetgen.app.planning import ALL, Selection, local_manifests, plan_loaded
from assetgen.app.project import Project
from assetgen.app.steer.deciding import line_version
from assetgen.digest import Digest
from assetgen.errors import Kind
from assetgen.graph import NOTHING, READ_FORMATS, Output, Target
from assetgen.plan.model import Decision, Mode, Plan
from assetgen.plan.reasons import INPUT_REVIEW
from assetgen.plan.select import select
from assetgen.report.changes import change_json, recipe_changes
from assetgen.report.plan import cost_json, images_json, usd
from assetgen.report.takes import take_json
from assetgen.report.why import why_json
from assetgen.state import (
    NO_RANGE,
    LineState,
    LockLine,
    OutputRecord,
    Range,
    Reason,
    Take,
    Verdict,
)

Json = dict[str, Any]
_SETTLED = (Verdict.UP_TO_DATE, Verdict.KEPT)
_ON_A_PAGE = {INPUT_REVIEW: Kind(INPUT_REVIEW.name, "needs {input}, which waits for a pick")}
"""What is said otherwise where nobody is at a terminal."""


@dataclass(frozen=True, slots=True)
class View:
    """What is looked at: the project, its plan, and the names of the targets that are shown."""

    loaded: Loaded
    plan: Plan
    names: tuple[str, ...]


def look(project: Project, selection: Selection = ALL, mode: Mode | None = None) -> View:
    """Return what a page of the selection shows; without patterns that is every target.

    Raises SpecError, LockError, UsageError, StoreError.
    """
    loaded = load(project)
    if selection.patterns:
        names = select(loaded.graph, selection.patterns, selection.exclude)
    else:
        left_out = set(select(loaded.graph, selection.exclude)) if selection.exclude else set()
        names = [name for name in loaded.graph.targets if name not in left_out]
    if not names:
        return View(loaded, Plan(), ())
    made = plan_loaded(project, loaded, Selection(names), mode or Mode())
    return View(loaded, made, tuple(names))


def document(
    project: Project,
    view: View,
    pictures: Pictures,
    *,
    mode: str = "gallery",
    earlier: Earlier | None = None,
    begun: Mapping[str, LockLine] = NOTHING,
    looks: bool = True,
) -> Json:
    """Return what the page shows, as data.

    ``pictures`` is told which pictures the page names; without ``looks`` none of them is read, and
    this is all that the document is good for. ``earlier`` is an older commit: what differs from it
    has a picture from before, and its changes are told. ``begun`` are the lines of the lock when
    one began to look: what was bought under another recipe since has a picture from before too.
    """
    pictures.begin(view.loaded.pictures, looks=looks)
    shown = set(view.names)
    decisions = [d for d in view.plan.decisions if d.target.name in shown]
    dependants = view.loaded.graph.dependants()
    sight = _Sight(project, view.loaded, pictures, dependants, earlier, begun)
    targets = {d.target.name: sight.target(d) for d in decisions}
    return {
        "version": 1,
        "mode": mode,
        "project": os.path.basename(project.root),
        "build": None,
        "summary": _summary(decisions, targets.values()),
        "targets": [targets[name] for name in view.names if name in targets],
    }


def _summary(decisions: Sequence[Decision], targets: Iterable[Json]) -> Json:
    takes = {t["sha256"]: t["cost"] for one in targets for t in one["takes"] if t["cost"]}
    images = sum((d.images for d in decisions if d.images.max), NO_RANGE)
    cost = sum((d.cost for d in decisions if d.cost.max), NO_RANGE)
    unknown = any(d.unknown_cost for d in decisions)
    verdicts = Counter(d.verdict.value for d in decisions)
    return {
        "targets": len(decisions),
        "verdicts": {v.value: verdicts[v.value] for v in Verdict if verdicts[v.value]},
        "images": images_json(images),
        "cost": {**cost_json(cost), "unknown": unknown},
        "spent": usd(sum(takes.values())),
    }


@dataclass(frozen=True, slots=True)
class _Sight:
    """What all targets of one document are seen with."""

    project: Project
    loaded: Loaded
    pictures: Pictures
    dependants: Mapping[str, Sequence[str]]
    earlier: Earlier | None
    begun: Mapping[str, LockLine]

    def target(self, decision: Decision) -> Json:
        """Return one target as data."""
        target, line = decision.target, decision.line
        outputs = [self._output(output, decision) for output in target.outputs]
        takes = [self._take(take, decision, outputs) for take in _takes(decision)]
        before, after = self._change(decision, outputs)
        return {
            **_declared(target, decision),
            **self._said(decision),
            "dependants": list(self.dependants.get(target.name, ())),
            **_standing(decision),
            "made_of": _made_of(target, line),
            "takes": takes,
            "outputs": outputs,
            "before": before,
            "after": after,
            "cost": _sum([take["cost"] for take in takes]),
            "providers": sorted({take["provider"] for take in takes if take["provider"]}),
            "price": _price(decision.images, decision.cost, unknown=decision.unknown_cost),
            "version": line_version(line),
        }

    def _said(self, decision: Decision) -> Json:
        """Return what is said of the verdict and of what changed."""
        local: Mapping[Digest, str] = {}
        if decision.verdict not in _SETTLED and decision.line:
            local = local_manifests(self.project, decision)
        said = why_json(decision, local=local)
        changed = decision.verdict is not Verdict.UP_TO_DATE
        return {
            "verdict": said["verdict"],
            "summary": said["summary"],
            "reasons": [
                Reason(_ON_A_PAGE.get(one.kind, one.kind), one.facts).text
                for one in decision.reasons
            ],
            "next": said["next"] or None,
            "at": said["at"],
            "changes": said["changes"] or self._changes_since(decision),
            "local_changes": said["outputs"] if changed else [],
        }

    def _take(self, take: Take, decision: Decision, outputs: Sequence[Json]) -> Json:
        shown = take.n == _shown(decision)
        same = self._same_pixels(take, decision, outputs) if shown else None
        return {
            **take_json(take),
            "shown": shown,
            "picture": same or self.pictures.place(take.sha256),
        }

    def _same_pixels(self, take: Take, decision: Decision, outputs: Sequence[Json]) -> Json | None:
        """Return the picture of a file that has the pixels of a take, if there is one.

        So that a page has, and a browser loads, one of the two.
        """
        for output, one in zip(decision.target.outputs, outputs, strict=True):
            digest = self.loaded.seen.get(output.path)
            plain = output.content is None and output.format == "png"
            uncut = all(op.name == "crop" for op in output.ops)
            if not (digest and plain and uncut and one["state"] == "ok" and one["picture"]):
                continue
            if not output.ops or self._size_of(digest) == self._size_of(take.sha256):
                found: Json = one["picture"]
                return found
        return None

    def _size_of(self, digest: Digest) -> tuple[int, int] | None:
        facts = self.pictures.facts(digest)
        return (facts.width, facts.height) if facts else None

    def _output(self, output: Output, decision: Decision) -> Json:
        record = decision.line.outputs.get(output.path) if decision.line else None
        digest = self.loaded.seen.get(output.path)
        state = self._state(output, decision, record, digest)
        pointer = output.path in self.loaded.past.pointers
        is_read = digest and not pointer and output.format in READ_FORMATS
        picture = self.pictures.place(digest, Place(output.path)) if digest and is_read else None
        return {
            "path": output.path,
            "format": output.format,
            "bytes": self._size(output.path) if digest and not pointer else None,
            "state": state,
            "picture": picture,
        }

    def _state(
        self,
        output: Output,
        decision: Decision,
        record: OutputRecord | None,
        digest: Digest | None,
    ) -> str:
        if digest is None:
            return "missing"
        if record is None or record.sha256 != digest:
            return "old" if self.loaded.past.made(digest) else "modified"
        wanted = (decision.outputs or {}).get(output.path)
        fits = decision.verdict in _SETTLED or (wanted and wanted.key == record.key)
        return "ok" if fits else "old"

    def _size(self, path: str) -> int | None:
        try:
            return os.lstat(os.path.join(self.project.root, path)).st_size
        except OSError:
            return None

    def _change(self, decision: Decision, outputs: Sequence[Json]) -> tuple[Any, Any]:
        """Return the pictures before and after a change; None where there is none to compare."""
        line, place = decision.line, self.pictures.place
        stands = next((one["picture"] for one in outputs if one["picture"]), None)
        if self.earlier is not None:
            return self._since(decision, outputs)
        if line is None or decision.verdict is Verdict.UP_TO_DATE:
            return self._since_begun(line)
        if decision.verdict is Verdict.MODIFIED:
            for path, record in line.outputs.items():
                if self.loaded.seen.get(path) not in (None, record.sha256):
                    return place(record.sha256, Place(key=record.key)), stands
            return None, None
        known, bought = decision.bought, line.bought
        if known and bought and known.sha256 != bought.sha256:
            return place(bought.sha256), place(known.sha256)
        changed = decision.verdict not in _SETTLED
        return (place(bought.sha256) if bought and changed else None), None

    def _since(self, decision: Decision, outputs: Sequence[Json]) -> tuple[Any, Any]:
        """Return the picture of the earlier commit and the one of now, where they differ."""
        old, new = self._then(decision), decision.line
        if self.earlier is None or old is None or new is None:
            return None, None
        now = {one["path"]: one["picture"] for one in outputs}
        for path, record in old.outputs.items():
            differs = self.loaded.seen.get(path) != record.sha256
            if differs and now.get(path):
                read = partial(self.earlier.read, path, record.sha256)
                return self.pictures.place(record.sha256, Place("", record.key, read)), now[path]
        if not old.bought or not new.bought or old.bought.sha256 == new.bought.sha256:
            return None, None
        return self.pictures.place(old.bought.sha256), self.pictures.place(new.bought.sha256)

    def _since_begun(self, line: LockLine | None) -> tuple[Any, Any]:
        """Return the picture of another recipe that was shown first, and the one of now."""
        old = self.begun.get(line.target) if line else None
        if line is None or old is None or old.key == line.key or not old.bought or not line.bought:
            return None, None
        before = self.pictures.place(old.bought.sha256)
        return (before, self.pictures.place(line.bought.sha256)) if before else (None, None)

    def _then(self, decision: Decision) -> LockLine | None:
        return self.earlier.lines.get(decision.target.name) if self.earlier else None

    def _changes_since(self, decision: Decision) -> list[Json]:
        """Return how the recipe of what stands differs from that of the earlier commit."""
        old, new = self._then(decision), decision.line
        if not old or not new or old.recipe is None or new.recipe is None or old.key == new.key:
            return []
        return [change_json(change) for change in recipe_changes(old.recipe, new.recipe)]


def _takes(decision: Decision) -> Sequence[Take]:
    """Return the takes of what stands; those of the wanted recipe where nothing stands yet."""
    if decision.line and decision.line.takes:
        return decision.line.takes
    return decision.takes


def _shown(decision: Decision) -> int:
    return decision.line.shown if decision.line and decision.line.takes else decision.shown


def _declared(target: Target, decision: Decision) -> Json:
    return {
        "name": target.name,
        "kind": target.kind.value,
        "tags": list(target.tags),
        "prompt": target.prompt,
        "styles": list(target.styles),
        "model": decision.model or target.model,
        "aspect_ratio": target.aspect_ratio,
        "resolution": target.resolution,
        "quality": target.quality,
        "variant": target.variant,
        "note": target.note,
        "inputs": [
            {"role": r.role, **({"target": r.target} if r.target else {"file": r.file})}
            for r in target.inputs
        ],
        "review": target.review,
    }


def _standing(decision: Decision) -> Json:
    line = decision.line
    return {
        "waits": decision.waits,
        "pinned": bool(line and line.pinned),
        "accepted": bool(line and line.accepted_key),
        "state": line.state.value if line and (line.takes or line.outputs) else None,
        "line_note": line.note if line else "",
    }


def _made_of(target: Target, line: LockLine | None) -> Json:
    """Return the prompt of the picture that is shown, where it is another one."""
    old = line.recipe.get("prompt") if line and line.recipe else None
    adopted = line is not None and line.state is LineState.ADOPTED
    differs = isinstance(old, str) and old != normal_text(target.prompt) and not adopted
    return {"prompt": old if differs else None}


def _price(images: Range, cost: Range, *, unknown: bool) -> Json:
    return {**cost_json(cost), "unknown": unknown, "images": images_json(images)}


def _sum(costs: Iterable[float | None]) -> float | None:
    known = [cost for cost in costs if cost is not None]
    return usd(sum(known)) if known else None
