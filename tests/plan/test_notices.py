"""What is said beside the targets: here, of lines that no target has."""

from __future__ import annotations

import pytest

from assetgen.digest import sha256
from assetgen.graph import Graph
from assetgen.plan.notices import lasting
from assetgen.state import LineState, LockLine, Take

CLEAN = "'assetgen clean' lists what they left behind; a rename keeps them free"
INCLUDE = (
    "include the file that declares them, such as what 'assetgen import' wrote; "
    "'assetgen clean' forgets them"
)


def line(name: str, *, own: bool = False) -> LockLine:
    """Return a line whose picture was bought, or given by the user."""
    state = LineState.ADOPTED if own else LineState.BOUGHT
    return LockLine(name, takes=(Take(1, sha256(name.encode()), adopted=own),), state=state)


@pytest.mark.parametrize(
    ("bought", "own", "cause", "step"),
    [
        ("a", "", "1 target in the lock, not in the spec: a", CLEAN),
        ("ab", "", "2 targets in the lock, not in the spec: a, b", CLEAN),
        ("", "a", "1 target in the lock, not in the spec: a; it holds a file of yours", INCLUDE),
        (
            "",
            "ab",
            "2 targets in the lock, not in the spec: a, b; all hold files of yours",
            INCLUDE,
        ),
        (
            "a",
            "bc",
            "3 targets in the lock, not in the spec: a, b, c; 2 of them hold files of yours",
            INCLUDE,
        ),
        (
            "abcde",
            "f",
            "6 targets in the lock, not in the spec: a, b, c, d, e …; "
            "1 of them holds a file of yours",
            INCLUDE,
        ),
    ],
)
def test_lines_without_a_target(bought: str, own: str, cause: str, step: str) -> None:
    """Nobody who has yet to include a file is told to clean its pictures out of the lock."""
    lines = {name: line(name) for name in bought} | {name: line(name, own=True) for name in own}
    (found,) = lasting(Graph({}), (), lines)
    assert (found.cause, found.step) == (cause, step)


def test_a_former_take_of_the_users_own_counts() -> None:
    """Another one is shown, and the file is still only there."""
    both = (Take(1, sha256(b"own"), adopted=True), Take(2, sha256(b"bought")))
    (found,) = lasting(Graph({}), (), {"a": LockLine("a", takes=both, shown=2)})
    assert found.cause.endswith("; it holds a file of yours")
