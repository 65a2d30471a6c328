"""The command that serves the emulated services until Ctrl-C; knows no wire format."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from assetgen.cli.run import echo, verb
from assetgen.errors import Kind, Problem, UsageError, printable

if TYPE_CHECKING:
    from assetgen.emulator.emulator import Emulator
    from assetgen.emulator.journal import Call
    from assetgen.emulator.ledger import Charge

NOT_INSTALLED = Kind(
    "emulator-not-installed",
    "the emulator needs the package '{package}', which is not installed",
    "pip install 'assetgen[serve]'",
)
NO_FAULT_FILE = Kind("no-fault-file", "'{path}' cannot be read: {why}", "check the path")
PORT = 8317


@click.command()
@click.option(
    "--port", default=PORT, show_default=True, type=click.IntRange(0, 65534), metavar="PORT",
    help="Port of the services; their files are on the next one. 0 for any two.",
)  # fmt: skip
@click.option(
    "--latency", default=2.0, show_default=True, type=click.FloatRange(0), metavar="SECONDS",
    help="How long a job takes.",
)  # fmt: skip
@click.option("--faults", metavar="FILE", help="Scripted faults, a JSON file.")
@click.option("--seed", default=0, metavar="N", help="Decides every random number.")
@click.option(
    "--lose", default=0.0, type=click.FloatRange(0, 1), metavar="RATE",
    help="Accept this share of the jobs without an answer.",
)  # fmt: skip
@click.option(
    "--errors", default=0.0, type=click.FloatRange(0, 1), metavar="RATE",
    help="Answer this share of the requests with 5xx.",
)  # fmt: skip
@click.option(
    "--expire", type=click.FloatRange(0), metavar="SECONDS",
    help="How long the address of a result is good.",
)  # fmt: skip
@verb
def emulate(faults: str | None, **flags: Any) -> int:
    """Serve the picture services on this machine, free, for tests.

    Speaks the wire formats of Pixazo, Runware, APIXO, xAI and OpenAI. Ctrl-C ends it.
    """
    emulator = _emulator(_read(faults) if faults else b"[]", flags)
    with emulator:
        _say_where(emulator)
        emulator.listen(_say_call)
        _wait()
        _say_charges(emulator.charges)
        for leak in emulator.leaks:
            echo(f"LEAK: {leak.header} was sent to {leak.origin}{printable(leak.path)}\n")
    return 0


def _emulator(faults: bytes, flags: dict[str, Any]) -> Emulator:
    """Return the emulator that the flags describe. Raises UsageError."""
    try:
        from assetgen.emulator.emulator import Emulator
        from assetgen.emulator.faults import chaos, faults_of
        from assetgen.emulator.settings import Settings
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        raise UsageError(Problem(NOT_INSTALLED, None, {"package": package})) from None
    settings = Settings(
        latency=flags["latency"],
        seed=flags["seed"],
        expire=flags["expire"],
        faults=(*faults_of(faults), *chaos(flags["lose"], flags["errors"])),
    )
    return Emulator(settings, port=flags["port"])


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise UsageError(Problem(NO_FAULT_FILE, None, {"path": path, "why": why})) from None


def _say_where(emulator: Emulator) -> None:
    for name, value in emulator.environ.items():
        echo(f"export {name}={value}\n")
    echo("# any text will do as a key, such as: export RUNWARE_API_KEY=test\n")
    echo(f"# look: {emulator.api_base}/_emulator/state   end: Ctrl-C\n")
    sys.stdout.flush()


def _say_call(call: Call) -> None:
    job = f"  {call.jobs[0][-12:]}" if call.jobs else f"  {call.path}"
    said = f"  {call.said}" if call.said else ""
    fault = f"  [{call.fault}]" if call.fault else ""
    status = call.status or "---"
    line = f"{time.strftime('%H:%M:%S')} {call.service:8}{call.kind:9} {status}{job}{said}{fault}"
    with contextlib.suppress(OSError, ValueError):  # nobody reads any more; that is no fault
        echo(printable(line) + "\n")
        sys.stdout.flush()


def _wait() -> None:
    """Return at Ctrl-C, or when asked to end."""

    def end(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(3600)


@dataclass
class _Sum:
    jobs: int = 0
    cost: Decimal = Decimal(0)
    unknown: int = 0
    refunded: int = 0


def _say_charges(charges: Iterable[Charge]) -> None:
    sums: defaultdict[str, _Sum] = defaultdict(_Sum)
    for charge in charges:
        total = sums[charge.service]
        total.jobs += 1
        if charge.refunded:
            total.refunded += 1
        elif charge.price is None:
            total.unknown += 1
        else:
            total.cost += charge.price
    echo("\ncharges: none\n" if not sums else "\ncharges:\n")
    for service, total in sums.items():
        notes = [f"{total.cost:.2f} USD"]
        notes += [f"{total.unknown} of unknown price"] if total.unknown else []
        notes += [f"{total.refunded} refunded"] if total.refunded else []
        echo(f"  {service:8}{total.jobs} jobs, {', '.join(notes)}\n")


COMMANDS = (emulate,)
