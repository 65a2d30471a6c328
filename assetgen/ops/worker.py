"""A process that does local work for a build: asked on its standard input, answering on its output.

It has no API key in its environment, opens no file of a project and no socket, and its memory has a
limit: bytes that make a decoder fail, or ask for too much, end it alone. It is not a sandbox: code
that ran in it could do what the user can. Started as ``python -P -m assetgen.ops.worker``, with the
plugins that the user enables as arguments.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

from assetgen.errors import AssetgenError, Kind, Problem
from assetgen.ops.expect import check_expect
from assetgen.ops.plugins import enable
from assetgen.ops.render import perform
from assetgen.ops.wire import Message, problem_data, read_message, write_message

try:
    import resource
except ImportError:  # Windows has no such limits
    resource = None  # type: ignore[assignment]

MAX_MEMORY = 4 * 1024**3
"""Bytes that one worker may hold; ten times the largest picture that is decoded."""

NICENESS = 5
"""So that the build's own process, which everybody waits for, goes first."""

GLANCE = 1.0
"""Seconds after which a worker looks whether the build still lives."""

FAILED = Kind(
    "local-work-failed",
    "local work ended with {error}",
    "this is a mistake in assetgen, or in a plugin; other arguments may get past it",
)
NO_MEMORY = Kind(
    "out-of-memory",
    "this takes more memory than a worker may have ({limit} GiB)",
    "make the picture smaller, or its first op a resize",
)


def serve(arguments: Sequence[str]) -> None:
    """Answer every message until the input ends."""
    # Ctrl-C, and often SIGTERM, go to the whole group of processes; when to stop is the build's to
    # say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    if resource is not None:
        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        limit = MAX_MEMORY if most == resource.RLIM_INFINITY else min(most, MAX_MEMORY)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    enable(arguments)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not end up among the answers
    questions = sys.stdin.buffer
    while (message := read_message(questions)) is not None:
        write_message(answers, answer(message))


def _end_with(parent: int) -> None:
    """End this process once ``parent`` is gone: nobody wants what it works on any more.

    (Windows goes on naming a parent that has ended; there, a worker finishes what it has begun.)
    """
    while os.getppid() == parent:
        time.sleep(GLANCE)
    os._exit(1)


def answer(message: Message) -> Message:
    """Return what comes of one message: the files, or why there are none."""
    try:
        return _answer(message)
    except AssetgenError as error:
        problems = error.problems
    except MemoryError:
        problems = (Problem(NO_MEMORY, facts={"limit": MAX_MEMORY >> 30}),)
    except Exception as error:  # a build goes on, whatever one picture does
        problems = (Problem(FAILED, facts={"error": repr(error)}),)
    return Message({"problems": [problem_data(problem) for problem in problems]})


def _answer(message: Message) -> Message:
    head: Any = message.head
    if "expected" in head:
        found = zip(head["expected"], message.blobs, strict=True)
        problems = [p for asked, data in found for p in check_expect(data, *asked)]
        return Message({"problems": [problem_data(p) for p in problems]} if problems else {})
    given = dict(zip((*head["ready"], *head["digests"]), message.blobs, strict=True))
    ready = {name: given[name] for name in head["ready"]}
    blobs = {digest: given[digest] for digest in head["digests"]}
    return Message({}, perform(head["manifests"], blobs, ready))


if __name__ == "__main__":
    serve(sys.argv[1:])
