"""What a verdict means for one target, in a sentence, and what to type next; knows no layout."""

from __future__ import annotations

from assetgen.errors import printable
from assetgen.plan import reasons
from assetgen.plan.model import Decision
from assetgen.report.text import count, money, money_range, number_range
from assetgen.report.words import is_draft
from assetgen.state import Verdict

PLAIN = {
    Verdict.UP_TO_DATE: "{name} is up to date: the lock has its recipe, and its files match",
    Verdict.RESTORE: "{name} will be put back from pictures that are known here, free",
    Verdict.PENDING: "{name} waits for what it reads: equal pictures leave it as it is",
    Verdict.MODIFIED: "{name} is left alone: a file is there that assetgen did not make",
    Verdict.KEPT: "{name} is kept as it is, whatever its recipe says",
    Verdict.BLOCKED: "{name} cannot go on: something that it needs is not there",
    Verdict.HELD: "{name} is held: nobody knows whether a paid call was accepted",
    Verdict.FAILED: "{name} failed, and is not sent again by itself",
    Verdict.LOST: "{name} is lost: its bought picture is needed and can be read nowhere here",
}
NEXT = {
    Verdict.MODIFIED: "next: 'assetgen adopt {name} FILE' keeps the file as the picture, "
    "'assetgen restore {name}' puts the built one back",
    Verdict.KEPT: "next: 'assetgen unpin {name}' lets it follow its recipe again",
    Verdict.HELD: "next: 'assetgen jobs' lists the call and settles it",
    Verdict.FAILED: "next: change the prompt, or 'assetgen reroll {name}' asks once more",
    Verdict.LOST: "next: build where the picture was bought (or pull it, if 'keep' has it)",
}


def sentence(decision: Decision) -> str:
    """Return one line that says what the verdict means for this target."""
    name = printable(decision.target.name)
    if decision.verdict is Verdict.RUN:
        return _run(decision, name)
    if decision.verdict is Verdict.PENDING and decision.images.max:
        return f"{PLAIN[Verdict.PENDING].format(name=name)}, others mean {_at_most(decision)}"
    return PLAIN[decision.verdict].format(name=name)


def _run(decision: Decision, name: str) -> str:
    if not decision.target.kind.is_paid:
        return f"{name} will be made from what is there, free"
    if not decision.images.max:
        shared = any(reason.kind is reasons.SHARED for reason in decision.reasons)
        if shared:
            return f"{name} will share a picture that is bought for another target"
        return f"{name} will be made of a picture that was ordered or bought before"
    past = "again " if decision.line and decision.line.takes and not is_draft(decision) else ""
    if is_draft(decision):
        return f"{name} will be drawn as a draft, free"
    return f"{name} will be bought {past}({_purchase(decision)})"


def _purchase(decision: Decision) -> str:
    many = "" if decision.images.max == 1 else "s"
    if is_draft(decision):
        return f"draw {number_range(decision.images)} draft{many}, free"
    price = money_range(decision.cost, unknown=decision.unknown_cost)
    return f"{number_range(decision.images)} picture{many}, {price}"


def _at_most(decision: Decision) -> str:
    if is_draft(decision):
        return f"up to {count(int(decision.images.max), 'draft')}, free"
    price = "price unknown" if decision.unknown_cost else f"at most {money(decision.cost.max)}"
    return f"up to {count(int(decision.images.max), 'picture')} to buy, {price}"


def next_step(decision: Decision) -> str:
    """Return what to type next, or nothing where there is nothing to settle."""
    if any(reason.kind is reasons.BOUGHT_STAYS for reason in decision.reasons):
        return ""
    return NEXT.get(decision.verdict, "").format(name=printable(decision.target.name))
