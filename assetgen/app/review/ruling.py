"""What a review reads and writes of its project, one call at a time; knows no page and no server.

Everything here blocks, and is called in one thread: the ledger's connection belongs to a thread.
"""

from __future__ import annotations

import gc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from assetgen.app.page.gallery import document, look
from assetgen.app.page.pictures import Pictures
from assetgen.app.planning import Selection, plan
from assetgen.app.project import Project
from assetgen.app.steer import verbs
from assetgen.app.steer.rerolling import names_to_reroll
from assetgen.app.watch.interest import Interest, first_interest, interest_of, unsure
from assetgen.errors import AssetgenError
from assetgen.plan.model import Mode
from assetgen.report.plan import cost_json, images_json
from assetgen.review.asked import Accept, Adopt, Decision, Pick, Pin, Price, Reject, Remark
from assetgen.state import LockLine

Json = dict[str, Any]


class Busy(Exception):
    """Somebody else holds the project's lock: ``holder`` says who, in words."""

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at the project gave.

    Attributes:
        document: what pages show; None where the project cannot be read.
        wrong: why it cannot be read.
        interest: whose change makes it another.
    """

    document: Json | None
    wrong: AssetgenError | None
    interest: Interest


class Ruling:
    """A project under review, and the part of it that is looked at."""

    def __init__(
        self, project: Project, selection: Selection, mode: Mode, pictures: Pictures
    ) -> None:
        self._project = project
        self._selection = selection
        self._mode = mode
        self._pictures = pictures
        self._interest = first_interest(project)
        self._begun: Mapping[str, LockLine] = {}

    def look(self) -> Seen:
        """Return the document as it is now."""
        try:
            view = look(self._project, self._selection, self._mode)
            # The first line that was seen of each target, also of one that was made meanwhile.
            self._begun = {**view.loaded.lines, **self._begun}
            data = document(self._project, view, self._pictures, mode="review", begun=self._begun)
            self._interest = interest_of(self._project, view.loaded, Selection(view.names))
        except AssetgenError as error:
            return Seen(None, error, unsure(self._interest))
        finally:
            gc.unfreeze()  # a plan is put out of the collector's sight, and there will be many
        return Seen(data, None, self._interest)

    def decide(self, asked: Decision) -> LockLine:
        """Write a decision into the lock, and return the new line.

        Raises Busy, :class:`~assetgen.app.steer.deciding.Moved`, AssetgenError.
        """
        with self._project.alone(_busy):
            return self._write(asked)

    def _write(self, asked: Decision) -> LockLine:
        project, name, seen = self._project, asked.target, asked.seen
        match asked:
            case Pick(take=take, note=note):
                return verbs.pick(project, name, take, note=note, seen=seen)
            case Pin(pinned=pinned):
                return verbs.pin(project, name, pinned=pinned, seen=seen)
            case Reject(take=take, note=note, rejected=rejected):
                return verbs.reject(project, name, take, note, rejected=rejected, seen=seen)
            case Remark(take=take, note=note):
                return verbs.remark(project, name, take, note, seen=seen)
            case Accept(reason=reason):
                return verbs.accept(project, name, reason, seen=seen)
            case Adopt(data=data, with_ops=with_ops):
                return verbs.adopt(project, name, data, with_ops=with_ops, seen=seen)

    def price(self, asked: Price) -> Json:
        """Return what so many more takes would cost, as data. Raises AssetgenError."""
        names = names_to_reroll(self._project, asked.targets)
        more = dict.fromkeys(names, asked.takes)
        mode = Mode(draft=self._mode.draft, more=more)
        _, made = plan(self._project, Selection(names), mode)
        return {
            "images": images_json(made.images),
            "cost": {**cost_json(made.cost), "unknown": made.unknown_cost},
            "targets": [
                {
                    "name": one.target.name,
                    "images": images_json(one.images),
                    "cost": {**cost_json(one.cost), "unknown": one.unknown_cost},
                    "providers": [offer.route.provider for offer in one.offers],
                }
                for one in made.decisions
                if one.images.max
            ],
            "problems": [problem.cause for problem in made.notices],
        }

    def close(self) -> None:
        """Close what was opened."""
        self._project.close()


def _busy(holder: str) -> NoReturn:
    raise Busy(holder)


def free_work(document: Mapping[str, Any], name: str) -> Sequence[str]:
    """Return the target and those made of it whose files can be brought in line for nothing."""
    targets = {target["name"]: target for target in document["targets"]}
    found: dict[str, None] = {}
    todo = [name]
    while todo:
        target = targets.get(todo.pop())
        if target is None or target["name"] in found:
            continue
        found[target["name"]] = None
        todo += target["dependants"]
    return [one for one in found if _is_free_work(targets[one])]


def _is_free_work(target: Mapping[str, Any]) -> bool:
    has_work = target["verdict"] in ("restore", "run", "pending")
    return has_work and not target["price"]["images"]["max"]
