"""What a user does between two builds: changes the spec, settles calls in doubt, loses a ledger."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from assetgen.app import calls
from assetgen.app.project import Project, open_project
from assetgen.digest import sha256
from assetgen.emulator.ledger import Charge
from assetgen.store.lock import read
from tests.campaign.audit import Books, Row
from tests.campaign.site import BANNERS, SERIES, Site, Wish

POLICIES = ("leave", "abandon", "retry", "dashboard", "config")
"""What becomes of calls in doubt: nothing; given up; sent again at a risk; looked up at the
service, where every charge can be seen, and adopted, or sent again where there is none; or the user
config lets each build send some again by itself."""


def other_wish(rng: random.Random, wish: Wish) -> Wish:
    """Return what the spec says from now on, which is mostly the same."""
    if rng.random() < 0.2:
        wish = replace(wish, width=rng.choice((48, 64)))
    if rng.random() < 0.15:
        wish = replace(wish, banner=rng.randrange(len(BANNERS)))
    return wish


def settle(
    site: Site,
    environ: Mapping[str, str],
    policy: str,
    books: Books,
    charges: Iterable[Charge],
) -> list[str]:
    """Settle what is held; returns the prompts for which a second charge was risked."""
    project = open_project(str(site.root), environ)
    try:
        match policy:
            case "abandon":
                for row in _held(books):
                    calls.abandon(project, row.id)
            case "retry":
                return [_retried(project, row) for row in (*_held(books), *_failed(books))]
            case "dashboard":
                _look_up(project, books, charges)
        return []
    finally:
        project.close()


def _held(books: Books) -> Sequence[Row]:
    return [row for row in books.rows if row.state == "ambiguous"]


def _failed(books: Books) -> Sequence[Row]:
    """Return the calls that the service ended, each of which is tried once more.

    Not those of a series: once some take is there, more come only by `reroll`.
    """
    latest = {(row.key, row.take): row for row in sorted(books.rows, key=lambda row: row.epoch)}
    return [
        row
        for row in latest.values()
        if row.state == "failed" and row.epoch == 0 and row.prompt != SERIES
    ]


def _retried(project: Project, row: Row) -> str:
    calls.retry(project, row.id)
    return row.prompt


def _look_up(project: Project, books: Books, charges: Iterable[Charge]) -> None:
    known = {row.job_id for row in books.rows}
    missing = [charge for charge in charges if charge.job not in known and not charge.refunded]
    for row in _held(books):
        found = next((charge for charge in missing if charge.prompt == row.prompt), None)
        if found is None:
            calls.retry(project, row.id)
        else:
            missing.remove(found)
            calls.adopt(project, row.id, found.job)


def clear_foreign(site: Site, books: Books) -> Iterator[str]:
    """Remove outputs that neither lock nor ledger knows, which a build rightly leaves alone.

    Yields their paths in the project.
    """
    lock = read(str(site.root / "assetgen.lock"))
    known = {record.sha256 for line in lock.lines.values() for record in line.outputs.values()}
    for path, place in site.outputs.items():
        if place.exists() and sha256(place.read_bytes()) not in known | books.made:
            place.unlink()
            yield path
