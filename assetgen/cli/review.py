"""The command that serves a page to look, choose and reroll on; knows no route and no secret."""

from __future__ import annotations

import contextlib
import html
import os
import sys
import webbrowser
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from assetgen.app.planning import Selection
from assetgen.app.project import Project
from assetgen.cli import options
from assetgen.cli.run import echo, opened, verb
from assetgen.errors import Kind, Problem, UsageError
from assetgen.plan.model import Mode
from assetgen.store.disk import PRIVATE_FILE, private_folder

NOT_INSTALLED = Kind(
    "review-not-installed",
    "'assetgen review' needs the package '{package}', which is not installed",
    "pip install 'assetgen[serve]'",
)
DOOR = "review.html"


@click.command()
@options.targets()
@options.exclude
@options.draft
@click.option(
    "--port", default=0, type=click.IntRange(0, 65535), metavar="PORT",
    help="Port on this machine; any free one if not given.",
)  # fmt: skip
@click.option("--no-open", is_flag=True, help="Open no browser; the address is printed anyway.")
@verb
def review(
    targets: tuple[str, ...], exclude: tuple[str, ...], draft: bool, port: int, no_open: bool
) -> int:
    """Look at pictures in a browser, pick, reroll, adopt; Ctrl-C ends it.

    The page is served to this machine alone.
    """
    try:
        from assetgen.app.review.serving import Told, serve
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        raise UsageError(Problem(NOT_INSTALLED, facts={"package": package})) from None
    project = opened()
    opens = not no_open and _has_browser(os.environ)
    with contextlib.ExitStack() as stack:

        def say(address: str) -> None:
            echo(f"review: {address}\n")
            echo("# whoever knows this address may read and decide; Ctrl-C ends it\n")
            sys.stdout.flush()
            if opens:
                webbrowser.open(stack.enter_context(_door(project, address)))

        return serve(
            project, Selection(targets, exclude), Mode(draft=draft), port, Told(say, _say_stopping)
        )


def _say_stopping() -> None:
    sys.stderr.write(
        "stopping the build; what is in flight stays in the ledger (Ctrl-C again: at once)\n"
    )


def _has_browser(environ: Mapping[str, str]) -> bool:
    """Whether somebody sits in front of this machine's own screen."""
    if not (sys.stdout.isatty() and sys.stdin.isatty()) or "SSH_CONNECTION" in environ:
        return False
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


@contextlib.contextmanager
def _door(project: Project, address: str) -> Iterator[str]:
    """Give the address of a private file that leads to ``address``.

    What a browser is started with can be seen by every user of the machine; this cannot.
    """
    private_folder(project.folder)
    path = Path(project.folder, DOOR)
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    place = html.escape(address, quote=True)
    with open(handle, "w", encoding="utf-8") as file:
        file.write(f'<!doctype html><meta http-equiv="refresh" content="0;url={place}">')
    try:
        yield path.as_uri()
    finally:
        path.unlink(missing_ok=True)


COMMANDS = (review,)
