"""Reads the fields of a catalogue's route, one value at a time; knows no file and no other row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from assetgen.action import DRAFT_MODEL
from assetgen.aspect import parse_ratio
from assetgen.catalogue import ANY, Pixels, Route
from assetgen.errors import did_you_mean

KINDS = ("generate", "edit")
FORMATS = ("png", "jpeg", "webp")
FORMS = ("data", "upload", "url")
MOST_USD = 10_000
_TIER = re.compile(r"\d+(\.\d+)?k\Z", re.ASCII)
_PIXELS = re.compile(r"([1-9]\d{1,4})x([1-9]\d{1,4})\Z", re.ASCII)

Sizes = dict[str, dict[str, Pixels]]


class Wrong(ValueError):
    """A value is not what it must be.

    Attributes:
        wanted: what it must be; hint: what to do.
    """

    def __init__(self, wanted: str, hint: str = "mend it") -> None:
        super().__init__(wanted)
        self.wanted = wanted
        self.hint = hint


def called(value: Any, known: Mapping[str, Any]) -> Any:
    """Return the set of that name; None if ``value`` is no text. Raises Wrong for other names."""
    if not isinstance(value, str):
        return None
    if value not in known:
        raise Wrong("the name of a set, or the values themselves", did_you_mean(value, known))
    return known[value]


def ratio_list(value: Any) -> tuple[str, ...]:
    """Return labels such as `19.5:9`. Raises Wrong."""
    if not isinstance(value, list) or not all(
        isinstance(label, str) and parse_ratio(label) for label in value
    ):
        raise Wrong("a list of ratios such as ['1:1', '3:2'], or '*'")
    return tuple(value)


def size_table(value: Any) -> Sizes:
    """Return (width, height) in pixels by tier and label. Raises Wrong."""
    wanted = Wrong("a table of tables: resolution, ratio, size such as '1024x768'")
    if not isinstance(value, dict):
        raise wanted
    tiers: Sizes = {}
    for tier, sizes in value.items():
        if not _TIER.match(tier) or not isinstance(sizes, dict):
            raise wanted
        tiers[tier] = {}
        for label, size in sizes.items():
            match = _PIXELS.match(size) if isinstance(size, str) else None
            if match is None or parse_ratio(label) is None:
                raise wanted
            tiers[tier][label] = (int(match[1]), int(match[2]))
    return tiers


def gaps(route: Route) -> Iterator[tuple[str, str, str]]:
    """Yield (field, what the route lacks or contradicts, next step)."""
    if not route.name:
        yield "model", "has no 'name'", "give the service's own word for the model"
    if route.kind == "edit" and not route.references:
        yield "kind", "edits, but takes no input picture", "give 'references'"
    if route.references and not route.forms:
        hint = f"give 'forms': how an input picture travels ({', '.join(FORMS)})"
        yield "references", "takes input pictures in no form", hint
    if route.pixels and route.ratios != ANY:
        known = {label for sizes in route.pixels.values() for label in sizes}
        for label in route.ratios:
            if label not in known:
                yield "ratios", f"has no pixels for {label}", "give them, or leave that ratio out"
    for key in route.prices:
        if key != "*":
            yield from _price_gaps(key, route)


def _price_gaps(key: str, route: Route) -> Iterator[tuple[str, str, str]]:
    quality, _, tier = key.rpartition("/")
    if route.resolutions != ANY and tier not in route.resolutions:
        hint = did_you_mean(tier, route.resolutions)
        yield "prices", f"has a price for '{tier}', which is not in 'resolutions'", hint
    words = ("default", *route.qualities)
    if quality and route.qualities != ANY and quality not in words:
        hint = did_you_mean(quality, words)
        yield "prices", f"has a price for '{quality}', which is not in 'qualities'", hint


def one_of(known: tuple[str, ...]) -> Callable[[Any], str]:
    """Return a reader of one of these words."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in known:
            hint = did_you_mean(value, known) if isinstance(value, str) else "mend it"
            raise Wrong(f"one of {', '.join(known)}", hint)
        return value

    return read


def _words(wanted: str, fits: Callable[[str], object]) -> Callable[[Any], tuple[str, ...]]:
    def read(value: Any) -> tuple[str, ...]:
        if value == ANY[0]:
            return ANY
        if not isinstance(value, list) or not all(isinstance(w, str) and fits(w) for w in value):
            raise Wrong(wanted)
        return tuple(value)

    return read


def _tiers(value: Any) -> tuple[str, ...]:
    wanted = "a list of tiers such as ['1k', '2k'], or '*'"
    tiers = _words(wanted, _TIER.match)(value)
    if not tiers:
        raise Wrong(wanted)
    return tiers


def _some_of(known: tuple[str, ...]) -> Callable[[Any], tuple[str, ...]]:
    one = one_of(known)

    def read(value: Any) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise Wrong(f"a list of {', '.join(known)}")
        return tuple(one(word) for word in value)

    return read


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Wrong("a text")
    return value


def _model(value: Any) -> str:
    if not isinstance(value, str) or not value.isprintable() or not value or " " in value:
        raise Wrong("a name without blanks, such as local/flux")
    if value == DRAFT_MODEL:
        raise Wrong("another name", f"'{DRAFT_MODEL}' is built in")
    return value


def _count(least: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise Wrong(f"a whole number, {least} or more")
        return value

    return read


def _usd(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Wrong("an amount of USD")
    if not 0 <= value <= MOST_USD:  # as nan and infinity are not
        raise Wrong(f"an amount of USD from 0 to {MOST_USD:,}")
    return float(value)


def _prices(value: Any) -> dict[str, float]:
    if not isinstance(value, dict):
        return {ANY[0]: _usd(value)}
    prices = {}
    for key, amount in value.items():
        quality, slash, tier = key.rpartition("/")
        if key != ANY[0] and (not _TIER.match(tier) or bool(slash) != bool(quality)):
            raise Wrong("amounts by resolution or quality/resolution, such as { 1k = 0.05 }")
        prices[key] = _usd(amount)
    return prices


def _day(value: Any) -> str:
    try:
        return (value if type(value) is date else date.fromisoformat(value)).isoformat()
    except (TypeError, ValueError):
        raise Wrong("a day such as 2026-11-21") from None


READERS: Mapping[str, Callable[[Any], Any]] = {
    "model": _model,
    "kind": one_of(KINDS),
    "name": _text,
    "ratio_from": _count(0),
    "resolutions": _tiers,
    "qualities": _words("a list of words, or '*'", str.strip),
    "formats": _some_of(FORMATS),
    "references": _count(0),
    "forms": _some_of(FORMS),
    "reference_bytes": _count(1),
    "prompt": _count(1),
    "count": _count(1),
    "prices": _prices,
    "per_reference": _usd,
    "source": _text,
    "as_of": _day,
    "withdrawn": _text,
}
"""How the fields are read that need nothing but their value."""
