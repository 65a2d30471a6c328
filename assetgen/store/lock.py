"""The lock file as text: JSON Lines to lines and back; knows no spec, blob or output file.

A header line, then one line per target sorted by name. The text is untrusted: it may come from
anybody's branch, through any merge. Every line is checked, and a key is always computed from its
recipe, never read.
"""

from __future__ import annotations

import gc
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from assetgen.digest import Digest
from assetgen.errors import Kind, Loc, LockError, Problem
from assetgen.state import LineState, LockLine
from assetgen.store.files import read_regular, replace_file
from assetgen.store.fs import Fs
from assetgen.store.lockline import NEWER, BadLine, parse_line, read_object
from assetgen.store.locktext import line_text

NAME = "assetgen.lock"
VERSION = 1
MAX_BYTES = 256 << 20
MAX_LINE = 4 << 20
MAX_PROBLEMS = 20

CONFLICT = Kind(
    "lock-conflict", "the lock has conflict markers of a merge", "run 'assetgen lock resolve'"
)
NO_HEADER = Kind(
    "lock-header",
    "the lock does not begin with its header line",
    "take the file from version control; without it assetgen does not know what was bought",
)
LINE_TOO_LONG = Kind(
    "lock-line-too-long",
    "a line of the lock has more than {limit} MiB",
    "take the line from version control",
)
LOCK_TOO_LARGE = Kind(
    "lock-too-large",
    "the lock has more than {limit} MiB",
    "split the project, or take the file from version control",
)
NOT_UTF8 = Kind("lock-not-utf8", "the lock is not UTF-8 text", "take the file from version control")
TIE = Kind(
    "lock-tie",
    "the lock has several lines for {target}, and the spec does not tell which one is wanted",
    "run 'assetgen lock resolve', with --ours or --theirs where nobody is there to choose",
)

_MARKER = re.compile(r"(<{7,}|={7,}|>{7,}|\|{7,})(?: |\Z)")


@dataclass(frozen=True, slots=True)
class Placed:
    """A line of the lock and where it stands."""

    line: LockLine
    number: int


@dataclass(frozen=True, slots=True)
class Lock:
    """The lines of a lock file.

    Attributes:
        lines: by target, where the file has one line for it (or several equal ones).
        duplicates: the different lines of a target, in order, as a merge leaves them; these
            targets are not in ``lines``. :func:`settle` chooses.
        file: the path as shown to the user.
    """

    lines: dict[str, LockLine] = field(default_factory=dict)
    duplicates: dict[str, tuple[Placed, ...]] = field(default_factory=dict)
    file: str = NAME


def parse(text: str, file: str = NAME) -> Lock:
    """Return the lock that ``text`` holds.

    Raises LockError with a place for each of the first mistakes: conflict markers, a format of a
    newer assetgen, broken JSON, wrong types, bad digests and bad paths.
    """
    _check_text(text, file)
    return _collect(_numbered(text), file)


def without_markers(text: str, file: str = NAME) -> Lock:
    """Return the lock that ``text`` holds with all sides of its merge conflicts as duplicates.

    The common ancestor that diff3 styles show is left out. Raises LockError as :func:`parse`.
    """
    _check_text(text, file)
    return _collect(_both_sides(_numbered(text), file), file)


def settle(
    lock: Lock, wanted: Mapping[str, Digest | None]
) -> tuple[dict[str, LockLine], tuple[Problem, ...]]:
    """Choose between duplicates: the one line whose key the spec wants wins.

    ``wanted`` is the key by target; None, or no entry, where the spec wants none. Returns the
    lines by target, and one problem for each target that stays undecided and so has no line.
    """
    lines = dict(lock.lines)
    ties: list[Problem] = []
    for target, placed in lock.duplicates.items():
        chosen = choose([one.line for one in placed], wanted.get(target))
        if chosen is not None:
            lines[target] = chosen
            continue
        first, second = (Loc(lock.file, one.number) for one in placed[:2])
        ties.append(Problem(TIE, second, {"target": target}, also=first))
    return lines, tuple(ties)


def choose(lines: Sequence[LockLine], key: Digest | None) -> LockLine | None:
    """Return the one of several lines of a target that is to stay, or None for a tie.

    It is the one whose key the spec wants. A picture that somebody pinned, adopted or accepted
    never loses without being asked about; where nothing is bought it wins.
    """
    kept = [line for line in lines if _is_kept(line)]
    if all(line.recipe is None for line in lines):
        # What is made here is made again, for nothing, if it does not fit.
        return (kept or list(lines))[0] if len(kept) < 2 else None
    fitting = [line for line in lines if key is not None and line.key == key]
    if len(fitting) != 1 or any(line is not fitting[0] for line in kept):
        return None
    return fitting[0]


def _is_kept(line: LockLine) -> bool:
    return line.pinned or line.accepted_key is not None or line.state is LineState.ADOPTED


def render(lines: Iterable[LockLine]) -> str:
    """Return the file's text: the header, then the lines sorted by target."""
    ordered = sorted(lines, key=_target)
    return "\n".join([f'{{"assetgen":{VERSION}}}', *map(line_text, ordered), ""])


