"""The console script: answers at once where it can, else hands over to the commands."""

from __future__ import annotations

import errno
import os
import sys

from assetgen import __version__
from assetgen.cli.fast import unchanged

INTERRUPTED = 130
PIPE_CLOSED = 141
"""What a shell reports of a program that SIGPIPE ended."""


def main() -> None:
    """Run `assetgen` with the process's arguments, and exit with its code."""
    _open_closed()
    try:
        code = 0 if _answer(sys.argv[1:]) else _command(sys.argv[1:])
        sys.stdout.flush()
        sys.stderr.flush()
        # Every command closes what it opened. Taking the interpreter down as well costs a tenth
        # of a no-op build, and half a second where 100,000 targets were loaded.
        os._exit(code)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except OSError as error:
        if error.filename is not None:
            raise
        code = PIPE_CLOSED if error.errno == errno.EPIPE else _say_unwritable(error)
        # The interpreter flushes once more at its end, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(code)


def _open_closed() -> None:
    """Give a program that was started without standard streams such that lead nowhere."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 for good


def _say_unwritable(error: OSError) -> int:
    sys.stderr.write(
        f"the output cannot be written: {error.strerror}\n"
        "  send it elsewhere, or make room, and run the command again; "
        "nothing that was bought is lost\n"
    )
    return 1


def _answer(argv: list[str]) -> bool:
    """Answer what needs no command, and say whether that was all."""
    if argv == ["--version"]:
        sys.stdout.write(f"assetgen {__version__}\n")
        return True
    message = unchanged(argv, os.environ)
    if message is None:
        return False
    sys.stderr.write(message.stderr)
    sys.stdout.write(message.stdout)
    return True


def _command(argv: list[str]) -> int:
    # The one lazy border: loading every command takes longer than what was answered above.
    from assetgen.cli.commands import cli

    try:
        cli.main(argv, prog_name="assetgen")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0
