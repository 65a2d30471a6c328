"""The record of what the emulated services charged; knows no request, no key and no fault.

One row for each accepted job, written at acceptance: what a real service would take money for.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any


def account_of(key: str) -> str:
    """Return the name of the account behind a key: a digest that does not give the key away."""
    return hashlib.sha256(b"assetgen emulator\0" + key.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Charge:
    """What one accepted job costs.

    Attributes:
        service, route, model: who took the money, and for which way of asking.
        account: a digest of the key; "" where none was needed.
        job: the service's id of the job.
        prompt, ratio, references: what was asked; references as sha256 of what was sent, as far
            as it has been read.
        images: how many were asked for.
        price: USD for all of them; None where nobody knows what the service takes.
        time: when the job was accepted, seconds since the epoch.
        refunded: whether it was given back, as the documents promise for some failures.
    """

    service: str
    account: str
    job: str
    route: str
    model: str
    prompt: str
    ratio: str
    references: tuple[str, ...]
    images: int
    price: Decimal | None
    time: float
    refunded: bool = False

    def json(self) -> dict[str, Any]:
        """Return the row as JSON values; the price as a number."""
        return {**asdict(self), "price": None if self.price is None else float(self.price)}


class Ledger:
    """All charges in the order of acceptance, and what they leave of each account's balance."""

    def __init__(self, balance: Decimal) -> None:
        self._balance = balance
        self._rows: list[Charge] = []
        self._by_job: dict[tuple[str, str, str], int] = {}
        self._refunds: dict[int, float] = {}
        self._spent: dict[tuple[str, str], Decimal] = {}

    def rows(self, now: float) -> list[Charge]:
        """Return every charge, as it stands at a time."""
        return [
            replace(row, refunded=True) if self._refunds.get(number, now + 1) <= now else row
            for number, row in enumerate(self._rows)
        ]

    def charge(self, row: Charge) -> None:
        """Take the money for a job."""
        self._by_job[row.service, row.account, row.job] = len(self._rows)
        self._rows.append(row)
        self._spend(row, 1)

    def read(self, service: str, account: str, job: str, references: tuple[str, ...]) -> None:
        """Note which references a job really read."""
        number = self._by_job[service, account, job]
        self._rows[number] = replace(self._rows[number], references=references)

    def refund(self, service: str, account: str, job: str, when: float) -> None:
        """Give the money for a job back at the time when it fails."""
        number = self._by_job[service, account, job]
        if number not in self._refunds:
            self._refunds[number] = when
            self._spend(self._rows[number], -1)

    def balance(self, service: str, account: str) -> Decimal:
        """Return what an account has left, in USD. Unknown prices take nothing."""
        return self._balance - self._spent.get((service, account), Decimal(0))

    def _spend(self, row: Charge, sign: int) -> None:
        account = row.service, row.account
        before = self._spent.get(account, Decimal(0))
        self._spent[account] = before + sign * (row.price or Decimal(0))
