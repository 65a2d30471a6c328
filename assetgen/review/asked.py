"""What a page may ask for, as values read from untrusted JSON; does nothing about it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from assetgen.errors import Kind, Problem, UsageError
from assetgen.state import MAX_NAME, MAX_NOTE

MAX_NAMES = 10_000
MAX_NUMBER = 100_000
MAX_TAKES = 100
MAX_COST = 1_000_000.0

BAD_JSON = Kind("review-bad-json", "what was sent is not a JSON object", "reload the page")
MISSING = Kind("review-missing-field", "'{field}' is missing", "reload the page")
UNKNOWN = Kind("review-unknown-field", "there is no field '{field}'", "reload the page")
BAD_FIELD = Kind("review-bad-field", "'{field}' must be {wanted}", "reload the page")
NO_VERB = Kind("review-no-such-verb", "there is no action '{verb}'", "reload the page")


@dataclass(frozen=True, slots=True)
class Pick:
    """Show another take. ``seen``: the version of the line that the page showed; so everywhere."""

    target: str
    take: int
    note: str
    seen: str


@dataclass(frozen=True, slots=True)
class Pin:
    """Keep what is shown, or follow the recipe again."""

    target: str
    pinned: bool
    seen: str


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse a take, or take that back."""

    target: str
    take: int
    note: str
    rejected: bool
    seen: str


@dataclass(frozen=True, slots=True)
class Remark:
    """Say something of a take."""

    target: str
    take: int
    note: str
    seen: str


@dataclass(frozen=True, slots=True)
class Accept:
    """Keep the picture though the recipe changed."""

    target: str
    reason: str
    seen: str


@dataclass(frozen=True, slots=True)
class Adopt:
    """Take in a file as a take."""

    target: str
    seen: str
    with_ops: bool
    data: bytes


Decision = Pick | Pin | Reject | Remark | Accept | Adopt
"""What changes one line of the lock."""


@dataclass(frozen=True, slots=True)
class Price:
    """Say what so many more takes of the targets would cost; changes nothing."""

    targets: tuple[str, ...]
    takes: int


@dataclass(frozen=True, slots=True)
class Reroll:
    """Buy more takes, within what was shown and agreed to. ``max_cost`` in USD, None for any."""

    targets: tuple[str, ...]
    takes: int
    note: str
    max_images: int
    max_cost: float | None


@dataclass(frozen=True, slots=True)
class Build:
    """Build targets (none: all of them) within what was agreed to; 0 images: free work alone."""

    targets: tuple[str, ...]
    max_images: int
    max_cost: float | None


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop the running build in good order, and begin none that waits."""


Asked = Decision | Price | Reroll | Build | Stop


class _Fields:
    """The fields of one body, each taken once."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = dict(data)

    def _take(self, name: str, fits: Callable[[Any], bool], wanted: str, *default: Any) -> Any:
        if name not in self._data:
            if default:
                return default[0]
            raise _wrong(MISSING, field=name)
        value = self._data.pop(name)
        if not fits(value):
            raise _wrong(BAD_FIELD, field=name, wanted=wanted)
        return value

    def name(self, field: str = "target") -> str:
        found: str = self._take(field, _is_name, "a target's name")
        return found

    def names(self, *, least: int) -> tuple[str, ...]:
        def fits(value: Any) -> bool:
            return isinstance(value, list) and least <= len(value) <= MAX_NAMES

        found = self._take("targets", fits, "a list of targets' names")
        if not all(map(_is_name, found)):
            raise _wrong(BAD_FIELD, field="targets", wanted="a list of targets' names")
        return tuple(dict.fromkeys(found))

    def text(self, name: str, *default: str) -> str:
        found: str = self._take(name, _is_text, f"a text of up to {MAX_NOTE} characters", *default)
        return found

    def flag(self, name: str, *default: bool) -> bool:
        found: bool = self._take(
            name, lambda value: isinstance(value, bool), "a yes or no", *default
        )
        return found

    def number(self, name: str, least: int, most: int) -> int:
        found: int = self._take(name, _whole(least, most), f"a number from {least} to {most}")
        return found

    def cost(self) -> float | None:
        found: float | None = self._take("max_cost", _is_cost, "an amount of USD, or null")
        return found

    def end(self) -> None:
        for name in self._data:
            raise _wrong(UNKNOWN, field=name)


def read(verb: str, body: bytes) -> Asked:
    """Return what is asked for. Raises UsageError for anything that is not of this very shape."""
    reader = _READERS.get(verb)
    if reader is None:
        raise _wrong(NO_VERB, verb=verb)
    try:
        data = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise _wrong(BAD_JSON) from None
    if not isinstance(data, dict):
        raise _wrong(BAD_JSON)
    fields = _Fields(data)
    asked = reader(fields)
    fields.end()
    return asked


def read_adopt(query: Mapping[str, str], data: bytes) -> Adopt:
    """Return what is asked for with a file as the body. Raises UsageError."""
    fields = _Fields(query)
    target, seen = fields.name(), fields.text("seen")
    with_ops = fields.text("with_ops", "0")
    if with_ops not in ("0", "1"):
        raise _wrong(BAD_FIELD, field="with_ops", wanted="0 or 1")
    fields.end()
    return Adopt(target, seen, with_ops == "1", data)


_READERS: Mapping[str, Callable[[_Fields], Asked]] = {
    "pick": lambda f: Pick(f.name(), _take_number(f), f.text("note", ""), f.text("seen")),
    "pin": lambda f: Pin(f.name(), f.flag("pinned"), f.text("seen")),
    "reject": lambda f: Reject(
        f.name(), _take_number(f), f.text("note"), f.flag("rejected", True), f.text("seen")
    ),
    "remark": lambda f: Remark(f.name(), _take_number(f), f.text("note"), f.text("seen")),
    "accept": lambda f: Accept(f.name(), f.text("reason"), f.text("seen")),
    "price": lambda f: Price(f.names(least=1), f.number("takes", 1, MAX_TAKES)),
    "reroll": lambda f: Reroll(
        f.names(least=1),
        f.number("takes", 1, MAX_TAKES),
        f.text("note"),
        f.number("max_images", 1, MAX_NUMBER),
        f.cost(),
    ),
    "build": lambda f: Build(f.names(least=0), f.number("max_images", 0, MAX_NUMBER), f.cost()),
    "stop": lambda f: Stop(),
}
VERBS = (*_READERS, "adopt")


def _take_number(fields: _Fields) -> int:
    return fields.number("take", 1, MAX_NUMBER)


def _wrong(kind: Kind, **facts: str) -> UsageError:
    return UsageError(Problem(kind, facts=facts))


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_NAME and _is_clean(value)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= MAX_NOTE and _is_clean(value)


def _is_clean(text: str) -> bool:
    """Whether a text can stand in a file and in an argument: no NUL, no half character."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


def _whole(least: int, most: int) -> Callable[[object], bool]:
    def fits(value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most

    return fits


def _is_cost(value: object) -> bool:
    if value is None:
        return True
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and 0 <= value <= MAX_COST  # type: ignore[arg-type,operator]
