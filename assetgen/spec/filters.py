"""The filters that templates may use, each bounded before it builds anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from assetgen.errors import Kind
from assetgen.spec.values import MAX_TEXT, TOO_LONG, RenderError, slug, sort_of, text_of

BAD_FILTER_VALUE = Kind(
    "template-filter-value",
    "the filter '{filter}' got {sort} where it needs {wanted}",
    "correct its arguments",
)

_WORD_BREAK = re.compile(r"([-\s({\[<]+)")


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter: ``run(value, *arguments)``; ``required`` of its ``arguments`` have no default."""

    run: Callable[..., Any]
    arguments: tuple[str, ...] = ()
    required: int = 0


def _slug(value: Any) -> str:
    return slug(text_of(value, "slug"))


def _upper(value: Any) -> str:
    return text_of(value, "upper").upper()


def _lower(value: Any) -> str:
    return text_of(value, "lower").lower()


def _title(value: Any) -> str:
    words = _WORD_BREAK.split(text_of(value, "title"))
    return "".join(word[:1].upper() + word[1:].lower() for word in words)


def _trim(value: Any, chars: Any = None) -> str:
    return text_of(value, "trim").strip(None if chars is None else text_of(chars, "trim"))


def _join(value: Any, d: Any = "") -> str:
    if not isinstance(value, list | tuple):
        raise _wrong("join", value, "a list")
    between = text_of(d, "join")
    if len(value) > MAX_TEXT:
        raise RenderError(TOO_LONG, {"limit": MAX_TEXT, "source": "join"})
    pieces = [text_of(item, "an item of the list") for item in value]
    _check_size(sum(map(len, pieces)) + len(between) * (len(pieces) - 1), "join")
    return between.join(pieces)


def _replace(value: Any, old: Any, new: Any, count: Any = None) -> str:
    text, before, after = (text_of(item, "replace") for item in (value, old, new))
    if count is not None and (isinstance(count, bool) or not isinstance(count, int)):
        raise _wrong("replace", count, "a whole number as its count")
    found = text.count(before)
    times = found if count is None or count < 0 else min(found, count)
    _check_size(len(text) + times * (len(after) - len(before)), "replace")
    return text.replace(before, after, times)


def _check_size(size: int, source: str) -> None:
    if size > MAX_TEXT:
        raise RenderError(TOO_LONG, {"limit": MAX_TEXT, "source": source})


def _wrong(name: str, value: Any, wanted: str) -> RenderError:
    facts = {"filter": name, "sort": sort_of(value), "wanted": wanted}
    return RenderError(BAD_FILTER_VALUE, facts)


FILTERS: Mapping[str, Filter] = {
    "slug": Filter(_slug),
    "upper": Filter(_upper),
    "lower": Filter(_lower),
    "title": Filter(_title),
    "trim": Filter(_trim, ("chars",)),
    "join": Filter(_join, ("d",)),
    "replace": Filter(_replace, ("old", "new", "count"), 2),
}
"""By name; `default` is not here, since it must see that its value is missing."""

FILTER_NAMES = (*FILTERS, "default")
