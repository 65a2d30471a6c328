"""What targets read: names or project files, and cycles; never opens a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from assetgen.errors import Kind, Loc, did_you_mean
from assetgen.graph import Graph, Reference
from assetgen.paths import check_path
from assetgen.spec.collect import Problems
from assetgen.spec.values import normal

UNKNOWN_REFERENCE = Kind("unknown-reference", "there is no target '{name}'", "{step}")
NO_FONT = Kind(
    "font-no-file",
    "the font '{name}' is not a file of the project",
    "put one there and give its path, such as ./fonts/Title.ttf",
)
BAD_INPUT_PATH = Kind(
    "bad-input-path",
    "the input file './{path}' {why}",
    "name a file inside the project, with / between folders",
)
CYCLE = Kind("cycle", "targets need each other: {path}", "let one of them read something else")

MANY = 500
"""Names that a search for the nearest one looks at."""


def reference(role: str, text: str, loc: Loc) -> Reference:
    """Return the reference that a text means; :func:`check_references` tells if it exists."""
    if text.startswith("./"):
        path = text
        while path.startswith("./"):
            path = path[2:].lstrip("/")
        return Reference(role, file=path, loc=loc)
    return Reference(role, target=normal(text), loc=loc)


def check_references(
    graph: Graph,
    names: Mapping[str, Loc],
    cells: Mapping[str, str],
    file_exists: Callable[[str], bool],
    problems: Problems,
    hidden: Iterable[str] = (),
) -> None:
    """Note every reference to something that is neither a target nor an acceptable file.

    ``names``: all targets, those that failed to expand too; ``cells``: for each declaration by
    matrix, the name of its first cell, for the hint; ``hidden``: declarations whose cells are not
    known.
    """
    unknown = tuple(f"{key}/" for key in hidden)
    files: set[str] = set()
    for target in graph:
        for read in target.inputs:
            if read.role == "font" and read.target:
                if not problems.enough(NO_FONT, read.loc):
                    problems.add(NO_FONT, read.loc, name=read.target)
            elif read.target:
                if read.target in names or read.target.startswith(unknown):
                    continue
                if problems.enough(UNKNOWN_REFERENCE, read.loc):
                    continue
                step = _step(read.target, names, cells, file_exists)
                problems.add(UNKNOWN_REFERENCE, read.loc, name=read.target, step=step)
            elif read.file not in files:
                files.add(read.file)
                why = check_path(read.file)
                if why is not None:
                    problems.add(BAD_INPUT_PATH, read.loc, path=read.file, why=why)


def check_cycle(graph: Graph, problems: Problems) -> None:
    """Note a cycle, if there is one, at the place where its first target reads the second."""
    linked = Graph({target.name: target for target in graph if target.inputs})
    path = linked.cycle()
    if path is None:
        return
    first = graph.targets[path[0]]
    loc = next(read.loc for read in first.inputs if read.target == path[1])
    shown = path if len(path) <= 12 else [*path[:11], "…", path[-1]]
    problems.add(CYCLE, loc or first.loc, path=" -> ".join(shown))


def _step(
    name: str,
    names: Mapping[str, Loc],
    cells: Mapping[str, str],
    file_exists: Callable[[str], bool],
) -> str:
    if check_path(name) is None and file_exists(name):
        return f"it is a file: write ./{name}"
    if name in cells:
        return f"'{name}' is a matrix: name one of its cells, such as '{cells[name]}'"
    if not name:
        return "name a target, or a project file that begins with ./"
    return did_you_mean(name, nearest(name, names))


def nearest(name: str, names: Iterable[str]) -> list[str]:
    """Return the names worth comparing: all, or of very many those that begin or end alike."""
    known = list(names)
    if len(known) <= MANY:
        return known
    head, tail = name[:3].lower(), name.rpartition("/")[2].lower()
    alike = [one for one in known if one[:3].lower() == head or one.lower().endswith(tail)]
    return (alike or known)[:MANY]
