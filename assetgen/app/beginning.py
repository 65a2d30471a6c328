"""Starts a project: a first spec and the merge rule of its lock; overwrites nothing."""

from __future__ import annotations

import os

from assetgen.errors import Kind, Problem, UsageError
from assetgen.places import SPEC_NAME
from assetgen.store import lock as locks
from assetgen.store.files import read_regular, replace_file
from assetgen.store.fs import Fs

EXISTS = Kind(
    "spec-exists",
    f"{{folder}} has something called {SPEC_NAME} already",
    "edit it, then 'assetgen plan'",
)
ATTRIBUTES = ".gitattributes"
MERGE_RULE = f"{locks.NAME} merge=union".encode()
MAX_ATTRIBUTES = 1 << 20

FIRST_SPEC = """\
# Pictures of this project. `assetgen plan` says what a build would do, `assetgen build` does it.
version: 1

# Without a model, pictures are drawn by the built-in `draft` provider: free, and without a key.
defaults:
  output: "art/{{ name }}.png"

styles:
  ink: "bold ink outlines, flat colours"

targets:
  # name: prompt
  lantern: a brass lantern with a green flame

  # or with everything that a picture can have
  banner:
    prompt: a ruined tower at dusk, calm sky on the left
    style: ink
    aspect_ratio: 16:9
    ops: [{resize: {width: 640}}]
"""


def init(folder: str, fs: Fs) -> list[str]:
    """Write a first spec and the lock's merge rule; return the files that were written.

    Raises UsageError if there is a spec already, StoreError if the folder takes no files.
    """
    spec = os.path.join(folder, SPEC_NAME)
    if os.path.lexists(spec):
        raise UsageError(Problem(EXISTS, facts={"folder": folder}))
    rules = _rules(folder)
    replace_file(fs, spec, SPEC_NAME, FIRST_SPEC.encode(), None)
    return [SPEC_NAME, *_add_rule(folder, fs, rules)]


def write_merge_rule(folder: str, fs: Fs) -> list[str]:
    """Let git merge the lock of a project; return the files that were written.

    Raises StoreError if the folder takes no files.
    """
    return _add_rule(folder, fs, _rules(folder))


def _rules(folder: str) -> bytes:
    return read_regular(os.path.join(folder, ATTRIBUTES), ATTRIBUTES, MAX_ATTRIBUTES) or b""


def _add_rule(folder: str, fs: Fs, rules: bytes) -> list[str]:
    if MERGE_RULE in rules.splitlines():
        return []
    gap = b"" if not rules or rules.endswith(b"\n") else b"\n"
    text = rules + gap + MERGE_RULE + b"\n"
    replace_file(fs, os.path.join(folder, ATTRIBUTES), ATTRIBUTES, text, None)
    return [ATTRIBUTES]
