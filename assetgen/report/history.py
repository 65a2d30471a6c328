"""What became of a target so far, recipe by recipe; knows no ledger and no clock."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from assetgen.errors import printable
from assetgen.report.text import Paint, money, short
from assetgen.report.worddiff import diff_lines, word_diff
from assetgen.state import Choice, Job, JobState, LineState, LockLine, Take

BACK = (
    "An earlier recipe in the spec brings its pictures back, free; "
    "'assetgen pick {name} N' shows another take."
)
_FIELDS = ("kind", "model", "aspect_ratio", "resolution", "quality", "variant")


class Tried(Protocol):
    """One take of a recipe, or a call that gave none."""

    @property
    def n(self) -> int: ...
    @property
    def take(self) -> Take | None: ...
    @property
    def call(self) -> Job | None: ...
    @property
    def readable(self) -> bool: ...


class Chapter(Protocol):
    """A recipe that the target had, and what came of it."""

    @property
    def key(self) -> str: ...
    @property
    def recipe(self) -> Mapping[str, Any]: ...
    @property
    def tried(self) -> Sequence[Tried]: ...
    @property
    def current(self) -> bool: ...
    @property
    def shown(self) -> int: ...


class History(Protocol):
    """A target's past, the oldest first."""

    @property
    def target(self) -> str: ...
    @property
    def chapters(self) -> Sequence[Chapter]: ...
    @property
    def choices(self) -> Sequence[Choice]: ...
    @property
    def line(self) -> LockLine | None: ...


def history_lines(past: History, *, color: bool = False) -> str:
    """Return a target's recipes, their takes and what was decided, the oldest first."""
    paint = Paint(color)
    name = printable(past.target)
    if not past.chapters and not past.choices:
        return f"{name} has no past: nothing was bought, drawn or decided for it\n"
    lines = [f"{paint(name, 'bold')}  {_state(past.line)}".rstrip()]
    before: Mapping[str, Any] = {}
    for number, chapter in enumerate(past.chapters, 1):
        lines += ["", *_chapter(number, chapter, before, paint)]
        before = chapter.recipe or before
    if past.choices:
        lines += ["", "decisions", *(_choice(choice) for choice in past.choices)]
    if past.chapters:
        lines += ["", BACK.format(name=name)]
    return "".join(line + "\n" for line in lines)


def _state(line: LockLine | None) -> str:
    if line is None:
        return ""
    words = [line.state.value] if line.takes or line.state is not LineState.BOUGHT else []
    words += ["pinned"] if line.pinned else []
    words += ["accepted"] if line.accepted_key else []
    words += [f'"{printable(line.note)}"'] if line.note else []
    return ", ".join(words)


def _chapter(
    number: int, chapter: Chapter, before: Mapping[str, Any], paint: Paint
) -> Iterator[str]:
    title = f"recipe {number}  {paint(short(chapter.key), 'dim')}"
    yield title + ("  where the lock stands" if chapter.current else "")
    yield from _recipe(chapter.recipe, before, paint)
    for tried in chapter.tried:
        yield "  " + _tried(tried, shown=chapter.current and tried.n == chapter.shown)


def _recipe(recipe: Mapping[str, Any], before: Mapping[str, Any], paint: Paint) -> Iterator[str]:
    if not recipe:
        yield "  its recipe is not known here"
        return
    for name in _FIELDS:
        old, new = before.get(name), recipe.get(name)
        if before and old != new:
            yield f"  {name}  {_word(old)} -> {_word(new)}"
    if before and _digests(recipe) != _digests(before):
        was, now = (", ".join(map(short, _digests(one))) or "none" for one in (before, recipe))
        yield f"  inputs  {was} -> {now}"
    prompt = str(recipe.get("prompt", ""))
    if not before:
        yield from (f"  | {printable(line)}" for line in prompt.split("\n"))
    elif prompt != before.get("prompt"):
        pieces = word_diff(str(before.get("prompt", "")), prompt)
        yield from (f"  | {line}" for line in diff_lines(pieces, paint))


def _digests(recipe: Mapping[str, Any]) -> list[str]:
    return [str(item.get("sha256", "")) for item in recipe.get("inputs", ())]


def _word(value: Any) -> str:
    return "(not set)" if value is None else printable(str(value))


def _tried(tried: Tried, *, shown: bool) -> str:
    words = [f"take {tried.n}"]
    take, call = tried.take, tried.call
    if take is None:
        words.append(_without(call))
    else:
        words.append(short(take.sha256))
        words += _whose(take)
        words += ["shown"] if shown else []
        words += ["refused"] if take.rejected else []
        words += [f'"{printable(take.note)}"'] if take.note else []
        words += [] if tried.readable else ["not kept here"]
    when = f"  {moment(call.created)}" if call else ""
    return f"{words[0]}  {', '.join(words[1:])}{when}"


def _whose(take: Take) -> list[str]:
    if take.adopted:
        return ["adopted as it is" if take.finished else "adopted"]
    price = [money(take.cost)] if take.cost else []
    return [printable(take.provider), *price] if take.provider else price


def _without(call: Job | None) -> str:
    if call is None:
        return "no picture"
    said = f": {printable(call.reason)}" if call.reason else ""
    word = "held" if call.state is JobState.AMBIGUOUS else call.state.value
    charged = ", charged" if call.charged else ""
    return f"{printable(call.provider)} {word}{charged}{said}"


def _choice(choice: Choice) -> str:
    what = choice.kind.value
    of = f" take {choice.take}" if choice.take and choice.sha256 else ""
    said = f': "{printable(choice.note)}"' if choice.note else ""
    return f"  {moment(choice.created)}  {what}{of}{said}"


def moment(seconds: float) -> str:
    """Return seconds since the epoch as `2026-11-21 14:03` in UTC."""
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime(seconds))


def history_json(past: History) -> dict[str, Any]:
    """Return the same as data; times in seconds since the epoch, UTC, costs in USD."""
    line = past.line
    return {
        "version": 1,
        "target": past.target,
        "state": line.state.value if line else None,
        "pinned": bool(line and line.pinned),
        "accepted_key": line.accepted_key if line else None,
        "note": line.note if line else "",
        "recipes": [
            {
                "key": chapter.key,
                "current": chapter.current,
                "recipe": dict(chapter.recipe),
                "takes": list(_tried_json(chapter.tried, chapter)),
            }
            for chapter in past.chapters
        ],
        "decisions": [
            {
                "at": choice.created,
                "kind": choice.kind.value,
                "key": choice.key,
                "take": choice.take,
                "sha256": choice.sha256 or None,
                "note": choice.note,
            }
            for choice in past.choices
        ],
    }


def _tried_json(found: Iterable[Tried], chapter: Chapter) -> Iterator[dict[str, Any]]:
    for tried in found:
        take, call = tried.take, tried.call
        yield {
            "n": tried.n,
            "shown": chapter.current and tried.n == chapter.shown and take is not None,
            "sha256": take.sha256 if take else None,
            "readable": tried.readable,
            "provider": take.provider if take else call.provider if call else "",
            "model": take.model if take else call.model if call else "",
            "cost": take.cost if take else call.cost if call else None,
            "note": take.note if take else "",
            "rejected": bool(take and take.rejected),
            "adopted": bool(take and take.adopted),
            "call": call.state.value if call else None,
            "reason": call.reason if call else "",
            "at": call.created if call else None,
        }
