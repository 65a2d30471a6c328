"""What became of a target so far, recipe by recipe; knows no ledger and no clock."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from assetgen.errors import printable
from assetgen.report.takes import line_words, take_json, take_words
from assetgen.report.text import Paint, short
from assetgen.report.worddiff import diff_lines, word_diff
from assetgen.state import Choice, ChoiceKind, Job, JobState, LockLine, Take

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
    lines = [f"{paint(name, 'bold')}  {', '.join(line_words(past.line))}".rstrip()]
    before: Mapping[str, Any] = {}
    for number, chapter in enumerate(past.chapters, 1):
        lines += ["", *_chapter(number, chapter, before, paint)]
        before = chapter.recipe or before
    if past.choices:
        lines += ["", "decisions", *(_choice(choice) for choice in past.choices)]
    if past.chapters:
        lines += ["", BACK.format(name=name)]
    return "".join(line + "\n" for line in lines)


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
    take, call = tried.take, tried.call
    words = take_words(take, shown=shown) if take else [_without(call)]
    if take and not tried.readable:
        words.append("not kept here")
    when = f"  {moment(call.created)}" if call else ""
    return f"take {tried.n}  {', '.join(words)}{when}"


def _without(call: Job | None) -> str:
    if call is None:
        return "no picture"
    said = f": {printable(call.reason)}" if call.reason else ""
    word = "held" if call.state is JobState.AMBIGUOUS else call.state.value
    charged = ", charged" if call.charged else ""
    return f"{printable(call.provider)} {word}{charged}{said}"


def _choice(choice: Choice) -> str:
    what = _WORDS.get(choice.kind, choice.kind.value)
    of = f" take {choice.take}" if choice.take and choice.sha256 else ""
    said = f': "{printable(choice.note)}"' if choice.note else ""
    return f"  {moment(choice.created)}  {what}{of}{said}"


_WORDS = {
    ChoiceKind.REJECTED: "refused",
    ChoiceKind.UNREJECTED: "no longer refused",
    ChoiceKind.RELEASED: "let go of",
    ChoiceKind.NOTED: "wrote about",
    ChoiceKind.REROLLED: "asked for more than",
}
"""Where the plain word is not what a person would say before `take 2`."""


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
            "readable": tried.readable,
            "picture": take_json(take) if take else None,
            "call": _call_json(call) if call else None,
        }


def _call_json(call: Job) -> dict[str, Any]:
    return {
        "provider": call.provider,
        "state": call.state.value,
        "reason": call.reason,
        "charged": call.charged,
        "at": call.created,
    }
