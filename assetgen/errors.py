"""What can go wrong, as values: a kind, its facts, a place; knows no terminal or file format.

A :class:`Kind` holds the sentence once, beside the code that finds the mistake; a :class:`Problem`
is one occurrence of it. Exceptions carry problems::

    AssetgenError            exit 1
    ├── SpecError            exit 2   mistakes in the spec, its data files or its input pictures
    ├── UsageError           exit 2   mistakes in flags, selection or configuration
    ├── LockError            exit 2   a lock file that cannot be read or needs a decision
    ├── StoreError           exit 1   a store, a ledger or a disk that refuses
    ├── ImageError           exit 1   bytes that are not the picture they claim to be
    └── ProviderError        exit 1   a paid call that ended without a picture
        └── AccountError     exit 4   authentication or balance: every further call would end alike
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

MAX_FACT = 200


@dataclass(frozen=True, slots=True, order=True)
class Loc:
    """A place in a text file: its path as shown to the user, line and column counted from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{printable(self.file)}:{self.line}:{self.column}"


def printable(text: str) -> str:
    """Return ``text`` with control, ANSI and bidi characters escaped, safe for a terminal."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        c if unicodedata.category(c)[0] != "C" and c not in "\u2028\u2029" else _escape(c)
        for c in text
    )


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the next step for a misspelt name: the nearest known one, else the list of them."""
    names = sorted(set(known))
    folded = {name.lower(): name for name in names}
    close = difflib.get_close_matches(word.lower(), folded, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{printable(folded[close[0]])}'?"
    if not names:
        return "there are none here"
    shown = ", ".join(printable(name) for name in names[:12])
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    return f"known: {shown}{more}"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of sentence: ``cause`` and ``step`` are format strings over the facts.

    Attributes:
        name: stable, kebab-case; what tests and JSON compare.
        cause: one line that says what is wrong.
        step: one line that says what to do next; may be empty for plain statements.
    """

    name: str
    cause: str
    step: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One occurrence of a kind. ``also`` is the other place of a duplicate."""

    kind: Kind
    loc: Loc | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    also: Loc | None = None

    @property
    def cause(self) -> str:
        """What is wrong, one line, with every fact made printable."""
        return self.kind.cause.format_map(_shown(self.facts))

    @property
    def step(self) -> str:
        """What to do next, one line; empty if the kind has none."""
        return self.kind.step.format_map(_shown(self.facts))

    def __str__(self) -> str:
        return f"{self.loc}: {self.cause}" if self.loc else self.cause


def _shown(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _short(value) if isinstance(value, str) else value for name, value in facts.items()
    }


def _short(text: str) -> str:
    safe = printable(text)
    return safe if len(safe) <= MAX_FACT else safe[: MAX_FACT - 1] + "…"


class AssetgenError(Exception):
    """The base of everything that assetgen raises on purpose; carries at least one problem."""

    exit_code: ClassVar[int] = 1

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


class SpecError(AssetgenError):
    """The spec, its data files or its input pictures hold mistakes; all of them are listed."""

    exit_code = 2


class UsageError(AssetgenError):
    """Flags, selection or configuration make no sense."""

    exit_code = 2


class LockError(AssetgenError):
    """The lock file cannot be read, or needs a decision before anything is built."""

    exit_code = 2


class StoreError(AssetgenError):
    """A store, the ledger or the disk refused to read or write."""


class ImageError(AssetgenError):
    """Bytes are not the complete picture that they claim to be."""


class ProviderError(AssetgenError):
    """A paid call ended without a picture."""


class AccountError(ProviderError):
    """Authentication or balance: every further call on this account would end alike."""

    exit_code = 4
