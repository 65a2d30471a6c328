"""Makes the projects that are measured: many pictures out of one matrix, and chains of edits."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping

from assetgen.app.loading import load_graph
from assetgen.app.project import open_project
from assetgen.digest import sha256
from assetgen.plan.local import output_actions
from assetgen.plan.model import Decision, Source
from assetgen.plan.planner import make_plan
from assetgen.state import LineState, LockLine, OutputRecord, Past, Take
from assetgen.store import lock as locks

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


def _stand_in(path: str) -> bytes:
    return f"picture {path}\n".encode()


def fabricate(
    project: str,
    n: int,
    env: Mapping[str, str],
    content: Callable[[str], bytes] = _stand_in,
) -> None:
    """Bring a project of :func:`make` to the state after a build, without drawing ``n`` pictures.

    The files are stand-ins, or what ``content`` gives for a path; targets, keys and the lock are
    made and written by assetgen's own code,
    so a build finds nothing to do.
    """
    opened = open_project(project, env)
    _, graph = load_graph(opened)
    lines = []
    for decision in make_plan(graph, graph.targets, Past()).decisions:
        lines.append(_built(project, decision, content))
    locks.write(opened.fs, opened.lock_path, lines)


def _built(project: str, decision: Decision, content: Callable[[str], bytes]) -> LockLine:
    target, action = decision.target, decision.action
    if action is None:
        raise AssertionError("targets of the bench need no input")
    take = Take(1, sha256(f"take of {action.key}".encode()), "draft", "draft", 0.0)
    records = {}
    for path, made in (output_actions(target, Source(take.sha256), {}) or {}).items():
        data = content(path)
        place = os.path.join(project, path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as file:
            file.write(data)
        records[path] = OutputRecord(made.key, sha256(data))
    return LockLine(
        target.name,
        recipe=action.manifest,
        key=action.key,
        takes=(take,),
        outputs=records,
        state=LineState.DRAFT,
    )


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
