"""Services may call back: it saves questions, finds lost submits, and proves nothing by itself."""

from __future__ import annotations

import socket

import pytest

from tests.e2e.emulated import Market

JOBS = ("pixazo", "runware", "apixo")
SLOW = "".join(f"[providers.{name}]\nfirst_poll = 50\npoll = 50\nrate = 6000\n" for name in JOBS)
"""Nobody asks before a minute is over, so what is quick was called for."""


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return int(place.getsockname()[1])


def hooks() -> tuple[str, ...]:
    """Return the flags of a build that services can reach."""
    place = f"127.0.0.1:{free_port()}"
    return ("--max-images", "9", "--webhook-url", f"http://{place}", "--webhook-listen", place)


@pytest.fixture
def slow(shop: Market) -> Market:
    """A shop whose polls are far apart."""
    (shop.base / "config.toml").write_text(SLOW)
    return shop


@pytest.mark.parametrize("provider", JOBS)
def test_a_call_back_makes_a_poll_unnecessary(slow: Market, provider: str) -> None:
    """The picture is asked for when the service says so, not a minute later."""
    slow.shelf(provider, "targets: {a: a sword, b: a shield}\n")
    assert slow.build(*hooks())["bought"] == 2
    assert len(slow.charges) == 2


@pytest.mark.parametrize("provider", ["pixazo", "apixo"])
def test_a_call_back_finds_a_submit_without_an_answer(slow: Market, provider: str) -> None:
    """The token tells whose it is, and the service confirms the job: nothing is held."""
    slow.shelf(provider, "targets: {a: a sword}\n")
    slow.emulator.fault("drop", service=provider, accepted=True)
    assert slow.build(*hooks())["bought"] == 1
    assert (len(slow.submits), len(slow.charges)) == (1, 1)


@pytest.mark.parametrize("kind", ["webhook-duplicate", "webhook-forged"])
@pytest.mark.parametrize("provider", JOBS)
def test_repeated_and_forged_calls_change_nothing(slow: Market, provider: str, kind: str) -> None:
    """Trap 33: nobody signs them, so each is but a reason to ask."""
    slow.shelf(provider, "targets: {a: a sword}\n")
    slow.emulator.fault(kind, service=provider, times=0)
    assert slow.build(*hooks())["bought"] == 1
    assert len(slow.charges) == 1


def test_polling_goes_on_without_calls(shop: Market) -> None:
    """A call that never comes costs nothing but the time of a poll."""
    shop.shelf("runware", "targets: {a: a sword}\n")
    shop.emulator.fault("webhook-lost", service="runware", times=0)
    assert shop.build(*hooks())["bought"] == 1


def test_both_addresses_are_needed(shop: Market) -> None:
    """One alone is a mistake, told before anything else."""
    shop.shelf("runware", "targets: {a: a sword}\n")
    ran = shop.run("build", "--webhook-url", "https://me.example.org")
    assert (ran.code, "--webhook-listen is missing" in ran.err) == (2, True)
    ran = shop.run("build", "--webhook-url", "http://me.example.org", "--webhook-listen", "8787")
    assert (ran.code, "http is not https" in ran.err) == (2, True)
