"""Globs over names with `/` in them; knows neither files nor targets.

Patterns come from untrusted specs: a match goes back to its last `**` only, so none takes long.
"""

from __future__ import annotations

import fnmatch
import re
from functools import lru_cache


def glob_matches(pattern: str, name: str) -> bool:
    """Return whether a name fits a glob: `*` within a segment, `**` over any number of them."""
    wanted, parts = _segments(pattern), name.split("/")
    at, back, mark = 0, -1, 0
    i = 0
    while i < len(parts):
        if at < len(wanted) and wanted[at] is None:
            back, mark = at, i
            at += 1
        elif at < len(wanted) and (segment := wanted[at]) and segment.match(parts[i]):
            at += 1
            i += 1
        elif back >= 0:
            mark += 1
            at, i = back + 1, mark
        else:
            return False
    return all(segment is None for segment in wanted[at:])


@lru_cache(maxsize=1024)
def _segments(pattern: str) -> tuple[re.Pattern[str] | None, ...]:
    return tuple(
        None if part == "**" else re.compile(fnmatch.translate(part)) for part in pattern.split("/")
    )
