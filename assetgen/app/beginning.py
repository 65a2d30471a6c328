"""Starts a project: a first spec and the merge rule of its lock; overwrites nothing."""

from __future__ import annotations

import os

from assetgen.errors import Kind, Problem, UsageError
from assetgen.places import SPEC_NAME
from assetgen.store import lock as locks
from assetgen.store.fs import Fs

EXISTS = Kind(
    "spec-exists",
    f"{{folder}} has something called {SPEC_NAME} already",
    "edit it, then 'assetgen plan'",
)
ATTRIBUTES = ".gitattributes"
MERGE_RULE = f"{locks.NAME} merge=union"

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

    Raises UsageError if there is a spec already.
    """
    spec = os.path.join(folder, SPEC_NAME)
    if os.path.lexists(spec):
        raise UsageError(Problem(EXISTS, facts={"folder": folder}))
    fs.write(spec, FIRST_SPEC.encode())
    return [SPEC_NAME, *_merge_rule(os.path.join(folder, ATTRIBUTES), fs)]


def _merge_rule(path: str, fs: Fs) -> list[str]:
    text = ""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            text = file.read()
    if MERGE_RULE in text.splitlines():
        return []
    gap = "" if not text or text.endswith("\n") else "\n"
    fs.write(path, f"{text}{gap}{MERGE_RULE}\n".encode())
    return [ATTRIBUTES]
