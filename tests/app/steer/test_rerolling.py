"""More takes of what is there: what is sent, what is kept, and what a cut-off reroll leaves."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from assetgen.app.asked import Hands, Options
from assetgen.app.consent import Caps
from assetgen.app.loading import load
from assetgen.app.planning import ALL, plan_loaded
from assetgen.app.steer.rerolling import reroll
from assetgen.digest import Digest
from assetgen.events import Summary
from assetgen.paid.collector import Counter
from assetgen.plan.model import Mode, Plan
from assetgen.providers.base import Failed
from assetgen.store.blobs import DiskBlobs
from assetgen.store.fs import DiskFs
from tests.app.test_paid_build import MODEL, Shop

CHAIN = f"""\
version: 1
defaults: {{model: {MODEL}}}
targets:
  base: a knight
  armor: {{edit: base, prompt: in armour}}
"""
CAPS = Caps(max_images=9)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A knight and his armour, bought."""
    one = Shop(tmp_path)
    one.spec(CHAIN)
    assert one.build(CAPS).bought == 2
    return one


def more(shop: Shop, names: Sequence[str], takes: int = 1) -> Summary:
    """Reroll ``names``."""
    blobs = DiskBlobs(str(shop.base / "data" / "blobs"), DiskFs())
    hands = Hands(
        emit=shop.events.append,
        counters={"fake": Counter(shop.provider, blobs, b"secret")},
        catalogue=shop.catalogue,
    )
    return reroll(shop.project(), names, takes, "", Options(caps=CAPS), hands).summary


def plan(shop: Shop) -> Plan:
    """Return what a build would do."""
    project = shop.project()
    return plan_loaded(project, load(project), ALL, Mode(), shop.catalogue)


def numbers(shop: Shop, name: str = "base") -> list[int]:
    """Return the takes that the lock lists."""
    return [take.n for take in load(shop.project()).lines[name].takes]


def cut_off(shop: Shop) -> Digest:
    """Leave the intent of a second take of the knight, as a reroll that was killed would."""
    project = shop.project()
    action = plan(shop)["base"].action
    assert action is not None
    project.ledger.intend(
        key=action.key,
        take=2,
        epoch=1,
        provider="fake",
        model=MODEL,
        job_id="00000000-0000-4000-8000-000000000002",
        session="0" * 32,
        project=project.root,
        target="base",
        manifest=action.text,
        price=0.02,
        now=shop.clock.now(),
        route=shop.catalogue.models[MODEL][0].name,
    )
    return action.key


def test_a_reroll_that_was_cut_off_is_gone_on_with(shop: Shop) -> None:
    """The plan says so, and the next build sends the same request under its own id, once."""
    cut_off(shop)
    made = plan(shop)
    assert (made["base"].verdict, made["base"].buy) == ("run", ())
    assert (made.images.min, made.images.max) == (0, 1)
    assert made["armor"].verdict != "run"
    assert shop.build(CAPS).exit_code == 0
    assert numbers(shop) == [1, 2]
    assert len(shop.provider.charges) == 3
    assert plan(shop).images.max == 0


def test_what_a_cut_off_reroll_ordered_counts_for_the_next(shop: Shop) -> None:
    """Who says it again gets what was asked for, and not more."""
    cut_off(shop)
    assert more(shop, ["base"], 2).exit_code == 0
    assert numbers(shop) == [1, 2, 3]
    assert len(shop.provider.charges) == 4


def test_without_consent_a_cut_off_reroll_waits(shop: Shop) -> None:
    """It may never have arrived, so sending it again may be a charge."""
    cut_off(shop)
    assert shop.build().exit_code in (3, 75)
    assert (numbers(shop), len(shop.provider.charges)) == ([1], 2)


def test_a_take_that_fails_leaves_what_stands(shop: Shop) -> None:
    """The failure is told; the picture that is shown, and what is made of it, are as they were."""
    shop.provider.polls = [Failed("moderated", charged=True, moderated=True)]
    assert more(shop, ["base", "armor"]).failed == 1
    assert shop.build(CAPS).exit_code == 0
    assert len(numbers(shop)) + len(numbers(shop, "armor")) == 3
    assert {decision.verdict for decision in plan(shop).decisions} == {"up_to_date"}


def test_part_of_a_series_is_kept_when_the_rest_fails(shop: Shop) -> None:
    """The take that came in is in the lock at once."""
    shop.provider.polls = [Failed("moderated", charged=True, moderated=True)]
    assert more(shop, ["base"], 3).failed == 1
    assert len(numbers(shop)) == 3


def test_a_take_that_came_in_and_was_not_listed(shop: Shop) -> None:
    """The build died before it wrote the lock: the next one lists what was paid for."""
    lock = shop.base / "project" / "assetgen.lock"
    before = lock.read_text()
    more(shop, ["base"])
    project = shop.project()
    (job,) = project.ledger.calls_for(project.root, "base")[1:]
    forget(shop, job.id)
    lock.write_text(before)
    assert shop.build(CAPS).exit_code == 0
    assert numbers(shop) == [1, 2]
    assert len(shop.provider.charges) == 3


def test_a_reroll_that_is_said_again_gets_what_was_paid_for(shop: Shop) -> None:
    """Who says it once more after a crash does not pay once more."""
    lock = shop.base / "project" / "assetgen.lock"
    before = lock.read_text()
    more(shop, ["base"])
    forget(shop, shop.project().ledger.calls_for(shop.project().root, "base")[1].id)
    lock.write_text(before)
    more(shop, ["base"])
    assert numbers(shop) == [1, 2]
    assert len(shop.provider.charges) == 3


def test_the_lock_of_another_branch_is_left_as_it_is(shop: Shop) -> None:
    """It does not list a take that was bought elsewhere, and a build does not put it there."""
    lock = shop.base / "project" / "assetgen.lock"
    before = lock.read_text()
    more(shop, ["base"])
    lock.write_text(before)
    assert shop.build(CAPS).exit_code == 0
    assert lock.read_text() == before


def forget(shop: Shop, call: int) -> None:
    """Let the ledger not know that a lock lists what a call gave."""
    with sqlite3.connect(shop.base / "data" / "ledger.sqlite3") as db:
        db.execute("UPDATE calls SET listed = 0 WHERE id = ?", [call])
    db.close()
