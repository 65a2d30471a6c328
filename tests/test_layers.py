"""Imports go down the rows of the architecture, never up or sideways, and stand at the top."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "assetgen"

ROWS = [
    {"errors", "digest", "paths", "places", "clock", "globs", "quick", "aspect", "secret"},
    {"action", "graph", "state"},
    {"events", "config", "catalogue", "rowfields", "rows", "optable", "presets"},
    {"spec", "plan", "store", "providers"},
    {"ops", "paid"},
    {"build", "report", "review"},
    {"app"},
    {"cli"},
    {"__main__"},
]
"""Bottom first. Within one row, only modules of the same folder may import each other."""

APART = {"errors", "clock"}
"""All that the emulator may import; only cli imports the emulator."""

SIDEWAYS = {
    # paid checks that what it fetched is a whole picture, and only ops knows pictures
    ("paid", "ops"),
    # one bottom value may be built of another
    ("state", "graph"),
    ("events", "state"),
    # the rows of the catalogue are read into its values
    ("rows", "catalogue"),
    ("rows", "rowfields"),
    ("rowfields", "catalogue"),
}

THIRD_PARTY = {
    "click": {"cli"},
    "diskcache": {"store"},
    "filelock": {"store"},
    "h11": {"providers"},
    "httpx": {"providers", "emulator"},
    "jinja2": {"spec", "report", "review"},
    "jmespath": {"spec"},
    "jsonschema": {"spec"},
    "jsonschema_rs": {"spec"},
    "PIL": {"ops", "providers", "emulator"},
    "numpy": {"ops"},
    "obstore": {"providers"},
    "rich": {"report"},
    "starlette": {"emulator", "review"},
    "uvicorn": {"emulator", "review"},
    "watchfiles": {"app"},
    "yaml": {"spec"},
}
"""Which folder may import which third-party package."""

LAZY = {
    # loading every command takes longer than what the entry point answers at once
    ("cli/main.py", "assetgen.cli.commands"),
    # what draws on a terminal takes a tenth of the start, and most builds have none
    ("cli/talking.py", "assetgen.report.live"),
    # the HTTP client takes as long to load as a small project to plan, and drafts need none
    ("app/shop.py", "assetgen.providers.services"),
    ("app/doctor.py", "assetgen.providers.services"),
    ("app/shop.py", "assetgen.providers.hosting"),
    # what knows object stores is an extra, and may not be installed
    ("providers/hosting.py", "assetgen.providers.objects"),
    # what serves is an extra, and may not be installed
    ("cli/emulate.py", "assetgen.emulator.emulator"),
    ("cli/emulate.py", "assetgen.emulator.faults"),
    ("cli/emulate.py", "assetgen.emulator.settings"),
    ("cli/review.py", "assetgen.app.review.serving"),
    # what gives notices of changes is an extra, and may not be installed
    ("cli/watch.py", "assetgen.app.watch.notices"),
    # few builds listen, and the parser takes its time to load
    ("app/callbacks.py", "assetgen.providers.webhooks"),
    # what finds words for mistakes takes a seventh of the start, and most specs have none
    ("spec/sources.py", "assetgen.spec.validate"),
    # few builds have a snippet, or a plugin
    ("ops/webwork.py", "assetgen.ops.placeholder"),
    ("ops/plugins.py", "importlib.metadata"),
    # few pictures are keyed, and their arguments are checked without numpy
    ("ops/alpha.py", "assetgen.ops.keying"),
    # a fresh hash is needed only where a time stamp cannot be trusted; hashlib costs 3 ms
    ("store/snapshot.py", "hashlib"),
    ("store/snapshot.py", "_hashlib"),
    ("store/snapshot.py", "_sha2"),
    ("store/snapshot.py", "_sha256"),
}
"""The only imports that may stand inside a function, each with its reason."""


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def part_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node.lineno


def row_of(part: str) -> int:
    return next(number for number, row in enumerate(ROWS) if part in row)


def test_imports_go_down() -> None:
    """A module imports only rows below its own, or its own folder."""
    wrong = []
    for path, tree in modules():
        here = part_of(path)
        if here == "__init__":
            continue
        for name, line in imports(tree):
            parts = name.split(".")
            if parts[0] != "assetgen" or parts[1] in (here, "__version__"):
                continue
            there = parts[1]
            if "emulator" in (here, there):
                allowed = there in APART or here == "cli"
            else:
                allowed = row_of(there) < row_of(here) or (here, there) in SIDEWAYS
            if not allowed:
                wrong.append(f"{path.relative_to(ROOT)}:{line}: {here} may not import {there}")
    assert wrong == []


def test_every_part_has_a_row() -> None:
    """A new folder or module of the package must be given its place in the table."""
    known = set().union(*ROWS) | {"__init__", "__main__", "emulator"}
    assert {part_of(path) for path, _ in modules()} <= known


def test_third_party_packages_stay_where_they_belong() -> None:
    """Each third-party package is imported only by the folders that the table names."""
    wrong = []
    for path, tree in modules():
        here = part_of(path)
        for name, line in imports(tree):
            top = name.split(".")[0]
            if top == "assetgen" or top in sys.stdlib_module_names:
                continue
            if here not in THIRD_PARTY.get(top, set()):
                wrong.append(f"{path.relative_to(ROOT)}:{line}: {here} may not import {top}")
    assert wrong == []


def test_imports_stand_at_the_top() -> None:
    """No function imports, except those that the table gives a reason for."""
    wrong = []
    for path, tree in modules():
        name = path.relative_to(PACKAGE).as_posix()
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for inner in ast.walk(node):
                if not isinstance(inner, ast.Import | ast.ImportFrom):
                    continue
                module = inner.module if isinstance(inner, ast.ImportFrom) else inner.names[0].name
                if (name, module) not in LAZY:
                    wrong.append(f"{name}:{inner.lineno}: imports {module} in a function")
    assert wrong == []


def test_modules_say_what_they_are() -> None:
    """Every module that is not empty begins with a docstring."""
    silent = [
        str(path.relative_to(ROOT))
        for path, tree in modules()
        if tree.body and not ast.get_docstring(tree)
    ]
    assert silent == []


def test_the_table_can_fail() -> None:
    """A module that imports upwards is found: the check itself works."""
    tree = ast.parse("from assetgen.cli.main import main")
    (found,) = imports(tree)
    assert found == ("assetgen.cli.main.main", 1)
    assert row_of("cli") > row_of("store")