def read(path: str) -> Lock:
    """Return the lock at ``path``; an empty one if there is no file.

    Raises LockError for what it holds, StoreError if it cannot be read.
    """
    file = os.path.basename(path)
    text = read_text(path)
    return Lock(file=file) if text is None else parse(text, file)


def read_text(path: str) -> str | None:
    """Return the text of the lock file at ``path``, unchecked, or None if there is none.

    Raises LockError if it is not UTF-8, StoreError if it cannot be read.
    """
    file = os.path.basename(path)
    data = read_regular(path, file, MAX_BYTES)
    try:
        return None if data is None else data.decode()
    except UnicodeDecodeError as error:
        line = 1 + error.object.count(b"\n", 0, error.start)
        raise LockError(Problem(NOT_UTF8, Loc(file, line))) from None


def write(fs: Fs, path: str, lines: Iterable[LockLine]) -> bool:
    """Replace the lock at ``path`` if its text differs; returns whether it did.

    Line ends as a checkout on Windows has them are no difference, and no file is made for no
    lines. Raises StoreError.
    """
    lines = list(lines)
    file = os.path.basename(path)
    old = read_regular(path, file, MAX_BYTES)
    if old is None and not lines:
        return False
    data = render(lines).encode()
    if old is not None and old.replace(b"\r\n", b"\n") == data:
        return False
    replace_file(fs, path, file, data, None)
    return True


def _target(line: LockLine) -> str:
    return line.target


def _check_text(text: str, file: str) -> None:
    try:
        size = len(text) if text.isascii() else len(text.encode())
    except UnicodeEncodeError as error:
        place = Loc(file, 1 + text.count("\n", 0, error.start))
        raise LockError(Problem(NOT_UTF8, place)) from None
    if size > MAX_BYTES:
        raise LockError(Problem(LOCK_TOO_LARGE, Loc(file), {"limit": MAX_BYTES >> 20}))


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank, with their numbers."""
    # One at a time: all lines of a large lock at once would double what it takes in memory.
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    number, start = 1, 1 if text.startswith("\ufeff") else 0
    while start < len(text):
        end = text.find("\n", start)
        line = text[start : end if end >= 0 else None]
        if line and not line.isspace():
            yield number, line
        number, start = number + 1, start + len(line) + 1


def _both_sides(numbered: Iterable[tuple[int, str]], file: str) -> Iterator[tuple[int, str]]:
    """Yield the numbered lines without markers, and without what ``|||||||`` begins."""
    ancestor, begun = 0, 0
    for number, line in numbered:
        marker = _MARKER.match(line)
        if marker is None:
            if not ancestor:
                yield number, line
            continue
        # Conflicts inside an ancestor have longer markers than the one around them.
        size = len(marker[1])
        if not ancestor and marker[1][0] == "|":
            ancestor, begun = size, number
        elif marker[1] == "=" * ancestor:
            ancestor = 0
    if ancestor:
        raise LockError(Problem(CONFLICT, Loc(file, begun)))


def _collect(numbered: Iterable[tuple[int, str]], file: str) -> Lock:
    # A collection in between would look at every object of a large lock again and again.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _collect_lines(numbered, file)
    finally:
        if collecting:
            gc.enable()


def _collect_lines(numbered: Iterable[tuple[int, str]], file: str) -> Lock:
    places: dict[str, int] = {}
    lines: dict[str, LockLine] = {}
    several: dict[str, list[Placed]] = {}
    problems: list[Problem] = []
    rest = iter(numbered)
    _header(rest, file)
    for number, text in rest:
        try:
            if text[0] != "{" or len(text) > MAX_LINE or text.startswith('{"assetgen"'):
                _check_odd(text, number, file)
                continue
            line = parse_line(text)
        except BadLine as bad:
            problems.append(Problem(bad.kind, Loc(file, number, bad.column), bad.facts))
            if len(problems) == MAX_PROBLEMS:
                break
            continue
        target = line.target
        first = lines.setdefault(target, line)
        if first is line:
            places[target] = number
        elif first != line:
            known = several.setdefault(target, [Placed(first, places[target])])
            if all(one.line != line for one in known):
                known.append(Placed(line, number))
    if problems:
        raise LockError(*problems)
    for target in several:
        del lines[target]
    return Lock(lines, {target: tuple(placed) for target, placed in several.items()}, file)


def _header(rest: Iterator[tuple[int, str]], file: str) -> None:
    number, text = next(rest, (1, ""))
    try:
        if not text.startswith('{"assetgen"'):
            _check_odd(text, number, file)
            raise BadLine(NO_HEADER)
        _check_odd(text, number, file)
    except BadLine:
        raise LockError(Problem(NO_HEADER, Loc(file, number))) from None


def _check_odd(text: str, number: int, file: str) -> None:
    """Look at a line that is no target's: pass a header (a union merge may leave two of them).

    Raises LockError where no other line can make sense, BadLine where only this one does not.
    """
    if _MARKER.match(text):
        raise LockError(Problem(CONFLICT, Loc(file, number)))
    if len(text) > MAX_LINE:
        raise BadLine(LINE_TOO_LONG, {"limit": MAX_LINE >> 20})
    data = read_object(text)
    version = data.get("assetgen")
    if type(version) is not int or version < 1:
        raise BadLine(NO_HEADER)
    if version > VERSION:
        raise LockError(Problem(NEWER, Loc(file, number), {"what": "lock"}))
