"""Makes the projects that are measured: many pictures out of one matrix, and chains of edits."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping

from assetgen import __version__
from assetgen.places import cache_dir, config_file, project_folder
from assetgen.store.scope import scope_text, stamp_text
from assetgen.store.snapshot import Message, Watched, clock, write

PER_FOLDER = 500
WORDS = ("sword", "shield", "potion", "lantern", "compass", "anvil", "barrel", "candle")

SPEC = """\
version: 1
axes:
  item: {file: items.csv, id: "{{ id }}"}
targets:
  item:
    name: "item/{{ item }}"
    matrix: {item: item}
    matrix_limit: 100000
    prompt: "an icon of a {{ item.word }}, number {{ item }}"
    aspect_ratio: 1:1
    output: "art/{{ item.folder }}/{{ item }}.png"
"""

DODO = """\
def nothing():
    pass

def task_item():
    for path in open("outputs.txt").read().split():
        yield {"name": path, "file_dep": ["items.csv"], "targets": [path], "actions": [nothing]}
"""


def outputs(n: int) -> Iterator[str]:
    """Yield the output paths of a matrix project with ``n`` targets."""
    for number in range(n):
        yield f"art/{number // PER_FOLDER:04}/i{number:06}.png"


def write_rows(project: str, n: int, changed: str = "") -> None:
    """Write the axis of ``n`` values; the word of the middle one is ``changed`` if given."""
    with open(os.path.join(project, "items.csv"), "w", encoding="utf-8") as file:
        file.write("id,folder,word\n")
        for number in range(n):
            word = changed if changed and number == n // 2 else WORDS[number % len(WORDS)]
            file.write(f"i{number:06},{number // PER_FOLDER:04},{word}\n")


def make(project: str, n: int) -> None:
    """Write a matrix project's spec and axis, and the same outputs as ninja's and doit's edges."""
    os.makedirs(project)
    _text(project, "assetgen.yaml", SPEC)
    write_rows(project, n)
    rule = "rule made\n  command = :\n"
    edges = "".join(f"build {path}: made\n" for path in outputs(n))
    _text(project, "build.ninja", rule + edges)
    _text(project, "outputs.txt", "\n".join(outputs(n)) + "\n")
    _text(project, "dodo.py", DODO)


def fabricate(project: str, n: int, env: Mapping[str, str]) -> None:
    """Bring a project of :func:`make` to the state after a build, without building.

    Afterwards the ``n`` outputs exist and `assetgen build`, run with ``env`` in ``project``, finds
    nothing to do: there is a snapshot of the spec, the axis and all outputs.
    """
    paths = list(outputs(n))
    for path in paths:
        file_path = os.path.join(project, path)
        os.makedirs(os.path.dirname(file_path), exist_ok=True)
        with open(file_path, "wb") as file:
            file.write(f"picture {path}\n".encode())
    root = os.path.realpath(project)
    folder = project_folder(cache_dir(env), root)
    _wait_for_tick(folder, os.path.join(project, paths[-1]))
    taken = clock(folder)
    watched = (_watched(project, path) for path in ("assetgen.yaml", "items.csv", *paths))
    stamp = stamp_text(env, config_file(env))
    message = Message(f"{n} targets up to date.\n")
    write(folder, root, scope_text(), stamp, __version__, message, taken, watched)


def _wait_for_tick(folder: str, newest: str) -> None:
    changed = os.stat(newest).st_ctime_ns
    while clock(folder) <= changed:
        pass


def _watched(project: str, path: str) -> Watched:
    file_path = os.path.join(project, path)
    seen = os.stat(file_path)
    with open(file_path, "rb") as file:
        return path, seen, hashlib.file_digest(file, "sha256").hexdigest()


def make_jobs(project: str, chains: Mapping[str, int]) -> None:
    """Write a project of paid jobs: for each name a chain of so many pictures, each an edit."""
    lines = [
        "version: 1",
        'defaults: {aspect_ratio: 1:1, output: "art/{{ name }}.png"}',
        "targets:",
    ]
    for name, length in chains.items():
        lines.append(f"  {name}-0: {{prompt: picture {name}}}")
        lines += [
            f"  {name}-{step}: {{edit: {name}-{step - 1}, prompt: step {step}}}"
            for step in range(1, length)
        ]
    os.makedirs(project)
    _text(project, "assetgen.yaml", "\n".join(lines) + "\n")


def _text(project: str, name: str, text: str) -> None:
    with open(os.path.join(project, name), "w", encoding="utf-8") as file:
        file.write(text)
