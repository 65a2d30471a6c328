"""Many changes become one build, at the right time; the clock is the test's."""

from __future__ import annotations

from assetgen.app.watch.gathering import MOST, QUIET, Gathered, Gathering


def test_the_steps_of_one_save_are_one_build() -> None:
    """A new file, a rename, a change of its rights: due when nothing more comes."""
    gathering = Gathering()
    for at in (10.0, 10.02, 10.25):
        gathering.add("spec", at, sure=True)
        assert not gathering.is_due(at)
    assert not gathering.is_due(10.25 + QUIET / 2)
    assert gathering.is_due(10.25 + QUIET * 1.01)
    assert gathering.take() == Gathered(("spec",), sure=True)
    assert not gathering
    assert not gathering.is_due(99.0)


def test_changes_without_a_pause_do_not_wait_for_ever() -> None:
    """Somebody who writes all the time still sees a build now and then."""
    gathering = Gathering()
    at = 0.0
    while not gathering.is_due(at):
        gathering.add("log", at, sure=False)
        at += QUIET / 2
    assert MOST <= at <= MOST + QUIET


def test_a_checkout_is_waited_for_even_if_it_pauses() -> None:
    """While git holds its lock, half of the files are those of another commit."""
    gathering = Gathering()
    gathering.add("a", 0.0, sure=True)
    assert not gathering.is_due(MOST * 3, busy=True)
    assert gathering.is_due(MOST * 3, busy=False)


def test_what_surely_matters_is_told_and_nothing_beside_it() -> None:
    """Each path once, in the order of the first changes."""
    gathering = Gathering()
    for path, sure in (("x", False), ("b", True), ("a", False), ("a", True), ("b", False)):
        gathering.add(path, 0.0, sure=sure)
    assert gathering.take() == Gathered(("b", "a"), sure=True)
    gathering.add("x", 1.0, sure=False)
    gathering.add("w", 1.0, sure=False)
    assert gathering.take() == Gathered(("x", "w"), sure=False)
