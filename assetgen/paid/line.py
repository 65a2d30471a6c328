"""Lets orders out when their provider's account bears it; sends none and keeps no record."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from assetgen.catalogue import Offer
from assetgen.errors import AccountError, Problem
from assetgen.paid.account import Account
from assetgen.paid.budget import Budget
from assetgen.paid.collector import Collector, Counter
from assetgen.paid.orders import Order
from assetgen.paid.outcomes import ACCOUNT_SHUT, ELSEWHERE, GIVEN_UP, RESTS, Elsewhere
from assetgen.providers.base import NotSent


class Line:
    """Where orders wait for their turn, and learn that another provider would be quicker."""

    def __init__(
        self,
        counters: Mapping[str, Counter],
        collector: Collector,
        budget: Budget,
        notice: Callable[[Problem], None],
    ) -> None:
        self._counters = counters
        self._budget = budget
        self._collector = collector
        self._notice = notice

    def wait_of(self, provider: str) -> float:
        """Return the seconds until ``provider`` may be sent something; 0 if it may now."""
        account = self._counters[provider].account
        return account.wait() if account else 0.0

    async def let_in(self, order: Order) -> Account | None:
        """Wait until the account may be sent something, and return it.

        Raises Elsewhere, Interrupted, AccountError, and NotSent where the service was given up.
        """
        account = self._counters[order.provider].account
        if account is None:
            return None
        await self._collector.rest(account.turn())
        while (left := account.wait_in_line()) > 0 and not account.is_shut:
            self.check_place(order)
            if account.has_given_up:
                raise NotSent(Problem(GIVEN_UP, facts={"provider": order.provider}))
            self._tell(order.provider, account, left)
            await self._collector.rest(left)
            self._collector.check_stop(order.provider)
        self._collector.check_stop(order.provider)
        if account.is_shut:
            raise AccountError(Problem(ACCOUNT_SHUT, facts={"provider": order.provider}))
        return account

    def _tell(self, provider: str, account: Account, left: float) -> None:
        """Say once why nothing is sent, if that lasts."""
        if not account.is_told and account.reason and left >= 1:
            account.is_told = True
            facts = {"provider": provider, "reason": account.reason, "seconds": math.ceil(left)}
            self._notice(Problem(RESTS, facts=facts))

    def elsewhere(self, order: Order, reserved: float | None = 0.0) -> tuple[Offer, ...]:
        """Return who else could be sent, and paid for, what its own provider does not take now.

        ``reserved``: USD that are set aside for it already.
        """
        if not self.wait_of(order.provider):
            return ()
        return tuple(
            offer
            for offer in order.others
            if offer.route.provider in self._counters
            and not self.wait_of(offer.route.provider)
            and self._budget.bears(offer.price, instead_of=reserved)
        )

    def check_place(self, order: Order) -> None:
        """Raise Elsewhere if another offer is the better one by now; its price is reserved."""
        if self.elsewhere(order, order.offer.price):
            problem = Problem(ELSEWHERE, facts={"provider": order.provider})
            raise Elsewhere(problem, busy=order.busy)
