"""Builds that meet, and builds that are interrupted: each picture is ordered once."""

from __future__ import annotations

import signal
import time

import pytest

from tests.e2e.sandbox import Sandbox

CHAIN = "targets: {a: a sword, b: {edit: a, prompt: in fire}, c: a dragon}\n"
SECONDS = 30.0


def wait_for_jobs(box: Sandbox, count: int) -> None:
    """Return when the draft service has accepted ``count`` jobs."""
    end = time.monotonic() + SECONDS
    while box.jobs() < count:
        assert time.monotonic() < end, "nothing was ordered"
        time.sleep(0.01)


def slow(box: Sandbox, seconds: float) -> None:
    """Let draft jobs take a while."""
    box.variables["ASSETGEN_DRAFT_LATENCY"] = str(seconds)


def test_a_second_build_waits_and_has_nothing_to_do(box: Sandbox) -> None:
    """It says for whom it waits, and then finds everything done."""
    box.spec(CHAIN)
    slow(box, 1)
    one = box.start("build")
    wait_for_jobs(box, 2)
    two = box.ok("build")
    said, complaints = one.communicate(timeout=SECONDS)
    assert (one.returncode, complaints) == (0, "")
    assert "3 pictures made (free)" in said
    waiting, *rest = two.out.splitlines()
    assert waiting.startswith(f"waiting for another build of this project (process {one.pid} on ")
    assert rest == ["3 targets up to date"]
    assert box.jobs() == 3


def test_a_second_build_as_data(box: Sandbox) -> None:
    """Waiting is an event before all others."""
    box.spec("targets: {a: a sword}\n")
    slow(box, 1)
    one = box.start("build")
    wait_for_jobs(box, 1)
    events = box.ok("build", "--json").events
    one.communicate(timeout=SECONDS)
    assert [event["event"] for event in events] == ["waiting", "build_started", "summary"]
    assert f"process {one.pid} on " in events[0]["holder"]
    assert box.jobs() == 1


def test_looking_does_not_wait(box: Sandbox) -> None:
    """Plan, status and jobs work beside a build, and say what is in flight."""
    box.spec("targets: {a: a sword}\n")
    slow(box, 2)
    one = box.start("build")
    wait_for_jobs(box, 1)
    assert box.ok("plan").code == 0
    assert "1 call in flight" in box.ok("status").out
    assert one.poll() is None
    one.communicate(timeout=SECONDS)
    assert one.returncode == 0


def test_a_killed_build_leaves_no_lock_behind(box: Sandbox) -> None:
    """The next build waits for nobody and collects what was in flight."""
    box.spec("targets: {a: a sword}\n")
    slow(box, 1)
    one = box.start("build")
    wait_for_jobs(box, 1)
    one.kill()
    one.communicate(timeout=SECONDS)
    two = box.ok("build")
    assert "waiting" not in two.out
    assert (box.root / "art/a.png").exists()
    assert box.jobs() == 1


def test_two_projects_do_not_wait_for_each_other(box: Sandbox) -> None:
    """Only the ledger is shared."""
    box.spec("targets: {a: a sword}\n")
    slow(box, 2)
    one = box.start("build")
    wait_for_jobs(box, 1)
    other = Sandbox(box.base, name="other")
    other.spec("targets: {b: an axe}\n")
    assert "waiting" not in other.ok("build").out
    assert one.poll() is None
    one.communicate(timeout=SECONDS)
    assert box.jobs() == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build(box: Sandbox, number: signal.Signals) -> None:
    """It ends at once with 130; the next one collects what is in flight and orders the rest."""
    box.spec(CHAIN)
    slow(box, 1.5)
    one = box.start("build")
    wait_for_jobs(box, 2)
    one.send_signal(number)
    said, complaints = one.communicate(timeout=SECONDS)
    assert (one.returncode, complaints) == (130, "")
    assert said.endswith(
        "interrupted: nothing is lost; 'assetgen build' goes on where this stopped\n"
    )
    assert box.jobs() == 2
    assert "2 calls in flight: 'assetgen build' collects" in box.ok("status").out
    box.ok("build")
    assert box.jobs() == 3
    assert box.ok("build").out == "3 targets up to date\n"


def test_a_build_interrupted_while_it_waits(box: Sandbox) -> None:
    """It leaves the one that it waited for alone."""
    box.spec("targets: {a: a sword}\n")
    slow(box, 5)  # the first build must still run when the second one has started
    one = box.start("build")
    wait_for_jobs(box, 1)
    two = box.start("build")
    assert two.stdout is not None
    assert two.stdout.readline().startswith("waiting for another build of this project")
    two.send_signal(signal.SIGINT)
    two.communicate(timeout=SECONDS)
    assert two.returncode == 130
    one.communicate(timeout=SECONDS)
    assert one.returncode == 0
    assert box.jobs() == 1
